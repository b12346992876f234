package io.github.geneve4j.geneve.tunnel;

import io.github.geneve4j.geneve.EtherType;
import io.netty.buffer.ByteBuf;

/**
 * Finds the IP header inside a tunnel packet: at once, or behind an Ethernet header and its VLAN
 * tags (RFC 8926 §4.4.2 and §4.7).
 */
final class InnerPacket {
    /** The inner packet is not IP, as far as the types in front of it tell. */
    static final int NOT_IP = -1;

    /** The types in front say IP or Ethernet, and that header is not there, or not complete. */
    static final int INCOMPLETE = -2;

    private InnerPacket() {}

    /** {@return the absolute index of the IP header, {@link #NOT_IP} or {@link #INCOMPLETE}} */
    static int findIp(ByteBuf buffer, int offset, int length, int protocolType) {
        if (protocolType != EtherType.ETHERNET) {
            return checkIp(buffer, offset, length, protocolType);
        }
        if (length < Ethernet.HEADER_LENGTH) {
            return INCOMPLETE;
        }
        int etherType = buffer.getUnsignedShort(offset + Ethernet.ETHER_TYPE_OFFSET);
        int headerLength = Ethernet.HEADER_LENGTH;
        for (int tags = 0; tags < Ethernet.MAX_VLAN_TAGS && Ethernet.isVlanTag(etherType); tags++) {
            headerLength += Ethernet.VLAN_TAG_LENGTH;
            if (length < headerLength) {
                return INCOMPLETE;
            }
            etherType = buffer.getUnsignedShort(offset + headerLength - Short.BYTES);
        }
        return checkIp(buffer, offset + headerLength, length - headerLength, etherType);
    }

    private static int checkIp(ByteBuf buffer, int ip, int length, int etherType) {
        return switch (etherType) {
            case EtherType.IPV4 -> isCompleteIpv4(buffer, ip, length) ? ip : INCOMPLETE;
            case EtherType.IPV6 -> isCompleteIpv6(buffer, ip, length) ? ip : INCOMPLETE;
            default -> NOT_IP;
        };
    }

    private static boolean isCompleteIpv4(ByteBuf buffer, int ip, int length) {
        if (length < Ip.V4_HEADER_LENGTH || Ip.version(buffer, ip) != Ip.VERSION_4) {
            return false;
        }
        int headerLength = Ip.v4HeaderLength(buffer, ip);
        return headerLength >= Ip.V4_HEADER_LENGTH && headerLength <= length;
    }

    private static boolean isCompleteIpv6(ByteBuf buffer, int ip, int length) {
        return length >= Ip.V6_HEADER_LENGTH && Ip.version(buffer, ip) == Ip.VERSION_6;
    }
}
