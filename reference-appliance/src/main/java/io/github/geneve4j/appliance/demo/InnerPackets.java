package io.github.geneve4j.appliance.demo;

import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;

/**
 * Inner packets for the demo: bare IP with a TCP, UDP or ICMP echo message and a stamp at the end.
 */
final class InnerPackets {
    static final int TCP = 6;
    static final int UDP = 17;
    static final int ICMP = 1;
    static final int ICMPV6 = 58;

    /** Control bit of TCP packets that open a connection. */
    static final int SYN = 0x02;

    /** Control bit of all TCP packets but the first. */
    static final int ACK = 0x10;

    private static final int TTL = 64;
    private static final int TCP_HEADER_LENGTH = 20;
    private static final int TCP_CHECKSUM_OFFSET = 16;
    private static final int UDP_HEADER_LENGTH = 8;
    private static final int UDP_CHECKSUM_OFFSET = 6;
    private static final int ICMP_CHECKSUM_OFFSET = 2;
    private static final int IPV4_HEADER_LENGTH = 20;
    private static final int IPV4_CHECKSUM_OFFSET = 10;
    private static final int IPV4_DONT_FRAGMENT = 0x4000;
    private static final int IPV6_VERSION = 0x6000_0000;

    private InnerPackets() {}

    /** One end of a flow; the port is the identifier of an ICMP echo. */
    record Endpoint(InetAddress address, int port) {}

    /**
     * {@return a packet with right checksums, whatever its stamp will be}
     *
     * @param isReply only matters to ICMP: an echo reply instead of a request
     * @param dataLength bytes behind the transport header, even, at least a stamp's
     * @param tcpFlags control bits; they only matter to TCP
     */
    static byte[] packet(
            int protocol,
            Endpoint source,
            Endpoint destination,
            boolean isReply,
            int dataLength,
            int tcpFlags) {
        byte[] from = source.address().getAddress();
        byte[] to = destination.address().getAddress();
        ByteBuf message =
                message(protocol, source.port(), destination.port(), isReply, dataLength, tcpFlags);
        int checksumOffset =
                switch (protocol) {
                    case TCP -> TCP_CHECKSUM_OFFSET;
                    case UDP -> UDP_CHECKSUM_OFFSET;
                    default -> ICMP_CHECKSUM_OFFSET;
                };
        long sum = InternetChecksum.sum(message, 0, message.readableBytes());
        if (protocol != ICMP) {
            ByteBuf addresses = Unpooled.wrappedBuffer(from, to);
            sum += InternetChecksum.sum(addresses, 0, addresses.readableBytes());
            sum += protocol + message.readableBytes();
        }
        int checksum = InternetChecksum.checksum(sum);
        message.setShort(checksumOffset, protocol == UDP && checksum == 0 ? 0xffff : checksum);

        ByteBuf packet = Unpooled.buffer();
        if (from.length == 4) {
            writeIpv4Header(packet, protocol, from, to, message.readableBytes());
        } else {
            writeIpv6Header(packet, protocol, from, to, message.readableBytes());
        }
        packet.writeBytes(message);
        byte[] bytes = new byte[packet.readableBytes()];
        packet.readBytes(bytes);
        return bytes;
    }

    private static ByteBuf message(
            int protocol,
            int sourcePort,
            int destinationPort,
            boolean isReply,
            int dataLength,
            int tcpFlags) {
        ByteBuf out = Unpooled.buffer();
        switch (protocol) {
            case TCP -> {
                out.writeShort(sourcePort).writeShort(destinationPort);
                out.writeInt(1).writeInt(1); // sequence and acknowledgment numbers
                out.writeByte((TCP_HEADER_LENGTH / 4) << 4).writeByte(tcpFlags).writeShort(0xffff);
                out.writeInt(0); // checksum, urgent pointer
            }
            case UDP -> {
                out.writeShort(sourcePort).writeShort(destinationPort);
                out.writeShort(UDP_HEADER_LENGTH + dataLength).writeShort(0);
            }
            case ICMP -> writeEcho(out, isReply ? 0 : 8, isReply ? destinationPort : sourcePort);
            case ICMPV6 ->
                    writeEcho(out, isReply ? 129 : 128, isReply ? destinationPort : sourcePort);
            default -> throw new IllegalArgumentException("protocol " + protocol);
        }
        for (int i = 0; i < dataLength - DemoPacket.STAMP_LENGTH; i++) {
            out.writeByte(i);
        }
        return out.writeLong(0).writeLong(~0L); // the stamp
    }

    private static void writeEcho(ByteBuf out, int type, int identifier) {
        out.writeShort(type << 8).writeShort(0).writeShort(identifier).writeShort(1);
    }

    private static void writeIpv4Header(
            ByteBuf out, int protocol, byte[] from, byte[] to, int messageLength) {
        out.writeShort(0x4500).writeShort(IPV4_HEADER_LENGTH + messageLength);
        out.writeShort(0).writeShort(IPV4_DONT_FRAGMENT);
        out.writeByte(TTL).writeByte(protocol).writeShort(0);
        out.writeBytes(from).writeBytes(to);
        out.setShort(
                IPV4_CHECKSUM_OFFSET,
                InternetChecksum.checksum(InternetChecksum.sum(out, 0, IPV4_HEADER_LENGTH)));
    }

    private static void writeIpv6Header(
            ByteBuf out, int protocol, byte[] from, byte[] to, int messageLength) {
        out.writeInt(IPV6_VERSION).writeShort(messageLength);
        out.writeByte(protocol).writeByte(TTL);
        out.writeBytes(from).writeBytes(to);
    }
}
