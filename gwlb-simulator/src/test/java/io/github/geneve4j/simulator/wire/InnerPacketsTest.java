package io.github.geneve4j.simulator.wire;

import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.pcap.LinkType;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InnerPacketsTest {
    private static final byte[] IPV4 = packet(ipv4("10.1.0.1", "10.2.0.1"), udp(1, 2));
    private static final byte[] IPV6 = packet(ipv6("fd00::1", "fd00::2"), udp(1, 2));

    private static int at(int linkType, byte[] frame) {
        ByteBuf buffer = Unpooled.wrappedBuffer(Packets.concat(new byte[3], frame));
        return InnerPackets.ipOffset(linkType, buffer, 3, frame.length);
    }

    private static byte[] behind(int length, byte[] packet) {
        return Packets.concat(new byte[length], packet);
    }

    @Test
    void everyLinkTypeHasItsHeader() {
        for (int raw :
                new int[] {
                    LinkType.RAW,
                    LinkType.RAW_DLT,
                    LinkType.RAW_OPENBSD,
                    LinkType.IPV4,
                    LinkType.IPV6
                }) {
            assertThat(at(raw, IPV4)).isZero();
            assertThat(at(raw, IPV6)).isZero();
        }
        assertThat(at(LinkType.NULL, behind(4, IPV4))).isEqualTo(4);
        assertThat(at(LinkType.LOOP, behind(4, IPV6))).isEqualTo(4);
        assertThat(at(LinkType.ETHERNET, packet(ethernet(), ipv4("1.2.3.4", "5.6.7.8"))))
                .isEqualTo(14);
        assertThat(at(LinkType.ETHERNET, packet(ethernet(), ipv6("::1", "::2")))).isEqualTo(14);
        assertThat(
                        at(
                                LinkType.ETHERNET,
                                packet(ethernet(), qinq(7), vlan(8), ipv4("1.2.3.4", "5.6.7.8"))))
                .isEqualTo(22);
        byte[] cooked = behind(16, IPV4);
        cooked[14] = 0x08;
        assertThat(at(LinkType.LINUX_SLL, cooked)).isEqualTo(16);
        byte[] cooked2 = behind(20, IPV6);
        cooked2[0] = (byte) 0x86;
        cooked2[1] = (byte) 0xdd;
        assertThat(at(LinkType.LINUX_SLL2, cooked2)).isEqualTo(20);
    }

    @Test
    void whatIsNoIpHasNone() {
        assertThat(at(147, IPV4)).isEqualTo(InnerPackets.NO_IP);
        assertThat(at(LinkType.RAW, new byte[0])).isEqualTo(InnerPackets.NO_IP);
        assertThat(at(LinkType.RAW, new byte[60])).isEqualTo(InnerPackets.NO_IP);
        assertThat(at(LinkType.ETHERNET, new byte[60])).isEqualTo(InnerPackets.NO_IP);
        assertThat(at(LinkType.LINUX_SLL2, new byte[1])).isEqualTo(InnerPackets.NO_IP);
        byte[] frame = packet(ethernet(), vlan(1), ipv4("1.2.3.4", "5.6.7.8"));
        for (int length = 0; length < frame.length; length++) {
            assertThat(at(LinkType.ETHERNET, cut(frame, length))).isEqualTo(InnerPackets.NO_IP);
        }
        for (int length = 0; length < 40; length++) {
            assertThat(at(LinkType.RAW, cut(IPV6, length))).isEqualTo(InnerPackets.NO_IP);
        }
    }

    @Test
    void paddingIsCutOffAndNothingElse() {
        for (byte[] packet : new byte[][] {IPV4, IPV6}) {
            ByteBuf padded = Unpooled.wrappedBuffer(Packets.concat(packet, new byte[18]));
            assertThat(InnerPackets.trimmed(padded, 0, packet.length + 18))
                    .isEqualTo(packet.length);
            assertThat(InnerPackets.trimmed(padded, 0, packet.length)).isEqualTo(packet.length);
            assertThat(InnerPackets.trimmed(padded, 0, packet.length - 1))
                    .isEqualTo(packet.length - 1);
        }
        ByteBuf offloaded = Unpooled.wrappedBuffer(IPV4.clone()).setShort(2, 0);
        assertThat(InnerPackets.trimmed(offloaded, 0, IPV4.length)).isEqualTo(IPV4.length);
    }

    @ParameterizedTest
    @CsvSource({
        "223.255.255.255, false",
        "224.0.0.0, true",
        "239.255.255.255, true",
        "240.0.0.0, false",
        "feff::1, false",
        "ff00::, true",
        "ff02::16, true",
    })
    void groupsAreKnown(String destination, boolean group) {
        byte[] packet =
                destination.contains(":")
                        ? packet(ipv6("fd00::1", destination))
                        : packet(ipv4("10.0.0.1", destination));
        ByteBuf buffer = Unpooled.wrappedBuffer(packet);
        assertThat(InnerPackets.isMulticast(buffer, 0, packet.length)).isEqualTo(group);
        assertThat(InnerPackets.isMulticast(buffer, 0, 19)).isFalse();
    }
}
