package io.github.geneve4j.geneve;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/**
 * Packets as text for people and as JSON for programs; never throws for what the bytes say.
 *
 * <p>A malformed packet reads {@code geneve malformed (option_overrun)} or {@code
 * {"status":"option_overrun"}}. For the cold path: it allocates.
 */
public final class GeneveFormat {
    private GeneveFormat() {}

    /**
     * {@return one line such as {@code geneve vni 0 ipv4 payload 84 [Amazon 0x0108:0x03=98ef1b00]}}
     *
     * @param buffer holds the packet; not changed
     * @param offset absolute index of the first Geneve byte
     * @param length bytes available, inner packet included
     */
    public static String text(ByteBuf buffer, int offset, int length) {
        GeneveDecoder decoder = new GeneveDecoder();
        DecodeStatus status = decoder.wrap(buffer, offset, length);
        if (status != DecodeStatus.OK) {
            return "geneve malformed (" + status.label() + ")";
        }
        StringBuilder out = new StringBuilder("geneve vni ").append(decoder.vni());
        out.append(' ').append(EtherType.name(decoder.protocolType()));
        if (decoder.isControl()) {
            out.append(" control");
        }
        if (decoder.isCritical()) {
            out.append(" critical");
        }
        out.append(" payload ").append(decoder.payloadLength());
        OptionCursor option = decoder.options(new OptionCursor());
        char separator = '[';
        while (option.next()) {
            out.append(separator == '[' ? " [" : ", ");
            separator = ',';
            out.append(OptionClass.name(option.optionClass()));
            out.append(" 0x").append(hex(option.optionClass(), 4));
            out.append(":0x").append(hex(option.type(), 2));
            if (option.dataLength() > 0) {
                out.append('=').append(data(option));
            }
        }
        return separator == '[' ? out.toString() : out.append(']').toString();
    }

    /**
     * {@return the packet as one JSON object on one line}
     *
     * @param buffer holds the packet; not changed
     * @param offset absolute index of the first Geneve byte
     * @param length bytes available, inner packet included
     */
    public static String json(ByteBuf buffer, int offset, int length) {
        StringBuilder out = new StringBuilder("{");
        appendJsonMembers(out, buffer, offset, length);
        return out.append('}').toString();
    }

    /**
     * Appends the members of {@link #json} without the braces, for an object that has others too:
     * {@code "status":"ok","version":0,"control":false,"critical":false,"protocol":2048,"vni":0,
     * "optionsLength":32,"options":[{"class":264,"type":1,"critical":false,"data":"…"},…],
     * "payloadOffset":40}, or {@code "status"} alone. Lengths are bytes, {@code type} keeps its
     * critical bit, {@code payloadOffset} counts from the first Geneve byte.
     *
     * @param out grows
     * @param buffer holds the packet; not changed
     * @param offset absolute index of the first Geneve byte
     * @param length bytes available, inner packet included
     */
    public static void appendJsonMembers(
            StringBuilder out, ByteBuf buffer, int offset, int length) {
        GeneveDecoder decoder = new GeneveDecoder();
        DecodeStatus status = decoder.wrap(buffer, offset, length);
        out.append("\"status\":\"").append(status.label()).append('"');
        if (status != DecodeStatus.OK) {
            return;
        }
        out.append(",\"version\":").append(decoder.version());
        out.append(",\"control\":").append(decoder.isControl());
        out.append(",\"critical\":").append(decoder.isCritical());
        out.append(",\"protocol\":").append(decoder.protocolType());
        out.append(",\"vni\":").append(decoder.vni());
        out.append(",\"optionsLength\":").append(decoder.optionsLength());
        out.append(",\"options\":[");
        OptionCursor option = decoder.options(new OptionCursor());
        boolean first = true;
        while (option.next()) {
            out.append(first ? "{" : ",{");
            first = false;
            out.append("\"class\":").append(option.optionClass());
            out.append(",\"type\":").append(option.type());
            out.append(",\"critical\":").append(option.isCritical());
            out.append(",\"data\":\"").append(data(option)).append("\"}");
        }
        out.append("],\"payloadOffset\":").append(decoder.headerLength());
    }

    private static String data(OptionCursor option) {
        return ByteBufUtil.hexDump(option.buffer(), option.dataOffset(), option.dataLength());
    }

    /** {@return the low bits of {@code value} as exactly that many lower-case hex digits} */
    static String hex(int value, int digits) {
        char[] text = new char[digits];
        for (int i = digits - 1, rest = value; i >= 0; i--, rest >>>= 4) {
            text[i] = Character.forDigit(rest & 0xf, 16);
        }
        return new String(text);
    }
}
