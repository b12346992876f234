package io.github.geneve4j.geneve;

import io.netty.buffer.ByteBuf;

/**
 * Checks of ranges that a caller names: a wrong one is a programmer's mistake, not a bad packet.
 */
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

    /** Refuses a read through a view that was never wrapped, or whose last wrap failed. */
    static void checkAttached(int length) {
        if (length == 0) {
            throw new IndexOutOfBoundsException(
                    "no packet: wrap() was not called or did not return OK");
        }
    }
}
