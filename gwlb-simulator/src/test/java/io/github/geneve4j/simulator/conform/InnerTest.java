package io.github.geneve4j.simulator.conform;

import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.routing;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.github.geneve4j.testkit.TcpLayer;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the suite sends is what it says: held against packets that others have built. */
class InnerTest {
    private static final String CLIENT = "10.1.2.3";
    private static final String SERVER = "198.18.7.9";
    private static final String CLIENT6 = "2001:db8::a01:203";
    private static final String SERVER6 = "2001:db8::c612:709";
    private static final Flow FLOW =
            new Flow(0x0a01_0203, 0xc612_0709, 40_000, 443, 0x98ef_1b00, 60_001);
    private static final byte[] DATA = Packets.counting(120);

    @Test
    void udpIsRight() {
        assertThat(Inner.udp(FLOW, DATA).bytes())
                .isEqualTo(packet(ipv4(CLIENT, SERVER), udp(40_000, 443), payload(DATA)));
        assertThat(Inner.udp6(FLOW, DATA).bytes())
                .isEqualTo(packet(ipv6(CLIENT6, SERVER6), udp(40_000, 443), payload(DATA)));
    }

    @Test
    void optionsAndExtensionHeadersAreRight() {
        assertThat(Inner.udpBehindOptions(FLOW, DATA).bytes())
                .isEqualTo(
                        packet(
                                ipv4(CLIENT, SERVER).options("94040000 010101 00"),
                                udp(40_000, 443),
                                payload(DATA)));
        assertThat(Inner.udp6BehindExtensions(FLOW, DATA).bytes())
                .isEqualTo(
                        packet(
                                ipv6(CLIENT6, SERVER6),
                                hopByHop(8),
                                routing(253, 0),
                                destinationOptions(16),
                                udp(40_000, 443),
                                payload(DATA)));
    }

    @Test
    void pingIsRight() {
        assertThat(Inner.icmpEcho(FLOW, DATA).bytes())
                .isEqualTo(packet(ipv4(CLIENT, SERVER), echoRequest(40_000, 1), payload(DATA)));
        assertThat(Inner.icmpEcho6(FLOW, DATA).bytes())
                .isEqualTo(
                        packet(
                                ipv6(CLIENT6, SERVER6),
                                Packets.echoRequestV6(40_000, 1),
                                payload(DATA)));
    }

    @Test
    void fragmentsAreRight() {
        byte[] whole = packet(ipv4(CLIENT, SERVER).id(0x1234), udp(40_000, 443), payload(DATA));
        byte[] whole6 = packet(ipv6(CLIENT6, SERVER6), udp(40_000, 443), payload(DATA));

        assertThat(bytes(Inner.udp(FLOW, DATA).ipv4Fragments(64, 0x1234)))
                .containsExactlyElementsOf(Fragments.ipv4(whole, 64));
        assertThat(bytes(Inner.udp6(FLOW, DATA).ipv6Fragments(64, 77)))
                .containsExactlyElementsOf(Fragments.ipv6(whole6, 77, 64));
    }

    /** Errors and TCP are read as the flow that they belong to. */
    @Test
    void errorsQuoteTheirFlow() {
        for (int length : new int[] {8, 1360}) { // also if it is too long to be quoted whole
            Inner answer = Inner.tcp(FLOW.reversed(), new byte[length]);
            Inner answer6 = Inner.segment(FLOW.reversed(), true, Inner.ACK, 1, 2, new byte[length]);
            FiveTuple error = tuple(Inner.icmpError(FLOW, answer.bytes()));
            FiveTuple error6 = tuple(Inner.icmpError6(FLOW, answer6.bytes()));

            assertThat(List.of(error.isQuoted(), error6.isQuoted())).containsOnly(true);
            assertThat(List.of(error.isMisdirected(), error6.isMisdirected())).containsOnly(false);
            assertThat(error.isSameFlow(tuple(answer))).isTrue();
            assertThat(error6.isSameFlow(tuple(answer6))).isTrue();
        }
    }

    @Test
    void tcpIsRight() {
        assertThat(Inner.segment(FLOW, false, Inner.SYN, 77, 0, new byte[0]).bytes())
                .isEqualTo(packet(ipv4(CLIENT, SERVER), tcp(40_000, 443).sequence(77)));
        assertThat(Inner.segment(FLOW, true, Inner.PSH | Inner.ACK, -2, -3, DATA).bytes())
                .isEqualTo(
                        packet(
                                ipv6(CLIENT6, SERVER6),
                                tcp(40_000, 443)
                                        .flags(TcpLayer.PSH | TcpLayer.ACK)
                                        .sequence(-2)
                                        .acknowledgment(-3),
                                payload(DATA)));
    }

    @Test
    void otherProtocolsAreRight() {
        byte[] whole = packet(ipv4(CLIENT, SERVER), udp(40_000, 443), payload(DATA));
        assertThat(Inner.gre(FLOW, DATA).bytes())
                .isEqualTo(packet(ipv4(CLIENT, SERVER), Packets.gre(), Packets.ip(whole)));
        assertThat(Inner.esp(FLOW, DATA).bytes())
                .isEqualTo(
                        packet(
                                ipv4(CLIENT, SERVER),
                                Packets.esp(0x98ef_1b00 | 0x100, 1),
                                payload(DATA)));
        assertThat(Inner.sctp(FLOW, 0x1234_5678).bytes())
                .isEqualTo(
                        packet(
                                ipv4(CLIENT, SERVER),
                                Packets.sctp(40_000, 443, 0),
                                payload("01 00 0014 12345678 00010000 000a 000a edcba987")));
    }

    @Test
    void awsHeaderIsAsCaptured() {
        byte[] header = new GeneveBytes().aws(0x2356_de92_d389_839cL, 0x98ef_1b00).before(0x0800);

        assertThat(header).isEqualTo(KnownPackets.awsHeader());
        assertThat(GeneveBytes.amazonOption(header, 3)).isEqualTo(Bytes.hex("98ef1b00"));
        assertThat(GeneveBytes.amazonOption(header, 1)).isEqualTo(Bytes.hex("2356de92d389839c"));
        assertThat(GeneveBytes.amazonOption(header, 4)).isNull();
        assertThat(GeneveBytes.amazonOption(Arrays.copyOf(header, 39), 3)).isNull();
        assertThat(GeneveBytes.length(Bytes.concat(header, DATA))).isEqualTo(40);
    }

    @ParameterizedTest
    @EnumSource
    void outerPacketIsTheLoadBalancers(Datagram.Checksum checksum) {
        byte[] payload = Bytes.concat(KnownPackets.awsHeader(), Inner.udp(FLOW, DATA).bytes());
        byte[] packet =
                RawWire.packet(
                        new Datagram(0x0afe_0b3c, 60_001, checksum, payload), 0x0afe_0b65, 6081);

        OuterDecoder outer = new OuterDecoder();
        assertThat(outer.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length))
                .isEqualTo(DecodeStatus.OK);
        assertThat(outer.ttl()).isEqualTo(255);
        assertThat(outer.sourcePort()).isEqualTo(60_001);
        assertThat(outer.destinationPort()).isEqualTo(6081);
        assertThat(outer.udpChecksum() == 0).isEqualTo(checksum == Datagram.Checksum.NONE);
        assertThat(outer.isUdpChecksumValid()).isEqualTo(checksum == Datagram.Checksum.RIGHT);
        assertThat(Ipv4.isIntact(packet)).isTrue();

        Arrival arrival = Arrival.packet(packet, false);
        assertThat(arrival.checksum().name()).isEqualTo(checksum.name());
        assertThat(arrival.payload()).isEqualTo(payload);
        assertThat(arrival.text()).isEqualTo("10.254.11.60:60001 > 10.254.11.101:6081");
        assertThat(Arrival.packet(packet, true).checksum()).isEqualTo(Arrival.Checksum.UNSEEN);
    }

    /** Cut anywhere, a packet is still something that can be shown. */
    @Test
    void readsEveryTruncation() {
        byte[] packet = KnownPackets.awsRequest();
        for (int length = 20; length < packet.length; length++) {
            Arrival arrival = Arrival.packet(Arrays.copyOf(packet, length), false);
            assertThat(arrival.kind()).isEqualTo(Arrival.Kind.FRAGMENT);
            assertThat(arrival.text()).isNotEmpty();
        }
        assertThat(Arrival.packet(packet, false).kind()).isEqualTo(Arrival.Kind.UDP);
    }

    private static FiveTuple tuple(Inner inner) {
        byte[] bytes = inner.bytes();
        FiveTuple tuple = new FiveTuple();
        assertThat(tuple.wrap(Unpooled.wrappedBuffer(bytes), 0, bytes.length))
                .isEqualTo(FlowStatus.OK);
        return tuple;
    }

    private static List<byte[]> bytes(Inner[] pieces) {
        return Arrays.stream(pieces).map(Inner::bytes).toList();
    }
}
