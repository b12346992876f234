package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.geneve.tunnel.Endpoints.address;
import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveOption;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TunnelSenderTest {
    private static final String INNER_IPV4 =
            """
            45 ba 00 20  00 00 00 00  3d 11 e8 8b  0a 01 15 65  36 e6 3e 3c
            12 34 00 35 00 0c 7a 14
            70 69 6e 67
            """;

    /** The captured load balancer header around a small packet, as an appliance would send it. */
    private static final String OVER_IPV4 =
            """
            45 02 00 64              # version 4, 5 words, DSCP 0, ECT(0) as inside, 100 bytes
            00 00 40 00              # identification 0, DF
            40 11 0d eb              # TTL 64, UDP, checksum
            0a fe 0b 65  0a fe 0b 3c # 10.254.11.101 -> 10.254.11.60
            ea 61 17 c1 00 50 3f 18  # 60001 -> 6081, 80 bytes, checksum
            08 00 08 00  00 00 00 00 # 8 words of options, IPv4 inside, VNI 0
            01 08 01 02  23 56 de 92 d3 89 83 9c
            01 08 02 02  00 00 00 00 00 00 00 00
            01 08 03 01  98 ef 1b 00
            """
                    + INNER_IPV4;

    private static final String INNER_IPV6 =
            """
            60 1a bc de  00 0c 11 3d
            fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01
            fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02
            12 34 00 35 00 0c 14 98
            70 69 6e 67
            """;

    /** DSCP 46 and hop limit 255 outside, flow hash 1, a critical option. */
    private static final String OVER_IPV6 =
            """
            6b 92 cb 2c              # version 6, DSCP 46, ECT(1) as inside, flow label 0x2cb2c
            00 48 11 ff              # 72 bytes, UDP, hop limit 255
            20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
            20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
            ed 15 17 c1 00 48 3c c7  # 60693 -> 6081, 72 bytes, checksum
            01 40 86 dd  00 00 2a 00 # 1 word of options, C, IPv6 inside, VNI 42
            01 08 81 00
            """
                    + INNER_IPV6;

    @ParameterizedTest
    @EnumSource
    void writesEveryBitOverIpv4(BufferKind kind) {
        TunnelSender sender =
                overIpv4()
                        .sourcePorts(new SourcePortRange(60001, 60001))
                        .option(option(0x0108, 1, "23 56 de 92 d3 89 83 9c"))
                        .option(option(0x0108, 2, "00 00 00 00 00 00 00 00"))
                        .option(option(0x0108, 3, "98 ef 1b 00"))
                        .build();
        assertThat(sender.headroom()).isEqualTo(68);
        assertThat(sent(sender, kind, Hex.bytes(INNER_IPV4), EtherType.IPV4, 77))
                .isEqualTo(Hex.bytes(OVER_IPV4));
    }

    @ParameterizedTest
    @EnumSource
    void writesEveryBitOverIpv6(BufferKind kind) {
        TunnelSender sender =
                overIpv6()
                        .vni(42)
                        .option(option(0x0108, 0x81, ""))
                        .dscp(DscpModel.pipe(46))
                        .ttl(TtlModel.pipe(255))
                        .build();
        assertThat(sender.headroom()).isEqualTo(60);
        assertThat(sent(sender, kind, Hex.bytes(INNER_IPV6), EtherType.IPV6, 1))
                .isEqualTo(Hex.bytes(OVER_IPV6));
    }

    // Geneve header

    @Test
    void setsCForCriticalOptionsOnly() {
        byte[] plain = sent(overIpv4().option(option(1, 0x7f, "")).build());
        assertThat(plain[29]).isZero();
        byte[] critical = sent(overIpv4().option(option(1, 0x80, "")).build());
        assertThat(critical[29]).isEqualTo((byte) 0x40);
    }

    @Test
    void sendsControlPacketsOnRequest() {
        assertThat(sent(overIpv4().control(true).build())[29]).isEqualTo((byte) 0x80);
        assertThat(sent(overIpv4().control(true).control(false).build())[29]).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 0xff_ffff})
    void writesTheVirtualNetwork(int vni) {
        byte[] packet = sent(overIpv4().vni(vni).build());
        assertThat(Hex.text(packet).substring(64, 72)).isEqualTo("%06x00".formatted(vni));
    }

    /** What a tenant sends is a packet like any other, also if it is Geneve to this very port. */
    @Test
    void treatsGenevePacketsOfTenantsAsFrames() {
        byte[] tenants = KnownPackets.awsRequest();
        byte[] packet = sent(overIpv4().build(), BufferKind.HEAP, tenants, EtherType.IPV4, 5);
        assertThat(packet).hasSize(36 + tenants.length).endsWith(tenants);
        assertThat(Hex.text(cut(packet, 36))).endsWith("0000080000000000");
    }

    // UDP

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void computesTheUdpChecksumByDefault(boolean ipv6) {
        byte[] inner = packet(ipv4("10.1.0.1", "10.1.0.2"), udp(1, 2), payload(counting(33)));
        TunnelSender sender = (ipv6 ? overIpv6() : overIpv4()).build();
        byte[] packet = sent(sender, BufferKind.HEAP, inner, EtherType.IPV4, 99);
        OuterDecoder outer = new OuterDecoder();
        assertThat(outer.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length))
                .isEqualTo(DecodeStatus.OK);
        assertThat(outer.isUdpChecksumValid()).isTrue();
    }

    /** Every checksum that there is: none goes out as 0, one of them goes out as 0xffff. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void neverSendsAComputedZero(boolean ipv6) {
        TunnelSender sender = (ipv6 ? overIpv6() : overIpv4()).build();
        int headroom = sender.headroom();
        ByteBuf buffer = Unpooled.buffer(headroom + 2, headroom + 2);
        OuterDecoder outer = new OuterDecoder();
        Set<Integer> checksums = new HashSet<>();
        for (int word = 0; word < 0x10000; word++) {
            buffer.setShort(headroom, word);
            sender.encapsulate(buffer, headroom, 2, EtherType.NSH, 0);
            outer.wrap(buffer, 0, headroom + 2);
            if (!outer.isUdpChecksumValid()) {
                assertThat(outer.isUdpChecksumValid()).as("inner %04x", word).isTrue();
            }
            checksums.add(outer.udpChecksum());
        }
        assertThat(checksums).hasSize(0xffff).doesNotContain(0).contains(0xffff);
    }

    @Test
    void sendsZeroChecksumsOverIpv4OnRequest() {
        byte[] packet = sent(overIpv4().withoutUdpChecksum().build());
        assertThat(Hex.text(packet).substring(52, 56)).isEqualTo("0000");
    }

    @Test
    void sendsZeroChecksumsOverIpv6OnlyThroughConfiguredTunnels() {
        TunnelSender.Builder builder = overIpv6().withoutUdpChecksum();
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2001:db8:0:0:0:0:0:1 to 2001:db8:0:0:0:0:0:2");
        ZeroChecksumTunnels otherWayRound =
                ZeroChecksumTunnels.builder()
                        .allow(address("2001:db8::2"), address("2001:db8::1"))
                        .build();
        builder.zeroChecksumTunnels(otherWayRound);
        assertThatThrownBy(builder::build).isInstanceOf(IllegalArgumentException.class);
        ZeroChecksumTunnels tunnels =
                ZeroChecksumTunnels.builder()
                        .allow(address("2001:db8::1"), address("2001:db8::2"))
                        .build();
        byte[] packet = sent(builder.zeroChecksumTunnels(tunnels).build());
        assertThat(Hex.text(packet).substring(92, 96)).isEqualTo("0000");
    }

    @Test
    void keepsAFlowOnOneSourcePortAndSpreadsFlows() {
        TunnelSender sender = overIpv4().sourcePorts(SourcePortRange.ALL).build();
        Set<Integer> ports = new HashSet<>();
        for (int flow = 0; flow < 100; flow++) {
            byte[] syn = sent(sender, BufferKind.HEAP, counting(4), EtherType.NSH, flow);
            byte[] data = sent(sender, BufferKind.HEAP, counting(1000), EtherType.NSH, flow);
            assertThat(port(syn, 20)).isEqualTo(port(data, 20));
            ports.add(port(syn, 20));
        }
        assertThat(ports).hasSizeGreaterThan(95);
    }

    /** RFC 8926 §3.3: a reply goes to the well-known port as well, not back to the source port. */
    @Test
    void sendsToTheTunnelPortInBothDirections() {
        byte[] there = sent(overIpv4().build());
        byte[] back =
                sent(
                        TunnelSender.builder(address("10.254.11.60"), address("10.254.11.101"))
                                .build());
        assertThat(port(there, 22)).isEqualTo(6081);
        assertThat(port(back, 22)).isEqualTo(6081);
        assertThat(port(sent(overIpv4().remotePort(4790).build()), 22)).isEqualTo(4790);
    }

    @Test
    void givesFlowsTheirOwnFlowLabel() {
        TunnelSender sender = overIpv6().build();
        Set<Integer> labels = new HashSet<>();
        for (int flow = 0; flow < 100; flow++) {
            byte[] packet = sent(sender, BufferKind.HEAP, counting(4), EtherType.NSH, flow);
            byte[] again = sent(sender, BufferKind.HEAP, counting(9), EtherType.NSH, flow);
            int label = Unpooled.wrappedBuffer(packet).getInt(0) & 0xf_ffff;
            assertThat(Unpooled.wrappedBuffer(again).getInt(0) & 0xf_ffff).isEqualTo(label);
            labels.add(label);
        }
        assertThat(labels).hasSizeGreaterThan(95).doesNotContain(0);
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1, 192.0.2.9, 12", "192.0.2.2, 192.0.2.9, 12", "fd00::7, fd00::9, 8"})
    void hasASourceAddressOfItsOwn(String local, String remote, int at) {
        byte[] packet = sent(TunnelSender.builder(address(local), address(remote)).build());
        byte[] addresses = concat(address(local).getAddress(), address(remote).getAddress());
        assertThat(Hex.text(packet).substring(2 * at)).startsWith(Hex.text(addresses));
    }

    // IP

    @Test
    void sendsAtomicIpv4Packets() {
        byte[] packet = sent(overIpv4().build());
        assertThat(Hex.text(packet).substring(8, 16)).isEqualTo("00004000");
    }

    @ParameterizedTest
    @CsvSource({
        "NORMAL, 0, 0", "NORMAL, 1, 1", "NORMAL, 2, 2", "NORMAL, 3, 3",
        "COMPATIBILITY, 0, 0", "COMPATIBILITY, 1, 0", "COMPATIBILITY, 2, 0", "COMPATIBILITY, 3, 0",
    })
    void copiesCongestionMarksOut(Ecn.Mode mode, int inner, int outer) {
        for (TunnelSender.Builder builder : both()) {
            TunnelSender sender = builder.ecn(mode).build();
            byte[] v4 = packet(ipv4("10.1.0.1", "10.1.0.2").tos(0xa0 | inner));
            assertThat(trafficClass(sender, v4, EtherType.IPV4)).isEqualTo(outer);
            byte[] v6 = packet(ipv6("fd00::1", "fd00::2").trafficClass(0xa0 | inner));
            assertThat(trafficClass(sender, v6, EtherType.IPV6)).isEqualTo(outer);
            byte[] frame = packet(ethernet(), vlan(7), ipv4("10.1.0.1", "10.1.0.2").tos(inner));
            assertThat(trafficClass(sender, frame, EtherType.ETHERNET)).isEqualTo(outer);
        }
    }

    @Test
    void marksNothingWithoutInnerIp() {
        TunnelSender sender = overIpv4().dscp(DscpModel.uniform()).ttl(TtlModel.uniform()).build();
        byte[] arp = packet(ethernet().type(EtherType.ARP), payload(counting(28)));
        byte[] packet = sent(sender, BufferKind.HEAP, arp, EtherType.ETHERNET, 0);
        assertThat(packet[1]).isZero();
        assertThat(packet[8]).isEqualTo((byte) 64);
        byte[] broken = sent(sender, BufferKind.HEAP, counting(3), EtherType.IPV4, 0);
        assertThat(broken[1]).isZero();
    }

    @Test
    void hasAClassAndATtlOfItsOwnInPipes() {
        for (TunnelSender.Builder builder : both()) {
            TunnelSender sender = builder.dscp(DscpModel.pipe(46)).ttl(TtlModel.pipe(7)).build();
            byte[] inner = packet(ipv4("10.1.0.1", "10.1.0.2").tos(0x28).ttl(99));
            assertThat(trafficClass(sender, inner, EtherType.IPV4)).isEqualTo(46 << 2);
            assertThat(ttl(sender, inner, EtherType.IPV4)).isEqualTo(7);
        }
    }

    @Test
    void showsClassAndTtlOfTheInnerPacketInUniformTunnels() {
        for (TunnelSender.Builder builder : both()) {
            TunnelSender sender = builder.dscp(DscpModel.uniform()).ttl(TtlModel.uniform()).build();
            byte[] v4 = packet(ipv4("10.1.0.1", "10.1.0.2").tos(0x28).ttl(99));
            assertThat(trafficClass(sender, v4, EtherType.IPV4)).isEqualTo(0x28);
            assertThat(ttl(sender, v4, EtherType.IPV4)).isEqualTo(99);
            byte[] v6 = packet(ipv6("fd00::1", "fd00::2").trafficClass(0xb9).hopLimit(0));
            assertThat(trafficClass(sender, v6, EtherType.IPV6)).isEqualTo(0xb9);
            assertThat(ttl(sender, v6, EtherType.IPV6)).isEqualTo(1);
        }
    }

    // Size

    @ParameterizedTest
    @CsvSource({"false, 36", "true, 56"})
    void refusesWhatDoesNotFitThePath(boolean ipv6, int headroom) {
        TunnelSender sender = (ipv6 ? overIpv6() : overIpv4()).build();
        assertThat(sender.headroom()).isEqualTo(headroom);
        assertThat(sender.pathMtu()).isEqualTo(1500);
        assertFits(sender, 1500 - headroom);
        sender.pathMtu(1400);
        assertThat(sender.pathMtu()).isEqualTo(1400);
        assertFits(sender, 1400 - headroom);
        sender.pathMtu(65535);
        assertFits(sender, 65535 - headroom);
        assertFits((ipv6 ? overIpv6() : overIpv4()).pathMtu(9001).build(), 9001 - headroom);
    }

    /** One byte more is refused, and leaves the buffer as it was. */
    private static void assertFits(TunnelSender sender, int most) {
        int headroom = sender.headroom();
        ByteBuf buffer = Unpooled.buffer(headroom + most + 1, headroom + most + 1);
        assertThat(sender.encapsulate(buffer, headroom, most + 1, EtherType.NSH, 0))
                .isEqualTo(TunnelSender.TOO_BIG);
        assertThat(buffer.getLong(0)).isZero();
        assertThat(sender.encapsulate(buffer, headroom, most, EtherType.NSH, 0)).isZero();
        OuterDecoder outer = new OuterDecoder();
        assertThat(outer.wrap(buffer, 0, headroom + most)).isEqualTo(DecodeStatus.OK);
        assertThat(outer.length()).isEqualTo(headroom + most);
        assertThat(outer.isUdpChecksumValid()).isTrue();
    }

    @Test
    void refusesPathsShorterThanTheirHeaders() {
        TunnelSender sender = overIpv4().option(option(1, 1, "00".repeat(124))).pathMtu(68).build();
        assertThat(sender.encapsulate(Unpooled.buffer(500, 500), 200, 0, EtherType.NSH, 0))
                .isEqualTo(TunnelSender.TOO_BIG);
    }

    @Test
    void sendsNothingInsideIfThereIsNothing() {
        byte[] packet = sent(overIpv4().build(), BufferKind.DIRECT, new byte[0], 0, 0);
        assertThat(packet).hasSize(36);
    }

    @Test
    void usesTheLongestOptions() {
        TunnelSender sender =
                overIpv6()
                        .option(option(1, 1, "11".repeat(124)))
                        .option(option(1, 2, "22".repeat(120)))
                        .build();
        assertThat(sender.headroom()).isEqualTo(40 + 8 + 260);
        byte[] inner = packet(ipv6("fd00::1", "fd00::2"));
        byte[] packet = sent(sender, BufferKind.COMPOSITE, inner, EtherType.IPV6, 3);
        TunnelReceiver receiver = new TunnelReceiver(EndpointPolicy.builder().build());
        assertThat(receiver.receive(Unpooled.wrappedBuffer(packet), 0, packet.length))
                .isEqualTo(DecodeStatus.OK);
        assertThat(receiver.geneve().optionsLength()).isEqualTo(252);
    }

    // Mistakes

    @Test
    void needsHeadroom() {
        TunnelSender sender = overIpv4().build();
        ByteBuf buffer = Unpooled.buffer(100, 100);
        assertThat(sender.encapsulate(buffer, 36, 64, EtherType.NSH, 0)).isZero();
        assertThatThrownBy(() -> sender.encapsulate(buffer, 35, 64, EtherType.NSH, 0))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("inner packet at 35: headers need 36 bytes");
    }

    @Test
    void refusesRangesOutsideTheBuffer() {
        TunnelSender sender = overIpv4().build();
        ByteBuf buffer = Unpooled.buffer(100, 100);
        for (int[] range :
                new int[][] {{-1, 4}, {50, -1}, {50, 51}, {101, 0}, {50, Integer.MAX_VALUE}}) {
            assertThatThrownBy(() -> sender.encapsulate(buffer, range[0], range[1], 0, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 65535})
    void acceptsTheLimitsOfProtocolTypes(int protocolType) {
        byte[] packet = sent(overIpv4().build(), BufferKind.HEAP, counting(4), protocolType, 0);
        assertThat(port(packet, 30)).isEqualTo(protocolType);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 65535})
    void acceptsTheLimitsOfPorts(int port) {
        assertThat(port(sent(overIpv4().remotePort(port).build()), 22)).isEqualTo(port);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65536})
    void refusesProtocolTypesThatDoNotFit(int protocolType) {
        TunnelSender sender = overIpv4().build();
        ByteBuf buffer = Unpooled.buffer(100, 100);
        assertThatThrownBy(() -> sender.encapsulate(buffer, 50, 50, protocolType, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Integer.toString(protocolType));
    }

    @Test
    void refusesWrongConfigurations() {
        assertThatThrownBy(() -> TunnelSender.builder(address("10.0.0.1"), address("fd00::1")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> overIpv4().remotePort(0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> overIpv4().remotePort(65536))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> overIpv4().vni(0x100_0000).build())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> overIpv4().pathMtu(67))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> overIpv6().pathMtu(1279))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> overIpv4().build().pathMtu(65536))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65536");
        GeneveOption half = option(1, 1, "00".repeat(124));
        assertThatThrownBy(() -> overIpv4().option(half).option(half).build())
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static TunnelSender.Builder overIpv4() {
        return TunnelSender.builder(address("10.254.11.101"), address("10.254.11.60"));
    }

    private static TunnelSender.Builder overIpv6() {
        return TunnelSender.builder(address("2001:db8::1"), address("2001:db8::2"));
    }

    private static TunnelSender.Builder[] both() {
        return new TunnelSender.Builder[] {overIpv4(), overIpv6()};
    }

    private static GeneveOption option(int optionClass, int type, String hex) {
        return new GeneveOption(optionClass, type, Hex.bytes(hex));
    }

    private static byte[] sent(TunnelSender sender) {
        return sent(sender, BufferKind.HEAP, counting(20), EtherType.NSH, 0);
    }

    private static byte[] sent(
            TunnelSender sender, BufferKind kind, byte[] inner, int protocolType, long flowHash) {
        int headroom = sender.headroom();
        BufferKind.Placed room = kind.room(headroom + inner.length);
        int innerOffset = room.offset() + headroom;
        room.buffer().setBytes(innerOffset, inner);
        int writerIndex = room.buffer().writerIndex();
        assertThat(
                        sender.encapsulate(
                                room.buffer(), innerOffset, inner.length, protocolType, flowHash))
                .isEqualTo(room.offset());
        assertThat(room.buffer().writerIndex()).isEqualTo(writerIndex);
        return room.bytes();
    }

    private static int port(byte[] packet, int at) {
        return Unpooled.wrappedBuffer(packet).getUnsignedShort(at);
    }

    private static int trafficClass(TunnelSender sender, byte[] inner, int protocolType) {
        byte[] packet = sent(sender, BufferKind.HEAP, inner, protocolType, 0);
        return Ip.trafficClass(Unpooled.wrappedBuffer(packet), 0);
    }

    private static int ttl(TunnelSender sender, byte[] inner, int protocolType) {
        byte[] packet = sent(sender, BufferKind.HEAP, inner, protocolType, 0);
        return Ip.ttl(Unpooled.wrappedBuffer(packet), 0);
    }
}
