package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.FlowRecords.INTS;
import static io.github.geneve4j.flow.FlowRecords.LONGS;

import java.nio.ByteBuffer;

/**
 * View of the bytes that a {@link FlowTable} keeps with a flow: for who reads and writes several of
 * them for one packet, so that the flow is checked and found in memory once.
 *
 * <p>{@link FlowTable#value} points it at a flow. It is valid as long as the flow's handle: a view
 * of a flow that has ended shows, and changes, what its place holds by then. Numbers are in the
 * machine's byte order, as those that the table reads and writes itself.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> the table's one. <b>Ownership:</b>
 * keeps the table's memory as long as it is pointed at it.
 */
public final class FlowValue {
    private static final ByteBuffer NO_MEMORY = FlowRecords.allocate(0);

    private ByteBuffer memory = NO_MEMORY;
    private int base;
    private int length;

    /** Creates a view of no bytes. */
    public FlowValue() {}

    @SuppressWarnings("ReferenceEquality") // asks whether it is stored already
    void wrap(ByteBuffer memory, int base, int length) {
        if (this.memory != memory) {
            this.memory = memory; // the same one, as of most tables, spares the collector's barrier
        }
        this.base = base;
        this.length = length;
    }

    /** {@return how many bytes there are} */
    public int length() {
        return length;
    }

    /**
     * {@return 8 bytes}
     *
     * @param offset of the first one
     */
    public long getLong(int offset) {
        return (long) LONGS.get(memory, index(offset, Long.BYTES));
    }

    /**
     * Sets 8 bytes.
     *
     * @param offset of the first one
     * @param value stored
     */
    public void setLong(int offset, long value) {
        LONGS.set(memory, index(offset, Long.BYTES), value);
    }

    /**
     * {@return 4 bytes}
     *
     * @param offset of the first one
     */
    public int getInt(int offset) {
        return (int) INTS.get(memory, index(offset, Integer.BYTES));
    }

    /**
     * Sets 4 bytes.
     *
     * @param offset of the first one
     * @param value stored
     */
    public void setInt(int offset, int value) {
        INTS.set(memory, index(offset, Integer.BYTES), value);
    }

    private int index(int offset, int size) {
        if (offset < 0 || offset > length - size) {
            throw new IndexOutOfBoundsException(outside(offset, size, length));
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
