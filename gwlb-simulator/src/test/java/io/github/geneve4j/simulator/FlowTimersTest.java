package io.github.geneve4j.simulator;

import static io.github.geneve4j.simulator.Rig.SECOND;
import static io.github.geneve4j.testkit.TcpLayer.ACK;
import static io.github.geneve4j.testkit.TcpLayer.FIN;
import static io.github.geneve4j.testkit.TcpLayer.RST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.flow.FlowScope;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.simulator.SimulatorEvent.FlowEnded;
import io.github.geneve4j.testkit.Packets;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When flows end, to the nanosecond, without a clock. */
class FlowTimersTest {
    @ParameterizedTest
    @ValueSource(ints = {60, 350, 6000})
    void tcpEndsAfterItsIdleTimeout(int seconds) {
        Rig rig = new Rig(Rig.withoutChecks().withTcpIdleSeconds(seconds));
        rig.in(Side.INSIDE, Rig.syn(1), 7);
        endsAt(rig, 7 + seconds * SECOND, FlowEndReason.IDLE);
    }

    @Test
    void udpAndIcmpEndAfterTwoMinutesWhateverTcpHas() {
        byte[] echo =
                Packets.packet(Packets.ipv4("10.1.0.1", "192.0.2.1"), Packets.echoRequest(1, 1));
        for (byte[] packet : new byte[][] {Rig.udp(1), echo}) {
            Rig rig = new Rig(Rig.withoutChecks().withTcpIdleSeconds(60));
            rig.in(Side.INSIDE, packet, 7);
            endsAt(rig, 7 + 120 * SECOND, FlowEndReason.IDLE);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 30, 6000})
    void tcpThatWasResetEndsAfterAShortTime(int seconds) {
        Rig rig = new Rig(Rig.withoutChecks().withClosedSeconds(seconds));
        rig.in(Side.INSIDE, Rig.syn(1), 0);
        rig.in(Side.OUTSIDE, Rig.tcpBack(1, RST | ACK), 7);
        endsAt(rig, 7 + seconds * SECOND, FlowEndReason.CLOSED);
    }

    @Test
    void tcpThatBothSidesClosedEndsAfterAShortTime() {
        Rig rig = Rig.healthy();
        rig.in(Side.INSIDE, Rig.syn(1), 0);
        rig.in(Side.INSIDE, Rig.tcp(1, FIN | ACK), 1);
        assertThat(rig.lb.nextDeadline()).isEqualTo(1 + 350 * SECOND);
        rig.in(Side.OUTSIDE, Rig.tcpBack(1, FIN | ACK), 7);
        endsAt(rig, 7 + 30 * SECOND, FlowEndReason.CLOSED);
    }

    private static void endsAt(Rig rig, long limit, FlowEndReason reason) {
        assertThat(rig.lb.nextDeadline()).isEqualTo(limit);
        rig.lb.advance(limit - 1);
        assertThat(rig.events(FlowEnded.class)).isEmpty();
        assertThat(rig.lb.counters().get(CloudWatchMetric.ACTIVE_FLOW_COUNT)).isEqualTo(1);
        rig.lb.advance(limit);
        assertThat(rig.events(FlowEnded.class)).hasSize(1);
        assertThat(rig.events(FlowEnded.class).getFirst().nowNanos()).isEqualTo(limit);
        assertThat(rig.events(FlowEnded.class).getFirst().reason()).isEqualTo(reason);
        assertThat(rig.lb.counters().get(CloudWatchMetric.ACTIVE_FLOW_COUNT)).isZero();
        rig.lb.advance(limit + 1);
        assertThat(rig.events(FlowEnded.class)).hasSize(1);
        assertThat(rig.lb.nextDeadline()).isEqualTo(Long.MAX_VALUE);
        assertThat(rig.lb.flows(10)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1})
    void aPacketJustBeforeTheLimitKeepsTheFlowAndItsCookie(long offset) {
        Rig rig = Rig.healthy();
        int cookie = rig.in(Side.INSIDE, Rig.syn(1), 0).cookie();
        long now = 350 * SECOND + offset;
        if (offset < 0) {
            assertThat(rig.in(Side.OUTSIDE, Rig.tcpBack(1, ACK), now).cookie()).isEqualTo(cookie);
            endsAt(rig, now + 350 * SECOND, FlowEndReason.IDLE);
        } else {
            assertThat(rig.refused(Side.OUTSIDE, Rig.tcpBack(1, ACK), now))
                    .isEqualTo(DropReason.TCP_WITHOUT_FLOW);
            assertThat(rig.in(Side.INSIDE, Rig.syn(1), now).cookie()).isNotEqualTo(cookie);
        }
    }

    @Test
    void aReplyJustBeforeTheLimitIsTakenAndKeepsNothingAlive() {
        Rig rig = Rig.healthy();
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        assertThat(rig.accepts(request, 120 * SECOND - 1)).isTrue();
        assertThat(rig.accepts(request, 120 * SECOND)).isFalse();
        assertThat(rig.lastDrop()).isEqualTo(DropReason.REPLY_WITHOUT_FLOW);
    }

    @Test
    void aSynOnAConnectionThatIsOverBeginsAnother() {
        Rig rig = Rig.healthy();
        Rig.Sent first = rig.in(Side.INSIDE, Rig.syn(1), 0);
        assertThat(rig.in(Side.INSIDE, Rig.syn(1), 1).cookie()).isEqualTo(first.cookie());
        rig.in(Side.OUTSIDE, Rig.tcpBack(1, RST | ACK), 2);
        Rig.Sent second = rig.in(Side.INSIDE, Rig.syn(1), 3);
        rig.in(Side.INSIDE, Rig.tcp(1, FIN | ACK), 4);
        rig.in(Side.OUTSIDE, Rig.tcpBack(1, FIN | ACK), 5);
        Rig.Sent third = rig.in(Side.INSIDE, Rig.syn(1), 6);
        assertThat(second.cookie()).isNotEqualTo(first.cookie());
        assertThat(third.cookie()).isNotEqualTo(second.cookie()).isNotEqualTo(first.cookie());
        assertThat(rig.events(FlowEnded.class))
                .extracting(FlowEnded::reason)
                .containsExactly(FlowEndReason.REOPENED, FlowEndReason.REOPENED);
        assertThat(rig.accepts(second, 7)).isFalse();
        assertThat(rig.lastDrop()).isEqualTo(DropReason.WRONG_FLOW_COOKIE);
        assertThat(rig.lastEvent()).endsWith("of an earlier flow");
        assertThat(rig.accepts(third, 8)).isTrue();
    }

    @Test
    void flowsEndInTheOrderOfTheirTimes() {
        Rig rig = Rig.healthy();
        rig.in(Side.INSIDE, Rig.syn(1), 0);
        rig.in(Side.INSIDE, Rig.udp(2), 100 * SECOND);
        rig.in(Side.INSIDE, Rig.udp(3), 10 * SECOND + 100 * SECOND);
        rig.in(Side.INSIDE, Rig.udp(2), 20 * SECOND + 100 * SECOND);
        rig.lb.advance(1000 * SECOND);
        assertThat(rig.events(FlowEnded.class))
                .extracting(FlowEnded::nowNanos)
                .containsExactly(230 * SECOND, 240 * SECOND, 350 * SECOND);
    }

    @Test
    void oneLongStepDoesWhatManyShortOnesDo() {
        Rig one = new Rig(TargetGroupSettings.DEFAULT);
        Rig many = new Rig(TargetGroupSettings.DEFAULT);
        for (Rig rig : new Rig[] {one, many}) {
            rig.lb.advance(SECOND);
            for (int i = 0; i < 20; i++) {
                rig.in(Side.INSIDE, i % 2 == 0 ? Rig.syn(i + 1) : Rig.udp(i + 1), SECOND + i);
            }
            rig.lb.deregister(rig.target("fw-1"), 2 * SECOND);
        }
        one.lb.advance(1000 * SECOND);
        while (many.lb.nextDeadline() <= 1000 * SECOND) {
            many.lb.advance(many.lb.nextDeadline());
        }
        assertThat(one.lines()).isEqualTo(many.lines()).hasSizeGreaterThan(40);
        assertThat(one.probeTimes).isEqualTo(many.probeTimes).hasSizeGreaterThan(200);
    }

    @Test
    void narrowScopesHaveTcpsTimeoutForTcpOnly() {
        Rig three = new Rig(Rig.withoutChecks().withStickiness(FlowScope.THREE_TUPLE));
        three.in(Side.INSIDE, Rig.udp(1), 0);
        endsAt(three, 120 * SECOND, FlowEndReason.IDLE);
        Rig two = new Rig(Rig.withoutChecks().withStickiness(FlowScope.TWO_TUPLE));
        two.in(Side.INSIDE, Rig.udp(1), 0);
        endsAt(two, 350 * SECOND, FlowEndReason.IDLE);
    }

    @Test
    void timeDoesNotGoBack() {
        Rig rig = Rig.healthy();
        rig.lb.advance(10);
        assertThatThrownBy(() -> rig.offer(rig.a, Side.INSIDE, Rig.udp(1), 9))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("9 ns");
        assertThatThrownBy(() -> rig.lb.advance(9)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Every call does first what was due before it. */
    @Test
    void whateverIsCalledComesAfterWhatWasDue() {
        List<BiConsumer<Rig, Long>> calls =
                List.of(
                        (rig, now) -> rig.lb.advance(now),
                        (rig, now) -> rig.offer(rig.b, Side.INSIDE, new byte[0], now),
                        (rig, now) -> rig.accepts(rig.sent.getFirst(), now),
                        (rig, now) -> rig.lb.fragmentFromTarget(rig.nodeA, 1, now),
                        (rig, now) -> rig.lb.register("fw-4", 4, "zone-b", now),
                        (rig, now) -> rig.lb.deregister(rig.target("fw-1"), now),
                        (rig, now) -> rig.lb.moveNode(rig.nodeA, 7, now),
                        (rig, now) -> rig.service.createEndpoint(new EndpointId(7), "zone-a", now),
                        (rig, now) -> rig.service.delete(rig.a, now));
        for (BiConsumer<Rig, Long> call : calls) {
            Rig rig = Rig.healthy();
            rig.in(Side.INSIDE, Rig.udp(1), 0);
            int before = rig.events.size();
            call.accept(rig, 130 * SECOND);
            assertThat(rig.events.get(before)).isInstanceOf(FlowEnded.class);
            assertThat(rig.events.get(before).nowNanos()).isEqualTo(120 * SECOND);
            assertThat(rig.events(FlowEnded.class)).hasSize(1);
        }
        Rig again = Rig.healthy();
        Target target = again.target("fw-1");
        again.lb.deregister(target, 0);
        again.in(Side.INSIDE, Rig.udp(1), 0);
        again.lb.register(target, 130 * SECOND);
        assertThat(again.events(FlowEnded.class).getFirst().nowNanos()).isEqualTo(120 * SECOND);
    }
}
