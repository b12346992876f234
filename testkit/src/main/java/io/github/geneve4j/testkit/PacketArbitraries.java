package io.github.geneve4j.testkit;

import static io.github.geneve4j.testkit.GeneveArbitraries.upTo;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;

/**
 * IP packets and Ethernet frames for properties: what a tunnel carries, and the packets that carry
 * the tunnel. As in {@link GeneveArbitraries}, limits come from the generators themselves.
 */
public final class PacketArbitraries {
    private static final int TUNNEL_PORT = 6081;

    private PacketArbitraries() {}

    /** {@return valid IPv4 packets: options, TCP, UDP, ICMP, SCTP, GRE, ESP, unknown protocols} */
    public static Arbitrary<byte[]> ipv4() {
        return Combinators.combine(ipv4Headers(), transports(false))
                .as((ip, transport) -> packet(prepend(List.of(ip), transport)))
                .withoutEdgeCases();
    }

    /** {@return valid IPv6 packets: extension header chains, the same transports} */
    public static Arbitrary<byte[]> ipv6() {
        return Combinators.combine(ipv6Headers(), extensions(), transports(true))
                .as(
                        (ip, extensions, transport) -> {
                            List<Layer> network = new ArrayList<>();
                            network.add(ip);
                            network.addAll(extensions);
                            return packet(prepend(network, transport));
                        })
                .withoutEdgeCases();
    }

    /** {@return fragments of valid IPv4 and IPv6 packets: first, middle or last ones} */
    public static Arbitrary<byte[]> fragments() {
        Arbitrary<Integer> sizes = Arbitraries.of(8, 16, 24, 64, 1480);
        Arbitrary<Integer> indices = upTo(7);
        Arbitrary<byte[]> v4 =
                Combinators.combine(ipv4(), sizes, indices)
                        .as((ip, size, index) -> pick(Fragments.ipv4(ip, size), index));
        Arbitrary<byte[]> v6 =
                Combinators.combine(ipv6(), Arbitraries.integers(), sizes, indices)
                        .as((ip, id, size, index) -> pick(Fragments.ipv6(ip, id, size), index));
        return Arbitraries.oneOf(v4, v6).withoutEdgeCases();
    }

    /** {@return ICMP and ICMPv6 errors that quote a packet, whole or cut short} */
    public static Arbitrary<byte[]> icmpErrors() {
        Arbitrary<Integer> quotedLengths = upTo(128);
        Arbitrary<byte[]> v4 =
                Combinators.combine(
                                ipv4Headers(),
                                Arbitraries.of(3, 4, 5, 11, 12),
                                ipv4(),
                                quotedLengths)
                        .as(
                                (ip, type, quoted, length) ->
                                        packet(ip, Packets.icmp(type, 0), quote(quoted, length)));
        Arbitrary<byte[]> v6 =
                Combinators.combine(
                                ipv6Headers(), Arbitraries.of(1, 2, 3, 4), ipv6(), quotedLengths)
                        .as(
                                (ip, type, quoted, length) ->
                                        packet(ip, Packets.icmpv6(type, 0), quote(quoted, length)));
        return Arbitraries.oneOf(v4, v6).withoutEdgeCases();
    }

    /** {@return every kind of valid IP packet above} */
    public static Arbitrary<byte[]> ip() {
        return Arbitraries.oneOf(ipv4(), ipv6(), fragments(), icmpErrors()).withoutEdgeCases();
    }

    /** {@return Ethernet frames around {@link #ip()} with up to two tags} */
    public static Arbitrary<byte[]> frames() {
        return framed(ip());
    }

    /**
     * {@return the same packets as Ethernet frames with up to two tags}
     *
     * @param packets IPv4 or IPv6
     */
    public static Arbitrary<byte[]> framed(Arbitrary<byte[]> packets) {
        return Combinators.combine(upTo(2), upTo(0xfff), packets)
                .as(
                        (tags, id, ip) -> {
                            List<Layer> layers = new ArrayList<>();
                            layers.add(Packets.ethernet());
                            if (tags == 2) {
                                layers.add(Packets.qinq(id));
                            }
                            if (tags >= 1) {
                                layers.add(Packets.vlan(id));
                            }
                            layers.add(Packets.ip(ip));
                            return packet(layers.toArray(Layer[]::new));
                        })
                .withoutEdgeCases();
    }

    /** {@return valid Geneve headers around valid inner packets, as a UDP socket receives them} */
    public static Arbitrary<byte[]> datagrams() {
        Arbitrary<byte[]> headers =
                Arbitraries.oneOf(GeneveArbitraries.canonical(), GeneveArbitraries.boundary());
        return Combinators.combine(headers, ip(), frames(), Arbitraries.of(true, false))
                .as(
                        (header, ip, frame, bridged) -> {
                            byte[] start = NaiveGeneveDecoder.headerBytes(header);
                            byte[] inner = bridged ? frame : ip;
                            int etherType =
                                    bridged ? 0x6558 : (inner[0] & 0xf0) == 0x40 ? 0x0800 : 0x86dd;
                            Checksums.put(start, 2, etherType);
                            return Packets.concat(start, inner);
                        })
                .withoutEdgeCases();
    }

    /**
     * {@return whole outer IPv4 and IPv6 packets around {@link #datagrams()}, all checksums right}
     */
    public static Arbitrary<byte[]> outer() {
        Arbitrary<Layer> networks = Arbitraries.oneOf(ipv4Headers(), ipv6Headers());
        return Combinators.combine(networks, port(), datagrams())
                .as(
                        (ip, sourcePort, datagram) ->
                                packet(ip, Packets.udp(sourcePort, TUNNEL_PORT), payload(datagram)))
                .withoutEdgeCases();
    }

    /**
     * {@return damaged copies: cut short at any length, or with up to 8 bits flipped}
     *
     * @param packets any
     */
    public static Arbitrary<byte[]> damaged(Arbitrary<byte[]> packets) {
        Arbitrary<byte[]> truncated =
                Combinators.combine(
                                packets,
                                Arbitraries.integers()
                                        .between(0, 999)
                                        .withDistribution(RandomDistribution.uniform()))
                        .as((whole, part) -> Packets.cut(whole, whole.length * part / 1000));
        Arbitrary<byte[]> bitsFlipped =
                Combinators.combine(packets, upTo(1500 * 8).list().ofMinSize(1).ofMaxSize(8))
                        .as(Mutations::withBitsFlipped);
        return Arbitraries.oneOf(truncated, bitsFlipped).withoutEdgeCases();
    }

    /** {@return literals of IPv4 addresses, few enough to meet again} */
    public static Arbitrary<String> ipv4Addresses() {
        return Arbitraries.oneOf(
                upTo(3).map(last -> "10.0.0." + last),
                Arbitraries.of("0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"),
                Arbitraries.integers().map(Addresses::ipv4));
    }

    /** {@return literals of IPv6 addresses, few enough to meet again} */
    public static Arbitrary<String> ipv6Addresses() {
        return Arbitraries.oneOf(
                upTo(3).map(last -> "2001:db8::" + last),
                Arbitraries.of("::", "::1", "fe80::1", "ff02::1"),
                upTo(0xffff)
                        .map(
                                last ->
                                        "2001:db8:ffff:ffff:ffff:ffff:ffff:"
                                                + Integer.toHexString(last)));
    }

    /** {@return ports, few enough to meet again} */
    public static Arbitrary<Integer> port() {
        return Arbitraries.oneOf(Arbitraries.of(0, 53, 80, 443, 6081, 65535), upTo(0xffff));
    }

    private static Arbitrary<Layer> ipv4Headers() {
        Arbitrary<String> options = Arbitraries.of("", "", "01", "94040000", "01".repeat(40));
        return Combinators.combine(
                        ipv4Addresses(),
                        ipv4Addresses(),
                        options,
                        upTo(0xff),
                        upTo(0xff),
                        upTo(0xffff),
                        Arbitraries.of(true, false))
                .as(
                        (source, destination, hex, tos, ttl, id, dontFragment) -> {
                            Ipv4Layer ip =
                                    Packets.ipv4(source, destination)
                                            .options(hex)
                                            .tos(tos)
                                            .ttl(ttl)
                                            .id(id);
                            return dontFragment ? ip.dontFragment() : ip;
                        });
    }

    private static Arbitrary<Layer> ipv6Headers() {
        return Combinators.combine(
                        ipv6Addresses(), ipv6Addresses(), upTo(0xff), upTo(0xf_ffff), upTo(0xff))
                .as(
                        (source, destination, trafficClass, flowLabel, hopLimit) ->
                                Packets.ipv6(source, destination)
                                        .trafficClass(trafficClass)
                                        .flowLabel(flowLabel)
                                        .hopLimit(hopLimit));
    }

    private static Arbitrary<List<Layer>> extensions() {
        Arbitrary<Layer> extension =
                Combinators.combine(upTo(3), Arbitraries.of(8, 16, 64))
                        .as(
                                (kind, length) ->
                                        switch (kind) {
                                            case 0 -> Packets.hopByHop(length);
                                            case 1 -> Packets.routing(4, 0);
                                            case 2 -> Packets.destinationOptions(length);
                                            default -> Packets.authentication(length + 8);
                                        });
        return Arbitraries.oneOf(
                Arbitraries.just(List.of()), extension.list().ofMinSize(1).ofMaxSize(5));
    }

    /** A transport header and its payload; the packet it becomes is built when IP is known. */
    private static Arbitrary<List<Layer>> transports(boolean v6) {
        return Combinators.combine(upTo(7), port(), port(), Arbitraries.integers(), upTo(64))
                .as(
                        (kind, source, destination, number, length) ->
                                List.of(
                                        transport(kind, v6, source, destination, number),
                                        payload(counting(length))));
    }

    private static Layer transport(int kind, boolean v6, int source, int destination, int number) {
        return switch (kind) {
            case 0, 1 -> Packets.tcp(source, destination).sequence(number).flags(number & 0x3f);
            case 2, 3 -> Packets.udp(source, destination);
            case 4 -> v6 ? Packets.echoRequestV6(source, 1) : Packets.echoRequest(source, 1);
            case 5 -> Packets.sctp(source, destination, number);
            case 6 -> Packets.esp(number, 1);
            default -> Packets.gre();
        };
    }

    private static Layer[] prepend(List<Layer> first, List<Layer> then) {
        List<Layer> layers = new ArrayList<>(first);
        layers.addAll(then);
        return layers.toArray(Layer[]::new);
    }

    private static byte[] pick(List<byte[]> fragments, int index) {
        return fragments.get(index % fragments.size());
    }

    private static Layer quote(byte[] packet, int length) {
        return payload(Packets.cut(packet, Math.min(length, packet.length)));
    }
}
