package io.github.geneve4j.gwlb;

import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;

import io.github.geneve4j.testkit.GeneveArbitraries;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Ipv4Layer;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import io.github.geneve4j.testkit.PacketArbitraries;
import io.github.geneve4j.testkit.Packets;
import io.github.geneve4j.testkit.UdpLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Packets as load balancers send them, and as they never would, for properties. */
final class Requests {
    private static final int MAX_OPTIONS_LENGTH = 252;

    private Requests() {}

    /** {@return Geneve headers with a load balancer's options, right and wrong, in any order} */
    static Arbitrary<byte[]> headers() {
        Arbitrary<Integer> classes =
                Arbitraries.frequencyOf(
                        Tuple.of(8, Arbitraries.of(0x0108, 0x0167, 0x0132)),
                        Tuple.of(1, Arbitraries.of(0x0107, 0x0109, 0xff00)));
        Arbitrary<Integer> types =
                Arbitraries.frequencyOf(
                        Tuple.of(20, Arbitraries.of(1, 2, 3)),
                        Tuple.of(1, Arbitraries.of(0, 4, 0x81, 0x82, 0x83)));
        Arbitrary<Integer> otherWords = Arbitraries.of(-1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4);
        Arbitrary<Boolean> oneClass = Arbitraries.of(true, true, true, false);
        Arbitrary<List<Option>> options =
                Combinators.combine(
                                classes,
                                types,
                                Arbitraries.integers().between(0, 7),
                                otherWords,
                                Arbitraries.longs())
                        .as(Option::new)
                        .list()
                        .ofMaxSize(8);
        return Combinators.combine(options, classes, oneClass).as(Requests::header);
    }

    /** {@return the common header of AWS or Tencent with any values} */
    static Arbitrary<byte[]> commonHeaders() {
        Arbitrary<Long> seeds = Arbitraries.longs();
        return Combinators.combine(Arbitraries.of(0x0108, 0x0167), seeds)
                .as(
                        (optionClass, seed) ->
                                header(
                                        List.of(
                                                new Option(optionClass, 1, 0, -1, seed),
                                                new Option(optionClass, 2, 0, -1, seed + 1),
                                                new Option(optionClass, 3, 0, -1, seed + 2)),
                                        optionClass,
                                        true));
    }

    /** {@return outer IPv4 packets to port 6081 around such headers and IP packets} */
    static Arbitrary<byte[]> packets() {
        Arbitrary<byte[]> headers =
                Arbitraries.oneOf(
                        commonHeaders(),
                        headers(),
                        GeneveArbitraries.valid().map(NaiveGeneveDecoder::headerBytes),
                        GeneveArbitraries.boundary().map(NaiveGeneveDecoder::headerBytes));
        Arbitrary<byte[]> datagrams =
                Combinators.combine(headers, PacketArbitraries.ip()).as(Packets::concat);
        return Combinators.combine(ipv4Headers(), udpHeaders(), datagrams)
                .as((ip, udp, datagram) -> packet(ip, udp, payload(datagram)));
    }

    /** {@return such packets in Ethernet frames: 0 to 3 tags, padding} */
    static Arbitrary<byte[]> frames() {
        return Combinators.combine(
                        Arbitraries.of(0, 0, 1, 2, 3),
                        Arbitraries.integers().between(0, 0xffff),
                        Arbitraries.of(0, 0, 1, 46),
                        packets())
                .as(Requests::frame);
    }

    private static byte[] frame(int tags, int tagControl, int padding, byte[] packet) {
        List<Layer> layers = new ArrayList<>();
        layers.add(ethernet("02:11:22:33:44:55", "06:aa:bb:cc:dd:ee"));
        for (int i = tags; i > 0; i--) {
            layers.add(i > 1 ? qinq(tagControl) : vlan(tagControl));
        }
        layers.add(ip(packet));
        byte[] frame = packet(layers.toArray(Layer[]::new));
        return Packets.concat(frame, new byte[padding]);
    }

    private static Arbitrary<Layer> ipv4Headers() {
        Arbitrary<String> addresses =
                Arbitraries.integers()
                        .between(0, 255)
                        .list()
                        .ofSize(4)
                        .map(
                                octets ->
                                        octets.get(0)
                                                + "."
                                                + octets.get(1)
                                                + "."
                                                + octets.get(2)
                                                + "."
                                                + octets.get(3));
        return Combinators.combine(
                        addresses,
                        addresses,
                        Arbitraries.integers().between(0, 255),
                        Arbitraries.integers().between(0, 255),
                        Arbitraries.integers().between(0, 0xffff),
                        Arbitraries.of(false, true),
                        Arbitraries.of("", "", "", "01", "0101010101"))
                .as(
                        (source, destination, ttl, tos, id, dontFragment, options) -> {
                            Ipv4Layer ip = ipv4(source, destination).ttl(ttl).tos(tos).id(id);
                            ip.options(options);
                            return dontFragment ? ip.dontFragment() : ip;
                        });
    }

    private static Arbitrary<Layer> udpHeaders() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 0xffff),
                        Arbitraries.of(6081, 6081, 6081, 6081, 6081, 6081, 6080, 4789),
                        Arbitraries.of("right", "right", "zero", "wrong"))
                .as(
                        (source, destination, checksum) -> {
                            UdpLayer udp = udp(source, destination);
                            return switch (checksum) {
                                case "zero" -> udp.checksum(0);
                                case "wrong" -> udp.wrongChecksum();
                                default -> udp;
                            };
                        });
    }

    private static byte[] header(List<Option> options, int optionClass, boolean oneClass) {
        GeneveLayer header = geneve().protocolType(0x0800);
        int length = 0;
        for (Option option : options) {
            int itsClass = oneClass ? optionClass : option.optionClass();
            byte[] data = option.data(itsClass);
            length += 4 + data.length;
            if (length <= MAX_OPTIONS_LENGTH) {
                header.malformedOption(
                        itsClass, option.type(), option.reserved(), data.length / 4, data);
            }
        }
        return packet(header);
    }

    /** An option whose data has the right length for its type, unless {@code otherWords >= 0}. */
    private record Option(int optionClass, int type, int reserved, int otherWords, long seed) {
        byte[] data(int itsClass) {
            boolean google = itsClass == 0x0132;
            int words =
                    switch (type & 0x7f) {
                        case 1 -> google ? 1 : 2;
                        case 2 -> google ? 4 : 2;
                        case 3 -> google ? 2 : 1;
                        default -> 1;
                    };
            byte[] data = new byte[(otherWords >= 0 ? otherWords : words) * 4];
            new Random(seed).nextBytes(data);
            return data;
        }
    }
}
