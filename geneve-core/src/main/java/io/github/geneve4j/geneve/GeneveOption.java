package io.github.geneve4j.geneve;

import static io.github.geneve4j.geneve.Geneve.CRITICAL_TYPE_BIT;
import static io.github.geneve4j.geneve.Geneve.OPTION_HEADER_LENGTH;

import io.netty.buffer.ByteBufUtil;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One option as a value (RFC 8926 §3.5), for configuration, tests and text.
 *
 * @param optionClass 0 to 65535; see {@link OptionClass}
 * @param type 0 to 255, critical bit included
 * @param data a copy; its length is a multiple of 4, at most {@value Geneve#MAX_OPTION_DATA_LENGTH}
 */
@SuppressWarnings("ArrayRecordComponent") // copied on the way in and out, compared by content
public record GeneveOption(int optionClass, int type, byte[] data) {
    /**
     * Checks the ranges and copies the data.
     *
     * @throws IllegalArgumentException if a number is out of its range, or the data has a length
     *     that an option cannot have
     */
    public GeneveOption {
        if (optionClass < 0 || optionClass > 0xffff) {
            throw new IllegalArgumentException("option class " + optionClass + ": not 0 to 65535");
        }
        if (type < 0 || type > 0xff) {
            throw new IllegalArgumentException("option type " + type + ": not 0 to 255");
        }
        GeneveEncoder.checkDataLength(data.length);
        data = data.clone();
    }

    /**
     * {@return a copy of the option under a cursor}
     *
     * @param cursor on an option
     */
    public static GeneveOption from(OptionCursor cursor) {
        byte[] data = new byte[cursor.dataLength()];
        cursor.buffer().getBytes(cursor.dataOffset(), data);
        return new GeneveOption(cursor.optionClass(), cursor.type(), data);
    }

    /** {@return a copy of the data} */
    @Override
    public byte[] data() {
        return data.clone();
    }

    /** {@return whether an endpoint that does not know this option must drop the packet} */
    public boolean isCritical() {
        return (type & CRITICAL_TYPE_BIT) != 0;
    }

    /** {@return the bytes that the option takes in a header, 4 to 128} */
    public int length() {
        return OPTION_HEADER_LENGTH + data.length;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof GeneveOption that
                && optionClass == that.optionClass
                && type == that.type
                && Arrays.equals(data, that.data);
    }

    @Override
    public int hashCode() {
        return Objects.hash(optionClass, type, Arrays.hashCode(data));
    }

    @Override
    public String toString() {
        return "0x"
                + GeneveFormat.hex(optionClass, 4)
                + ":0x"
                + GeneveFormat.hex(type, 2)
                + "="
                + ByteBufUtil.hexDump(data);
    }
}
