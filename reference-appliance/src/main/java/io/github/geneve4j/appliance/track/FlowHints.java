package io.github.geneve4j.appliance.track;

/**
 * Remembers where the flows of the load balancer's cookies lie in the table. A cookie is the same
 * for all packets of a flow, so that the flow's place can be told without reading the packet inside
 * the tunnel, let alone hashing it.
 *
 * <p>These are hints: a place may be that of another flow by now, or of none, and is to be checked.
 * Each cookie has one place to be remembered in, and whoever came last has it.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class FlowHints {
    private static final int MIN_BITS = 4;
    private static final int MAX_BITS = 17; // 1 MiB; more would not stay in the caches either
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
        this.shift = Integer.SIZE - bits;
    }

    /** {@return the flow that had this cookie, or {@link ConnectionTracker#NONE}} */
    int flow(int cookie) {
        long entry = entries[place(cookie)];
        return (int) (entry >>> Integer.SIZE) == cookie ? (int) entry - 1 : ConnectionTracker.NONE;
    }

    /** Remembers that a flow has this cookie. */
    void remember(int cookie, int flow) {
        entries[place(cookie)] = ((long) cookie << Integer.SIZE) | (flow + 1);
    }

    private int place(int cookie) {
        return (cookie * MIX) >>> shift; // neighbours lie apart, whatever cookies are made of
    }
}
