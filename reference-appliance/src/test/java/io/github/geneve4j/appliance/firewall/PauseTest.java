package io.github.geneve4j.appliance.firewall;

import static io.github.geneve4j.appliance.firewall.InspectedFlow.NO_LIMIT;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.appliance.track.ConnectionTracker;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An inspector that pauses sees the first packet beyond its limit, and no other one before. */
class PauseTest {
    private static final String CLIENT = "10.1.0.10";
    private static final String SERVER = "93.184.216.34";
    private static final int HEADERS = 28;
    private static final long A_SECOND = 1_000_000_000;

    private final List<Integer> shown = new ArrayList<>(); // packets, from 1
    private int sent;
    private long nowNs = Long.MAX_VALUE - 3 * A_SECOND; // the clock may go over its end
    private FirewallControl control;
    private Firewall firewall;

    /** Notes what it sees, and does something to the flow. */
    private static class Pauser implements FlowInspector {
        final Runnable note;
        Consumer<InspectedFlow> atStart = flow -> {};
        BiConsumer<InspectedFlow, Integer> atPacket = (flow, number) -> {};
        Verdict verdict = Verdict.PASS;
        int number;
        int ended;

        Pauser(Runnable note) {
            this.note = note;
        }

        @Override
        public boolean pauses() {
            return true;
        }

        @Override
        public void flowStarted(InspectedFlow flow, InspectedPacket packet) {
            atStart.accept(flow);
        }

        @Override
        public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
            note.run();
            atPacket.accept(flow, ++number);
            return verdict;
        }

        @Override
        public void flowEnded(InspectedFlow flow, ConnectionEnd end) {
            ended++;
        }
    }

    private Pauser pauser() {
        return new Pauser(() -> shown.add(sent));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 5})
    void seesThePacketBehindSoManyAgainAndAgain(long packets) {
        Pauser pauser = pauser();
        pauser.atPacket = (flow, number) -> flow.pausePackets(true, packets);
        run(pauser);
        int period = (int) packets + 1;
        out(4 * period, 1);
        assertThat(shown).containsExactly(1, 1 + period, 1 + 2 * period, 1 + 3 * period);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 2", "3, 4"})
    void aPauseFromTheStartCountsTheFirstPacket(long packets, int first) {
        Pauser pauser = pauser();
        pauser.atStart = flow -> flow.pausePackets(true, packets);
        run(pauser);
        out(6, 1);
        assertThat(shown).startsWith(first).hasSize(6 - (int) packets);
    }

    /** Packets 2, 3 and 4 have 30 bytes each. */
    @ParameterizedTest
    @CsvSource({"0, 2", "29, 2", "30, 3", "31, 3", "59, 3", "60, 4", "61, 4", "90, 5"})
    void seesTheFirstPacketBeyondSoManyBytes(long bytes, int next) {
        Pauser pauser = pauser();
        pauser.atPacket =
                (flow, number) -> {
                    if (number == 1) {
                        flow.pauseBytes(true, bytes);
                    }
                };
        run(pauser);
        out(4, 2);
        out(1, 500);
        out(3, 0); // smaller ones: the pause is over all the same
        List<Integer> expected = new ArrayList<>(List.of(1));
        for (int i = next; i <= sent; i++) {
            expected.add(i);
        }
        assertThat(shown).isEqualTo(expected);
    }

    @Test
    void bytesFromTheStartCountThoseOfTheFirstPacket() {
        Pauser pauser = pauser();
        pauser.atStart = flow -> flow.pauseBytes(true, 2 * HEADERS);
        run(pauser);
        out(4, 0);
        assertThat(shown).containsExactly(3, 4);
    }

    @ParameterizedTest
    @CsvSource({"27, 1", "28, 2", "29, 2"})
    void aFirstPacketMayBeTooLong(long bytes, int first) {
        Pauser pauser = pauser();
        pauser.atStart = flow -> flow.pauseBytes(true, bytes);
        run(pauser);
        out(3, 0);
        assertThat(shown).startsWith(first).hasSize(4 - first);
    }

    @Test
    void seesThePacketsThatComeWhenTheTimeIsOver() {
        Pauser pauser = pauser();
        pauser.atPacket = (flow, number) -> flow.pauseFor(true, 5 * A_SECOND);
        run(pauser);
        out(1, 1);
        nowNs += 5 * A_SECOND - 1;
        out(1, 1);
        nowNs++;
        out(2, 1); // the second one is in the next pause
        nowNs += 5 * A_SECOND + 1;
        out(2, 1);
        assertThat(shown).containsExactly(1, 3, 5);
        assertThat(nowNs).as("over the end of the clock").isNegative();
    }

    @ParameterizedTest
    @CsvSource({"3, 1000, 1000, 5", "1000, 58, 1000, 4", "1000, 1000, 2, 3"})
    void theFirstLimitCounts(long packets, long bytes, long nanos, int next) {
        Pauser pauser = pauser();
        pauser.atPacket =
                (flow, number) -> {
                    if (number == 1) {
                        flow.pause(true, packets, bytes, nanos);
                    }
                };
        run(pauser);
        for (int i = 0; i < 6; i++) {
            out(1, 1);
            nowNs++;
        }
        assertThat(shown).startsWith(1, next).hasSize(1 + 7 - next);
    }

    @Test
    void withoutLimitsItIsForGood() {
        Pauser pauser = pauser();
        pauser.atPacket = (flow, number) -> flow.pause(true, NO_LIMIT, NO_LIMIT, NO_LIMIT);
        run(pauser);
        for (int i = 0; i < 100; i++) {
            out(1, 1000);
            nowNs += 100 * A_SECOND;
        }
        assertThat(shown).containsExactly(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eachDirectionForItself(boolean byBeginner) {
        Pauser pauser = pauser();
        pauser.atStart = flow -> flow.pausePackets(byBeginner, 2);
        run(pauser);
        for (int i = 0; i < 4; i++) {
            out(1, 1);
            in(1, 1);
        }
        assertThat(shown)
                .isEqualTo(byBeginner ? List.of(2, 4, 5, 6, 7, 8) : List.of(1, 3, 5, 6, 7, 8));
    }

    @Test
    void stopsAndResumesADirectionByAPacketOfTheOther() {
        Pauser pauser = pauser();
        pauser.atStart = flow -> flow.stopInspecting(true);
        pauser.atPacket =
                (flow, number) -> {
                    switch (number) {
                        case 2 -> flow.pausePackets(true, 1);
                        case 4 -> flow.stopInspecting(true);
                        case 6 -> flow.resumeInspecting(true);
                        default -> {}
                    }
                };
        run(pauser);
        out(1, 1);
        in(2, 1); // 2, 3
        out(2, 1); // 5
        in(1, 1); // 6, which stops
        out(1, 1);
        in(2, 1); // 8, 9, which resumes
        out(1, 1); // 10
        assertThat(shown).containsExactly(2, 3, 5, 6, 8, 9, 10);
    }

    @Test
    void aLaterPauseTakesThePlaceOfAnEarlierOne() {
        Pauser pauser = pauser();
        pauser.atStart = flow -> flow.pausePackets(true, 3);
        pauser.atPacket =
                (flow, number) -> {
                    if (!flow.isFromBeginner()) {
                        flow.pause(true, NO_LIMIT, 2 * (HEADERS + 1), NO_LIMIT);
                        flow.stopInspecting(false);
                    }
                };
        run(pauser);
        out(2, 1);
        in(1, 1);
        out(4, 1);
        assertThat(shown).containsExactly(3, 6, 7);
    }

    @Test
    void eachInspectorComesBackWhenItsOwnPauseIsOver() {
        Pauser first = pauser();
        first.atPacket = (flow, number) -> flow.pausePackets(true, 2);
        List<Integer> seen = new ArrayList<>();
        Pauser second = new Pauser(() -> seen.add(sent));
        second.atPacket = (flow, number) -> flow.pauseBytes(true, 4 * (HEADERS + 1));
        run(first, second);
        out(11, 1);
        assertThat(shown).containsExactly(1, 4, 7, 10);
        assertThat(seen).containsExactly(1, 6, 11);
    }

    @Test
    void whatAnotherInspectorDropsCounts() {
        Pauser first = pauser();
        first.verdict = Verdict.DROP;
        List<Integer> seen = new ArrayList<>();
        Pauser second = new Pauser(() -> seen.add(sent));
        second.atStart = flow -> flow.pausePackets(true, 2);
        run(first, second);
        out(2, 1);
        first.verdict = Verdict.PASS;
        out(2, 1);
        assertThat(shown).containsExactly(1, 2, 3, 4);
        assertThat(seen).containsExactly(3, 4);
    }

    @Test
    void anotherPolicyJudgesThePausedFlowAnew() {
        Pauser pauser = pauser();
        pauser.atStart = flow -> flow.pausePackets(true, 3);
        run(pauser);
        out(2, 1);
        control.replace(policy("default: allow"));
        out(2, 1);
        assertThat(shown).as("goes on to pause").containsExactly(4);
        control.replace(policy("default: drop"));
        assertThat(send(CLIENT, SERVER, udp(5000, 53), 1)).isEqualTo(Verdict.DROP);
        assertThat(pauser.ended).isEqualTo(1);
        control.replace(policy("default: allow"));
        out(4, 1);
        assertThat(shown).as("a flow of its own").containsExactly(4, 8);
    }

    @Test
    void refusesLimitsBelowZeroAndChangesNothing() {
        Pauser pauser = pauser();
        run(pauser);
        for (int i = 0; i < 3; i++) {
            long[] limits = {1, 1, 1};
            limits[i] = -1;
            pauser.atPacket = (flow, number) -> flow.pause(true, limits[0], limits[1], limits[2]);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> out(1, 1))
                    .withMessageContaining("-1");
        }
        assertThat(shown).containsExactly(1, 2, 3);
    }

    @Test
    void refusesAnInspectorThatSaysItHasNone() {
        FlowInspector none =
                (flow, packet) -> {
                    shown.add(sent);
                    flow.pausePackets(true, 1);
                    return Verdict.PASS;
                };
        run(pauser(), none);
        for (int i = 1; i <= 2; i++) {
            assertThatIllegalStateException().isThrownBy(() -> out(1, 1));
        }
        assertThat(shown).containsExactly(1, 1, 2, 2);
    }

    /** As whatever else it has learnt about the flow until then. */
    @Test
    void aPauseHoldsAlthoughTheInspectorFailsLater() {
        Pauser pauser = pauser();
        pauser.atPacket =
                (flow, number) -> {
                    flow.pausePackets(true, 1);
                    throw new IllegalStateException("later");
                };
        run(pauser);
        assertThatIllegalStateException().isThrownBy(() -> out(1, 1));
        out(1, 1);
        assertThatIllegalStateException().isThrownBy(() -> out(1, 1));
        assertThat(shown).containsExactly(1, 3);
    }

    @Test
    void flowsDoNotInheritPauses() {
        Pauser pauser = pauser();
        pauser.atPacket = (flow, number) -> flow.pausePackets(true, 100);
        control =
                FirewallControl.builder(policy("default: allow"))
                        .flows(1)
                        .inspector(() -> pauser)
                        .build();
        firewall = control.newFirewall();
        for (int port : new int[] {5000, 5001, 5000}) {
            sent++;
            send(CLIENT, SERVER, udp(port, 53), 1);
        }
        assertThat(shown).containsExactly(1, 2, 3);
    }

    /** The tracker counts 2^32 - 1 packets, and stays there. */
    @Test
    void afterTheLastPacketThatCanBeCountedAllAreSeen() {
        ConnectionTracker tracker =
                ConnectionTracker.builder(1)
                        .inspectorBytes(Pauses.BITS_LENGTH + Pauses.LIMITS_LENGTH)
                        .build();
        int offset = tracker.inspectorOffset();
        Pauses pauses = new Pauses(tracker, offset, new int[] {offset + Pauses.BITS_LENGTH});
        InspectedFlow view = new InspectedFlow(tracker, pauses, 0, offset, 0);
        byte[] datagram =
                Packets.concat(
                        KnownPackets.awsHeader(),
                        packet(ipv4(CLIENT, SERVER), udp(5000, 53), payload("01")));
        InspectedPacket packet =
                InspectedPacket.of(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
        tracker.look(packet, 0);
        int flow = tracker.begin(0, 0, 1);
        tracker.passed(flow, true, 0xffff_ffffL - 4, 0, 0, ConnectionTracker.NO_COOKIE);
        pauses.start(flow, 0);
        view.at(flow, true, 0);
        assertThat(view.packets(true)).isEqualTo(0xffff_ffffL - 3);
        view.pausePackets(true, 10);
        for (int i = 0; i < 5; i++) {
            tracker.look(packet, i);
            assertThat(pauses.areSeen(flow, true, 0)).as("%d", i).isEqualTo(i >= 2);
        }
        view.pausePackets(true, 10);
        tracker.look(packet, 5);
        assertThat(pauses.areSeen(flow, true, 0)).isTrue();
        view.pauseFor(true, NO_LIMIT - 1);
        tracker.look(packet, 6);
        assertThat(pauses.areSeen(flow, true, 0)).isFalse();
    }

    private void run(FlowInspector... inspectors) {
        FirewallControl.Builder builder = FirewallControl.builder(policy("default: allow"));
        for (FlowInspector inspector : inspectors) {
            builder.inspector(() -> inspector);
        }
        control = builder.flows(10).build();
        firewall = control.newFirewall();
    }

    private void out(int packets, int length) {
        for (int i = 0; i < packets; i++) {
            sent++;
            send(CLIENT, SERVER, udp(5000, 53), length);
        }
    }

    private void in(int packets, int length) {
        for (int i = 0; i < packets; i++) {
            sent++;
            send(SERVER, CLIENT, udp(53, 5000), length);
        }
    }

    private Verdict send(String from, String to, Layer transport, int length) {
        byte[] inner = packet(ipv4(from, to), transport, payload(counting(length)));
        return Verdicts.on(firewall, inner, nowNs);
    }

    private static Policy policy(String text) {
        try {
            return PolicyReader.parse(text, "test");
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
