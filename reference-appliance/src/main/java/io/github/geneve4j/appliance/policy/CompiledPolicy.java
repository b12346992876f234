package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.flow.FiveTuple;
import java.util.List;
import java.util.Optional;

/**
 * A policy in the form in which packets are judged: the first rule that matches is found without
 * looking at one rule after another.
 *
 * <p>For each field there is a table that gives, for a packet's value, a row of bits: which rules
 * hold as far as that field goes. The first bit that is set in all rows is the rule (Lakshman and
 * Stiliadis, "High-Speed Policy-based Packet Forwarding", 1998). What names no addresses at all is
 * kept apart from what does, so that few words of the rows are looked at: those where a network of
 * the packet's sender or receiver has a rule, and those where a rule names neither (a summary as in
 * Baboescu and Varghese, "Scalable Packet Classification", 2001).
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
    private final long[] anySource; // rules without networks there
    private final long[] anyDestination;
    private final long[] openWords; // a bit for each word: whether a rule in it has neither
    private final NumberRules sourcePorts;
    private final NumberRules destinationPorts;
    private final NumberRules protocols;
    private final NumberRules icmp;
    private final long[][] circumstances; // by FRAGMENT and OUTBOUND
    private final EndpointRules endpoints;

    private CompiledPolicy(Policy policy) {
        List<Rule> rules = policy.rules();
        this.policy = policy;
        this.inside = new NetworkSet(policy.inside());
        this.usesDirection = rules.stream().anyMatch(r -> r.match().direction().isPresent());
        this.sources4 = AddressRules.of(rules, Match::sources, false);
        this.sources6 = AddressRules.of(rules, Match::sources, true);
        this.destinations4 = AddressRules.of(rules, Match::destinations, false);
        this.destinations6 = AddressRules.of(rules, Match::destinations, true);
        int rowLength = Bits.words(rules.size());
        this.anySource = new long[rowLength];
        this.anyDestination = new long[rowLength];
        for (int i = 0; i < rules.size(); i++) {
            Bits.set(anySource, i, rules.get(i).match().sources().isEmpty());
            Bits.set(anyDestination, i, rules.get(i).match().destinations().isEmpty());
        }
        this.openWords = new long[Bits.words(rowLength)];
        for (int i = 0; i < rowLength; i++) {
            Bits.set(openWords, i, (anySource[i] & anyDestination[i]) != 0);
        }
        this.sourcePorts = NumberRules.of(rules, Match::sourcePorts, PORTS);
        this.destinationPorts = NumberRules.of(rules, Match::destinationPorts, PORTS);
        this.protocols = NumberRules.of(rules, Match::protocols, PROTOCOLS);
        this.icmp = NumberRules.of(rules, CompiledPolicy::icmpRanges, KINDS);
        this.circumstances = new long[4][rowLength];
        for (int c = 0; c < circumstances.length; c++) {
            for (int i = 0; i < rules.size(); i++) {
                Bits.set(circumstances[c], i, holds(rules.get(i).match(), c));
            }
        }
        this.endpoints = EndpointRules.of(rules);
    }

    /** {@return the form in which packets are judged} */
    public static CompiledPolicy of(Policy policy) {
        return new CompiledPolicy(policy);
    }

    /** {@return what it was made of} */
    public Policy policy() {
        return policy;
    }

    /** {@return what a decision means: a rule's action, or the default} */
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
        boolean v6 = flow.isIpv6();
        long sourceHigh = flow.sourceHigh();
        long sourceLow = flow.sourceLow();
        AddressRules sources = v6 ? sources6 : sources4;
        AddressRules destinations = v6 ? destinations6 : destinations4;
        int sourceRow = sources.row(sourceHigh, sourceLow);
        int destinationRow = destinations.row(flow.destinationHigh(), flow.destinationLow());
        int protocol = flow.protocol();
        boolean isIcmp = Match.isIcmp(protocol);
        boolean ports = flow.hasPorts() && !isIcmp;
        long[] a = endpoints.row(endpointId);
        long[] b = circumstances[circumstance(flow, v6, sourceHigh, sourceLow)];
        long[] c = protocols.row(protocol);
        long[] d = ports ? destinationPorts.row(flow.destinationPort()) : destinationPorts.none();
        long[] e = ports ? sourcePorts.row(flow.sourcePort()) : sourcePorts.none();
        long[] f = icmp >= 0 && isIcmp ? this.icmp.row(icmp) : this.icmp.none();

        int nextSource = sources.start(sourceRow);
        int nextDestination = destinations.start(destinationRow);
        for (int group = 0; group < openWords.length; group++) {
            long bySource = sources.summary(sourceRow, group);
            long byDestination = destinations.summary(destinationRow, group);
            long candidates = bySource | byDestination | openWords[group];
            for (; candidates != 0; candidates &= candidates - 1) {
                long bit = Long.lowestOneBit(candidates);
                int i = group * Long.SIZE + Long.numberOfTrailingZeros(candidates);
                long source = anySource[i];
                if ((bySource & bit) != 0) {
                    source |= sources.word(nextSource++);
                }
                long destination = anyDestination[i];
                if ((byDestination & bit) != 0) {
                    destination |= destinations.word(nextDestination++);
                }
                long match = source & destination & a[i] & b[i] & c[i] & d[i] & e[i] & f[i];
                if (match != 0) {
                    return i * Long.SIZE + Long.numberOfTrailingZeros(match);
                }
            }
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

    private int circumstance(FiveTuple flow, boolean v6, long sourceHigh, long sourceLow) {
        int circumstance = flow.isFragment() ? FRAGMENT : 0;
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
