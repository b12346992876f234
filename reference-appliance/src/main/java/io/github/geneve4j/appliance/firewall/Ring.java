package io.github.geneve4j.appliance.firewall;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands what is to be told of from a packet thread to whoever tells it: entries that are made once
 * and filled again and again. When all are taken, what comes is counted as lost; the packet thread
 * never waits.
 *
 * <p><b>Allocation:</b> none by {@link #claim} and {@link #publish}. <b>Threads:</b> one fills, one
 * other reads; {@link #lost} is for any.
 *
 * @param <E> an entry
 */
final class Ring<E> {
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;
    private static final VarHandle LOST;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(Ring.class, "head", long.class);
            TAIL = lookup.findVarHandle(Ring.class, "tail", long.class);
            LOST = lookup.findVarHandle(Ring.class, "lost", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int mask;
    private final List<E> entries;

    @SuppressWarnings("unused") // through HEAD
    private long head; // entries ever published

    @SuppressWarnings("unused") // through TAIL
    private long tail; // entries ever read

    @SuppressWarnings("unused") // through LOST
    private long lost;

    /**
     * Creates an empty ring.
     *
     * @param entries how many there is room for, a power of two
     * @param maker of the entries
     */
    Ring(int entries, Supplier<E> maker) {
        if (Integer.bitCount(entries) != 1) {
            throw new IllegalArgumentException(entries + " entries: not a power of two");
        }
        this.mask = entries - 1;
        this.entries = new ArrayList<>(entries);
        for (int i = 0; i < entries; i++) {
            this.entries.add(maker.get());
        }
    }

    /** {@return an entry to be filled and {@linkplain #publish published}, or null: one is lost} */
    @Nullable E claim() {
        long at = (long) HEAD.getOpaque(this);
        if (at - (long) TAIL.getAcquire(this) > mask) {
            LOST.setOpaque(this, (long) LOST.getOpaque(this) + 1);
            return null;
        }
        return entries.get((int) at & mask);
    }

    /** Hands over the entry that was claimed last. */
    void publish() {
        HEAD.setRelease(this, (long) HEAD.getOpaque(this) + 1);
    }

    /**
     * Reads the entries that were published since the last time. If the reader throws, those behind
     * the entry remain.
     *
     * @param reader must not keep the entry
     */
    void drain(Consumer<E> reader) {
        long at = (long) TAIL.getOpaque(this);
        long end = (long) HEAD.getAcquire(this);
        for (; at < end; at++) {
            try {
                reader.accept(entries.get((int) at & mask));
            } finally {
                TAIL.setRelease(this, at + 1);
            }
        }
    }

    /** {@return how many found no room} */
    long lost() {
        return (long) LOST.getOpaque(this);
    }
}
