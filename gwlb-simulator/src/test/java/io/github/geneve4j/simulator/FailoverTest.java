package io.github.geneve4j.simulator;

import static io.github.geneve4j.simulator.Rig.SECOND;
import static io.github.geneve4j.testkit.TcpLayer.ACK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.simulator.SimulatorEvent.FlowMoved;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets flows, new and old, while targets fail, drain and come back. */
class FailoverTest {
    private static final int FLOWS = 100;

    private static Map<Integer, Target> begin(Rig rig, Endpoint endpoint, int from, long now) {
        return java.util.stream.IntStream.range(from, from + FLOWS)
                .boxed()
                .collect(
                        Collectors.toMap(
                                port -> port,
                                port ->
                                        rig.in(endpoint, Side.INSIDE, Rig.syn(port), now)
                                                .target()));
    }

    @Test
    void aNodeUsesTheTargetsOfItsZone() {
        Rig rig = Rig.healthy();
        assertThat(begin(rig, rig.a, 1, 0).values())
                .contains(rig.target("fw-1"), rig.target("fw-2"))
                .doesNotContain(rig.target("fw-3"));
        assertThat(begin(rig, rig.b, 1, 0).values()).containsOnly(rig.target("fw-3"));
        assertThat(rig.sent.getFirst().node()).isSameAs(rig.nodeA);
        assertThat(rig.sent.getLast().node()).isSameAs(rig.nodeB);
    }

    @Test
    void acrossZonesANodeUsesAllTargetsAndTakesTheirReplies() {
        Rig rig = new Rig(Rig.withoutChecks().withCrossZone(true));
        rig.hairpin = true;
        assertThat(begin(rig, rig.a, 1, 0).values())
                .contains(rig.target("fw-1"), rig.target("fw-2"), rig.target("fw-3"));
        assertThat(begin(rig, rig.b, 1, 0).values())
                .contains(rig.target("fw-1"), rig.target("fw-2"), rig.target("fw-3"));
        assertThat(rig.left).hasSize(2 * FLOWS);
        assertThat(rig.sent.getLast().node()).isSameAs(rig.nodeB);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 300, 3600})
    void drainingLosesNoPacketOfAnEstablishedFlow(int delay) {
        Rig rig = new Rig(Rig.withoutChecks().withDeregistrationDelaySeconds(delay));
        rig.hairpin = true;
        Map<Integer, Target> before = begin(rig, rig.a, 1, 0);
        Target drained = rig.target("fw-1");
        rig.lb.deregister(drained, SECOND);
        long limit = (1 + delay) * SECOND;
        assertThat(begin(rig, rig.a, 1000, SECOND).values()).containsOnly(rig.target("fw-2"));
        int packets = rig.left.size();
        List<Long> times = new ArrayList<>(List.of(limit - 1, limit, limit + 1, limit + SECOND));
        for (long at = 100 * SECOND; at < limit; at += 100 * SECOND) {
            times.add(at);
        }
        times.removeIf(at -> at < SECOND);
        times.sort(null);
        for (long now : times) {
            rig.lb.advance(now);
            assertThat(drained.state())
                    .isEqualTo(now < limit ? TargetState.DRAINING : TargetState.UNUSED);
            before.forEach(
                    (port, target) ->
                            assertThat(rig.in(Side.INSIDE, Rig.tcp(port, ACK), now).target())
                                    .isSameAs(target));
        }
        assertThat(rig.left).hasSize(packets + times.size() * FLOWS);
        assertThat(rig.events(FlowMoved.class)).isEmpty();
    }

    @Test
    void rebalancingMovesFlowsWhenTheDelayIsOver() {
        Rig rig =
                new Rig(
                        Rig.withoutChecks()
                                .withDeregistrationDelaySeconds(300)
                                .withFailover(TargetFailover.REBALANCE));
        rig.hairpin = true;
        Map<Integer, Target> before = begin(rig, rig.a, 1, 0);
        Map<Integer, Integer> cookies =
                rig.sent.stream().collect(Collectors.toMap(s -> port(s), Rig.Sent::cookie));
        Target drained = rig.target("fw-1");
        int flows = drained.activeFlows();
        assertThat(flows).isBetween(1, FLOWS - 1);
        rig.lb.deregister(drained, SECOND);
        for (long now : new long[] {301 * SECOND - 1, 301 * SECOND, 301 * SECOND + 1}) {
            rig.lb.advance(now);
            boolean over = now >= 301 * SECOND;
            assertThat(rig.events(FlowMoved.class)).hasSize(over ? flows : 0);
            assertThat(drained.activeFlows()).isEqualTo(over ? 0 : flows);
            before.forEach(
                    (port, target) -> {
                        Rig.Sent sent = rig.in(Side.INSIDE, Rig.tcp(port, ACK), now);
                        assertThat(sent.target()).isSameAs(over ? rig.target("fw-2") : target);
                        assertThat(sent.cookie()).isEqualTo(cookies.get(port));
                    });
        }
        assertThat(rig.left).hasSize(4 * FLOWS);
        assertThat(rig.target("fw-2").activeFlows()).isEqualTo(FLOWS);
    }

    private static int port(Rig.Sent sent) {
        return (sent.inner()[20] & 0xff) << 8 | sent.inner()[21] & 0xff;
    }

    @ParameterizedTest
    @EnumSource(TargetFailover.class)
    void anUnhealthyTargetGetsNoNewFlows(TargetFailover failover) {
        Rig rig =
                new Rig(
                        TargetGroupSettings.DEFAULT
                                .withFailover(failover)
                                .withHealthCheck(HealthCheck.DEFAULT.thresholds(2, 3)));
        rig.lb.advance(0);
        Map<Integer, Target> before = begin(rig, rig.a, 1, 0);
        Target failed = rig.target("fw-1");
        rig.unwell.add(failed);
        rig.lb.advance(30 * SECOND - 1);
        assertThat(begin(rig, rig.a, 1, 30 * SECOND - 1)).isEqualTo(before);
        rig.lb.advance(30 * SECOND);
        assertThat(failed.state()).isEqualTo(TargetState.UNHEALTHY);
        assertThat(begin(rig, rig.a, 500, 30 * SECOND).values()).containsOnly(rig.target("fw-2"));
        boolean moves = failover == TargetFailover.REBALANCE;
        before.forEach(
                (port, target) ->
                        assertThat(rig.in(Side.INSIDE, Rig.tcp(port, ACK), 31 * SECOND).target())
                                .isSameAs(moves ? rig.target("fw-2") : target));
        rig.unwell.clear();
        rig.lb.advance(50 * SECOND);
        assertThat(failed.state()).isEqualTo(TargetState.HEALTHY);
        assertThat(begin(rig, rig.a, 1500, 50 * SECOND).values()).contains(failed);
    }

    /** Existing flows go to the first target that is well again, whoever had them. */
    @ParameterizedTest
    @EnumSource(TargetFailover.class)
    void flowsThatNobodyCouldTakeGoToTheFirstThatIsWellAgain(TargetFailover failover) {
        Rig rig =
                new Rig(
                        TargetGroupSettings.DEFAULT
                                .withFailover(failover)
                                .withHealthCheck(HealthCheck.DEFAULT.thresholds(2, 2)));
        rig.lb.advance(0);
        Map<Integer, Target> before = begin(rig, rig.a, 1, 0);
        Map<Integer, Integer> cookies =
                rig.sent.stream().collect(Collectors.toMap(s -> port(s), Rig.Sent::cookie));
        Target first = rig.target("fw-1");
        Target second = rig.target("fw-2");
        rig.unwell.addAll(List.of(first, second));
        rig.lb.advance(20 * SECOND);
        rig.unwell.remove(first);
        rig.lb.advance(40 * SECOND - 1);
        assertThat(first.state()).isEqualTo(TargetState.UNHEALTHY);
        assertThat(second.state()).isEqualTo(TargetState.UNHEALTHY);
        int stranded = rig.events(FlowMoved.class).size();
        rig.lb.advance(40 * SECOND);
        assertThat(first.state()).isEqualTo(TargetState.HEALTHY);
        boolean moves = failover == TargetFailover.REBALANCE;
        before.forEach(
                (port, target) -> {
                    Rig.Sent sent = rig.in(Side.INSIDE, Rig.tcp(port, ACK), 41 * SECOND);
                    assertThat(sent.target()).isSameAs(moves ? first : target);
                    assertThat(sent.cookie()).isEqualTo(cookies.get(port));
                });
        assertThat(second.activeFlows() == 0).isEqualTo(moves);
        assertThat(rig.events(FlowMoved.class)).hasSize(moves ? stranded + FLOWS : 0);
        rig.unwell.clear();
        rig.lb.advance(60 * SECOND); // and nothing comes back that is well where it is
        assertThat(second.state()).isEqualTo(TargetState.HEALTHY);
        assertThat(rig.events(FlowMoved.class)).hasSize(moves ? stranded + FLOWS : 0);
    }

    /** One that drained while nobody was there for its flows, and one that comes new. */
    @Test
    void aTargetThatIsRegisteredTakesTheFlowsOfOneThatIsGone() {
        Rig rig =
                new Rig(
                        Rig.withoutChecks()
                                .withDeregistrationDelaySeconds(0)
                                .withFailover(TargetFailover.REBALANCE));
        rig.in(rig.b, Side.INSIDE, Rig.syn(1), 0);
        rig.lb.deregister(rig.target("fw-3"), 1); // the only one of its zone
        assertThat(rig.in(rig.b, Side.INSIDE, Rig.tcp(1, ACK), 2).target().name())
                .isEqualTo("fw-3");
        Target fourth = rig.lb.register("fw-4", 0x0a00020b, "zone-b", 3);
        assertThat(rig.in(rig.b, Side.INSIDE, Rig.tcp(1, ACK), 4).target()).isSameAs(fourth);
    }

    @Test
    void aMovedFlowIsTakenFromItsNewTargetOnly() {
        Rig rig =
                new Rig(
                        Rig.withoutChecks()
                                .withDeregistrationDelaySeconds(0)
                                .withFailover(TargetFailover.REBALANCE));
        Rig.Sent before = rig.in(Side.INSIDE, Rig.syn(1), 0);
        rig.lb.deregister(before.target(), 1);
        assertThat(before.target().state()).isEqualTo(TargetState.UNUSED);
        assertThat(before.target().activeFlows()).isZero();
        Rig.Sent after = rig.in(Side.INSIDE, Rig.tcp(1, ACK), 2);
        assertThat(after.target()).isNotSameAs(before.target());
        assertThat(rig.accepts(before, 3)).isFalse();
        assertThat(rig.lastDrop()).isEqualTo(DropReason.WRONG_TARGET);
        assertThat(rig.accepts(after, 4)).isTrue();
    }

    @Test
    void withoutAHealthyTargetFlowsStayOrGoToAnyByTheUserGuide() {
        Rig rig = allUnwell(AllUnhealthy.RANDOM_TARGET, TargetFailover.REBALANCE);
        assertThat(begin(rig, rig.a, 1, 100 * SECOND).values())
                .contains(rig.target("fw-1"), rig.target("fw-2"))
                .doesNotContain(rig.target("fw-3"));
        // fw-1 failed first, so whatever was there is with fw-2, which failed next
        assertThat(rig.in(Side.INSIDE, Rig.tcp(9, ACK), 100 * SECOND).target())
                .isSameAs(rig.target("fw-2"));
        assertThat(rig.lb.counters().get(CloudWatchMetric.REJECTED_FLOW_COUNT)).isZero();
    }

    @Test
    void withoutAHealthyTargetNewFlowsAreDroppedByTheFaq() {
        Rig rig = allUnwell(AllUnhealthy.DROP, TargetFailover.NO_REBALANCE);
        assertThat(rig.refused(Side.INSIDE, Rig.syn(1), 100 * SECOND))
                .isEqualTo(DropReason.NO_TARGET);
        assertThat(rig.refused(Side.INSIDE, Rig.udp(1), 100 * SECOND))
                .isEqualTo(DropReason.NO_TARGET);
        assertThat(rig.lb.counters().get(CloudWatchMetric.REJECTED_FLOW_COUNT)).isEqualTo(2);
        assertThat(rig.lb.counters().get(CloudWatchMetric.REJECTED_FLOW_COUNT_TCP)).isEqualTo(1);
        rig.in(Side.INSIDE, Rig.tcp(9, ACK), 100 * SECOND); // one that was there before
    }

    private static Rig allUnwell(AllUnhealthy behaviour, TargetFailover failover) {
        Rig rig =
                new Rig(
                        TargetGroupSettings.DEFAULT
                                .withAllUnhealthy(behaviour)
                                .withFailover(failover));
        rig.lb.advance(0);
        rig.in(Side.INSIDE, Rig.syn(9), 0);
        rig.unwell.addAll(rig.lb.targets());
        rig.lb.advance(100 * SECOND);
        assertThat(rig.lb.counters().get(CloudWatchMetric.HEALTHY_HOST_COUNT)).isZero();
        return rig;
    }

    @Test
    void aZoneWithoutATargetDropsNewFlows() {
        Rig rig = Rig.healthy();
        rig.lb.deregister(rig.target("fw-3"), 0);
        rig.offer(rig.b, Side.INSIDE, Rig.syn(1), 1);
        assertThat(rig.lastDrop()).isEqualTo(DropReason.NO_TARGET);
        rig.lb.register(rig.target("fw-3"), 2);
        assertThat(rig.in(rig.b, Side.INSIDE, Rig.syn(1), 3).target()).isSameAs(rig.target("fw-3"));
    }

    @Test
    void aNewTargetTakesFlowsOfItsOwnOnly() {
        Rig rig = Rig.healthy();
        Map<Integer, Target> before = begin(rig, rig.a, 1, 0);
        Target fourth = rig.lb.register("fw-4", 0x0a00010c, "zone-a", 1);
        assertThat(begin(rig, rig.a, 1, 2)).isEqualTo(before);
        Map<Integer, Target> after = begin(rig, rig.a, 500, 3);
        assertThat(after.values()).contains(fourth);
        Rig without = Rig.healthy();
        begin(without, without.a, 500, 3)
                .forEach(
                        (port, target) ->
                                assertThat(after.get(port).name())
                                        .isIn(target.name(), fourth.name()));
    }

    @Test
    void membershipHasRules() {
        Rig rig = Rig.healthy();
        Target target = rig.target("fw-1");
        assertThatThrownBy(() -> rig.lb.register(target, 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("fw-1");
        rig.lb.deregister(target, 0);
        assertThatThrownBy(() -> rig.lb.deregister(target, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> rig.lb.register("fw-1", 1, "zone-a", 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> rig.lb.register("fw-9", Rig.FW_1, "zone-a", 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> rig.lb.register("fw-9", 9, "zone-z", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("zone-z");
        assertThat(rig.lb.targets()).hasSize(3);
    }
}
