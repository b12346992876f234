package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.flow.FiveTuple;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Hands decisions that are to be told of from a packet thread to whoever tells them: a ring of a
 * fixed size. When it is full, decisions are counted as lost; the packet thread never waits.
 *
 * <p><b>Allocation:</b> none by {@link #add}. <b>Threads:</b> one adds, one other reads.
 */
final class DecisionLog {
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;
    private static final VarHandle LOST;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(DecisionLog.class, "head", long.class);
            TAIL = lookup.findVarHandle(DecisionLog.class, "tail", long.class);
            LOST = lookup.findVarHandle(DecisionLog.class, "lost", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int mask;
    private final Entry[] entries;

    @SuppressWarnings("unused") // through HEAD
    private long head; // entries ever added

    @SuppressWarnings("unused") // through TAIL
    private long tail; // entries ever read

    @SuppressWarnings("unused") // through LOST
    private long lost;

    /** What was decided, by whom, about what. */
    private static final class Entry {
        final FiveTuple flow = new FiveTuple();
        @Nullable Generation generation; // null while the entry is free
        int decision;
        long endpointId;
    }

    /**
     * Creates an empty log.
     *
     * @param entries how many there is room for, a power of two
     */
    DecisionLog(int entries) {
        this.mask = entries - 1;
        this.entries = new Entry[entries];
        Arrays.setAll(this.entries, i -> new Entry());
    }

    /** Adds a decision about a packet's flow, if there is room. */
    void add(Generation generation, int decision, long endpointId, FiveTuple packet) {
        long at = (long) HEAD.getOpaque(this);
        if (at - (long) TAIL.getAcquire(this) > mask) {
            LOST.setOpaque(this, (long) LOST.getOpaque(this) + 1);
            return;
        }
        Entry entry = entries[(int) at & mask];
        entry.generation = generation;
        entry.decision = decision;
        entry.endpointId = endpointId;
        entry.flow.set(packet);
        HEAD.setRelease(this, at + 1);
    }

    /** Tells all decisions that were added since the last time. */
    void drain(DecisionListener listener) {
        long at = (long) TAIL.getOpaque(this);
        long end = (long) HEAD.getAcquire(this);
        for (; at < end; at++) {
            Entry entry = entries[(int) at & mask];
            try {
                tell(entry, listener);
            } finally {
                entry.generation = null;
                TAIL.setRelease(this, at + 1);
            }
        }
    }

    /** {@return the decisions that there was no room for} */
    long lost() {
        return (long) LOST.getOpaque(this);
    }

    private static void tell(Entry entry, DecisionListener listener) {
        Generation generation = entry.generation;
        if (generation == null) {
            throw new IllegalStateException("an entry that was not written");
        }
        listener.decided(
                generation.ruleName(entry.decision),
                generation.policy().action(entry.decision),
                entry.endpointId,
                entry.flow);
    }
}
