package io.github.geneve4j.simulator.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.simulator.CloudWatchMetric;
import io.github.geneve4j.simulator.Endpoint;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.HealthCheck;
import io.github.geneve4j.simulator.HealthProbe;
import io.github.geneve4j.simulator.Node;
import io.github.geneve4j.simulator.Side;
import io.github.geneve4j.simulator.SimulatorEvent;
import io.github.geneve4j.simulator.SimulatorOutput;
import io.github.geneve4j.simulator.Target;
import io.github.geneve4j.simulator.TargetGroupSettings;
import io.github.geneve4j.simulator.TargetState;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultyWireTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int DATAGRAMS = 20_000;

    /** An appliance that returns everything, behind the wire. */
    private static final class Chain implements SimulatorOutput {
        final FaultyWire wire;
        final GwlbSimulator lb;
        final Endpoint endpoint;
        final List<String> arrived = new ArrayList<>();
        final List<Long> arrivals = new ArrayList<>();
        final List<String> left = new ArrayList<>();
        final List<String> events = new ArrayList<>();
        boolean returns = true;

        Chain(long seed, WireFaults towards, WireFaults from) {
            this(seed, towards, from, HeldDatagrams.ROOM);
        }

        Chain(long seed, WireFaults towards, WireFaults from, long room) {
            wire = new FaultyWire(seed, towards, from, this, room);
            lb =
                    GwlbSimulator.builder()
                            .node("zone-a", 0x0a000105)
                            .target("fw-1", 0x0a00010a, "zone-a")
                            .targetGroup(
                                    TargetGroupSettings.DEFAULT.withHealthCheck(
                                            HealthCheck.DEFAULT.every(5, 2)))
                            .output(wire)
                            .build(0);
            endpoint = lb.service("svc", false).createEndpoint(new EndpointId(1), "zone-a", 0);
            lb.advance(0);
        }

        void offer(int number, long now) {
            byte[] packet =
                    Packets.packet(
                            Packets.ipv4("10.1.0.1", "192.0.2.1").id(number),
                            Packets.udp(1, 53),
                            Packets.payload(Packets.counting(20)));
            ByteBuf buffer = Unpooled.buffer(40 + packet.length).setBytes(40, packet);
            lb.fromEndpoint(endpoint, Side.INSIDE, buffer, 40, packet.length, now);
        }

        /** Advances both clocks, event by event. */
        void reach(long now) {
            while (Math.min(lb.nextDeadline(), wire.nextDeadline()) <= now) {
                long due = Math.min(lb.nextDeadline(), wire.nextDeadline());
                lb.advance(due);
                wire.advance(lb, due);
            }
            lb.advance(now);
        }

        @Override
        public void toTarget(
                Node node, Target target, int port, ByteBuf buffer, int at, int length, long now) {
            arrived.add(Hex.text(ByteBufUtil.getBytes(buffer, at, length)));
            arrivals.add(now);
            if (returns) {
                wire.fromTarget(lb, node, target.address(), port, 6081, buffer, at, length, now);
            }
        }

        @Override
        public void fromEndpoint(
                Endpoint from, Side side, ByteBuf buffer, int at, int length, long now) {
            left.add(Hex.text(ByteBufUtil.getBytes(buffer, at, length)));
        }

        @Override
        public void probe(HealthProbe probe, long now) {
            lb.healthResult(probe, true, now);
        }

        @Override
        public void event(SimulatorEvent event) {
            events.add(event.line(0));
        }
    }

    private static Chain run(long seed, WireFaults towards, WireFaults from) {
        Chain chain = new Chain(seed, towards, from);
        for (int i = 0; i < DATAGRAMS; i++) {
            chain.reach(i * 1000L);
            chain.offer(i, i * 1000L);
        }
        chain.reach(10 * SECOND);
        return chain;
    }

    @Test
    void withoutFaultsNothingChanges() {
        Chain chain = run(1, WireFaults.NONE, WireFaults.NONE);
        assertThat(chain.arrived).hasSize(DATAGRAMS);
        assertThat(chain.left).hasSize(DATAGRAMS);
        assertThat(chain.wire.counters().lost()).isZero();
    }

    @Test
    void eachFaultComesAsOftenAsItShould() {
        Chain lossy = run(1, WireFaults.NONE.withLoss(0.1), WireFaults.NONE.withLoss(0.5));
        assertThat(lossy.arrived).hasSizeBetween(17_800, 18_200);
        assertThat(lossy.left).hasSizeBetween(8_700, 9_300);
        assertThat(lossy.wire.counters().lost()).isEqualTo(DATAGRAMS - lossy.left.size());

        Chain doubling = run(1, WireFaults.NONE.withDuplication(0.25), WireFaults.NONE);
        assertThat(doubling.arrived).hasSizeBetween(24_700, 25_300);
        assertThat(doubling.wire.counters().duplicated())
                .isEqualTo(doubling.arrived.size() - DATAGRAMS);

        Chain corrupting = run(1, WireFaults.NONE.withCorruption(1), WireFaults.NONE);
        Chain clean = run(1, WireFaults.NONE, WireFaults.NONE);
        assertThat(corrupting.wire.counters().corrupted()).isEqualTo(DATAGRAMS);
        int[] bits = new int[8 * clean.arrived.getFirst().length() / 2];
        for (int i = 0; i < DATAGRAMS; i++) {
            byte[] sent = Hex.bytes(clean.arrived.get(i));
            byte[] got = Hex.bytes(corrupting.arrived.get(i));
            int changed = 0;
            for (int bit = 0; bit < bits.length; bit++) {
                if (((sent[bit / 8] ^ got[bit / 8]) >> bit % 8 & 1) != 0) {
                    bits[bit]++;
                    changed++;
                }
            }
            assertThat(changed).isEqualTo(1);
        }
        for (int times : bits) {
            assertThat(times).isBetween(1, 4 * DATAGRAMS / bits.length);
        }
    }

    @Test
    void corruptionIsSeenByTheLoadBalancer() {
        Chain chain = run(7, WireFaults.NONE, WireFaults.NONE.withCorruption(1));
        long judged =
                chain.lb.counters().get(CloudWatchMetric.INVALID_GENEVE_TUNNEL)
                        + chain.lb.counters().get(CloudWatchMetric.INVALID_ENDPOINT_ID)
                        + chain.lb.counters().get(CloudWatchMetric.INVALID_FLOW_COOKIE)
                        + chain.lb.counters().get(CloudWatchMetric.MISSING_FLOW_ENTRY);
        assertThat(judged + chain.left.size()).isEqualTo(DATAGRAMS);
        assertThat(chain.lb.counters().get(CloudWatchMetric.INVALID_FLOW_COOKIE)).isPositive();
    }

    @Test
    void delayAndJitterAreKeptToTheNanosecond() {
        Chain chain = new Chain(1, WireFaults.NONE.withDelay(500, 0), WireFaults.NONE);
        chain.offer(1, 100);
        assertThat(chain.wire.nextDeadline()).isEqualTo(600);
        chain.reach(599);
        assertThat(chain.arrived).isEmpty();
        chain.reach(600);
        assertThat(chain.arrived).hasSize(1);
        assertThat(chain.wire.nextDeadline()).isEqualTo(Long.MAX_VALUE);

        Chain late = run(1, WireFaults.NONE.withDelay(500, 9), WireFaults.NONE);
        assertThat(late.arrivals).hasSize(DATAGRAMS);
        boolean[] seen = new boolean[10];
        for (int i = 0; i < DATAGRAMS; i++) {
            seen[(int) (late.arrivals.get(i) - i * 1000L - 500)] = true;
        }
        assertThat(seen).containsOnly(true);
    }

    @Test
    void reorderedDatagramsAreOvertaken() {
        Chain chain = run(1, WireFaults.NONE.withReordering(0.1, 2500), WireFaults.NONE);
        assertThat(chain.arrived).hasSize(DATAGRAMS);
        int overtaken = 0;
        int latest = -1;
        for (String datagram : chain.arrived) {
            int number = Integer.parseInt(datagram.substring(88, 92), 16);
            if (number < latest) {
                overtaken++;
            }
            latest = Math.max(latest, number);
        }
        assertThat(chain.wire.counters().reordered()).isBetween(1_800L, 2_200L);
        assertThat(overtaken).isBetween(1_700, 2_200);

        // Who asks for reordering only has it, too
        WireFaults usual = WireFaults.NONE.withReordering(0.1, WireFaults.NONE.reorderNanos());
        assertThat(run(1, usual, WireFaults.NONE).wire.counters().reordered()).isPositive();
    }

    @Test
    void sameSeedSameFaults() {
        WireFaults bad = new WireFaults(0.05, 0.05, 0.05, 0.05, 5000, 300, 2000);
        Chain one = run(5, bad, bad);
        Chain again = run(5, bad, bad);
        Chain other = run(6, bad, bad);
        assertThat(again.arrived).isEqualTo(one.arrived);
        assertThat(again.arrivals).isEqualTo(one.arrivals);
        assertThat(again.left).isEqualTo(one.left);
        assertThat(again.events).isEqualTo(one.events);
        assertThat(other.arrived).isNotEqualTo(one.arrived);
    }

    @Test
    void aChangedChanceLeavesOtherFaultsWhereTheyWere() {
        Chain one = run(5, WireFaults.NONE.withLoss(0.05), WireFaults.NONE);
        Chain two = run(5, WireFaults.NONE.withLoss(0.05).withDuplication(0.5), WireFaults.NONE);
        assertThat(two.wire.counters().lost()).isEqualTo(one.wire.counters().lost());
        assertThat(two.arrived.stream().distinct().toList()).isEqualTo(one.arrived);
    }

    @Test
    void aScheduleKillsATargetInMidFlowAndMovesANode() {
        Chain chain = new Chain(1, WireFaults.NONE.withDelay(10, 0), WireFaults.NONE);
        Target target = chain.lb.targets().getFirst();
        FaultSchedule schedule =
                new FaultSchedule()
                        .at(30 * SECOND, new Fault.TargetRevives("fw-1"))
                        .at(SECOND, new Fault.TargetDies("fw-1"))
                        .at(2 * SECOND, new Fault.NodeMoves("zone-a", 0x0a000107))
                        .at(
                                40 * SECOND,
                                new Fault.WireChanges(
                                        WireFaults.NONE.withLoss(1), WireFaults.NONE));
        chain.offer(1, SECOND - 5); // on its way when the target dies
        assertThat(schedule.nextDeadline()).isEqualTo(SECOND);
        for (long now = SECOND; now <= 100 * SECOND; now += SECOND) {
            schedule.advance(chain.lb, chain.wire, now);
            chain.reach(now + 5);
            if (now == SECOND || now == 2 * SECOND) {
                chain.offer(2, now + 6);
                chain.reach(now + 20);
                assertThat(chain.arrived).isEmpty();
            }
            if (now == 2 * SECOND) {
                assertThat(chain.lb.nodes().getFirst().address()).isEqualTo(0x0a000107);
            }
            if (now == 29 * SECOND) {
                assertThat(target.state()).isEqualTo(TargetState.UNHEALTHY);
            }
            if (now == 39 * SECOND) {
                chain.offer(3, now + 6);
                chain.reach(now + 20);
                assertThat(chain.left).hasSize(1);
            }
            if (now == 40 * SECOND) {
                chain.offer(4, now + 6);
                chain.reach(now + 20);
                assertThat(chain.arrived).hasSize(1);
            }
        }
        assertThat(target.state()).isEqualTo(TargetState.HEALTHY);
        assertThat(chain.wire.counters().silenced()).isEqualTo(3);
        assertThat(schedule.nextDeadline()).isEqualTo(Long.MAX_VALUE);
        assertThatThrownBy(() -> schedule.at(SECOND, new Fault.TargetDies("fw-1")))
                .isInstanceOf(IllegalStateException.class);
        schedule.at(200 * SECOND, new Fault.TargetDies("fw-9"));
        assertThatThrownBy(() -> schedule.advance(chain.lb, chain.wire, 200 * SECOND))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("fw-9");
    }

    @Test
    void aDeadTargetIsMuteToo() {
        Chain chain = new Chain(1, WireFaults.NONE, WireFaults.NONE.withDelay(10, 0));
        chain.offer(1, 0);
        assertThat(chain.arrived).hasSize(1);
        chain.wire.kill(chain.lb.targets().getFirst());
        chain.reach(10);
        assertThat(chain.left).isEmpty();
        assertThat(chain.wire.counters().silenced()).isEqualTo(1);
    }

    @Test
    void aDoubleIsACopyWhateverTheFirstReceiverWrites() {
        List<String> received = new ArrayList<>();
        Chain sink = new Chain(1, WireFaults.NONE, WireFaults.NONE);
        FaultyWire wire =
                new FaultyWire(
                        1,
                        WireFaults.NONE.withDuplication(1).withCorruption(0.5),
                        WireFaults.NONE,
                        new SimulatorOutput() {
                            @Override
                            public void toTarget(
                                    Node node,
                                    Target target,
                                    int port,
                                    ByteBuf buffer,
                                    int at,
                                    int length,
                                    long now) {
                                received.add(Hex.text(ByteBufUtil.getBytes(buffer, at, length)));
                                buffer.setZero(at, length);
                            }

                            @Override
                            public void fromEndpoint(
                                    Endpoint e, Side s, ByteBuf b, int at, int length, long now) {}

                            @Override
                            public void probe(HealthProbe probe, long now) {}

                            @Override
                            public void event(SimulatorEvent event) {}
                        });
        for (int i = 0; i < 20; i++) {
            ByteBuf datagram = Unpooled.copiedBuffer(Packets.counting(50));
            wire.toTarget(
                    sink.lb.nodes().getFirst(),
                    sink.lb.targets().getFirst(),
                    60_000,
                    datagram,
                    0,
                    50,
                    i);
            wire.advance(sink.lb, i);
            assertThat(received.get(2 * i + 1)).isEqualTo(received.get(2 * i));
        }
        assertThat(wire.counters().corrupted()).isBetween(1L, 19L);
    }

    /** Room for two datagrams of 88 bytes, which take 512 each; also when others have left. */
    @Test
    void whatFindsNoRoomIsLost() {
        WireFaults slow = WireFaults.NONE.withDelay(WireFaults.LONGEST_NANOS, 0);
        Chain chain = new Chain(1, slow, WireFaults.NONE, 2 * 512);
        chain.returns = false;
        for (int i = 1; i <= 5; i++) {
            chain.offer(i, 0);
        }
        assertThat(chain.wire.counters().lost()).isEqualTo(3);
        chain.wire.advance(chain.lb, WireFaults.LONGEST_NANOS);
        assertThat(chain.arrived).hasSize(2);
        byte[] big = new byte[700]; // takes the place of both
        for (int i = 0; i < 2; i++) {
            chain.wire.toTarget(
                    chain.lb.nodes().getFirst(),
                    chain.lb.targets().getFirst(),
                    60_000,
                    Unpooled.wrappedBuffer(big),
                    0,
                    big.length,
                    0);
        }
        assertThat(chain.wire.counters().lost()).isEqualTo(4);
        chain.wire.advance(chain.lb, WireFaults.LONGEST_NANOS);
        assertThat(chain.arrived.getLast()).isEqualTo(Hex.text(big));
    }

    @Test
    void theLongestTimesAddUp() {
        WireFaults longest =
                WireFaults.NONE
                        .withDelay(WireFaults.LONGEST_NANOS, WireFaults.LONGEST_NANOS)
                        .withReordering(1, WireFaults.LONGEST_NANOS);
        Chain chain = new Chain(1, longest, WireFaults.NONE);
        chain.offer(1, 0);
        assertThat(chain.wire.nextDeadline())
                .isBetween(2 * WireFaults.LONGEST_NANOS, 3 * WireFaults.LONGEST_NANOS);
    }

    @Test
    void chancesAndTimesHaveRanges() {
        for (double wrong : new double[] {-0.01, 1.01, Double.NaN}) {
            assertThatThrownBy(() -> WireFaults.NONE.withLoss(wrong))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> WireFaults.NONE.withDuplication(wrong))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> WireFaults.NONE.withCorruption(wrong))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> WireFaults.NONE.withReordering(wrong, 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> WireFaults.NONE.withReordering(0, -1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> WireFaults.NONE.withDelay(-1, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> WireFaults.NONE.withDelay(0, -1))
                .isInstanceOf(IllegalArgumentException.class);
        long tooLong = WireFaults.LONGEST_NANOS + 1;
        assertThatThrownBy(() -> WireFaults.NONE.withReordering(0, tooLong))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("" + tooLong);
        assertThatThrownBy(() -> WireFaults.NONE.withDelay(tooLong, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> WireFaults.NONE.withDelay(0, tooLong))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
