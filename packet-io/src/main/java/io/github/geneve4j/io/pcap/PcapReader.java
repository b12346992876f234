package io.github.geneve4j.io.pcap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Walks the frames of a capture file: pcap with micro- or nanoseconds, and pcapng, in either byte
 * order; which of them, the file itself tells.
 *
 * <p>Call {@link #next()} until it answers false; after true the accessors describe the frame. A
 * file that ends early or turns foreign gives all the frames before that, then a {@link
 * PcapFormatException} that says where. No length in the file is believed before the bytes are
 * there.
 *
 * <p>Of pcapng it reads sections, interfaces, and all three kinds of packet block, and passes over
 * every other block. Compressed files are for the caller to unpack:
 *
 * {@snippet :
 * PcapReader capture = PcapReader.open(new GZIPInputStream(Files.newInputStream(file)));
 * }
 *
 * <p><b>Allocation:</b> none for a frame, but when the buffer grows. <b>Threads:</b> one.
 * <b>Ownership:</b> the buffer is the reader's, and a frame in it is valid until the next {@code
 * next()}.
 */
public final class PcapReader implements Closeable {
    /**
     * Most bytes of one frame, or of one pcapng block that is not passed over: 16 MiB. A file that
     * claims more is refused as malformed.
     */
    public static final int MAX_FRAME_LENGTH = 1 << 24;

    /** The timestamp of a frame that carries none, a pcapng simple packet: 1970. */
    public static final long NO_TIMESTAMP = 0;

    private static final int READ_AHEAD = 1 << 16;
    private static final int MAGIC_LENGTH = 4;
    private static final int GZIP_MAGIC = 0x1f8b;
    private static final int ZSTD_MAGIC = 0x28b52ffd;

    private final CaptureInput input;
    private final FrameSource source;
    private @Nullable PcapFormatException failure;
    private boolean ended;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private long number;
    private long timestampNanos;
    private int linkType;
    private int offset;
    private int capturedLength;
    private long originalLength;
    private int optionsOffset;
    private int optionsLength;

    private PcapReader(CaptureInput input) throws IOException {
        this.input = input;
        int got = input.read(0, MAGIC_LENGTH);
        if (got == 0) {
            throw new PcapFormatException("not a capture file: it is empty");
        }
        int magic = got == MAGIC_LENGTH ? input.buffer().getInt(ClassicSource.MAGIC_OFFSET) : 0;
        if (magic == PcapngSource.SECTION_HEADER) {
            this.source = new PcapngSource(input);
        } else if (ClassicSource.isMagicOfEitherOrder(magic)) {
            this.source = new ClassicSource(input);
        } else {
            throw foreign(input.buffer(), got);
        }
    }

    /**
     * Opens a capture file and reads its header.
     *
     * @param file to read from its start; a pipe will do
     * @return a reader before the first frame
     * @throws PcapFormatException if it is not a capture file
     * @throws IOException if the file cannot be read
     */
    public static PcapReader open(Path file) throws IOException {
        InputStream in = Files.newInputStream(file);
        try {
            return open(in);
        } catch (IOException | RuntimeException e) {
            try {
                in.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /**
     * Reads the header of a capture.
     *
     * @param in at the first byte of the capture; read ahead of the frames, and closed by {@link
     *     #close()}, or by the caller if this method throws
     * @return a reader before the first frame
     * @throws PcapFormatException if it is not a capture file
     * @throws IOException if the stream cannot be read
     */
    public static PcapReader open(InputStream in) throws IOException {
        return new PcapReader(new CaptureInput(new BufferedInputStream(in, READ_AHEAD)));
    }

    /**
     * Moves to the next frame. Unless it answers true there is none: the buffer is empty.
     *
     * @return false at the end of the file
     * @throws PcapFormatException if what follows is cut short or malformed; so does every later
     *     call
     * @throws IOException if the file cannot be read
     */
    public boolean next() throws IOException {
        buffer = Unpooled.EMPTY_BUFFER;
        capturedLength = 0;
        optionsLength = 0;
        if (failure != null) {
            throw failure;
        }
        if (ended) {
            return false;
        }
        try {
            ended = !source.next(this);
        } catch (PcapFormatException e) {
            failure = e;
            throw e;
        }
        return !ended;
    }

    /** {@return the number of the current frame in the file, from 1; 0 before the first} */
    public long frameNumber() {
        return number;
    }

    /**
     * {@return when the frame was captured, in nanoseconds since 1970 in UTC; {@link #NO_TIMESTAMP}
     * if the file does not say; values beyond a long saturate}
     */
    public long timestampNanos() {
        return timestampNanos;
    }

    /** {@return what the frame starts with, 0 to 65535; see {@link LinkType}} */
    public int linkType() {
        return linkType;
    }

    /** {@return the buffer that holds the frame; another one when a larger frame needs it} */
    public ByteBuf buffer() {
        return buffer;
    }

    /** {@return the absolute index of the frame's first byte} */
    public int offset() {
        return offset;
    }

    /** {@return the bytes of the frame that the file has, 0 to {@value #MAX_FRAME_LENGTH}} */
    public int capturedLength() {
        return capturedLength;
    }

    /** {@return the bytes that the frame had on its link, as the file says: 0 to 2^32-1} */
    public long originalLength() {
        return originalLength;
    }

    /** {@return the comments on this frame, in their order; pcapng only} */
    public List<String> comments() {
        List<String> comments = new ArrayList<>();
        PcapngOptions option =
                new PcapngOptions(input, optionsOffset, optionsOffset + optionsLength);
        while (option.next()) {
            if (option.code() == PcapngOptions.COMMENT) {
                comments.add(
                        buffer.toString(
                                option.valueOffset(), option.length(), StandardCharsets.UTF_8));
            }
        }
        return List.copyOf(comments);
    }

    @Override
    public void close() throws IOException {
        input.close();
    }

    /** {@return the number of the frame that is being looked for} */
    long nextNumber() {
        return number + 1;
    }

    /** Takes the frame that the source found in the input. */
    void frame(
            long timestampNanos,
            int linkType,
            int offset,
            int capturedLength,
            long originalLength,
            int optionsOffset,
            int optionsLength) {
        this.buffer = input.buffer();
        this.number++;
        this.timestampNanos = timestampNanos;
        this.linkType = linkType;
        this.offset = offset;
        this.capturedLength = capturedLength;
        this.originalLength = originalLength;
        this.optionsOffset = optionsOffset;
        this.optionsLength = optionsLength;
    }

    private static PcapFormatException foreign(ByteBuf buffer, int length) {
        StringBuilder message = new StringBuilder("not a capture file: starts with ");
        for (int i = 0; i < length; i++) {
            message.append(String.format(Locale.ROOT, "%02x", buffer.getUnsignedByte(i)));
        }
        if (length >= Short.BYTES && buffer.getUnsignedShort(0) == GZIP_MAGIC) {
            message.append(" (gzip: unpack it first)");
        } else if (length == MAGIC_LENGTH && buffer.getInt(0) == ZSTD_MAGIC) {
            message.append(" (zstd: unpack it first)");
        }
        return new PcapFormatException(message.toString());
    }
}
