package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.flow.FiveTuple;
import java.util.List;
import java.util.Optional;

/**
 * Judges by looking at one rule after another: what a policy means, in so many words. For people
 * who ask why, and to hold {@link CompiledPolicy} to; packets are judged by the latter.
 */
public final class FirstMatch {
    private final Policy policy;

    /**
     * Creates a judge.
     *
     * @param policy to judge by
     */
    public FirstMatch(Policy policy) {
        this.policy = policy;
    }

    /**
     * {@return the first rule that matches, as {@link CompiledPolicy#decide}}
     *
     * @param endpointId where the packet comes from
     * @param flow its five-tuple
     * @param icmp its type and code, or -1
     */
    public int decide(long endpointId, FiveTuple flow, int icmp) {
        List<Rule> rules = policy.rules();
        for (int i = 0; i < rules.size(); i++) {
            if (mismatch(rules.get(i), endpointId, flow, icmp).isEmpty()) {
                return i;
            }
        }
        return rules.size();
    }

    /**
     * {@return which way the flow's first packet goes}
     *
     * @param flow the packet's
     */
    public Direction direction(FiveTuple flow) {
        return isIn(policy.inside(), flow.isIpv6(), flow.sourceHigh(), flow.sourceLow())
                ? Direction.OUTBOUND
                : Direction.INBOUND;
    }

    /**
     * {@return the first condition of a rule that does not hold, by its name in a policy; empty if
     * the rule matches}
     *
     * @param rule one of the policy's
     * @param endpointId where the packet comes from
     * @param flow its five-tuple
     * @param icmp its type and code, or -1, as for {@link CompiledPolicy#decide}
     */
    public Optional<String> mismatch(Rule rule, long endpointId, FiveTuple flow, int icmp) {
        Match m = rule.match();
        boolean v6 = flow.isIpv6();
        if (!m.endpoints().isEmpty() && !m.endpoints().contains(endpointId)) {
            return Optional.of("endpoint");
        }
        if (m.direction().isPresent() && m.direction().get() != direction(flow)) {
            return Optional.of("direction");
        }
        if (!holds(m.sources(), v6, flow.sourceHigh(), flow.sourceLow())) {
            return Optional.of("source");
        }
        if (!holds(m.destinations(), v6, flow.destinationHigh(), flow.destinationLow())) {
            return Optional.of("destination");
        }
        if (!holds(m.protocols(), flow.protocol())) {
            return Optional.of("protocol");
        }
        boolean ports = Match.hasPorts(flow);
        if (!m.sourcePorts().isEmpty() && !(ports && holds(m.sourcePorts(), flow.sourcePort()))) {
            return Optional.of("source-port");
        }
        if (!m.destinationPorts().isEmpty()
                && !(ports && holds(m.destinationPorts(), flow.destinationPort()))) {
            return Optional.of("destination-port");
        }
        if (!m.icmp().isEmpty()
                && !(icmp >= 0
                        && Match.isIcmp(flow.protocol())
                        && m.icmp().stream().anyMatch(kind -> kind.contains(icmp)))) {
            return Optional.of("icmp");
        }
        if (m.fragment().isPresent() && m.fragment().get() != flow.isFragment()) {
            return Optional.of("fragment");
        }
        return Optional.empty();
    }

    private static boolean holds(List<Network> networks, boolean ipv6, long high, long low) {
        return networks.isEmpty() || isIn(networks, ipv6, high, low);
    }

    private static boolean isIn(List<Network> networks, boolean ipv6, long high, long low) {
        return networks.stream().anyMatch(network -> network.contains(ipv6, high, low));
    }

    /** {@return whether a condition about a number holds; one without ranges always does} */
    static boolean holds(List<Range> ranges, int number) {
        return ranges.isEmpty() || ranges.stream().anyMatch(range -> range.contains(number));
    }
}
