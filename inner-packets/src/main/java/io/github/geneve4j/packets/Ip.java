package io.github.geneve4j.packets;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.netty.buffer.ByteBuf;

/** Where the fields of IP headers stand (RFC 791 §3.1, RFC 8200 §3), and new headers. */
final class Ip {
    static final int V4_HEADER_LENGTH = 20;
    static final int V4_TOTAL_LENGTH_OFFSET = 2; // 16 bits
    static final int V4_FRAGMENT_OFFSET = 6; // Reserved:1 DF:1 MF:1 Offset:13
    static final int V4_FRAGMENT_OFFSET_MASK = 0x1fff;
    static final int V4_CHECKSUM_OFFSET = 10; // 16 bits
    static final int V4_SOURCE_OFFSET = 12; // 32 bits
    static final int V4_DESTINATION_OFFSET = 16; // 32 bits
    static final int V4_ADDRESSES_LENGTH = 8;

    static final int V6_HEADER_LENGTH = 40;
    static final int V6_PAYLOAD_LENGTH_OFFSET = 4; // 16 bits
    static final int V6_SOURCE_OFFSET = 8; // 128 bits
    static final int V6_DESTINATION_OFFSET = 24; // 128 bits
    static final int V6_ADDRESSES_LENGTH = 32;

    static final int V6_FRAGMENT_HEADER_LENGTH = 8;
    static final int V6_FRAGMENT_FIELD_OFFSET = 2; // Offset:13 Res:2 M:1
    static final int V6_FRAGMENT_OFFSET_MASK = 0xfff8;

    static final int TTL = 64;

    private static final int V4_FIRST_WORD = 0x4500_0000; // version, IHL; TOS and length to come
    private static final int V4_SECOND_WORD = 0x4000; // identification 0, DF, offset 0
    private static final int V6_FIRST_WORD = 0x6000_0000; // version, traffic class 0, flow label 0
    private static final int TOS_SHIFT = 16;
    private static final int TTL_SHIFT = 24;
    private static final int V4_PROTOCOL_SHIFT = 16;
    private static final int V6_LENGTH_SHIFT = 16;
    private static final int V6_NEXT_HEADER_SHIFT = 8;

    private Ip() {}

    /** {@return the bytes of a header without options, of the packet's version} */
    static int headerLength(FiveTuple packet) {
        return packet.isIpv6() ? V6_HEADER_LENGTH : V4_HEADER_LENGTH;
    }

    /** {@return the sum of the two addresses of an IP header} */
    static long addressSum(boolean ipv6, ByteBuf buffer, int offset) {
        return ipv6
                ? InternetChecksum.sum(buffer, offset + V6_SOURCE_OFFSET, V6_ADDRESSES_LENGTH)
                : InternetChecksum.sum(buffer, offset + V4_SOURCE_OFFSET, V4_ADDRESSES_LENGTH);
    }

    /** {@return whether the packet is a fragment without its datagram's beginning} */
    static boolean isLaterFragment(FiveTuple packet, ByteBuf buffer, int offset) {
        if (!packet.isFragment()) {
            return false;
        }
        if (packet.isIpv6()) {
            int header = packet.transportOffset() - V6_FRAGMENT_HEADER_LENGTH; // ends the chain
            int field = buffer.getUnsignedShort(header + V6_FRAGMENT_FIELD_OFFSET);
            return (field & V6_FRAGMENT_OFFSET_MASK) != 0;
        }
        int field = buffer.getUnsignedShort(offset + V4_FRAGMENT_OFFSET);
        return (field & V4_FRAGMENT_OFFSET_MASK) != 0;
    }

    /**
     * Writes a header with the packet's addresses. It may be written over the packet itself.
     *
     * @param back whether to the packet's source, from its destination; else the way it went
     */
    static void write(
            boolean back,
            FiveTuple packet,
            ByteBuf from,
            int offset,
            int protocol,
            int tos,
            int payloadLength,
            ByteBuf into,
            int at) {
        if (packet.isIpv6()) {
            int source = offset + (back ? V6_DESTINATION_OFFSET : V6_SOURCE_OFFSET);
            int destination = offset + (back ? V6_SOURCE_OFFSET : V6_DESTINATION_OFFSET);
            writeV6(
                    from.getLong(source),
                    from.getLong(source + Long.BYTES),
                    from.getLong(destination),
                    from.getLong(destination + Long.BYTES),
                    protocol,
                    payloadLength,
                    into,
                    at);
        } else {
            int source = offset + (back ? V4_DESTINATION_OFFSET : V4_SOURCE_OFFSET);
            int destination = offset + (back ? V4_SOURCE_OFFSET : V4_DESTINATION_OFFSET);
            writeV4(
                    from.getInt(source),
                    from.getInt(destination),
                    protocol,
                    tos,
                    payloadLength,
                    into,
                    at);
        }
    }

    private static void writeV4(
            int source,
            int destination,
            int protocol,
            int tos,
            int payloadLength,
            ByteBuf into,
            int at) {
        into.setInt(at, V4_FIRST_WORD | tos << TOS_SHIFT | V4_HEADER_LENGTH + payloadLength);
        into.setInt(at + 4, V4_SECOND_WORD);
        into.setInt(at + 8, TTL << TTL_SHIFT | protocol << V4_PROTOCOL_SHIFT);
        into.setInt(at + V4_SOURCE_OFFSET, source);
        into.setInt(at + V4_DESTINATION_OFFSET, destination);
        long sum = InternetChecksum.sum(into, at, V4_HEADER_LENGTH);
        into.setShort(at + V4_CHECKSUM_OFFSET, InternetChecksum.checksum(sum));
    }

    private static void writeV6(
            long sourceHigh,
            long sourceLow,
            long destinationHigh,
            long destinationLow,
            int protocol,
            int payloadLength,
            ByteBuf into,
            int at) {
        into.setInt(at, V6_FIRST_WORD);
        into.setInt(
                at + V6_PAYLOAD_LENGTH_OFFSET,
                payloadLength << V6_LENGTH_SHIFT | protocol << V6_NEXT_HEADER_SHIFT | TTL);
        into.setLong(at + V6_SOURCE_OFFSET, sourceHigh);
        into.setLong(at + V6_SOURCE_OFFSET + Long.BYTES, sourceLow);
        into.setLong(at + V6_DESTINATION_OFFSET, destinationHigh);
        into.setLong(at + V6_DESTINATION_OFFSET + Long.BYTES, destinationLow);
    }
}
