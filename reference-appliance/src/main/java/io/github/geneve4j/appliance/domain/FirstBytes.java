package io.github.geneve4j.appliance.domain;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Puts the first segments of connections together again, in whatever order they come, in a fixed
 * number of buffers of a fixed length.
 *
 * <p>A buffer is lent until it is given back, or all others have been lent after it: then whoever
 * had it holds it no longer. So a flood of connections that never finish their first message costs
 * no more memory, and the oldest of them their buffers.
 *
 * <p>A byte that comes again has to be the same as before. Senders of honest retransmissions always
 * manage that; who would like us and the server to read different things does not.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> owns its
 * memory, off the heap.
 */
public final class FirstBytes {
    /** What {@link #add} returns for bytes that contradict earlier ones. */
    public static final int CONFLICT = -1;

    private static final int NOBODY = 0;

    private final int capacity;
    private final int mask;
    private final ByteBuf memory;
    private final long[] lentTo; // by place: the loan that has it, or NOBODY
    private final int[] contiguous; // by place: bytes from the first on without a gap
    private final long[] present; // by place, then one bit for each byte
    private final int wordsEach;
    private final int[] free; // places that nobody has, the next one last
    private int freeCount;
    private final int[] next; // by place that is lent: the one lent after it, in a ring
    private final int[] previous;
    private final int ring; // no place: between the newest and the oldest
    private long loans;

    /**
     * Takes the memory.
     *
     * @param buffers how many connections at once, 1 to 65536; rounded up to a power of two
     * @param capacity bytes of each, 64 to 65536; rounded up to a multiple of 64
     */
    public FirstBytes(int buffers, int capacity) {
        if (buffers < 1 || buffers > 1 << 16) {
            throw new IllegalArgumentException("buffers " + buffers + ": not 1 to 65536");
        }
        if (capacity < Long.SIZE || capacity > 1 << 16) {
            throw new IllegalArgumentException("capacity " + capacity + ": not 64 to 65536");
        }
        int places = Integer.highestOneBit(Math.max(1, buffers * 2 - 1));
        this.wordsEach = (capacity + Long.SIZE - 1) / Long.SIZE;
        this.capacity = wordsEach * Long.SIZE;
        this.mask = places - 1;
        if ((long) places * this.capacity > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    buffers + " buffers of " + capacity + " bytes: more than 2 GiB");
        }
        this.memory = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(places * this.capacity));
        this.lentTo = new long[places];
        this.contiguous = new int[places];
        this.present = new long[places * wordsEach];
        this.free = new int[places];
        this.ring = places;
        this.next = new int[places + 1];
        this.previous = new int[places + 1];
        next[ring] = ring;
        previous[ring] = ring;
        for (int place = places - 1; place >= 0; place--) {
            free[freeCount++] = place;
        }
    }

    /** {@return the most bytes of a connection} */
    public int capacity() {
        return capacity;
    }

    /** {@return a loan: a number, never 0 nor the same again, that stands for an empty buffer} */
    public long lend() {
        int place;
        if (freeCount > 0) {
            place = free[--freeCount];
        } else {
            place = next[ring];
            leave(place);
        }
        join(place);
        loans++;
        long loan = loans * (mask + 1) + place;
        lentTo[place] = loan;
        contiguous[place] = 0;
        Arrays.fill(present, place * wordsEach, (place + 1) * wordsEach, 0);
        return loan;
    }

    /**
     * {@return whether the buffer is still there}
     *
     * @param loan as {@link #lend} returned it
     */
    public boolean isHeld(long loan) {
        return loan != NOBODY && lentTo[place(loan)] == loan;
    }

    /**
     * Gives a buffer back; one that is not held any more does not matter.
     *
     * @param loan as {@link #lend} returned it
     */
    public void giveBack(long loan) {
        if (isHeld(loan)) {
            int place = place(loan);
            lentTo[place] = NOBODY;
            leave(place);
            free[freeCount++] = place;
        }
    }

    /** Puts a place behind those that were lent before it. */
    private void join(int place) {
        int newest = previous[ring];
        next[newest] = place;
        previous[place] = newest;
        next[place] = ring;
        previous[ring] = place;
    }

    private void leave(int place) {
        next[previous[place]] = next[place];
        previous[next[place]] = previous[place];
    }

    /**
     * Adds a segment's bytes. Those beyond the capacity are left out.
     *
     * @param loan held
     * @param position of the first of them in the connection, 0 or more
     * @param source has them
     * @param offset absolute index of the first
     * @param length how many
     * @return how many bytes are there now from the connection's first one on without a gap; {@link
     *     #CONFLICT} if one is not what it was before
     */
    public int add(long loan, int position, ByteBuf source, int offset, int length) {
        int place = place(loan);
        int start = offset(loan);
        int end = (int) Math.min(capacity, (long) position + length);
        for (int i = position; i < end; i++) {
            byte b = source.getByte(offset + i - position);
            int word = place * wordsEach + (i >>> 6);
            long bit = 1L << i;
            if ((present[word] & bit) == 0) {
                memory.setByte(start + i, b);
                present[word] |= bit;
            } else if (memory.getByte(start + i) != b) {
                return CONFLICT;
            }
        }
        contiguous[place] = count(place);
        return contiguous[place];
    }

    private int count(int place) {
        int word = contiguous[place] >>> 6;
        while (word < wordsEach && present[place * wordsEach + word] == -1L) {
            word++;
        }
        return word == wordsEach
                ? capacity
                : word * Long.SIZE + Long.numberOfTrailingZeros(~present[place * wordsEach + word]);
    }

    /**
     * {@return how many bytes are there from the connection's first one on without a gap}
     *
     * @param loan held
     */
    public int contiguous(long loan) {
        return contiguous[place(loan)];
    }

    /** {@return the memory of all buffers} */
    public ByteBuf memory() {
        return memory;
    }

    /**
     * {@return the absolute index in {@link #memory()} of a connection's first byte}
     *
     * @param loan held
     */
    public int offset(long loan) {
        return place(loan) * capacity;
    }

    private int place(long loan) {
        return (int) loan & mask;
    }
}
