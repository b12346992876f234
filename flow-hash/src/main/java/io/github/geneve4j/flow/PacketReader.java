package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.FiveTuple.FRAGMENT;
import static io.github.geneve4j.flow.FiveTuple.HAS_PACKET;
import static io.github.geneve4j.flow.FiveTuple.HAS_PORTS;
import static io.github.geneve4j.flow.FiveTuple.ICMP_ERROR;
import static io.github.geneve4j.flow.FiveTuple.IPV6;
import static io.github.geneve4j.flow.FiveTuple.MISDIRECTED;
import static io.github.geneve4j.flow.FiveTuple.QUOTED;
import static io.github.geneve4j.flow.FiveTuple.QUOTED_FRAGMENT;

import io.netty.buffer.ByteBuf;

/**
 * Reads an IP packet, and the packet that an ICMP error quotes, into a {@link FiveTuple}.
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version|  IHL  |               |          Total Length         |   IPv4, RFC 791 §3.1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Identification        |0|D|M|     Fragment Offset     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |               |    Protocol   |                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Source Address                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                      Destination Address                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version|                                                       |   IPv6, RFC 8200 §3
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Payload Length        |  Next Header  |               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Source Address, 128 bits                   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                 Destination Address, 128 bits                 |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>A packet must be whole. A quote need not be: it is the beginning of a packet that was, and
 * what cannot be read of it is left out of the key. Padding and extension objects may follow it
 * (RFC 4884), which are not read.
 */
final class PacketReader {
    // Both versions: the first 8 bytes, read as one long
    static final int FIRST_OFFSET = 0;

    // IPv4
    // FIRST: version:4 IHL:4 DSCP:6 ECN:2 total length:16 identification:16 flags:3 offset:13
    static final int IPV4_TOTAL_LENGTH_OFFSET = 2; // 16 bits
    static final int IPV4_SECOND_OFFSET = 8; // TTL:8 protocol:8 checksum:16 source:32
    static final int IPV4_SOURCE_OFFSET = 12; // 32 bits
    static final int IPV4_DESTINATION_OFFSET = 16; // 32 bits, then options, or else the ports
    static final int IPV4_HEADER_LENGTH = 20;

    // IPv6
    // FIRST: version:4 traffic class:8 flow label:20 payload length:16 next header:8 hop limit:8
    static final int IPV6_PAYLOAD_LENGTH_OFFSET = 4; // 16 bits
    static final int IPV6_SOURCE_OFFSET = 8; // 128 bits
    static final int IPV6_DESTINATION_OFFSET = 24; // 128 bits
    static final int IPV6_HEADER_LENGTH = 40;

    // Transports
    static final int PORTS_OFFSET = 0; // source:16 destination:16, in all that have ports
    static final int PORTS_LENGTH = 4;
    static final int TCP_SEQUENCE_OFFSET = 4; // 32 bits
    static final int TCP_ACKNOWLEDGMENT_OFFSET = 8; // 32 bits
    static final int TCP_DATA_OFFSET_OFFSET = 12; // upper 4 bits, in 32-bit words
    static final int TCP_FLAGS_OFFSET = 13; // 8 bits
    static final int TCP_WINDOW_OFFSET = 14; // 16 bits
    static final int TCP_HEADER_LENGTH = 20;
    static final int UDP_HEADER_LENGTH = 8;
    static final int SCTP_HEADER_LENGTH = 12;
    static final int DCCP_HEADER_LENGTH = 12;

    // ICMP, RFC 792 and RFC 4443 §2.1
    static final int ICMP_TYPE_OFFSET = 0; // 8 bits
    static final int ICMP_CODE_OFFSET = 1; // 8 bits
    static final int ICMP_LEAST_LENGTH = 4;
    static final int ICMP_IDENTIFIER_OFFSET = 4; // 16 bits, echo only
    static final int ICMP_IDENTIFIER_END = 6;
    static final int ICMP_QUOTE_WORDS_OFFSET = 5; // 8 bits, some errors only (RFC 4884 §4)
    static final int ICMPV6_QUOTE_LONGS_OFFSET = 4; // 8 bits, some errors only (RFC 4884 §4)
    static final int ICMP_QUOTE_OFFSET = 8; // errors only

    // ICMP types
    private static final int ECHO_REPLY = 0;
    private static final int DESTINATION_UNREACHABLE = 3;
    private static final int SOURCE_QUENCH = 4;
    private static final int REDIRECT = 5;
    private static final int ECHO_REQUEST = 8;
    private static final int TIME_EXCEEDED = 11;
    private static final int PARAMETER_PROBLEM = 12;
    private static final int ICMPV6_DESTINATION_UNREACHABLE = 1;
    private static final int ICMPV6_TIME_EXCEEDED = 3;
    private static final int FIRST_ICMPV6_INFORMATIONAL = 128; // below are errors
    private static final int ICMPV6_ECHO_REQUEST = 128;
    private static final int ICMPV6_ECHO_REPLY = 129;

    // Fields of the words above
    private static final int IPV4 = 4;
    private static final int IPV6_VERSION = 6;
    private static final int VERSION_SHIFT = 60;
    private static final int FIRST_BYTE_VERSION_SHIFT = 4;
    private static final int IHL_SHIFT = 56;
    private static final int IHL_MASK = 0xf;
    private static final int WORD_SHIFT = 2;
    private static final int LONG_SHIFT = 3;
    private static final int LENGTH_MASK = 0xffff;
    private static final int IPV4_LENGTH_SHIFT = 32;
    private static final int IPV4_IDENTIFICATION_SHIFT = 16;
    private static final int IPV4_IDENTIFICATION_MASK = 0xffff;
    private static final int IPV4_FRAGMENT_MASK = 0x3fff; // MF and offset
    private static final int IPV4_FRAGMENT_OFFSET_MASK = 0x1fff;
    private static final int IPV4_PROTOCOL_SHIFT = 48;
    private static final int IPV6_LENGTH_SHIFT = 16;
    private static final int IPV6_NEXT_HEADER_SHIFT = 8;
    private static final int BYTE_MASK = 0xff;
    private static final long UNSIGNED_INT = 0xffff_ffffL;

    /** No ports to be read; two ports are never negative as a long. */
    static final long NO_PORTS = -1;

    private PacketReader() {}

    /** Reads a packet from a range that was checked; on anything but OK the view stays detached. */
    static FlowStatus read(
            FiveTuple tuple, ByteBuf buffer, int offset, int length, int wireLength) {
        if (length < IPV4_HEADER_LENGTH) {
            return tooShort(buffer, offset, length);
        }
        long first = buffer.getLong(offset + FIRST_OFFSET);
        return switch ((int) (first >>> VERSION_SHIFT)) {
            case IPV4 -> readIpv4(tuple, buffer, offset, length, wireLength, first);
            case IPV6_VERSION -> readIpv6(tuple, buffer, offset, length, wireLength, first);
            default -> FlowStatus.UNSUPPORTED_IP_VERSION;
        };
    }

    /**
     * Gives a first fragment, or a quoted one, the ports that it shows but its key leaves out.
     *
     * @return false if it shows none
     */
    static boolean joinShownPorts(FiveTuple tuple) {
        ByteBuf buffer = tuple.buffer();
        int at = tuple.fragmentPayload;
        int end = tuple.fragmentEnd;
        int protocol = tuple.protocol();
        if (tuple.isIpv6()) {
            ExtensionHeaders extensions = tuple.extensions;
            if (!extensions.walk(buffer, at, end, protocol) || extensions.isFragment()) {
                return false;
            }
            at = extensions.at();
            protocol = extensions.protocol();
        }
        long ports = shownPorts(buffer, at, end, protocol, tuple.isIpv6() ? IPV6 : 0);
        if (ports == NO_PORTS) {
            return false;
        }
        tuple.join(protocol, tuple.isQuoted() ? FiveTuple.turned((int) ports) : (int) ports);
        return true;
    }

    private static FlowStatus tooShort(ByteBuf buffer, int offset, int length) {
        if (length == 0) {
            return FlowStatus.EMPTY_PACKET;
        }
        return switch (buffer.getUnsignedByte(offset) >>> FIRST_BYTE_VERSION_SHIFT) {
            case IPV4 -> FlowStatus.TRUNCATED_IPV4_HEADER;
            case IPV6_VERSION -> FlowStatus.TRUNCATED_IPV6_HEADER;
            default -> FlowStatus.UNSUPPORTED_IP_VERSION;
        };
    }

    private static FlowStatus readIpv4(
            FiveTuple tuple, ByteBuf buffer, int offset, int length, int wireLength, long first) {
        int headerLength = ipv4HeaderLength(first);
        int totalLength = (int) (first >>> IPV4_LENGTH_SHIFT) & LENGTH_MASK;
        if (headerLength < IPV4_HEADER_LENGTH) {
            return FlowStatus.BAD_IPV4_HEADER_LENGTH;
        }
        if (totalLength < headerLength) {
            return FlowStatus.BAD_IPV4_TOTAL_LENGTH;
        }
        if (totalLength > wireLength || headerLength > length) {
            return FlowStatus.TRUNCATED_IPV4_PACKET;
        }
        long second = buffer.getLong(offset + IPV4_SECOND_OFFSET);
        int protocol = (int) (second >>> IPV4_PROTOCOL_SHIFT) & BYTE_MASK;
        long source = second & UNSIGNED_INT;
        int at = offset + headerLength;
        int end = offset + Math.min(totalLength, length);
        tuple.transport(protocol, at, end);
        boolean fragment = (first & IPV4_FRAGMENT_MASK) != 0;
        if (!fragment && headerLength == IPV4_HEADER_LENGTH && isPlain(protocol, end - at)) {
            long third = buffer.getLong(offset + IPV4_DESTINATION_OFFSET);
            return tuple.settle(
                    0,
                    source,
                    0,
                    third >>> Integer.SIZE,
                    protocol,
                    (int) third,
                    HAS_PACKET | HAS_PORTS);
        }
        tuple.addresses(0, source, 0, buffer.getUnsignedInt(offset + IPV4_DESTINATION_OFFSET));
        if (fragment) {
            ipv4Datagram(tuple, first, at, end);
            return tuple.settle(protocol, 0, HAS_PACKET | FRAGMENT);
        }
        return readTransport(tuple, buffer, protocol, at, end - at, 0);
    }

    private static FlowStatus readIpv6(
            FiveTuple tuple, ByteBuf buffer, int offset, int length, int wireLength, long first) {
        if (length < IPV6_HEADER_LENGTH) {
            return FlowStatus.TRUNCATED_IPV6_HEADER;
        }
        int payloadLength = (int) first >>> IPV6_LENGTH_SHIFT;
        if (payloadLength > wireLength - IPV6_HEADER_LENGTH) {
            return FlowStatus.TRUNCATED_IPV6_PACKET;
        }
        long sourceHigh = buffer.getLong(offset + IPV6_SOURCE_OFFSET);
        long sourceLow = buffer.getLong(offset + IPV6_SOURCE_OFFSET + Long.BYTES);
        long destinationHigh = buffer.getLong(offset + IPV6_DESTINATION_OFFSET);
        long destinationLow = buffer.getLong(offset + IPV6_DESTINATION_OFFSET + Long.BYTES);
        int protocol = (int) first >>> IPV6_NEXT_HEADER_SHIFT & BYTE_MASK;
        int at = offset + IPV6_HEADER_LENGTH;
        int end = at + Math.min(payloadLength, length - IPV6_HEADER_LENGTH);
        tuple.transport(protocol, at, end);
        if (isPlain(protocol, end - at)) {
            int ports = buffer.getInt(at + PORTS_OFFSET);
            return tuple.settle(
                    sourceHigh,
                    sourceLow,
                    destinationHigh,
                    destinationLow,
                    protocol,
                    ports,
                    IPV6 | HAS_PACKET | HAS_PORTS);
        }
        tuple.addresses(sourceHigh, sourceLow, destinationHigh, destinationLow);
        return IpProtocol.isExtensionHeader(protocol)
                ? readBehindExtensions(tuple, buffer, protocol, at, end)
                : readTransport(tuple, buffer, protocol, at, end - at, IPV6);
    }

    private static int ipv4HeaderLength(long first) {
        return ((int) (first >>> IHL_SHIFT) & IHL_MASK) << WORD_SHIFT;
    }

    /** Takes what an IPv4 fragment says of its datagram. */
    private static void ipv4Datagram(FiveTuple tuple, long first, int payload, int end) {
        tuple.datagram(
                (int) first >>> IPV4_IDENTIFICATION_SHIFT & IPV4_IDENTIFICATION_MASK,
                (first & IPV4_FRAGMENT_OFFSET_MASK) == 0,
                payload,
                end);
    }

    /** {@return whether this is whole TCP or UDP, as nearly every packet is: the short way} */
    private static boolean isPlain(int protocol, int available) {
        return protocol == IpProtocol.TCP
                ? available >= TCP_HEADER_LENGTH
                : protocol == IpProtocol.UDP && available >= UDP_HEADER_LENGTH;
    }

    private static FlowStatus readBehindExtensions(
            FiveTuple tuple, ByteBuf buffer, int first, int offset, int end) {
        ExtensionHeaders extensions = tuple.extensions;
        if (!extensions.walk(buffer, offset, end, first)) {
            return extensions.isTooLong()
                    ? FlowStatus.TOO_MANY_EXTENSION_HEADERS
                    : FlowStatus.TRUNCATED_EXTENSION_HEADER;
        }
        int protocol = extensions.protocol();
        int at = extensions.at();
        tuple.transport(protocol, at, end);
        if (extensions.isFragment()) {
            tuple.datagram(extensions.identification(), extensions.isFirstFragment(), at, end);
            return tuple.settle(protocol, 0, IPV6 | HAS_PACKET | FRAGMENT);
        }
        return readTransport(tuple, buffer, protocol, at, end - at, IPV6);
    }

    /** Reads the ports of a packet that is whole; {@code version} is 0 or IPV6. */
    private static FlowStatus readTransport(
            FiveTuple tuple, ByteBuf buffer, int protocol, int at, int available, int version) {
        switch (protocol) {
            case IpProtocol.TCP -> {
                if (available < TCP_HEADER_LENGTH) {
                    return FlowStatus.TRUNCATED_TCP_HEADER;
                }
            }
            case IpProtocol.UDP, IpProtocol.UDP_LITE -> {
                if (available < UDP_HEADER_LENGTH) {
                    return FlowStatus.TRUNCATED_UDP_HEADER;
                }
            }
            case IpProtocol.SCTP -> {
                if (available < SCTP_HEADER_LENGTH) {
                    return FlowStatus.TRUNCATED_SCTP_HEADER;
                }
            }
            case IpProtocol.DCCP -> {
                if (available < DCCP_HEADER_LENGTH) {
                    return FlowStatus.TRUNCATED_DCCP_HEADER;
                }
            }
            default -> {
                return protocol == icmp(version)
                        ? readIcmp(tuple, buffer, at, available, version)
                        : tuple.settle(protocol, 0, version | HAS_PACKET);
            }
        }
        int ports = buffer.getInt(at + PORTS_OFFSET);
        return tuple.settle(protocol, ports, version | HAS_PACKET | HAS_PORTS);
    }

    private static FlowStatus readIcmp(
            FiveTuple tuple, ByteBuf buffer, int at, int available, int version) {
        if (available < ICMP_LEAST_LENGTH) {
            return FlowStatus.TRUNCATED_ICMP_HEADER;
        }
        int type = buffer.getUnsignedByte(at + ICMP_TYPE_OFFSET);
        boolean echo = isEcho(type, version);
        boolean error = isError(type, version);
        if ((echo || error) && available < ICMP_QUOTE_OFFSET) {
            return FlowStatus.TRUNCATED_ICMP_HEADER;
        }
        int attributes = version | HAS_PACKET | (error ? ICMP_ERROR : 0);
        if (error && readQuote(tuple, buffer, type, at, at + available, attributes)) {
            return FlowStatus.OK;
        }
        return echo
                ? tuple.settle(icmp(version), identifierTwice(buffer, at), attributes | HAS_PORTS)
                : tuple.settle(icmp(version), 0, attributes);
    }

    /** Makes this the flow of a quoted packet; false if not even its IP header can be read. */
    private static boolean readQuote(
            FiveTuple tuple, ByteBuf buffer, int type, int icmp, int icmpEnd, int attributes) {
        int at = icmp + ICMP_QUOTE_OFFSET;
        boolean ipv6 = (attributes & IPV6) != 0;
        int length = quoteLength(buffer, type, icmp, attributes);
        int end = icmpEnd;
        if (length != 0) {
            end = Math.min(end, at + length);
            if (end - at < IPV4_HEADER_LENGTH) {
                return false;
            }
            // Whoever states a length also pads what is shorter, with zeros
            int own =
                    ipv6
                            ? IPV6_HEADER_LENGTH
                                    + buffer.getUnsignedShort(at + IPV6_PAYLOAD_LENGTH_OFFSET)
                            : buffer.getUnsignedShort(at + IPV4_TOTAL_LENGTH_OFFSET);
            end = Math.min(end, at + own);
        }
        return ipv6
                ? readIpv6Quote(tuple, buffer, at, end, attributes)
                : readIpv4Quote(tuple, buffer, at, end, attributes);
    }

    /** {@return how long the error says that its padded quote is (RFC 4884 §4), or 0} */
    private static int quoteLength(ByteBuf buffer, int type, int icmp, int version) {
        if ((version & IPV6) == 0) {
            return switch (type) {
                case DESTINATION_UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM ->
                        buffer.getUnsignedByte(icmp + ICMP_QUOTE_WORDS_OFFSET) << WORD_SHIFT;
                default -> 0;
            };
        }
        return type == ICMPV6_DESTINATION_UNREACHABLE || type == ICMPV6_TIME_EXCEEDED
                ? buffer.getUnsignedByte(icmp + ICMPV6_QUOTE_LONGS_OFFSET) << LONG_SHIFT
                : 0;
    }

    private static boolean readIpv4Quote(
            FiveTuple tuple, ByteBuf buffer, int at, int end, int attributes) {
        if (end - at < IPV4_HEADER_LENGTH) {
            return false;
        }
        long first = buffer.getLong(at + FIRST_OFFSET);
        int headerLength = ipv4HeaderLength(first);
        if (first >>> VERSION_SHIFT != IPV4 || headerLength < IPV4_HEADER_LENGTH) {
            return false;
        }
        long second = buffer.getLong(at + IPV4_SECOND_OFFSET);
        int protocol = (int) (second >>> IPV4_PROTOCOL_SHIFT) & BYTE_MASK;
        long destination = buffer.getUnsignedInt(at + IPV4_DESTINATION_OFFSET);
        boolean misdirected = tuple.quoteAddresses(0, second & UNSIGNED_INT, 0, destination);
        int payload = at + headerLength;
        boolean fragment = (first & IPV4_FRAGMENT_MASK) != 0;
        if (fragment) {
            ipv4Datagram(tuple, first, payload, end);
        }
        settleQuote(tuple, buffer, protocol, payload, end, attributes, misdirected, fragment);
        return true;
    }

    private static boolean readIpv6Quote(
            FiveTuple tuple, ByteBuf buffer, int at, int end, int attributes) {
        if (end - at < IPV6_HEADER_LENGTH) {
            return false;
        }
        long first = buffer.getLong(at + FIRST_OFFSET);
        if (first >>> VERSION_SHIFT != IPV6_VERSION) {
            return false;
        }
        boolean misdirected =
                tuple.quoteAddresses(
                        buffer.getLong(at + IPV6_SOURCE_OFFSET),
                        buffer.getLong(at + IPV6_SOURCE_OFFSET + Long.BYTES),
                        buffer.getLong(at + IPV6_DESTINATION_OFFSET),
                        buffer.getLong(at + IPV6_DESTINATION_OFFSET + Long.BYTES));
        int next = (int) first >>> IPV6_NEXT_HEADER_SHIFT & BYTE_MASK;
        ExtensionHeaders extensions = tuple.extensions;
        // A chain cut short, or too long, ends at a header without ports: just what is wanted.
        extensions.walk(buffer, at + IPV6_HEADER_LENGTH, end, next);
        boolean fragment = extensions.isFragment();
        int payload = extensions.at();
        if (fragment) {
            tuple.datagram(extensions.identification(), extensions.isFirstFragment(), payload, end);
        }
        settleQuote(
                tuple,
                buffer,
                extensions.protocol(),
                payload,
                end,
                attributes,
                misdirected,
                fragment);
        return true;
    }

    private static void settleQuote(
            FiveTuple tuple,
            ByteBuf buffer,
            int protocol,
            int at,
            int end,
            int attributes,
            boolean misdirected,
            boolean fragment) {
        int quoted =
                attributes
                        | QUOTED
                        | (misdirected ? MISDIRECTED : 0)
                        | (fragment ? QUOTED_FRAGMENT : 0);
        long ports = fragment ? NO_PORTS : shownPorts(buffer, at, end, protocol, attributes);
        if (ports == NO_PORTS) {
            tuple.settle(protocol, 0, quoted);
        } else {
            tuple.settle(protocol, FiveTuple.turned((int) ports), quoted | HAS_PORTS);
        }
    }

    /**
     * {@return the ports at the beginning of a transport header that may be cut short, source port
     * first, or NO_PORTS}
     */
    static long shownPorts(ByteBuf buffer, int at, int end, int protocol, int version) {
        int available = end - at;
        if (IpProtocol.hasPorts(protocol)) {
            return available < PORTS_LENGTH ? NO_PORTS : buffer.getUnsignedInt(at + PORTS_OFFSET);
        }
        boolean echo =
                protocol == icmp(version)
                        && available >= ICMP_IDENTIFIER_END
                        && isEcho(buffer.getUnsignedByte(at + ICMP_TYPE_OFFSET), version);
        return echo ? identifierTwice(buffer, at) & UNSIGNED_INT : NO_PORTS;
    }

    private static int identifierTwice(ByteBuf buffer, int at) {
        int identifier = buffer.getUnsignedShort(at + ICMP_IDENTIFIER_OFFSET);
        return identifier << Short.SIZE | identifier;
    }

    /** {@return the one protocol that is ICMP in this version of IP} */
    static int icmp(int version) {
        return (version & IPV6) == 0 ? IpProtocol.ICMP : IpProtocol.ICMPV6;
    }

    private static boolean isEcho(int type, int version) {
        return (version & IPV6) == 0
                ? type == ECHO_REQUEST || type == ECHO_REPLY
                : type == ICMPV6_ECHO_REQUEST || type == ICMPV6_ECHO_REPLY;
    }

    private static boolean isError(int type, int version) {
        return (version & IPV6) == 0
                ? switch (type) {
                    case DESTINATION_UNREACHABLE,
                            SOURCE_QUENCH,
                            REDIRECT,
                            TIME_EXCEEDED,
                            PARAMETER_PROBLEM ->
                            true;
                    default -> false;
                }
                : type < FIRST_ICMPV6_INFORMATIONAL;
    }
}
