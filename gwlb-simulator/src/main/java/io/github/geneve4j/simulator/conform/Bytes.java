package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;

/** Arrays of bytes, as packets are made of them. */
final class Bytes {
    private static final HexFormat HEX = HexFormat.of();

    private Bytes() {}

    static byte[] hex(String digits) {
        return HEX.parseHex(digits.replace(" ", ""));
    }

    static String hex(byte[] bytes) {
        return HEX.formatHex(bytes);
    }

    static byte[] concat(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] whole = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }

    static int u8(byte[] bytes, int at) {
        return bytes[at] & 0xff;
    }

    static int u16(byte[] bytes, int at) {
        return u8(bytes, at) << 8 | u8(bytes, at + 1);
    }

    static int s32(byte[] bytes, int at) {
        return u16(bytes, at) << 16 | u16(bytes, at + 2);
    }

    static long s64(byte[] bytes, int at) {
        return ((long) s32(bytes, at) << Integer.SIZE) | (s32(bytes, at + 4) & 0xffff_ffffL);
    }

    static void put16(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >> 8);
        bytes[at + 1] = (byte) value;
    }

    static void put32(byte[] bytes, int at, int value) {
        put16(bytes, at, value >>> 16);
        put16(bytes, at + 2, value);
    }

    /** {@return the sum of a range, to be folded into a checksum} */
    static long sum(byte[] bytes, int offset, int length) {
        return InternetChecksum.sum(Unpooled.wrappedBuffer(bytes), offset, length);
    }

    /** {@return whether one stands in the other, whole} */
    static boolean contains(byte[] bytes, byte[] part) {
        for (int from = 0; from <= bytes.length - part.length; from++) {
            int equal = 0;
            while (equal < part.length && bytes[from + equal] == part[equal]) {
                equal++;
            }
            if (equal == part.length) {
                return true;
            }
        }
        return false;
    }
}
