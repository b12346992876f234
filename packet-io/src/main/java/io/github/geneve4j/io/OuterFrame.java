package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The headers around a datagram in a port's memory: finds the datagram in a frame, and turns the
 * frame into its reply where it lies.
 *
 * <pre>
 * Ethernet   destination:48  source:48
 * VLAN tags  protocol:16 control:16, none to two times
 *            EtherType:16
 * IPv4       version:4 words:4  :8  total length:16  :16  :2 M:1 offset:13  TTL:8  protocol:8
 *            checksum:16  source:32  destination:32  options
 * UDP        source port:16  destination port:16  length:16  checksum:16
 * </pre>
 *
 * <p>It is strict, as a receiver that stands in for the kernel's has to be. What is behind the UDP
 * length is no part of the datagram, and not of its reply either.
 *
 * <p>Checksums: swapping addresses leaves every sum as it is. Whatever else changes in the IPv4
 * header is put into its checksum as a difference (RFC 1624). The UDP checksum of an unchanged
 * datagram is kept; that of a changed one is computed anew; and a datagram that came without one is
 * answered without one.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * port's memory. Only after {@link #parse} returned null there is anything to read or to reply to.
 */
final class OuterFrame {
    static final int DESTINATION_MAC_OFFSET = 0; // 48 bits
    static final int SOURCE_MAC_OFFSET = 6; // 48 bits
    static final int ETHER_TYPE_OFFSET = 12; // 16 bits
    static final int ETHERNET_LENGTH = 14;
    static final int TAG_LENGTH = 4;

    static final int VERSION_OFFSET = 0; // version:4 words:4
    static final int TOTAL_LENGTH_OFFSET = 2; // 16 bits
    static final int FRAGMENT_OFFSET = 6; // reserved:1 D:1 M:1 offset:13
    static final int TTL_OFFSET = 8; // 8 bits, then 8 of protocol
    static final int PROTOCOL_OFFSET = 9; // 8 bits
    static final int IP_CHECKSUM_OFFSET = 10; // 16 bits
    static final int SOURCE_OFFSET = 12; // 32 bits
    static final int DESTINATION_OFFSET = 16; // 32 bits
    static final int IPV4_LENGTH = 20;

    static final int SOURCE_PORT_OFFSET = 0; // 16 bits
    static final int DESTINATION_PORT_OFFSET = 2; // 16 bits
    static final int UDP_LENGTH_OFFSET = 4; // 16 bits
    static final int UDP_CHECKSUM_OFFSET = 6; // 16 bits
    static final int UDP_LENGTH = 8;

    /** Bytes of a frame of our own making before its payload, without tags. */
    static final int HEADERS_LENGTH = ETHERNET_LENGTH + IPV4_LENGTH + UDP_LENGTH;

    /** Time to live of a reply. */
    static final int TTL = 64;

    private static final int MAX_TAGS = 2;
    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_VLAN = 0x8100;
    private static final int TYPE_QINQ = 0x88a8;
    private static final int WORDS_MASK = 0xf;
    private static final int VERSION_4 = 4;
    private static final int VERSION_SHIFT = 4;
    private static final int WORD_SHIFT = 2;
    private static final int DONT_FRAGMENT = 0x4000;
    private static final int FRAGMENT_MASK = 0x3fff; // more fragments, and the offset
    private static final int UDP = 17;
    private static final int SCTP_OFFSET = 8; // of its checksum, which is a CRC
    private static final long LOW_32 = 0xffff_ffffL;
    private static final int LOW_16 = 0xffff;
    private static final int MAC_SHIFT = 16; // 48 bits in the upper part of 64

    private static final ValueLayout.OfShort SHORT =
            JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    // Sums are the same in any byte order (RFC 1071 §2B), so they are built in the host's.
    private static final ValueLayout.OfShort SUMMED_SHORT =
            JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt SUMMED_INT =
            JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong SUMMED_LONG =
            JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment memory;
    private final int[] addresses;
    private final int port;
    private final int peerPort;
    private final int mtu;
    private final ReceiveSkip tooLong;

    private long frame;
    private long ip;
    private long udp;
    private int udpLength;

    /**
     * Creates a reader of frames.
     *
     * @param memory what frames lie in
     * @param addresses IPv4 addresses of this host that datagrams are for, big-endian
     * @param port UDP port that they are for
     * @param peerPort UDP port that replies go to
     * @param mtu most bytes of an IPv4 packet
     */
    OuterFrame(MemorySegment memory, int[] addresses, int port, int peerPort, int mtu) {
        this(memory, addresses, port, peerPort, mtu, ReceiveSkip.AGGREGATED);
    }

    /**
     * Creates a reader of frames.
     *
     * @param memory what frames lie in
     * @param addresses IPv4 addresses of this host that datagrams are for, big-endian
     * @param port UDP port that they are for
     * @param peerPort UDP port that replies go to
     * @param mtu most bytes of an IPv4 packet
     * @param tooLong what a packet is that has more
     */
    OuterFrame(
            MemorySegment memory,
            int[] addresses,
            int port,
            int peerPort,
            int mtu,
            ReceiveSkip tooLong) {
        this.memory = memory;
        this.addresses = addresses.clone();
        this.port = port;
        this.peerPort = peerPort;
        this.mtu = mtu;
        this.tooLong = tooLong;
    }

    /**
     * Looks for a datagram in a frame. Its UDP checksum is another question: {@link
     * #isUdpChecksumRight()}.
     *
     * @param offset of the frame's first byte
     * @param length bytes of the frame, inside the memory
     * @return null if there is one for this port, or else the first reason found why not
     */
    @Nullable ReceiveSkip parse(long offset, int length) {
        MemorySegment memory = this.memory;
        if (length < ETHERNET_LENGTH) {
            return ReceiveSkip.TRUNCATED;
        }
        int linkLength = ETHERNET_LENGTH;
        int type = u16(memory, offset + ETHER_TYPE_OFFSET);
        for (int tags = 0; type != TYPE_IPV4; tags++) {
            if (tags == MAX_TAGS || !isTag(type)) {
                return ReceiveSkip.NOT_FOR_US;
            }
            linkLength += TAG_LENGTH;
            if (length < linkLength) {
                return ReceiveSkip.TRUNCATED;
            }
            type = u16(memory, offset + linkLength - Short.BYTES);
        }
        frame = offset;
        return parseIp(memory, offset + linkLength, length - linkLength);
    }

    /** {@return the offset of the UDP payload} */
    int payload() {
        return (int) udp + UDP_LENGTH;
    }

    /** {@return bytes of the UDP payload} */
    int payloadLength() {
        return udpLength - UDP_LENGTH;
    }

    /** {@return the IPv4 address that sent the datagram, big-endian} */
    int sourceAddress() {
        return memory.get(INT, ip + SOURCE_OFFSET);
    }

    /** {@return whether there is no UDP checksum, or a right one} */
    boolean isUdpChecksumRight() {
        return u16(memory, udp + UDP_CHECKSUM_OFFSET) == 0
                || fold(udpSum(memory, ip, udp, udpLength)) == LOW_16;
    }

    /**
     * {@return whether the UDP checksum is still to be completed, as frames have it that never left
     * this host: only the addresses and the length are in it}
     */
    boolean isUdpChecksumPartial() {
        int checksum = memory.get(SUMMED_SHORT, udp + UDP_CHECKSUM_OFFSET) & LOW_16;
        return checksum == fold(pseudoSum(memory, ip, udpLength));
    }

    /** Computes the UDP checksum, of which there is only a part or nothing that is right. */
    void completeUdpChecksum() {
        putUdpChecksum(memory, ip, udp, udpLength);
    }

    /**
     * Computes the checksum that the sender left to a network card, be it UDP's or one inside the
     * tunnel. Its place holds the sum of what comes before the bytes to be summed, which are all
     * from where the sum begins to the end of the datagram.
     *
     * <p>A sender that leaves one inside open has put that into the UDP checksum which is right
     * afterwards: the bytes to be summed, their checksum among them, then sum up to the complement
     * of what its place holds now.
     *
     * @param start where the sum begins, from the frame's first byte
     * @param offset where the checksum is, from there
     * @param verify whether the UDP checksum, where it is not the one to compute, has to be right
     * @return null, or why there is no right datagram to be had
     */
    @Nullable ReceiveSkip complete(int start, int offset, boolean verify) {
        MemorySegment memory = this.memory;
        long first = frame + start;
        long place = first + offset;
        if (first == udp && offset == UDP_CHECKSUM_OFFSET) {
            putUdpChecksum(memory, ip, udp, udpLength);
            return null;
        }
        long end = udp + udpLength;
        boolean inside = first >= udp + UDP_LENGTH && place + Short.BYTES <= end;
        // Words of 16 bits have to be the same inside and outside, and SCTP's is no such sum
        if (!inside || (first - udp & 1) != 0 || (offset & 1) != 0 || offset == SCTP_OFFSET) {
            return ReceiveSkip.PARTIAL_INNER_CHECKSUM;
        }
        int part = memory.get(SUMMED_SHORT, place) & LOW_16;
        if (verify && memory.get(SUMMED_SHORT, udp + UDP_CHECKSUM_OFFSET) != 0) {
            long before = pseudoSum(memory, ip, udpLength) + sum(memory, udp, (int) (first - udp));
            if (fold(before + (~part & LOW_16)) != LOW_16) {
                return ReceiveSkip.BAD_UDP_CHECKSUM;
            }
        }
        int checksum = ~fold(sum(memory, first, (int) (end - first))) & LOW_16;
        // To UDP inside as well, zero would say that there is none
        memory.set(SUMMED_SHORT, place, (short) (checksum == 0 ? LOW_16 : checksum));
        return null;
    }

    /**
     * Fills in where the datagram came from; tags that are not in the frame itself are not known
     * here.
     */
    void path(ReturnPath into) {
        into.datagram(
                memory.get(INT, ip + DESTINATION_OFFSET),
                memory.get(INT, ip + SOURCE_OFFSET),
                u16(memory, udp + SOURCE_PORT_OFFSET));
        int tags = (int) (ip - frame - ETHERNET_LENGTH) / TAG_LENGTH;
        into.link(
                memory.get(LONG, frame + DESTINATION_MAC_OFFSET) >>> MAC_SHIFT,
                memory.get(LONG, frame + SOURCE_MAC_OFFSET) >>> MAC_SHIFT,
                tags > 0 ? memory.get(INT, frame + ETHER_TYPE_OFFSET) : 0,
                tags > 1 ? memory.get(INT, frame + ETHER_TYPE_OFFSET + TAG_LENGTH) : 0);
    }

    /** {@return whether a reply of that many bytes of payload is no longer than the link allows} */
    boolean fits(int payloadLength) {
        return udp - ip + UDP_LENGTH + payloadLength <= mtu;
    }

    /**
     * Turns the frame into the reply of a datagram that was not changed.
     *
     * @return bytes of the reply, which begins where the frame did
     */
    int replyUnchanged() {
        MemorySegment memory = this.memory;
        int checksum = u16(memory, udp + UDP_CHECKSUM_OFFSET);
        if (checksum != 0 && port != peerPort) {
            int sum = updated(checksum, port, peerPort);
            memory.set(SHORT, udp + UDP_CHECKSUM_OFFSET, (short) (sum == 0 ? LOW_16 : sum));
        }
        return turn(memory, udpLength);
    }

    /**
     * Turns the frame into the reply of a datagram that may have been changed.
     *
     * @param payloadLength bytes of UDP payload that {@link #fits}
     * @return bytes of the reply, which begins where the frame did
     */
    int reply(int payloadLength) {
        MemorySegment memory = this.memory;
        int length = UDP_LENGTH + payloadLength;
        int frameLength = turn(memory, length);
        if (memory.get(SUMMED_SHORT, udp + UDP_CHECKSUM_OFFSET) != 0) {
            putUdpChecksum(memory, ip, udp, length);
        }
        return frameLength;
    }

    /**
     * {@return bytes of an outer tag of 802.1Q, 0 if there is none}
     *
     * @param memory what the frame lies in
     * @param offset of the frame
     */
    static int vlanTagLength(MemorySegment memory, long offset) {
        int type = memory.get(SHORT, offset + ETHER_TYPE_OFFSET) & 0xffff;
        return type == TYPE_VLAN ? TAG_LENGTH : 0;
    }

    /**
     * Puts a VLAN tag into a frame. The frame then begins 4 bytes earlier.
     *
     * @param memory what the frame lies in
     * @param offset of the frame
     * @param tag protocol in the upper 16 bits, control below
     */
    static void pushTag(MemorySegment memory, long offset, int tag) {
        long macs = memory.get(LONG, offset);
        int macsEnd = memory.get(INT, offset + Long.BYTES);
        memory.set(LONG, offset - TAG_LENGTH, macs);
        memory.set(INT, offset - TAG_LENGTH + Long.BYTES, macsEnd);
        memory.set(INT, offset - TAG_LENGTH + ETHER_TYPE_OFFSET, tag);
    }

    /** {@return bytes of the headers of a frame along that path} */
    static int headersLength(ReturnPath path) {
        if (path.outerTag() == 0) {
            return HEADERS_LENGTH;
        }
        return HEADERS_LENGTH + (path.innerTag() == 0 ? TAG_LENGTH : MAX_TAGS * TAG_LENGTH);
    }

    /**
     * Writes the headers of a frame along a path, before a payload that is there already.
     *
     * @param path where to
     * @param peerPort UDP destination port
     * @param memory what the frame lies in
     * @param offset of the frame; its payload is {@link #headersLength} behind
     * @param payloadLength bytes of UDP payload
     */
    static void build(
            ReturnPath path, int peerPort, MemorySegment memory, long offset, int payloadLength) {
        int length = UDP_LENGTH + payloadLength;
        // The second address's upper half overwrites the lower 16 bits that the first leaves over
        memory.set(LONG, offset + DESTINATION_MAC_OFFSET, path.remoteMac() << MAC_SHIFT);
        memory.set(LONG, offset + SOURCE_MAC_OFFSET, path.localMac() << MAC_SHIFT);
        long at = offset + ETHER_TYPE_OFFSET;
        if (path.outerTag() != 0) {
            memory.set(INT, at, path.outerTag());
            at += TAG_LENGTH;
            if (path.innerTag() != 0) {
                memory.set(INT, at, path.innerTag());
                at += TAG_LENGTH;
            }
        }
        memory.set(SHORT, at, (short) TYPE_IPV4);
        long ip = at + Short.BYTES;
        int words = IPV4_LENGTH >> WORD_SHIFT;
        int first = (VERSION_4 << VERSION_SHIFT | words) << Byte.SIZE;
        memory.set(INT, ip + VERSION_OFFSET, first << Short.SIZE | (IPV4_LENGTH + length));
        // Unless it may be fragmented it needs no identification (RFC 6864 §4.1)
        int fragment = path.isFragmentable() ? 0 : DONT_FRAGMENT;
        memory.set(INT, ip + FRAGMENT_OFFSET - Short.BYTES, fragment);
        int timeToLive = path.timeToLive();
        memory.set(INT, ip + TTL_OFFSET, (timeToLive << Byte.SIZE | UDP) << Short.SIZE);
        memory.set(INT, ip + SOURCE_OFFSET, path.localAddress());
        memory.set(INT, ip + DESTINATION_OFFSET, path.remoteAddress());
        memory.set(
                SUMMED_SHORT,
                ip + IP_CHECKSUM_OFFSET,
                (short) ~fold(headerSum(memory, ip, IPV4_LENGTH)));
        long udp = ip + IPV4_LENGTH;
        memory.set(INT, udp + SOURCE_PORT_OFFSET, path.sourcePort() << Short.SIZE | peerPort);
        memory.set(SHORT, udp + UDP_LENGTH_OFFSET, (short) length);
        putUdpChecksum(memory, ip, udp, length);
    }

    /**
     * Makes the headers of a datagram those of a longer one, whose UDP checksum is left to who
     * sends it: its place holds the sum of the addresses, the protocol and the length.
     *
     * @param memory what the headers lie in
     * @param ip offset of the IPv4 header, which has no options; UDP's is behind it
     * @param payloadLength bytes of UDP payload
     */
    static void lengthen(MemorySegment memory, long ip, int payloadLength) {
        long udp = ip + IPV4_LENGTH;
        int length = UDP_LENGTH + payloadLength;
        int totalLength = IPV4_LENGTH + length;
        int checksum =
                updated(
                        u16(memory, ip + IP_CHECKSUM_OFFSET),
                        u16(memory, ip + TOTAL_LENGTH_OFFSET),
                        totalLength);
        memory.set(SHORT, ip + TOTAL_LENGTH_OFFSET, (short) totalLength);
        memory.set(SHORT, ip + IP_CHECKSUM_OFFSET, (short) checksum);
        memory.set(SHORT, udp + UDP_LENGTH_OFFSET, (short) length);
        memory.set(
                SUMMED_SHORT,
                udp + UDP_CHECKSUM_OFFSET,
                (short) fold(pseudoSum(memory, ip, length)));
    }

    private @Nullable ReceiveSkip parseIp(MemorySegment memory, long ip, int available) {
        if (available < IPV4_LENGTH) {
            return ReceiveSkip.TRUNCATED;
        }
        int first = memory.get(JAVA_BYTE, ip + VERSION_OFFSET);
        int headerLength = (first & WORDS_MASK) << WORD_SHIFT;
        if (first >> VERSION_SHIFT != VERSION_4 || headerLength < IPV4_LENGTH) {
            return ReceiveSkip.BAD_IP_HEADER;
        }
        int totalLength = u16(memory, ip + TOTAL_LENGTH_OFFSET);
        if (totalLength > available || totalLength < headerLength) {
            return ReceiveSkip.TRUNCATED;
        }
        if (fold(headerSum(memory, ip, headerLength)) != LOW_16) {
            return ReceiveSkip.BAD_IP_CHECKSUM;
        }
        if (memory.get(JAVA_BYTE, ip + PROTOCOL_OFFSET) != UDP
                || !isOurs(memory.get(INT, ip + DESTINATION_OFFSET))) {
            return ReceiveSkip.NOT_FOR_US;
        }
        if ((u16(memory, ip + FRAGMENT_OFFSET) & FRAGMENT_MASK) != 0) {
            return ReceiveSkip.FRAGMENT;
        }
        return parseUdp(memory, ip, headerLength, totalLength);
    }

    private @Nullable ReceiveSkip parseUdp(
            MemorySegment memory, long ip, int headerLength, int totalLength) {
        int available = totalLength - headerLength;
        if (available < UDP_LENGTH) {
            return ReceiveSkip.TRUNCATED;
        }
        long udp = ip + headerLength;
        if (u16(memory, udp + DESTINATION_PORT_OFFSET) != port) {
            return ReceiveSkip.NOT_FOR_US;
        }
        if (totalLength > mtu) {
            return tooLong;
        }
        int length = u16(memory, udp + UDP_LENGTH_OFFSET);
        if (length < UDP_LENGTH || length > available) {
            return ReceiveSkip.BAD_UDP_LENGTH;
        }
        this.ip = ip;
        this.udp = udp;
        this.udpLength = length;
        return null;
    }

    private boolean isOurs(int address) {
        int[] addresses = this.addresses;
        for (int i = 0; i < addresses.length; i++) {
            if (addresses[i] == address) {
                return true;
            }
        }
        return false;
    }

    /** Swaps the addresses, and sets all but the UDP checksum. */
    private int turn(MemorySegment memory, int length) {
        long frame = this.frame;
        long ip = this.ip;
        long udp = this.udp;
        long destinationMac = memory.get(LONG, frame + DESTINATION_MAC_OFFSET);
        long sourceMac = memory.get(LONG, frame + SOURCE_MAC_OFFSET);
        memory.set(INT, frame, (int) (sourceMac >>> Integer.SIZE));
        memory.set(SHORT, frame + Integer.BYTES, (short) (sourceMac >>> MAC_SHIFT));
        memory.set(INT, frame + SOURCE_MAC_OFFSET, (int) (destinationMac >>> Integer.SIZE));
        memory.set(
                SHORT,
                frame + SOURCE_MAC_OFFSET + Integer.BYTES,
                (short) (destinationMac >>> MAC_SHIFT));

        int source = memory.get(INT, ip + SOURCE_OFFSET);
        memory.set(INT, ip + SOURCE_OFFSET, memory.get(INT, ip + DESTINATION_OFFSET));
        memory.set(INT, ip + DESTINATION_OFFSET, source);
        int totalLength = (int) (udp - ip) + length;
        int oldLength = u16(memory, ip + TOTAL_LENGTH_OFFSET);
        int oldTtl = u16(memory, ip + TTL_OFFSET);
        int newTtl = TTL << Byte.SIZE | UDP;
        int checksum = updated(u16(memory, ip + IP_CHECKSUM_OFFSET), oldTtl, newTtl);
        checksum = updated(checksum, oldLength, totalLength);
        memory.set(SHORT, ip + TOTAL_LENGTH_OFFSET, (short) totalLength);
        memory.set(SHORT, ip + TTL_OFFSET, (short) newTtl);
        memory.set(SHORT, ip + IP_CHECKSUM_OFFSET, (short) checksum);

        memory.set(SHORT, udp + DESTINATION_PORT_OFFSET, (short) peerPort);
        memory.set(SHORT, udp + UDP_LENGTH_OFFSET, (short) length);
        return (int) (ip - frame) + totalLength;
    }

    /** The checksum after one of the 16-bit words in it has changed: equation 3 of RFC 1624. */
    private static int updated(int checksum, int from, int to) {
        int sum = (~checksum & LOW_16) + (~from & LOW_16) + to;
        sum = (sum & LOW_16) + (sum >>> Short.SIZE);
        return ~(sum + (sum >>> Short.SIZE)) & LOW_16;
    }

    private static void putUdpChecksum(MemorySegment memory, long ip, long udp, int length) {
        memory.set(SUMMED_SHORT, udp + UDP_CHECKSUM_OFFSET, (short) 0);
        int checksum = ~fold(udpSum(memory, ip, udp, length)) & LOW_16;
        // Zero would say that there is none (RFC 768)
        memory.set(
                SUMMED_SHORT,
                udp + UDP_CHECKSUM_OFFSET,
                (short) (checksum == 0 ? LOW_16 : checksum));
    }

    private static long udpSum(MemorySegment memory, long ip, long udp, int length) {
        return pseudoSum(memory, ip, length) + sum(memory, udp, length);
    }

    /** Addresses, protocol and length, which UDP sums besides what is its own (RFC 768). */
    private static long pseudoSum(MemorySegment memory, long ip, int length) {
        return (memory.get(SUMMED_INT, ip + SOURCE_OFFSET) & LOW_32)
                + (memory.get(SUMMED_INT, ip + DESTINATION_OFFSET) & LOW_32)
                + (UDP << Byte.SIZE)
                + (Short.reverseBytes((short) length) & LOW_16);
    }

    /** Apart from {@link #sum}, which the compiler then knows for a loop that is worth vectors. */
    private static long headerSum(MemorySegment memory, long ip, int length) {
        long sum = memory.get(SUMMED_INT, ip) & LOW_32;
        for (int i = Integer.BYTES; i < length; i += Integer.BYTES) {
            sum += memory.get(SUMMED_INT, ip + i) & LOW_32;
        }
        return sum;
    }

    /** The sum of 16-bit words, in parts of 32 bits: cannot overflow below 16 GiB. */
    private static long sum(MemorySegment memory, long offset, int length) {
        long sum = 0;
        int i = 0;
        for (; i <= length - Long.BYTES; i += Long.BYTES) {
            long words = memory.get(SUMMED_LONG, offset + i);
            sum += (words & LOW_32) + (words >>> Integer.SIZE);
        }
        if ((length & Integer.BYTES) != 0) {
            sum += memory.get(SUMMED_INT, offset + i) & LOW_32;
            i += Integer.BYTES;
        }
        if ((length & Short.BYTES) != 0) {
            sum += memory.get(SUMMED_SHORT, offset + i) & LOW_16;
            i += Short.BYTES;
        }
        if ((length & 1) != 0) {
            sum += memory.get(JAVA_BYTE, offset + i) & 0xff;
        }
        return sum;
    }

    /** The sum of 16-bit words, of a sum below 2^47. */
    private static int fold(long sum) {
        int halves =
                (int) (sum & LOW_16)
                        + (int) (sum >>> Short.SIZE & LOW_16)
                        + (int) (sum >>> Integer.SIZE);
        halves = (halves & LOW_16) + (halves >>> Short.SIZE);
        return (halves & LOW_16) + (halves >>> Short.SIZE);
    }

    private static boolean isTag(int type) {
        return type == TYPE_VLAN || type == TYPE_QINQ;
    }

    private static int u16(MemorySegment memory, long offset) {
        return memory.get(SHORT, offset) & LOW_16;
    }
}
