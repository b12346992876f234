package io.github.geneve4j.flow;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.geneve4j.testkit.TcpLayer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The short way to count a packet, against the long one. */
class FlowRefreshTest {
    private static final String A = "10.0.0.1";
    private static final String B = "10.0.0.2";
    private static final int PACKETS = 20_000;
    private static final int PORTS = 6;
    private static final long MOST_STEP = 3_000_000_000L;
    private static final FlowTimeouts TIMEOUTS = new FlowTimeouts(60, 60, 10);
    private static final int SYN = TcpLayer.SYN;
    private static final int ACK = TcpLayer.ACK;
    private static final int FIN = TcpLayer.FIN;
    private static final int RST = TcpLayer.RST;

    private final FlowTable whole = table();
    private final FlowTable table = table();
    private final FlowValue value = new FlowValue();

    private static FlowTable table() {
        return FlowTable.builder(8).timeouts(TIMEOUTS).hash(FlowHash.seeded(1)).build();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void changesWhatRefreshChanges(long seed) {
        Random random = new Random(seed);
        long now = random.nextLong();
        int settled = 0;
        for (int i = 0; i < PACKETS; i++) {
            now += (long) (random.nextDouble() * MOST_STEP);
            FiveTuple tuple = any(random);
            int flow = whole.peek(0, tuple, now);
            assertThat(table.peek(0, tuple, now, value)).isEqualTo(flow);
            if (flow == FlowTable.NONE) {
                whole.insert(0, tuple, now);
                table.insert(0, tuple, now);
            } else {
                whole.refresh(flow, tuple, now);
                boolean ends = (tuple.tcpFlags() & (FIN | RST)) != 0;
                if (!ends && table.refreshSettled(value, now)) {
                    settled++;
                } else {
                    table.refresh(flow, tuple, now);
                }
            }
            compare();
            whole.expire(now, 2);
            table.expire(now, 2);
        }
        assertThat(settled).isBetween(PACKETS / 20, PACKETS * 19 / 20);
    }

    private void compare() {
        assertThat(table.size()).isEqualTo(whole.size());
        for (int flow = 0; flow < whole.capacity(); flow++) {
            assertThat(table.isLive(flow)).isEqualTo(whole.isLive(flow));
            if (whole.isLive(flow)) {
                table.value(flow, value);
                FlowValue other = whole.value(flow, new FlowValue());
                assertThat(value.word()).isEqualTo(other.word());
                assertThat(table.lastSeenNs(flow)).isEqualTo(whole.lastSeenNs(flow));
            }
        }
    }

    @Test
    void leavesAFlowThatIsNotEstablished() {
        FiveTuple tuple = new FiveTuple().setIpv4(1, 2, IpProtocol.UDP, 3, 4);
        int flow = table.insert(0, tuple, 5);
        assertThat(table.refreshSettled(table.value(flow, value), 6)).isFalse();
        assertThat(table.lastSeenNs(flow)).isEqualTo(5);
    }

    @Test
    void isNotForListeners() {
        FlowTable[] tables = new FlowTable[1];
        tables[0] =
                FlowTable.builder(1)
                        .listener((ending, flow, end) -> tables[0].refreshSettled(value, 1))
                        .build();
        int flow = tables[0].insert(0, new FiveTuple().setIpv4(1, 2, IpProtocol.UDP, 3, 4), 0);
        tables[0].value(flow, value);
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> tables[0].remove(flow));
    }

    /** {@return a packet of one of a few flows, with numbers that often are those awaited} */
    private static FiveTuple any(Random random) {
        int port = 1 + random.nextInt(PORTS);
        boolean reply = random.nextBoolean();
        if (port % 3 == 0) {
            return Wrapped.flow(
                    reply ? packet(ipv4(B, A), udp(9, port)) : packet(ipv4(A, B), udp(port, 9)));
        }
        int[] flags = {ACK, ACK, ACK, ACK, ACK, ACK, SYN | ACK, SYN, FIN | ACK, RST};
        int chosen = flags[random.nextInt(random.nextInt(8) == 0 ? flags.length : 7)];
        int far = random.nextInt(4) == 0 ? 1 : 0;
        int syn = (chosen & SYN) == 0 ? 0 : -1;
        byte[] data = new byte[random.nextInt(2)];
        return Wrapped.flow(
                reply
                        ? packet(
                                ipv4(B, A),
                                tcp(9, port)
                                        .flags(chosen)
                                        .sequence(700 + syn)
                                        .acknowledgment(500 + far),
                                payload(data))
                        : packet(
                                ipv4(A, B),
                                tcp(port, 9)
                                        .flags(chosen)
                                        .sequence(500 + syn + far)
                                        .acknowledgment(700),
                                payload(data)));
    }
}
