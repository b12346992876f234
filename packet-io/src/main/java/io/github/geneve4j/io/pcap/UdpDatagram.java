package io.github.geneve4j.io.pcap;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Objects;

/**
 * View over the UDP datagram in a captured frame of any {@link LinkType}. Wrap, check the status,
 * then read.
 *
 * <pre>
 * link header   Ethernet: 12 bytes, EtherType:16 · cooked v1: 14 bytes, EtherType:16
 *               cooked v2: EtherType:16, 18 bytes · loopback: family:32 · raw: nothing
 * VLAN tags     tag:16 EtherType:16, up to 8 times
 * IPv4          version:4 words:4  :8  total length:16  :16  :2 M:1 offset:13  :8  protocol:8  :16
 *               source:32  destination:32  options
 * IPv6          version:4  :28  payload length:16  next:8  :8  source:128  destination:128
 *               extension headers
 * UDP           source port:16  destination port:16  length:16  checksum:16
 * </pre>
 *
 * <p>It is lenient, as a reader of captures must be: a capture shows packets that no receiver would
 * accept, cut short, or as the kernel sees them before the network card completes them. Checksums
 * are not verified. The datagram ends where the UDP length says, whatever IP's length is; with the
 * frame when the UDP length is 0 (a super-packet on its way to segmentation); and with the captured
 * bytes when they are fewer. Of a fragmented datagram the first fragment is read as far as it goes:
 * no further than IP's length, unless that is 0. This is no receiver's parser: an endpoint has to
 * be strict.
 *
 * <p><b>Allocation:</b> none, but for address text. <b>Threads:</b> one. <b>Ownership:</b> borrows
 * the buffer until the next {@code wrap}. A failed {@code wrap} detaches the view: a later read
 * throws {@link IndexOutOfBoundsException} instead of returning stale fields. Only if the ports
 * were there ({@link #hasPorts()}), all can be read but the payload.
 */
public final class UdpDatagram {
    /** Most VLAN tags in front of the IP header. */
    public static final int MAX_TAGS = 8;

    static final int ETHERNET_TYPE_OFFSET = 12; // 16 bits
    static final int ETHERNET_LENGTH = 14;
    static final int SLL_TYPE_OFFSET = 14; // 16 bits
    static final int SLL_LENGTH = 16;
    static final int SLL2_TYPE_OFFSET = 0; // 16 bits
    static final int SLL2_LENGTH = 20;
    static final int FAMILY_OFFSET = 0; // 32 bits
    static final int FAMILY_LENGTH = 4;
    static final int TAG_TYPE_OFFSET = 2; // 16 bits
    static final int TAG_LENGTH = 4;

    static final int VERSION_OFFSET = 0; // 4 bits, IPv4: then 4 of header length in words
    static final int IPV4_TOTAL_LENGTH_OFFSET = 2; // 16 bits
    static final int IPV4_FRAGMENT_OFFSET = 6; // flags:3 offset:13
    static final int IPV4_PROTOCOL_OFFSET = 9; // 8 bits
    static final int IPV4_SOURCE_OFFSET = 12; // 32 bits
    static final int IPV4_DESTINATION_OFFSET = 16; // 32 bits
    static final int IPV4_MIN_LENGTH = 20;

    static final int IPV6_PAYLOAD_LENGTH_OFFSET = 4; // 16 bits
    static final int IPV6_NEXT_OFFSET = 6; // 8 bits
    static final int IPV6_SOURCE_OFFSET = 8; // 128 bits
    static final int IPV6_DESTINATION_OFFSET = 24; // 128 bits
    static final int IPV6_LENGTH = 40;

    static final int EXTENSION_NEXT_OFFSET = 0; // 8 bits
    static final int EXTENSION_LENGTH_OFFSET = 1; // 8 bits
    static final int EXTENSION_FRAGMENT_OFFSET = 2; // offset:13 reserved:2 M:1
    static final int EXTENSION_UNIT = 8;

    static final int UDP_SOURCE_OFFSET = 0; // 16 bits
    static final int UDP_DESTINATION_OFFSET = 2; // 16 bits
    static final int UDP_LENGTH_OFFSET = 4; // 16 bits
    static final int UDP_LENGTH = 8;

    private static final int VERSION_SHIFT = 4;
    private static final int IPV4_WORDS_MASK = 0xf;
    private static final int WORD_SHIFT = 2;
    private static final int IPV4_MORE_FRAGMENTS = 0x2000;
    private static final int IPV4_FRAGMENT_MASK = 0x1fff;
    private static final int IPV6_MORE_FRAGMENTS = 1;
    private static final int IPV6_FRAGMENT_MASK = 0xfff8;

    private static final int TYPE_IPV4 = 0x0800;
    private static final int TYPE_VLAN = 0x8100;
    private static final int TYPE_IPV6 = 0x86dd;
    private static final int TYPE_QINQ = 0x88a8;
    private static final int TYPE_QINQ_OLD = 0x9100;
    private static final int TYPE_NONE = -1;

    // Address families of loopback headers; IPv6 has another number on each system.
    private static final int FAMILY_IPV4 = 2;
    private static final int FAMILY_IPV6_LINUX = 10;
    private static final int FAMILY_IPV6_WINDOWS = 23;
    private static final int FAMILY_IPV6_BSD = 24;
    private static final int FAMILY_IPV6_FREEBSD = 28;
    private static final int FAMILY_IPV6_DARWIN = 30;

    // IPv6 next headers (RFC 8200 §4, IANA).
    private static final int HOP_BY_HOP = 0;
    private static final int UDP = 17;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int AUTHENTICATION = 51;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int MOBILITY = 135;
    private static final int HIP = 139;
    private static final int SHIM6 = 140;

    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private int ipOffset;
    private boolean ipv6;
    private boolean fragment;
    private boolean truncated;
    private int udpOffset;
    private int payloadLength;
    private boolean payload;

    /** Creates a view of nothing; {@link #wrap} gives it a frame. */
    public UdpDatagram() {}

    /**
     * Looks for the datagram in a frame.
     *
     * @param linkType what the frame starts with; see {@link LinkType}
     * @param buffer borrowed until the next call
     * @param offset absolute index of the frame's first byte
     * @param length bytes of the frame that were captured
     * @return {@link DatagramStatus#OK}, or the first reason found why there is no datagram
     * @throws IndexOutOfBoundsException if the frame is not inside the buffer's capacity
     */
    public DatagramStatus wrap(int linkType, ByteBuf buffer, int offset, int length) {
        this.buffer = Unpooled.EMPTY_BUFFER;
        this.payload = false;
        Objects.checkFromIndexSize(offset, length, buffer.capacity());
        return link(linkType, buffer, offset, offset + length);
    }

    /**
     * {@return whether there are addresses and ports to read: after {@link DatagramStatus#OK},
     * after {@link DatagramStatus#BAD_UDP_LENGTH}, and after {@link DatagramStatus#TRUNCATED_UDP}
     * if the frame ends behind the ports}
     */
    public boolean hasPorts() {
        return buffer.capacity() != 0;
    }

    /** {@return whether the datagram travels in IPv6} */
    public boolean isIpv6() {
        checkAttached();
        return ipv6;
    }

    /** {@return whether this is the first of several fragments, so that the rest is elsewhere} */
    public boolean isFragment() {
        checkAttached();
        return fragment;
    }

    /**
     * {@return whether the UDP length promises more than is there: a fragment, a frame captured in
     * part, or a wrong length}
     */
    public boolean isTruncated() {
        checkPayload();
        return truncated;
    }

    /** {@return the buffer that was wrapped; it belongs to the caller of {@code wrap}} */
    public ByteBuf buffer() {
        checkAttached();
        return buffer;
    }

    /** {@return the absolute index of the IP header} */
    public int ipOffset() {
        checkAttached();
        return ipOffset;
    }

    /** {@return the absolute index of the UDP header} */
    public int udpOffset() {
        checkAttached();
        return udpOffset;
    }

    /** {@return the absolute index of what follows the UDP header} */
    public int payloadOffset() {
        checkPayload();
        return udpOffset + UDP_LENGTH;
    }

    /** {@return the bytes after the UDP header that are there} */
    public int payloadLength() {
        checkPayload();
        return payloadLength;
    }

    /** {@return the UDP source port, 0 to 65535} */
    public int sourcePort() {
        return buffer.getUnsignedShort(udpOffset + UDP_SOURCE_OFFSET);
    }

    /** {@return the UDP destination port, 0 to 65535} */
    public int destinationPort() {
        return buffer.getUnsignedShort(udpOffset + UDP_DESTINATION_OFFSET);
    }

    /** {@return the source address as text, IPv6 in the form of RFC 5952} */
    public String sourceAddress() {
        return isIpv6()
                ? AddressText.ipv6(buffer, ipOffset + IPV6_SOURCE_OFFSET)
                : AddressText.ipv4(sourceIpv4());
    }

    /** {@return the destination address as text, IPv6 in the form of RFC 5952} */
    public String destinationAddress() {
        return isIpv6()
                ? AddressText.ipv6(buffer, ipOffset + IPV6_DESTINATION_OFFSET)
                : AddressText.ipv4(destinationIpv4());
    }

    /**
     * {@return the source address as it stands on the wire, big-endian}
     *
     * @throws IllegalStateException if this is IPv6
     */
    public int sourceIpv4() {
        checkVersion(false);
        return buffer.getInt(ipOffset + IPV4_SOURCE_OFFSET);
    }

    /**
     * {@return the destination address as it stands on the wire, big-endian}
     *
     * @throws IllegalStateException if this is IPv6
     */
    public int destinationIpv4() {
        checkVersion(false);
        return buffer.getInt(ipOffset + IPV4_DESTINATION_OFFSET);
    }

    /**
     * {@return the first half of the source address, big-endian}
     *
     * @throws IllegalStateException if this is IPv4
     */
    public long sourceIpv6High() {
        checkVersion(true);
        return buffer.getLong(ipOffset + IPV6_SOURCE_OFFSET);
    }

    /**
     * {@return the second half of the source address, big-endian}
     *
     * @throws IllegalStateException if this is IPv4
     */
    public long sourceIpv6Low() {
        checkVersion(true);
        return buffer.getLong(ipOffset + IPV6_SOURCE_OFFSET + Long.BYTES);
    }

    /**
     * {@return the first half of the destination address, big-endian}
     *
     * @throws IllegalStateException if this is IPv4
     */
    public long destinationIpv6High() {
        checkVersion(true);
        return buffer.getLong(ipOffset + IPV6_DESTINATION_OFFSET);
    }

    /**
     * {@return the second half of the destination address, big-endian}
     *
     * @throws IllegalStateException if this is IPv4
     */
    public long destinationIpv6Low() {
        checkVersion(true);
        return buffer.getLong(ipOffset + IPV6_DESTINATION_OFFSET + Long.BYTES);
    }

    private DatagramStatus link(int linkType, ByteBuf buffer, int offset, int end) {
        return switch (linkType) {
            case LinkType.ETHERNET ->
                    typed(ETHERNET_TYPE_OFFSET, ETHERNET_LENGTH, buffer, offset, end);
            case LinkType.LINUX_SLL -> typed(SLL_TYPE_OFFSET, SLL_LENGTH, buffer, offset, end);
            case LinkType.LINUX_SLL2 -> typed(SLL2_TYPE_OFFSET, SLL2_LENGTH, buffer, offset, end);
            case LinkType.NULL, LinkType.LOOP ->
                    end - offset < FAMILY_LENGTH
                            ? DatagramStatus.TRUNCATED_LINK
                            : ip(
                                    typeOfFamily(buffer.getInt(offset + FAMILY_OFFSET)),
                                    buffer,
                                    offset + FAMILY_LENGTH,
                                    end);
            case LinkType.RAW, LinkType.RAW_DLT, LinkType.RAW_OPENBSD ->
                    end == offset
                            ? DatagramStatus.TRUNCATED_IP
                            : ip(typeOfVersion(buffer, offset), buffer, offset, end);
            case LinkType.IPV4 -> ip(TYPE_IPV4, buffer, offset, end);
            case LinkType.IPV6 -> ip(TYPE_IPV6, buffer, offset, end);
            default -> DatagramStatus.UNKNOWN_LINK_TYPE;
        };
    }

    /** A link header that holds an EtherType somewhere. */
    private DatagramStatus typed(
            int typeOffset, int headerLength, ByteBuf buffer, int offset, int end) {
        return end - offset < headerLength
                ? DatagramStatus.TRUNCATED_LINK
                : tags(
                        buffer.getUnsignedShort(offset + typeOffset),
                        buffer,
                        offset + headerLength,
                        end);
    }

    private DatagramStatus tags(int etherType, ByteBuf buffer, int offset, int end) {
        int type = etherType;
        int at = offset;
        for (int tags = 0; isTag(type); tags++) {
            if (tags == MAX_TAGS) {
                return DatagramStatus.TOO_MANY_TAGS;
            }
            if (end - at < TAG_LENGTH) {
                return DatagramStatus.TRUNCATED_LINK;
            }
            type = buffer.getUnsignedShort(at + TAG_TYPE_OFFSET);
            at += TAG_LENGTH;
        }
        return ip(type, buffer, at, end);
    }

    private DatagramStatus ip(int type, ByteBuf buffer, int offset, int end) {
        ipOffset = offset;
        ipv6 = type == TYPE_IPV6;
        fragment = false;
        if (!ipv6 && type != TYPE_IPV4) {
            return DatagramStatus.NOT_IP;
        }
        if (end - offset < (ipv6 ? IPV6_LENGTH : IPV4_MIN_LENGTH)) {
            return DatagramStatus.TRUNCATED_IP;
        }
        if (typeOfVersion(buffer, offset) != type) {
            return DatagramStatus.BAD_IP_HEADER;
        }
        return ipv6 ? ipv6(buffer, offset, end) : ipv4(buffer, offset, end);
    }

    private DatagramStatus ipv4(ByteBuf buffer, int offset, int frameEnd) {
        int headerLength =
                (buffer.getByte(offset + VERSION_OFFSET) & IPV4_WORDS_MASK) << WORD_SHIFT;
        int totalLength = buffer.getUnsignedShort(offset + IPV4_TOTAL_LENGTH_OFFSET);
        if (headerLength < IPV4_MIN_LENGTH || (totalLength != 0 && totalLength < headerLength)) {
            return DatagramStatus.BAD_IP_HEADER;
        }
        int left = frameEnd - offset;
        if (left < headerLength) {
            return DatagramStatus.TRUNCATED_IP;
        }
        int flagsAndOffset = buffer.getUnsignedShort(offset + IPV4_FRAGMENT_OFFSET);
        if ((flagsAndOffset & IPV4_FRAGMENT_MASK) != 0) {
            return DatagramStatus.LATER_FRAGMENT;
        }
        fragment = (flagsAndOffset & IPV4_MORE_FRAGMENTS) != 0;
        if (buffer.getUnsignedByte(offset + IPV4_PROTOCOL_OFFSET) != UDP) {
            return DatagramStatus.NOT_UDP;
        }
        return udp(buffer, offset + headerLength, end(offset, totalLength, frameEnd));
    }

    private DatagramStatus ipv6(ByteBuf buffer, int offset, int frameEnd) {
        int at = offset + IPV6_LENGTH;
        int next = buffer.getUnsignedByte(offset + IPV6_NEXT_OFFSET);
        while (isExtension(next)) { // at least 8 bytes each: the walk terminates
            if (frameEnd - at < EXTENSION_UNIT) {
                return DatagramStatus.TRUNCATED_IP;
            }
            int words = buffer.getUnsignedByte(at + EXTENSION_LENGTH_OFFSET);
            int length = EXTENSION_UNIT + words * EXTENSION_UNIT;
            if (next == FRAGMENT) {
                int offsetAndFlags = buffer.getUnsignedShort(at + EXTENSION_FRAGMENT_OFFSET);
                if ((offsetAndFlags & IPV6_FRAGMENT_MASK) != 0) {
                    return DatagramStatus.LATER_FRAGMENT;
                }
                fragment |= (offsetAndFlags & IPV6_MORE_FRAGMENTS) != 0;
                length = EXTENSION_UNIT;
            } else if (next == AUTHENTICATION) { // RFC 4302 §2.2: words of 4 bytes, less 2
                length = (words + 2) << WORD_SHIFT;
            }
            if (frameEnd - at < length) {
                return DatagramStatus.TRUNCATED_IP;
            }
            next = buffer.getUnsignedByte(at + EXTENSION_NEXT_OFFSET);
            at += length;
        }
        if (next != UDP) {
            return DatagramStatus.NOT_UDP;
        }
        int payloadLength = buffer.getUnsignedShort(offset + IPV6_PAYLOAD_LENGTH_OFFSET);
        return udp(buffer, at, end(offset + IPV6_LENGTH, payloadLength, frameEnd));
    }

    /** IP's length counts for fragments only: they know no other, and padding may follow. */
    private int end(int offset, int length, int frameEnd) {
        return fragment && length != 0 ? Math.min(offset + length, frameEnd) : frameEnd;
    }

    private DatagramStatus udp(ByteBuf buffer, int offset, int end) {
        int left = end - offset;
        if (left < UDP_LENGTH_OFFSET) {
            return DatagramStatus.TRUNCATED_UDP;
        }
        this.buffer = buffer;
        udpOffset = offset;
        if (left < UDP_LENGTH) {
            return DatagramStatus.TRUNCATED_UDP;
        }
        int length = buffer.getUnsignedShort(offset + UDP_LENGTH_OFFSET);
        if (length != 0 && length < UDP_LENGTH) {
            return DatagramStatus.BAD_UDP_LENGTH;
        }
        truncated = left < length;
        payloadLength = (length == 0 || truncated ? left : length) - UDP_LENGTH;
        payload = true;
        return DatagramStatus.OK;
    }

    private static boolean isTag(int etherType) {
        return etherType == TYPE_VLAN || etherType == TYPE_QINQ || etherType == TYPE_QINQ_OLD;
    }

    private static boolean isExtension(int next) {
        return switch (next) {
            case HOP_BY_HOP,
                    ROUTING,
                    FRAGMENT,
                    AUTHENTICATION,
                    DESTINATION_OPTIONS,
                    MOBILITY,
                    HIP,
                    SHIM6 ->
                    true;
            default -> false;
        };
    }

    private static int typeOfVersion(ByteBuf buffer, int offset) {
        return switch (buffer.getUnsignedByte(offset + VERSION_OFFSET) >>> VERSION_SHIFT) {
            case 4 -> TYPE_IPV4;
            case 6 -> TYPE_IPV6;
            default -> TYPE_NONE;
        };
    }

    /** Either byte order: a file does not tell which one the capturing host had. */
    private static int typeOfFamily(int word) {
        int family = word >>> Short.SIZE == 0 ? word : Integer.reverseBytes(word);
        return switch (family) {
            case FAMILY_IPV4 -> TYPE_IPV4;
            case FAMILY_IPV6_LINUX,
                    FAMILY_IPV6_WINDOWS,
                    FAMILY_IPV6_BSD,
                    FAMILY_IPV6_FREEBSD,
                    FAMILY_IPV6_DARWIN ->
                    TYPE_IPV6;
            default -> TYPE_NONE;
        };
    }

    private void checkVersion(boolean wanted) {
        if (isIpv6() != wanted) {
            throw new IllegalStateException(
                    "an IPv"
                            + (ipv6 ? 6 : 4)
                            + " datagram: no IPv"
                            + (wanted ? 6 : 4)
                            + " address");
        }
    }

    private void checkAttached() {
        if (buffer.capacity() == 0) {
            throw new IndexOutOfBoundsException(
                    "no datagram: wrap() was not called or did not return OK");
        }
    }

    private void checkPayload() {
        if (!payload) {
            throw new IndexOutOfBoundsException(
                    "no payload: wrap() was not called or did not return OK");
        }
    }
}
