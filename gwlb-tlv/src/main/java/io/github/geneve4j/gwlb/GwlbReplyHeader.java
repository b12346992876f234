package io.github.geneve4j.gwlb;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Objects;

/**
 * The reply header of a flow, for packets that do not go back as they came: a TCP reset, an ICMP
 * error, a packet that was changed, one that returns from a two-arm trip.
 *
 * <p>Capture it from every request of the flow, since the load balancer drops a reply whose cookie
 * is not the latest; then write it before an inner packet. Both directions of a flow come from the
 * same load balancer node, with the same source port, endpoint id and cookie, whichever inner host
 * was the sender: so one header serves both, and the inner packet's own addresses decide where it
 * goes. (So it is in captures, and so appliances in the field do it; AWS publishes no word on it.)
 * Without a request there is nothing to capture: an appliance cannot start a flow, and the load
 * balancer drops what it has no flow for.
 *
 * {@snippet :
 * if (header.capture(outer, geneve) == DecodeStatus.OK) {
 *     int length = writeReset(buffer, innerOffset); // leaves header.length() bytes before it
 *     int start = header.write(buffer, innerOffset, length);
 *     if (start != GwlbReplyHeader.NOT_WRITTEN) {
 *         send(buffer, start, header.length() + length);
 *     }
 * }
 * }
 *
 * <p>What is captured is the reply's outer IPv4, UDP and Geneve header, {@value #AWS_LENGTH} bytes
 * for AWS, at most {@value #MAX_LENGTH}, in the caller's memory or in its own. It has no
 * references, so it may be copied as bytes, and memory that is all zero holds none: a slot of a
 * flow table needs no further mark. Its inside:
 *
 * <ul>
 *   <li>IPv4: addresses swapped, fresh TTL, DSCP of the request, DF set and id 0, as fragments
 *       would be dropped anyway (RFC 6864 §4.1), no options;
 *   <li>UDP: ports of the request, not swapped;
 *   <li>Geneve: as it came.
 * </ul>
 *
 * <p>Lengths and checksums are 0 there; they follow from the inner packet. So does the protocol
 * type, and the outer ECN field, which is copied from the inner packet (RFC 6040 §4.1): a mark that
 * the captured request happened to have would make the load balancer drop a packet that is not
 * ECN-capable.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * memory until the next {@code wrap}, packets during a call.
 */
public final class GwlbReplyHeader {
    /** Bytes of a header that AWS sends: IPv4, UDP, Geneve with its three options. */
    public static final int AWS_LENGTH = 20 + 8 + 40;

    /** Bytes of the longest header. */
    public static final int MAX_LENGTH = 20 + 8 + Geneve.MAX_HEADER_LENGTH;

    /** Bytes of the shortest inner packet: an IPv4 header. */
    public static final int MIN_INNER_LENGTH = 20;

    /**
     * Bytes of the longest inner packet: the load balancer's MTU. It drops longer ones and tells
     * nobody, although it has been seen to deliver some.
     */
    public static final int MAX_INNER_LENGTH = 8500;

    /** What {@link #write} answers for an inner packet that the load balancer would not take. */
    public static final int NOT_WRITTEN = -1;

    private static final int MIN_LENGTH = 20 + 8 + Geneve.HEADER_LENGTH;

    // Stored form
    private static final int IPV4_OFFSET = 0;
    private static final int UDP_OFFSET = IPV4_OFFSET + Outer.IPV4_HEADER_LENGTH;
    private static final int GENEVE_OFFSET = UDP_OFFSET + Outer.UDP_HEADER_LENGTH;

    // Geneve (RFC 8926 §3.4)
    private static final int OPT_LEN_OFFSET = 0; // Ver:2 Opt Len:6
    private static final int PROTOCOL_TYPE_OFFSET = 2; // 16 bits
    private static final int OPT_LEN_MASK = 0x3f;
    private static final int WORD_SHIFT = 2;

    private static final int VERSION_4_IHL_5 = 0x45;
    private static final int VERSION_IHL_SHIFT = 24;
    private static final int DSCP_SHIFT = 18;
    private static final int ID_0_DONT_FRAGMENT = 0x4000;
    private static final int TTL_SHIFT = 8;

    private static final int INNER_VERSION_SHIFT = 28; // of the inner packet's first 32 bits
    private static final int INNER_ECN_SHIFT_V4 = 16; // Version:4 IHL:4 DSCP:6 ECN:2 Length:16
    private static final int INNER_ECN_SHIFT_V6 = 20; // Version:4 DSCP:6 ECN:2 Flow Label:20
    private static final int ECN_MASK = 3;

    private static final int NO_CHECKSUM = 0;
    private static final int CHECKSUM_ZERO_SENT_AS = 0xffff; // RFC 768

    private final Request request;
    private final int ttl;
    private final boolean udpChecksum;

    private ByteBuf memory = Unpooled.wrappedBuffer(new byte[MAX_LENGTH]);
    private int base;
    private int capacity = MAX_LENGTH;

    /**
     * Creates an empty header with memory of its own, for port {@value Geneve#UDP_PORT}, TTL
     * {@value GwlbReply#DEFAULT_TTL}, with UDP checksums.
     */
    public GwlbReplyHeader() {
        this(Geneve.UDP_PORT, GwlbReply.DEFAULT_TTL, true);
    }

    /**
     * Creates an empty header with memory of its own.
     *
     * @param port UDP destination port of requests, and so of replies, 1 to 65535
     * @param ttl of replies, 1 to 255
     * @param udpChecksum whether to compute the UDP checksum, one pass over the inner packet, or to
     *     send 0, which AWS takes as well; Google wants checksums
     * @throws IllegalArgumentException if a number is out of its range
     */
    public GwlbReplyHeader(int port, int ttl, boolean udpChecksum) {
        Ranges.check("TTL", ttl, 1, 0xff);
        this.request = new Request(port);
        this.ttl = ttl;
        this.udpChecksum = udpChecksum;
    }

    /**
     * Points this view at memory of the caller, such as a slot of a flow table: empty if its first
     * byte is 0, otherwise what a {@code GwlbReplyHeader} has captured there.
     *
     * @param memory borrowed until the next call
     * @param offset absolute index of the first byte
     * @param capacity bytes that a header may take: {@value #AWS_LENGTH} hold those of AWS and
     *     Tencent, {@value #MAX_LENGTH} hold all
     * @return this
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     * @throws IllegalArgumentException if no header at all fits
     */
    public GwlbReplyHeader wrap(ByteBuf memory, int offset, int capacity) {
        Objects.checkFromIndexSize(offset, capacity, memory.capacity());
        Ranges.check("capacity", capacity, MIN_LENGTH, Integer.MAX_VALUE);
        this.memory = memory;
        this.base = offset;
        this.capacity = capacity;
        return this;
    }

    /**
     * Captures the reply header from a request, in place of what was captured before.
     *
     * @param packet not changed
     * @param offset absolute index of the first byte of the IPv4 header
     * @param length bytes available from {@code offset}
     * @return {@link DecodeStatus#OK}; {@link DecodeStatus#OPTIONS_TOO_LONG} if the header is
     *     longer than the memory; or why there is no reply to this packet, as {@link
     *     GwlbReply#ipv4(ByteBuf, int, int)}. Unless OK, what was captured before stays.
     * @throws IndexOutOfBoundsException if the range is not inside the buffer's capacity
     */
    public DecodeStatus capture(ByteBuf packet, int offset, int length) {
        DecodeStatus status = request.wrap(packet, offset, length);
        return status == DecodeStatus.OK ? capture(request.outer, request.geneve) : status;
    }

    /**
     * Captures the reply header from a request that the caller has decoded and accepted, in place
     * of what was captured before.
     *
     * @param outer after an OK
     * @param geneve after an OK, in the same buffer
     * @return {@link DecodeStatus#OK}; {@link DecodeStatus#OPTIONS_TOO_LONG} if the header is
     *     longer than the memory; {@link DecodeStatus#CONTROL_PACKET} if the O bit is set, as such
     *     a header fits no data. Unless OK, what was captured before stays.
     * @throws IllegalArgumentException if the outer header is IPv6
     * @throws IndexOutOfBoundsException if a decoder holds no packet
     */
    public DecodeStatus capture(OuterDecoder outer, GeneveDecoder geneve) {
        Request.checkIpv4(outer);
        if (geneve.isControl()) {
            return DecodeStatus.CONTROL_PACKET;
        }
        int geneveLength = geneve.headerLength();
        if (capacity - GENEVE_OFFSET < geneveLength) {
            return DecodeStatus.OPTIONS_TOO_LONG;
        }
        ByteBuf packet = geneve.buffer();

        int ipv4 = base + IPV4_OFFSET;
        memory.setInt(
                ipv4 + Outer.VERSION_IHL_TOS_OFFSET,
                VERSION_4_IHL_5 << VERSION_IHL_SHIFT | outer.dscp() << DSCP_SHIFT);
        memory.setInt(ipv4 + Outer.ID_FRAGMENT_OFFSET, ID_0_DONT_FRAGMENT);
        memory.setShort(ipv4 + Outer.TTL_PROTOCOL_OFFSET, ttl << TTL_SHIFT | Outer.UDP_PROTOCOL);
        memory.setShort(ipv4 + Outer.IPV4_CHECKSUM_OFFSET, 0);
        memory.setLong(
                ipv4 + Outer.ADDRESSES_OFFSET, Outer.swappedAddresses(packet, outer.ipOffset()));

        int udp = base + UDP_OFFSET;
        memory.setInt(
                udp + Outer.PORTS_OFFSET, packet.getInt(outer.udpOffset() + Outer.PORTS_OFFSET));
        memory.setInt(udp + Outer.UDP_LENGTH_OFFSET, 0); // and checksum

        copyWords(packet, geneve.offset(), memory, base + GENEVE_OFFSET, geneveLength);
        return DecodeStatus.OK;
    }

    /** {@return whether a header is captured} */
    public boolean isPresent() {
        return memory.getByte(base) != 0;
    }

    /** Forgets the captured header. */
    public void clear() {
        memory.setByte(base, 0);
    }

    /**
     * {@return the bytes of the captured header: the headroom that {@link #write} needs}
     *
     * @throws IllegalStateException if there is none
     */
    public int length() {
        if (!isPresent()) {
            throw new IllegalStateException("no request was captured: a flow cannot start here");
        }
        int optLen = memory.getByte(base + GENEVE_OFFSET + OPT_LEN_OFFSET) & OPT_LEN_MASK;
        return MIN_LENGTH + (optLen << WORD_SHIFT);
    }

    /**
     * Writes the header right before an inner packet and completes it: protocol type and ECN from
     * the inner packet's first bytes, lengths, checksums. The inner packet does not change.
     *
     * @param buffer holds the inner packet and {@link #length()} bytes of headroom before it
     * @param innerOffset absolute index of the first byte of the inner packet
     * @param innerLength bytes of the inner packet
     * @return the absolute index of the reply's first byte, its outer IPv4 header; the reply ends
     *     where the inner packet does. Or {@link #NOT_WRITTEN}, and no byte has changed: the inner
     *     packet is neither IPv4 nor IPv6, or does not have {@value #MIN_INNER_LENGTH} to {@value
     *     #MAX_INNER_LENGTH} bytes.
     * @throws IllegalStateException if no header is captured
     * @throws IndexOutOfBoundsException if the headroom or the inner packet is not inside the
     *     buffer's capacity
     */
    public int write(ByteBuf buffer, int innerOffset, int innerLength) {
        int length = length();
        int start = innerOffset - length;
        Objects.checkFromIndexSize(innerOffset, innerLength, buffer.capacity());
        Objects.checkFromIndexSize(start, length, buffer.capacity());
        if (innerLength < MIN_INNER_LENGTH || innerLength > MAX_INNER_LENGTH) {
            return NOT_WRITTEN;
        }
        int first = buffer.getInt(innerOffset);
        int version = first >>> INNER_VERSION_SHIFT;
        if (version != 4 && version != 6) {
            return NOT_WRITTEN;
        }
        boolean ipv6 = version == 6;
        int protocolType = ipv6 ? EtherType.IPV6 : EtherType.IPV4;
        int ecn = first >>> (ipv6 ? INNER_ECN_SHIFT_V6 : INNER_ECN_SHIFT_V4) & ECN_MASK;

        copyWords(memory, base, buffer, start, length);

        int ipv4 = start + IPV4_OFFSET;
        int tosAt = ipv4 + Outer.TOS_OFFSET;
        buffer.setByte(tosAt, buffer.getByte(tosAt) | ecn);
        buffer.setShort(ipv4 + Outer.TOTAL_LENGTH_OFFSET, length + innerLength);
        buffer.setShort(
                ipv4 + Outer.IPV4_CHECKSUM_OFFSET,
                InternetChecksum.checksum(
                        InternetChecksum.sum(buffer, ipv4, Outer.IPV4_HEADER_LENGTH)));

        int udp = start + UDP_OFFSET;
        int udpLength = length - UDP_OFFSET + innerLength;
        buffer.setShort(udp + Outer.UDP_LENGTH_OFFSET, udpLength);
        buffer.setShort(start + GENEVE_OFFSET + PROTOCOL_TYPE_OFFSET, protocolType);
        if (udpChecksum) {
            buffer.setShort(
                    udp + Outer.UDP_CHECKSUM_OFFSET,
                    udpChecksum(buffer, ipv4 + Outer.ADDRESSES_OFFSET, udp, udpLength));
        }
        return start;
    }

    /** {@return the checksum of a datagram whose checksum field is 0 (RFC 768)} */
    private static int udpChecksum(ByteBuf buffer, int addresses, int udp, int udpLength) {
        long pseudoHeader =
                InternetChecksum.sum(buffer, addresses, Outer.ADDRESSES_LENGTH)
                        + Outer.UDP_PROTOCOL
                        + udpLength;
        int checksum =
                InternetChecksum.checksum(
                        pseudoHeader + InternetChecksum.sum(buffer, udp, udpLength));
        return checksum == NO_CHECKSUM ? CHECKSUM_ZERO_SENT_AS : checksum;
    }

    /**
     * Copies a multiple of 4 bytes. Netty's own copy between heap and direct memory may allocate a
     * view of the direct one.
     */
    private static void copyWords(
            ByteBuf from, int fromOffset, ByteBuf to, int toOffset, int length) {
        int at = 0;
        for (; length - at >= Long.BYTES; at += Long.BYTES) {
            to.setLong(toOffset + at, from.getLong(fromOffset + at));
        }
        if (at < length) {
            to.setInt(toOffset + at, from.getInt(fromOffset + at));
        }
    }
}
