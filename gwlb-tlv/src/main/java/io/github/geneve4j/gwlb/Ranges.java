package io.github.geneve4j.gwlb;

import io.netty.buffer.ByteBuf;

/** Checks of ranges that a caller names: a wrong one is a programmer's mistake. */
final class Ranges {
    private Ranges() {}

    /** Refuses a range that does not lie inside the buffer's capacity. */
    static void check(ByteBuf buffer, int offset, int length) {
        if ((offset | length) < 0 || buffer.capacity() - length < offset) {
            throw new IndexOutOfBoundsException(
                    "offset "
                            + offset
                            + ", length "
                            + length
                            + ": outside a buffer of "
                            + buffer.capacity()
                            + " bytes");
        }
    }

    /** Refuses a number that is not {@code min} to {@code max}. */
    static void check(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " " + value + ": not " + min + " to " + max);
        }
    }
}
