package io.github.geneve4j.geneve;

import static io.github.geneve4j.geneve.Geneve.HEADER_LENGTH;
import static io.github.geneve4j.geneve.Geneve.MAX_OPTIONS_LENGTH;
import static io.github.geneve4j.geneve.Geneve.MAX_VNI;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole header as a value (RFC 8926 §3.4), for configuration, tests and text.
 *
 * <p>It has no C bit, since that follows from the options, and no reserved bits, which a sender
 * clears. Whoever must send back exactly what came keeps the bytes instead.
 *
 * @param control the O bit
 * @param protocolType EtherType of the inner packet, 0 to 65535
 * @param vni virtual network identifier, 0 to {@value Geneve#MAX_VNI}
 * @param options in wire order, together at most 252 bytes
 */
public record GeneveHeader(boolean control, int protocolType, int vni, List<GeneveOption> options) {
    /**
     * Checks the ranges and copies the list.
     *
     * @throws IllegalArgumentException if a number is out of its range, or the options take more
     *     than 252 bytes
     */
    public GeneveHeader {
        if (protocolType < 0 || protocolType > 0xffff) {
            throw new IllegalArgumentException(
                    "protocol type " + protocolType + ": not 0 to 65535");
        }
        if (vni < 0 || vni > MAX_VNI) {
            throw new IllegalArgumentException("VNI " + vni + ": not 0 to " + MAX_VNI);
        }
        options = List.copyOf(options);
        int optionsLength = lengthOf(options);
        if (optionsLength > MAX_OPTIONS_LENGTH) {
            throw new IllegalArgumentException(
                    "options of " + optionsLength + " bytes: more than " + MAX_OPTIONS_LENGTH);
        }
    }

    /**
     * {@return a copy of the header that a decoder has accepted; its reserved bits are gone}
     *
     * @param decoder after an {@link DecodeStatus#OK}
     */
    public static GeneveHeader from(GeneveDecoder decoder) {
        List<GeneveOption> options = new ArrayList<>();
        OptionCursor cursor = decoder.options(new OptionCursor());
        while (cursor.next()) {
            options.add(GeneveOption.from(cursor));
        }
        return new GeneveHeader(
                decoder.isControl(), decoder.protocolType(), decoder.vni(), options);
    }

    /** {@return the C bit: whether any option is critical (RFC 8926 §3.5)} */
    public boolean isCritical() {
        return options.stream().anyMatch(GeneveOption::isCritical);
    }

    /** {@return the bytes that all options take, 0 to 252} */
    public int optionsLength() {
        return lengthOf(options);
    }

    /** {@return the bytes of fixed header and options, 8 to 260} */
    public int length() {
        return HEADER_LENGTH + optionsLength();
    }

    /**
     * Appends this header at the buffer's writer index, which moves behind it; the buffer grows if
     * it may.
     *
     * @param buffer receives {@link #length()} bytes
     * @throws IndexOutOfBoundsException if the buffer cannot grow that far
     */
    public void writeTo(ByteBuf buffer) {
        int length = length();
        buffer.ensureWritable(length);
        GeneveEncoder encoder =
                new GeneveEncoder()
                        .begin(buffer, buffer.writerIndex(), protocolType, vni)
                        .control(control);
        for (GeneveOption option : options) {
            encoder.option(option.optionClass(), option.type(), option.data());
        }
        buffer.writerIndex(buffer.writerIndex() + length);
    }

    private static int lengthOf(List<GeneveOption> options) {
        return options.stream().mapToInt(GeneveOption::length).sum();
    }
}
