package io.github.geneve4j.appliance.firewall;

import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.appliance.track.TcpState;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.TcpLayer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a vendor's inspector is told, when, and what its verdicts and failures do. */
class FlowInspectorTest {
    private static final String CLIENT = "10.1.0.10";
    private static final String SERVER = "93.184.216.34";
    private static final int UDP_LENGTH = 28; // of a datagram without payload, with its headers
    private static final int TTL = 8; // from the first byte of the IPv4 header
    private static final long FAR_FUTURE_NS = 10_000_000_000_000L;
    private static final long A_MINUTE_NS = 60_000_000_000L; // of 120 or 350 s, or 30 after a reset

    private final List<String> told = new ArrayList<>();
    private Firewall firewall = firewall(10, new Teller("a"));

    /** Tells what it is told, and keeps the number of packets in its bytes. */
    private class Teller implements FlowInspector {
        static final int SEEN = 3; // not aligned
        static final int LENGTH = SEEN + Integer.BYTES;

        final String name;
        Verdict verdict = Verdict.PASS;
        boolean failsAtStart;
        boolean failsAtEnd;
        boolean stops;

        Teller(String name) {
            this.name = name;
        }

        @Override
        public int stateLength() {
            return LENGTH;
        }

        @Override
        public void flowStarted(InspectedFlow flow, InspectedPacket packet) {
            told.add(name + " start " + flow.fiveTuple().sourcePort() + side(flow));
            assertThat(flow.getInt(SEEN)).isZero();
            if (failsAtStart) {
                throw new IllegalStateException("start");
            }
            if (stops) {
                flow.stopInspecting();
            }
        }

        @Override
        public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
            flow.setInt(SEEN, flow.getInt(SEEN) + 1);
            told.add(name + " packet " + flow.getInt(SEEN) + side(flow));
            if (verdict == Verdict.REWRITE) {
                packet.edit().setByte(packet.innerOffset() + TTL, 7);
            }
            return verdict;
        }

        @Override
        public void flowEnded(InspectedFlow flow, ConnectionEnd end) {
            told.add(name + " end " + end + " after " + flow.getInt(SEEN));
            if (failsAtEnd) {
                throw new IllegalStateException(name);
            }
        }

        private static String side(InspectedFlow flow) {
            return flow.isFromBeginner() ? " >" : " <";
        }
    }

    @Test
    void isToldOfAFlowFromItsStartToItsEnd() {
        out(udp(5000, 53), "01");
        in(udp(53, 5000), "0102");
        out(udp(5000, 53), "01");
        out(udp(5000, 54), ""); // what the policy does not allow is nobody's
        firewall.onIdle(System.nanoTime() + FAR_FUTURE_NS);

        assertThat(told)
                .containsExactly(
                        "a start 5000 >",
                        "a packet 1 >",
                        "a packet 2 <",
                        "a packet 3 >",
                        "a end IDLE after 3");
    }

    @Test
    void readsTheFlow() {
        List<String> read = new ArrayList<>();
        FlowInspector reader =
                (flow, packet) -> {
                    read.add(
                            FlowFormat.text(flow.fiveTuple())
                                    + (" " + flow.packets(true) + "/" + flow.packets(false))
                                    + (" " + flow.bytes(true) + "/" + flow.bytes(false))
                                    + (" " + flow.tcpState() + " rule " + flow.rule())
                                    + (" of policy " + flow.policyNumber())
                                    + (flow.isMidstream() ? " met in its middle" : ""));
                    assertThat(flow.endpointId()).isEqualTo(packet.endpointId()).isNotZero();
                    assertThat(flow.cookie())
                            .isEqualTo(packet.metadata().flowCookie() & 0xffff_ffffL);
                    assertThat(flow.lastNs()).isEqualTo(packet.nowNs());
                    assertThat(flow.startNs()).isLessThanOrEqualTo(flow.lastNs());
                    return Verdict.PASS;
                };
        firewall = firewall(10, reader);
        out(udp(5000, 53), "01");
        in(udp(53, 5000), "0102");
        in(tcp(80, 4000).flags(TcpLayer.ACK), ""); // the server's, of an established connection

        String flow = "10.1.0.10:5000 > 93.184.216.34:53";
        assertThat(read).hasSize(3);
        assertThat(read.get(0)).contains("10.1.0.10", "5000", "93.184.216.34", "53");
        assertThat(read.get(0).replaceFirst(".*?(?= 1/)", flow))
                .isEqualTo(flow + " 1/0 " + (UDP_LENGTH + 1) + "/0 NONE rule 0 of policy 1");
        assertThat(read.get(1))
                .startsWith(read.get(0).substring(0, read.get(0).indexOf(" 1/0")))
                .contains(" 1/1 " + (UDP_LENGTH + 1) + "/" + (UDP_LENGTH + 2) + " NONE");
        assertThat(read.get(2))
                .contains(" 1/0 40/0 " + TcpState.ESTABLISHED)
                .endsWith("met in its middle");
    }

    @Test
    void eachHasBytesOfItsOwn() {
        firewall = firewall(10, new Teller("a"), new Teller("b"));
        out(udp(5000, 53), "01");
        out(udp(5001, 53), "01");
        in(udp(53, 5000), "01");

        assertThat(told)
                .containsExactly(
                        "a start 5000 >",
                        "b start 5000 >",
                        "a packet 1 >",
                        "b packet 1 >",
                        "a start 5001 >",
                        "b start 5001 >",
                        "a packet 1 >",
                        "b packet 1 >",
                        "a packet 2 <",
                        "b packet 2 <");
    }

    @Test
    void cannotReachTheBytesOfOthers() {
        for (int index : new int[] {-1, Teller.LENGTH - Integer.BYTES + 1}) {
            firewall =
                    firewall(
                            10,
                            new Teller("a") {
                                @Override
                                public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
                                    flow.setInt(index, 1);
                                    return Verdict.PASS;
                                }
                            });
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> out(udp(5000, 53), "01"));
        }
    }

    @Test
    void readsWhatItWrote() {
        FlowInspector writer =
                new FlowInspector() {
                    @Override
                    public int stateLength() {
                        return 13;
                    }

                    @Override
                    public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
                        flow.setLong(0, 0x0102_0304_0506_0708L);
                        flow.setInt(8, 0x0a0b_0c0d);
                        flow.setByte(12, (byte) 0x7f);
                        return flow.getLong(0) == 0x0102_0304_0506_0708L
                                        && flow.getInt(8) == 0x0a0b_0c0d
                                        && flow.getByte(12) == 0x7f
                                ? Verdict.PASS
                                : Verdict.DROP;
                    }
                };
        firewall = firewall(10, writer, new Teller("b"));
        assertThat(out(udp(5000, 53), "01")).isEqualTo(Verdict.PASS);
        assertThat(told).endsWith("b packet 1 >"); // whose bytes begin at 16
    }

    /** A flow that takes the place of another begins with none of its bytes. */
    @Test
    void bytesOfAnEvictedFlowAreNotInherited() {
        firewall = firewall(1, new Teller("a"));
        out(udp(5000, 53), "01");
        out(udp(5001, 53), "01");
        assertThat(told)
                .containsExactly(
                        "a start 5000 >",
                        "a packet 1 >",
                        "a end EVICTED after 1",
                        "a start 5001 >",
                        "a packet 1 >");
    }

    @Test
    void isToldWhatAnotherPolicyEnds() {
        FirewallControl control = control(10, new Teller("a"));
        firewall = control.newFirewall();
        out(udp(5000, 53), "01");
        control.replace(policy("default: drop"));
        assertThat(in(udp(53, 5000), "01")).isEqualTo(Verdict.DROP);
        assertThat(told).endsWith("a packet 1 >", "a end REMOVED after 1");
    }

    @Test
    void looksAwayWhenItHasSeenEnough() {
        Teller first = new Teller("a");
        first.stops = true;
        firewall = firewall(10, first, new Teller("b"));
        out(udp(5000, 53), "01");
        in(udp(53, 5000), "01");
        firewall.onIdle(System.nanoTime() + FAR_FUTURE_NS);
        assertThat(told)
                .containsExactly(
                        "a start 5000 >",
                        "b start 5000 >",
                        "b packet 1 >",
                        "b packet 2 <",
                        "a end IDLE after 0",
                        "b end IDLE after 2");
        assertThat(firewall.counters().count(Judgement.KNOWN)).isEqualTo(1);
    }

    @Test
    void itsVerdictIsTheFirewalls() {
        Teller first = new Teller("a");
        firewall = firewall(10, first, new Teller("b"));
        for (Verdict verdict : List.of(Verdict.DROP, Verdict.REJECT, Verdict.REJECT_BOTH_ENDS)) {
            first.verdict = verdict;
            told.clear();
            assertThat(out(udp(5000, 53), "01")).isEqualTo(verdict);
            assertThat(told).as("the one behind it sees nothing").doesNotContain("b packet 1 >");
        }
        assertThat(firewall.counters().count(Judgement.INSPECTOR)).isEqualTo(3);
        first.verdict = Verdict.PASS;
        assertThat(in(udp(53, 5000), "01")).as("the flow goes on").isEqualTo(Verdict.PASS);
        assertThat(told).endsWith("a packet 4 <", "b packet 1 <");
    }

    /** Who is told by a reset has no connection any more; by anything else it has. */
    @Test
    void aConnectionWhoseSegmentIsRejectedIsOver() {
        TcpLayer data = tcp(5000, 80).flags(TcpLayer.ACK | TcpLayer.PSH).sequence(7);
        byte[] segment = packet(ipv4(CLIENT, SERVER), data, payload("00".repeat(100)));
        byte[] fragment = Fragments.ipv4(segment, 64).getFirst();
        for (Verdict verdict : List.of(Verdict.REJECT, Verdict.REJECT_BOTH_ENDS)) {
            assertThat(aMinuteAfter(verdict, segment)).contains("a end RESET after 1");
            assertThat(aMinuteAfter(verdict, fragment)).doesNotContain("a end RESET after 1");
            assertThat(aMinuteAfter(verdict, datagram())).hasSize(2);
        }
        for (Verdict verdict : List.of(Verdict.PASS, Verdict.DROP)) {
            assertThat(aMinuteAfter(verdict, segment)).hasSize(2);
        }
    }

    private List<String> aMinuteAfter(Verdict verdict, byte[] packet) {
        Teller teller = new Teller("a");
        teller.verdict = verdict;
        firewall = firewall(10, teller);
        told.clear();
        assertThat(Verdicts.on(firewall, packet)).isEqualTo(verdict);
        firewall.onIdle(System.nanoTime() + A_MINUTE_NS);
        return told;
    }

    /** By themselves they have no flow; two hosts that ping each other may use one identifier. */
    @Test
    void seesMessagesOfAnotherKind() {
        Teller teller = new Teller("a");
        firewall =
                FirewallControl.builder(policy("default: allow"))
                        .flows(10)
                        .inspector(() -> teller)
                        .build()
                        .newFirewall();
        assertThat(out(echoRequest(7, 1), "")).isEqualTo(Verdict.PASS);
        assertThat(in(echoRequest(7, 1), "")).isEqualTo(Verdict.PASS);
        teller.verdict = Verdict.DROP;
        assertThat(in(echoRequest(7, 2), "")).isEqualTo(Verdict.DROP);
        assertThat(told)
                .containsExactly("a start 7 >", "a packet 1 >", "a packet 2 <", "a packet 3 <");
        assertThat(firewall.counters().count(Judgement.ALLOWED)).isEqualTo(2);
        assertThat(firewall.counters().count(Judgement.INSPECTOR)).isEqualTo(1);
    }

    /** An index is one of that policy's rules, whichever policy holds by now. */
    @Test
    void ruleAndPolicyNumberBelongTogether() {
        for (boolean rejudges : new boolean[] {true, false}) {
            List<String> seen = new ArrayList<>();
            FlowInspector reader =
                    (flow, packet) -> {
                        seen.add(flow.rule() + " of " + flow.policyNumber());
                        return Verdict.PASS;
                    };
            FirewallControl control =
                    FirewallControl.builder(
                                    policy(
                                            """
                                            default: drop
                                            rules:
                                              - {name: tunnels, protocol: gre, action: drop}
                                              - {name: names, protocol: udp, action: allow}
                                            """))
                            .flows(10)
                            .rejudges(rejudges)
                            .inspector(() -> reader)
                            .build();
            firewall = control.newFirewall();
            out(udp(5000, 53), "01");
            control.replace(policy("default: allow"));
            out(udp(5000, 53), "01");
            in(udp(53, 5000), "01");
            String then = rejudges ? "0 of 2" : "1 of 1";
            assertThat(seen).containsExactly("1 of 1", then, then);
        }
    }

    @Test
    void mayRewrite() {
        Teller first = new Teller("a");
        first.verdict = Verdict.REWRITE;
        int[] seen = {0};
        FlowInspector second =
                (flow, packet) -> {
                    seen[0] = packet.buffer().getByte(packet.innerOffset() + TTL);
                    return Verdict.PASS;
                };
        firewall = firewall(10, first, second);
        assertThat(out(udp(5000, 53), "01")).isEqualTo(Verdict.REWRITE);
        assertThat(seen[0]).isEqualTo(7);
        assertThat(firewall.counters().count(Judgement.ALLOWED)).isEqualTo(1);
    }

    /** Otherwise its later packets would pass without the inspector that failed. */
    @Test
    void aFlowThatCannotStartHasNotBegun() {
        Teller second = new Teller("b");
        second.failsAtStart = true;
        firewall = firewall(10, new Teller("a"), second, new Teller("c"));
        assertThatIllegalStateException().isThrownBy(() -> out(udp(5000, 53), "01"));
        assertThat(told)
                .containsExactly(
                        "a start 5000 >",
                        "b start 5000 >",
                        "a end REMOVED after 0",
                        "b end REMOVED after 0");
        assertThat(in(udp(53, 5000), "01")).isEqualTo(Verdict.DROP);

        second.failsAtStart = false;
        told.clear();
        assertThat(out(udp(5000, 53), "01")).isEqualTo(Verdict.PASS);
        assertThat(told).startsWith("a start 5000 >", "b start 5000 >", "c start 5000 >");
    }

    @Test
    void allAreToldOfAnEndThatOneCannotTake() {
        Teller first = new Teller("a");
        first.failsAtEnd = true;
        firewall = firewall(10, first, new Teller("b"));
        out(udp(5000, 53), "01");
        assertThatIllegalStateException()
                .isThrownBy(() -> firewall.onIdle(System.nanoTime() + FAR_FUTURE_NS))
                .withMessage("a");
        assertThat(told).endsWith("a end IDLE after 1", "b end IDLE after 1");
        told.clear();
        assertThat(out(udp(5000, 53), "01")).isEqualTo(Verdict.PASS);
        assertThat(told).startsWith("a start 5000 >");
    }

    /** By the clock while another flow's packet comes, or to make room for it. */
    @Test
    void noPacketIsJudgedByTheEndOfAnotherFlow() {
        for (Throwable thrown :
                List.of(
                        new IllegalStateException("an end"),
                        new AssertionError("an end"),
                        new Error("an end"),
                        new IOException("an end"))) {
            Teller teller =
                    new Teller("a") {
                        @Override
                        public void flowEnded(InspectedFlow flow, ConnectionEnd end) {
                            super.flowEnded(flow, end);
                            FlowInspectorTest.<RuntimeException>throwing(thrown);
                        }
                    };
            FlowInspector other = new Teller("b");
            FirewallControl control = control(1, teller, other);
            firewall = control.newFirewall();
            out(udp(5000, 53), "01");
            told.clear();
            assertThat(out(udp(5001, 53), "01")).isEqualTo(Verdict.PASS);
            assertThat(in(udp(53, 5001), "01")).isEqualTo(Verdict.PASS);
            assertThat(told)
                    .startsWith("a end EVICTED after 1", "b end EVICTED after 1", "a start 5001 >");
            assertThat(firewall.counters().count(Judgement.ALLOWED)).isEqualTo(2);
            assertThat(firewall.counters().count(Judgement.KNOWN)).isEqualTo(1);

            control.replace(policy("default: drop"));
            assertThat(in(udp(53, 5001), "01")).as("by the policy").isEqualTo(Verdict.DROP);
            assertThat(firewall.counters().count(Judgement.WITHDRAWN)).isEqualTo(1);
            assertThat(control.counters().failedEnds()).isEqualTo(2);
            assertThatThrownBy(() -> firewall.onIdle(System.nanoTime()))
                    .isInstanceOf(
                            thrown instanceof IOException
                                    ? IllegalStateException.class
                                    : thrown.getClass())
                    .hasMessageEndingWith("an end");
            firewall.onIdle(System.nanoTime()); // told once
        }
    }

    /** Throws what the compiler does not know of, as other languages do. */
    @SuppressWarnings("unchecked") // which is the point
    private static <E extends Throwable> void throwing(Throwable thrown) throws E {
        throw (E) thrown;
    }

    @Test
    void refusesWhatHasNoRoom() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                firewall(
                                        10,
                                        new Teller("a") {
                                            @Override
                                            public int stateLength() {
                                                return -1;
                                            }
                                        }))
                .withMessageContaining("-1");
        FirewallControl.Builder builder = FirewallControl.builder(policy("default: allow"));
        for (int i = 0; i < FlowInspectors.MAX; i++) {
            builder.inspector(() -> new Teller("a"));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.inspector(() -> new Teller("a")))
                .withMessageContaining("31");
        assertThat(Verdicts.on(builder.flows(10).build().newFirewall(), datagram()))
                .isEqualTo(Verdict.PASS);
        assertThat(told).hasSize(2 * FlowInspectors.MAX);
    }

    private static Firewall firewall(int flows, FlowInspector... inspectors) {
        return control(flows, inspectors).newFirewall();
    }

    private static FirewallControl control(int flows, FlowInspector... inspectors) {
        FirewallControl.Builder builder =
                FirewallControl.builder(
                                policy(
                                        """
                                        default: drop
                                        rules:
                                          - {name: names, direction: outbound, protocol: udp, destination-port: 53, action: allow}
                                          - {name: web, protocol: tcp, action: allow}
                                        """))
                        .flows(flows);
        for (FlowInspector inspector : inspectors) {
            builder.inspector(() -> inspector);
        }
        return builder.build();
    }

    private static Policy policy(String text) {
        try {
            return PolicyReader.parse(text, "test");
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static byte[] datagram() {
        return packet(ipv4(CLIENT, SERVER), udp(5000, 53), payload("01"));
    }

    private Verdict out(Layer transport, String data) {
        return Verdicts.on(firewall, packet(ipv4(CLIENT, SERVER), transport, payload(data)));
    }

    private Verdict in(Layer transport, String data) {
        return Verdicts.on(firewall, packet(ipv4(SERVER, CLIENT), transport, payload(data)));
    }
}
