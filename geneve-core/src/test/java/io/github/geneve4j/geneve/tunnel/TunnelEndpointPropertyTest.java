package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.geneve.tunnel.Endpoints.address;
import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveOption;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.GeneveArbitraries;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.PacketArbitraries;
import io.github.geneve4j.testkit.Packets;
import io.github.geneve4j.testkit.UdpLayer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class TunnelEndpointPropertyTest {
    private static final String LOCAL_V4 = "192.0.2.1";
    private static final String REMOTE_V4 = "192.0.2.2";
    private static final String LOCAL_V6 = "2001:db8::1";
    private static final String REMOTE_V6 = "2001:db8::2";

    private static final ZeroChecksumTunnels ZERO_CHECKSUM =
            ZeroChecksumTunnels.builder().allow(address(LOCAL_V6), address(REMOTE_V6)).build();

    private final TunnelReceiver receiver =
            new TunnelReceiver(EndpointPolicy.builder().zeroChecksumTunnels(ZERO_CHECKSUM).build());
    private final ReceiverOracle oracle = new ReceiverOracle();

    @Property
    void receivesLikeThePlainWay(@ForAll("received") byte[] packet, @ForAll BufferKind kind) {
        oracle.check(packet, kind);
    }

    /** The sender's bytes are those that the slow builder makes of the same facts. */
    @Property
    void sendsLikeThePlainWay(
            @ForAll("tunnels") Tunnel tunnel,
            @ForAll("inner") Inner inner,
            @ForAll BufferKind kind) {
        TunnelSender sender = tunnel.sender();
        BufferKind.Placed room = kind.room(sender.headroom() + inner.bytes.length);
        int innerOffset = room.offset() + sender.headroom();
        room.buffer().setBytes(innerOffset, inner.bytes);
        int length = inner.bytes.length;
        assertThat(
                        sender.encapsulate(
                                room.buffer(), innerOffset, length, inner.type, tunnel.flowHash))
                .isEqualTo(room.offset());
        assertThat(room.bytes()).isEqualTo(tunnel.built(inner));
    }

    @Property
    void roundTrips(@ForAll("tunnels") Tunnel tunnel, @ForAll("inner") Inner inner) {
        byte[] packet = tunnel.sent(inner);
        assertThat(receive(packet)).isEqualTo(DecodeStatus.OK);
        assertThat(received(packet)).isEqualTo(inner.bytes);
        assertThat(receiver.geneve().vni()).isEqualTo(tunnel.vni);
        assertThat(receiver.geneve().protocolType()).isEqualTo(inner.type);
        assertThat(receiver.hadUnexpectedEcn()).isFalse();
    }

    /** Routers on the way change the outer ECN field to anything. */
    @Property
    void bringsCongestionMarksIn(
            @ForAll("tunnels") Tunnel tunnel,
            @ForAll("inner") Inner inner,
            @ForAll @IntRange(max = 3) int mark) {
        byte[] packet = tunnel.sent(inner);
        ByteBuf outer = Unpooled.wrappedBuffer(packet);
        Ip.setTrafficClass(outer, 0, Ip.trafficClass(outer, 0) & ~3 | mark);
        int ip = inner.ipOffset();
        if (ip < 0) {
            assertThat(receive(packet)).isEqualTo(DecodeStatus.OK);
            assertThat(received(packet)).isEqualTo(inner.bytes);
            return;
        }
        ByteBuf expected = Unpooled.copiedBuffer(inner.bytes);
        int trafficClass = Ip.trafficClass(expected, ip);
        int merged = Ecn.decapsulate(trafficClass & 3, mark);
        if (merged == Ecn.DROP) {
            assertThat(receive(packet)).isEqualTo(DecodeStatus.ECN_NOT_CAPABLE);
            return;
        }
        Ip.setTrafficClass(expected, ip, trafficClass & ~3 | merged);
        assertThat(receive(packet)).isEqualTo(DecodeStatus.OK);
        assertThat(received(packet)).isEqualTo(expected.array());
    }

    @Property(tries = 100)
    void refusesEveryTruncation(@ForAll("tunnels") Tunnel tunnel, @ForAll("inner") Inner inner) {
        byte[] packet = tunnel.sent(inner);
        for (int length = 0; length < packet.length; length++) {
            assertThat(receive(Packets.cut(packet, length))).isEqualTo(DecodeStatus.TRUNCATED_IP);
        }
    }

    /**
     * With a checksum, a flipped bit is seen, or does no harm: in the fields of IPv6 that no
     * checksum covers the packet arrives as sent, but for its congestion mark; and over IPv4 a
     * checksum of which one bit is left can become "none".
     */
    @Property(tries = 50)
    void seesEverySingleBitError(@ForAll("tunnels") Tunnel tunnel, @ForAll("small") Inner inner) {
        byte[] packet = tunnel.withChecksum().sent(inner);
        int ipLength = tunnel.overIpv6 ? 40 : 20;
        int checksumAt = ipLength + 6;
        for (int bit = 0; bit < packet.length * 8; bit++) {
            byte[] flipped = packet.clone();
            flipped[bit / 8] ^= (byte) (0x80 >> bit % 8);
            DecodeStatus status = receive(flipped);
            boolean uncovered =
                    tunnel.overIpv6 && (bit >= 4 && bit < 32 || bit / 8 == Ip.V6_HOP_LIMIT_OFFSET);
            boolean checksumGone =
                    !tunnel.overIpv6 && flipped[checksumAt] == 0 && flipped[checksumAt + 1] == 0;
            boolean mark = tunnel.overIpv6 && (bit == 10 || bit == 11);
            if (mark) {
                assertThat(status).isIn(DecodeStatus.OK, DecodeStatus.ECN_NOT_CAPABLE);
            } else if (uncovered || checksumGone) {
                assertThat(status).isEqualTo(DecodeStatus.OK);
                assertThat(received(flipped)).isEqualTo(inner.bytes);
            } else {
                assertThat(status).as("bit %d", bit).isNotEqualTo(DecodeStatus.OK);
            }
        }
    }

    private DecodeStatus receive(byte[] packet) {
        return receiver.receive(Unpooled.wrappedBuffer(packet), 0, packet.length);
    }

    private byte[] received(byte[] packet) {
        int from = receiver.innerOffset();
        return Arrays.copyOfRange(packet, from, from + receiver.innerLength());
    }

    @Provide
    Arbitrary<byte[]> received() {
        Arbitrary<byte[]> whole = PacketArbitraries.outer();
        Arbitrary<byte[]> anyGeneve =
                Combinators.combine(GeneveArbitraries.anything(), Arbitraries.of(0, 1, 2, 3))
                        .as(TunnelEndpointPropertyTest::around);
        return Arbitraries.oneOf(
                whole,
                PacketArbitraries.damaged(whole),
                anyGeneve,
                PacketArbitraries.damaged(anyGeneve),
                Arbitraries.bytes().array(byte[].class).ofMaxSize(100));
    }

    /** Outer headers around any bytes: with a checksum, and without, over both versions. */
    private static byte[] around(byte[] geneve, int kind) {
        return switch (kind) {
            case 0 -> packet(ipv4(LOCAL_V4, REMOTE_V4), udp(50000, 6081), payload(geneve));
            case 1 ->
                    packet(
                            ipv4(LOCAL_V4, REMOTE_V4),
                            udp(50000, 6081).checksum(0),
                            payload(geneve));
            case 2 ->
                    packet(
                            ipv6(ReceiverOracle.ZERO_SOURCE, ReceiverOracle.ZERO_DESTINATION),
                            udp(50000, 6081).checksum(0),
                            payload(geneve));
            default ->
                    packet(
                            ipv6(ReceiverOracle.ZERO_DESTINATION, ReceiverOracle.ZERO_SOURCE),
                            udp(50000, 6081).checksum(0),
                            payload(geneve));
        };
    }

    @Provide
    Arbitrary<Inner> inner() {
        return Arbitraries.oneOf(
                PacketArbitraries.ip().map(Inner::ip),
                PacketArbitraries.frames().map(frame -> new Inner(EtherType.ETHERNET, frame)),
                opaque());
    }

    @Provide
    Arbitrary<Inner> small() {
        return Arbitraries.oneOf(
                PacketArbitraries.ipv4().map(Inner::ip),
                PacketArbitraries.framed(PacketArbitraries.ipv4())
                        .map(frame -> new Inner(EtherType.ETHERNET, frame)),
                opaque());
    }

    private static Arbitrary<Inner> opaque() {
        Arbitrary<Integer> types = Arbitraries.of(0, EtherType.MPLS, EtherType.NSH, 0xffff);
        Arbitrary<byte[]> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(64);
        return Combinators.combine(types, bytes).as(Inner::new);
    }

    /** What is carried. */
    record Inner(int type, byte[] bytes) {
        static Inner ip(byte[] bytes) {
            return new Inner((bytes[0] & 0xf0) == 0x40 ? EtherType.IPV4 : EtherType.IPV6, bytes);
        }

        int ipOffset() {
            return InnerPacket.findIp(Unpooled.wrappedBuffer(bytes), 0, bytes.length, type);
        }
    }

    @Provide
    Arbitrary<Tunnel> tunnels() {
        Arbitrary<GeneveOption> options =
                Combinators.combine(
                                Arbitraries.integers().between(0, 0xffff),
                                Arbitraries.integers().between(0, 0x7f),
                                Arbitraries.integers().between(0, 15))
                        .as((cls, type, words) -> new GeneveOption(cls, type, counting(4 * words)));
        return Combinators.combine(
                        Arbitraries.of(false, true),
                        Arbitraries.of(false, true),
                        Arbitraries.integers().between(0, 0xff_ffff),
                        options.list().ofMaxSize(3),
                        Arbitraries.longs(),
                        Arbitraries.integers().between(0, 63),
                        Arbitraries.integers().between(1, 255))
                .as(Tunnel::new);
    }

    /** How it is carried. */
    record Tunnel(
            boolean overIpv6,
            boolean checksum,
            int vni,
            List<GeneveOption> options,
            long flowHash,
            int dscp,
            int ttl) {

        Tunnel withChecksum() {
            return new Tunnel(overIpv6, true, vni, options, flowHash, dscp, ttl);
        }

        TunnelSender sender() {
            TunnelSender.Builder builder =
                    TunnelSender.builder(
                                    address(overIpv6 ? LOCAL_V6 : LOCAL_V4),
                                    address(overIpv6 ? REMOTE_V6 : REMOTE_V4))
                            .vni(vni)
                            .dscp(DscpModel.pipe(dscp))
                            .ttl(TtlModel.pipe(ttl))
                            .pathMtu(65535)
                            .zeroChecksumTunnels(ZERO_CHECKSUM);
            options.forEach(builder::option);
            return (checksum ? builder : builder.withoutUdpChecksum()).build();
        }

        byte[] sent(Inner inner) {
            TunnelSender sender = sender();
            int headroom = sender.headroom();
            byte[] packet = concat(new byte[headroom], inner.bytes);
            assertThat(
                            sender.encapsulate(
                                    Unpooled.wrappedBuffer(packet),
                                    headroom,
                                    inner.bytes.length,
                                    inner.type,
                                    flowHash))
                    .isZero();
            return packet;
        }

        byte[] built(Inner inner) {
            int ip = inner.ipOffset();
            int ecn = ip < 0 ? 0 : Ip.trafficClass(Unpooled.wrappedBuffer(inner.bytes), ip) & 3;
            int trafficClass = dscp << 2 | ecn;
            Layer network =
                    overIpv6
                            ? ipv6(LOCAL_V6, REMOTE_V6)
                                    .trafficClass(trafficClass)
                                    .flowLabel(FlowEntropy.flowLabel(flowHash))
                                    .hopLimit(ttl)
                            : ipv4(LOCAL_V4, REMOTE_V4).tos(trafficClass).dontFragment().ttl(ttl);
            UdpLayer udp = udp(SourcePortRange.DYNAMIC.port(flowHash), 6081);
            GeneveLayer geneve = geneve().vni(vni).protocolType(inner.type);
            for (GeneveOption option : options) {
                geneve.option(option.optionClass(), option.type(), option.data());
            }
            return packet(network, checksum ? udp : udp.checksum(0), geneve, payload(inner.bytes));
        }
    }
}
