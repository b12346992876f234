package io.github.geneve4j.packets;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.netty.buffer.ByteBuf;

/**
 * Ends a TCP connection from the middle of its way: resets that either end believes.
 *
 * <pre>
 *   IPv4, 20 bytes, or IPv6, 40 bytes
 *   TCP, 20 bytes: ports; sequence, acknowledgment; RST or RST and ACK; window 0
 * </pre>
 *
 * <p>To the sender of a packet goes the {@linkplain #answer answer} that a host gives which knows
 * no such connection (RFC 9293 §3.10.7.1). To the receiver goes a reset {@linkplain #onward in the
 * sender's name}, in the very place of the packet that does not arrive.
 */
public final class TcpReset {
    /** The bytes of a reset in IPv4. */
    public static final int IPV4_LENGTH = Ip.V4_HEADER_LENGTH + Tcp.HEADER_LENGTH;

    /** The bytes of a reset in IPv6. */
    public static final int IPV6_LENGTH = Ip.V6_HEADER_LENGTH + Tcp.HEADER_LENGTH;

    private static final int DATA_OFFSET_SHIFT = 28;
    private static final int FLAGS_SHIFT = 16;
    private static final int PORT_BITS = 16;

    private TcpReset() {}

    /**
     * {@return whether a packet may be answered with a reset} That is a whole, undamaged TCP
     * segment between two hosts, and not a reset itself.
     *
     * @param packet wrapped, in {@code buffer} at {@code offset}
     * @param buffer only read
     * @param offset index of the IP header
     */
    public static boolean mayAnswer(FiveTuple packet, ByteBuf buffer, int offset) {
        return Tcp.hasHeader(packet)
                && (packet.tcpFlags() & TcpFlags.RST) == 0
                && Tcp.isWellFormed(packet, buffer)
                && Answerable.isAnswerable(packet, buffer, offset);
    }

    /**
     * {@return whether the packet's receiver may know of the connection} It does not if all that
     * came so far is a SYN, which gets no further: then a reset would only tell it of what was
     * refused.
     *
     * @param packet wrapped, a TCP segment
     */
    public static boolean concernsReceiver(FiveTuple packet) {
        return (packet.tcpFlags() & (TcpFlags.SYN | TcpFlags.ACK)) != TcpFlags.SYN;
    }

    /**
     * Writes the reset to the sender of a packet: it begins where the packet's acknowledgment says;
     * if the packet has none, it acknowledges all of the packet.
     *
     * @param packet wrapped, a TCP segment in {@code from} at {@code offset}
     * @param from holds the packet
     * @param offset index of its IP header
     * @param into gets {@value #IPV4_LENGTH} or {@value #IPV6_LENGTH} bytes; may be {@code from}
     * @param at index of the first byte; may be {@code offset}, but may not be elsewhere in the
     *     packet
     * @return the bytes that were written
     * @throws IllegalArgumentException if the packet is not TCP, or a fragment
     */
    public static int answer(FiveTuple packet, ByteBuf from, int offset, ByteBuf into, int at) {
        checkTcp(packet);
        int tcp = packet.transportOffset();
        int ports = Integer.rotateLeft(from.getInt(tcp + Tcp.PORTS_OFFSET), PORT_BITS);
        boolean acknowledges = (packet.tcpFlags() & TcpFlags.ACK) != 0;
        int sequence = acknowledges ? from.getInt(tcp + Tcp.ACKNOWLEDGMENT_OFFSET) : 0;
        int acknowledgment =
                acknowledges
                        ? 0
                        : from.getInt(tcp + Tcp.SEQUENCE_OFFSET) + segmentLength(packet, from);
        int flags = acknowledges ? TcpFlags.RST : TcpFlags.RST | TcpFlags.ACK;
        Ip.write(true, packet, from, offset, IpProtocol.TCP, 0, Tcp.HEADER_LENGTH, into, at);
        return writeTcp(packet, ports, sequence, acknowledgment, flags, into, at);
    }

    /**
     * Writes the reset to the receiver of a packet, in its sender's name: with the packet's
     * sequence number, or the one behind its SYN, which is what the receiver waits for, and with
     * its acknowledgment, which a host that has sent a SYN asks for.
     *
     * @param packet wrapped, a TCP segment in {@code from} at {@code offset}
     * @param from holds the packet
     * @param offset index of its IP header
     * @param into gets {@value #IPV4_LENGTH} or {@value #IPV6_LENGTH} bytes; may be {@code from}
     * @param at index of the first byte; may be {@code offset}, but may not be elsewhere in the
     *     packet
     * @return the bytes that were written
     * @throws IllegalArgumentException if the packet is not TCP, or a fragment
     */
    public static int onward(FiveTuple packet, ByteBuf from, int offset, ByteBuf into, int at) {
        checkTcp(packet);
        int tcp = packet.transportOffset();
        int flags = packet.tcpFlags();
        int ports = from.getInt(tcp + Tcp.PORTS_OFFSET);
        int sequence =
                from.getInt(tcp + Tcp.SEQUENCE_OFFSET) + ((flags & TcpFlags.SYN) == 0 ? 0 : 1);
        boolean acknowledges = (flags & TcpFlags.ACK) != 0;
        int acknowledgment = acknowledges ? from.getInt(tcp + Tcp.ACKNOWLEDGMENT_OFFSET) : 0;
        Ip.write(false, packet, from, offset, IpProtocol.TCP, 0, Tcp.HEADER_LENGTH, into, at);
        return writeTcp(
                packet,
                ports,
                sequence,
                acknowledgment,
                TcpFlags.RST | (flags & TcpFlags.ACK),
                into,
                at);
    }

    private static void checkTcp(FiveTuple packet) {
        if (!Tcp.hasHeader(packet)) {
            throw new IllegalArgumentException(
                    "a reset for protocol "
                            + packet.transportProtocol()
                            + (packet.isFragment() ? ", a fragment" : ", not TCP"));
        }
    }

    private static int writeTcp(
            FiveTuple packet,
            int ports,
            int sequence,
            int acknowledgment,
            int flags,
            ByteBuf into,
            int ip) {
        int at = ip + Ip.headerLength(packet);
        into.setInt(at + Tcp.PORTS_OFFSET, ports);
        into.setInt(at + Tcp.SEQUENCE_OFFSET, sequence);
        into.setInt(at + Tcp.ACKNOWLEDGMENT_OFFSET, acknowledgment);
        into.setInt(
                at + Tcp.DATA_OFFSET_OFFSET,
                Tcp.HEADER_WORDS << DATA_OFFSET_SHIFT | flags << FLAGS_SHIFT);
        into.setInt(at + Tcp.CHECKSUM_OFFSET, 0);
        long sum =
                Ip.addressSum(packet.isIpv6(), into, ip)
                        + IpProtocol.TCP
                        + Tcp.HEADER_LENGTH
                        + InternetChecksum.sum(into, at, Tcp.HEADER_LENGTH);
        into.setShort(at + Tcp.CHECKSUM_OFFSET, InternetChecksum.checksum(sum));
        return at + Tcp.HEADER_LENGTH - ip;
    }

    /** {@return the sequence numbers that a packet takes} */
    private static int segmentLength(FiveTuple packet, ByteBuf buffer) {
        int header = Math.max(Tcp.headerLength(packet, buffer), Tcp.HEADER_LENGTH);
        int flags = packet.tcpFlags();
        return Math.max(0, packet.transportLength() - header)
                + ((flags & TcpFlags.SYN) == 0 ? 0 : 1)
                + ((flags & TcpFlags.FIN) == 0 ? 0 : 1);
    }
}
