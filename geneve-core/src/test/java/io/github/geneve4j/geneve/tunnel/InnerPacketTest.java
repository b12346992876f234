package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Ipv4Layer;
import io.github.geneve4j.testkit.Ipv6Layer;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.Packets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class InnerPacketTest {
    private static final Ipv4Layer V4 = ipv4("10.1.0.1", "10.1.0.2");
    private static final Ipv6Layer V6 = ipv6("fd00::1", "fd00::2");

    @ParameterizedTest
    @EnumSource
    void findsBareIp(BufferKind kind) {
        BufferKind.Placed v4 = kind.place(packet(V4));
        assertThat(find(v4, EtherType.IPV4)).isEqualTo(v4.offset());
        BufferKind.Placed v6 = kind.place(packet(V6));
        assertThat(find(v6, EtherType.IPV6)).isEqualTo(v6.offset());
    }

    @ParameterizedTest
    @MethodSource("frames")
    void findsIpInFrames(int headerLength, byte[] frame) {
        assertThat(find(frame, EtherType.ETHERNET)).isEqualTo(headerLength);
    }

    static Stream<Arguments> frames() {
        return Stream.of(
                Arguments.of(14, packet(ethernet(), V4)),
                Arguments.of(14, packet(ethernet(), V6)),
                Arguments.of(18, packet(ethernet(), vlan(7), V4)),
                Arguments.of(18, packet(ethernet(), qinq(7), V6)),
                Arguments.of(22, packet(ethernet(), qinq(7), vlan(8), V4)),
                Arguments.of(22, packet(ethernet(), vlan(7), vlan(8), V6)));
    }

    @Test
    void needsNothingBehindTheHeaderOfAFrameWithoutIp() {
        byte[] bare = packet(ethernet().type(EtherType.ARP));
        assertThat(bare).hasSize(14);
        assertThat(find(bare, EtherType.ETHERNET)).isEqualTo(InnerPacket.NOT_IP);
        byte[] tagged = packet(ethernet(), vlan(7).type(EtherType.ARP));
        assertThat(tagged).hasSize(18);
        assertThat(find(tagged, EtherType.ETHERNET)).isEqualTo(InnerPacket.NOT_IP);
    }

    @Test
    void doesNotLookBehindAThirdTag() {
        byte[] frame = packet(ethernet(), qinq(1), vlan(2), vlan(3), V4);
        assertThat(find(frame, EtherType.ETHERNET)).isEqualTo(InnerPacket.NOT_IP);
    }

    @Test
    void knowsWhatIsNotIp() {
        byte[] arp = packet(ethernet().type(EtherType.ARP), payload("00 01 08 00"));
        assertThat(find(arp, EtherType.ETHERNET)).isEqualTo(InnerPacket.NOT_IP);
        byte[] length = packet(ethernet().type(46), V4);
        assertThat(find(length, EtherType.ETHERNET)).isEqualTo(InnerPacket.NOT_IP);
        assertThat(find(packet(V4), EtherType.MPLS)).isEqualTo(InnerPacket.NOT_IP);
        assertThat(find(new byte[0], EtherType.NSH)).isEqualTo(InnerPacket.NOT_IP);
        assertThat(find(packet(V4), 0)).isEqualTo(InnerPacket.NOT_IP);
    }

    @ParameterizedTest
    @EnumSource
    void seesEveryCutHeader(BufferKind kind) {
        byte[] v4 = packet(V4.options("01"));
        for (int length = 0; length < 24; length++) {
            assertThat(find(kind.place(Packets.cut(v4, length)), EtherType.IPV4))
                    .isEqualTo(InnerPacket.INCOMPLETE);
        }
        byte[] v6 = packet(V6);
        for (int length = 0; length < 40; length++) {
            assertThat(find(kind.place(Packets.cut(v6, length)), EtherType.IPV6))
                    .isEqualTo(InnerPacket.INCOMPLETE);
        }
        byte[] frame = packet(ethernet(), qinq(7), vlan(8), V4);
        for (int length = 0; length < frame.length; length++) {
            assertThat(find(kind.place(Packets.cut(frame, length)), EtherType.ETHERNET))
                    .isEqualTo(InnerPacket.INCOMPLETE);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 6, 15})
    void seesAnotherVersionThanAnnounced(int version) {
        assertIncomplete(EtherType.IPV4, ipv4("10.1.0.1", "10.1.0.2").version(version));
        int other = version == 6 ? 4 : version;
        assertIncomplete(EtherType.IPV6, ipv6("fd00::1", "fd00::2").version(other));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 6, 15})
    void seesIpv4HeaderLengthsThatDoNotFit(int words) {
        assertIncomplete(EtherType.IPV4, ipv4("10.1.0.1", "10.1.0.2").headerWords(words));
    }

    private static void assertIncomplete(int etherType, Layer ip) {
        assertThat(find(packet(ip), etherType)).isEqualTo(InnerPacket.INCOMPLETE);
        assertThat(find(packet(ethernet().type(etherType), ip), EtherType.ETHERNET))
                .isEqualTo(InnerPacket.INCOMPLETE);
    }

    private static int find(byte[] packet, int protocolType) {
        return find(BufferKind.HEAP.place(packet), protocolType);
    }

    private static int find(BufferKind.Placed packet, int protocolType) {
        return InnerPacket.findIp(packet.buffer(), packet.offset(), packet.length(), protocolType);
    }
}
