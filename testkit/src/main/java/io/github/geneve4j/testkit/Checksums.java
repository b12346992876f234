package io.github.geneve4j.testkit;

import java.util.function.IntUnaryOperator;

/** Internet checksums (RFC 1071), the slow and plain way. */
public final class Checksums {
    /** Writes the right checksum. */
    static final IntUnaryOperator RIGHT = right -> right;

    /** Writes one that is wrong and not zero: one more, in ones' complement arithmetic. */
    static final IntUnaryOperator WRONG = right -> right % 0xffff + 1;

    private Checksums() {}

    /**
     * {@return the checksum of these bytes, 0 to 65535}
     *
     * @param parts summed as if they stood one after the other; only the last may be of odd length
     */
    public static int internet(byte[]... parts) {
        long sum = 0;
        for (byte[] part : parts) {
            for (int i = 0; i < part.length; i++) {
                int octet = part[i] & 0xff;
                sum += i % 2 == 0 ? octet * 256 : octet;
            }
        }
        while (sum > 0xffff) {
            sum = sum % 0x10000 + sum / 0x10000;
        }
        return (int) (0xffff - sum);
    }

    /** Overwrites 16 bits. */
    static void put(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >> 8);
        bytes[at + 1] = (byte) value;
    }
}
