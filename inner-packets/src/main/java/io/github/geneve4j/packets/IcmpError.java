package io.github.geneve4j.packets;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.geneve.tunnel.InternetChecksum;
import io.netty.buffer.ByteBuf;

/**
 * Tells the sender of a packet that it does not arrive: ICMP (RFC 792) or ICMPv6 errors (RFC 4443).
 *
 * <pre>
 *                                  ICMP                     ICMPv6
 *   administratively prohibited    type 3, code 13          type 1, code 1
 *   too big                        type 3, code 4, MTU      type 2, code 0, MTU
 *   quotes of the packet           548 bytes at most        1,232 bytes at most
 *   is itself                      576 bytes at most        1,280 bytes at most
 * </pre>
 *
 * <p>The source of an error is the packet's destination, since a middlebox has no address of its
 * own between the two. IPv4 errors have the precedence of network control (RFC 1812 §4.3.2.5).
 *
 * <p>Errors must be limited in number (RFC 4443 §2.4, RFC 1812 §4.3.2.8): that is up to who sends
 * them.
 */
public final class IcmpError {
    /** The most bytes of an IPv4 error, whatever it quotes (RFC 1812 §4.3.2.3). */
    public static final int MAX_IPV4_LENGTH = 576;

    /** The most bytes of an IPv6 error, the least MTU of IPv6 (RFC 4443 §2.4). */
    public static final int MAX_IPV6_LENGTH = 1280;

    private static final int HEADER_LENGTH = 8;
    private static final int CHECKSUM_OFFSET = 2;
    private static final int REST_OFFSET = 4; // 32 bits; what IPv4 has of an MTU is the lower half
    private static final int TYPE_SHIFT = 24;
    private static final int CODE_SHIFT = 16;

    private static final int UNREACHABLE = 3 << TYPE_SHIFT;
    private static final int FRAGMENTATION_NEEDED = UNREACHABLE | 4 << CODE_SHIFT;
    private static final int PROHIBITED = UNREACHABLE | 13 << CODE_SHIFT;
    private static final int V6_PROHIBITED = 1 << TYPE_SHIFT | 1 << CODE_SHIFT;
    private static final int V6_TOO_BIG = 2 << TYPE_SHIFT;
    private static final int INTERNETWORK_CONTROL = 6 << 5; // precedence 6

    private static final int LEAST_V4_MTU = 68; // RFC 791
    private static final int LEAST_V6_MTU = 1280; // RFC 8200 §5
    private static final int MOST_MTU = 0xffff;

    /** ICMP types that ask or answer a question; all others are errors, or unknown. */
    private static final long QUESTIONS =
            1L | 1L << 8 | 1L << 9 | 1L << 10 | 0x3fL << 13 | 1L << 42 | 1L << 43;

    private static final int FIRST_ICMPV6_INFORMATIONAL = 128;
    private static final int ICMPV6_REDIRECT = 137;

    private IcmpError() {}

    /**
     * {@return whether a packet may be answered with an error} Never about an ICMP error or a
     * redirect, nor about ICMP of unknown meaning; about a fragment other than the first, nor about
     * a first one with extension headers of its own, behind which an error may be, unless a {@link
     * io.github.geneve4j.flow.FragmentTracker} has found ports there; from or to anything but one
     * host; about a damaged packet.
     *
     * @param packet wrapped, in {@code buffer} at {@code offset}
     * @param buffer only read
     * @param offset index of the IP header
     */
    public static boolean mayAnswer(FiveTuple packet, ByteBuf buffer, int offset) {
        return Answerable.isAnswerable(packet, buffer, offset) && !isAboutError(packet, buffer);
    }

    private static boolean isAboutError(FiveTuple packet, ByteBuf buffer) {
        int protocol = packet.transportProtocol();
        if (packet.isFragment() && packet.isIpv6() && IpProtocol.isExtensionHeader(protocol)) {
            return !packet.hasPorts(); // which no error has
        }
        if (protocol != IpProtocol.ICMP && protocol != IpProtocol.ICMPV6) {
            return false;
        }
        if (packet.transportLength() == 0) {
            return true; // a fragment too short to tell
        }
        int type = buffer.getUnsignedByte(packet.transportOffset());
        return protocol == IpProtocol.ICMP
                ? type >= Long.SIZE || (QUESTIONS >>> type & 1) == 0
                : type < FIRST_ICMPV6_INFORMATIONAL || type == ICMPV6_REDIRECT;
    }

    /**
     * Writes the error that says "administratively prohibited".
     *
     * @param packet wrapped, in {@code from} at {@code offset}
     * @param from holds the packet
     * @param offset index of its IP header
     * @param into gets the error, up to {@link #MAX_IPV6_LENGTH} bytes; not over the packet
     * @param at index of the first byte
     * @return the bytes that were written
     */
    public static int prohibited(FiveTuple packet, ByteBuf from, int offset, ByteBuf into, int at) {
        return write(
                packet, from, offset, packet.isIpv6() ? V6_PROHIBITED : PROHIBITED, 0, into, at);
    }

    /**
     * Writes the error that says "fragmentation needed" or "packet too big".
     *
     * @param packet wrapped, in {@code from} at {@code offset}
     * @param from holds the packet
     * @param offset index of its IP header
     * @param mtu the longest packet that would do, in bytes; what is less than any link of that
     *     version may have, 68 or 1,280, is told as that
     * @param into gets the error, up to {@link #MAX_IPV6_LENGTH} bytes; not over the packet
     * @param at index of the first byte
     * @return the bytes that were written
     */
    public static int tooBig(
            FiveTuple packet, ByteBuf from, int offset, int mtu, ByteBuf into, int at) {
        int least = packet.isIpv6() ? LEAST_V6_MTU : LEAST_V4_MTU;
        int told = Math.min(Math.max(mtu, least), MOST_MTU);
        int head = packet.isIpv6() ? V6_TOO_BIG : FRAGMENTATION_NEEDED;
        return write(packet, from, offset, head, told, into, at);
    }

    private static int write(
            FiveTuple packet, ByteBuf from, int offset, int head, int rest, ByteBuf into, int at) {
        boolean ipv6 = packet.isIpv6();
        int headers = Ip.headerLength(packet) + HEADER_LENGTH;
        int most = (ipv6 ? MAX_IPV6_LENGTH : MAX_IPV4_LENGTH) - headers;
        int whole = packet.transportOffset() + packet.transportLength() - offset;
        int quoted = Math.min(whole, most);
        int length = HEADER_LENGTH + quoted;
        int protocol = ipv6 ? IpProtocol.ICMPV6 : IpProtocol.ICMP;
        Ip.write(true, packet, from, offset, protocol, INTERNETWORK_CONTROL, length, into, at);
        int icmp = at + Ip.headerLength(packet);
        into.setInt(icmp, head);
        into.setInt(icmp + REST_OFFSET, rest);
        PacketCopy.copy(from, offset, into, icmp + HEADER_LENGTH, quoted);
        long sum = InternetChecksum.sum(into, icmp, length);
        if (ipv6) {
            sum += Ip.addressSum(true, into, at) + protocol + length;
        }
        into.setShort(icmp + CHECKSUM_OFFSET, InternetChecksum.checksum(sum));
        return headers + quoted;
    }
}
