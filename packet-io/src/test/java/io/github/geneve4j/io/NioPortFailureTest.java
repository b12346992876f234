package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernel may answer, and on loopback does not. */
class NioPortFailureTest {
    private static final PacketHandler ECHO = (buffer, offset, length, source) -> length;

    private final FakeChannel channel = new FakeChannel();
    private NioPort port;

    @BeforeEach
    void open() throws IOException {
        Inet4Address local = (Inet4Address) Wire.address("192.0.2.2");
        port =
                new NioPort(
                        NioPort.builder(local).replyFromListeningPort(true),
                        List.of(new Listener<>(local, channel)),
                        Selector.open());
    }

    @AfterEach
    void close() throws IOException {
        port.close();
    }

    @Test
    void countsRepliesThatFindTheQueueFull() throws IOException {
        channel.queueFull = true;
        channel.waiting = 3;
        assertThat(port.poll(ECHO, 10)).isEqualTo(3);
        check(SendFailure.QUEUE_FULL, 3);

        channel.queueFull = false;
        channel.waiting = 2;
        assertThat(port.poll(ECHO, 10)).isEqualTo(2);
        check(SendFailure.QUEUE_FULL, 3);
        assertThat(port.counters().returned()).isEqualTo(2);
    }

    @Test
    void countsRepliesThatTheKernelRefuses() throws IOException {
        channel.sendFailure = new NoRouteToHostException("No route to host");
        channel.waiting = 1;
        assertThat(port.poll(ECHO, 10)).isEqualTo(1);
        channel.sendFailure = new SocketException("Operation not permitted");
        channel.waiting = 1;
        assertThat(port.poll(ECHO, 10)).isEqualTo(1);
        check(SendFailure.REFUSED, 2);
        assertThat(port.counters().returned()).isZero();
    }

    @Test
    void passesOnThatNothingCanBeReceived() throws IOException {
        channel.receiveFailure = new SocketException("Bad file descriptor");
        assertThatThrownBy(() -> port.poll(ECHO, 1)).isSameAs(channel.receiveFailure);
        channel.receiveFailure = null;
        channel.waiting = 1;
        assertThat(port.poll(ECHO, 1)).isEqualTo(1);
    }

    @Test
    void takesTurnsAmongItsAddresses() throws IOException {
        List<Listener<DatagramChannel>> listeners = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            FakeChannel one = new FakeChannel();
            one.waiting = 4;
            listeners.add(new Listener<>((Inet4Address) Wire.address("192.0.2." + (2 + i)), one));
        }
        List<Integer> waiting = new ArrayList<>();
        try (NioPort several =
                new NioPort(
                        NioPort.builder(listeners.get(0).address), listeners, Selector.open())) {
            PacketHandler note =
                    (buffer, offset, length, source) -> {
                        assertThat(source).isEqualTo(0xc0000201);
                        waiting.add(buffer.getInt(offset));
                        return PacketHandler.DROP;
                    };
            assertThat(several.poll(note, 2)).isEqualTo(2);
            assertThat(several.poll(note, 5)).isEqualTo(5);
            assertThat(several.poll(note, 1)).isEqualTo(1);
            assertThat(several.poll(note, 3)).isEqualTo(3);
            assertThat(several.poll(note, 3)).isEqualTo(1);
            assertThat(several.poll(note, 3)).isZero();
        }
        assertThat(waiting).containsExactly(3, 2, 3, 2, 1, 0, 3, 2, 1, 0, 1, 0);
    }

    @Test
    void goesOnToTheNextAddressAfterAHandlerThatThrows() throws IOException {
        List<Listener<DatagramChannel>> listeners = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            FakeChannel one = new FakeChannel();
            one.waiting = 2 + 2 * i;
            listeners.add(new Listener<>((Inet4Address) Wire.address("192.0.2." + (2 + i)), one));
        }
        List<Integer> waiting = new ArrayList<>();
        try (NioPort several =
                new NioPort(
                        NioPort.builder(listeners.get(0).address), listeners, Selector.open())) {
            PacketHandler failing =
                    (buffer, offset, length, source) -> {
                        waiting.add(buffer.getInt(offset));
                        throw new IllegalStateException("of the handler");
                    };
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> several.poll(failing, 9))
                        .isInstanceOf(IllegalStateException.class);
            }
        }
        assertThat(waiting).containsExactly(1, 3, 0);
    }

    private void check(SendFailure cause, long count) {
        PortCounters counters = port.counters();
        for (SendFailure other : SendFailure.values()) {
            assertThat(counters.failed(other)).isEqualTo(other == cause ? count : 0);
        }
        assertThat(counters.failed()).isEqualTo(count);
        assertThat(counters.received())
                .isEqualTo(counters.returned() + counters.freed() + counters.failed());
    }
}
