package io.github.geneve4j.geneve;

import static io.github.geneve4j.geneve.Geneve.HEADER_LENGTH;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Objects;

/**
 * View over a received Geneve header (RFC 8926 §3.4). Wrap, check the status, then read.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |        Virtual Network Identifier (VNI)       |    Reserved   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Variable-Length Options                    |
 * </pre>
 *
 * <p>{@link #wrap} validates everything structural once; after {@link DecodeStatus#OK} no accessor
 * and no option can read outside the packet. The view reports what the bytes say: reserved bits are
 * ignored, and whether an unknown critical option or a set O bit means a drop is the business of
 * {@link io.github.geneve4j.geneve.tunnel.EndpointPolicy}.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer until the next {@code wrap}. A failed {@code wrap} detaches the view: a later read throws
 * {@link IndexOutOfBoundsException} instead of returning stale fields.
 */
public final class GeneveDecoder {
    static final int VER_OPT_LEN_OFFSET = 0; // Ver:2 Opt Len:6
    static final int FLAGS_OFFSET = 1; // O:1 C:1 Rsvd:6
    static final int PROTOCOL_TYPE_OFFSET = 2; // 16 bits
    static final int VNI_OFFSET = 4; // 24 bits, then 8 reserved

    static final int VERSION_SHIFT = 6;
    static final int OPT_LEN_MASK = 0x3f;
    static final int WORD_SHIFT = 2;
    static final int CONTROL_FLAG = 0x80;
    static final int CRITICAL_FLAG = 0x40;
    static final int VNI_SHIFT = 8; // in the header's second word

    // The layout of a load balancer's header: three options of 2, 2 and 1 words of data.
    private static final int THREE_OPTIONS_LENGTH = 12 + 12 + 8;
    private static final int SECOND_OPTION = 12;
    private static final int THIRD_OPTION = 24;

    private static final long OVERRUN = -1;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int offset;
    private int length;
    private int optionsLength;
    private boolean criticalOption;

    /** Creates a view of nothing; {@link #wrap} gives it a packet. */
    public GeneveDecoder() {}

    /**
     * Points this view at the bytes that follow the UDP header, and validates them.
     *
     * @param buffer borrowed until the next call
     * @param offset absolute index of the first Geneve byte
     * @param length bytes available from {@code offset}, inner packet included
     * @return {@link DecodeStatus#OK}, or the first violation found: {@link
     *     DecodeStatus#TRUNCATED_HEADER}, {@link DecodeStatus#UNSUPPORTED_VERSION}, {@link
     *     DecodeStatus#TRUNCATED_OPTIONS}, {@link DecodeStatus#OPTION_OVERRUN}
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     */
    public DecodeStatus wrap(ByteBuf buffer, int offset, int length) {
        this.buffer = Unpooled.EMPTY_BUFFER;
        this.length = 0;
        Objects.checkFromIndexSize(offset, length, buffer.capacity());
        if (length < HEADER_LENGTH) {
            return DecodeStatus.TRUNCATED_HEADER;
        }
        int first = buffer.getUnsignedByte(offset + VER_OPT_LEN_OFFSET);
        if (first >>> VERSION_SHIFT != 0) {
            return DecodeStatus.UNSUPPORTED_VERSION;
        }
        int optionsLength = (first & OPT_LEN_MASK) << WORD_SHIFT;
        if (length - HEADER_LENGTH < optionsLength) {
            return DecodeStatus.TRUNCATED_OPTIONS;
        }
        long heads = scan(buffer, offset + HEADER_LENGTH, optionsLength);
        if (heads == OVERRUN) {
            return DecodeStatus.OPTION_OVERRUN;
        }
        this.buffer = buffer;
        this.offset = offset;
        this.length = length;
        this.optionsLength = optionsLength;
        this.criticalOption = (heads & OptionCursor.CRITICAL_MASK) != 0;
        return DecodeStatus.OK;
    }

    /**
     * {@return the first words of all options, or-ed; OVERRUN if they do not end where they must}
     */
    private static long scan(ByteBuf buffer, int options, int optionsLength) {
        if (optionsLength == 0) {
            return 0;
        }
        if (optionsLength == THREE_OPTIONS_LENGTH) {
            int first = buffer.getInt(options);
            int second = buffer.getInt(options + SECOND_OPTION);
            int third = buffer.getInt(options + THIRD_OPTION);
            if ((((first ^ 2) | (second ^ 2) | (third ^ 1)) & OptionCursor.LENGTH_MASK) == 0) {
                return (first | second | third) & OptionCursor.HEAD_MASK;
            }
        }
        int heads = 0;
        int remaining = optionsLength;
        do {
            int head = buffer.getInt(options + optionsLength - remaining);
            heads |= head;
            remaining -= OptionCursor.length(head); // at least 4: the walk terminates
        } while (remaining > 0);
        return remaining == 0 ? heads & OptionCursor.HEAD_MASK : OVERRUN;
    }

    /** {@return the version: 0, as no other passes {@code wrap}} */
    public int version() {
        return buffer.getUnsignedByte(offset + VER_OPT_LEN_OFFSET) >>> VERSION_SHIFT;
    }

    /** {@return the O bit: a control packet, whose payload must not be forwarded} */
    public boolean isControl() {
        return (buffer.getByte(offset + FLAGS_OFFSET) & CONTROL_FLAG) != 0;
    }

    /** {@return the C bit as sent, whatever the options say; see {@link #hasCriticalOption()}} */
    public boolean isCritical() {
        return (buffer.getByte(offset + FLAGS_OFFSET) & CRITICAL_FLAG) != 0;
    }

    /** {@return whether any option has the critical bit in its type, whatever the C bit says} */
    public boolean hasCriticalOption() {
        checkAttached();
        return criticalOption;
    }

    /** {@return the EtherType of the inner packet, 0 to 65535; see {@link EtherType}} */
    public int protocolType() {
        return buffer.getUnsignedShort(offset + PROTOCOL_TYPE_OFFSET);
    }

    /** {@return the virtual network identifier, 0 to {@value Geneve#MAX_VNI}} */
    public int vni() {
        return buffer.getUnsignedMedium(offset + VNI_OFFSET);
    }

    /** {@return the bytes that all options take, a multiple of 4, 0 to 252} */
    public int optionsLength() {
        checkAttached();
        return optionsLength;
    }

    /** {@return the bytes of fixed header and options, 8 to 260} */
    public int headerLength() {
        return HEADER_LENGTH + optionsLength();
    }

    /**
     * Puts a cursor before the first option.
     *
     * @param cursor re-used; valid until the next {@code wrap} of this view
     * @return the same cursor
     */
    public OptionCursor options(OptionCursor cursor) {
        checkAttached();
        return cursor.reset(buffer, offset + HEADER_LENGTH, optionsLength);
    }

    /** {@return the buffer that was wrapped; it belongs to the caller of {@code wrap}} */
    public ByteBuf buffer() {
        checkAttached();
        return buffer;
    }

    /** {@return the absolute index of the first header byte} */
    public int offset() {
        checkAttached();
        return offset;
    }

    /** {@return the absolute index of the inner packet} */
    public int payloadOffset() {
        return offset + headerLength();
    }

    /** {@return the bytes of the inner packet, 0 if there is none} */
    public int payloadLength() {
        return length - headerLength();
    }

    /** Refuses a read through a view that was never wrapped, or whose last wrap failed. */
    private void checkAttached() {
        if (length == 0) {
            throw new IndexOutOfBoundsException(
                    "no packet: wrap() was not called or did not return OK");
        }
    }
}
