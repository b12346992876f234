package io.github.geneve4j.io.pcap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * One record or block of a capture file at a time, in a buffer that starts at index 0 and is read
 * in the file's own byte order.
 *
 * <p>The buffer grows with the bytes that arrive and never with the length that a file claims: a
 * hostile file of 100 bytes costs no more memory than an honest one.
 */
final class CaptureInput {
    private static final int INITIAL_CAPACITY = 1 << 16;
    private static final int SKIP_CHUNK = 1 << 12;

    private final InputStream in;
    private byte[] bytes = new byte[INITIAL_CAPACITY];
    private ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
    private long position;
    private boolean littleEndian;

    CaptureInput(InputStream in) {
        this.in = in;
    }

    /** {@return the bytes read so far; valid until the next read, which may replace the buffer} */
    ByteBuf buffer() {
        return buffer;
    }

    /** {@return the offset in the file of the next byte to read} */
    long position() {
        return position;
    }

    void littleEndian(boolean littleEndian) {
        this.littleEndian = littleEndian;
    }

    int u16(int at) {
        int value = buffer.getUnsignedShort(at);
        return littleEndian ? Short.toUnsignedInt(Short.reverseBytes((short) value)) : value;
    }

    long u32(int at) {
        return Integer.toUnsignedLong(i32(at));
    }

    int i32(int at) {
        int value = buffer.getInt(at);
        return littleEndian ? Integer.reverseBytes(value) : value;
    }

    long i64(int at) {
        long value = buffer.getLong(at);
        return littleEndian ? Long.reverseBytes(value) : value;
    }

    /**
     * Reads the next bytes of the file to an index of the buffer.
     *
     * @return how many there were: fewer than {@code length} only at the end of the file
     */
    int read(int at, int length) throws IOException {
        int got = 0;
        while (got < length) {
            int to = at + got;
            if (to == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * bytes.length);
                buffer = Unpooled.wrappedBuffer(bytes);
            }
            int count = in.read(bytes, to, Math.min(length - got, bytes.length - to));
            if (count < 0) {
                break;
            }
            got += count;
        }
        position += got;
        return got;
    }

    /**
     * Passes over bytes by reading them, as a stream's own skip may pass over its end; what stands
     * in the buffer from {@code scratch} on is lost.
     *
     * @return how many there were: fewer than {@code length} only at the end of the file
     */
    long skip(int scratch, long length) throws IOException {
        long left = length;
        while (left > 0) {
            int count = read(scratch, (int) Math.min(left, SKIP_CHUNK));
            if (count == 0) {
                break;
            }
            left -= count;
        }
        return length - left;
    }

    void close() throws IOException {
        in.close();
    }
}
