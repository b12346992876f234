package io.github.geneve4j.simulator.conform;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes Geneve headers, right or wrong as a check wants them: every field can be set, and nothing
 * is checked (RFC 8926 §3.4, §3.5).
 *
 * <pre>
 * Ver:2 Opt Len:6 | O:1 C:1 Rsvd:6 | Protocol Type:16
 * Virtual Network Identifier:24    | Reserved:8
 * options: class:16 | type:8 | R:3 length:5 | data
 * </pre>
 */
final class GeneveBytes {
    static final int HEADER_LENGTH = 8;
    static final int OPTION_HEADER_LENGTH = 4;
    static final int AMAZON = 0x0108;
    static final int ENDPOINT_ID = 1;
    static final int ATTACHMENT_ID = 2;
    static final int FLOW_COOKIE = 3;

    private static final int VERSION_SHIFT = 6;
    private static final int OPT_LEN_MASK = 0x3f;
    private static final int LENGTH_MASK = 0x1f;
    private static final int CONTROL = 0x80;
    private static final int CRITICAL = 0x40;
    private static final int NATURAL = -1;

    private final ByteArrayOutputStream options = new ByteArrayOutputStream();
    private int version;
    private int optLenWords = NATURAL;
    private int flags;
    private int vni;
    private int reserved;

    GeneveBytes version(int two) {
        this.version = two;
        return this;
    }

    /** Overrides Opt Len, in words. */
    GeneveBytes optLenWords(int words) {
        this.optLenWords = words;
        return this;
    }

    GeneveBytes control() {
        this.flags |= CONTROL;
        return this;
    }

    GeneveBytes critical() {
        this.flags |= CRITICAL;
        return this;
    }

    /** Sets the six reserved bits behind C. */
    GeneveBytes reservedFlags(int six) {
        this.flags |= six;
        return this;
    }

    GeneveBytes vni(int identifier) {
        this.vni = identifier;
        return this;
    }

    /** Sets the reserved byte behind the VNI. */
    GeneveBytes reservedByte(int octet) {
        this.reserved = octet;
        return this;
    }

    GeneveBytes option(int optionClass, int type, byte[] data) {
        return option(optionClass, type, 0, data.length / 4, data);
    }

    /** Appends an option whose length need not be that of its data. */
    GeneveBytes option(int optionClass, int type, int reservedBits, int words, byte[] data) {
        byte[] head = new byte[OPTION_HEADER_LENGTH];
        Bytes.put16(head, 0, optionClass);
        head[2] = (byte) type;
        head[3] = (byte) (reservedBits << 5 | words);
        options.writeBytes(head);
        options.writeBytes(data);
        return this;
    }

    GeneveBytes endpointId(long value) {
        return option(AMAZON, ENDPOINT_ID, eight(value));
    }

    GeneveBytes attachmentId(long value) {
        return option(AMAZON, ATTACHMENT_ID, eight(value));
    }

    GeneveBytes flowCookie(int value) {
        return option(AMAZON, FLOW_COOKIE, four(value));
    }

    /** Appends the three options in AWS's order. */
    GeneveBytes aws(long endpointId, int cookie) {
        return endpointId(endpointId).attachmentId(0).flowCookie(cookie);
    }

    /** {@return the header} */
    byte[] before(int protocolType) {
        byte[] header = new byte[HEADER_LENGTH];
        int words = optLenWords == NATURAL ? options.size() / 4 : optLenWords;
        header[0] = (byte) (version << VERSION_SHIFT | words);
        header[1] = (byte) flags;
        Bytes.put16(header, 2, protocolType);
        Bytes.put32(header, 4, vni << 8 | reserved);
        return Bytes.concat(header, options.toByteArray());
    }

    /** {@return bytes of the header that a payload begins with, as it says itself; at most all} */
    static int length(byte[] payload) {
        if (payload.length < HEADER_LENGTH) {
            return payload.length;
        }
        return Math.min(HEADER_LENGTH + (payload[0] & OPT_LEN_MASK) * 4, payload.length);
    }

    /** {@return whether a payload begins with a header of version 0, and all of it is there} */
    static boolean isReadable(byte[] payload) {
        return payload.length >= HEADER_LENGTH
                && Bytes.u8(payload, 0) >>> VERSION_SHIFT == 0
                && HEADER_LENGTH + (payload[0] & OPT_LEN_MASK) * 4 <= payload.length;
    }

    /**
     * {@return the data of Amazon's option of a type, wherever among the options it is, or null}
     */
    static byte @Nullable [] amazonOption(byte[] payload, int type) {
        int end = length(payload);
        int at = HEADER_LENGTH;
        while (at + OPTION_HEADER_LENGTH <= end) {
            int from = at + OPTION_HEADER_LENGTH;
            int to = from + (payload[at + 3] & LENGTH_MASK) * 4;
            if (to <= end
                    && Bytes.u16(payload, at) == AMAZON
                    && Bytes.u8(payload, at + 2) == type) {
                return Arrays.copyOfRange(payload, from, to);
            }
            at = to;
        }
        return null;
    }

    static byte[] four(int value) {
        byte[] bytes = new byte[Integer.BYTES];
        Bytes.put32(bytes, 0, value);
        return bytes;
    }

    static byte[] eight(long value) {
        return Bytes.concat(four((int) (value >>> Integer.SIZE)), four((int) value));
    }
}
