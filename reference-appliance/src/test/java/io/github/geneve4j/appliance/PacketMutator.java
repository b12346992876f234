package io.github.geneve4j.appliance;

import java.util.SplittableRandom;

/** Damages datagrams in place, in the ways in which parsers have been broken. */
final class PacketMutator {
    private static final int[] BYTES = {
        0, 1, 2, 3, 4, 5, 6, 8, 17, 20, 40, 44, 45, 50, 51, 58, 60, 0x3f, 0x40, 0x44, 0x45, 0x46,
        0x4f, 0x60, 0x7f, 0x80, 0xc0, 132, 0xfe, 0xff
    };
    private static final int[] SHORTS = {
        0, 1, 4, 7, 8, 19, 20, 21, 39, 40, 41, 53, 80, 443, 0x0102, 0x0108, 0x0167, 0x0132, 0x0800,
        0x0806, 0x1fff, 0x2000, 0x3fff, 0x4000, 0x6558, 0x7fff, 0x8000, 0x86dd, 0xfffe, 0xffff
    };
    private static final int HEADER_LENGTH = 8;
    private static final int FRONT = 96; // where most of the headers are

    // Fields of the inner packet, by their distance from its beginning
    private static final int[] IPV4_FIELDS = {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 16, 19};
    private static final int[] IPV6_FIELDS = {0, 4, 5, 6, 7, 8, 23, 24, 39, 40, 41};
    private static final int[] TRANSPORT_FIELDS = {0, 1, 2, 3, 4, 5, 8, 12, 13, 14, 16, 20, 21, 22};

    private final SplittableRandom random;

    PacketMutator(SplittableRandom random) {
        this.random = random;
    }

    /**
     * Damages a datagram once.
     *
     * @param bytes begin with it; may all be used
     * @param length of the datagram
     * @param other another one, to take pieces of
     * @return its length now
     */
    int mutate(byte[] bytes, int length, byte[] other) {
        if (length == 0) {
            return splice(bytes, 0, other);
        }
        switch (random.nextInt(14)) {
            case 0, 1 -> bytes[index(length)] ^= (byte) (1 << random.nextInt(8));
            case 2, 3 -> bytes[index(length)] = (byte) BYTES[random.nextInt(BYTES.length)];
            case 4 -> putShort(bytes, index(length) & ~1, length);
            case 5, 6, 7 -> field(bytes, length);
            case 8 -> {
                return random.nextInt(length + 1);
            }
            case 9 -> {
                return extend(bytes, length);
            }
            case 10 -> {
                return splice(bytes, length, other);
            }
            case 11 -> swap(bytes, length);
            case 12 -> {
                return insertOrDelete(bytes, length);
            }
            default -> bytes[index(length)] += (byte) (random.nextBoolean() ? 1 : -1);
        }
        return length;
    }

    /** {@return a place, half of the time in the headers} */
    private int index(int length) {
        return random.nextInt(random.nextBoolean() ? Math.min(length, FRONT) : length);
    }

    private void putShort(byte[] bytes, int at, int length) {
        int value =
                random.nextInt(4) == 0 ? random.nextInt() : SHORTS[random.nextInt(SHORTS.length)];
        if (at + 1 < length) {
            bytes[at] = (byte) (value >>> Byte.SIZE);
            bytes[at + 1] = (byte) value;
        }
    }

    /** Changes a field by its meaning: of the tunnel's header, an option, the packet inside. */
    private void field(byte[] bytes, int length) {
        int inner = HEADER_LENGTH + (bytes[0] & 0x3f) * 4;
        boolean ipv6 = inner < length && (bytes[inner] & 0xf0) == 0x60;
        int words = inner < length && !ipv6 ? (bytes[inner] & 0xf) * 4 : 40;
        int at =
                switch (random.nextInt(6)) {
                    case 0 -> random.nextInt(HEADER_LENGTH);
                    case 1 -> HEADER_LENGTH + 12 * random.nextInt(3) + random.nextInt(4);
                    case 2, 3 -> inner + pick(ipv6 ? IPV6_FIELDS : IPV4_FIELDS);
                    default -> inner + words + pick(TRANSPORT_FIELDS);
                };
        if (at >= length) {
            return;
        }
        if (random.nextInt(3) == 0) {
            putShort(bytes, at, length);
        } else {
            bytes[at] =
                    (byte)
                            (random.nextBoolean()
                                    ? random.nextInt()
                                    : BYTES[random.nextInt(BYTES.length)]);
        }
    }

    private int pick(int[] from) {
        return from[random.nextInt(from.length)];
    }

    private int extend(byte[] bytes, int length) {
        int longer = length + random.nextInt(Math.min(64, bytes.length - length) + 1);
        for (int i = length; i < longer; i++) {
            bytes[i] = (byte) random.nextInt();
        }
        return longer;
    }

    /** Puts the end of another datagram behind the beginning of this one. */
    private int splice(byte[] bytes, int length, byte[] other) {
        int at = random.nextInt(length + 1);
        int from = random.nextBoolean() ? Math.min(at, other.length) : random.nextInt(other.length);
        int more = Math.min(other.length - from, bytes.length - at);
        System.arraycopy(other, from, bytes, at, more);
        return at + more;
    }

    private void swap(byte[] bytes, int length) {
        int width = 1 << random.nextInt(4);
        int one = random.nextInt(length) & -width;
        int next = random.nextBoolean() ? one + width : random.nextInt(length) & -width;
        if (Math.max(one, next) + width > length) {
            return;
        }
        for (int i = 0; i < width; i++) {
            byte kept = bytes[one + i];
            bytes[one + i] = bytes[next + i];
            bytes[next + i] = kept;
        }
    }

    private int insertOrDelete(byte[] bytes, int length) {
        int at = index(length);
        int count = 1 + random.nextInt(16);
        if (random.nextBoolean()) {
            int end = Math.min(length, at + count);
            System.arraycopy(bytes, end, bytes, at, length - end);
            return length - (end - at);
        }
        count = Math.min(count, bytes.length - length);
        System.arraycopy(bytes, at, bytes, at + count, length - at); // what was there stays, twice
        return length + count;
    }
}
