package io.github.geneve4j.io.pcap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The block format: sections of one byte order, each with its interfaces and their packets
 * (draft-ietf-opsawg-pcapng).
 *
 * <pre>
 * every block      type:32  total length:32  body  total length:32
 * section header   byte-order magic:32  major:16 minor:16  section length:64  options
 * interface        link type:16  reserved:16  snap length:32  options
 * enhanced packet  interface:32  time high:32 low:32  captured:32  original:32  data  options
 * packet           interface:16  drops:16  time high:32 low:32  captured:32  original:32  data  options
 * simple packet    original:32  data
 * </pre>
 *
 * <p>Other blocks are passed over by their length.
 */
final class PcapngSource implements FrameSource {
    /** Reads the same in both byte orders. */
    static final int SECTION_HEADER = 0x0a0d0d0a;

    static final int INTERFACE_DESCRIPTION = 1;
    static final int OBSOLETE_PACKET = 2;
    static final int SIMPLE_PACKET = 3;
    static final int ENHANCED_PACKET = 6;

    // Any block.
    static final int TYPE_OFFSET = 0; // 32 bits
    static final int TOTAL_LENGTH_OFFSET = 4; // 32 bits
    static final int BLOCK_HEADER_LENGTH = 8;
    static final int BLOCK_TRAILER_LENGTH = 4; // the total length again

    // Section header.
    static final int BYTE_ORDER_OFFSET = 8; // 32 bits
    static final int MAJOR_OFFSET = 12; // 16 bits
    static final int MINOR_OFFSET = 14; // 16 bits
    static final int SECTION_LENGTH_OFFSET = 16; // 64 bits
    static final int SECTION_OPTIONS_OFFSET = 24;

    // Interface description.
    static final int LINK_TYPE_OFFSET = 8; // 16 bits, then 16 reserved
    static final int SNAP_LENGTH_OFFSET = 12; // 32 bits
    static final int INTERFACE_OPTIONS_OFFSET = 16;

    // Enhanced packet, and the obsolete packet but for the first word.
    static final int INTERFACE_ID_OFFSET = 8; // 32 bits; obsolete: 16, then 16 of drops
    static final int TIME_HIGH_OFFSET = 12; // 32 bits
    static final int TIME_LOW_OFFSET = 16; // 32 bits
    static final int CAPTURED_OFFSET = 20; // 32 bits
    static final int ORIGINAL_OFFSET = 24; // 32 bits
    static final int PACKET_DATA_OFFSET = 28;

    // Simple packet.
    static final int SIMPLE_ORIGINAL_OFFSET = 8; // 32 bits
    static final int SIMPLE_DATA_OFFSET = 12;

    static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
    static final int MAJOR_VERSION = 1;
    static final int ALIGNMENT = 4;

    private static final int MAX_BLOCK_LENGTH = PcapReader.MAX_FRAME_LENGTH;
    private static final int MAX_INTERFACES = 1 << 16;

    private final CaptureInput input;
    private final List<CaptureInterface> interfaces = new ArrayList<>();

    // The current block.
    private long start;
    private int type;
    private int length;

    /** Reads the first section header; its type stands in the input already. */
    PcapngSource(CaptureInput input) throws IOException {
        this.input = input;
        this.type = SECTION_HEADER;
        int rest = BLOCK_HEADER_LENGTH - TOTAL_LENGTH_OFFSET;
        int got = input.read(TOTAL_LENGTH_OFFSET, rest);
        if (got < rest) {
            throw PcapFormatException.truncated(
                    "a block header takes", BLOCK_HEADER_LENGTH, TOTAL_LENGTH_OFFSET + got, 0);
        }
        section(1);
    }

    @Override
    public boolean next(PcapReader reader) throws IOException {
        while (true) {
            start = input.position();
            int got = input.read(TYPE_OFFSET, BLOCK_HEADER_LENGTH);
            if (got == 0) {
                return false;
            }
            if (got < BLOCK_HEADER_LENGTH) {
                throw PcapFormatException.truncated(
                        "a block header takes", BLOCK_HEADER_LENGTH, got, start);
            }
            type = input.i32(TYPE_OFFSET);
            switch (type) {
                case SECTION_HEADER -> section(reader.nextNumber());
                case INTERFACE_DESCRIPTION -> interfaceDescription(reader.nextNumber());
                case ENHANCED_PACKET, OBSOLETE_PACKET -> {
                    packet(reader);
                    return true;
                }
                case SIMPLE_PACKET -> {
                    simplePacket(reader);
                    return true;
                }
                default -> skip(reader.nextNumber());
            }
        }
    }

    private void section(long number) throws IOException {
        int got = input.read(BYTE_ORDER_OFFSET, Integer.BYTES);
        if (got < Integer.BYTES) {
            throw PcapFormatException.truncated(
                    name(number) + " takes at least",
                    SECTION_OPTIONS_OFFSET + BLOCK_TRAILER_LENGTH,
                    BLOCK_HEADER_LENGTH + got,
                    start);
        }
        int order = input.buffer().getInt(BYTE_ORDER_OFFSET);
        if (order != BYTE_ORDER_MAGIC && Integer.reverseBytes(order) != BYTE_ORDER_MAGIC) {
            throw new PcapFormatException(
                    (start == 0 ? "not a capture file: " : "")
                            + name(number)
                            + " at byte "
                            + start
                            + " has byte-order magic "
                            + hex(order));
        }
        input.littleEndian(order != BYTE_ORDER_MAGIC);
        body(number, BYTE_ORDER_OFFSET + Integer.BYTES, SECTION_OPTIONS_OFFSET);
        int major = input.u16(MAJOR_OFFSET);
        if (major != MAJOR_VERSION) {
            throw new PcapFormatException(
                    name(number)
                            + " at byte "
                            + start
                            + " has version "
                            + major
                            + "."
                            + input.u16(MINOR_OFFSET)
                            + ": only "
                            + MAJOR_VERSION
                            + " is known");
        }
        interfaces.clear();
    }

    private void interfaceDescription(long number) throws IOException {
        body(number, BLOCK_HEADER_LENGTH, INTERFACE_OPTIONS_OFFSET);
        if (interfaces.size() == MAX_INTERFACES) {
            throw new PcapFormatException(
                    name(number) + " at byte " + start + ": more than " + MAX_INTERFACES);
        }
        interfaces.add(
                CaptureInterface.read(
                        input,
                        input.u16(LINK_TYPE_OFFSET),
                        input.u32(SNAP_LENGTH_OFFSET),
                        INTERFACE_OPTIONS_OFFSET,
                        length - BLOCK_TRAILER_LENGTH));
    }

    private void packet(PcapReader reader) throws IOException {
        long number = reader.nextNumber();
        body(number, BLOCK_HEADER_LENGTH, PACKET_DATA_OFFSET);
        int room = length - BLOCK_TRAILER_LENGTH - PACKET_DATA_OFFSET;
        long captured = input.u32(CAPTURED_OFFSET);
        if (captured > room) {
            throw new PcapFormatException(
                    name(number)
                            + " at byte "
                            + start
                            + " says "
                            + captured
                            + " captured bytes, its block holds "
                            + room);
        }
        CaptureInterface from =
                captureInterface(
                        number,
                        type == ENHANCED_PACKET
                                ? input.u32(INTERFACE_ID_OFFSET)
                                : input.u16(INTERFACE_ID_OFFSET));
        long ticks = input.u32(TIME_HIGH_OFFSET) << Integer.SIZE | input.u32(TIME_LOW_OFFSET);
        int options = PACKET_DATA_OFFSET + aligned((int) captured);
        reader.frame(
                from.nanos(ticks),
                from.linkType(),
                PACKET_DATA_OFFSET,
                (int) captured,
                input.u32(ORIGINAL_OFFSET),
                options,
                length - BLOCK_TRAILER_LENGTH - options);
    }

    private void simplePacket(PcapReader reader) throws IOException {
        long number = reader.nextNumber();
        body(number, BLOCK_HEADER_LENGTH, SIMPLE_DATA_OFFSET);
        CaptureInterface from = captureInterface(number, 0);
        long original = input.u32(SIMPLE_ORIGINAL_OFFSET);
        int room = length - BLOCK_TRAILER_LENGTH - SIMPLE_DATA_OFFSET;
        long captured = Math.min(Math.min(original, from.snapLength()), room);
        reader.frame(
                PcapReader.NO_TIMESTAMP,
                from.linkType(),
                SIMPLE_DATA_OFFSET,
                (int) captured,
                original,
                0,
                0);
    }

    private CaptureInterface captureInterface(long number, long id) throws PcapFormatException {
        if (id >= interfaces.size()) {
            throw new PcapFormatException(
                    name(number)
                            + " at byte "
                            + start
                            + " comes from interface "
                            + id
                            + ", its section describes "
                            + interfaces.size());
        }
        return interfaces.get((int) id);
    }

    /** Reads the rest of the block, of which {@code from} bytes stand in the input. */
    private void body(long number, int from, int minimum) throws IOException {
        long total = totalLength(number, minimum + BLOCK_TRAILER_LENGTH);
        if (total > MAX_BLOCK_LENGTH) {
            throw new PcapFormatException(
                    name(number)
                            + " at byte "
                            + start
                            + " says "
                            + total
                            + " bytes: more than "
                            + MAX_BLOCK_LENGTH);
        }
        length = (int) total;
        int got = input.read(from, length - from);
        if (got < length - from) {
            throw PcapFormatException.truncated(name(number) + " says", length, from + got, start);
        }
        checkTrailer(number, total, input.u32(length - BLOCK_TRAILER_LENGTH));
    }

    private void skip(long number) throws IOException {
        long total = totalLength(number, BLOCK_HEADER_LENGTH + BLOCK_TRAILER_LENGTH);
        long rest = total - BLOCK_HEADER_LENGTH;
        long skipped = input.skip(BLOCK_HEADER_LENGTH, rest - BLOCK_TRAILER_LENGTH);
        skipped +=
                input.read(
                        BLOCK_HEADER_LENGTH, (int) Math.min(rest - skipped, BLOCK_TRAILER_LENGTH));
        if (skipped < rest) {
            throw PcapFormatException.truncated(
                    name(number) + " says", total, BLOCK_HEADER_LENGTH + skipped, start);
        }
        checkTrailer(number, total, input.u32(BLOCK_HEADER_LENGTH));
    }

    private long totalLength(long number, int minimum) throws PcapFormatException {
        long total = input.u32(TOTAL_LENGTH_OFFSET);
        if (total < minimum || total % ALIGNMENT != 0) {
            throw new PcapFormatException(
                    name(number)
                            + " at byte "
                            + start
                            + " says "
                            + total
                            + " bytes: not a multiple of "
                            + ALIGNMENT
                            + " from "
                            + minimum);
        }
        return total;
    }

    private void checkTrailer(long number, long total, long trailer) throws PcapFormatException {
        if (total != trailer) {
            throw new PcapFormatException(
                    name(number)
                            + " at byte "
                            + start
                            + " says "
                            + total
                            + " bytes at its start and "
                            + trailer
                            + " at its end");
        }
    }

    /** {@return the current block in words, where {@code number} is the next frame's} */
    private String name(long number) {
        return switch (type) {
            case SECTION_HEADER -> "section header";
            case INTERFACE_DESCRIPTION -> "interface description";
            case ENHANCED_PACKET, OBSOLETE_PACKET, SIMPLE_PACKET -> "frame " + number;
            default -> "block of type 0x" + hex(type);
        };
    }

    static int aligned(int length) {
        return (length + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private static String hex(int word) {
        return String.format(Locale.ROOT, "%08x", word);
    }
}
