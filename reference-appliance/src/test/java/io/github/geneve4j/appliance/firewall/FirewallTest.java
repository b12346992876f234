package io.github.geneve4j.appliance.firewall;

import static io.github.geneve4j.testkit.Packets.authentication;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.appliance.domain.DomainInspector;
import io.github.geneve4j.appliance.domain.DomainList;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.appliance.track.MidStream;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.WhenFull;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.JavaProcess;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.TcpLayer;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FirewallTest {
    private static final String CLIENT = "10.1.0.10";
    private static final String SERVER = "93.184.216.34";
    private static final int SYN = TcpLayer.SYN;
    private static final int ACK = TcpLayer.ACK;
    private static final int PSH = TcpLayer.PSH;
    private static final long A_MINUTE = 60_000_000_000L; // of 350 s, or 30 after a reset

    private static final String WEB =
            """
            default: drop
            rules:
              - {name: web, direction: outbound, protocol: tcp, destination-port: [80, 443], action: allow}
              - {name: telnet, protocol: tcp, destination-port: 23, action: reject}
              - {name: names, direction: outbound, protocol: udp, destination-port: 53, action: allow}
              - {name: ping, direction: outbound, icmp: 8, action: allow}
            """;

    private FirewallControl control = FirewallControl.builder(policy(WEB)).flows(1_000).build();
    private Firewall firewall = control.newFirewall();

    /**
     * In a process of its own, since the tables of other tests come and go, and their memory is
     * used again.
     */
    @Test
    void flowsLieInHugePagesWhereThereAreSome() throws IOException {
        assumeThat(Path.of("/sys/kernel/mm/transparent_hugepage/enabled")).exists();
        String said = JavaProcess.output(LargeFirewall.class, "--enable-native-access=ALL-UNNAMED");
        Matcher asked = Pattern.compile("asked for ([0-9]+) KiB").matcher(said);
        assertThat(asked.find()).as(said).isTrue();
        assertThat(Integer.parseInt(asked.group(1)))
                .isGreaterThan(LargeFirewall.FLOWS * 100 / 1024);
    }

    /** Says how much of its memory is in mappings for which it asked for huge pages. */
    static final class LargeFirewall {
        private static final int FLOWS = 200_000;

        private LargeFirewall() {}

        public static void main(String[] args) throws IOException {
            Firewall large =
                    FirewallControl.builder(policy(WEB)).flows(FLOWS).build().newFirewall();
            long asked = kibibytesAskedFor();
            Reference.reachabilityFence(large);
            System.out.println("asked for " + asked + " KiB");
        }

        /** The kernel notes it for a mapping whether there was a huge page to be had or not. */
        private static long kibibytesAskedFor() throws IOException {
            long sum = 0;
            long size = 0;
            for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
                if (line.startsWith("Size:")) {
                    size = Long.parseLong(line.replaceAll("[^0-9]", ""));
                } else if (line.startsWith("VmFlags:") && line.contains(" hg")) {
                    sum += size;
                }
            }
            return sum;
        }
    }

    @Test
    void aFlowPassesInBothDirectionsAndNothingElseDoes() {
        connect(443);
        assertThat(out(tcp(40_000, 443).flags(ACK | PSH).sequence(1001).acknowledgment(5001), "01"))
                .isEqualTo(Verdict.PASS);
        assertThat(in(tcp(443, 40_001).flags(SYN), "")).isEqualTo(Verdict.DROP);
        assertThat(in(tcp(443, 40_000).flags(SYN), "")).isEqualTo(Verdict.PASS); // known: see track
        assertThat(out(udp(5000, 53), "01")).isEqualTo(Verdict.PASS);
        assertThat(in(udp(53, 5000), "01")).isEqualTo(Verdict.PASS);
        assertThat(in(udp(53, 5001), "01")).isEqualTo(Verdict.DROP);
        assertThat(out(udp(5000, 54), "01")).isEqualTo(Verdict.DROP);
    }

    /** A flow that was judged goes on; what is new is met as it is. */
    @Test
    void judgesOnAfterPacketsThatPassedUnjudged() {
        connect(443);
        byte[] later =
                packet(ipv4(SERVER, CLIENT), tcp(443, 40_000).flags(ACK).sequence(9_000_000));
        assertThat(Verdicts.on(firewall, later)).isEqualTo(Verdict.DROP);
        long before = firewall.counters().total();
        firewall.onUnjudged(System.nanoTime(), 7);
        assertThat(firewall.counters().count(Judgement.UNJUDGED)).isEqualTo(7);
        assertThat(firewall.counters().total()).isEqualTo(before + 7);
        assertThat(Verdicts.on(firewall, later)).isEqualTo(Verdict.PASS);
        assertThat(out(tcp(40_001, 443).flags(ACK).sequence(7), "01"))
                .as("begun unjudged")
                .isEqualTo(Verdict.PASS);
        assertThat(in(tcp(443, 40_002).flags(ACK).sequence(7), "01"))
                .as("or so it says")
                .isEqualTo(Verdict.DROP);
        assertThat(out(tcp(40_003, 25).flags(ACK).sequence(7), "01")).isEqualTo(Verdict.DROP);
    }

    @Test
    void whatIsRejectedIsAnswered() {
        assertThat(out(tcp(40_000, 23).flags(SYN), "")).isEqualTo(Verdict.REJECT);
        assertThat(firewall.counters().count(Judgement.POLICY_REJECT)).isEqualTo(1);
        control = FirewallControl.builder(policy(WEB)).flows(10).tellsBothEnds(true).build();
        firewall = control.newFirewall();
        assertThat(out(tcp(40_000, 23).flags(SYN), "")).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    @Test
    void errorsPassWithTheirFlow() {
        byte[] query = packet(ipv4(CLIENT, SERVER), udp(5000, 53), payload("01"));
        byte[] unreachable = packet(ipv4(SERVER, CLIENT), icmp(3, 3), ip(query));
        assertThat(Verdicts.on(firewall, unreachable)).isEqualTo(Verdict.DROP);
        assertThat(Verdicts.on(firewall, query)).isEqualTo(Verdict.PASS);
        assertThat(Verdicts.on(firewall, unreachable)).isEqualTo(Verdict.PASS);
        byte[] redirect = packet(ipv4(SERVER, CLIENT), icmp(5, 1), ip(query));
        assertThat(Verdicts.on(firewall, redirect)).isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.UNRELATED)).isEqualTo(2);
        assertThat(firewall.counters().count(Judgement.RELATED)).isEqualTo(1);
    }

    /** Not even where all is allowed; nor beside a flow of messages between the same hosts. */
    @Test
    void errorsThatQuoteNothingDoNotPass() {
        control = FirewallControl.builder(policy("default: allow")).flows(10).build();
        firewall = control.newFirewall();
        byte[] nothing = packet(ipv4(SERVER, CLIENT), icmp(5, 1), payload("01"));
        assertThat(Verdicts.on(firewall, nothing)).isEqualTo(Verdict.DROP);
        byte[] timestamp = packet(ipv4(SERVER, CLIENT), icmp(13, 0), payload("01"));
        assertThat(Verdicts.on(firewall, timestamp)).isEqualTo(Verdict.PASS);
        assertThat(Verdicts.on(firewall, nothing)).isEqualTo(Verdict.DROP);
        byte[] nothing6 = packet(ipv6("fd00::2", "fd00::1"), icmpv6(2, 0), payload("01"));
        assertThat(Verdicts.on(firewall, nothing6)).isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.UNRELATED)).isEqualTo(3);
    }

    @Test
    void errorsWhoseQuoteCannotBeReadPassByNoRule() {
        control = FirewallControl.builder(policy("default: allow")).flows(10).build();
        firewall = control.newFirewall();
        byte[] query = packet(ipv4(CLIENT, SERVER), udp(5000, 53), payload("01"));
        assertThat(Verdicts.on(firewall, query)).isEqualTo(Verdict.PASS);
        byte[] tooBig = packet(ipv4(SERVER, CLIENT), icmp(3, 4).rest(1 << 16), ip(query));
        assertThat(Verdicts.on(firewall, tooBig)).isEqualTo(Verdict.DROP);
        query[0] = 0x05;
        byte[] redirect = packet(ipv4(SERVER, CLIENT), icmp(5, 1), payload(query));
        assertThat(Verdicts.on(firewall, redirect)).isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.UNRELATED)).isEqualTo(2);
        assertThat(in(icmp(13, 0), "")).as("no error").isEqualTo(Verdict.PASS);
    }

    @Test
    void pingsPassAndTheirAnswers() {
        assertThat(in(echoReply(7, 1), "")).isEqualTo(Verdict.DROP);
        assertThat(out(echoRequest(7, 1), "")).isEqualTo(Verdict.PASS);
        assertThat(in(echoReply(7, 1), "")).isEqualTo(Verdict.PASS);
        assertThat(in(echoRequest(7, 1), "")).as("another message").isEqualTo(Verdict.DROP);
        assertThat(out(echoRequest(7, 2), "")).isEqualTo(Verdict.PASS);
        assertThat(out(echoReply(7, 2), "")).isEqualTo(Verdict.DROP);
        assertThat(in(echoRequest(8, 1), "")).isEqualTo(Verdict.DROP);
    }

    /** Each is a decision, as it begins no flow. */
    @Test
    void messagesOfAnotherKindAreCountedAndToldOf() {
        control =
                FirewallControl.builder(
                                policy(
                                        """
                                        default: drop
                                        rules:
                                          - {name: there, direction: outbound, icmp: 8, action: allow}
                                          - {name: back, direction: inbound, icmp: 8, action: allow, log: true}
                                        """))
                        .flows(10)
                        .build();
        firewall = control.newFirewall();
        assertThat(out(echoRequest(7, 1), "")).isEqualTo(Verdict.PASS);
        assertThat(in(echoReply(7, 1), "")).isEqualTo(Verdict.PASS);
        assertThat(in(echoRequest(7, 1), "")).isEqualTo(Verdict.PASS);
        assertThat(in(echoRequest(7, 2), "")).isEqualTo(Verdict.PASS);
        assertThat(in(icmp(17, 0), "")).as("no flow of its own").isEqualTo(Verdict.DROP);
        assertThat(control.decided())
                .containsExactly(
                        Map.entry("there", 1L), Map.entry("back", 2L), Map.entry("default", 1L));
        List<String> told = new ArrayList<>();
        control.drainLog((rule, action, endpoint, flow) -> told.add(rule + " " + action));
        assertThat(told).containsExactly("back ALLOW", "back ALLOW");
    }

    @Test
    void whatCannotBeReadIsDropped() {
        assertThat(Verdicts.on(firewall, new byte[] {0x45, 0})).isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.UNREADABLE)).isEqualTo(1);
        assertThat(out(tcp(40_000, 443).flags(SYN | TcpLayer.FIN), "")).isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.INVALID)).isEqualTo(1);
    }

    /** What comes before the first fragment passes where that would, whatever ports it shows. */
    @Test
    void laterFragmentsPassByThemselvesWherePortsDecideNothing() {
        String some = "{name: some, protocol: udp, destination-port: 53, action: %s}";
        String open = "default: allow\nrules: [" + some.formatted("allow") + "]";
        laterFragment(open, MidStream.ALLOW, udp(5000, 54), Verdict.PASS);
        laterFragment(open, MidStream.ALLOW, echoRequest(7, 1), Verdict.PASS);
        laterFragment(open, MidStream.ALLOW, tcp(40_000, 443).flags(ACK), Verdict.PASS);
        laterFragment(open, MidStream.DROP, tcp(40_000, 443).flags(ACK), Verdict.DROP);
        laterFragment(open, MidStream.DROP, udp(5000, 54), Verdict.PASS);
        laterFragment(WEB, MidStream.ALLOW, udp(5000, 53), Verdict.DROP);
        laterFragment(WEB, MidStream.ALLOW, echoRequest(7, 1), Verdict.DROP);
        String closed = "default: allow\nrules: [" + some.formatted("drop") + "]";
        laterFragment(closed, MidStream.ALLOW, udp(5000, 54), Verdict.DROP);
        laterFragment(closed, MidStream.ALLOW, tcp(40_000, 443).flags(ACK), Verdict.PASS);
        assertThat(Verdicts.on(firewall, hiding())).as("more headers").isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.LOOSE_FRAGMENT)).isEqualTo(1);
        assertThat(firewall.counters().count(Judgement.LOOSE_ALLOWED)).isEqualTo(1);
    }

    /** Not even where all is allowed: whole, they would not pass either. */
    @Test
    void errorsInPartsDoNotPassByThemselves() {
        control = FirewallControl.builder(policy("default: allow")).flows(10).build();
        firewall = control.newFirewall();
        byte[] query = packet(ipv4(CLIENT, SERVER), udp(5000, 53), payload("01"));
        byte[] redirect = packet(ipv4(SERVER, CLIENT), icmp(5, 1), ip(query));
        byte[] query6 = packet(ipv6("fd00::1", "fd00::2"), udp(5000, 53), payload("01"));
        byte[] tooBig = packet(ipv6("fd00::2", "fd00::1"), icmpv6(2, 0), ip(query6));
        for (int size : List.of(8, 16, 32)) {
            assertThat(Verdicts.on(firewall, Fragments.ipv4(redirect, size).getFirst()))
                    .as("%d bytes of a redirect", size)
                    .isEqualTo(Verdict.DROP);
            assertThat(Verdicts.on(firewall, Fragments.ipv6(tooBig, 7, size).getFirst()))
                    .as("%d bytes of an error", size)
                    .isEqualTo(Verdict.DROP);
        }
        assertThat(firewall.counters().count(Judgement.LOOSE_FRAGMENT)).isEqualTo(6);
    }

    /** Beginning no flow, it could be shown to no inspector. */
    @Test
    void laterFragmentsDoNotPassInspectorsByThemselves() {
        guard();
        control.replace(policy("default: allow"));
        List<byte[]> parts = fragments(udp(5000, 54));
        assertThat(Verdicts.on(firewall, parts.get(1))).isEqualTo(Verdict.DROP);
        assertThat(Verdicts.on(firewall, parts.get(0))).isEqualTo(Verdict.PASS);
        assertThat(Verdicts.on(firewall, parts.get(1))).isEqualTo(Verdict.PASS);
    }

    /** What does not pass as a whole does not in parts, of which none shows its ports. */
    @Test
    void anAuthenticationHeaderHidesNoPortsInFragments() {
        String ssh = "{name: ssh, protocol: tcp, destination-port: 22, action: drop}";
        control =
                FirewallControl.builder(policy("default: allow\nrules: [" + ssh + "]"))
                        .flows(10)
                        .midStream(MidStream.DROP)
                        .build();
        firewall = control.newFirewall();
        byte[] whole =
                packet(
                        ipv6("2001:db8::1", "2001:db8::2"),
                        authentication(24),
                        tcp(40_000, 22).flags(SYN),
                        payload("00".repeat(60)));
        assertThat(Verdicts.on(firewall, whole)).isEqualTo(Verdict.DROP);
        for (byte[] part : Fragments.ipv6(whole, 7, 24)) {
            assertThat(Verdicts.on(firewall, part)).isEqualTo(Verdict.DROP);
        }
        assertThat(firewall.counters().count(Judgement.POLICY_DROP)).isEqualTo(1);
    }

    private void laterFragment(String rules, MidStream midStream, Layer first, Verdict expected) {
        control = FirewallControl.builder(policy(rules)).flows(10).midStream(midStream).build();
        firewall = control.newFirewall();
        List<byte[]> parts = fragments(first);
        assertThat(Verdicts.on(firewall, parts.get(1))).isEqualTo(expected);
        boolean passes = expected == Verdict.PASS;
        assertThat(firewall.counters().count(Judgement.LOOSE_ALLOWED)).isEqualTo(passes ? 1 : 0);
        assertThat(firewall.counters().count(Judgement.LOOSE_FRAGMENT)).isEqualTo(passes ? 0 : 1);
        assertThat(firewall.counters().total()).isEqualTo(1);
    }

    private static List<byte[]> fragments(Layer transport) {
        byte[] whole = packet(ipv4(CLIENT, SERVER), transport, payload("00".repeat(100)));
        return Fragments.ipv4(whole, 64);
    }

    /**
     * A later fragment in IPv6 of what may be anything, as the first header is destination options.
     */
    private static byte[] hiding() {
        byte[] whole =
                packet(
                        ipv6("2001:db8::1", "2001:db8::2"),
                        udp(5000, 54),
                        payload("00".repeat(100)));
        byte[] part = Fragments.ipv6(whole, 7, 64).get(1);
        part[40] = IpProtocol.DESTINATION_OPTIONS;
        return part;
    }

    /** An established connection that the load balancer has moved here. */
    @Test
    void connectionsAreMetInTheirMiddleAsItIsSaid() {
        TcpLayer data = tcp(40_000, 443).flags(ACK | PSH).sequence(7).acknowledgment(9);
        assertThat(out(data, "01")).isEqualTo(Verdict.PASS);
        for (MidStream other : List.of(MidStream.DROP, MidStream.RESET)) {
            control = FirewallControl.builder(policy(WEB)).flows(10).midStream(other).build();
            firewall = control.newFirewall();
            assertThat(out(data, "01"))
                    .isEqualTo(other == MidStream.DROP ? Verdict.DROP : Verdict.REJECT);
            assertThat(firewall.counters().count(Judgement.MIDSTREAM)).isEqualTo(1);
        }
    }

    /** Judged as it comes it would be inbound, and outbound after a reload. */
    @Test
    void anAnswerBeginsNothing() {
        firewall =
                FirewallControl.builder(policy("default: allow")).flows(10).build().newFirewall();
        TcpLayer answer = tcp(443, 40_000).flags(SYN | ACK).sequence(5000).acknowledgment(1001);
        assertThat(in(answer.window(8_192), "")).isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.MIDSTREAM)).isEqualTo(1);
        connect(443); // once the client has sent its SYN again
    }

    /** What is drawn back is ended, what is allowed goes on, whichever rule says so now. */
    @Test
    void anotherPolicyJudgesFlowsAgain() {
        connect(443);
        out(udp(5000, 53), "01");
        out(echoRequest(7, 1), "");

        control.replace(
                policy(
                        """
                        default: reject
                        rules:
                          - {name: nothing, protocol: gre, action: drop}
                          - {name: ping, direction: outbound, icmp: 8, action: allow}
                          - {name: names, protocol: udp, action: drop}
                        """));

        assertThat(in(echoReply(7, 1), "")).isEqualTo(Verdict.PASS); // judged by the request
        assertThat(in(udp(53, 5000), "01")).isEqualTo(Verdict.DROP);
        assertThat(in(tcp(443, 40_000).flags(ACK | PSH).sequence(5001).acknowledgment(1001), "01"))
                .isEqualTo(Verdict.REJECT_BOTH_ENDS);
        assertThat(firewall.counters().count(Judgement.WITHDRAWN)).isEqualTo(2);
        assertThat(control.generation()).isEqualTo(2);

        control.replace(policy(WEB)); // what was ended does not come back by itself
        assertThat(in(udp(53, 5000), "01")).isEqualTo(Verdict.DROP);
    }

    @Test
    void anotherPolicyMayBeForNewFlowsOnly() {
        control = FirewallControl.builder(policy(WEB)).flows(10).rejudges(false).build();
        firewall = control.newFirewall();
        out(udp(5000, 53), "01");
        control.replace(policy("default: drop"));

        assertThat(in(udp(53, 5000), "01")).isEqualTo(Verdict.PASS);
        assertThat(out(udp(5001, 53), "01")).isEqualTo(Verdict.DROP);
        assertThat(in(udp(53, 5000), "01")).isEqualTo(Verdict.PASS);
    }

    @Test
    void whatAFragmentBeganIsJudgedAgainAsThat() {
        String rules =
                """
                default: drop
                rules:
                  - {name: parts, protocol: udp, fragment: %1$s, action: allow}
                  - {name: ping, icmp: 8, fragment: %1$s, action: allow}
                """;
        Policy whole = policy(rules.formatted(false));
        Policy fragments = policy(rules.formatted(true));
        control = FirewallControl.builder(fragments).flows(10).build();
        firewall = control.newFirewall();
        List<byte[]> parts = fragments(udp(5000, 53));
        List<byte[]> ping = fragments(echoRequest(7, 1));
        assertThat(Verdicts.on(firewall, parts.get(0))).isEqualTo(Verdict.PASS);
        assertThat(Verdicts.on(firewall, ping.get(0))).isEqualTo(Verdict.PASS);
        control.replace(fragments);
        assertThat(Verdicts.on(firewall, parts.get(1))).isEqualTo(Verdict.PASS);
        assertThat(in(udp(53, 5000), "01")).isEqualTo(Verdict.PASS);
        assertThat(Verdicts.on(firewall, ping.get(1))).isEqualTo(Verdict.PASS);
        assertThat(in(echoReply(7, 1), "")).isEqualTo(Verdict.PASS);
        control.replace(whole);
        assertThat(out(udp(5000, 53), "01")).isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.WITHDRAWN)).isEqualTo(1);

        assertThat(out(udp(5000, 53), "01")).as("begun anew").isEqualTo(Verdict.PASS);
        assertThat(Verdicts.on(firewall, parts.get(0))).isEqualTo(Verdict.PASS);
        control.replace(fragments);
        assertThat(Verdicts.on(firewall, parts.get(1))).isEqualTo(Verdict.DROP);
    }

    @Test
    void countsByRuleOverAllPolicies() {
        out(udp(5000, 53), "01");
        out(udp(5000, 54), "01");
        control.replace(policy(WEB));
        out(udp(5002, 53), "01");
        control.replace(policy(WEB.replace("name: web", "name: new")));
        control.replace(policy(WEB.replace("name: web", "name: new")));
        out(udp(5003, 53), "01");
        out(tcp(40_000, 443).flags(SYN), "");

        assertThat(control.decided())
                .containsExactly(
                        Map.entry("new", 1L),
                        Map.entry("telnet", 0L),
                        Map.entry("names", 3L),
                        Map.entry("ping", 0L),
                        Map.entry("default", 1L));
        assertThat(control.counters().total()).isEqualTo(5);
    }

    @Test
    void tellsOfDecisionsAsRulesSay() {
        control =
                FirewallControl.builder(
                                policy(
                                        """
                                        default: drop
                                        rules:
                                          - {name: told, protocol: udp, destination-port: 53, action: allow, log: true}
                                          - {name: untold, protocol: udp, action: reject}
                                        """))
                        .flows(10_000)
                        .build();
        firewall = control.newFirewall();
        out(udp(5000, 53), "01");
        out(udp(5000, 53), "01"); // of a flow that is known
        out(udp(5000, 54), "01");
        List<String> told = new ArrayList<>();
        DecisionListener listener =
                (rule, action, endpoint, flow) ->
                        told.add(rule + " " + action + " " + FlowFormat.text(flow));

        assertThat(control.drainLog(listener)).isZero();
        assertThat(told).hasSize(1);
        assertThat(told.get(0))
                .startsWith("told ALLOW ")
                .contains(CLIENT)
                .contains("5000")
                .contains(SERVER)
                .contains("53");

        told.clear();
        for (int port = 6_000; port < 6_000 + 1_030; port++) {
            out(udp(port, 53), "01");
        }
        assertThat(control.drainLog(listener)).isEqualTo(6);
        assertThat(told).hasSize(1_024);
        assertThat(told.get(0)).contains("6000");
        assertThat(told.get(1_023)).contains("7023");
    }

    @Test
    void limitsAreToldApart() {
        control = FirewallControl.builder(policy(WEB)).flows(10).flowsPerSource(1).build();
        firewall = control.newFirewall();
        out(udp(5000, 53), "01");
        assertThat(out(udp(5001, 53), "01")).isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.SOURCE_FLOWS)).isEqualTo(1);
        control = FirewallControl.builder(policy(WEB)).flows(10).flowsPerEndpoint(1).build();
        firewall = control.newFirewall();
        out(udp(5000, 53), "01");
        assertThat(out(udp(5001, 53), "01")).isEqualTo(Verdict.DROP);
        assertThat(firewall.counters().count(Judgement.ENDPOINT_FLOWS)).isEqualTo(1);
    }

    @Test
    void newFlowsGiveWayOrTakeAPlaceAsIsSaid() {
        control = FirewallControl.builder(policy(WEB)).flows(1).build();
        firewall = control.newFirewall();
        out(udp(5000, 53), "01");
        assertThat(out(udp(5001, 53), "01")).isEqualTo(Verdict.PASS);
        assertThat(in(udp(53, 5000), "01")).as("evicted").isEqualTo(Verdict.DROP);

        control = FirewallControl.builder(policy(WEB)).flows(1).whenFull(WhenFull.REFUSE).build();
        firewall = control.newFirewall();
        out(udp(5000, 53), "01");
        assertThat(out(udp(5001, 53), "01")).isEqualTo(Verdict.DROP);
        assertThat(in(udp(53, 5000), "01")).isEqualTo(Verdict.PASS);
        assertThat(firewall.counters().count(Judgement.TABLE_FULL)).isEqualTo(1);
    }

    @Test
    void requestsReachListedServersOnly() {
        guard();
        connect(80);
        assertThat(request(1001, "GET / HTTP/1.1\r\nHost: www.ok.example\r\n\r\n"))
                .isEqualTo(Verdict.PASS);
        assertThat(in(tcp(80, 40_000).flags(ACK | PSH).sequence(5001).acknowledgment(1001), "01"))
                .isEqualTo(Verdict.PASS);

        guard();
        connect(80);
        assertThat(request(1001, "GET / HTTP/1.1\r\nHost: www.bad.example\r\n\r\n"))
                .isEqualTo(Verdict.REJECT_BOTH_ENDS);
        assertThat(in(tcp(80, 40_000).flags(ACK | PSH).sequence(5001).acknowledgment(1001), "01"))
                .isEqualTo(Verdict.REJECT_BOTH_ENDS);
        assertThat(firewall.counters().count(Judgement.INSPECTOR)).isEqualTo(2);
    }

    /**
     * In pieces, out of order, twice: what passes never adds up to a request that is not allowed.
     */
    @Test
    void requestsInPiecesAreReadAsOne() {
        String request = "GET / HTTP/1.1\r\nHost: www.bad.example\r\n\r\n";
        int cut = request.indexOf("bad");
        guard();
        connect(80);
        assertThat(request(1001 + cut, request.substring(cut))).isEqualTo(Verdict.PASS);
        assertThat(request(1001, request.substring(0, cut))).isEqualTo(Verdict.REJECT_BOTH_ENDS);

        guard();
        connect(80);
        assertThat(request(1001, request.substring(0, cut))).isEqualTo(Verdict.PASS);
        assertThat(request(1001, request.substring(0, cut))).isEqualTo(Verdict.PASS);
        assertThat(request(1001 + cut, "ok.example\r\n\r\n")).isEqualTo(Verdict.PASS);
    }

    @Test
    void noTwoReadings() {
        guard();
        connect(80);
        assertThat(request(1001, "GET / HTTP/1.1\r\nHost: www.ok.ex")).isEqualTo(Verdict.PASS);
        assertThat(request(1001, "GET / HTTP/1.1\r\nHost: www.bad.e"))
                .isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** The server says where the connection begins, not whichever SYN came first. */
    @Test
    void anotherSynHidesNothing() {
        for (int other : new int[] {1_001_000, 990, -1}) {
            guard();
            TcpLayer decoy = tcp(40_000, 80).flags(SYN).sequence(other).window(8_192);
            assertThat(out(decoy, "")).isEqualTo(Verdict.PASS);
            connect(80);
            assertThat(request(1001, "GET / HTTP/1.1\r\nHost: www.no.example\r\n\r\n"))
                    .as("%d", other)
                    .isEqualTo(Verdict.REJECT_BOTH_ENDS);
        }
    }

    @Test
    void dataBeforeTheServersAnswerWaits() {
        guard();
        TcpLayer syn = tcp(40_000, 80).flags(SYN).sequence(1000).window(8_192);
        assertThat(out(syn, hex("GET / HTTP/1.1\r\nHost: www.no.example\r\n\r\n")))
                .isEqualTo(Verdict.DROP);
    }

    /** Urgent bytes are in the stream for some servers, and not for others. */
    @Test
    void urgentDataIsRefused() {
        guard();
        connect(80);
        TcpLayer urgent = segment(1001).flags(ACK | PSH | 0x20);
        assertThat(out(urgent, hex("GET / HTTP/1.1\r\nHost: www.ok.example\r\n\r\n")))
                .isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** What the server drops for its checksum is not what it was asked. */
    @Test
    void whatTheServerWouldNotReadDoesNotCount() {
        String good = "GET / HTTP/1.1\r\nHost: www.ok.example\r\n\r\n";
        String bad = good.replace("ok", "no");
        guard();
        connect(80);
        TcpLayer broken = segment(1001).wrongChecksum();
        assertThat(out(broken, hex(good))).isEqualTo(Verdict.DROP);
        assertThat(request(1001, bad)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    /** A server that has not acknowledged the first message may not have got it. */
    @Test
    void anAllowedMessageDoesNotComeAgainAsAnother() {
        String good = "GET / HTTP/1.1\r\nHost: www.ok.example\r\n\r\n";
        String bad = good.replace("ok", "no");
        guard();
        connect(80);
        assertThat(request(1001, good)).isEqualTo(Verdict.PASS);
        assertThat(request(1001, good)).isEqualTo(Verdict.PASS);
        assertThat(request(1001 + good.length(), "more")).isEqualTo(Verdict.PASS);
        assertThat(request(1001, bad)).isEqualTo(Verdict.REJECT_BOTH_ENDS);

        guard();
        connect(80);
        request(1001, good);
        TcpLayer ack =
                tcp(80, 40_000).flags(ACK).sequence(5001).acknowledgment(1001 + good.length());
        assertThat(in(ack.window(8_192), "")).isEqualTo(Verdict.PASS);
        assertThat(request(1001, bad)).as("the server has it already").isEqualTo(Verdict.PASS);
    }

    /** Both ends were told: a client that tries again and again does not lock itself out. */
    @Test
    void aRefusedConnectionCountsNoLongerThanOneThatWasReset() {
        control = guarded(true).flowsPerSource(1).logsFlows(true).build();
        firewall = control.newFirewall();
        connect(80);
        assertThat(request(1001, "GET / HTTP/1.1\r\nHost: www.no.example\r\n\r\n"))
                .isEqualTo(Verdict.REJECT_BOTH_ENDS);
        TcpLayer other = tcp(40_001, 80).flags(SYN).sequence(1000).window(8_192);
        assertThat(out(other, "")).isEqualTo(Verdict.DROP);
        firewall.onIdle(System.nanoTime() + A_MINUTE);
        assertThat(out(other, "")).isEqualTo(Verdict.PASS);
        List<FlowRecord> ended = new ArrayList<>();
        control.drainFlows(ended::add);
        assertThat(ended)
                .extracting(flow -> flow.end().orElseThrow())
                .containsExactly(ConnectionEnd.RESET);
    }

    /** What comes late is refused, and still is when both sides go on; a SYN begins another one. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNewConnectionMayTakeThePortsOfARefusedOne(boolean checksWindows) {
        guard(checksWindows);
        connect(80);
        String good = "GET / HTTP/1.1\r\nHost: www.ok.example\r\n\r\n";
        String bad = good.replace("ok", "no");
        for (int i = 0; i < 3; i++) {
            assertThat(request(1001, bad)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
            TcpLayer late = tcp(80, 40_000).flags(ACK | PSH).sequence(5001).acknowledgment(1001);
            assertThat(in(late.window(8_192), "01")).isEqualTo(Verdict.REJECT_BOTH_ENDS);
        }
        assertThat(request(1001, good)).as("too late").isEqualTo(Verdict.REJECT_BOTH_ENDS);
        connect(80);
        assertThat(request(1001, good)).isEqualTo(Verdict.PASS);
    }

    /** After a reset the same ports are another connection, whose first message is read as well. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theNextConnectionOnTheSamePortsIsReadToo(boolean checksWindows) {
        guard(checksWindows);
        connect(80);
        String good = "GET / HTTP/1.1\r\nHost: www.ok.example\r\n\r\n";
        assertThat(request(1001, good)).isEqualTo(Verdict.PASS);
        int next = 1001 + good.length();
        TcpLayer answer = tcp(80, 40_000).flags(ACK | PSH).sequence(5001).acknowledgment(next);
        assertThat(in(answer.window(8_192), "01")).isEqualTo(Verdict.PASS);
        TcpLayer reset = tcp(40_000, 80).flags(TcpLayer.RST).sequence(next);
        assertThat(out(reset, "")).isEqualTo(Verdict.PASS);

        if (!checksWindows) { // the answer to its first SYN is lost
            assertThat(out(tcp(40_000, 80).flags(SYN).sequence(1000), "")).isEqualTo(Verdict.PASS);
            TcpLayer lost = tcp(80, 40_000).flags(SYN | ACK).sequence(5000).acknowledgment(1001);
            assertThat(in(lost, "")).isEqualTo(Verdict.DROP);
        }
        connect(80);
        assertThat(request(1001, good.replace("ok", "no"))).isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    @Test
    void otherPortsAreNobodysBusiness() {
        guard();
        assertThat(out(udp(5000, 53), "01")).isEqualTo(Verdict.PASS);
        assertThat(out(tcp(40_000, 443).flags(ACK | PSH).sequence(7).acknowledgment(9), "01"))
                .as("met in its middle")
                .isEqualTo(Verdict.REJECT_BOTH_ENDS);
    }

    private void guard() {
        guard(true);
    }

    private void guard(boolean checksWindows) {
        control = guarded(checksWindows).build();
        firewall = control.newFirewall();
    }

    private static FirewallControl.Builder guarded(boolean checksWindows) {
        return FirewallControl.builder(policy(WEB))
                .flows(100)
                .checksWindows(checksWindows)
                .inspector(() -> new DomainInspector(() -> DomainList.of(List.of("*.ok.example"))));
    }

    private void connect(int port) {
        TcpLayer syn = tcp(40_000, port).flags(SYN).sequence(1000).window(8_192);
        assertThat(out(syn, "")).isEqualTo(Verdict.PASS);
        TcpLayer answer =
                tcp(port, 40_000)
                        .flags(SYN | ACK)
                        .sequence(5000)
                        .acknowledgment(1001)
                        .window(8_192);
        assertThat(in(answer, "")).isEqualTo(Verdict.PASS);
        TcpLayer ack = tcp(40_000, port).flags(ACK).sequence(1001).acknowledgment(5001);
        assertThat(out(ack.window(8_192), "")).isEqualTo(Verdict.PASS);
    }

    private Verdict request(int sequence, String text) {
        return out(segment(sequence), hex(text));
    }

    private static TcpLayer segment(int sequence) {
        return tcp(40_000, 80)
                .flags(ACK | PSH)
                .sequence(sequence)
                .acknowledgment(5001)
                .window(8_192);
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
    }

    private Verdict out(Layer transport, String data) {
        return Verdicts.on(firewall, packet(ipv4(CLIENT, SERVER), transport, payload(data)));
    }

    private Verdict in(Layer transport, String data) {
        return Verdicts.on(firewall, packet(ipv4(SERVER, CLIENT), transport, payload(data)));
    }

    private static Policy policy(String yaml) {
        try {
            return PolicyReader.parse(yaml, "test");
        } catch (ConfigException e) {
            throw new AssertionError(e);
        }
    }
}
