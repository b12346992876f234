package io.github.geneve4j.testkit;

import static io.github.geneve4j.testkit.Packets.authentication;
import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoReplyV6;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.echoRequestV6;
import static io.github.geneve4j.testkit.Packets.esp;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.extension;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.gre;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.routing;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Layouts of all layers but Geneve, against bytes that were put together by hand. */
class PacketsTest {
    private static final String A = "20010db8 00000000 00000000 00000001";
    private static final String B = "20010db8 00000000 00000000 00000002";

    private static Ipv4Layer v4() {
        return ipv4("10.0.0.1", "10.0.0.2");
    }

    private static Ipv6Layer v6() {
        return ipv6("2001:db8::1", "2001:db8::2");
    }

    private static void assertPacket(String expectedHex, Layer... layers) {
        assertThat(Hex.text(packet(layers))).isEqualTo(Hex.text(Hex.bytes(expectedHex)));
    }

    @Test
    void buildsNothingFromNothing() {
        assertThat(packet()).isEmpty();
    }

    @Test
    void buildsEthernet() {
        assertPacket(
                """
                02 00 00 00 02 02  02 00 00 00 01 01  88 b5
                ca fe
                """,
                ethernet(),
                payload("cafe"));
        assertPacket(
                "ff ff ff ff ff ff 02 00 00 00 00 01 00 03",
                ethernet("ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01").type(3));
        assertThatThrownBy(() -> ethernet("ff:ff", "02:00:00:00:00:01"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void buildsOneAndTwoTags() {
        assertPacket(
                """
                02 00 00 00 02 02  02 00 00 00 01 01
                81 00 20 07
                88 b5
                """,
                ethernet(),
                vlan(0x2007));
        assertPacket(
                """
                02 00 00 00 02 02  02 00 00 00 01 01
                88 a8 00 64
                81 00 00 07
                08 00
                45 00 00 14 00 00 00 00 40 fd 65 eb 0a 00 00 01 0a 00 00 02
                """,
                ethernet(),
                qinq(100),
                vlan(7),
                v4());
    }

    @Test
    void buildsIpv4AroundUdp() {
        assertPacket(
                """
                45 00 00 1f  00 00 00 00  40 11 66 cc  0a 00 00 01  0a 00 00 02
                12 34 00 35  00 0b 0d 6e
                ca fe 01
                """,
                v4(),
                udp(0x1234, 53),
                payload("cafe01"));
    }

    @Test
    void buildsIpv4WithOptionsAndEveryField() {
        assertPacket(
                """
                46 b8 00 18  ab cd 40 00  ff fd 25 5c  0a 00 00 01  0a 00 00 02
                94 04 00 00
                """,
                v4().options("9404").tos(0xb8).id(0xabcd).dontFragment().ttl(255));
    }

    @Test
    void buildsIpv4Fragment() {
        assertPacket(
                """
                45 00 00 16  00 00 20 b9  40 11 46 1c  0a 00 00 01  0a 00 00 02
                01 02
                """,
                v4().fragment(185 * 8, true).protocol(17),
                payload("0102"));
        assertThatThrownBy(() -> v4().fragment(4, false))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void overridesIpv4Fields() {
        assertPacket(
                "54 00 00 07  00 00 00 00  40 fd be ef  0a 00 00 01  0a 00 00 02",
                v4().version(5).headerWords(4).totalLength(7).checksum(0xbeef));
    }

    @Test
    void makesIpv4ChecksumWrong() {
        byte[] right = packet(v4());
        byte[] wrong = packet(v4().wrongChecksum());

        assertThat(Checksums.internet(right)).isZero();
        assertThat(Checksums.internet(wrong)).isNotZero();
    }

    @Test
    void buildsIpv6AroundUdp() {
        assertPacket(
                """
                6b 81 23 45  00 0b 11 03
                """
                        + A
                        + B
                        + """
                        12 34 00 35  00 0b c5 fb
                        ca fe 01
                        """,
                v6().trafficClass(0xb8).flowLabel(0x12345).hopLimit(3),
                udp(0x1234, 53),
                payload("cafe01"));
    }

    @Test
    void overridesIpv6Fields() {
        assertPacket(
                "50000000 0007 fe 40" + A + B, v6().version(5).payloadLength(7).nextHeader(254));
        assertPacket("60000000 0002 3b 40" + A + B + "cafe", v6(), payload("cafe"));
    }

    @Test
    void chainsIpv6ExtensionHeaders() {
        assertPacket(
                "60000000 0048 00 40"
                        + A
                        + B
                        + """
                        2b 00 01 04 00 00 00 00
                        2c 00 04 02 00 00 00 00
                        33 00 00 09 00 00 00 2a
                        3c 01 00 00 00 00 00 00 00 00 00 00
                        fe 01 01 0c 00 00 00 00 00 00 00 00 00 00 00 00
                        11 09 aa bb cc dd ee ff 01 02 03 04
                        00 01 00 02 00 08 00 00
                        """,
                v6(),
                hopByHop(8),
                routing(4, 2),
                fragment(8, true, 42),
                authentication(12),
                destinationOptions(16),
                extension(254, 9, "aabbccddeeff01020304"),
                udp(1, 2).checksum(0));
    }

    @Test
    void overridesIpv6ExtensionFields() {
        assertPacket("63 ff 01 04 00 00 00 00", hopByHop(8).nextHeader(99).lengthField(255));
        assertPacket("3b 00 01 04 00 00 00 00", hopByHop(8));
        assertThatThrownBy(() -> hopByHop(12)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> authentication(13)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> fragment(-8, true, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void buildsTcp() {
        assertPacket(
                """
                45 00 00 2a  00 00 00 00  40 06 66 cc  0a 00 00 01  0a 00 00 02
                00 50 9c 40  00 00 00 01  00 00 00 02  50 12 ff ff  96 d1 00 00
                68 69
                """,
                v4(),
                tcp(80, 40000).sequence(1).acknowledgment(2).flags(TcpLayer.SYN | TcpLayer.ACK),
                payload("6869"));
        assertPacket(
                """
                00 01 00 02  00 00 00 00  00 00 00 00  f0 02 00 07  be ef 00 00
                02 04 05 b4 01 00 00 00
                """,
                tcp(1, 2).options("020405b401").headerWords(15).window(7).checksum(0xbeef));
    }

    @Test
    void buildsIcmp() {
        assertPacket(
                """
                45 00 00 1e  00 00 00 00  40 01 66 dd  0a 00 00 01  0a 00 00 02
                08 00 84 68  12 34 00 01
                61 62
                """,
                v4(),
                echoRequest(0x1234, 1),
                payload("6162"));
        assertPacket("00 00 be ef 00 01 00 02", echoReply(1, 2).checksum(0xbeef));
        assertPacket("03 04 be ef 00 00 05 dc", icmp(3, 4).rest(1500).checksum(0xbeef));
    }

    @Test
    void buildsIcmpv6() {
        assertPacket(
                "60000000 000a 3a 40" + A + B + "80 00 b0 ae  12 34 00 01  61 62",
                v6(),
                echoRequestV6(0x1234, 1),
                payload("6162"));
        assertPacket("81 00 be ef 00 01 00 02", echoReplyV6(1, 2).checksum(0xbeef));
        assertPacket("02 00 be ef 00 00 05 00", icmpv6(2, 0).rest(1280).checksum(0xbeef));
    }

    @Test
    void buildsSctpGreAndEsp() {
        assertPacket(
                """
                45 00 00 24  00 00 00 00  40 84 66 54  0a 00 00 01  0a 00 00 02
                11 11 22 22  de ad be ef  fa f5 c3 58
                00 00 00 04
                """,
                v4(),
                sctp(0x1111, 0x2222, 0xdeadbeef),
                payload("00000004"));
        assertPacket("00 00 00 00 ca fe", gre(), payload("cafe"));
        assertThat(packet(gre(), v4())).startsWith(Hex.bytes("00 00 08 00 45"));
        assertPacket("00 00 00 01 00 00 00 02 ca fe", esp(1, 2), payload("cafe"));
    }

    @Test
    void namesTheInnerProtocolInTheOuterHeader() {
        assertThat(protocolOf(packet(v4(), tcp(1, 2)))).isEqualTo(6);
        assertThat(protocolOf(packet(v4(), echoRequest(1, 2)))).isEqualTo(1);
        assertThat(protocolOf(packet(v4(), icmpv6(1, 2)))).isEqualTo(58);
        assertThat(protocolOf(packet(v4(), gre()))).isEqualTo(47);
        assertThat(protocolOf(packet(v4(), esp(1, 2)))).isEqualTo(50);
        assertThat(protocolOf(packet(v4(), v4()))).isEqualTo(4);
        assertThat(protocolOf(packet(v4(), v6()))).isEqualTo(41);
        assertThat(protocolOf(packet(v4(), ip(packet(v4()))))).isEqualTo(4);
        assertThat(protocolOf(packet(v4(), ip(packet(v6()))))).isEqualTo(41);
        assertThat(packet(ethernet(), ip(packet(v6())))).containsSequence(0x86, 0xdd, 0x60);
        assertThat(packet(ethernet(), v6())).containsSequence(0x86, 0xdd, 0x60);
        assertThatThrownBy(() -> ip(counting(20))).isInstanceOf(IllegalArgumentException.class);
    }

    private static int protocolOf(byte[] ipv4) {
        return ipv4[9];
    }

    @Test
    void writesAllOnesWhereTheUdpSumIsZero() {
        byte[] packet = packet(v4(), udp(1, 2), payload("ebd4"));

        assertThat(packet).endsWith(0xff, 0xff, 0xeb, 0xd4);
    }

    @Test
    void overridesUdpFields() {
        byte[] packet = packet(v4(), udp(1, 2).length(6).checksum(0xbeef), payload("ca"));

        assertThat(packet).endsWith(Hex.bytes("0001 0002 0006 beef ca"));
    }

    @Test
    void makesTransportChecksumsWrong() {
        byte[] pseudoHeader = v4().pseudoHeader(17, 10);
        byte[] right = packet(v4(), udp(1, 2), payload("cafe"));
        byte[] wrong = packet(v4(), udp(1, 2).wrongChecksum(), payload("cafe"));

        assertThat(Checksums.internet(pseudoHeader, last(right, 10))).isZero();
        assertThat(Checksums.internet(pseudoHeader, last(wrong, 10))).isNotZero();
        assertThat(packet(v4(), tcp(1, 2).wrongChecksum())).isNotEqualTo(packet(v4(), tcp(1, 2)));
        assertThat(Checksums.internet(last(packet(v4(), icmp(8, 0).wrongChecksum()), 8)))
                .isNotZero();
    }

    private static byte[] last(byte[] packet, int length) {
        return Arrays.copyOfRange(packet, packet.length - length, packet.length);
    }

    @Test
    void usesTheNearestIpHeaderForAChecksum() {
        byte[] inner = packet(v4(), udp(1, 2));

        assertThat(packet(v6(), v4(), udp(1, 2))).endsWith(inner);
    }

    @Test
    void cutsAndJoins() {
        assertThat(cut(Hex.bytes("010203"), 2)).containsExactly(1, 2);
        assertThatThrownBy(() -> cut(Hex.bytes("010203"), 4))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(concat(Hex.bytes("01"), Hex.bytes("0203"))).containsExactly(1, 2, 3);
        assertThat(counting(3)).containsExactly(0, 1, 2);
    }
}
