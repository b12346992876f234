package io.github.geneve4j.io.pcap;

import io.netty.buffer.ByteBuf;

/** Checks of ranges that a caller names: a wrong one is a programmer's mistake, not a bad frame. */
final class CaptureRanges {
    private CaptureRanges() {}

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
