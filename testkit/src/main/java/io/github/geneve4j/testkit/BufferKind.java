package io.github.geneve4j.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The kinds of buffer that a packet may arrive in. Every test of a view runs over all of them, with
 * JUnit's {@code @EnumSource}.
 *
 * <p>In each kind the last byte of the packet is the last byte of the buffer, so a read past the
 * end throws. What stands before the packet is noise. None needs a release.
 */
public enum BufferKind {
    /** A Java array, from index 0. */
    HEAP(0, false),
    /** Memory outside the heap, from index 0. */
    DIRECT(0, true),
    /** A Java array, from an odd index on. */
    HEAP_AT_OFFSET(13, false),
    /** Memory outside the heap, from an odd index on. */
    DIRECT_AT_OFFSET(13, true),
    /** A slice of a larger array, whose index 0 is not the array's. */
    SLICE(7, false) {
        @Override
        Placed placed(byte[] noiseAndBytes, int offset) {
            ByteBuf whole = Unpooled.wrappedBuffer(Packets.concat(noiseAndBytes, noise(16)));
            int skipped = 5;
            return new Placed(
                    whole.slice(skipped, noiseAndBytes.length - skipped),
                    offset - skipped,
                    noiseAndBytes.length - offset);
        }
    },
    /** Two pieces, cut in the middle of the packet. */
    COMPOSITE(3, false) {
        @Override
        Placed placed(byte[] noiseAndBytes, int offset) {
            int cut = offset + (noiseAndBytes.length - offset) / 2;
            byte[] head = Arrays.copyOf(noiseAndBytes, cut);
            byte[] tail = Arrays.copyOfRange(noiseAndBytes, cut, noiseAndBytes.length);
            ByteBuf both =
                    Unpooled.compositeBuffer()
                            .addComponent(true, Unpooled.wrappedBuffer(head))
                            .addComponent(true, Unpooled.wrappedBuffer(tail));
            return new Placed(both, offset, noiseAndBytes.length - offset);
        }
    };

    private final int offset;
    private final boolean direct;

    BufferKind(int offset, boolean direct) {
        this.offset = offset;
        this.direct = direct;
    }

    /** {@return a buffer of this kind that holds the bytes, readable from the first to the last} */
    public Placed place(byte[] bytes) {
        Placed placed = placed(Packets.concat(noise(offset), bytes), offset);
        placed.buffer().setIndex(placed.offset(), placed.offset() + placed.length());
        return placed;
    }

    /** {@return a writable buffer of this kind with {@code length} bytes of noise} */
    public Placed room(int length) {
        return place(noise(length));
    }

    Placed placed(byte[] noiseAndBytes, int offset) {
        ByteBuf buffer;
        if (direct) {
            ByteBuffer memory = ByteBuffer.allocateDirect(noiseAndBytes.length);
            memory.put(noiseAndBytes).flip();
            buffer = Unpooled.wrappedBuffer(memory);
        } else {
            buffer = Unpooled.wrappedBuffer(noiseAndBytes);
        }
        return new Placed(buffer, offset, noiseAndBytes.length - offset);
    }

    private static byte[] noise(int length) {
        byte[] noise = new byte[length];
        Arrays.fill(noise, (byte) 0xa5);
        return noise;
    }

    /**
     * Bytes in a buffer.
     *
     * @param buffer holds noise and then the bytes
     * @param offset absolute index of the first byte
     * @param length how many there are, up to the buffer's end
     */
    public record Placed(ByteBuf buffer, int offset, int length) {
        /** {@return a copy of the bytes as they are now} */
        public byte[] bytes() {
            byte[] copy = new byte[length];
            buffer.getBytes(offset, copy);
            return copy;
        }
    }
}
