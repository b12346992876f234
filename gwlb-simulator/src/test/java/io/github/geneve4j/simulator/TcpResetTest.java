package io.github.geneve4j.simulator;

import static io.github.geneve4j.simulator.Rig.SECOND;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.TcpLayer.ACK;
import static io.github.geneve4j.testkit.TcpLayer.FIN;
import static io.github.geneve4j.testkit.TcpLayer.RST;
import static io.github.geneve4j.testkit.TcpLayer.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.simulator.SimulatorEvent.FlowEnded;
import io.github.geneve4j.testkit.Layer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Resets: to whom, when, and that a TCP stack would believe them. */
class TcpResetTest {
    private static Rig rig(TcpResets resets) {
        return new Rig(
                TargetGroupSettings.DEFAULT
                        .withTcpResets(resets)
                        .withDeregistrationDelaySeconds(300));
    }

    private static Layer there(boolean v6) {
        return v6 ? ipv6("2001:db8::1", "2001:db8::2") : ipv4("10.1.0.1", "192.0.2.1");
    }

    private static Layer back(boolean v6) {
        return v6
                ? ipv6("2001:db8::2", "2001:db8::1")
                : ipv4("192.0.2.1", "10.1.0.1").dontFragment();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void beginsWhereThePacketsAcknowledgmentSays(boolean v6) {
        Rig rig = rig(TcpResets.ALL);
        byte[] data =
                packet(
                        there(v6),
                        tcp(1, 443).flags(ACK).sequence(1000).acknowledgment(0xfedcba98),
                        payload(counting(5)));
        assertThat(rig.refused(Side.INSIDE, data, 0)).isEqualTo(DropReason.TCP_WITHOUT_FLOW);
        Rig.Left reset = rig.left.getLast();
        assertThat(reset.side()).isEqualTo(Side.INSIDE);
        assertThat(reset.packet())
                .isEqualTo(packet(back(v6), tcp(443, 1).flags(RST).sequence(0xfedcba98).window(0)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void acknowledgesAllOfAPacketThatHasNoAcknowledgment(boolean v6) {
        Rig rig = rig(TcpResets.ALL);
        byte[] data =
                packet(
                        there(v6),
                        tcp(1, 443).flags(FIN).sequence(0xffff_fffe).options("01010101"),
                        payload(counting(5)));
        assertThat(rig.refused(Side.OUTSIDE, data, 0)).isEqualTo(DropReason.TCP_WITHOUT_FLOW);
        assertThat(rig.left.getLast().side()).isEqualTo(Side.OUTSIDE);
        assertThat(rig.left.getLast().packet())
                .isEqualTo(
                        packet(back(v6), tcp(443, 1).flags(RST | ACK).acknowledgment(4).window(0)));
        assertThat(rig.lb.counters().get(CloudWatchMetric.TCP_ELB_RESET_COUNT)).isEqualTo(1);
    }

    @Test
    void neverAnswersAResetNorAnythingUnlessAskedTo() {
        Rig rig = rig(TcpResets.ALL);
        rig.refused(Side.INSIDE, Rig.tcp(1, RST), 0);
        rig.refused(Side.INSIDE, Rig.tcp(1, RST | ACK), 0);
        Rig without = rig(new TcpResets(true, true, false));
        without.refused(Side.INSIDE, Rig.tcp(1, ACK), 0);
        assertThat(rig.left).isEmpty();
        assertThat(without.left).isEmpty();
    }

    @Test
    void nothingIsSentWhenAFlowEndsAndThePacketAfterItIsAnswered() {
        Rig rig = rig(TcpResets.ALL);
        rig.lb.advance(0);
        rig.in(Side.INSIDE, Rig.syn(1), 0);
        rig.lb.advance(350 * SECOND);
        assertThat(rig.events(FlowEnded.class)).hasSize(1);
        assertThat(rig.left).isEmpty();
        rig.refused(Side.OUTSIDE, Rig.tcpBack(1, ACK), 350 * SECOND);
        assertThat(rig.left).hasSize(1);
        assertThat(rig.left.getLast().side()).isEqualTo(Side.OUTSIDE);
        rig.in(Side.INSIDE, Rig.syn(1), 351 * SECOND);
    }

    /** To be deregistered makes it no better. */
    @Test
    void aFlowOfAnUnhealthyTargetIsAnsweredWhileItDrainsToo() {
        for (boolean unwell : new boolean[] {false, true}) {
            Rig rig = rig(new TcpResets(true, false, false));
            rig.lb.advance(0);
            Target target = rig.in(Side.INSIDE, Rig.syn(1), 0).target();
            if (unwell) {
                rig.unwell.add(target);
            }
            rig.lb.advance(20 * SECOND);
            rig.lb.deregister(target, 20 * SECOND);
            assertThat(target.state()).isEqualTo(TargetState.DRAINING);
            if (unwell) {
                assertThat(rig.refused(Side.INSIDE, Rig.tcp(1, ACK), 21 * SECOND))
                        .isEqualTo(DropReason.ANSWERED_WITH_RESET);
            } else {
                assertThat(rig.in(Side.INSIDE, Rig.tcp(1, ACK), 21 * SECOND).target())
                        .isSameAs(target);
            }
        }
    }

    @Test
    void aFlowOfAnUnhealthyTargetIsAnsweredAndForgotten() {
        for (boolean asked : new boolean[] {false, true}) {
            Rig rig = rig(new TcpResets(asked, true, true));
            rig.lb.advance(0);
            Rig.Sent first = rig.in(Side.INSIDE, Rig.syn(1), 0);
            byte[] datagram = Rig.udp(1);
            Target udpTarget = rig.in(Side.INSIDE, datagram, 0).target();
            rig.unwell.add(first.target());
            rig.unwell.add(udpTarget);
            rig.lb.advance(20 * SECOND);
            assertThat(first.target().state()).isEqualTo(TargetState.UNHEALTHY);
            assertThat(rig.left).isEmpty();
            rig.in(Side.INSIDE, datagram, 20 * SECOND);
            if (!asked) {
                rig.in(Side.INSIDE, Rig.tcp(1, ACK), 20 * SECOND);
                continue;
            }
            rig.in(Side.INSIDE, Rig.tcp(1, RST), 20 * SECOND);
            assertThat(rig.refused(Side.OUTSIDE, Rig.tcpBack(1, ACK | SYN), 20 * SECOND))
                    .isEqualTo(DropReason.ANSWERED_WITH_RESET);
            assertThat(rig.left.getLast().side()).isEqualTo(Side.OUTSIDE);
            assertThat(rig.events(FlowEnded.class).getLast().reason())
                    .isEqualTo(FlowEndReason.RESET);
            Rig.Sent next = rig.in(Side.INSIDE, Rig.syn(1), 21 * SECOND);
            assertThat(next.cookie()).isNotEqualTo(first.cookie());
        }
    }

    @Test
    void aFlowThatChoseAnUnhealthyTargetForWantOfABetterIsNotReset() {
        Rig rig = rig(TcpResets.ALL);
        rig.lb.advance(0);
        rig.unwell.addAll(rig.lb.targets());
        rig.lb.advance(20 * SECOND);
        rig.in(Side.INSIDE, Rig.syn(1), 20 * SECOND);
        rig.in(Side.INSIDE, Rig.tcp(1, ACK), 21 * SECOND);
    }

    @Test
    void aTargetThatRecoversKeepsItsFlows() {
        Rig rig = rig(TcpResets.ALL);
        rig.lb.advance(0);
        Target target = rig.in(Side.INSIDE, Rig.syn(1), 0).target();
        rig.unwell.add(target);
        rig.lb.advance(20 * SECOND);
        rig.unwell.clear();
        rig.lb.advance(70 * SECOND);
        assertThat(target.state()).isEqualTo(TargetState.HEALTHY);
        rig.in(Side.INSIDE, Rig.tcp(1, ACK), 71 * SECOND);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1})
    void aFlowOfADeregisteredTargetIsAnsweredWhenTheDelayIsOver(long offset) {
        Rig rig = rig(new TcpResets(false, true, false));
        rig.lb.advance(0);
        Rig.Sent first = rig.in(Side.INSIDE, Rig.syn(1), 0);
        rig.lb.deregister(first.target(), SECOND);
        long now = 301 * SECOND + offset;
        if (offset < 0) {
            rig.in(Side.INSIDE, Rig.tcp(1, ACK), now);
        } else {
            assertThat(rig.refused(Side.INSIDE, Rig.tcp(1, ACK), now))
                    .isEqualTo(DropReason.ANSWERED_WITH_RESET);
            assertThat(rig.left).hasSize(1);
        }
    }
}
