package io.github.geneve4j.appliance.firewall;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How many packets a firewall judged, by {@link Judgement}: each packet counts once, so that the
 * sum is all that came.
 *
 * <p><b>Threads:</b> one writer; any readers, who see each counter whole, and never go back.
 */
public final class FirewallCounters {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] counts = new long[Judgement.values().length];
    private final long[] failedEnds = new long[1];

    FirewallCounters() {}

    /**
     * {@return the packets that were judged so}
     *
     * @param judgement one of them
     */
    public long count(Judgement judgement) {
        return read(counts, judgement.ordinal());
    }

    /** {@return the packets that were judged} */
    public long total() {
        long total = 0;
        for (Judgement judgement : Judgement.values()) {
            total += count(judgement);
        }
        return total;
    }

    /**
     * {@return how often a {@link FlowInspector} threw when it was told of a flow's end} No packet
     * is judged by that.
     */
    public long failedEnds() {
        return read(failedEnds, 0);
    }

    void addFailedEnd() {
        increment(failedEnds, 0);
    }

    void add(Judgement judgement) {
        increment(counts, judgement.ordinal());
    }

    void add(Judgement judgement, int packets) {
        int i = judgement.ordinal();
        ELEMENT.setOpaque(counts, i, counts[i] + packets);
    }

    void add(FirewallCounters other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += read(other.counts, i);
        }
        failedEnds[0] += other.failedEnds();
    }

    /** Adds one to an element that others may be reading. */
    static void increment(long[] counts, int index) {
        ELEMENT.setOpaque(counts, index, counts[index] + 1);
    }

    /** {@return an element that another thread may be adding to} */
    static long read(long[] counts, int index) {
        return (long) ELEMENT.getOpaque(counts, index);
    }
}
