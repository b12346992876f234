package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.geneve.tunnel.Endpoints.address;
import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.OptionCursor;
import io.github.geneve4j.geneve.OptionRegistry;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Corpus;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.Ipv4Layer;
import io.github.geneve4j.testkit.Ipv6Layer;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Layer;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TunnelReceiverTest {
    /** A load balancer's packet: outer IPv4, UDP, 40 bytes of Geneve, then IPv4, UDP, 4 bytes. */
    private static final String OVER_IPV4 =
            """
            45 02 00 64              # version 4, 5 words, DSCP 0, ECT(0), 100 bytes
            00 00 40 00              # identification, DF
            40 11 0d eb              # TTL 64, UDP, checksum
            0a fe 0b 65  0a fe 0b 3c # 10.254.11.101 -> 10.254.11.60
            ea 61 17 c1 00 50 3f 18  # 60001 -> 6081, 80 bytes, checksum
            08 00 08 00  00 00 00 00 # 8 words of options, IPv4 inside, VNI 0
            01 08 01 02  23 56 de 92 d3 89 83 9c
            01 08 02 02  00 00 00 00 00 00 00 00
            01 08 03 01  98 ef 1b 00
            45 ba 00 20  00 00 00 00  3d 11 e8 8b  0a 01 15 65  36 e6 3e 3c
            12 34 00 35 00 0c 7a 14
            70 69 6e 67
            """;

    private final TunnelReceiver receiver = new TunnelReceiver(EndpointPolicy.builder().build());

    @ParameterizedTest
    @EnumSource
    void receivesALoadBalancersPacket(BufferKind kind) {
        BufferKind.Placed packet = kind.place(Hex.bytes(OVER_IPV4));
        int ip = packet.offset();
        assertThat(receiver.receive(packet.buffer(), ip, packet.length()))
                .isEqualTo(DecodeStatus.OK);
        assertThat(receiver.outer().sourcePort()).isEqualTo(60001);
        assertThat(receiver.outer().ttl()).isEqualTo(64);
        assertThat(receiver.geneve().optionsLength()).isEqualTo(32);
        assertThat(receiver.geneve().vni()).isZero();
        assertThat(receiver.geneve().protocolType()).isEqualTo(EtherType.IPV4);
        assertThat(receiver.innerOffset()).isEqualTo(ip + 68);
        assertThat(receiver.innerLength()).isEqualTo(32);
        assertThat(receiver.hadUnexpectedEcn()).isFalse();
        assertThat(packet.bytes()).isEqualTo(Hex.bytes(OVER_IPV4));
        assertThat(packet.buffer().readerIndex()).isEqualTo(ip);
        assertThat(packet.buffer().refCnt()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void refusesEveryTruncation(BufferKind kind) {
        byte[] whole = Hex.bytes(OVER_IPV4);
        for (int length = 0; length < whole.length; length++) {
            BufferKind.Placed packet = kind.place(cut(whole, length));
            assertThat(receiver.receive(packet.buffer(), packet.offset(), packet.length()))
                    .isEqualTo(DecodeStatus.TRUNCATED_IP);
            assertNothingIsReadable();
        }
    }

    /** The stages in their order: a packet with two faults shows the outer one. */
    @Test
    void answersWithTheFirstViolation() {
        GeneveLayer version1 = geneve().version(1);
        byte[] bothWrong = packet(v4(), udp(1, 6081).wrongChecksum(), version1, payload("00"));
        assertThat(receive(bothWrong)).isEqualTo(DecodeStatus.BAD_UDP_CHECKSUM);
        byte[] portFirst = packet(v4(), udp(1, 6080).wrongChecksum(), version1);
        assertThat(receive(portFirst)).isEqualTo(DecodeStatus.WRONG_UDP_PORT);
        assertThat(receive(tunnel(v4().ttl(1), version1, payload("00"))))
                .isEqualTo(DecodeStatus.UNSUPPORTED_VERSION);
        GeneveLayer criticalAroundGarbage =
                geneve().option(0xff00, 0x80, "").protocolType(EtherType.IPV4);
        assertThat(receive(tunnel(v4(), criticalAroundGarbage, payload("00"))))
                .isEqualTo(DecodeStatus.UNKNOWN_CRITICAL_OPTION);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void dropsUnknownVersions(int version) {
        assertThat(receive(tunnel(v4(), geneve().version(version), innerV4(0))))
                .isEqualTo(DecodeStatus.UNSUPPORTED_VERSION);
        assertNothingIsReadable();
    }

    @Test
    void dropsOptionListsThatDoNotAddUp() {
        GeneveLayer overrun = geneve().malformedOption(1, 1, 0, 2, counting(4));
        assertThat(receive(tunnel(v4(), overrun, innerV4(0))))
                .isEqualTo(DecodeStatus.OPTION_OVERRUN);
        assertThat(receive(tunnel(v4(), geneve().optLenWords(63), innerV4(0))))
                .isEqualTo(DecodeStatus.TRUNCATED_OPTIONS);
        assertThat(receive(tunnel(v4(), payload(counting(7)))))
                .isEqualTo(DecodeStatus.TRUNCATED_HEADER);
        assertNothingIsReadable();
    }

    /** RFC 8926 §4.4.3: nothing is softer for a packet to a group. */
    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.2", "239.1.2.3"})
    void dropsUnknownCriticalOptionsToGroupsToo(String destination) {
        GeneveLayer critical = geneve().option(0xff00, 0x80, "");
        assertThat(receive(tunnel(ipv4("10.0.0.1", destination), critical, innerV4(0))))
                .isEqualTo(DecodeStatus.UNKNOWN_CRITICAL_OPTION);
        assertNothingIsReadable();
    }

    @Test
    void keepsControlPacketsForTheControlPlane() {
        GeneveLayer control = geneve().control(true).vni(77).option(0x0108, 3, "98 ef 1b 00");
        byte[] packet = tunnel(v4(), control, innerV4(0));
        assertThat(receive(packet)).isEqualTo(DecodeStatus.CONTROL_PACKET);
        assertThat(receiver.outer().sourcePort()).isEqualTo(50000);
        assertThat(receiver.geneve().isControl()).isTrue();
        assertThat(receiver.geneve().vni()).isEqualTo(77);
        OptionCursor option = receiver.geneve().options(new OptionCursor());
        assertThat(option.next()).isTrue();
        assertThat(receiver.geneve().payloadOffset()).isEqualTo(44);
        assertThatThrownBy(receiver::innerOffset).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(receiver::innerLength).isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** A tenant gets its own packet and not a byte of what was around it. */
    @Test
    void offersNothingOfTheTunnelToTenants() {
        byte[] inner = packet(innerV4(0));
        byte[] packet = concat(tunnel(v4(), geneve().option(1, 1, counting(8)), innerV4(0)), inner);
        assertThat(receive(packet)).isEqualTo(DecodeStatus.OK);
        int from = receiver.innerOffset();
        assertThat(Arrays.copyOfRange(packet, from, from + receiver.innerLength()))
                .isEqualTo(inner);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 0xff_ffff})
    void tellsTheVirtualNetwork(int vni) {
        assertThat(receive(tunnel(v4(), geneve().vni(vni), innerV4(0)))).isEqualTo(DecodeStatus.OK);
        assertThat(receiver.geneve().vni()).isEqualTo(vni);
    }

    // Inner packets

    @ParameterizedTest
    @ValueSource(ints = {EtherType.IPV4, EtherType.IPV6, EtherType.ETHERNET})
    void dropsInnerPacketsWithoutACompleteHeader(int protocolType) {
        for (int length = 0; length < 14; length++) {
            GeneveLayer header = geneve().protocolType(protocolType);
            assertThat(receive(tunnel(v4(), header, payload(counting(length)))))
                    .isEqualTo(DecodeStatus.BAD_INNER_PACKET);
            assertNothingIsReadable();
        }
    }

    @Test
    void dropsInnerPacketsOfAnotherVersion() {
        assertThat(receive(tunnel(v4(), geneve().protocolType(EtherType.IPV6), innerV4(0))))
                .isEqualTo(DecodeStatus.BAD_INNER_PACKET);
    }

    /** MPLS, NSH, an unknown type, none at all: not for this library to judge. */
    @ParameterizedTest
    @ValueSource(ints = {EtherType.MPLS, EtherType.NSH, 0, 0xffff})
    void acceptsOtherProtocolsUnseen(int protocolType) {
        for (int length = 0; length < 3; length++) {
            GeneveLayer header = geneve().protocolType(protocolType);
            byte[] packet = tunnel(v4().tos(Ecn.CE), header, payload(counting(length)));
            byte[] before = packet.clone();
            assertThat(receive(packet)).isEqualTo(DecodeStatus.OK);
            assertThat(receiver.innerLength()).isEqualTo(length);
            assertThat(packet).isEqualTo(before);
        }
    }

    @Test
    void acceptsFramesWithoutIp() {
        byte[] arp = packet(ethernet().type(EtherType.ARP), payload(counting(28)));
        GeneveLayer header = geneve().protocolType(EtherType.ETHERNET);
        assertThat(receive(tunnel(v4().tos(Ecn.CE), header, payload(arp))))
                .isEqualTo(DecodeStatus.OK);
        assertThat(receiver.innerLength()).isEqualTo(42);
    }

    // Congestion marks, traffic class, TTL

    /** RFC 6040 figure 4 again, now through the packet, with inner IPv4 and IPv6. */
    @ParameterizedTest(name = "inner {0}, outer {1} -> {2}")
    @CsvSource({
        "0, 0, 0, false", "0, 2, 0, true", "0, 1, 0, true", "0, 3, -, true",
        "2, 0, 2, false", "2, 2, 2, false", "2, 1, 1, false", "2, 3, 3, false",
        "1, 0, 1, false", "1, 2, 1, true", "1, 1, 1, false", "1, 3, 3, false",
        "3, 0, 3, false", "3, 2, 3, false", "3, 1, 3, true", "3, 3, 3, false",
    })
    void mergesCongestionMarks(int inner, int outer, String expected, boolean unexpected) {
        for (Layer outerIp : List.of(v4().tos(outer), v6().trafficClass(outer))) {
            byte[] v4Inside = tunnel(outerIp, geneve(), innerV4(inner));
            byte[] v6Inside = tunnel(outerIp, geneve(), innerV6(inner));
            if (expected.equals("-")) {
                assertDropsForCongestion(v4Inside);
                assertDropsForCongestion(v6Inside);
            } else {
                int merged = Integer.parseInt(expected);
                assertReceives(v4Inside, packet(innerV4(merged)));
                assertThat(receiver.hadUnexpectedEcn()).isEqualTo(unexpected);
                assertReceives(v6Inside, packet(innerV6(merged)));
                assertThat(receiver.hadUnexpectedEcn()).isEqualTo(unexpected);
            }
        }
    }

    private void assertDropsForCongestion(byte[] packet) {
        byte[] before = packet.clone();
        assertThat(receive(packet)).isEqualTo(DecodeStatus.ECN_NOT_CAPABLE);
        assertThat(receiver.hadUnexpectedEcn()).isTrue();
        assertThat(packet).isEqualTo(before);
        assertNothingIsReadable();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void mergesCongestionMarksBehindVlanTags(int tags) {
        byte[] arrived = packet(frame(tags, innerV4(Ecn.ECT_0)));
        GeneveLayer header = geneve().protocolType(EtherType.ETHERNET);
        assertReceives(
                tunnel(v4().tos(Ecn.CE), header, payload(arrived)),
                packet(frame(tags, innerV4(Ecn.CE))));
    }

    private static Layer[] frame(int tags, Layer ip) {
        return switch (tags) {
            case 0 -> new Layer[] {ethernet(), ip};
            case 1 -> new Layer[] {ethernet(), vlan(7), ip};
            default -> new Layer[] {ethernet(), qinq(7), vlan(8), ip};
        };
    }

    @Test
    void leavesDscpAndTtlAloneInPipes() {
        byte[] packet = tunnel(v4().tos(0x88).ttl(3), geneve(), innerV4(0));
        assertReceives(packet, packet(innerV4(0)));
    }

    @Test
    void takesDscpAndTtlFromOutsideInUniformTunnels() {
        EndpointPolicy uniform =
                EndpointPolicy.builder().dscp(DscpModel.uniform()).ttl(TtlModel.uniform()).build();
        TunnelReceiver receiver = new TunnelReceiver(uniform);
        byte[] packet = tunnel(v4().tos(0x88 | Ecn.CE).ttl(3), geneve(), innerV4(Ecn.ECT_0));
        assertThat(receive(receiver, packet)).isEqualTo(DecodeStatus.OK);
        assertThat(inner(receiver, packet))
                .isEqualTo(packet(ipv4("10.1.0.1", "10.1.0.2").tos(0x88 | Ecn.CE).ttl(3)));
        packet = tunnel(v6().trafficClass(0x88).hopLimit(200), geneve(), innerV6(0));
        assertThat(receive(receiver, packet)).isEqualTo(DecodeStatus.OK);
        assertThat(inner(receiver, packet))
                .isEqualTo(packet(ipv6("fd00::1", "fd00::2").trafficClass(0x88).hopLimit(64)));
    }

    // Checksums

    @Test
    void judgesUdpChecksums() {
        Layer inner = innerV4(0);
        assertThat(receive(packet(v4(), udp(1, 6081).wrongChecksum(), geneve(), inner)))
                .isEqualTo(DecodeStatus.BAD_UDP_CHECKSUM);
        assertThat(receive(packet(v6(), udp(1, 6081).wrongChecksum(), geneve(), inner)))
                .isEqualTo(DecodeStatus.BAD_UDP_CHECKSUM);
        assertThat(receive(packet(v4(), udp(1, 6081).checksum(0), geneve(), inner)))
                .isEqualTo(DecodeStatus.OK);
        assertThat(receive(packet(v6(), udp(1, 6081).checksum(0), geneve(), inner)))
                .isEqualTo(DecodeStatus.ZERO_UDP_CHECKSUM);
        assertNothingIsReadable();
    }

    @Test
    void acceptsZeroChecksumsOfConfiguredTunnelsOverIpv6() {
        TunnelReceiver receiver =
                new TunnelReceiver(
                        EndpointPolicy.builder()
                                .zeroChecksumTunnels(
                                        ZeroChecksumTunnels.builder()
                                                .allow(
                                                        address("2001:db8::1"),
                                                        address("2001:db8::2"))
                                                .build())
                                .build());
        byte[] right = packet(v6(), udp(1, 6081).checksum(0), geneve(), innerV6(0));
        assertThat(receive(receiver, right)).isEqualTo(DecodeStatus.OK);
        right[39] ^= 1; // another destination, and no checksum that tells
        assertThat(receive(receiver, right)).isEqualTo(DecodeStatus.ZERO_UDP_CHECKSUM);
    }

    // Real packets

    /** The frames with many options left a machine whose network card was to fill in checksums. */
    @ParameterizedTest
    @CsvSource({
        "pcaps/suricata-verify-bug-6402-01.pcap,    12, OK",
        "pcaps/tx-gwlb-geneve.pcap,                 18, OK",
        "pcaps/tcpdump-geneve-gcp.pcap,              1, OK",
        "pcaps/tcpdump-gso-ipv4-geneve-ipv4.pcap,    1, OK",
        "pcaps/zeek-geneve-47101.pcap,              24, OK",
        "pcaps/zeek-geneve-ipv6.pcap,                2, OK",
        "pcaps/zeek-geneve-many-options.pcap,       10, BAD_UDP_CHECKSUM",
    })
    void judgesRealPackets(String name, int frames, DecodeStatus expected) {
        Optional<Path> file = Corpus.file(name);
        Assumptions.assumeTrue(file.isPresent(), name);
        List<DecodeStatus> verdicts = new ArrayList<>();
        for (byte[] frame : Corpus.frames(file.get())) {
            verdicts.add(receive(Arrays.copyOfRange(frame, 14, frame.length)));
        }
        assertThat(verdicts).hasSize(frames).containsOnly(expected);
    }

    /** One direction of that conversation carries a critical option of class 0. */
    @Test
    void judgesRealCriticalOptions() {
        String name = "pcaps/tcpdump-geneve.pcap";
        Optional<Path> file = Corpus.file(name);
        Assumptions.assumeTrue(file.isPresent(), name);
        TunnelReceiver knowing =
                new TunnelReceiver(
                        EndpointPolicy.builder()
                                .knownOptions(OptionRegistry.builder().know(0, 0x80).build())
                                .build());
        int dropped = 0;
        for (byte[] frame : Corpus.frames(file.get())) {
            byte[] packet = Arrays.copyOfRange(frame, 14, frame.length);
            assertThat(receive(knowing, packet)).isEqualTo(DecodeStatus.OK);
            boolean critical = knowing.geneve().hasCriticalOption();
            assertThat(receive(packet))
                    .isEqualTo(critical ? DecodeStatus.UNKNOWN_CRITICAL_OPTION : DecodeStatus.OK);
            dropped += critical ? 1 : 0;
        }
        assertThat(dropped).isBetween(1, 38);
    }

    @Test
    void receivesAKnownPacket() {
        assertReceives(KnownPackets.awsRequest(), KnownPackets.innerEchoRequest());
    }

    // Life cycle

    @Test
    void holdsNothingBeforeTheFirstPacket() {
        assertNothingIsReadable();
        assertThat(receiver.hadUnexpectedEcn()).isFalse();
    }

    @Test
    void forgetsThePacketBefore() {
        byte[] good = Hex.bytes(OVER_IPV4);
        assertThat(receive(good)).isEqualTo(DecodeStatus.OK);
        assertThat(receive(new byte[0])).isEqualTo(DecodeStatus.TRUNCATED_IP);
        assertNothingIsReadable();
        assertThat(receive(good)).isEqualTo(DecodeStatus.OK);
        byte[] control = tunnel(v4(), geneve().control(true), innerV4(0));
        assertThat(receive(control)).isEqualTo(DecodeStatus.CONTROL_PACKET);
        assertThatThrownBy(receiver::innerOffset).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void refusesRangesOutsideTheBuffer() {
        BufferKind.Placed packet = BufferKind.HEAP.place(Hex.bytes(OVER_IPV4));
        assertThat(receiver.receive(packet.buffer(), 0, packet.length()))
                .isEqualTo(DecodeStatus.OK);
        assertThatThrownBy(() -> receiver.receive(packet.buffer(), 1, packet.length()))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertNothingIsReadable();
    }

    private void assertReceives(byte[] packet, byte[] inner) {
        assertThat(receive(packet)).isEqualTo(DecodeStatus.OK);
        assertThat(inner(receiver, packet)).isEqualTo(inner);
    }

    private void assertNothingIsReadable() {
        assertThatThrownBy(receiver::innerOffset).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(receiver::innerLength).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> receiver.outer().ipOffset())
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> receiver.geneve().vni())
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private DecodeStatus receive(byte[] packet) {
        return receive(receiver, packet);
    }

    private static DecodeStatus receive(TunnelReceiver receiver, byte[] packet) {
        return receiver.receive(Unpooled.wrappedBuffer(packet), 0, packet.length);
    }

    private static byte[] inner(TunnelReceiver receiver, byte[] packet) {
        int from = receiver.innerOffset();
        return Arrays.copyOfRange(packet, from, from + receiver.innerLength());
    }

    private static byte[] tunnel(Layer outerIp, Layer... inside) {
        List<Layer> layers = new ArrayList<>(List.of(outerIp, udp(50000, 6081)));
        layers.addAll(List.of(inside));
        return packet(layers.toArray(Layer[]::new));
    }

    private static Ipv4Layer v4() {
        return ipv4("10.0.0.1", "10.0.0.2");
    }

    private static Ipv6Layer v6() {
        return ipv6("2001:db8::1", "2001:db8::2");
    }

    private static Layer innerV4(int ecn) {
        return ipv4("10.1.0.1", "10.1.0.2").tos(0x28 << 2 | ecn);
    }

    private static Layer innerV6(int ecn) {
        return ipv6("fd00::1", "fd00::2").trafficClass(0x28 << 2 | ecn);
    }
}
