package io.github.geneve4j.io;

import io.github.geneve4j.testkit.Checksums;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What flow a frame is of, if the fast path may return it: read by hand, one field after the other,
 * to hold the program against.
 */
record FlowOf(ByteBuffer key) {
    static @Nullable FlowOf usual(byte[] frame) {
        ByteBuffer b = ByteBuffer.wrap(frame);
        boolean outer =
                frame.length >= 110
                        && b.getLong(0) >>> 16 == FastPathPacket.MAC
                        && b.getShort(12) == 0x0800
                        && b.get(14) == 0x45
                        && u16(b, 16) == frame.length - 14
                        && frame.length - 14 <= 1500
                        && (u16(b, 20) & 0x3fff) == 0
                        && b.get(23) == 17
                        && Checksums.internet(Arrays.copyOfRange(frame, 14, 34)) == 0
                        && (b.getInt(26) & ~0x7f) == 0x0a01_0200
                        && (b.getInt(30) == FastPathPacket.OWN || b.getInt(30) == 1)
                        && u16(b, 36) == 6081
                        && u16(b, 38) == frame.length - 34
                        && u16(b, 40) != pseudoHeaderSum(frame);
        if (!outer
                || b.getShort(42) != 0x0800
                || b.getInt(46) != 0
                || b.getInt(50) != 0x0108_0102
                || b.getInt(62) != 0x0108_0202
                || b.getInt(74) != 0x0108_0301) {
            return null;
        }
        int length = frame.length - 82;
        return switch (u16(b, 44)) {
            case 0x0800 ->
                    b.get(82) == 0x45 && u16(b, 84) == length && (u16(b, 88) & 0x3fff) == 0
                            ? transport(b, 20, b.get(91), 94, length)
                            : null;
            case 0x86dd ->
                    length >= 48 && b.get(82) >> 4 == 6 && u16(b, 86) == length - 40
                            ? transport(b, 40, b.get(88), 90, length)
                            : null;
            default -> null;
        };
    }

    private static @Nullable FlowOf transport(
            ByteBuffer b, int header, int protocol, int addresses, int length) {
        int at = 82 + header;
        if (protocol == 6) {
            if (length < header + 20 || (b.get(at + 13) & 0x17) != 0x10) {
                return null;
            }
            int tcp = (b.get(at + 12) >> 4 & 0xf) * 4;
            if (tcp < 20 || header + tcp > length) {
                return null;
            }
        } else if (protocol != 17) {
            return null;
        }
        ByteBuffer key = ByteBuffer.allocate(64);
        key.putLong(b.getLong(54)).put(b.slice(addresses, at + 4 - addresses)).put((byte) protocol);
        return new FlowOf(key.flip());
    }

    private static int u16(ByteBuffer b, int at) {
        return Short.toUnsignedInt(b.getShort(at));
    }

    /** {@return what stands for UDP's checksum that a network card is to complete} */
    private static int pseudoHeaderSum(byte[] frame) {
        int length = frame.length - 34;
        byte[] rest = {0, 17, (byte) (length >> 8), (byte) length};
        return 0xffff - Checksums.internet(Arrays.copyOfRange(frame, 26, 34), rest);
    }
}
