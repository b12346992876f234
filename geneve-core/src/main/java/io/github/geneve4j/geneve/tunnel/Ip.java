package io.github.geneve4j.geneve.tunnel;

import io.netty.buffer.ByteBuf;

/**
 * Where the fields of IP headers stand (RFC 791 §3.1, RFC 8200 §3), and the ones both versions
 * share.
 */
final class Ip {
    static final int VERSION_4 = 4;
    static final int VERSION_6 = 6;
    static final int VERSION_SHIFT = 4;

    static final int V4_HEADER_LENGTH = 20;
    static final int V4_FIRST_BYTE = VERSION_4 << VERSION_SHIFT | V4_HEADER_LENGTH / 4;
    static final int V4_IHL_MASK = 0x0f; // Version:4 IHL:4, in words
    static final int V4_TOS_OFFSET = 1; // DSCP:6 ECN:2
    static final int V4_TOTAL_LENGTH_OFFSET = 2; // 16 bits
    static final int V4_ID_OFFSET = 4; // 16 bits
    static final int V4_FRAGMENT_OFFSET = 6; // Reserved:1 DF:1 MF:1 Offset:13
    static final int V4_FRAGMENT_MASK = 0x3fff; // MF and Offset
    static final int V4_DONT_FRAGMENT = 0x4000;
    static final int V4_TTL_OFFSET = 8; // 8 bits
    static final int V4_PROTOCOL_OFFSET = 9; // 8 bits
    static final int V4_CHECKSUM_OFFSET = 10; // 16 bits
    static final int V4_SOURCE_OFFSET = 12; // 32 bits
    static final int V4_DESTINATION_OFFSET = 16; // 32 bits
    static final int V4_ADDRESS_LENGTH = 4;

    static final int V6_HEADER_LENGTH = 40;
    static final int V6_FIRST_WORD = VERSION_6 << 28;
    static final int V6_TRAFFIC_CLASS_SHIFT = 20; // Version:4 Traffic Class:8 Flow Label:20
    static final int V6_FLOW_LABEL_MASK = 0xf_ffff;
    static final int V6_PAYLOAD_LENGTH_OFFSET = 4; // 16 bits
    static final int V6_NEXT_HEADER_OFFSET = 6; // 8 bits
    static final int V6_HOP_LIMIT_OFFSET = 7; // 8 bits
    static final int V6_SOURCE_OFFSET = 8; // 128 bits
    static final int V6_DESTINATION_OFFSET = 24; // 128 bits
    static final int V6_ADDRESS_LENGTH = 16;
    static final int V6_FRAGMENT_HEADER = 44;

    static final int ECN_BITS = 2;
    static final int ECN_MASK = 3;
    static final int TRAFFIC_CLASS_MASK = 0xff;

    private Ip() {}

    static int version(ByteBuf buffer, int ip) {
        return buffer.getUnsignedByte(ip) >>> VERSION_SHIFT;
    }

    /** {@return the bytes of an IPv4 header, options included, as it states them: 0 to 60} */
    static int v4HeaderLength(ByteBuf buffer, int ip) {
        return (buffer.getByte(ip) & V4_IHL_MASK) << 2;
    }

    /** {@return DSCP and ECN of either version, one byte} */
    static int trafficClass(ByteBuf buffer, int ip) {
        return version(buffer, ip) == VERSION_6
                ? buffer.getInt(ip) >>> V6_TRAFFIC_CLASS_SHIFT & TRAFFIC_CLASS_MASK
                : buffer.getUnsignedByte(ip + V4_TOS_OFFSET);
    }

    /** Writes DSCP and ECN of either version, and mends the checksum of an IPv4 header. */
    static void setTrafficClass(ByteBuf buffer, int ip, int trafficClass) {
        if (version(buffer, ip) == VERSION_6) {
            int others = buffer.getInt(ip) & ~(TRAFFIC_CLASS_MASK << V6_TRAFFIC_CLASS_SHIFT);
            buffer.setInt(ip, others | trafficClass << V6_TRAFFIC_CLASS_SHIFT);
        } else {
            int old = buffer.getUnsignedShort(ip);
            setV4Word(buffer, ip, ip, (old & ~TRAFFIC_CLASS_MASK) | trafficClass);
        }
    }

    /** {@return TTL or hop limit} */
    static int ttl(ByteBuf buffer, int ip) {
        return buffer.getUnsignedByte(
                ip + (version(buffer, ip) == VERSION_6 ? V6_HOP_LIMIT_OFFSET : V4_TTL_OFFSET));
    }

    /** Writes TTL or hop limit, and mends the checksum of an IPv4 header. */
    static void setTtl(ByteBuf buffer, int ip, int ttl) {
        if (version(buffer, ip) == VERSION_6) {
            buffer.setByte(ip + V6_HOP_LIMIT_OFFSET, ttl);
        } else {
            int at = ip + V4_TTL_OFFSET;
            setV4Word(buffer, ip, at, ttl << 8 | buffer.getUnsignedByte(at + 1));
        }
    }

    private static void setV4Word(ByteBuf buffer, int ip, int at, int word) {
        int checksumAt = ip + V4_CHECKSUM_OFFSET;
        buffer.setShort(
                checksumAt,
                InternetChecksum.update(
                        buffer.getUnsignedShort(checksumAt), buffer.getUnsignedShort(at), word));
        buffer.setShort(at, word);
    }
}
