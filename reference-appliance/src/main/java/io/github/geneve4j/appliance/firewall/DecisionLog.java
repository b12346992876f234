package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.flow.FiveTuple;
import org.jspecify.annotations.Nullable;

/**
 * Hands decisions that are to be told of from a packet thread to whoever tells them, by a {@link
 * Ring}.
 *
 * <p><b>Allocation:</b> none by {@link #add}. <b>Threads:</b> one adds, one other reads.
 */
final class DecisionLog {
    private final Ring<Entry> ring;

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
        this.ring = new Ring<>(entries, Entry::new);
    }

    /** Adds a decision about a packet's flow, if there is room. */
    void add(Generation generation, int decision, long endpointId, FiveTuple packet) {
        Entry entry = ring.claim();
        if (entry == null) {
            return;
        }
        entry.generation = generation;
        entry.decision = decision;
        entry.endpointId = endpointId;
        entry.flow.set(packet);
        ring.publish();
    }

    /** Tells all decisions that were added since the last time. */
    void drain(DecisionListener listener) {
        ring.drain(
                entry -> {
                    try {
                        tell(entry, listener);
                    } finally {
                        entry.generation = null;
                    }
                });
    }

    /** {@return the decisions that there was no room for} */
    long lost() {
        return ring.lost();
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
