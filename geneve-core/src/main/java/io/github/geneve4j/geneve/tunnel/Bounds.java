package io.github.geneve4j.geneve.tunnel;

import io.netty.buffer.ByteBuf;

/**
 * Check of a range that a caller names: a wrong one is a programmer's mistake, not a bad packet.
 */
final class Bounds {
    private Bounds() {}

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
}
