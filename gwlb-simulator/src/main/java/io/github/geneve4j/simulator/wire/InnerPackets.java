package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.io.pcap.LinkType;
import io.netty.buffer.ByteBuf;

/** What has to be known of packets before they enter an endpoint. */
final class InnerPackets {
    /** What {@link #ipOffset} returns for a frame without an IP packet. */
    static final int NO_IP = -1;

    private static final int ETHERNET_TYPE_OFFSET = 12; // 16 bits
    private static final int SLL_TYPE_OFFSET = 14; // 16 bits
    private static final int SLL2_TYPE_OFFSET = 0; // 16 bits
    private static final int SLL2_LENGTH = 20;
    private static final int LOOPBACK_LENGTH = 4;
    private static final int TAG_LENGTH = 4;
    private static final int TYPE_LENGTH = 2;
    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_VLAN = 0x8100;
    private static final int TYPE_QINQ = 0x88a8;
    private static final int TYPE_IPV6 = 0x86dd;

    private static final int IPV4_LENGTH = 20;
    private static final int IPV4_TOTAL_LENGTH_OFFSET = 2; // 16 bits
    private static final int IPV4_DESTINATION_OFFSET = 16; // 32 bits
    private static final int IPV4_MULTICAST = 0xe; // the first 4 bits, RFC 5771
    private static final int IPV6_LENGTH = 40;
    private static final int IPV6_PAYLOAD_LENGTH_OFFSET = 4; // 16 bits
    private static final int IPV6_DESTINATION_OFFSET = 24; // 128 bits
    private static final int IPV6_MULTICAST = 0xff; // the first 8 bits, RFC 4291 §2.4

    private InnerPackets() {}

    /**
     * {@return whether a packet goes to a group: the host's own talk with its link, which is routed
     * into no endpoint}
     */
    static boolean isMulticast(ByteBuf buffer, int offset, int length) {
        return switch (version(buffer, offset, length)) {
            case 4 ->
                    buffer.getUnsignedByte(offset + IPV4_DESTINATION_OFFSET) >>> 4
                            == IPV4_MULTICAST;
            case 6 -> buffer.getUnsignedByte(offset + IPV6_DESTINATION_OFFSET) == IPV6_MULTICAST;
            default -> false;
        };
    }

    /**
     * {@return the bytes of the IP packet, without the padding of a link that has shortest frames;
     * all of them if it is not what it says}
     */
    static int trimmed(ByteBuf buffer, int offset, int length) {
        int own =
                switch (version(buffer, offset, length)) {
                    case 4 -> buffer.getUnsignedShort(offset + IPV4_TOTAL_LENGTH_OFFSET);
                    case 6 ->
                            IPV6_LENGTH
                                    + buffer.getUnsignedShort(offset + IPV6_PAYLOAD_LENGTH_OFFSET);
                    default -> length;
                };
        return own < IPV4_LENGTH ? length : Math.min(own, length);
    }

    /**
     * {@return where the IP packet of a captured frame begins, from the frame's beginning, or
     * {@link #NO_IP}}
     *
     * @param linkType of the capture
     * @param buffer that has the frame
     * @param offset absolute index of its first byte
     * @param length bytes of the frame
     */
    static int ipOffset(int linkType, ByteBuf buffer, int offset, int length) {
        int at =
                switch (linkType) {
                    case LinkType.RAW,
                            LinkType.RAW_DLT,
                            LinkType.RAW_OPENBSD,
                            LinkType.IPV4,
                            LinkType.IPV6 ->
                            0;
                    case LinkType.NULL, LinkType.LOOP -> LOOPBACK_LENGTH;
                    case LinkType.ETHERNET ->
                            behindTags(buffer, offset, length, ETHERNET_TYPE_OFFSET);
                    case LinkType.LINUX_SLL -> behindTags(buffer, offset, length, SLL_TYPE_OFFSET);
                    case LinkType.LINUX_SLL2 ->
                            length >= SLL2_LENGTH && isIp(buffer, offset + SLL2_TYPE_OFFSET)
                                    ? SLL2_LENGTH
                                    : NO_IP;
                    default -> NO_IP;
                };
        return at >= 0 && version(buffer, offset + at, length - at) != 0 ? at : NO_IP;
    }

    /** Both headers end with their EtherType: Ethernet and the first cooked one. */
    private static int behindTags(ByteBuf buffer, int offset, int length, int typeOffset) {
        int at = typeOffset;
        while (at + TYPE_LENGTH <= length) {
            int type = buffer.getUnsignedShort(offset + at);
            if (type != TYPE_VLAN && type != TYPE_QINQ) {
                return isIp(buffer, offset + at) ? at + TYPE_LENGTH : NO_IP;
            }
            at += TAG_LENGTH;
        }
        return NO_IP;
    }

    private static boolean isIp(ByteBuf buffer, int at) {
        int type = buffer.getUnsignedShort(at);
        return type == TYPE_IPV4 || type == TYPE_IPV6;
    }

    /** {@return 4 or 6 if there is a whole fixed header of that version, or else 0} */
    private static int version(ByteBuf buffer, int offset, int length) {
        int version = length < IPV4_LENGTH ? 0 : buffer.getUnsignedByte(offset) >>> 4;
        return version == 4 || (version == 6 && length >= IPV6_LENGTH) ? version : 0;
    }
}
