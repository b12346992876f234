package io.github.geneve4j.appliance.track;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.function.IntFunction;

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
    private static final int MAX_BITS = 23; // 64 MiB
    private static final int MIX = 0x9e37_79b9; // 2^32 divided by the golden ratio
    private static final int CACHE_LINE = 64; // holds the places of a cookie, and of another one

    private final LongBuffer entries; // a cookie in the upper half, its flow and one in the lower
    private final int shift;

    @SuppressWarnings("UnusedVariable") // what is read has to go somewhere, or is not read
    private long brought;

    /**
     * Remembers nothing.
     *
     * @param flows how many there can be
     * @param memory gives zeroed memory off the heap, of so many bytes or more, as to the table
     * @throws IllegalArgumentException if it gives anything else
     */
    FlowHints(int flows, IntFunction<ByteBuffer> memory) {
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(flows) + 1; // half empty at least
        bits = Math.min(MAX_BITS, Math.max(MIN_BITS, bits));
        this.entries = allocate(Long.BYTES << bits, memory).asLongBuffer();
        this.shift = Integer.SIZE - bits + WAY_BITS;
    }

    /** {@return memory that begins at a cache line, refused now rather than by a packet} */
    private static ByteBuffer allocate(int length, IntFunction<ByteBuffer> memory) {
        int wanted = length + CACHE_LINE;
        ByteBuffer given = memory.apply(wanted);
        if (!given.isDirect() || given.isReadOnly() || given.capacity() < wanted) {
            throw new IllegalArgumentException(
                    "memory " + given + ": not " + wanted + " bytes off the heap, to write to");
        }
        int past = given.alignmentOffset(0, CACHE_LINE);
        return given.slice((CACHE_LINE - past) % CACHE_LINE, length).order(ByteOrder.nativeOrder());
    }

    /** {@return the flow that had this cookie, or {@link ConnectionTracker#NONE}} */
    int flow(int cookie) {
        LongBuffer entries = this.entries;
        int first = first(cookie);
        for (int at = first; at < first + WAYS; at++) {
            long entry = entries.get(at);
            if ((int) (entry >>> Integer.SIZE) == cookie && (int) entry != 0) {
                return (int) entry - 1;
            }
        }
        return ConnectionTracker.NONE;
    }

    /**
     * Looks up several cookies, and waits for the memory of all of them at once.
     *
     * @param cookies which
     * @param count how many of them
     * @param flows receives the flow of each, as by {@link #flow}
     */
    void flows(int[] cookies, int count, int[] flows) {
        LongBuffer entries = this.entries;
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += entries.get(first(cookies[i]));
        }
        brought = sum;
        for (int i = 0; i < count; i++) {
            flows[i] = flow(cookies[i]);
        }
    }

    /** Remembers that a flow has this cookie, and no other one. */
    void remember(int cookie, int flow) {
        LongBuffer entries = this.entries;
        int first = first(cookie);
        int at = first;
        while (at < first + WAYS - 1 && (int) (entries.get(at) >>> Integer.SIZE) != cookie) {
            at++;
        }
        for (; at > first; at--) { // the last one, or that of the same cookie, is gone
            entries.put(at, entries.get(at - 1));
        }
        entries.put(first, ((long) cookie << Integer.SIZE) | (flow + 1));
    }

    /** {@return the bytes of memory that this takes off the heap} */
    long memoryLength() {
        return (long) entries.capacity() * Long.BYTES;
    }

    /** {@return where the places of a cookie begin} */
    private int first(int cookie) {
        // Neighbours lie apart, whatever cookies are made of
        return (cookie * MIX) >>> shift << WAY_BITS;
    }
}
