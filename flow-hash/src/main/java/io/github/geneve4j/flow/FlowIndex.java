package io.github.geneve4j.flow;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.function.IntFunction;

/**
 * Finds the record of a flow by its hash: open addressing with linear probing, off the heap.
 *
 * <p>A slot is a long: the lower half of the hash, and the record's number plus one; 0 is free. The
 * home of an entry is given by the uppermost bits of that half, so that neither a remainder nor a
 * share of the hash, taken to choose a thread or a target, leaves parts of the index unused.
 * Removal closes the gap, so that there are no tombstones and no upkeep. At most three quarters of
 * the slots are in use.
 */
final class FlowIndex {
    static final int NONE = -1;

    /** The greatest number of records: three quarters of 2^27 slots, which fill 1 GiB. */
    static final int MAX_CAPACITY = 3 << 25;

    private static final int LEAST_SLOTS = 8;
    private static final long EMPTY = 0;

    private final LongBuffer slots;
    private final int mask;
    private final int homeShift;

    FlowIndex(int capacity, IntFunction<ByteBuffer> memory) {
        int count = Ranges.powerOfTwoFrom(Math.max(LEAST_SLOTS, capacity + (capacity + 2) / 3));
        this.slots = FlowRecords.allocate(count * Long.BYTES, memory).asLongBuffer();
        this.mask = count - 1;
        this.homeShift = Integer.SIZE - Integer.numberOfTrailingZeros(count);
    }

    /** {@return the bytes that the index takes} */
    long length() {
        return (long) slots.capacity() * Long.BYTES;
    }

    /** {@return the first slot that an entry of this hash can be in} */
    int home(long hash) {
        return (int) hash >>> homeShift;
    }

    /** {@return the slot to look at after this one} */
    int after(int slot) {
        return (slot + 1) & mask;
    }

    /** {@return what is in a slot, for the methods below} */
    long entry(int slot) {
        return slots.get(slot);
    }

    static boolean isEmpty(long entry) {
        return entry == EMPTY;
    }

    /** {@return whether the entry's hash may be this one: half of it is} */
    static boolean isOf(long entry, long hash) {
        return (int) (entry >>> Integer.SIZE) == (int) hash;
    }

    /** {@return the record that an entry that is not empty leads to} */
    static int record(long entry) {
        return (int) entry - 1;
    }

    /** Puts a record into an empty slot that the search for its hash ended at. */
    void put(int slot, long hash, int record) {
        set(slot, (hash << Integer.SIZE) | (record + 1));
    }

    /** Removes a record that was put under this hash. */
    void remove(long hash, int record) {
        int hole = home(hash);
        while (record(entry(hole)) != record) {
            hole = after(hole);
        }
        int slot = hole;
        while (true) {
            slot = after(slot);
            long entry = entry(slot);
            if (entry == EMPTY) {
                set(hole, EMPTY);
                return;
            }
            // An entry may move back into the hole unless its home lies behind it
            int home = home(entry >>> Integer.SIZE);
            if (((slot - home) & mask) >= ((slot - hole) & mask)) {
                set(hole, entry);
                hole = slot;
            }
        }
    }

    private void set(int slot, long entry) {
        slots.put(slot, entry);
    }
}
