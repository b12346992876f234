package io.github.geneve4j.io.pcap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.Closeable;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes frames of one link type to a capture file that every common tool opens.
 *
 * {@snippet :
 * try (PcapWriter capture = PcapWriter.create(file, PcapFormat.PCAPNG, LinkType.ETHERNET)) {
 *     capture.write(nanos, buffer, offset, length, length, "dropped: unknown_critical_option");
 * }
 * }
 *
 * <p>Integers are big-endian, which is as valid as the other order. What was written is in the file
 * after {@link #flush()} or {@link #close()}.
 *
 * <p><b>Allocation:</b> none for a frame without a comment. <b>Threads:</b> one. <b>Ownership:</b>
 * borrows a frame's buffer for the call.
 */
public final class PcapWriter implements Closeable, Flushable {
    /** Most bytes of one frame: what the usual tools accept when they read it back. */
    public static final int MAX_FRAME_LENGTH = 1 << 18;

    /** Most bytes of a comment in UTF-8. */
    public static final int MAX_COMMENT_LENGTH = 0xffff;

    private static final int STAGE_LENGTH = 1 << 16;
    private static final long MAX_UNSIGNED = 0xffff_ffffL;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long NANOS_PER_MICRO = 1_000;
    private static final int OPTION_TIMESTAMP_RESOLUTION = 9; // if_tsresol
    private static final int NANO_RESOLUTION = 9; // 10^-9
    private static final long UNKNOWN_SECTION_LENGTH = -1;
    private static final int PADDED_BYTE = 4;
    private static final byte[] NO_COMMENT = {};

    private final OutputStream out;
    private final PcapFormat format;
    private final byte[] stage = new byte[STAGE_LENGTH];
    private final ByteBuf staged = Unpooled.wrappedBuffer(stage);
    private int at;

    private PcapWriter(OutputStream out, PcapFormat format, int linkType) throws IOException {
        if (linkType < 0 || linkType > LinkType.MAX) {
            throw new IllegalArgumentException(
                    "link type " + linkType + ": not 0 to " + LinkType.MAX);
        }
        this.out = out;
        this.format = format;
        if (format == PcapFormat.PCAPNG) {
            sectionHeader();
            interfaceDescription(linkType);
        } else {
            fileHeader(linkType);
        }
    }

    /**
     * Creates a capture file, or empties one that is there.
     *
     * @param file to write
     * @param format of the file
     * @param linkType of every frame, 0 to 65535; see {@link LinkType}
     * @return a writer that has written the file's header
     * @throws IOException if the file cannot be written
     * @throws IllegalArgumentException if the link type is out of its range
     */
    public static PcapWriter create(Path file, PcapFormat format, int linkType) throws IOException {
        return create(Files.newOutputStream(file), format, linkType);
    }

    /**
     * Writes a capture to a stream.
     *
     * @param out closed by {@link #close()}; needs no buffering of its own
     * @param format of the capture
     * @param linkType of every frame, 0 to 65535; see {@link LinkType}
     * @return a writer that has written the capture's header
     * @throws IOException if the stream cannot be written
     * @throws IllegalArgumentException if the link type is out of its range
     */
    public static PcapWriter create(OutputStream out, PcapFormat format, int linkType)
            throws IOException {
        return new PcapWriter(out, format, linkType);
    }

    /**
     * Writes a whole frame.
     *
     * @param timestampNanos nanoseconds since 1970 in UTC, not negative; classic formats end in
     *     2106
     * @param buffer holds the frame
     * @param offset absolute index of the frame's first byte
     * @param length bytes of the frame, 0 to {@value #MAX_FRAME_LENGTH}
     * @throws IOException if the file cannot be written
     * @throws IllegalArgumentException if a number is out of its range
     * @throws IndexOutOfBoundsException if the frame is not inside the buffer's capacity
     */
    public void write(long timestampNanos, ByteBuf buffer, int offset, int length)
            throws IOException {
        write(timestampNanos, buffer, offset, length, length, null);
    }

    /**
     * Writes a frame, or the beginning of one, and what is to be said about it.
     *
     * @param timestampNanos nanoseconds since 1970 in UTC, not negative; classic formats end in
     *     2106
     * @param buffer holds the frame
     * @param offset absolute index of the frame's first byte
     * @param length bytes to write, 0 to {@value #MAX_FRAME_LENGTH}
     * @param originalLength bytes that the frame had on its link, 0 to 2^32-1
     * @param comment on this frame, or null; pcapng only; up to {@value #MAX_COMMENT_LENGTH} bytes
     * @throws IOException if the file cannot be written
     * @throws IllegalArgumentException if a number is out of its range, or the format or the length
     *     forbids the comment
     * @throws IndexOutOfBoundsException if the frame is not inside the buffer's capacity
     */
    public void write(
            long timestampNanos,
            ByteBuf buffer,
            int offset,
            int length,
            long originalLength,
            @Nullable String comment)
            throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.capacity());
        check("length", length, MAX_FRAME_LENGTH);
        check("original length", originalLength, MAX_UNSIGNED);
        if (format == PcapFormat.PCAPNG) {
            check("timestamp", timestampNanos, Long.MAX_VALUE);
            enhancedPacket(timestampNanos, buffer, offset, length, originalLength, utf8(comment));
        } else {
            check("timestamp", timestampNanos, MAX_UNSIGNED * NANOS_PER_SECOND);
            if (comment != null) {
                throw new IllegalArgumentException(
                        "a comment: " + format.label() + " has no place for it");
            }
            record(timestampNanos, buffer, offset, length, originalLength);
        }
    }

    @Override
    public void flush() throws IOException {
        drain();
        out.flush();
    }

    @Override
    public void close() throws IOException {
        try (out) {
            drain();
        }
    }

    private void fileHeader(int linkType) throws IOException {
        u32(format == PcapFormat.PCAP ? ClassicSource.MICROS_MAGIC : ClassicSource.NANOS_MAGIC);
        u16(ClassicSource.MAJOR_VERSION);
        u16(ClassicSource.MINOR_VERSION);
        u32(0); // reserved
        u32(0); // reserved
        u32(MAX_FRAME_LENGTH);
        u32(linkType);
    }

    private void record(
            long timestampNanos, ByteBuf buffer, int offset, int length, long originalLength)
            throws IOException {
        long fraction = timestampNanos % NANOS_PER_SECOND;
        u32(timestampNanos / NANOS_PER_SECOND);
        u32(format == PcapFormat.PCAP ? fraction / NANOS_PER_MICRO : fraction);
        u32(length);
        u32(originalLength);
        bytes(buffer, offset, length);
    }

    private void sectionHeader() throws IOException {
        int total = PcapngSource.SECTION_OPTIONS_OFFSET + PcapngSource.BLOCK_TRAILER_LENGTH;
        u32(PcapngSource.SECTION_HEADER);
        u32(total);
        u32(PcapngSource.BYTE_ORDER_MAGIC);
        u16(PcapngSource.MAJOR_VERSION);
        u16(0); // minor version
        u32(UNKNOWN_SECTION_LENGTH); // its upper half
        u32(UNKNOWN_SECTION_LENGTH);
        u32(total);
    }

    private void interfaceDescription(int linkType) throws IOException {
        int total =
                PcapngSource.INTERFACE_OPTIONS_OFFSET
                        + PcapngOptions.VALUE_OFFSET
                        + PADDED_BYTE
                        + PcapngOptions.VALUE_OFFSET
                        + PcapngSource.BLOCK_TRAILER_LENGTH;
        u32(PcapngSource.INTERFACE_DESCRIPTION);
        u32(total);
        u16(linkType);
        u16(0); // reserved
        u32(MAX_FRAME_LENGTH);
        u16(OPTION_TIMESTAMP_RESOLUTION);
        u16(Byte.BYTES);
        u32(NANO_RESOLUTION << (Integer.SIZE - Byte.SIZE)); // and padding
        endOfOptions();
        u32(total);
    }

    private void enhancedPacket(
            long timestampNanos,
            ByteBuf buffer,
            int offset,
            int length,
            long originalLength,
            byte[] comment)
            throws IOException {
        int options =
                comment.length == 0
                        ? 0
                        : PcapngOptions.VALUE_OFFSET
                                + PcapngSource.aligned(comment.length)
                                + PcapngOptions.VALUE_OFFSET;
        int total =
                PcapngSource.PACKET_DATA_OFFSET
                        + PcapngSource.aligned(length)
                        + options
                        + PcapngSource.BLOCK_TRAILER_LENGTH;
        u32(PcapngSource.ENHANCED_PACKET);
        u32(total);
        u32(0); // the only interface
        u32(timestampNanos >>> Integer.SIZE);
        u32(timestampNanos);
        u32(length);
        u32(originalLength);
        bytes(buffer, offset, length);
        padding(length);
        if (options != 0) {
            u16(PcapngOptions.COMMENT);
            u16(comment.length);
            for (byte b : comment) {
                u8(b);
            }
            padding(comment.length);
            endOfOptions();
        }
        u32(total);
    }

    private void endOfOptions() throws IOException {
        u16(PcapngOptions.END);
        u16(0);
    }

    private static byte[] utf8(@Nullable String comment) {
        if (comment == null) {
            return NO_COMMENT;
        }
        byte[] bytes = comment.getBytes(StandardCharsets.UTF_8);
        check("comment length", bytes.length, MAX_COMMENT_LENGTH);
        return bytes;
    }

    private static void check(String what, long value, long max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(what + " " + value + ": not 0 to " + max);
        }
    }

    private void u8(int value) throws IOException {
        room(Byte.BYTES);
        staged.setByte(at, value);
        at += Byte.BYTES;
    }

    private void u16(int value) throws IOException {
        room(Short.BYTES);
        staged.setShort(at, value);
        at += Short.BYTES;
    }

    private void u32(long value) throws IOException {
        room(Integer.BYTES);
        staged.setInt(at, (int) value);
        at += Integer.BYTES;
    }

    private void padding(int length) throws IOException {
        for (int i = length; i < PcapngSource.aligned(length); i++) {
            u8(0);
        }
    }

    /** By words, as a direct buffer's own bulk copy to an array allocates. */
    private void bytes(ByteBuf buffer, int offset, int length) throws IOException {
        int done = 0;
        for (; length - done >= Long.BYTES; done += Long.BYTES) {
            room(Long.BYTES);
            staged.setLong(at, buffer.getLong(offset + done));
            at += Long.BYTES;
        }
        for (; done < length; done++) {
            u8(buffer.getByte(offset + done));
        }
    }

    private void room(int bytes) throws IOException {
        if (STAGE_LENGTH - at < bytes) {
            drain();
        }
    }

    private void drain() throws IOException {
        out.write(stage, 0, at);
        at = 0;
    }
}
