package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Writes the reset that answers a TCP packet to a connection that is not there (RFC 9293
 * §3.10.7.1): it begins where the packet's acknowledgment says; if it has none, it acknowledges all
 * of the packet.
 *
 * <pre>
 *   IPv4, 20 bytes, or IPv6, 40 bytes: the packet's addresses, swapped
 *   TCP, 20 bytes: the packet's ports, swapped; sequence, acknowledgment; RST or RST and ACK
 * </pre>
 */
final class TcpReset {
    private static final int IPV4_HEADER_LENGTH = 20;
    private static final int IPV4_FIRST_WORD = 0x4500_0028; // version, IHL, TOS, total length 40
    private static final int IPV4_DONT_FRAGMENT = 0x4000; // second word: ID 0, DF, offset 0
    private static final int IPV4_CHECKSUM_OFFSET = 10;
    private static final int IPV4_ADDRESSES_OFFSET = 12;
    private static final int IPV4_ADDRESS_LENGTH = 4;

    private static final int IPV6_HEADER_LENGTH = 40;
    private static final int IPV6_FIRST_WORD = 0x6000_0000;
    private static final int IPV6_ADDRESSES_OFFSET = 8;
    private static final int IPV6_ADDRESS_LENGTH = 16;

    private static final int TTL = 64;

    private static final int SEQUENCE_OFFSET = 4; // in the TCP header, RFC 9293 §3.1
    private static final int ACKNOWLEDGMENT_OFFSET = 8;
    private static final int DATA_OFFSET_OFFSET = 12;
    private static final int CHECKSUM_OFFSET = 16;
    private static final int TCP_HEADER_LENGTH = 20;
    private static final int TCP_HEADER_WORDS = 5;
    private static final int PORT_LENGTH = 2;

    private final ByteBuf buffer =
            Unpooled.buffer(IPV6_HEADER_LENGTH + TCP_HEADER_LENGTH)
                    .setZero(0, IPV6_HEADER_LENGTH + TCP_HEADER_LENGTH);

    /** {@return what {@link #write} wrote to, from index 0} */
    ByteBuf buffer() {
        return buffer;
    }

    /**
     * Writes the reset.
     *
     * @param packet answered; has a TCP header, and no RST
     * @param from holds the packet
     * @param offset absolute index of its IP header
     * @return the reset's length
     */
    int write(FiveTuple packet, ByteBuf from, int offset) {
        return packet.isIpv6() ? writeIpv6(packet, from, offset) : writeIpv4(packet, from, offset);
    }

    private int writeIpv4(FiveTuple packet, ByteBuf from, int offset) {
        buffer.setInt(0, IPV4_FIRST_WORD);
        buffer.setInt(4, IPV4_DONT_FRAGMENT);
        buffer.setInt(8, TTL << 24 | IpProtocol.TCP << 16);
        swap(from, offset + IPV4_ADDRESSES_OFFSET, IPV4_ADDRESSES_OFFSET, IPV4_ADDRESS_LENGTH);
        long sum = InternetChecksum.sum(buffer, 0, IPV4_HEADER_LENGTH);
        buffer.setShort(IPV4_CHECKSUM_OFFSET, InternetChecksum.checksum(sum));
        long addresses =
                InternetChecksum.sum(buffer, IPV4_ADDRESSES_OFFSET, 2 * IPV4_ADDRESS_LENGTH);
        return writeTcp(packet, from, IPV4_HEADER_LENGTH, addresses);
    }

    private int writeIpv6(FiveTuple packet, ByteBuf from, int offset) {
        buffer.setInt(0, IPV6_FIRST_WORD);
        buffer.setInt(4, TCP_HEADER_LENGTH << 16 | IpProtocol.TCP << 8 | TTL);
        swap(from, offset + IPV6_ADDRESSES_OFFSET, IPV6_ADDRESSES_OFFSET, IPV6_ADDRESS_LENGTH);
        long addresses =
                InternetChecksum.sum(buffer, IPV6_ADDRESSES_OFFSET, 2 * IPV6_ADDRESS_LENGTH);
        return writeTcp(packet, from, IPV6_HEADER_LENGTH, addresses);
    }

    private int writeTcp(FiveTuple packet, ByteBuf from, int at, long addresses) {
        int tcp = packet.transportOffset();
        int flags = packet.tcpFlags();
        swap(from, tcp, at, PORT_LENGTH);
        if ((flags & InnerFlow.ACK) != 0) {
            buffer.setInt(at + SEQUENCE_OFFSET, from.getInt(tcp + ACKNOWLEDGMENT_OFFSET));
            buffer.setInt(at + ACKNOWLEDGMENT_OFFSET, 0);
            writeFlags(at, InnerFlow.RST);
        } else {
            int sequence = from.getInt(tcp + SEQUENCE_OFFSET);
            buffer.setInt(at + SEQUENCE_OFFSET, 0);
            buffer.setInt(
                    at + ACKNOWLEDGMENT_OFFSET, sequence + segmentLength(packet, from, tcp, flags));
            writeFlags(at, InnerFlow.RST | InnerFlow.ACK);
        }
        buffer.setInt(at + CHECKSUM_OFFSET, 0);
        long sum =
                addresses
                        + IpProtocol.TCP
                        + TCP_HEADER_LENGTH
                        + InternetChecksum.sum(buffer, at, TCP_HEADER_LENGTH);
        buffer.setShort(at + CHECKSUM_OFFSET, InternetChecksum.checksum(sum));
        return at + TCP_HEADER_LENGTH;
    }

    private void writeFlags(int at, int flags) {
        buffer.setInt(at + DATA_OFFSET_OFFSET, TCP_HEADER_WORDS << 28 | flags << 16); // window 0
    }

    /** {@return the sequence numbers that a packet takes} */
    private static int segmentLength(FiveTuple packet, ByteBuf from, int tcp, int flags) {
        int header = (from.getUnsignedByte(tcp + DATA_OFFSET_OFFSET) >>> 4) * Integer.BYTES;
        int payload = Math.max(0, packet.transportLength() - Math.max(header, TCP_HEADER_LENGTH));
        return payload
                + ((flags & InnerFlow.SYN) == 0 ? 0 : 1)
                + ((flags & InnerFlow.FIN) == 0 ? 0 : 1);
    }

    /** Copies two neighbours, each into the other's place. */
    private void swap(ByteBuf from, int index, int to, int length) {
        for (int i = 0; i < length; i++) {
            buffer.setByte(to + i, from.getByte(index + length + i));
            buffer.setByte(to + length + i, from.getByte(index + i));
        }
    }
}
