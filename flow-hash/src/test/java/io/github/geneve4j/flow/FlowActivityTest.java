package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.FlowTable.NONE;
import static io.github.geneve4j.flow.Wrapped.flow;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.TcpLayer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Flows whose packets pass without the table. Each is known by its source port. */
class FlowActivityTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long TICK = 1L << 30;
    private static final long UDP_TIMEOUT = FlowTimeouts.DEFAULT.otherSeconds() * SECOND;
    private static final long NEVER = Long.MIN_VALUE / 2;

    private final Map<Integer, Long> elsewhere = new HashMap<>();
    private final List<String> ended = new ArrayList<>();
    private int asked;

    private FlowTable table(int capacity, WhenFull whenFull) {
        return FlowTable.builder(capacity)
                .whenFull(whenFull)
                .activity(this::lastSeenNs)
                .listener((of, flow, end) -> ended.add(end.label() + " " + portOf(of, flow)))
                .build();
    }

    private long lastSeenNs(FlowTable table, int flow) {
        asked++;
        return elsewhere.getOrDefault(portOf(table, flow), NEVER);
    }

    private static int portOf(FlowTable table, int flow) {
        return table.read(flow, new FiveTuple()).sourcePort();
    }

    private static FiveTuple udpPacket(int port) {
        return flow(packet(ipv4("10.0.0.1", "10.0.0.2"), udp(port, 53)));
    }

    private static FiveTuple synPacket(int port) {
        return flow(packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(port, 443).flags(TcpLayer.SYN)));
    }

    @Test
    void aFlowExpiresByWhenItWasSeenAnywhere() {
        FlowTable table = table(10, WhenFull.REFUSE);
        int flow = table.insert(1, udpPacket(1), 0);
        elsewhere.put(1, 100 * SECOND);
        table.expire(UDP_TIMEOUT + 2 * TICK, 10);
        assertThat(ended).isEmpty();
        assertThat(table.isLive(flow)).isTrue();
        assertThat(table.lastSeenNs(flow)).isEqualTo(100 * SECOND);
        table.expire(100 * SECOND + UDP_TIMEOUT - 1, 10);
        assertThat(ended).isEmpty();
        table.expire(100 * SECOND + UDP_TIMEOUT + 2 * TICK, 10);
        assertThat(ended).containsExactly("expired 1");
        assertThat(table.size()).isZero();
    }

    @Test
    void aGuessedFlowIsFoundAsLongAsItIsSeenElsewhere() {
        FlowTable table = table(10, WhenFull.REFUSE);
        FlowValue value = new FlowValue();
        int flow = table.insert(1, udpPacket(1), 0);
        assertThat(table.peek(1, udpPacket(1), flow, UDP_TIMEOUT, value)).isEqualTo(FlowTable.NONE);
        elsewhere.put(1, 100 * SECOND);
        assertThat(table.peek(1, udpPacket(1), flow, UDP_TIMEOUT, value)).isEqualTo(flow);
        assertThat(table.lastSeenNs(flow)).isEqualTo(100 * SECOND);
        assertThat(table.peek(1, udpPacket(1), flow, 100 * SECOND + UDP_TIMEOUT, value))
                .isEqualTo(FlowTable.NONE);
        table.remove(flow);
        assertThat(table.peek(1, udpPacket(1), flow, UDP_TIMEOUT, value)).isEqualTo(FlowTable.NONE);
    }

    @Test
    void aFlowIsFoundAfterALongTimeElsewhereUntilItIsIdleThereToo() {
        FlowTable table = table(10, WhenFull.REFUSE);
        int flow = table.insert(1, udpPacket(1), 0);
        elsewhere.put(1, 5_000 * SECOND);
        long last = 5_000 * SECOND + UDP_TIMEOUT - 1;
        assertThat(table.peek(1, udpPacket(1), last)).isEqualTo(flow);
        assertThat(table.lastSeenNs(flow)).isEqualTo(5_000 * SECOND);
        assertThat(table.find(1, udpPacket(1), last)).isEqualTo(flow);
        assertThat(table.lastSeenNs(flow)).isEqualTo(last);
        assertThat(table.find(1, udpPacket(1), last + UDP_TIMEOUT)).isEqualTo(NONE);
        assertThat(ended).containsExactly("expired 1");
    }

    @Test
    void whoIsSeenHereIsNotAskedAbout() {
        FlowTable table = table(10, WhenFull.REFUSE);
        table.insert(1, udpPacket(1), 0);
        for (long now = 0; now < 10 * UDP_TIMEOUT; now += UDP_TIMEOUT - 1) {
            assertThat(table.find(1, udpPacket(1), now)).isNotEqualTo(NONE);
        }
        assertThat(asked).isZero();
    }

    @Test
    void whatWasSeenEarlierElsewhereChangesNothing() {
        FlowTable table = table(10, WhenFull.REFUSE);
        int flow = table.insert(1, udpPacket(1), 50 * SECOND);
        elsewhere.put(1, 20 * SECOND);
        table.seenElsewhere(flow, 20 * SECOND);
        assertThat(table.lastSeenNs(flow)).isEqualTo(50 * SECOND);
        assertThat(table.peek(1, udpPacket(1), 50 * SECOND + UDP_TIMEOUT)).isEqualTo(NONE);
        assertThat(table.lastSeenNs(flow)).isEqualTo(50 * SECOND);
        table.seenElsewhere(flow, 51 * SECOND);
        assertThat(table.lastSeenNs(flow)).isEqualTo(51 * SECOND);
        table.remove(flow);
        assertThatThrownBy(() -> table.seenElsewhere(flow, 52 * SECOND))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void evictionPassesOverFlowsThatAreBusyElsewhere() {
        FlowTable table = table(4, WhenFull.EVICT_OLDEST_IDLE);
        for (int port = 0; port < 4; port++) {
            table.insert(1, udpPacket(port), port * 2 * SECOND);
        }
        elsewhere.put(0, 8 * SECOND);
        elsewhere.put(1, 9 * SECOND);
        table.insert(1, udpPacket(10), 10 * SECOND);
        table.insert(1, udpPacket(11), 12 * SECOND);
        table.insert(1, udpPacket(12), 14 * SECOND);
        assertThat(ended).containsExactly("evicted 2", "evicted 3", "evicted 0");
        assertThat(table.size()).isEqualTo(4);
    }

    @Test
    void aTableOfBusyFlowsAloneGivesOneUpAfterABoundedSearch() {
        FlowTable table = table(1000, WhenFull.EVICT_OLDEST_IDLE);
        for (int port = 0; port < 1000; port++) {
            table.insert(1, port % 2 == 0 ? udpPacket(port) : synPacket(port), 0);
        }
        for (int round = 1; round <= 50; round++) {
            long now = round * 400 * SECOND; // all would have expired
            for (int port = 0; port < 2000; port++) {
                elsewhere.put(port, now - port);
            }
            asked = 0;
            assertThat(table.insert(1, udpPacket(1000 + round), now)).isNotEqualTo(NONE);
            assertThat(asked).isBetween(1, 6 * 16 + 17); // 16 of each group, then victims
            assertThat(ended).hasSize(round).last().asString().startsWith("evicted");
            assertThat(table.size()).isEqualTo(1000);
        }
    }

    @Test
    void aTableThatRefusesKeepsBusyFlowsAndFindsTheOneThatIsNot() {
        FlowTable table = table(10, WhenFull.REFUSE);
        for (int port = 0; port < 10; port++) {
            table.insert(1, udpPacket(port), 0);
            elsewhere.put(port, 200 * SECOND);
        }
        assertThat(table.insert(1, udpPacket(100), 201 * SECOND)).isEqualTo(NONE);
        assertThat(table.counters().refused()).isEqualTo(1);
        assertThat(ended).isEmpty();
        for (int port = 0; port < 10; port++) {
            elsewhere.put(port, port == 7 ? 200 * SECOND : 390 * SECOND);
        }
        assertThat(table.insert(1, udpPacket(100), 400 * SECOND)).isNotEqualTo(NONE);
        assertThat(ended).containsExactly("expired 7");
    }

    @Test
    void expiryLooksAtNoMoreThanItsLimitAndAtEachBusyFlowOnceInATimeout() {
        FlowTable table = table(100, WhenFull.REFUSE);
        for (int port = 0; port < 100; port++) {
            table.insert(1, udpPacket(port), 0);
        }
        long now = 300 * SECOND;
        for (int port = 0; port < 100; port++) {
            elsewhere.put(port, now - SECOND);
        }
        for (int i = 0; i < 30; i++) {
            asked = 0;
            int looked = table.expire(now, 10);
            assertThat(looked).isBetween(0, 10);
            assertThat(asked).isLessThanOrEqualTo(looked);
        }
        assertThat(table.expire(now, 10)).isZero();
        assertThat(ended).isEmpty();
    }

    /** Against a map of when each flow was last seen anywhere. */
    @ParameterizedTest
    @EnumSource(WhenFull.class)
    void noFlowExpiresBeforeItsTimeNorIsFoundAfterIt(WhenFull whenFull) {
        Map<Integer, Long> seen = new HashMap<>();
        long[] now = new long[1];
        int[] expired = new int[1];
        FlowTable table =
                FlowTable.builder(64)
                        .whenFull(whenFull)
                        .activity(this::lastSeenNs)
                        .listener(
                                (of, flow, end) -> {
                                    int port = portOf(of, flow);
                                    long idle = now[0] - seen.remove(port);
                                    elsewhere.remove(port);
                                    if (end == FlowEnd.EXPIRED) {
                                        expired[0]++;
                                        assertThat(idle).isGreaterThanOrEqualTo(UDP_TIMEOUT);
                                    }
                                })
                        .build();
        Random random = new Random(11);
        int kept = 0;
        for (int i = 0; i < 200_000; i++) {
            now[0] += random.nextInt(4) * SECOND / 2;
            int port = random.nextInt(80);
            boolean known = seen.containsKey(port) && now[0] - seen.get(port) < UDP_TIMEOUT;
            switch (random.nextInt(8)) {
                case 0, 1, 2, 3 -> {
                    if (known) {
                        elsewhere.put(port, now[0]);
                        seen.put(port, now[0]);
                    }
                }
                case 4, 5 -> table.expire(now[0], random.nextInt(8));
                case 6 -> {
                    boolean there = elsewhere.getOrDefault(port, NEVER).equals(seen.get(port));
                    assertThat(table.find(1, udpPacket(port), now[0]) != NONE).isEqualTo(known);
                    if (known) {
                        kept += there ? 1 : 0;
                        seen.put(port, now[0]);
                    }
                }
                default -> {
                    if (table.insert(1, udpPacket(port), now[0]) != NONE) {
                        seen.put(port, now[0]);
                    }
                }
            }
            assertThat(table.size()).isEqualTo(seen.size());
        }
        assertThat(expired[0]).isGreaterThan(100);
        assertThat(kept).isGreaterThan(1000);
    }
}
