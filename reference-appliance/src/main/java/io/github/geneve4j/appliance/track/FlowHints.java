package io.github.geneve4j.appliance.track;

/**
 * Remembers where the flows of the load balancer's cookies lie in the table. A cookie is the same
 * for all packets of a flow, so that the flow's place can be told without reading the packet inside
 * the tunnel, let alone hashing it.
 *
 * <p>These are hints: a place may be that of another flow by now, or of none, and is to be checked.
 * Cookies are nobody's to choose here, and may be as good as random: each has {@value #WAYS} places
 * side by side to be remembered in, of which whoever came last takes that of who came first. With
 * one place each, of half as many flows as places two in five would take turns with another.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class FlowHints {
    private static final int WAY_BITS = 2;
    private static final int WAYS = 1 << WAY_BITS;
    private static final int MIN_BITS = 4;
    private static final int MAX_BITS = 18; // 2 MiB; more would not stay in the caches either
    private static final int MIX = 0x9e37_79b9; // 2^32 divided by the golden ratio

    private final long[] entries; // a cookie in the upper half, its flow and one in the lower
    private final int shift;

    /**
     * Remembers nothing.
     *
     * @param flows how many there can be
     */
    FlowHints(int flows) {
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(flows);
        bits = Math.min(MAX_BITS, Math.max(MIN_BITS, bits));
        this.entries = new long[1 << bits];
        this.shift = Integer.SIZE - bits + WAY_BITS;
    }

    /** {@return the flow that had this cookie, or {@link ConnectionTracker#NONE}} */
    int flow(int cookie) {
        long[] entries = this.entries;
        int first = first(cookie);
        for (int at = first; at < first + WAYS; at++) {
            long entry = entries[at];
            if ((int) (entry >>> Integer.SIZE) == cookie && (int) entry != 0) {
                return (int) entry - 1;
            }
        }
        return ConnectionTracker.NONE;
    }

    /** Remembers that a flow has this cookie, and no other one. */
    void remember(int cookie, int flow) {
        long[] entries = this.entries;
        int first = first(cookie);
        int at = first;
        while (at < first + WAYS - 1 && (int) (entries[at] >>> Integer.SIZE) != cookie) {
            at++;
        }
        for (; at > first; at--) {
            entries[at] = entries[at - 1]; // the last one, or that of the same cookie, is gone
        }
        entries[first] = ((long) cookie << Integer.SIZE) | (flow + 1);
    }

    /** {@return where the places of a cookie begin} */
    private int first(int cookie) {
        // Neighbours lie apart, whatever cookies are made of
        return (cookie * MIX) >>> shift << WAY_BITS;
    }
}
