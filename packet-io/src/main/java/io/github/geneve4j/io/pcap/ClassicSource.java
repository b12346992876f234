package io.github.geneve4j.io.pcap;

import java.io.IOException;

/**
 * The classic format: one header, then records of one link type (draft-ietf-opsawg-pcap).
 *
 * <pre>
 * file header    magic:32  major:16 minor:16  reserved:32  reserved:32  snap length:32  link type:32
 * record header  seconds:32  micro- or nanoseconds:32  captured length:32  original length:32
 * </pre>
 *
 * <p>The snap length is not used: tools that cut, merge or rewrite captures leave values there that
 * their frames exceed, so a frame is as long as its record says.
 */
final class ClassicSource implements FrameSource {
    static final int MICROS_MAGIC = 0xa1b2c3d4;
    static final int NANOS_MAGIC = 0xa1b23c4d;

    /** Records of 24 instead of 16 bytes of header, written by long patched captures of Linux. */
    static final int MODIFIED_MAGIC = 0xa1b2cd34;

    static final int MAGIC_OFFSET = 0; // 32 bits
    static final int MAJOR_OFFSET = 4; // 16 bits
    static final int MINOR_OFFSET = 6; // 16 bits
    static final int SNAP_LENGTH_OFFSET = 16; // 32 bits
    static final int LINK_TYPE_OFFSET = 20; // FCS:4 and reserved:12, then 16 bits
    static final int FILE_HEADER_LENGTH = 24;

    static final int SECONDS_OFFSET = 0; // 32 bits
    static final int FRACTION_OFFSET = 4; // 32 bits
    static final int CAPTURED_OFFSET = 8; // 32 bits
    static final int ORIGINAL_OFFSET = 12; // 32 bits
    static final int RECORD_HEADER_LENGTH = 16;
    private static final int MODIFIED_RECORD_HEADER_LENGTH = 24;

    static final int MAJOR_VERSION = 2;
    static final int MINOR_VERSION = 4;

    private static final int LINK_TYPE_MASK = 0xffff;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long NANOS_PER_MICRO = 1_000;

    private final CaptureInput input;
    private final int recordHeaderLength;
    private final long nanosPerFraction;
    private final int linkType;

    /** Reads the rest of the file header; the magic number stands in the input already. */
    ClassicSource(CaptureInput input) throws IOException {
        this.input = input;
        int magic = input.buffer().getInt(MAGIC_OFFSET);
        input.littleEndian(!isMagic(magic));
        magic = input.i32(MAGIC_OFFSET);
        int rest = FILE_HEADER_LENGTH - MAJOR_OFFSET;
        int got = input.read(MAJOR_OFFSET, rest);
        if (got < rest) {
            throw PcapFormatException.truncated(
                    "the file header takes", FILE_HEADER_LENGTH, MAJOR_OFFSET + got, 0);
        }
        int major = input.u16(MAJOR_OFFSET);
        if (major != MAJOR_VERSION) {
            throw new PcapFormatException(
                    "pcap version "
                            + major
                            + "."
                            + input.u16(MINOR_OFFSET)
                            + ": only "
                            + MAJOR_VERSION
                            + " is known");
        }
        this.recordHeaderLength =
                magic == MODIFIED_MAGIC ? MODIFIED_RECORD_HEADER_LENGTH : RECORD_HEADER_LENGTH;
        this.nanosPerFraction = magic == NANOS_MAGIC ? 1 : NANOS_PER_MICRO;
        this.linkType = input.i32(LINK_TYPE_OFFSET) & LINK_TYPE_MASK;
    }

    @Override
    public boolean next(PcapReader reader) throws IOException {
        long start = input.position();
        int got = input.read(0, recordHeaderLength);
        if (got == 0) {
            return false;
        }
        if (got < recordHeaderLength) {
            throw PcapFormatException.truncated(
                    "the header of frame " + reader.nextNumber() + " takes",
                    recordHeaderLength,
                    got,
                    start);
        }
        long captured = input.u32(CAPTURED_OFFSET);
        if (captured > PcapReader.MAX_FRAME_LENGTH) {
            throw new PcapFormatException(
                    "frame "
                            + reader.nextNumber()
                            + " at byte "
                            + start
                            + " says "
                            + captured
                            + " bytes: more than "
                            + PcapReader.MAX_FRAME_LENGTH);
        }
        int length = (int) captured;
        long data = input.position();
        got = input.read(recordHeaderLength, length);
        if (got < length) {
            throw PcapFormatException.truncated(
                    "frame " + reader.nextNumber() + " says", length, got, data);
        }
        long nanos =
                input.u32(SECONDS_OFFSET) * NANOS_PER_SECOND
                        + input.u32(FRACTION_OFFSET) * nanosPerFraction;
        reader.frame(nanos, linkType, recordHeaderLength, length, input.u32(ORIGINAL_OFFSET), 0, 0);
        return true;
    }

    /** {@return whether a file that starts with this word, read big-endian, is of this format} */
    static boolean isMagicOfEitherOrder(int word) {
        return isMagic(word) || isMagic(Integer.reverseBytes(word));
    }

    private static boolean isMagic(int word) {
        return word == MICROS_MAGIC || word == NANOS_MAGIC || word == MODIFIED_MAGIC;
    }
}
