package io.github.geneve4j.appliance.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.policy.ShadowedRules.Shadowed;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.FragmentTracker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShadowedRulesTest {
    private static final Network ANY4 = v4(0, 0);
    private static final Network ANY6 = new Network(true, 0, 0, 0);
    private static final Network TEN = v4(0x0a00_0000, 8);

    @Test
    void oneEarlierRuleSuffices() {
        assertThat(shadowed(tcp(80, 90), tcp(85, 85))).containsExactly(by(1, 0));
        assertThat(shadowed(tcp(80, 90), tcp(85, 91))).isEmpty();
        assertThat(shadowed(Match.ANY, tcp(1, 1), Match.ANY)).containsExactly(by(1, 0), by(2, 0));
        assertThat(shadowed(sources(TEN), sources(v4(0x0a01_0000, 16)))).containsExactly(by(1, 0));
        assertThat(shadowed(sources(v4(0x0a01_0000, 16)), sources(TEN))).isEmpty();
    }

    @Test
    void severalEarlierRulesSufficeTogether() {
        assertThat(shadowed(tcp(0, 80), tcp(443, 443), tcp(81, 65535), tcp(9, 99)))
                .containsExactly(by(3, 0, 2));
        assertThat(shadowed(sources(v4(0, 1)), sources(v4(0x8000_0000, 1)), sources(ANY4)))
                .containsExactly(by(2, 0, 1));
        assertThat(shadowed(sources(ANY4), sources(ANY6), Match.ANY)).containsExactly(by(2, 0, 1));
        assertThat(shadowed(sources(ANY4), Match.ANY)).isEmpty();
    }

    /** A TCP fragment without ports is left. */
    @Test
    void allPortsAreNotAllOfTcp() {
        assertThat(shadowed(tcp(0, 65535), protocol(6))).isEmpty();
        assertThat(shadowed(protocol(6), tcp(0, 65535))).containsExactly(by(1, 0));
    }

    /** No packet has both, so what is not in the one is in the other. */
    @Test
    void directionFollowsFromTheSource() {
        Match out = directed(Direction.OUTBOUND);
        Match in = directed(Direction.INBOUND);
        assertThat(shadowed(out, in, protocol(6))).containsExactly(by(2, 0, 1));
        assertThat(shadowed(sources(TEN), out)).containsExactly(by(1, 0));
        assertThat(shadowed(out, sources(TEN))).containsExactly(by(1, 0));
        assertThat(shadowed(in, sources(TEN))).isEmpty();
    }

    @Test
    void endpointsThatNoRuleNamesAreLeft() {
        assertThat(shadowed(endpoints(1), endpoints(2), endpoints(1, 2)))
                .containsExactly(by(2, 0, 1));
        assertThat(shadowed(endpoints(1), endpoints(2), Match.ANY)).isEmpty();
    }

    @Test
    void someRulesMatchNothing() {
        Match icmpWithPorts =
                match(List.of(), List.of(), List.of(new Range(1, 1)), List.of(new Range(1, 9)));
        Match bothFamilies = match(List.of(ANY4), List.of(ANY6), List.of(), List.of());
        assertThat(shadowed(icmpWithPorts, bothFamilies)).containsExactly(by(0), by(1));
    }

    /** Rules do not decide about errors, nor about parts of messages that are no echo. */
    @Test
    void someKindsAreNotForRules() {
        assertThat(shadowed(icmp(List.of(), 3, 4, 5, 11, 12))).containsExactly(by(0));
        assertThat(shadowed(icmp(List.of(), 3, 8, 4))).isEmpty();
        assertThat(shadowed(icmp(List.of(), 2))).isEmpty();
        assertThat(shadowed(icmp(List.of(58), 2))).containsExactly(by(0));
        assertThat(shadowed(icmp(List.of(58), 2, 128))).isEmpty();
        assertThat(shadowed(icmp(List.of(1), 128), icmp(List.of(58), 128), icmp(List.of(), 128)))
                .containsExactly(by(2, 0, 1));
        Match whole = icmp(List.of(), 13, 135);
        Match parts = SmallWorld.fragment(whole, Optional.of(true));
        Match echoInParts = SmallWorld.fragment(icmp(List.of(), 13, 0), Optional.of(true));
        assertThat(shadowed(parts, echoInParts)).containsExactly(by(0));
        assertThat(shadowed(SmallWorld.fragment(whole, Optional.of(false)), whole))
                .containsExactly(by(1, 0));
    }

    /** What comes before the flow's own header in IPv6 is a protocol in IPv4 only. */
    @Test
    void extensionHeadersAreNoProtocols() {
        Match hopByHop = match(List.of(ANY6), List.of(), List.of(new Range(0, 0)), List.of());
        assertThat(shadowed(hopByHop, protocol(0), protocol(135))).containsExactly(by(0));
    }

    /** Each takes a strip away, across those before: the pieces multiply. */
    @Test
    void givesUpInsteadOfTakingLong() {
        Random random = new Random(6);
        List<Match> matches = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            int first = random.nextInt(60_000);
            int sourceFirst = random.nextInt(60_000);
            Network network = v4(random.nextInt(), 1 + random.nextInt(4));
            matches.add(
                    new Match(
                            Set.of(),
                            Optional.empty(),
                            List.of(network),
                            List.of(v4(random.nextInt(), 2)),
                            List.of(new Range(6, 6)),
                            List.of(new Range(sourceFirst, sourceFirst + 5_000)),
                            List.of(new Range(first, first + 5_000)),
                            List.of(),
                            Optional.empty()));
        }
        List<Range> all = List.of(new Range(0, 65535));
        matches.add(match(List.of(ANY4), List.of(), List.of(new Range(6, 6)), all));
        matches.add(tcp(0, 65535));
        Policy policy = policy(matches);
        ShadowedRules result = ShadowedRules.of(policy);
        // That nothing was taken from IPv6, of the last one, is seen at once
        assertThat(result.undecided()).contains(3_000).doesNotContain(3_001);
    }

    /** All packets there are in a small world, judged one by one, say the same. */
    @Test
    void agreesWithEveryPacketOfASmallWorld() {
        List<Packet> packets = SmallWorld.packets();
        SmallWorld world = new SmallWorld(20261129);
        int byOne = 0;
        int bySeveral = 0;
        int empty = 0;
        for (int p = 0; p < 60; p++) {
            Policy policy = policy(world.matches(2 + p % 7));
            FirstMatch meaning = new FirstMatch(policy);
            boolean[] reached = new boolean[policy.rules().size() + 1];
            for (Packet packet : packets) {
                reached[meaning.decide(packet.endpointId(), packet.flow(), packet.icmp())] = true;
            }
            ShadowedRules result = ShadowedRules.of(policy);
            assertThat(result.undecided()).isEmpty();
            assertThat(result.shadowed().stream().map(Shadowed::rule))
                    .as("%s", policy)
                    .containsExactlyElementsOf(
                            IntStream.range(0, policy.rules().size())
                                    .filter(rule -> !reached[rule])
                                    .boxed()
                                    .toList());
            for (Shadowed shadowed : result.shadowed()) {
                checkThatTheyTakeAll(policy, shadowed, packets);
                byOne += shadowed.by().size() == 1 ? 1 : 0;
                bySeveral += shadowed.by().size() > 1 ? 1 : 0;
                empty += shadowed.by().isEmpty() ? 1 : 0;
            }
        }
        assertThat(byOne).isGreaterThan(20);
        assertThat(bySeveral).isGreaterThan(5);
        assertThat(empty).isGreaterThan(5);
    }

    private static void checkThatTheyTakeAll(
            Policy policy, Shadowed shadowed, List<Packet> packets) {
        List<Match> matches = new ArrayList<>();
        for (int rule : shadowed.by()) {
            matches.add(policy.rules().get(rule).match());
        }
        matches.add(policy.rules().get(shadowed.rule()).match());
        Policy these = policy(matches);
        FirstMatch meaning = new FirstMatch(these);
        assertThat(packets)
                .as("%s of %s", shadowed, policy)
                .noneMatch(
                        packet ->
                                meaning.decide(packet.endpointId(), packet.flow(), packet.icmp())
                                        == matches.size() - 1);
    }

    private record Packet(long endpointId, FiveTuple flow, int icmp) {}

    /** Few values of each field: those in it that rules name, and one that none does. */
    private static final class SmallWorld {
        private static final int[] ADDRESSES = {
            0x0a00_0000, 0x0a00_0001, 0x0a00_0002, 0x0a00_0003, 0x0a01_0000, 0x0b00_0000
        };
        private static final long[] ADDRESSES6 = {0, 1L << 63, -1};
        private static final int[] PROTOCOLS = {1, 58, 6, 17, 136, 47};
        private static final int[] PORTS = {0, 1, 9};
        private static final int[] KINDS = {0x0800, 0x0801, 0x0d00, 0x8000, 0x8800};

        private final Random random;

        SmallWorld(long seed) {
            this.random = new Random(seed);
        }

        static List<Packet> packets() {
            List<Packet> packets = new ArrayList<>();
            for (int source = 0; source < ADDRESSES.length; source++) {
                for (int destination = 0; destination < ADDRESSES.length; destination++) {
                    add(packets, false, source, destination);
                }
            }
            for (int source = 0; source < ADDRESSES6.length; source++) {
                for (int destination = 0; destination < ADDRESSES6.length; destination++) {
                    add(packets, true, source, destination);
                }
            }
            return packets;
        }

        private static void add(List<Packet> packets, boolean v6, int source, int destination) {
            for (int protocol : PROTOCOLS) {
                boolean hasPorts = protocol == 6 || protocol == 17 || protocol == 136;
                for (int fragment = 0; fragment < 2; fragment++) {
                    FiveTuple bare = flow(v6, source, destination, protocol, fragment > 0, -1, -1);
                    for (long endpoint = 0; endpoint < 3; endpoint++) {
                        packets.add(new Packet(endpoint, bare, -1));
                        for (int kind : KINDS) {
                            if (isJudged(kind, protocol, v6, fragment > 0)) {
                                packets.add(new Packet(endpoint, bare, kind));
                            }
                        }
                    }
                    for (int a = 0; hasPorts && a < PORTS.length; a++) {
                        for (int port : PORTS) {
                            FiveTuple flow =
                                    flow(
                                            v6,
                                            source,
                                            destination,
                                            protocol,
                                            fragment > 0,
                                            PORTS[a],
                                            port);
                            for (long endpoint = 0; endpoint < 3; endpoint++) {
                                packets.add(new Packet(endpoint, flow, -1));
                            }
                        }
                    }
                }
            }
        }

        /** {@return whether there is such a message, and rules are asked about it} */
        private static boolean isJudged(int kind, int protocol, boolean v6, boolean fragment) {
            int type = kind >>> 8;
            boolean isEcho = type == (v6 ? 128 : 8);
            return protocol == (v6 ? 58 : 1) && (!v6 || type >= 128) && (!fragment || isEcho);
        }

        /** {@return a flow as read from a packet; a fragment has ports by those who joined it} */
        private static FiveTuple flow(
                boolean v6,
                int source,
                int destination,
                int protocol,
                boolean fragment,
                int sourcePort,
                int destinationPort) {
            boolean ports = sourcePort >= 0;
            FiveTuple flow = new FiveTuple();
            if (!fragment) {
                if (v6) {
                    long from = ADDRESSES6[source];
                    long to = ADDRESSES6[destination];
                    return ports
                            ? flow.setIpv6(from, 0, to, 0, protocol, sourcePort, destinationPort)
                            : flow.setIpv6(from, 0, to, 0, protocol);
                }
                int from = ADDRESSES[source];
                int to = ADDRESSES[destination];
                return ports
                        ? flow.setIpv4(from, to, protocol, sourcePort, destinationPort)
                        : flow.setIpv4(from, to, protocol);
            }
            ByteBuf bytes = Unpooled.buffer(128);
            if (v6) {
                bytes.writeInt(0x6000_0000).writeShort(8 + 24).writeByte(44).writeByte(64);
                bytes.writeLong(ADDRESSES6[source]).writeLong(0);
                bytes.writeLong(ADDRESSES6[destination]).writeLong(0);
                bytes.writeByte(protocol).writeByte(0).writeShort(ports ? 1 : 8).writeInt(7);
            } else {
                bytes.writeInt(0x4500_0000 | (20 + 24)).writeShort(7);
                bytes.writeShort(ports ? 0x2000 : 1).writeByte(64).writeByte(protocol);
                bytes.writeShort(0).writeInt(ADDRESSES[source]).writeInt(ADDRESSES[destination]);
            }
            bytes.writeShort(sourcePort).writeShort(destinationPort).writeZero(8).writeByte(0x50);
            bytes.writeZero(11);
            assertThat(flow.wrap(bytes, 0, bytes.writerIndex())).isEqualTo(FlowStatus.OK);
            if (ports) {
                FragmentTracker tracker =
                        new FragmentTracker(64, FragmentTracker.DEFAULT_TIMEOUT_NS);
                assertThat(tracker.join(1, flow, 1)).isTrue();
            }
            assertThat(flow.isFragment()).isTrue();
            assertThat(flow.hasPorts()).isEqualTo(ports);
            return flow;
        }

        /** {@return rules, the last of which at times is cut in two that come before it} */
        List<Match> matches(int count) {
            List<Match> matches = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                matches.add(match());
            }
            if (one(2)) {
                Match last = match();
                matches.add(fragment(last, Optional.of(true)));
                matches.add(fragment(last, Optional.of(false)));
                matches.add(fragment(last, Optional.empty()));
            }
            return matches;
        }

        private static Match fragment(Match match, Optional<Boolean> fragment) {
            return new Match(
                    match.endpoints(),
                    match.direction(),
                    match.sources(),
                    match.destinations(),
                    match.protocols(),
                    match.sourcePorts(),
                    match.destinationPorts(),
                    match.icmp(),
                    fragment);
        }

        private Match match() {
            return new Match(
                    one(4) ? Set.of((long) random.nextInt(2)) : Set.of(),
                    maybe(5, () -> one(2) ? Direction.INBOUND : Direction.OUTBOUND),
                    networks(),
                    networks(),
                    one(2) ? List.of() : List.of(protocol(), protocol()),
                    one(5) ? List.of(ports()) : List.of(),
                    one(3) ? List.of(ports(), ports()) : List.of(),
                    one(6) ? List.of(kind(), kind()) : List.of(),
                    maybe(5, random::nextBoolean));
        }

        private boolean one(int of) {
            return random.nextInt(of) == 0;
        }

        private <T> Optional<T> maybe(int of, Supplier<T> value) {
            return one(of) ? Optional.of(value.get()) : Optional.empty();
        }

        private List<Network> networks() {
            List<Network> networks = new ArrayList<>();
            for (int i = random.nextInt(3); i > 0; i--) {
                int choice = random.nextInt(10);
                networks.add(
                        switch (choice) {
                            case 0, 1, 2 -> v4(0x0a00_0000 + choice, 32);
                            case 3 -> v4(0x0a00_0000, 31);
                            case 4 -> v4(0x0a00_0000, 30);
                            case 5 -> ANY4;
                            case 6 -> new Network(true, 0, 0, 1);
                            case 7 -> new Network(true, 1L << 63, 0, 1);
                            case 8 -> new Network(true, -1, 0, 64);
                            default -> ANY6;
                        });
            }
            return networks;
        }

        private Range protocol() {
            return switch (random.nextInt(5)) {
                case 0, 1 -> new Range(6, 6);
                case 2 -> new Range(17, 17);
                case 3 -> new Range(1, 1);
                default -> new Range(0, 255);
            };
        }

        private Range ports() {
            return switch (random.nextInt(4)) {
                case 0 -> new Range(0, 0);
                case 1 -> new Range(1, 1);
                case 2 -> new Range(0, 1);
                default -> new Range(1, 65535);
            };
        }

        private IcmpKind kind() {
            int[] types = {8, 8, 13, 128, 136, 3};
            return new IcmpKind(
                    types[random.nextInt(types.length)],
                    random.nextBoolean() ? Optional.of(0) : Optional.empty());
        }
    }

    private static List<Shadowed> shadowed(Match... matches) {
        ShadowedRules result = ShadowedRules.of(policy(List.of(matches)));
        assertThat(result.undecided()).isEmpty();
        return result.shadowed();
    }

    private static Shadowed by(int rule, Integer... earlier) {
        return new Shadowed(rule, List.of(earlier));
    }

    /** Inside is 10.0.0.0/8. */
    private static Policy policy(List<Match> matches) {
        List<Rule> rules = new ArrayList<>();
        for (Match match : matches) {
            rules.add(new Rule("rule " + rules.size(), match, Action.ALLOW, false, 0));
        }
        return new Policy(List.of(TEN), List.of(), rules, Action.DROP);
    }

    private static Match tcp(int first, int last) {
        return match(
                List.of(), List.of(), List.of(new Range(6, 6)), List.of(new Range(first, last)));
    }

    private static Match protocol(int protocol) {
        return match(List.of(), List.of(), List.of(new Range(protocol, protocol)), List.of());
    }

    private static Match icmp(List<Integer> protocols, int... types) {
        return new Match(
                Set.of(),
                Optional.empty(),
                List.of(),
                List.of(),
                protocols.stream().map(number -> new Range(number, number)).toList(),
                List.of(),
                List.of(),
                IntStream.of(types).mapToObj(t -> new IcmpKind(t, Optional.empty())).toList(),
                Optional.empty());
    }

    private static Match sources(Network... sources) {
        return match(List.of(sources), List.of(), List.of(), List.of());
    }

    private static Match match(
            List<Network> sources,
            List<Network> destinations,
            List<Range> protocols,
            List<Range> destinationPorts) {
        return new Match(
                Set.of(),
                Optional.empty(),
                sources,
                destinations,
                protocols,
                List.of(),
                destinationPorts,
                List.of(),
                Optional.empty());
    }

    private static Match directed(Direction direction) {
        return new Match(
                Set.of(),
                Optional.of(direction),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Optional.empty());
    }

    private static Match endpoints(int... endpoints) {
        return new Match(
                IntStream.of(endpoints).asLongStream().boxed().collect(Collectors.toSet()),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Optional.empty());
    }

    private static Network v4(int address, int length) {
        long mask = length == 0 ? 0 : 0xffff_ffffL & -1L << (32 - length);
        return new Network(false, 0, address & mask, length);
    }
}
