package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import java.util.List;
import java.util.Optional;

/**
 * A policy in the form in which packets are judged: the first rule that matches is found without
 * looking at one rule after another.
 *
 * <p>For each field there is a table that gives, for a packet's value, a row of bits: which rules
 * hold as far as that field goes. The first bit that is set in all rows is the rule (Lakshman and
 * Stiliadis, "High-Speed Policy-based Packet Forwarding", 1998). A summary of each row says which
 * of its words are not 0, and only words are looked at that are so in every field (Baboescu and
 * Varghese, "Scalable Packet Classification", 2001). Rules that name no addresses are kept apart
 * from those that do, so that rows by address are short.
 *
 * <p>Immutable, for any number of threads. {@link #decide} allocates nothing; its time is bounded
 * by an eighth of a byte read for each rule and field.
 */
public final class CompiledPolicy {
    private static final int PROTOCOLS = 256;
    private static final int KINDS = 1 << 16;
    private static final int PORTS = 1 << 16;
    private static final int FRAGMENT = 1;
    private static final int OUTBOUND = 2;

    private final Policy policy;
    private final NetworkSet inside;
    private final boolean usesDirection;
    private final AddressRules sources4;
    private final AddressRules sources6;
    private final AddressRules destinations4;
    private final AddressRules destinations6;
    private final int rowLength;
    private final long[] anySource; // rules without networks there, and a summary
    private final long[] anyDestination;
    private final NumberRules sourcePorts;
    private final NumberRules destinationPorts;
    private final NumberRules protocols;
    private final NumberRules icmp;
    private final long[]
            sure; // rules that do not allow, or ask for neither ports nor kinds; summary
    private final long[][] circumstances; // by FRAGMENT and OUTBOUND
    private final EndpointRules endpoints;

    private CompiledPolicy(Policy policy) {
        List<Rule> rules = policy.rules();
        this.policy = policy;
        this.inside = new NetworkSet(policy.inside());
        this.usesDirection = rules.stream().anyMatch(r -> r.match().direction().isPresent());
        List<List<Network>> sources = rules.stream().map(r -> r.match().sources()).toList();
        List<List<Network>> destinations =
                rules.stream().map(r -> r.match().destinations()).toList();
        this.sources4 = AddressRules.of(sources, false);
        this.sources6 = AddressRules.of(sources, true);
        this.destinations4 = AddressRules.of(destinations, false);
        this.destinations6 = AddressRules.of(destinations, true);
        this.rowLength = Bits.words(rules.size());
        long[] withoutSource = new long[rowLength];
        long[] withoutDestination = new long[rowLength];
        for (int i = 0; i < rules.size(); i++) {
            Bits.set(withoutSource, i, rules.get(i).match().sources().isEmpty());
            Bits.set(withoutDestination, i, rules.get(i).match().destinations().isEmpty());
        }
        this.anySource = Bits.withSummary(withoutSource);
        this.anyDestination = Bits.withSummary(withoutDestination);
        this.sourcePorts = NumberRules.of(rules, Match::sourcePorts, PORTS);
        this.destinationPorts = NumberRules.of(rules, Match::destinationPorts, PORTS);
        this.protocols = NumberRules.of(rules, Match::protocols, PROTOCOLS);
        this.icmp = NumberRules.of(rules, CompiledPolicy::icmpRanges, KINDS);
        long[] decisive = new long[rowLength];
        for (int i = 0; i < rules.size(); i++) {
            Bits.set(decisive, i, isSure(rules.get(i)));
        }
        this.sure = Bits.withSummary(decisive);
        this.circumstances = new long[4][rowLength];
        for (int c = 0; c < circumstances.length; c++) {
            for (int i = 0; i < rules.size(); i++) {
                Bits.set(circumstances[c], i, holds(rules.get(i).match(), c));
            }
        }
        this.endpoints = EndpointRules.of(rules);
    }

    /**
     * {@return the form in which packets are judged}
     *
     * @param policy what it means
     */
    public static CompiledPolicy of(Policy policy) {
        return new CompiledPolicy(policy);
    }

    /** {@return what it was made of} */
    public Policy policy() {
        return policy;
    }

    /**
     * {@return what a decision means: a rule's action, or the default}
     *
     * @param decision as {@link #decide} returns it
     */
    public Action action(int decision) {
        return policy.action(decision);
    }

    /**
     * Decides about a flow by its first packet.
     *
     * @param endpointId where the packet comes from
     * @param flow its five-tuple, of the scope of five
     * @param icmp for an ICMP or ICMPv6 message of its own, its type in the upper 8 of 16 bits and
     *     its code in the lower; -1 for any other packet
     * @return the index of the first rule that matches, or the number of rules if none does
     */
    public int decide(long endpointId, FiveTuple flow, int icmp) {
        return decide(endpointId, flow, icmp, flow.isFragment());
    }

    /**
     * Decides about a flow by what is kept of its first packet.
     *
     * @param endpointId where the packet came from
     * @param flow its five-tuple, of the scope of five
     * @param icmp as the other {@code decide} has it
     * @param fragment whether the packet was one
     * @return likewise
     */
    public int decide(long endpointId, FiveTuple flow, int icmp, boolean fragment) {
        boolean isIcmp = Match.isIcmp(flow.protocol());
        boolean ports = flow.hasPorts() && !isIcmp;
        return first(
                endpointId,
                flow,
                fragment,
                ports ? destinationPorts.row(flow.destinationPort()) : destinationPorts.none(),
                ports ? sourcePorts.row(flow.sourcePort()) : sourcePorts.none(),
                icmp >= 0 && isIcmp ? this.icmp.row(icmp) : this.icmp.none());
    }

    /**
     * {@return whether a datagram is allowed whatever ports, or kind of ICMP message, its first
     * fragment shows, told by another of its fragments}
     *
     * <p>A rule that asks for such is one that may match. If one that does not allow may match,
     * before the first that surely does, the answer is no: even where the ranges of ports that are
     * allowed before come to all ports together.
     *
     * @param endpointId where the fragment comes from
     * @param fragment its five-tuple, not joined to a first fragment; no, if its protocol is
     *     neither one with ports nor ICMP or ICMPv6, as further headers may hide one that is
     */
    public boolean allowsAnyPorts(long endpointId, FiveTuple fragment) {
        int protocol = fragment.protocol();
        return (IpProtocol.hasPorts(protocol) || Match.isIcmp(protocol))
                && action(first(endpointId, fragment, fragment.isFragment(), sure, sure, sure))
                        == Action.ALLOW;
    }

    /**
     * {@return the first rule that matches by its other conditions and is in three rows more, or
     * the number of rules}
     */
    private int first(
            long endpointId, FiveTuple flow, boolean fragment, long[] d, long[] e, long[] f) {
        boolean v6 = flow.isIpv6();
        long sourceHigh = flow.sourceHigh();
        long sourceLow = flow.sourceLow();
        AddressRules sources = v6 ? sources6 : sources4;
        AddressRules destinations = v6 ? destinations6 : destinations4;
        int sourceRow = sources.row(sourceHigh, sourceLow);
        int destinationRow = destinations.row(flow.destinationHigh(), flow.destinationLow());
        long[] a = endpoints.row(endpointId);
        long[] b = circumstances[circumstance(fragment, v6, sourceHigh, sourceLow)];
        long[] c = protocols.row(flow.protocol());

        int source = sources.start(sourceRow);
        int destination = destinations.start(destinationRow);
        for (int group = rowLength; group < anySource.length; group++) {
            int first = (group - rowLength) * Long.SIZE; // word of the group
            long bySource = sources.summary(sourceRow, group - rowLength);
            long byDestination = destinations.summary(destinationRow, group - rowLength);
            long candidates =
                    (bySource | anySource[group])
                            & (byDestination | anyDestination[group])
                            & c[group]
                            & d[group]
                            & e[group]
                            & f[group];
            for (; candidates != 0; candidates &= candidates - 1) {
                long bit = Long.lowestOneBit(candidates);
                int i = first + Long.numberOfTrailingZeros(candidates);
                long match = a[i] & b[i] & c[i] & d[i] & e[i] & f[i];
                if (match == 0) {
                    continue;
                }
                long from = anySource[i];
                if ((bySource & bit) != 0) {
                    from |= sources.word(source + Long.bitCount(bySource & bit - 1));
                }
                long to = anyDestination[i];
                if ((byDestination & bit) != 0) {
                    to |= destinations.word(destination + Long.bitCount(byDestination & bit - 1));
                }
                match &= from & to;
                if (match != 0) {
                    return i * Long.SIZE + Long.numberOfTrailingZeros(match);
                }
            }
            source += Long.bitCount(bySource);
            destination += Long.bitCount(byDestination);
        }
        return policy.rules().size();
    }

    /** {@return bytes of the tables, roughly; without the policy itself} */
    public long memoryLength() {
        return sources4.memoryLength()
                + sources6.memoryLength()
                + destinations4.memoryLength()
                + destinations6.memoryLength()
                + sourcePorts.memoryLength()
                + destinationPorts.memoryLength()
                + protocols.memoryLength()
                + icmp.memoryLength()
                + endpoints.memoryLength();
    }

    private int circumstance(boolean fragment, boolean v6, long sourceHigh, long sourceLow) {
        int circumstance = fragment ? FRAGMENT : 0;
        return usesDirection && inside.contains(v6, sourceHigh, sourceLow)
                ? circumstance | OUTBOUND
                : circumstance;
    }

    private static boolean holds(Match match, int circumstance) {
        Optional<Boolean> fragment = match.fragment();
        boolean isFragment = (circumstance & FRAGMENT) != 0;
        Direction direction =
                (circumstance & OUTBOUND) != 0 ? Direction.OUTBOUND : Direction.INBOUND;
        return (fragment.isEmpty() || fragment.get() == isFragment)
                && (match.direction().isEmpty() || match.direction().get() == direction);
    }

    private static boolean isSure(Rule rule) {
        Match match = rule.match();
        if (rule.action() != Action.ALLOW) {
            return match.icmp().isEmpty() || match.icmp().stream().anyMatch(k -> isMet(match, k));
        }
        return match.sourcePorts().isEmpty()
                && match.destinationPorts().isEmpty()
                && match.icmp().isEmpty();
    }

    /**
     * {@return whether a message of this kind can be judged: no error, and in parts only an echo}
     */
    private static boolean isMet(Match match, IcmpKind kind) {
        boolean parts = match.fragment().orElse(false);
        return (FirstMatch.holds(match.protocols(), IpProtocol.ICMP) && kind.isJudged(false, parts))
                || (FirstMatch.holds(match.protocols(), IpProtocol.ICMPV6)
                        && kind.isJudged(true, parts));
    }

    /** {@return the kinds as ranges of type and code together} */
    private static List<Range> icmpRanges(Match match) {
        return match.icmp().stream()
                .map(
                        kind -> {
                            int type = kind.type() << Byte.SIZE;
                            return kind.code()
                                    .map(code -> new Range(type | code, type | code))
                                    .orElseGet(() -> new Range(type, type | 0xff));
                        })
                .toList();
    }
}
