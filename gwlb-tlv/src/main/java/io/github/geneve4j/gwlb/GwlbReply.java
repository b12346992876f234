package io.github.geneve4j.gwlb;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.netty.buffer.ByteBuf;
import java.util.Objects;

/**
 * Turns a request into its reply, in place: the same packet, sent back to where it came from.
 *
 * <table>
 *   <caption>What a reply is made of; everything else stays as it came</caption>
 *   <tr><th>field<th>reply<th>because
 *   <tr><td>MAC addresses<td>swapped<td>the next hop back is the one it came from
 *   <tr><td>IPv4 addresses<td>swapped<td>the load balancer drops anything else
 *   <tr><td>IPv4 TTL<td>fresh, {@value #DEFAULT_TTL} by default<td>a reply is a new packet
 *   <tr><td>IPv4 checksum<td>mended for the TTL<td>a swap does not change the sum (RFC 1624)
 *   <tr><td>IPv4 TOS<td>kept<td>nobody takes the tunnel header off here, so a congestion mark has to
 *       travel on to the load balancer, whose decapsulation knows what to do with it (RFC 6040)
 *   <tr><td>IPv4 id, DF, options<td>kept<td>the load balancer seems not to look at them
 *   <tr><td>UDP ports<td><b>not swapped</b><td>the source port names the flow, the destination port
 *       is the tunnel's in both directions (RFC 8926 §3.3)
 *   <tr><td>UDP checksum<td>kept<td>the swap does not change the sum: a valid one stays valid, zero
 *       stays zero
 *   <tr><td>Geneve header, options<td>kept<td>the endpoint id and the flow's latest cookie must come
 *       back as they were
 *   <tr><td>inner packet<td>kept<td>also its TTL: to the inner hosts there is no hop here
 * </table>
 *
 * <p>{@link #ethernet(ByteBuf, int, int)}, {@link #ipv4(ByteBuf, int, int)} and {@link #udp} check
 * the packet themselves and answer why it has no reply, leaving every byte of it; besides malformed
 * headers they refuse what an endpoint without further knowledge must not forward: any critical
 * option (RFC 8926 §3.5) and control packets (RFC 8926 §3.4). Whoever has decoded the packet and
 * judged it, say by an {@link io.github.geneve4j.geneve.tunnel.EndpointPolicy}, uses the methods
 * that take the decoder and checks nothing twice.
 *
 * <p>The UDP checksum is not verified here, since that is a pass over the whole packet: a wrong one
 * stays wrong. A receiver that must drop such packets (RFC 8926 §3.3) asks {@link
 * OuterDecoder#isUdpChecksumValid()} or its policy first. And it is not renewed: if any byte of the
 * inner packet has changed, by an inspector or by a {@link
 * io.github.geneve4j.geneve.tunnel.TunnelReceiver} that moved a congestion mark, send it under a
 * {@link GwlbReplyHeader}.
 *
 * <p>Who may send requests at all is another question for the receiver: anybody who reaches the
 * port gets a reply.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * buffer during a call, and keeps a reference to it until the next one.
 */
public final class GwlbReply {
    /** The TTL of replies, if nothing else is said. */
    public static final int DEFAULT_TTL = 64;

    private static final int PROTOCOL_MASK = 0xff;
    private static final int TTL_SHIFT = 8;

    private final Request request;
    private final int ttl;

    /** Answers packets to port {@value Geneve#UDP_PORT} with TTL {@value #DEFAULT_TTL}. */
    public GwlbReply() {
        this(Geneve.UDP_PORT, DEFAULT_TTL);
    }

    /**
     * Answers packets to a port of one's choice, for tests without privileges or with many ports.
     *
     * @param port UDP destination port of requests, and so of replies, 1 to 65535
     * @param ttl of replies, 1 to 255
     * @throws IllegalArgumentException if a number is out of its range
     */
    public GwlbReply(int port, int ttl) {
        Ranges.check("TTL", ttl, 1, 0xff);
        this.request = new Request(port);
        this.ttl = ttl;
    }

    /**
     * Turns an Ethernet frame with 0 to 2 VLAN tags, which stay. Bytes behind the IPv4 packet, such
     * as padding, stay too.
     *
     * @param frame changed only if OK
     * @param offset absolute index of the destination MAC address
     * @param length bytes of the frame, without FCS
     * @return {@link DecodeStatus#OK}, or why there is no reply; {@link DecodeStatus#TRUNCATED_IP}
     *     for a frame that ends in its Ethernet header, {@link DecodeStatus#BAD_IP_HEADER} for one
     *     that carries anything but IPv4
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     */
    public DecodeStatus ethernet(ByteBuf frame, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, frame.capacity());
        int ipv4 = Outer.ipv4Offset(frame, offset, length);
        if (ipv4 < 0) {
            return ipv4 == Outer.TRUNCATED ? DecodeStatus.TRUNCATED_IP : DecodeStatus.BAD_IP_HEADER;
        }
        DecodeStatus status = ipv4(frame, offset + ipv4, length - ipv4);
        if (status == DecodeStatus.OK) {
            Outer.swapMacs(frame, offset);
        }
        return status;
    }

    /**
     * Turns an Ethernet frame that the caller has decoded and accepted.
     *
     * @param offset absolute index of the destination MAC address, in the decoder's buffer
     * @param outer after an OK
     * @throws IllegalArgumentException if the outer header is IPv6
     * @throws IndexOutOfBoundsException if the decoder holds no packet, or {@code offset} is
     *     outside its buffer
     */
    public void ethernet(int offset, OuterDecoder outer) {
        Objects.checkFromIndexSize(offset, Outer.ETHER_TYPE_OFFSET, outer.buffer().capacity());
        ipv4(outer);
        Outer.swapMacs(outer.buffer(), offset);
    }

    /**
     * Turns an IPv4 packet.
     *
     * @param packet changed only if OK
     * @param offset absolute index of the first byte of the IPv4 header
     * @param length bytes available from {@code offset}
     * @return {@link DecodeStatus#OK}, or why there is no reply; {@link DecodeStatus#BAD_IP_HEADER}
     *     for IPv6
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     */
    public DecodeStatus ipv4(ByteBuf packet, int offset, int length) {
        DecodeStatus status = request.wrap(packet, offset, length);
        if (status == DecodeStatus.OK) {
            turn(packet, offset);
        }
        return status;
    }

    /**
     * Turns an IPv4 packet that the caller has decoded and accepted.
     *
     * @param outer after an OK
     * @throws IllegalArgumentException if the outer header is IPv6
     * @throws IndexOutOfBoundsException if the decoder holds no packet
     */
    public void ipv4(OuterDecoder outer) {
        Request.checkIpv4(outer);
        turn(outer.buffer(), outer.ipOffset());
    }

    /**
     * Checks a UDP payload, which is its own reply: no byte of it changes. The socket has to send
     * it from the address that the request was sent to and the port that it came <em>from</em>,
     * back to its address, port {@value Geneve#UDP_PORT}:
     *
     * <pre>
     * request  node:P       to  appliance:6081
     * reply    appliance:P  to  node:6081
     * </pre>
     *
     * <p>A socket bound to 6081 sends from 6081 instead of P. That needs no privileges and is
     * reported to work on AWS, but AWS promises nothing of the kind.
     *
     * @param payload not changed
     * @param offset absolute index of the first Geneve byte
     * @param length bytes of the datagram
     * @return {@link DecodeStatus#OK}, or why there is no reply
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     */
    public DecodeStatus udp(ByteBuf payload, int offset, int length) {
        return request.wrapUdpPayload(payload, offset, length);
    }

    private void turn(ByteBuf packet, int ipv4) {
        packet.setLong(ipv4 + Outer.ADDRESSES_OFFSET, Outer.swappedAddresses(packet, ipv4));
        int before = packet.getUnsignedShort(ipv4 + Outer.TTL_PROTOCOL_OFFSET);
        int now = ttl << TTL_SHIFT | (before & PROTOCOL_MASK);
        packet.setByte(ipv4 + Outer.TTL_OFFSET, ttl);
        int checksumAt = ipv4 + Outer.IPV4_CHECKSUM_OFFSET;
        packet.setShort(
                checksumAt,
                InternetChecksum.update(packet.getUnsignedShort(checksumAt), before, now));
    }
}
