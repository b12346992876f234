package io.github.geneve4j.geneve.tunnel;

import io.github.geneve4j.geneve.DecodeStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Objects;

/**
 * View over the outer IPv4 or IPv6 header and the UDP header of a tunnel packet (RFC 791, RFC 8200,
 * RFC 768).
 *
 * <pre>
 * IPv4 |Version|  IHL  |DSCP|ECN|          Total Length         |
 *      |         Identification        |Flags|      Fragment Offset    |
 *      |  Time to Live |    Protocol   |         Header Checksum       |
 *      |                       Source Address                          |
 *      |                    Destination Address                        |
 *      |                    Options, IHL - 5 words                     |
 * IPv6 |Version| Traffic Class |           Flow Label                  |
 *      |         Payload Length        |  Next Header  |   Hop Limit   |
 *      |                    Source Address, 16 bytes                   |
 *      |                  Destination Address, 16 bytes                |
 * UDP  |          Source Port          |       Destination Port        |
 *      |            Length             |            Checksum           |
 * </pre>
 *
 * <p>{@link #wrap} validates lengths, the IPv4 header checksum, and that this is an unfragmented
 * UDP packet; after {@link DecodeStatus#OK} no accessor can read outside it. Bytes behind the
 * lengths that IP and UDP state, such as Ethernet padding, do not belong to the packet. Whether the
 * UDP checksum is right costs a pass over the packet, so it is asked for: {@link
 * #isUdpChecksumValid()}. IPv6 extension headers between IPv6 and UDP are not expected on a tunnel
 * and answer {@link DecodeStatus#NOT_UDP}.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer until the next {@code wrap}. A failed {@code wrap} detaches the view: a later read throws
 * {@link IndexOutOfBoundsException}.
 */
public final class OuterDecoder {
    private static final int DETACHED = Integer.MAX_VALUE;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int ip = DETACHED;
    private int udp = DETACHED;
    private int udpLength;
    private boolean ipv6;

    /** Creates a view of nothing; {@link #wrap} gives it a packet. */
    public OuterDecoder() {}

    /**
     * Points this view at an IP packet and validates its outer headers.
     *
     * @param buffer borrowed until the next call
     * @param offset absolute index of the first byte of the IP header
     * @param length bytes available from {@code offset}
     * @return {@link DecodeStatus#OK}, or the first violation found, down to {@link
     *     DecodeStatus#BAD_UDP_LENGTH}
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     */
    public DecodeStatus wrap(ByteBuf buffer, int offset, int length) {
        detach();
        Objects.checkFromIndexSize(offset, length, buffer.capacity());
        if (length < 1) {
            return DecodeStatus.TRUNCATED_IP;
        }
        this.buffer = buffer;
        DecodeStatus status =
                switch (Ip.version(buffer, offset)) {
                    case Ip.VERSION_4 -> wrapIpv4(offset, length);
                    case Ip.VERSION_6 -> wrapIpv6(offset, length);
                    default -> DecodeStatus.BAD_IP_HEADER;
                };
        if (status != DecodeStatus.OK) {
            detach();
        }
        return status;
    }

    /** Lets go of the packet, as a failed {@link #wrap} does. */
    void detach() {
        buffer = Unpooled.EMPTY_BUFFER;
        ip = DETACHED;
        udp = DETACHED;
    }

    private DecodeStatus wrapIpv4(int offset, int length) {
        if (length < Ip.V4_HEADER_LENGTH) {
            return DecodeStatus.TRUNCATED_IP;
        }
        int headerLength = Ip.v4HeaderLength(buffer, offset);
        if (headerLength < Ip.V4_HEADER_LENGTH) {
            return DecodeStatus.BAD_IP_HEADER;
        }
        int totalLength = buffer.getUnsignedShort(offset + Ip.V4_TOTAL_LENGTH_OFFSET);
        if (totalLength < headerLength || totalLength > length) {
            return DecodeStatus.TRUNCATED_IP;
        }
        if (!InternetChecksum.isValid(InternetChecksum.sum(buffer, offset, headerLength))) {
            return DecodeStatus.BAD_IP_CHECKSUM;
        }
        if ((buffer.getShort(offset + Ip.V4_FRAGMENT_OFFSET) & Ip.V4_FRAGMENT_MASK) != 0) {
            return DecodeStatus.OUTER_FRAGMENT;
        }
        if (buffer.getUnsignedByte(offset + Ip.V4_PROTOCOL_OFFSET) != Udp.PROTOCOL) {
            return DecodeStatus.NOT_UDP;
        }
        ipv6 = false;
        return wrapUdp(offset, offset + headerLength, totalLength - headerLength);
    }

    private DecodeStatus wrapIpv6(int offset, int length) {
        if (length < Ip.V6_HEADER_LENGTH) {
            return DecodeStatus.TRUNCATED_IP;
        }
        int payloadLength = buffer.getUnsignedShort(offset + Ip.V6_PAYLOAD_LENGTH_OFFSET);
        if (length - Ip.V6_HEADER_LENGTH < payloadLength) {
            return DecodeStatus.TRUNCATED_IP;
        }
        int nextHeader = buffer.getUnsignedByte(offset + Ip.V6_NEXT_HEADER_OFFSET);
        if (nextHeader == Ip.V6_FRAGMENT_HEADER) {
            return DecodeStatus.OUTER_FRAGMENT;
        }
        if (nextHeader != Udp.PROTOCOL) {
            return DecodeStatus.NOT_UDP;
        }
        ipv6 = true;
        return wrapUdp(offset, offset + Ip.V6_HEADER_LENGTH, payloadLength);
    }

    private DecodeStatus wrapUdp(int ipOffset, int udpOffset, int available) {
        if (available < Udp.HEADER_LENGTH) {
            return DecodeStatus.BAD_UDP_LENGTH;
        }
        int stated = buffer.getUnsignedShort(udpOffset + Udp.LENGTH_OFFSET);
        if (stated < Udp.HEADER_LENGTH || stated > available) {
            return DecodeStatus.BAD_UDP_LENGTH;
        }
        ip = ipOffset;
        udp = udpOffset;
        udpLength = stated;
        return DecodeStatus.OK;
    }

    /** {@return whether the outer header is IPv6} */
    public boolean isIpv6() {
        udpOffset();
        return ipv6;
    }

    /** {@return the outer DSCP, 0 to 63 (RFC 2474)} */
    public int dscp() {
        return Ip.trafficClass(buffer, ip) >>> Ip.ECN_BITS;
    }

    /** {@return the outer ECN field, 0 to 3; see {@link Ecn}} */
    public int ecn() {
        return Ip.trafficClass(buffer, ip) & Ip.ECN_MASK;
    }

    /** {@return the outer TTL or hop limit, 0 to 255} */
    public int ttl() {
        return Ip.ttl(buffer, ip);
    }

    /** {@return the absolute index of the source address, 4 or 16 bytes} */
    public int sourceAddressOffset() {
        return ipOffset() + (ipv6 ? Ip.V6_SOURCE_OFFSET : Ip.V4_SOURCE_OFFSET);
    }

    /** {@return the absolute index of the destination address, 4 or 16 bytes} */
    public int destinationAddressOffset() {
        return ipOffset() + (ipv6 ? Ip.V6_DESTINATION_OFFSET : Ip.V4_DESTINATION_OFFSET);
    }

    /** {@return the bytes of each address: 4 or 16} */
    public int addressLength() {
        return isIpv6() ? Ip.V6_ADDRESS_LENGTH : Ip.V4_ADDRESS_LENGTH;
    }

    /** {@return the UDP source port, 0 to 65535} */
    public int sourcePort() {
        return buffer.getUnsignedShort(udp + Udp.SOURCE_PORT_OFFSET);
    }

    /** {@return the UDP destination port, 0 to 65535} */
    public int destinationPort() {
        return buffer.getUnsignedShort(udp + Udp.DESTINATION_PORT_OFFSET);
    }

    /** {@return the UDP checksum field, 0 to 65535; 0 means that there is none} */
    public int udpChecksum() {
        return buffer.getUnsignedShort(udp + Udp.CHECKSUM_OFFSET);
    }

    /** {@return whether the UDP checksum field matches the packet; false too when it is 0} */
    public boolean isUdpChecksumValid() {
        return udpChecksum() != 0
                && InternetChecksum.isValid(
                        Udp.pseudoHeaderSum(buffer, ip, ipv6, udpLength)
                                + InternetChecksum.sum(buffer, udp, udpLength));
    }

    /** {@return the buffer that was wrapped; it belongs to the caller of {@code wrap}} */
    public ByteBuf buffer() {
        ipOffset();
        return buffer;
    }

    /** {@return the absolute index of the IP header} */
    public int ipOffset() {
        if (ip == DETACHED) {
            throw new IndexOutOfBoundsException(
                    "no packet: wrap() was not called or did not return OK");
        }
        return ip;
    }

    /** {@return the absolute index of the UDP header} */
    public int udpOffset() {
        ipOffset();
        return udp;
    }

    /** {@return the absolute index of the UDP payload: the Geneve header} */
    public int payloadOffset() {
        return udpOffset() + Udp.HEADER_LENGTH;
    }

    /** {@return the bytes of the UDP payload} */
    public int payloadLength() {
        udpOffset();
        return udpLength - Udp.HEADER_LENGTH;
    }

    /** {@return the bytes from the IP header to the end of the UDP payload} */
    public int length() {
        return udpOffset() - ip + udpLength;
    }
}
