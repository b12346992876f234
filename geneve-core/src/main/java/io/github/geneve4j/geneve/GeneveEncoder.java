package io.github.geneve4j.geneve;

import static io.github.geneve4j.geneve.Geneve.CRITICAL_TYPE_BIT;
import static io.github.geneve4j.geneve.Geneve.HEADER_LENGTH;
import static io.github.geneve4j.geneve.Geneve.MAX_OPTIONS_LENGTH;
import static io.github.geneve4j.geneve.Geneve.MAX_OPTION_DATA_LENGTH;
import static io.github.geneve4j.geneve.Geneve.MAX_VNI;
import static io.github.geneve4j.geneve.Geneve.OPTION_HEADER_LENGTH;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Objects;

/**
 * Writes a Geneve header (RFC 8926 §3.4) into a buffer at an absolute offset.
 *
 * <p>After {@link #begin} and after every option the buffer holds a complete, valid header: there
 * is nothing to finish. Every bit is written, reserved ones as zero, so the buffer may hold old
 * bytes. The C bit follows from the options (RFC 8926 §3.5) and cannot be set by hand.
 *
 * {@snippet :
 * encoder.begin(buffer, offset, EtherType.IPV4, vni)
 *        .option(0x0108, 1, endpointId)
 *        .option(0x0108, 3, cookie);
 * int innerOffset = offset + encoder.headerLength();
 * }
 *
 * <p>All methods check first and write after, so a refused call leaves the header as it was.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer; never grows it, moves its indices or releases it.
 */
public final class GeneveEncoder {
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int offset;
    private int optionsLength;

    /** Creates an encoder; {@link #begin} gives it a place to write. */
    public GeneveEncoder() {}

    /**
     * Writes a fixed header without options.
     *
     * @param buffer where to write; borrowed until the next {@code begin}
     * @param offset absolute index of the first header byte
     * @param protocolType EtherType of the inner packet, 0 to 65535; see {@link EtherType}
     * @param vni virtual network identifier, 0 to {@value Geneve#MAX_VNI}
     * @return this
     * @throws IllegalArgumentException if a number is out of its range
     * @throws IndexOutOfBoundsException if the buffer's capacity has no 8 bytes there
     */
    public GeneveEncoder begin(ByteBuf buffer, int offset, int protocolType, int vni) {
        if (protocolType < 0 || protocolType > 0xffff) {
            throw new IllegalArgumentException(
                    "protocol type " + protocolType + ": not 0 to 65535");
        }
        if (vni < 0 || vni > MAX_VNI) {
            throw new IllegalArgumentException("VNI " + vni + ": not 0 to " + MAX_VNI);
        }
        Objects.checkFromIndexSize(offset, HEADER_LENGTH, buffer.capacity());
        this.buffer = buffer;
        this.offset = offset;
        this.optionsLength = 0;
        // Two words: every bit but these numbers is zero.
        buffer.setInt(offset + GeneveDecoder.VER_OPT_LEN_OFFSET, protocolType);
        buffer.setInt(offset + GeneveDecoder.VNI_OFFSET, vni << GeneveDecoder.VNI_SHIFT);
        return this;
    }

    /**
     * Sets or clears the O bit: the packet is for the receiver's control plane, not for forwarding.
     *
     * @param control the new value
     * @return this
     */
    public GeneveEncoder control(boolean control) {
        int flags =
                buffer.getByte(offset + GeneveDecoder.FLAGS_OFFSET) & ~GeneveDecoder.CONTROL_FLAG;
        buffer.setByte(
                offset + GeneveDecoder.FLAGS_OFFSET,
                control ? flags | GeneveDecoder.CONTROL_FLAG : flags);
        return this;
    }

    /**
     * Appends an option without data.
     *
     * @param optionClass 0 to 65535
     * @param type 0 to 255, critical bit included
     * @return this
     * @throws IllegalArgumentException if a number is out of its range, or the options grow past
     *     252 bytes
     * @throws IndexOutOfBoundsException if the buffer's capacity is too small
     */
    public GeneveEncoder option(int optionClass, int type) {
        append(optionClass, type, 0);
        return this;
    }

    /**
     * Appends an option with 4 bytes of data.
     *
     * @param optionClass 0 to 65535
     * @param type 0 to 255, critical bit included
     * @param data written big-endian
     * @return this
     * @throws IllegalArgumentException as {@link #option(int, int)}
     * @throws IndexOutOfBoundsException as {@link #option(int, int)}
     */
    public GeneveEncoder option(int optionClass, int type, int data) {
        buffer.setInt(append(optionClass, type, Integer.BYTES), data);
        return this;
    }

    /**
     * Appends an option with 8 bytes of data.
     *
     * @param optionClass 0 to 65535
     * @param type 0 to 255, critical bit included
     * @param data written big-endian
     * @return this
     * @throws IllegalArgumentException as {@link #option(int, int)}
     * @throws IndexOutOfBoundsException as {@link #option(int, int)}
     */
    public GeneveEncoder option(int optionClass, int type, long data) {
        buffer.setLong(append(optionClass, type, Long.BYTES), data);
        return this;
    }

    /**
     * Appends an option with the bytes of an array.
     *
     * @param optionClass 0 to 65535
     * @param type 0 to 255, critical bit included
     * @param data its length must be a multiple of 4, at most {@value
     *     Geneve#MAX_OPTION_DATA_LENGTH}
     * @return this
     * @throws IllegalArgumentException as {@link #option(int, int)}, or if the length is not
     *     allowed
     * @throws IndexOutOfBoundsException as {@link #option(int, int)}
     */
    public GeneveEncoder option(int optionClass, int type, byte[] data) {
        buffer.setBytes(append(optionClass, type, data.length), data);
        return this;
    }

    /**
     * Appends an option with bytes of another buffer, or of a place in the same one that the option
     * will not cover.
     *
     * @param optionClass 0 to 65535
     * @param type 0 to 255, critical bit included
     * @param source holds the data; its indices do not move
     * @param sourceOffset absolute index of the first data byte
     * @param dataLength a multiple of 4, 0 to {@value Geneve#MAX_OPTION_DATA_LENGTH}
     * @return this
     * @throws IllegalArgumentException as {@link #option(int, int)}, or if the length is not
     *     allowed
     * @throws IndexOutOfBoundsException as {@link #option(int, int)}, or if the range is outside
     *     {@code source}
     */
    public GeneveEncoder option(
            int optionClass, int type, ByteBuf source, int sourceOffset, int dataLength) {
        checkDataLength(dataLength);
        Objects.checkFromIndexSize(sourceOffset, dataLength, source.capacity());
        int dataAt = append(optionClass, type, dataLength);
        // Not in bulk: Netty's copy between two direct buffers allocates unless it may use Unsafe.
        for (int i = 0; i < dataLength; i += Integer.BYTES) {
            buffer.setInt(dataAt + i, source.getInt(sourceOffset + i));
        }
        return this;
    }

    /** {@return the bytes written so far: fixed header and options, 8 to 260} */
    public int headerLength() {
        return HEADER_LENGTH + optionsLength;
    }

    /** Writes an option's header, and Opt Len and C with it. {@return where its data goes} */
    private int append(int optionClass, int type, int dataLength) {
        if (optionClass < 0 || optionClass > 0xffff) {
            throw new IllegalArgumentException("option class " + optionClass + ": not 0 to 65535");
        }
        if (type < 0 || type > 0xff) {
            throw new IllegalArgumentException("option type " + type + ": not 0 to 255");
        }
        checkDataLength(dataLength);
        int newLength = optionsLength + OPTION_HEADER_LENGTH + dataLength;
        if (newLength > MAX_OPTIONS_LENGTH) {
            throw new IllegalArgumentException(
                    "options of " + newLength + " bytes: more than " + MAX_OPTIONS_LENGTH);
        }
        int at = offset + headerLength();
        Objects.checkFromIndexSize(at, OPTION_HEADER_LENGTH + dataLength, buffer.capacity());
        buffer.setInt(
                at,
                optionClass << OptionCursor.CLASS_SHIFT
                        | type << OptionCursor.TYPE_SHIFT
                        | dataLength >> OptionCursor.WORD_SHIFT);
        optionsLength = newLength;
        buffer.setByte(
                offset + GeneveDecoder.VER_OPT_LEN_OFFSET, newLength >> GeneveDecoder.WORD_SHIFT);
        if ((type & CRITICAL_TYPE_BIT) != 0) {
            int flagsAt = offset + GeneveDecoder.FLAGS_OFFSET;
            buffer.setByte(flagsAt, buffer.getByte(flagsAt) | GeneveDecoder.CRITICAL_FLAG);
        }
        return at + OptionCursor.DATA_OFFSET;
    }

    static void checkDataLength(int dataLength) {
        if (dataLength < 0 || dataLength > MAX_OPTION_DATA_LENGTH || (dataLength & 3) != 0) {
            throw new IllegalArgumentException(
                    "option data of "
                            + dataLength
                            + " bytes: not a multiple of 4 from 0 to "
                            + MAX_OPTION_DATA_LENGTH);
        }
    }
}
