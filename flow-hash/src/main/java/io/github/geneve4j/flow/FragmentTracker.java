package io.github.geneve4j.flow;

/**
 * Remembers the ports that first fragments show, and gives them to the fragments that follow, so
 * that a fragmented datagram belongs to the flow of its ports.
 *
 * <p>Without it every fragment has the key of addresses and protocol, which is safe; with it a
 * firewall can judge fragments by the rule of their flow. Call {@link #join} after each successful
 * {@link FiveTuple#wrap}:
 *
 * <ul>
 *   <li>a first fragment is given its own ports, and its datagram is remembered;
 *   <li>a later one is given the protocol and ports of its datagram, if the first was seen and has
 *       not timed out. In IPv6 the number in its own fragment header does not count then, just as
 *       where the datagram is put together (RFC 8200 §4.5). One that overtakes the first keeps the
 *       key without ports: nothing is held back;
 *   <li>if the first shows no ports, as with ESP, all fragments keep the keys that they have;
 *   <li>an ICMP error that quotes a fragment is treated like the fragment, but teaches nothing;
 *   <li>anything else is left alone.
 * </ul>
 *
 * <p>A datagram is known by its endpoint id, any number that tells networks apart which may use the
 * same addresses, by source, destination and identification, and in IPv4 by protocol too (RFC 791
 * §3.2, RFC 8200 §4.5). If its first fragment comes again, as identifications are reused, the
 * latest counts. Memory is fixed: when a place is needed, the oldest of four is given up.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
public final class FragmentTracker {
    /** The usual time for a datagram to become complete, in nanoseconds: 30 s, as in Linux. */
    public static final long DEFAULT_TIMEOUT_NS = 30_000_000_000L;

    private static final int MAX_DATAGRAMS = 1 << 24;
    private static final int WAYS = 4;

    // One entry, in longs
    private static final int SOURCE_HIGH = 0;
    private static final int SOURCE_LOW = 1;
    private static final int DESTINATION_HIGH = 2;
    private static final int DESTINATION_LOW = 3;
    private static final int IDENTITY = 4; // unused:22 version:2 protocol:8 identification:32
    private static final int TRANSPORT = 5; // protocol:8 source port:16 destination port:16
    private static final int SINCE = 6; // when the first fragment was seen
    private static final int ENDPOINT_ID = 7;
    private static final int ENTRY_SHIFT = 3; // eight longs: a cache line

    // Of IDENTITY; an empty entry has neither version
    private static final int PROTOCOL_SHIFT = 32;
    private static final long IPV4 = 1L << 40;
    private static final long IPV6 = 1L << 41;
    private static final long UNSIGNED_INT = 0xffff_ffffL;

    private static final int NONE = -1;

    private final long timeoutNs;
    private final FlowHash hash;
    private final long[] entries;
    private final int setMask;

    private long joined;
    private long unknown;
    private long displaced;

    // The datagram in question
    private long endpointId;
    private long sourceHigh;
    private long sourceLow;
    private long destinationHigh;
    private long destinationLow;
    private long identity;

    /**
     * Creates a tracker under a seed that nobody knows.
     *
     * @param datagrams how many to remember at once, 1 to 16,777,216; rounded up to a power of two
     *     of at least 4. Each takes 64 bytes
     * @param timeoutNs for how long, above 0
     */
    public FragmentTracker(int datagrams, long timeoutNs) {
        this(datagrams, timeoutNs, FlowHash.random());
    }

    /**
     * Creates a tracker.
     *
     * @param datagrams how many to remember at once, 1 to 16,777,216; rounded up to a power of two
     *     of at least 4. Each takes 64 bytes
     * @param timeoutNs for how long, above 0
     * @param hash decides who shares a place; a known seed invites displacement on purpose
     */
    public FragmentTracker(int datagrams, long timeoutNs, FlowHash hash) {
        Ranges.within("datagrams", datagrams, 1, MAX_DATAGRAMS);
        if (timeoutNs <= 0) {
            throw new IllegalArgumentException("timeout " + timeoutNs + " ns: not above 0");
        }
        int sets = Ranges.powerOfTwoFrom((datagrams + WAYS - 1) / WAYS);
        this.timeoutNs = timeoutNs;
        this.hash = hash;
        this.entries = new long[(sets * WAYS) << ENTRY_SHIFT];
        this.setMask = sets - 1;
    }

    /**
     * Gives a fragment the protocol and ports of its datagram, if they are known.
     *
     * @param endpointId tells networks apart, as in a {@link FlowTable}
     * @param tuple successfully wrapped; if joined, it answers and is keyed as a packet with these
     *     ports, and still says that it is a fragment
     * @param nowNs of any clock that does not go back, always the same one
     * @return whether the view has been given ports; it is given them once, however often it is
     *     joined
     */
    public boolean join(long endpointId, FiveTuple tuple, long nowNs) {
        if (!tuple.isPartial()) {
            return false;
        }
        if (tuple.hasPorts()) {
            return true;
        }
        boolean found;
        if (!tuple.isFirstFragment()) {
            found = joinRemembered(endpointId, tuple, nowNs);
        } else if (tuple.isQuoted()) {
            found = PacketReader.joinShownPorts(tuple);
        } else {
            identify(endpointId, tuple);
            found = PacketReader.joinShownPorts(tuple);
            if (found) {
                remember(tuple, nowNs);
            } else {
                forget();
            }
        }
        if (found) {
            joined++;
        } else {
            unknown++;
        }
        return found;
    }

    /** {@return how many fragments were given ports} */
    public long joined() {
        return joined;
    }

    /** {@return how many fragments kept the key without ports} */
    public long unknown() {
        return unknown;
    }

    /** {@return how many datagrams were given up before their time, for lack of a place} */
    public long displaced() {
        return displaced;
    }

    private boolean joinRemembered(long endpointId, FiveTuple tuple, long nowNs) {
        identify(endpointId, tuple);
        int entry = find();
        if (entry == NONE || isOver(entry, nowNs)) {
            return false;
        }
        long transport = entries[entry + TRANSPORT];
        int ports = (int) transport;
        tuple.join(
                (int) (transport >>> PROTOCOL_SHIFT),
                tuple.isQuoted() ? FiveTuple.turned(ports) : ports);
        return true;
    }

    private void remember(FiveTuple tuple, long nowNs) {
        int entry = find();
        if (entry == NONE) {
            entry = place(nowNs);
        }
        entries[entry + SOURCE_HIGH] = sourceHigh;
        entries[entry + SOURCE_LOW] = sourceLow;
        entries[entry + DESTINATION_HIGH] = destinationHigh;
        entries[entry + DESTINATION_LOW] = destinationLow;
        entries[entry + IDENTITY] = identity;
        entries[entry + TRANSPORT] =
                ((long) tuple.protocol() << PROTOCOL_SHIFT)
                        | ((long) tuple.sourcePort() << Short.SIZE)
                        | tuple.destinationPort();
        entries[entry + SINCE] = nowNs;
        entries[entry + ENDPOINT_ID] = endpointId;
    }

    /** Drops what is known of a datagram whose first fragment now turns out to show no ports. */
    private void forget() {
        int entry = find();
        if (entry != NONE) {
            entries[entry + IDENTITY] = 0;
        }
    }

    /**
     * Takes what all fragments of a datagram share; a quote's was turned round when it was read.
     */
    private void identify(long endpointId, FiveTuple tuple) {
        this.endpointId = endpointId;
        boolean turned = tuple.isQuoted();
        sourceHigh = turned ? tuple.destinationHigh() : tuple.sourceHigh();
        sourceLow = turned ? tuple.destinationLow() : tuple.sourceLow();
        destinationHigh = turned ? tuple.sourceHigh() : tuple.destinationHigh();
        destinationLow = turned ? tuple.sourceLow() : tuple.destinationLow();
        long identification = tuple.identification() & UNSIGNED_INT;
        identity =
                tuple.isIpv6()
                        ? IPV6 | identification
                        : IPV4 | ((long) tuple.protocol() << PROTOCOL_SHIFT) | identification;
    }

    private int find() {
        int first = firstOfSet();
        for (int way = 0; way < WAYS; way++) {
            int entry = first + (way << ENTRY_SHIFT);
            if (entries[entry + IDENTITY] == identity
                    && entries[entry + SOURCE_LOW] == sourceLow
                    && entries[entry + DESTINATION_LOW] == destinationLow
                    && entries[entry + SOURCE_HIGH] == sourceHigh
                    && entries[entry + DESTINATION_HIGH] == destinationHigh
                    && entries[entry + ENDPOINT_ID] == endpointId) {
                return entry;
            }
        }
        return NONE;
    }

    /** {@return a free place, or that of the oldest datagram} */
    private int place(long nowNs) {
        int first = firstOfSet();
        int oldest = first;
        for (int way = 0; way < WAYS; way++) {
            int entry = first + (way << ENTRY_SHIFT);
            if (entries[entry + IDENTITY] == 0 || isOver(entry, nowNs)) {
                return entry;
            }
            if (entries[entry + SINCE] - entries[oldest + SINCE] < 0) {
                oldest = entry;
            }
        }
        displaced++;
        return oldest;
    }

    private boolean isOver(int entry, long nowNs) {
        return nowNs - entries[entry + SINCE] >= timeoutNs;
    }

    private int firstOfSet() {
        long mixed = hash.mix(hash.mix(sourceHigh, sourceLow), identity);
        mixed = hash.mix(mixed, endpointId);
        mixed = hash.mix(hash.mix(mixed, destinationHigh), destinationLow);
        return (((int) mixed & setMask) * WAYS) << ENTRY_SHIFT;
    }
}
