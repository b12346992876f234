package io.github.geneve4j.simulator.load;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Tells a packet from all others: its number in the run, and the complement of that number. With
 * both, the sum of the 16-bit words is the same for every number, so checksums need not change.
 */
final class Stamp {
    static final int LENGTH = 16;

    /** What {@link #read} returns for bytes that are no stamp. */
    static final long NONE = -1;

    private static final ValueLayout.OfLong NUMBER = ValueLayout.JAVA_LONG_UNALIGNED;

    private Stamp() {}

    static void write(MemorySegment memory, long offset, long number) {
        memory.set(NUMBER, offset, number);
        memory.set(NUMBER, offset + Long.BYTES, ~number);
    }

    /** {@return the number, 0 or more} */
    static long read(MemorySegment memory, long offset) {
        long number = memory.get(NUMBER, offset);
        boolean isWhole = number >= 0 && memory.get(NUMBER, offset + Long.BYTES) == ~number;
        return isWhole ? number : NONE;
    }
}
