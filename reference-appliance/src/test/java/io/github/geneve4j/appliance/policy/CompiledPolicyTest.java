package io.github.geneve4j.appliance.policy;

import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.Fragments;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompiledPolicyTest {
    private static final int NONE = -1;

    /** More than a million decisions; most by rules, and by rules far behind as well. */
    @ParameterizedTest
    @CsvSource({
        "1, 600, 1000",
        "5, 500, 1000",
        "63, 15, 3000",
        "64, 15, 3000",
        "65, 15, 3000",
        "700, 6, 4000"
    })
    void meansWhatThePolicyMeans(int rules, int policies, int packets) {
        RandomPolicies world = new RandomPolicies(20261129L + rules);
        int byRule = 0;
        Set<Integer> deciding = new HashSet<>();
        for (int p = 0; p < policies; p++) {
            Policy policy = world.policy(rules);
            CompiledPolicy compiled = CompiledPolicy.of(policy);
            FirstMatch meaning = new FirstMatch(policy);
            for (int i = 0; i < packets; i++) {
                RandomPolicies.Packet packet = world.packet();
                int expected = meaning.decide(packet.endpointId(), packet.flow(), packet.icmp());
                int decided = compiled.decide(packet.endpointId(), packet.flow(), packet.icmp());
                int again =
                        compiled.decide(
                                packet.endpointId(),
                                new FiveTuple().set(packet.flow()),
                                packet.icmp(),
                                packet.flow().isFragment());
                if (decided != expected || again != expected) {
                    assertThat(decided).as("%s %s", policy, packet).isEqualTo(expected);
                    assertThat(again).as("%s %s, kept", policy, packet).isEqualTo(expected);
                }
                byRule += decided < rules ? 1 : 0;
                deciding.add(decided);
            }
        }
        assertThat(byRule).isGreaterThan(policies * packets / 50);
        assertThat(deciding).hasSizeGreaterThan(Math.min(rules, 40));
    }

    /** Rule by rule; and what is allowed so is allowed with each first fragment that is tried. */
    @ParameterizedTest
    @CsvSource({"1, 300, 200", "5, 300, 200", "66, 30, 2000", "700, 6, 4000"})
    void allowsWithoutPortsWhatIsAllowedWithAny(int rules, int policies, int packets) {
        RandomPolicies world = new RandomPolicies(20261130L + rules);
        int allowed = 0;
        int dependent = 0;
        for (int p = 0; p < policies; p++) {
            Policy policy = world.policy(rules);
            CompiledPolicy compiled = CompiledPolicy.of(policy);
            FirstMatch meaning = new FirstMatch(policy);
            for (int i = 0; i < packets; i++) {
                RandomPolicies.Packet later = world.laterFragment();
                boolean allows = compiled.allowsAnyPorts(later.endpointId(), later.flow());
                if (allows != allowsAnyPorts(policy, meaning, later)) {
                    assertThat(allows).as("%s %s", policy, later).isEqualTo(!allows);
                }
                RandomPolicies.Packet first = world.firstOf(later);
                int decided = compiled.decide(first.endpointId(), first.flow(), first.icmp());
                boolean firstAllowed = compiled.action(decided) == Action.ALLOW;
                if (allows && !firstAllowed) {
                    assertThat(first).as("%s %s", policy, later).isNull();
                }
                allowed += allows ? 1 : 0;
                dependent += allows == firstAllowed ? 0 : 1;
            }
        }
        assertThat(allowed).isGreaterThan(policies * packets / 25);
        assertThat(dependent).isGreaterThan(policies * packets / 200);
    }

    /** {@return whether rules are asked about such messages, in fragments if that is wanted} */
    private static boolean isMet(Match match, int type) {
        boolean parts = match.fragment().orElse(false);
        boolean four =
                parts ? Set.of(0, 8).contains(type) : !List.of(3, 4, 5, 11, 12).contains(type);
        boolean six = parts ? Set.of(128, 129).contains(type) : type >= 128;
        List<Range> protocols = match.protocols();
        return (four && (protocols.isEmpty() || protocols.stream().anyMatch(r -> r.contains(1))))
                || (six
                        && (protocols.isEmpty()
                                || protocols.stream().anyMatch(r -> r.contains(58))));
    }

    /** Rules do not decide about errors, nor about other messages than echoes in fragments. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    icmp: 3                                   | true
                    icmp: [3, 11]                             | true
                    icmp: [3, 8]                              | false
                    icmp: 2                                   | false
                    'icmp: 2, protocol: icmpv6'               | true
                    'icmp: 13, fragment: true'                | true
                    'icmp: 0, fragment: true'                 | false
                    """)
    void whatRulesNeverDecideAboutRefusesNoFragment(String condition, boolean allows)
            throws Exception {
        Policy policy =
                PolicyReader.parse(
                        "default: allow\nrules: [{name: some, %s, action: drop}]"
                                .formatted(condition),
                        "test");
        byte[] ping =
                packet(
                        ipv4("10.0.0.1", "198.51.100.1").id(3),
                        echoRequest(1, 1),
                        payload(new byte[900]));
        byte[] later = Fragments.ipv4(ping, 512).get(1);
        FiveTuple flow = new FiveTuple();
        assertThat(flow.wrap(Unpooled.wrappedBuffer(later), 0, later.length))
                .isEqualTo(FlowStatus.OK);
        assertThat(CompiledPolicy.of(policy).allowsAnyPorts(1, flow)).isEqualTo(allows);
    }

    private static boolean allowsAnyPorts(
            Policy policy, FirstMatch meaning, RandomPolicies.Packet later) {
        int protocol = later.flow().protocol();
        if (!List.of(6, 17, 1, 58, 132).contains(protocol)) {
            return false;
        }
        for (Rule rule : policy.rules()) {
            Match m = rule.match();
            Match rest =
                    new Match(
                            m.endpoints(),
                            m.direction(),
                            m.sources(),
                            m.destinations(),
                            m.protocols(),
                            List.of(),
                            List.of(),
                            List.of(),
                            m.fragment());
            Rule maybe = new Rule(rule.name(), rest, rule.action(), false, rule.line());
            if (meaning.mismatch(maybe, later.endpointId(), later.flow(), NONE).isEmpty()) {
                if (rule.action() != Action.ALLOW && m.icmp().isEmpty()) {
                    return false;
                }
                if (rule.action() != Action.ALLOW
                        && m.icmp().stream().anyMatch(kind -> isMet(m, kind.type()))) {
                    return false;
                }
                if (rest.equals(m)) {
                    return true;
                }
            }
        }
        return policy.byDefault() == Action.ALLOW;
    }

    @Test
    void withoutRulesTheDefaultDecides() {
        CompiledPolicy compiled =
                CompiledPolicy.of(new Policy(List.of(), List.of(), List.of(), Action.REJECT));
        assertThat(compiled.decide(1, tcp("10.0.0.1", 1, "10.0.0.2", 2), NONE)).isZero();
        assertThat(compiled.action(0)).isEqualTo(Action.REJECT);
    }

    /** Each word of the rows, its first and last bit, and what is next to them. */
    @Test
    void findsEachOfManyRules() {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            Network host = new Network(false, 0, 0x0a00_0000L + i, 32);
            rules.add(rule(i, List.of(host), List.of()));
        }
        CompiledPolicy compiled =
                CompiledPolicy.of(new Policy(List.of(), List.of(), rules, Action.DROP));
        FiveTuple flow = new FiveTuple();
        for (int i = 0; i < 5_001; i++) {
            flow.setIpv4(0x0a00_0000 + i, 1, 6, 1, 2);
            assertThat(compiled.decide(1, flow, NONE)).isEqualTo(i);
        }
    }

    @Test
    void tablesOfTenThousandRulesStaySmall() {
        CompiledPolicy compiled = CompiledPolicy.of(classBenchLike(10_000, 1));
        assertThat(compiled.memoryLength()).isBetween(1L << 18, 24L << 20);
    }

    /** As of a blocklist: what a set takes does not grow with the rules that name it. */
    @ParameterizedTest
    @ValueSource(strings = {"list", "[list, 172.16.%d.0/24]", "[list, 192.0.2.%d, list]"})
    void aSetThatManyRulesNameIsTakenOnce(String source) throws ConfigException {
        StringBuilder yaml = new StringBuilder("default: drop\nsets: {list: [");
        for (int i = 0; i < 4_000; i++) {
            yaml.append("10.%d.%d.0/24, ".formatted(i >> 7, (i & 0x7f) * 2));
        }
        yaml.append("192.0.2.0/24]}\nrules:\n");
        for (int i = 0; i < 2_000; i++) {
            yaml.append(
                    "  - {name: r%d, source: %s, protocol: tcp, destination-port: %d, action: allow}\n"
                            .formatted(i, source.formatted(i % 256), i));
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        Policy policy = PolicyReader.parse(yaml.toString(), "test");
        long before = threads.getCurrentThreadAllocatedBytes();
        CompiledPolicy compiled = CompiledPolicy.of(policy);
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(ShadowedRules.of(policy).shadowed()).isEmpty();

        assertThat(bytes).isLessThan(64L << 20);
        assertThat(compiled.decide(1, tcp("10.31.62.9", 1, "1.1.1.1", 1_999), NONE))
                .isEqualTo(1_999);
        assertThat(compiled.decide(1, tcp("10.31.63.9", 1, "1.1.1.1", 1_999), NONE))
                .isEqualTo(2_000);
    }

    /** 124 kB of text once took half a GB. */
    @Test
    void aSetInListsIsNotCopied() throws ConfigException {
        StringBuilder yaml = new StringBuilder("default: drop\nsets: {list: [");
        for (int i = 0; i < 50_000; i++) {
            yaml.append("10.%d.%d.%d, ".formatted(i >> 15, i >> 7 & 0xff, (i & 0x7f) * 2));
        }
        yaml.append("192.0.2.0/24]}\nrules:\n");
        for (int i = 0; i < 1_000; i++) {
            yaml.append(
                    "  - {name: r%d, source: [172.16.%d.%d, list], destination-port: %d, action: allow}\n"
                            .formatted(i, i >> 8, i & 0xff, i));
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        long before = threads.getCurrentThreadAllocatedBytes();
        Policy policy = PolicyReader.parse(yaml.toString(), "test");
        CompiledPolicy compiled = CompiledPolicy.of(policy);
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(bytes).isLessThan(256L << 20);
        assertThat(compiled.decide(1, tcp("10.1.134.158", 1, "1.1.1.1", 999), NONE)).isEqualTo(999);
        assertThat(compiled.decide(1, tcp("10.1.134.159", 1, "1.1.1.1", 999), NONE))
                .isEqualTo(1_000);
        assertThat(compiled.decide(1, tcp("172.16.1.9", 1, "1.1.1.1", 265), NONE)).isEqualTo(265);
        assertThat(compiled.decide(1, tcp("172.16.1.9", 1, "1.1.1.1", 266), NONE)).isEqualTo(1_000);
        assertThat(ShadowedRules.of(policy).shadowed()).isEmpty();
        assertThat(ShadowedRules.of(policy).undecided()).contains(999).doesNotContain(9);
    }

    @Test
    void decidesWithoutAllocating() {
        CompiledPolicy compiled = CompiledPolicy.of(classBenchLike(1_000, 2));
        FiveTuple flow = new FiveTuple();
        Random random = new Random(5);
        long bytes =
                Allocations.of(
                        1_000_000,
                        () -> {
                            flow.setIpv4(random.nextInt(), random.nextInt(), 6, 1_024, 443);
                            boolean any = compiled.allowsAnyPorts(1, flow);
                            return compiled.decide(1, flow, NONE) + (any ? 1 : 0);
                        });
        assertThat(bytes).isLessThanOrEqualTo(Allocations.SLACK);
    }

    /** Rules as firewalls have them: networks of all lengths, single ports, some wildcards. */
    static Policy classBenchLike(int count, long seed) {
        Random random = new Random(seed);
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Network source = random.nextInt(3) == 0 ? null : network(random);
            Network destination = random.nextInt(5) == 0 ? null : network(random);
            int port = random.nextInt(1 << 16);
            Match match =
                    new Match(
                            Set.of(),
                            Optional.empty(),
                            source == null ? List.of() : List.of(source),
                            destination == null ? List.of() : List.of(destination),
                            List.of(random.nextBoolean() ? new Range(6, 6) : new Range(17, 17)),
                            List.of(),
                            List.of(
                                    random.nextInt(4) == 0
                                            ? new Range(port, 0xffff)
                                            : new Range(port % 1_024, port % 1_024)),
                            List.of(),
                            Optional.empty());
            rules.add(new Rule("rule " + i, match, Action.ALLOW, false, i + 1));
        }
        return new Policy(List.of(), List.of(), rules, Action.DROP);
    }

    private static Network network(Random random) {
        int length = 16 + random.nextInt(17);
        return new Network(false, 0, random.nextInt() & 0xffff_ffffL & -1L << 32 - length, length);
    }

    private static Rule rule(int number, List<Network> sources, List<Network> destinations) {
        Match match =
                new Match(
                        Set.of(),
                        Optional.empty(),
                        sources,
                        destinations,
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        Optional.empty());
        return new Rule("rule " + number, match, Action.ALLOW, false, number + 1);
    }

    private static FiveTuple tcp(String source, int sourcePort, String to, int destinationPort) {
        return new FiveTuple().setIpv4(number(source), number(to), 6, sourcePort, destinationPort);
    }

    private static int number(String address) {
        return InetAddress.ofLiteral(address).hashCode(); // an IPv4 address is its own hash
    }
}
