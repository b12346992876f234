package io.github.geneve4j.io.pcap;

import io.netty.buffer.ByteBuf;

/** IP addresses as people write them. */
final class AddressText {
    private static final int GROUPS = 8; // of 16 bits

    private AddressText() {}

    /** {@return the dotted form of a big-endian address} */
    static String ipv4(int address) {
        return (address >>> 24)
                + "."
                + (address >>> 16 & 0xff)
                + "."
                + (address >>> 8 & 0xff)
                + "."
                + (address & 0xff);
    }

    /** {@return the form of RFC 5952 §4: lower case, the longest run of zeros shortened} */
    static String ipv6(ByteBuf buffer, int offset) {
        int zerosStart = -1;
        int zerosLength = 1; // a single zero group is not shortened
        for (int start = 0; start < GROUPS; start++) {
            int length = 0;
            while (start + length < GROUPS && group(buffer, offset, start + length) == 0) {
                length++;
            }
            if (length > zerosLength) {
                zerosStart = start;
                zerosLength = length;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            if (i == zerosStart) {
                text.append("::");
                i += zerosLength - 1;
            } else {
                if (i > 0 && i != zerosStart + zerosLength) {
                    text.append(':');
                }
                text.append(Integer.toHexString(group(buffer, offset, i)));
            }
        }
        return text.toString();
    }

    private static int group(ByteBuf buffer, int offset, int index) {
        return buffer.getUnsignedShort(offset + index * Short.BYTES);
    }
}
