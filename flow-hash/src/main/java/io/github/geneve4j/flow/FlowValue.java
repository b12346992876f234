package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.FlowRecords.LAST_SEEN_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.VALUE_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.WORD_OFFSET;

import java.nio.IntBuffer;
import java.nio.LongBuffer;

/**
 * View of the bytes that a {@link FlowTable} keeps with a flow: for who reads and writes several of
 * them for one packet, so that the flow is checked and found in memory once.
 *
 * <p>{@link FlowTable#value} and {@link FlowTable#peek(long, FiveTuple, long, FlowValue)} point it
 * at a flow. It is valid as long as the flow's handle: a view of a flow that has ended shows, and
 * changes, what its place holds by then. Numbers are in the machine's byte order, as those that the
 * table reads and writes itself, and lie at multiples of their length.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> the table's one. <b>Ownership:</b>
 * keeps the table's memory as long as it is pointed at it.
 */
public final class FlowValue {
    private static final int LONG_SHIFT = 3;
    private static final int INT_SHIFT = 2;
    private static final LongBuffer NO_LONGS = LongBuffer.allocate(0);
    private static final IntBuffer NO_INTS = IntBuffer.allocate(0);

    private LongBuffer longs = NO_LONGS; // the memory that the flow's record lies in
    private IntBuffer ints = NO_INTS; // the same
    private int base; // of the value, in bytes
    private int length;

    /** Creates a view of no bytes. */
    public FlowValue() {}

    @SuppressWarnings("ReferenceEquality") // asks whether it is stored already
    void wrap(LongBuffer longs, IntBuffer ints, int base, int length) {
        if (this.longs != longs) {
            this.longs = longs; // the same, as of most tables, spares the collector's barrier
            this.ints = ints;
        }
        this.base = base;
        this.length = length;
    }

    /** {@return how many bytes there are} */
    public int length() {
        return length;
    }

    /**
     * {@return whether a packet goes the way of the first one of the flow, as {@link
     * FlowTable#isFromBeginner} has it}
     *
     * @param tuple of a packet of the flow that this was pointed at
     */
    public boolean isFromBeginner(FiveTuple tuple) {
        return FlowState.isFromBeginner(word(), tuple);
    }

    /**
     * {@return 8 bytes}
     *
     * @param offset of the first one, a multiple of 8
     */
    public long getLong(int offset) {
        return longs.get(index(offset, Long.BYTES) >>> LONG_SHIFT);
    }

    /**
     * Sets 8 bytes.
     *
     * @param offset of the first one, a multiple of 8
     * @param value stored
     */
    public void setLong(int offset, long value) {
        longs.put(index(offset, Long.BYTES) >>> LONG_SHIFT, value);
    }

    /**
     * {@return 4 bytes}
     *
     * @param offset of the first one, a multiple of 4
     */
    public int getInt(int offset) {
        return ints.get(index(offset, Integer.BYTES) >>> INT_SHIFT);
    }

    /**
     * Sets 4 bytes.
     *
     * @param offset of the first one, a multiple of 4
     * @param value stored
     */
    public void setInt(int offset, int value) {
        ints.put(index(offset, Integer.BYTES) >>> INT_SHIFT, value);
    }

    /** {@return what the table knows of the flow} */
    long word() {
        return longs.get((base - VALUE_OFFSET + WORD_OFFSET) >>> LONG_SHIFT);
    }

    /** Notes when the flow was seen. */
    void seen(long nowNs) {
        longs.put((base - VALUE_OFFSET + LAST_SEEN_OFFSET) >>> LONG_SHIFT, nowNs);
    }

    private int index(int offset, int size) {
        if (offset < 0 || offset > length - size) {
            throw new IndexOutOfBoundsException(outside(offset, size, length));
        }
        if ((offset & size - 1) != 0) {
            throw new IndexOutOfBoundsException("offset " + offset + ": no multiple of " + size);
        }
        return base + offset;
    }

    static String outside(int offset, int size, int length) {
        return "offset "
                + offset
                + ", length "
                + size
                + ": outside a value of "
                + length
                + " bytes";
    }
}
