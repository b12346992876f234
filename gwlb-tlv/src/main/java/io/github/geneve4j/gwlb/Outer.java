package io.github.geneve4j.gwlb;

import io.github.geneve4j.geneve.EtherType;
import io.netty.buffer.ByteBuf;

/** Where the fields around a Geneve header stand: Ethernet, IPv4 (RFC 791 §3.1), UDP (RFC 768). */
final class Outer {
    static final int DESTINATION_MAC_OFFSET = 0; // 48 bits
    static final int SOURCE_MAC_TAIL_OFFSET = 8; // the last 32 of 48 bits
    static final int ETHER_TYPE_OFFSET = 12; // 16 bits
    static final int ETHER_TYPE_LENGTH = 2;
    static final int VLAN_TAG_LENGTH = 4; // stands before the EtherType
    static final int MAX_VLAN_TAGS = 2;

    static final int IPV4_HEADER_LENGTH = 20; // without options
    static final int VERSION_IHL_TOS_OFFSET = 0; // Version:4 IHL:4 DSCP:6 ECN:2
    static final int TOS_OFFSET = 1; // DSCP:6 ECN:2
    static final int TOTAL_LENGTH_OFFSET = 2; // 16 bits
    static final int ID_FRAGMENT_OFFSET = 4; // Id:16 Reserved:1 DF:1 MF:1 Offset:13
    static final int TTL_PROTOCOL_OFFSET = 8; // TTL:8 Protocol:8
    static final int TTL_OFFSET = 8; // 8 bits
    static final int IPV4_CHECKSUM_OFFSET = 10; // 16 bits
    static final int ADDRESSES_OFFSET = 12; // Source:32 Destination:32
    static final int ADDRESSES_LENGTH = 8;

    static final int UDP_HEADER_LENGTH = 8;
    static final int PORTS_OFFSET = 0; // Source:16 Destination:16
    static final int UDP_LENGTH_OFFSET = 4; // 16 bits
    static final int UDP_CHECKSUM_OFFSET = 6; // 16 bits, 0 = none
    static final int UDP_PROTOCOL = 17;

    /** What {@link #ipv4Offset} answers for a header that is cut short. */
    static final int TRUNCATED = -1;

    /** What {@link #ipv4Offset} answers for a frame that carries something else. */
    static final int NOT_IPV4 = -2;

    private Outer() {}

    /** {@return the bytes before a frame's IPv4 header, past 0 to 2 VLAN tags; or below 0} */
    static int ipv4Offset(ByteBuf frame, int offset, int length) {
        int typeAt = ETHER_TYPE_OFFSET;
        for (int tags = 0; length - typeAt >= ETHER_TYPE_LENGTH; tags++) {
            int etherType = frame.getUnsignedShort(offset + typeAt);
            if (etherType == EtherType.IPV4) {
                return typeAt + ETHER_TYPE_LENGTH;
            }
            boolean tag = etherType == EtherType.VLAN || etherType == EtherType.QINQ;
            if (!tag || tags == MAX_VLAN_TAGS) {
                return NOT_IPV4;
            }
            typeAt += VLAN_TAG_LENGTH;
        }
        return TRUNCATED;
    }

    /** Exchanges the two MAC addresses of a frame. */
    static void swapMacs(ByteBuf frame, int offset) {
        long head =
                frame.getLong(offset + DESTINATION_MAC_OFFSET); // destination, 16 bits of source
        long tail = frame.getUnsignedInt(offset + SOURCE_MAC_TAIL_OFFSET);
        frame.setLong(offset + DESTINATION_MAC_OFFSET, head << 48 | tail << 16 | head >>> 48);
        frame.setInt(offset + SOURCE_MAC_TAIL_OFFSET, (int) (head >>> 16));
    }

    /** {@return source and destination address, exchanged} */
    static long swappedAddresses(ByteBuf packet, int ipv4) {
        return Long.rotateLeft(packet.getLong(ipv4 + ADDRESSES_OFFSET), Integer.SIZE);
    }
}
