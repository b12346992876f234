package io.github.geneve4j.packets;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.netty.buffer.ByteBuf;

/**
 * The fields of a packet that say how long it is; to be written after it has become longer or
 * shorter, and before its checksums, which cover them.
 */
public final class LengthFields {
    private static final int UDP_LENGTH_OFFSET = 4;
    private static final int MAX_LENGTH = 0xffff;

    private LengthFields() {}

    /**
     * Writes the IPv4 total length or the IPv6 payload length. The packet need not be one that a
     * {@link FiveTuple} can read yet.
     *
     * @param ipv6 the packet's version
     * @param buffer changed
     * @param offset index of the IP header
     * @param length bytes of the whole packet, header included: a header's, 20 or 40, to what the
     *     field can say, 65,535 or 65,575
     * @throws IllegalArgumentException if the length is out of its range
     */
    public static void writeIp(boolean ipv6, ByteBuf buffer, int offset, int length) {
        int least = ipv6 ? Ip.V6_HEADER_LENGTH : Ip.V4_HEADER_LENGTH;
        int most = ipv6 ? MAX_LENGTH + Ip.V6_HEADER_LENGTH : MAX_LENGTH;
        if (length < least || length > most) {
            throw new IllegalArgumentException(
                    "length " + length + ": not " + least + " to " + most);
        }
        if (ipv6) {
            buffer.setShort(offset + Ip.V6_PAYLOAD_LENGTH_OFFSET, length - Ip.V6_HEADER_LENGTH);
        } else {
            buffer.setShort(offset + Ip.V4_TOTAL_LENGTH_OFFSET, length);
        }
    }

    /**
     * Writes the UDP length of a packet whose IP length is right; does nothing to other protocols,
     * and nothing to a fragment, whose UDP length is its datagram's.
     *
     * @param packet wrapped, in {@code buffer}
     * @param buffer changed
     */
    public static void writeUdp(FiveTuple packet, ByteBuf buffer) {
        if (packet.transportProtocol() == IpProtocol.UDP && !packet.isFragment()) {
            buffer.setShort(packet.transportOffset() + UDP_LENGTH_OFFSET, packet.transportLength());
        }
    }
}
