package io.github.geneve4j.testkit;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Builds packets from layers, outermost first. Made for static import:
 *
 * {@snippet :
 * byte[] request = packet(
 *         ipv4("10.254.11.60", "10.254.11.101").ttl(255),
 *         udp(60001, 6081),
 *         geneve().option(0x0108, 3, "98ef1b00"),
 *         ipv4("10.1.21.101", "54.230.62.60"),
 *         tcp(49152, 443));
 * }
 *
 * <p>Layers are mutable and made for one packet. Malformed packets come from overriding fields and
 * from {@link #cut}.
 */
public final class Packets {
    private static final int VLAN = 0x8100;
    private static final int QINQ = 0x88a8;
    private static final int ICMP_ECHO_REPLY = 0;
    private static final int ICMP_ECHO_REQUEST = 8;
    private static final int ICMPV6_ECHO_REQUEST = 128;
    private static final int ICMPV6_ECHO_REPLY = 129;

    private Packets() {}

    /** {@return the bytes of these layers, outermost first} */
    public static byte[] packet(Layer... layers) {
        byte[] bytes = {};
        Layer next = PayloadLayer.opaque(bytes);
        for (int i = layers.length - 1; i >= 0; i--) {
            bytes = layers[i].wrap(bytes, next, networkAround(layers, i));
            next = layers[i];
        }
        return bytes;
    }

    /** {@return the first bytes of a packet, as a truncated capture or an ICMP error has them} */
    public static byte[] cut(byte[] packet, int length) {
        if (length > packet.length) {
            throw new IllegalArgumentException(length + " of " + packet.length + " bytes");
        }
        return Arrays.copyOf(packet, length);
    }

    /** {@return one array after the other} */
    public static byte[] concat(byte[] first, byte[] second) {
        byte[] whole = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, whole, first.length, second.length);
        return whole;
    }

    /** {@return {@code length} bytes that count up from zero} */
    public static byte[] counting(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    /** {@return bytes without a meaning} */
    public static Layer payload(byte[] bytes) {
        return PayloadLayer.opaque(bytes);
    }

    /** {@return bytes without a meaning, from hex text} */
    public static Layer payload(String hex) {
        return PayloadLayer.opaque(Hex.bytes(hex));
    }

    /** {@return a complete IPv4 or IPv6 packet as a layer} */
    public static Layer ip(byte[] packet) {
        return PayloadLayer.ip(packet);
    }

    /** {@return an Ethernet header between two locally administered addresses} */
    public static EthernetLayer ethernet() {
        return ethernet("02:00:00:00:02:02", "02:00:00:00:01:01");
    }

    /** {@return an Ethernet header, destination first as on the wire} */
    public static EthernetLayer ethernet(String destination, String source) {
        return EthernetLayer.frame(destination, source);
    }

    /** {@return an IEEE 802.1Q tag} */
    public static EthernetLayer vlan(int tagControl) {
        return EthernetLayer.tag(VLAN, tagControl);
    }

    /** {@return an IEEE 802.1ad service tag} */
    public static EthernetLayer qinq(int tagControl) {
        return EthernetLayer.tag(QINQ, tagControl);
    }

    /** {@return an IPv4 header} */
    public static Ipv4Layer ipv4(String source, String destination) {
        return new Ipv4Layer(source, destination);
    }

    /** {@return an IPv6 header} */
    public static Ipv6Layer ipv6(String source, String destination) {
        return new Ipv6Layer(source, destination);
    }

    /** {@return hop-by-hop options of {@code length} bytes, a multiple of 8, all padding} */
    public static Ipv6ExtensionLayer hopByHop(int length) {
        return Ipv6ExtensionLayer.padded(Ipv6ExtensionLayer.HOP_BY_HOP, length);
    }

    /** {@return destination options of {@code length} bytes, a multiple of 8, all padding} */
    public static Ipv6ExtensionLayer destinationOptions(int length) {
        return Ipv6ExtensionLayer.padded(Ipv6ExtensionLayer.DESTINATION_OPTIONS, length);
    }

    /** {@return a routing header of the given type, without addresses} */
    public static Ipv6ExtensionLayer routing(int type, int segmentsLeft) {
        byte[] rest = {(byte) type, (byte) segmentsLeft, 0, 0, 0, 0};
        return Ipv6ExtensionLayer.raw(Ipv6ExtensionLayer.ROUTING, 0, rest);
    }

    /** {@return a fragment header; the offset is in bytes, a multiple of 8} */
    public static Ipv6ExtensionLayer fragment(int offset, boolean more, int identification) {
        return Ipv6ExtensionLayer.fragment(offset, more, identification);
    }

    /** {@return an authentication header of {@code length} bytes, a multiple of 4, from 12 on} */
    public static Ipv6ExtensionLayer authentication(int length) {
        return Ipv6ExtensionLayer.authentication(length);
    }

    /** {@return any other extension header: its number, its length byte, and what follows that} */
    public static Ipv6ExtensionLayer extension(int number, int lengthField, String hexRest) {
        return Ipv6ExtensionLayer.raw(number, lengthField, Hex.bytes(hexRest));
    }

    /** {@return a UDP header} */
    public static UdpLayer udp(int sourcePort, int destinationPort) {
        return new UdpLayer(sourcePort, destinationPort);
    }

    /** {@return a TCP header, SYN at first} */
    public static TcpLayer tcp(int sourcePort, int destinationPort) {
        return new TcpLayer(sourcePort, destinationPort);
    }

    /** {@return an SCTP common header with its CRC32c} */
    public static Layer sctp(int sourcePort, int destinationPort, int verificationTag) {
        return OtherLayer.sctp(sourcePort, destinationPort, verificationTag);
    }

    /** {@return a GRE header without optional fields; Protocol Type names the next layer} */
    public static Layer gre() {
        return OtherLayer.gre();
    }

    /** {@return an ESP header; what follows counts as encrypted} */
    public static Layer esp(int securityParametersIndex, int sequence) {
        return OtherLayer.esp(securityParametersIndex, sequence);
    }

    /** {@return an ICMP message; an error quotes by a {@link #payload} of the quoted bytes} */
    public static IcmpLayer icmp(int type, int code) {
        return new IcmpLayer(IcmpLayer.ICMP, type, code);
    }

    /** {@return an ICMP echo request} */
    public static IcmpLayer echoRequest(int id, int number) {
        return icmp(ICMP_ECHO_REQUEST, 0).rest(id << 16 | number);
    }

    /** {@return an ICMP echo reply} */
    public static IcmpLayer echoReply(int id, int number) {
        return icmp(ICMP_ECHO_REPLY, 0).rest(id << 16 | number);
    }

    /** {@return an ICMPv6 message; an error quotes by a {@link #payload} of the quoted bytes} */
    public static IcmpLayer icmpv6(int type, int code) {
        return new IcmpLayer(IcmpLayer.ICMPV6, type, code);
    }

    /** {@return an ICMPv6 echo request} */
    public static IcmpLayer echoRequestV6(int id, int number) {
        return icmpv6(ICMPV6_ECHO_REQUEST, 0).rest(id << 16 | number);
    }

    /** {@return an ICMPv6 echo reply} */
    public static IcmpLayer echoReplyV6(int id, int number) {
        return icmpv6(ICMPV6_ECHO_REPLY, 0).rest(id << 16 | number);
    }

    /** {@return a Geneve header without options} */
    public static GeneveLayer geneve() {
        return new GeneveLayer();
    }

    private static Layer.@Nullable Network networkAround(Layer[] layers, int index) {
        for (int i = index - 1; i >= 0; i--) {
            if (layers[i] instanceof Layer.Network network) {
                return network;
            }
        }
        return null;
    }
}
