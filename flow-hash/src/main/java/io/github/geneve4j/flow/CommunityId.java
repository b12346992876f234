package io.github.geneve4j.flow;

import io.netty.buffer.ByteBuf;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Community ID version 1 (<a href="https://github.com/corelight/community-id-spec">Corelight</a>):
 * the flow identifier that Zeek, Suricata, Wireshark and others write to their logs, so that
 * records of one flow can be found in all of them.
 *
 * <p>It is computed from what a packet's own headers say, as the specification has it. That is not
 * always the flow of {@link FiveTuple}: an ICMP error has an identifier of its own, which its
 * counterpart in the other direction does not share, and echo identifiers do not count. A first
 * fragment has ports, a later one has none. UDP-Lite and DCCP count as protocols without ports.
 *
 * <p>An SHA-1 over some 40 bytes: for logs, not for every packet. The identifier computed last can
 * be read in any form until the next {@code compute}.
 *
 * <p><b>Threads:</b> one.
 */
public final class CommunityId {
    /** The length of the raw identifier in bytes. */
    public static final int LENGTH = 20;

    private static final String VERSION = "1:";
    private static final int MAX_SEED = 0xffff;
    private static final int LONGEST_INPUT = 40;
    private static final int IPV4_LENGTH = 4;
    private static final int IPV6_LENGTH = 16;
    private static final int FIRST_BYTE_VERSION_SHIFT = 4;
    private static final int IPV6_VERSION = 6;
    private static final int TYPE_AND_CODE_LENGTH = 2;
    private static final int NO_PORT = -1;

    private final MessageDigest sha1;
    private final int seed;
    private final byte[] input = new byte[LONGEST_INPUT];
    private final byte[] identifier = new byte[LENGTH];
    private boolean computed;

    /** Creates a computation with the default seed, 0. */
    public CommunityId() {
        this(0);
    }

    /**
     * Creates a computation.
     *
     * @param seed 0 to 65535; identifiers under different seeds cannot be compared
     */
    public CommunityId(int seed) {
        this.seed = Ranges.within("seed", seed, 0, MAX_SEED);
        try {
            this.sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-1 belongs to every Java platform", e);
        }
    }

    /**
     * Computes the identifier of a packet.
     *
     * @param tuple successfully wrapped
     * @return this
     * @throws IndexOutOfBoundsException if there is no packet
     */
    public CommunityId compute(FiveTuple tuple) {
        ByteBuf buffer = tuple.buffer();
        int packet = tuple.packetOffset();
        boolean ipv6 = buffer.getUnsignedByte(packet) >>> FIRST_BYTE_VERSION_SHIFT == IPV6_VERSION;
        byte[] source = new byte[ipv6 ? IPV6_LENGTH : IPV4_LENGTH];
        byte[] destination = new byte[source.length];
        buffer.getBytes(
                packet + (ipv6 ? PacketReader.IPV6_SOURCE_OFFSET : PacketReader.IPV4_SOURCE_OFFSET),
                source);
        buffer.getBytes(
                packet
                        + (ipv6
                                ? PacketReader.IPV6_DESTINATION_OFFSET
                                : PacketReader.IPV4_DESTINATION_OFFSET),
                destination);

        int protocol = tuple.transportProtocol();
        int at = tuple.transportOffset();
        int end = at + tuple.transportLength();
        if (tuple.isFragment()) {
            if (!tuple.isFirstFragment()) {
                return compute(source, destination, protocol);
            }
            if (ipv6) {
                ExtensionHeaders extensions = tuple.extensions;
                if (!extensions.walk(buffer, at, end, protocol) || extensions.isFragment()) {
                    return compute(source, destination, protocol);
                }
                protocol = extensions.protocol();
                at = extensions.at();
            }
        }
        if (hasPorts(protocol) && end - at >= PacketReader.PORTS_LENGTH) {
            int ports = buffer.getInt(at + PacketReader.PORTS_OFFSET);
            return compute(source, destination, protocol, ports >>> Short.SIZE, ports & 0xffff);
        }
        if (isIcmp(protocol) && end - at >= TYPE_AND_CODE_LENGTH) {
            return compute(
                    source,
                    destination,
                    protocol,
                    buffer.getUnsignedByte(at + PacketReader.ICMP_TYPE_OFFSET),
                    buffer.getUnsignedByte(at + PacketReader.ICMP_CODE_OFFSET));
        }
        return compute(source, destination, protocol);
    }

    /**
     * Computes the identifier of a flow of a protocol without ports.
     *
     * @param source address of 4 or 16 bytes
     * @param destination address of the same length
     * @param protocol IANA number, 0 to 255
     * @return this
     */
    public CommunityId compute(byte[] source, byte[] destination, int protocol) {
        int order = Arrays.compareUnsigned(source, destination);
        return order <= 0
                ? digest(source, destination, protocol, NO_PORT, NO_PORT)
                : digest(destination, source, protocol, NO_PORT, NO_PORT);
    }

    /**
     * Computes the identifier of a flow.
     *
     * @param source address of 4 or 16 bytes
     * @param destination address of the same length
     * @param protocol IANA number, 0 to 255
     * @param sourcePort 0 to 65535; of ICMP and ICMPv6 the type; ignored for protocols without
     *     ports
     * @param destinationPort 0 to 65535; of ICMP and ICMPv6 the code
     * @return this
     */
    public CommunityId compute(
            byte[] source, byte[] destination, int protocol, int sourcePort, int destinationPort) {
        Ranges.within("source port", sourcePort, 0, 0xffff);
        Ranges.within("destination port", destinationPort, 0, 0xffff);
        if (isIcmp(protocol)) {
            int counterpart = counterpart(protocol, sourcePort);
            return counterpart == NO_PORT
                    ? digest(source, destination, protocol, sourcePort, destinationPort)
                    : ordered(source, destination, protocol, sourcePort, counterpart);
        }
        return hasPorts(protocol)
                ? ordered(source, destination, protocol, sourcePort, destinationPort)
                : compute(source, destination, protocol);
    }

    /**
     * {@return the identifier in its usual form, such as {@code 1:wCb3OG7yAFWelaUydu0D+125CLM=}}
     */
    public String text() {
        checkComputed();
        return VERSION + Base64.getEncoder().encodeToString(identifier);
    }

    /** {@return the identifier with 40 hexadecimal digits in place of Base64} */
    public String hex() {
        checkComputed();
        return VERSION + HexFormat.of().formatHex(identifier);
    }

    /**
     * Copies the raw identifier, {@value #LENGTH} bytes.
     *
     * @param target receives it
     * @param offset index of the first byte
     */
    public void copyTo(byte[] target, int offset) {
        checkComputed();
        System.arraycopy(identifier, 0, target, offset, LENGTH);
    }

    private CommunityId ordered(
            byte[] source, byte[] destination, int protocol, int sourcePort, int destinationPort) {
        int order = Arrays.compareUnsigned(source, destination);
        return order < 0 || (order == 0 && sourcePort <= destinationPort)
                ? digest(source, destination, protocol, sourcePort, destinationPort)
                : digest(destination, source, protocol, destinationPort, sourcePort);
    }

    private CommunityId digest(byte[] a, byte[] b, int protocol, int portA, int portB) {
        checkAddresses(a, b);
        Ranges.within("protocol", protocol, 0, 0xff);
        int length = put16(0, seed);
        System.arraycopy(a, 0, input, length, a.length);
        length += a.length;
        System.arraycopy(b, 0, input, length, b.length);
        length += b.length;
        input[length++] = (byte) protocol;
        input[length++] = 0;
        if (portA != NO_PORT) {
            length = put16(length, portA);
            length = put16(length, portB);
        }
        sha1.update(input, 0, length);
        System.arraycopy(sha1.digest(), 0, identifier, 0, LENGTH);
        computed = true;
        return this;
    }

    private int put16(int at, int value) {
        input[at] = (byte) (value >>> Byte.SIZE);
        input[at + 1] = (byte) value;
        return at + Short.BYTES;
    }

    private void checkComputed() {
        if (!computed) {
            throw new IllegalStateException("no identifier: compute() was not called");
        }
    }

    private static void checkAddresses(byte[] a, byte[] b) {
        if (a.length != b.length || (a.length != IPV4_LENGTH && a.length != IPV6_LENGTH)) {
            throw new IllegalArgumentException(
                    "addresses of " + a.length + " and " + b.length + " bytes: not 4 or 16 each");
        }
    }

    private static boolean hasPorts(int protocol) {
        return protocol == IpProtocol.TCP
                || protocol == IpProtocol.UDP
                || protocol == IpProtocol.SCTP;
    }

    private static boolean isIcmp(int protocol) {
        return protocol == IpProtocol.ICMP || protocol == IpProtocol.ICMPV6;
    }

    /** {@return the type that answers this one, or NO_PORT: then the message goes one way} */
    private static int counterpart(int protocol, int type) {
        return protocol == IpProtocol.ICMP ? icmpCounterpart(type) : icmpv6Counterpart(type);
    }

    private static int icmpCounterpart(int type) {
        return switch (type) {
            case 0 -> 8; // echo reply, echo request
            case 8 -> 0;
            case 9 -> 10; // router advertisement, solicitation
            case 10 -> 9;
            case 13 -> 14; // timestamp, reply
            case 14 -> 13;
            case 15 -> 16; // information request, reply
            case 16 -> 15;
            case 17 -> 18; // address mask request, reply
            case 18 -> 17;
            default -> NO_PORT;
        };
    }

    private static int icmpv6Counterpart(int type) {
        return switch (type) {
            case 128 -> 129; // echo request, reply
            case 129 -> 128;
            case 130 -> 131; // multicast listener query, report
            case 131 -> 130;
            case 133 -> 134; // router solicitation, advertisement
            case 134 -> 133;
            case 135 -> 136; // neighbour solicitation, advertisement
            case 136 -> 135;
            case 139 -> 140; // node information query, response
            case 140 -> 139;
            case 144 -> 145; // home agent address discovery request, reply
            case 145 -> 144;
            default -> NO_PORT;
        };
    }
}
