package io.github.geneve4j.benchmarks.policy;

import io.github.geneve4j.appliance.policy.Action;
import io.github.geneve4j.appliance.policy.Direction;
import io.github.geneve4j.appliance.policy.Match;
import io.github.geneve4j.appliance.policy.Network;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.Range;
import io.github.geneve4j.appliance.policy.Rule;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Policies of any size, and flows for them.
 *
 * <p><b>firewall:</b> as ClassBench's firewall seeds are in kind (Taylor and Turner, 2007): sources
 * often any or a wide network, destinations mostly subnets and hosts out of a few large networks,
 * well-known ports and some ranges, mostly TCP; a fifth of the rules of IPv6, some for one endpoint
 * or one direction, few that name no network; the special before the general. <b>ports:</b> the
 * worst case for a summary by addresses: no rule names one, all differ in ranges of both ports.
 * <b>nested:</b> networks within one another, so that an address is in many of them.
 */
final class SamplePolicies {
    private static final int[] SERVICES = {22, 25, 53, 80, 123, 389, 443, 445, 1433, 3306, 8080};
    private static final int ENDPOINTS = 64;
    private static final int NETWORK6_BITS = 64; // that differ
    private static final long NETWORK6 = 0x2001_0db8_0000_0000L;

    private final Random random;
    private final String kind;

    SamplePolicies(String kind, long seed) {
        this.kind = kind;
        this.random = new Random(seed);
    }

    /** {@return a policy of that many rules} */
    Policy policy(int count) {
        List<Match> matches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            matches.add(
                    switch (kind) {
                        case "firewall" -> firewall();
                        case "ports" -> ports();
                        case "nested" -> nested();
                        default -> throw new IllegalArgumentException("kind '" + kind + "'");
                    });
        }
        matches.sort(Comparator.comparingInt(SamplePolicies::wildcards));
        List<Rule> rules = new ArrayList<>();
        for (Match match : matches) {
            Action action = rules.size() % 3 == 0 ? Action.DROP : Action.ALLOW;
            rules.add(new Rule("rule " + rules.size(), match, action, false, rules.size() + 1));
        }
        return new Policy(List.of(ipv4(0x0a00_0000, 8)), List.of(), rules, Action.DROP);
    }

    /**
     * {@return flows, three of four made for a rule of the policy, which earlier rules may match
     * too; the rest from anywhere}
     */
    FiveTuple[] flows(Policy policy, int count) {
        FiveTuple[] flows = new FiveTuple[count];
        for (int i = 0; i < count; i++) {
            Rule rule = policy.rules().get(random.nextInt(policy.rules().size()));
            flows[i] = flow(i % 4 == 0 ? Match.ANY : rule.match());
        }
        return flows;
    }

    /** {@return an endpoint that a rule may name, or another one} */
    long endpoint() {
        return random.nextInt(2 * ENDPOINTS);
    }

    /** {@return how much a rule leaves open: the special come before the general} */
    private static int wildcards(Match match) {
        return open(match.sources()) + open(match.destinations());
    }

    private static int open(List<Network> networks) {
        return networks.stream()
                .mapToInt(n -> (n.ipv6() ? NETWORK6_BITS : Integer.SIZE) - n.length())
                .findFirst()
                .orElse(NETWORK6_BITS);
    }

    private Match firewall() {
        boolean v6 = random.nextInt(5) == 0;
        boolean anySource = random.nextInt(3) == 0;
        boolean anyDestination = random.nextInt(anySource ? 50 : 10) == 0;
        int service = SERVICES[random.nextInt(SERVICES.length)];
        int choice = random.nextInt(10);
        List<Range> services =
                choice == 0
                        ? List.of()
                        : choice < 8 ? List.of(new Range(service, service)) : List.of(range(1_024));
        return match(
                random.nextInt(8) == 0 ? Set.of((long) random.nextInt(ENDPOINTS)) : Set.of(),
                random.nextInt(4) == 0 ? Optional.of(Direction.INBOUND) : Optional.empty(),
                anySource ? List.of() : List.of(network(v6, 8)),
                anyDestination ? List.of() : List.of(network(v6, 16)),
                random.nextInt(4) == 0 ? IpProtocol.UDP : IpProtocol.TCP,
                List.of(),
                services);
    }

    private Match ports() {
        return match(
                Set.of(),
                Optional.empty(),
                List.of(),
                List.of(),
                IpProtocol.TCP,
                List.of(range(0)),
                List.of(range(0)));
    }

    private Match nested() {
        return match(
                Set.of(),
                Optional.empty(),
                List.of(ipv4(random.nextInt() & 0x0fff_ffff, random.nextInt(33))),
                List.of(ipv4(random.nextInt() & 0x0fff_ffff, random.nextInt(33))),
                IpProtocol.TCP,
                List.of(),
                List.of(range(0)));
    }

    private Range range(int least) {
        int first = least + random.nextInt(0xffff - least);
        return new Range(first, Math.min(0xffff, first + random.nextInt(256)));
    }

    private Network network(boolean v6, int shortest) {
        int large = random.nextInt(200); // networks that subnets come from
        if (v6) {
            int length = 32 + random.nextInt(5) * 8;
            long high = NETWORK6 | (long) large << 24 | random.nextInt(1 << 24);
            return new Network(true, high & -1L << Long.SIZE - length, 0, length);
        }
        int length =
                switch (random.nextInt(4)) {
                    case 0 -> Integer.SIZE;
                    case 1 -> 24;
                    default -> shortest + random.nextInt(Integer.SIZE - shortest + 1);
                };
        return ipv4(0x0a00_0000 + large * 0x0101_0000 + random.nextInt(1 << 16), length);
    }

    private static Network ipv4(int address, int length) {
        long mask = 0xffff_ffffL & -1L << Integer.SIZE - length;
        return new Network(false, 0, address & mask, length);
    }

    private static Match match(
            Set<Long> endpoints,
            Optional<Direction> direction,
            List<Network> sources,
            List<Network> destinations,
            int protocol,
            List<Range> sourcePorts,
            List<Range> destinationPorts) {
        return new Match(
                endpoints,
                direction,
                sources,
                destinations,
                List.of(new Range(protocol, protocol)),
                sourcePorts,
                destinationPorts,
                List.of(),
                Optional.empty());
    }

    private FiveTuple flow(Match match) {
        boolean v6 =
                match.sources().stream().anyMatch(Network::ipv6)
                        || match.destinations().stream().anyMatch(Network::ipv6);
        Network any = v6 ? new Network(true, 0, 0, 0) : ipv4(0, 0);
        Network from = match.sources().isEmpty() ? any : match.sources().get(0);
        Network to = match.destinations().isEmpty() ? any : match.destinations().get(0);
        int protocol =
                match.protocols().isEmpty() ? IpProtocol.TCP : match.protocols().get(0).first();
        int sourcePort = port(match.sourcePorts());
        int destinationPort = port(match.destinationPorts());
        return v6
                ? new FiveTuple()
                        .setIpv6(
                                within(from.high(), from.lastHigh()),
                                within(from.low(), from.lastLow()),
                                within(to.high(), to.lastHigh()),
                                within(to.low(), to.lastLow()),
                                protocol,
                                sourcePort,
                                destinationPort)
                : new FiveTuple()
                        .setIpv4(
                                (int) within(from.low(), from.lastLow()),
                                (int) within(to.low(), to.lastLow()),
                                protocol,
                                sourcePort,
                                destinationPort);
    }

    /** {@return first, with any of the bits that last has besides} */
    private long within(long first, long last) {
        return first | random.nextLong() & (first ^ last);
    }

    private int port(List<Range> ranges) {
        if (ranges.isEmpty()) {
            return random.nextInt(0x1_0000);
        }
        Range range = ranges.get(0);
        return range.first() + random.nextInt(range.last() - range.first() + 1);
    }
}
