package io.github.geneve4j.packets;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.netty.buffer.ByteBuf;

/**
 * The checksums of a packet: of the IPv4 header, and of TCP, UDP, UDP-Lite, ICMP or ICMPv6 behind
 * it.
 *
 * <p>Whoever changes a packet has to {@link #mend} them. Computing them anew would make a packet
 * look whole that was damaged on its way here; mended ones are right if they were right, and wrong
 * if they were wrong.
 *
 * <p>There is no such checksum, or none that can be known, and its bytes are left alone, in
 *
 * <ul>
 *   <li>a fragment, since it covers the whole datagram;
 *   <li>UDP whose sender chose none, by a zero (RFC 768, RFC 6936); a sum that turns out to be zero
 *       is written as all ones, so that the two stay apart;
 *   <li>UDP and UDP-Lite with a length or coverage that the packet cannot have;
 *   <li>other protocols. SCTP's CRC32c, which a change of addresses leaves right, is one of them.
 * </ul>
 */
public final class InnerChecksums {
    private static final int NONE = -1;
    private static final int VALID = 0xffff; // the folded sum of what is right

    private static final int UDP_LENGTH_OFFSET = 4; // UDP-Lite: checksum coverage
    private static final int UDP_CHECKSUM_OFFSET = 6;
    private static final int UDP_HEADER_LENGTH = 8;
    private static final int ICMP_CHECKSUM_OFFSET = 2;

    private static final int IHL_MASK = 0x0f;
    private static final int WORD_SHIFT = 2;

    private InnerChecksums() {}

    /**
     * {@return whether all checksums of the packet that can be known are right}
     *
     * <p>In IPv6 the addresses of the IP header count, so that TCP with segments left in a routing
     * header is taken for wrong.
     *
     * @param packet wrapped, in {@code buffer} at {@code offset}
     * @param buffer only read
     * @param offset index of the IP header
     */
    public static boolean isValid(FiveTuple packet, ByteBuf buffer, int offset) {
        if (!packet.isIpv6() && !InternetChecksum.isValid(headerSum(buffer, offset))) {
            return false;
        }
        int covered = covered(packet, buffer);
        return covered == NONE
                || isAbsent(packet, buffer)
                || InternetChecksum.isValid(transportSum(packet, buffer, offset, covered));
    }

    /**
     * Writes right checksums into a packet, whatever stood there.
     *
     * @param packet wrapped, in {@code buffer} at {@code offset}
     * @param buffer changed
     * @param offset index of the IP header
     */
    public static void write(FiveTuple packet, ByteBuf buffer, int offset) {
        if (!packet.isIpv6()) {
            writeHeader(buffer, offset, VALID);
        }
        int covered = covered(packet, buffer);
        if (covered != NONE && !isAbsent(packet, buffer)) {
            writeTransport(packet, buffer, offset, covered, VALID);
        }
    }

    /**
     * Mends the checksums of a packet that was changed: they are as right, or as wrong, as they
     * were before (RFC 1624). What stands in the changed packet's checksum fields does not matter.
     * Where the checksum cannot be compared, as the protocol is another, it is written anew.
     *
     * @param before wrapped, the packet as it was, in {@code old} at {@code oldOffset}
     * @param old only read
     * @param oldOffset index of the IP header
     * @param packet wrapped after the change, in {@code buffer} at {@code offset}
     * @param buffer changed
     * @param offset index of the IP header
     */
    public static void mend(
            FiveTuple before,
            ByteBuf old,
            int oldOffset,
            FiveTuple packet,
            ByteBuf buffer,
            int offset) {
        if (!packet.isIpv6()) {
            int was = before.isIpv6() ? VALID : InternetChecksum.fold(headerSum(old, oldOffset));
            writeHeader(buffer, offset, was);
        }
        int covered = covered(packet, buffer);
        if (covered == NONE) {
            return;
        }
        int coveredBefore =
                before.transportProtocol() == packet.transportProtocol()
                        ? covered(before, old)
                        : NONE;
        if (coveredBefore == NONE) {
            writeTransport(packet, buffer, offset, covered, VALID);
        } else if (isAbsent(before, old)) {
            buffer.setShort(packet.transportOffset() + UDP_CHECKSUM_OFFSET, 0);
        } else {
            long was = transportSum(before, old, oldOffset, coveredBefore);
            writeTransport(packet, buffer, offset, covered, InternetChecksum.fold(was));
        }
    }

    private static long headerSum(ByteBuf buffer, int offset) {
        int length = (buffer.getByte(offset) & IHL_MASK) << WORD_SHIFT;
        return InternetChecksum.sum(buffer, offset, length);
    }

    private static void writeHeader(ByteBuf buffer, int offset, int total) {
        buffer.setShort(offset + Ip.V4_CHECKSUM_OFFSET, 0);
        buffer.setShort(offset + Ip.V4_CHECKSUM_OFFSET, field(headerSum(buffer, offset), total));
    }

    private static void writeTransport(
            FiveTuple packet, ByteBuf buffer, int offset, int covered, int total) {
        int at = packet.transportOffset() + fieldOffset(packet.transportProtocol());
        buffer.setShort(at, 0);
        int checksum = field(transportSum(packet, buffer, offset, covered), total);
        buffer.setShort(at, checksum == 0 && isUdp(packet) ? VALID : checksum);
    }

    /**
     * {@return what the field has to be}
     *
     * @param sum of all that the checksum covers, with zero in its place
     * @param total what it must add up to, folded: all ones in a right one
     */
    private static int field(long sum, int total) {
        int right = InternetChecksum.checksum(sum);
        return total == VALID ? right : InternetChecksum.fold(total + right);
    }

    /** {@return the sum of what the checksum covers, itself and pseudo-header included} */
    private static long transportSum(FiveTuple packet, ByteBuf buffer, int offset, int covered) {
        long sum = InternetChecksum.sum(buffer, packet.transportOffset(), covered);
        int protocol = packet.transportProtocol();
        if (protocol == IpProtocol.ICMP) {
            return sum; // RFC 792 knows no pseudo-header
        }
        int length = protocol == IpProtocol.UDP ? covered : packet.transportLength();
        return sum + Ip.addressSum(packet.isIpv6(), buffer, offset) + protocol + length;
    }

    /** {@return the bytes from the transport header on that its checksum covers, or NONE} */
    private static int covered(FiveTuple packet, ByteBuf buffer) {
        if (packet.isFragment()) {
            return NONE;
        }
        int available = packet.transportLength();
        return switch (packet.transportProtocol()) {
            case IpProtocol.TCP -> available;
            case IpProtocol.UDP -> stated(packet, buffer, available);
            case IpProtocol.UDP_LITE -> {
                int at = packet.transportOffset() + UDP_LENGTH_OFFSET;
                yield buffer.getShort(at) == 0 ? available : stated(packet, buffer, available);
            }
            case IpProtocol.ICMP -> packet.isIpv6() ? NONE : available;
            case IpProtocol.ICMPV6 -> packet.isIpv6() ? available : NONE;
            default -> NONE;
        };
    }

    private static int stated(FiveTuple packet, ByteBuf buffer, int available) {
        int length = buffer.getUnsignedShort(packet.transportOffset() + UDP_LENGTH_OFFSET);
        return length < UDP_HEADER_LENGTH || length > available ? NONE : length;
    }

    /** {@return whether this is UDP without a checksum} */
    private static boolean isAbsent(FiveTuple packet, ByteBuf buffer) {
        return packet.transportProtocol() == IpProtocol.UDP
                && buffer.getShort(packet.transportOffset() + UDP_CHECKSUM_OFFSET) == 0;
    }

    private static boolean isUdp(FiveTuple packet) {
        int protocol = packet.transportProtocol();
        return protocol == IpProtocol.UDP || protocol == IpProtocol.UDP_LITE;
    }

    private static int fieldOffset(int protocol) {
        return switch (protocol) {
            case IpProtocol.TCP -> Tcp.CHECKSUM_OFFSET;
            case IpProtocol.UDP, IpProtocol.UDP_LITE -> UDP_CHECKSUM_OFFSET;
            default -> ICMP_CHECKSUM_OFFSET;
        };
    }
}
