package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Bytes of callers on their way to the kernel. */
final class Payloads {
    private static final ValueLayout.OfLong BYTES =
            JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private Payloads() {}

    /** Of all ways out of any kind of buffer this one allocates nothing. */
    static void copy(ByteBuf from, int offset, int length, MemorySegment to, long start) {
        int i = 0;
        for (; i <= length - Long.BYTES; i += Long.BYTES) {
            to.set(BYTES, start + i, from.getLong(offset + i));
        }
        for (; i < length; i++) {
            to.set(JAVA_BYTE, start + i, from.getByte(offset + i));
        }
    }
}
