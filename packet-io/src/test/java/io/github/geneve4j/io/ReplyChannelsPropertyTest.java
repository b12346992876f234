package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Against a list in the order of use, which is what the linked channels stand for. */
class ReplyChannelsPropertyTest {
    private static final int FIRST_PORT = 26_000;
    private static final long IDLE_NANOS = 10;
    private static final UdpSockets SOCKETS = new UdpSockets(1 << 16, false);

    private final PortCounters counters = new PortCounters();
    private final Listener<DatagramChannel> listener =
            new Listener<>((Inet4Address) Wire.address("127.60.83.1"), new FakeChannel());

    /** One port of those in use, and when it was used last. */
    private record Used(int port, long nanos) {}

    @Property(tries = 100)
    void keepsThoseUsedLast(
            @ForAll @IntRange(min = 1, max = 8) int max,
            @ForAll @Size(max = 60) List<@IntRange(max = 11) Integer> steps)
            throws IOException {
        ReplyChannels<DatagramChannel> channels =
                new ReplyChannels<>(counters, SOCKETS, max, IDLE_NANOS);
        Deque<Used> model = new ArrayDeque<>();
        long now = Long.MAX_VALUE - 100; // wraps around on the way
        int evicted = 0;
        for (int step : steps) {
            if (step == 11) {
                now += 4;
                channels.closeIdle(now);
                long then = now;
                model.removeIf(used -> then - used.nanos >= IDLE_NANOS);
            } else {
                int port = FIRST_PORT + step;
                DatagramChannel channel = channels.use(listener, port, now);
                assertThat(channel).isNotNull();
                assertThat(channel.getLocalAddress())
                        .isEqualTo(new InetSocketAddress(listener.address, port));
                if (!model.removeIf(used -> used.port == port) && model.size() == max) {
                    model.removeFirst();
                    evicted++;
                }
                model.addLast(new Used(port, now));
            }
            assertThat(openPorts()).isEqualTo(model.stream().map(Used::port).sorted().toList());
            assertThat(channels.open()).isEqualTo(model.size());
            assertThat(channels.evicted()).isEqualTo(evicted);
        }
        channels.closeAll();
        assertThat(openPorts()).isEmpty();
        assertThat(channels.open()).isZero();
        assertThat(counters.failed()).isZero();
    }

    @Test
    void noReplyLeavesFromPortZero() {
        ReplyChannels<DatagramChannel> channels =
                new ReplyChannels<>(counters, SOCKETS, 4, IDLE_NANOS);
        assertThat(channels.use(listener, 0, 1)).isNull();
        assertThat(counters.failed(SendFailure.SOURCE_PORT_UNAVAILABLE)).isEqualTo(1);
        assertThat(channels.open()).isZero();
        channels.closeAll();
        assertThat(channels.evicted()).isZero();
    }

    private List<Integer> openPorts() {
        List<Integer> ports = new ArrayList<>();
        Arrays.stream(listener.replies)
                .filter(Objects::nonNull)
                .filter(reply -> reply.channel.isOpen())
                .forEach(reply -> ports.add(reply.port));
        return ports;
    }
}
