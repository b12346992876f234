package io.github.geneve4j.packets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledDirectByteBuf;
import java.util.Objects;

/**
 * Copies bytes between a heap buffer and the memory of a port without allocating, which {@link
 * ByteBuf#getBytes} does for direct buffers: a view of them for each call.
 */
public final class PacketCopy {
    private PacketCopy() {}

    /**
     * Copies bytes; the two ranges must not overlap.
     *
     * @param from only read; one of the two has an array, or else there may be an allocation
     * @param offset absolute index of the first byte to read
     * @param into changed
     * @param at absolute index of the first byte to write
     * @param length bytes, 0 or more
     * @throws IndexOutOfBoundsException if a range is not inside its buffer
     */
    public static void copy(ByteBuf from, int offset, ByteBuf into, int at, int length) {
        Objects.checkFromIndexSize(offset, length, from.capacity()); // less than its array, perhaps
        if (from.hasArray()) {
            into.setBytes(at, from.array(), from.arrayOffset() + offset, length);
        } else if (into.hasArray() && from instanceof UnpooledDirectByteBuf) {
            Objects.checkFromIndexSize(at, length, into.capacity());
            from.internalNioBuffer(offset, length)
                    .get(into.array(), into.arrayOffset() + at, length);
        } else {
            into.setBytes(at, from, offset, length);
        }
    }
}
