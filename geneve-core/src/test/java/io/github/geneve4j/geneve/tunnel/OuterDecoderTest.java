package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.testkit.Addresses;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.Ipv4Layer;
import io.github.geneve4j.testkit.Ipv6Layer;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OuterDecoderTest {
    /** A datagram of 4 bytes. */
    private static final String OVER_IPV4 =
            """
            45 b9 00 20              # version 4, 5 words, DSCP 46, ECN 1, 32 bytes
            12 34 40 00              # identification, DF
            3f 11 14 de              # TTL 63, UDP, checksum
            0a 00 00 01  0a 00 00 02
            c3 50 17 c1 00 0c 73 24  # 50000 -> 6081, 12 bytes, checksum
            de ad be ef
            """;

    private static final String OVER_IPV6 =
            """
            6b 91 23 45              # version 6, DSCP 46, ECN 1, flow label 0x12345
            00 0c 11 3f              # 12 bytes, UDP, hop limit 63
            20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
            20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
            c3 50 17 c1 00 0c 2b b2  # 50000 -> 6081, 12 bytes, checksum
            de ad be ef
            """;

    private final OuterDecoder outer = new OuterDecoder();

    @ParameterizedTest
    @EnumSource
    void readsIpv4(BufferKind kind) {
        BufferKind.Placed packet = kind.place(Hex.bytes(OVER_IPV4));
        int ip = packet.offset();
        assertThat(outer.wrap(packet.buffer(), ip, packet.length())).isEqualTo(DecodeStatus.OK);
        assertThat(outer.isIpv6()).isFalse();
        assertThat(outer.dscp()).isEqualTo(46);
        assertThat(outer.ecn()).isEqualTo(Ecn.ECT_1);
        assertThat(outer.ttl()).isEqualTo(63);
        assertThat(outer.addressLength()).isEqualTo(4);
        assertThat(outer.sourceAddressOffset()).isEqualTo(ip + 12);
        assertThat(outer.destinationAddressOffset()).isEqualTo(ip + 16);
        assertThat(outer.udpChecksum()).isEqualTo(0x7324);
        assertReadsUdp(packet, 20);
    }

    @ParameterizedTest
    @EnumSource
    void readsIpv6(BufferKind kind) {
        BufferKind.Placed packet = kind.place(Hex.bytes(OVER_IPV6));
        int ip = packet.offset();
        assertThat(outer.wrap(packet.buffer(), ip, packet.length())).isEqualTo(DecodeStatus.OK);
        assertThat(outer.isIpv6()).isTrue();
        assertThat(outer.dscp()).isEqualTo(46);
        assertThat(outer.ecn()).isEqualTo(Ecn.ECT_1);
        assertThat(outer.ttl()).isEqualTo(63);
        assertThat(outer.addressLength()).isEqualTo(16);
        assertThat(outer.sourceAddressOffset()).isEqualTo(ip + 8);
        assertThat(outer.destinationAddressOffset()).isEqualTo(ip + 24);
        assertThat(outer.udpChecksum()).isEqualTo(0x2bb2);
        assertReadsUdp(packet, 40);
    }

    private void assertReadsUdp(BufferKind.Placed packet, int ipLength) {
        int ip = packet.offset();
        assertThat(outer.buffer()).isSameAs(packet.buffer());
        assertThat(outer.ipOffset()).isEqualTo(ip);
        assertThat(outer.udpOffset()).isEqualTo(ip + ipLength);
        assertThat(outer.sourcePort()).isEqualTo(50000);
        assertThat(outer.destinationPort()).isEqualTo(6081);
        assertThat(outer.isUdpChecksumValid()).isTrue();
        assertThat(outer.payloadOffset()).isEqualTo(ip + ipLength + 8);
        assertThat(outer.payloadLength()).isEqualTo(4);
        assertThat(outer.length()).isEqualTo(ipLength + 12);
        assertThat(packet.buffer().readerIndex()).isEqualTo(ip);
        assertThat(packet.buffer().refCnt()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {OVER_IPV4, OVER_IPV6})
    void rejectsEveryTruncation(String hex) {
        byte[] whole = Hex.bytes(hex);
        for (int length = 0; length < whole.length; length++) {
            for (BufferKind kind : BufferKind.values()) {
                BufferKind.Placed cut = kind.place(Packets.cut(whole, length));
                assertThat(outer.wrap(cut.buffer(), cut.offset(), cut.length()))
                        .isEqualTo(DecodeStatus.TRUNCATED_IP);
                assertDetached();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {OVER_IPV4, OVER_IPV6})
    void leavesPaddingBehindThePacketAlone(String hex) {
        byte[] padded = Packets.concat(Hex.bytes(hex), counting(14));
        assertThat(wrap(padded)).isEqualTo(DecodeStatus.OK);
        assertThat(outer.length()).isEqualTo(padded.length - 14);
        assertThat(outer.isUdpChecksumValid()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {OVER_IPV4, OVER_IPV6})
    void reportsAWrongOrMissingUdpChecksum(String hex) {
        byte[] packet = Hex.bytes(hex);
        packet[packet.length - 1] ^= 1;
        assertThat(wrap(packet)).isEqualTo(DecodeStatus.OK);
        assertThat(outer.isUdpChecksumValid()).isFalse();
        packet[packet.length - 5] = 0;
        packet[packet.length - 6] = 0;
        assertThat(wrap(packet)).isEqualTo(DecodeStatus.OK);
        assertThat(outer.udpChecksum()).isZero();
        assertThat(outer.isUdpChecksumValid()).isFalse();
    }

    @Test
    void acceptsIpv4Options() {
        byte[] packet = datagram(v4().options("94 04 00 00 01"));
        assertThat(wrap(packet)).isEqualTo(DecodeStatus.OK);
        assertThat(outer.udpOffset()).isEqualTo(28);
        assertThat(outer.isUdpChecksumValid()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5, 7, 8, 15})
    void rejectsOtherIpVersions(int version) {
        assertThat(wrap(datagram(v4().version(version)))).isEqualTo(DecodeStatus.BAD_IP_HEADER);
        assertDetached();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4})
    void rejectsShortIpv4HeaderLengths(int words) {
        assertThat(wrap(datagram(v4().headerWords(words)))).isEqualTo(DecodeStatus.BAD_IP_HEADER);
        assertDetached();
    }

    /** Total Length below the header's own, and one byte beyond what was received. */
    @ParameterizedTest
    @ValueSource(ints = {0, 19, 33, 65535})
    void rejectsWrongIpv4TotalLengths(int totalLength) {
        assertThat(wrap(datagram(v4().totalLength(totalLength))))
                .isEqualTo(DecodeStatus.TRUNCATED_IP);
        assertDetached();
    }

    @Test
    void rejectsIpv4HeaderLongerThanThePacket() {
        assertThat(wrap(datagram(v4().headerWords(9)))).isEqualTo(DecodeStatus.TRUNCATED_IP);
    }

    @Test
    void rejectsWrongIpv4Checksum() {
        assertThat(wrap(datagram(v4().wrongChecksum()))).isEqualTo(DecodeStatus.BAD_IP_CHECKSUM);
        assertDetached();
    }

    @ParameterizedTest
    @MethodSource("fragments")
    void rejectsFragments(byte[] packet) {
        assertThat(wrap(packet)).isEqualTo(DecodeStatus.OUTER_FRAGMENT);
        assertDetached();
    }

    static Stream<byte[]> fragments() {
        return Stream.of(
                datagram(v4().fragment(0, true)),
                datagram(v4().fragment(8, false)),
                datagram(v4().fragment(65528, true)),
                packet(v6(), fragment(0, true, 1), udp(50000, 6081), payload("de ad be ef")));
    }

    @Test
    void rejectsWhatIsNotUdp() {
        assertThat(wrap(packet(v4(), tcp(1, 6081)))).isEqualTo(DecodeStatus.NOT_UDP);
        assertThat(wrap(packet(v6(), tcp(1, 6081)))).isEqualTo(DecodeStatus.NOT_UDP);
        assertThat(wrap(packet(v6(), destinationOptions(8), udp(1, 6081), payload("00"))))
                .isEqualTo(DecodeStatus.NOT_UDP);
        assertDetached();
    }

    /** Shorter than its own header, and one byte beyond what IP carries. */
    @ParameterizedTest
    @ValueSource(ints = {0, 7, 13, 65535})
    void rejectsWrongUdpLengths(int length) {
        assertThat(wrap(packet(v4(), udp(1, 6081).length(length), payload("de ad be ef"))))
                .isEqualTo(DecodeStatus.BAD_UDP_LENGTH);
        assertThat(wrap(packet(v6(), udp(1, 6081).length(length), payload("de ad be ef"))))
                .isEqualTo(DecodeStatus.BAD_UDP_LENGTH);
        assertDetached();
    }

    @Test
    void rejectsIpThatCarriesNoWholeUdpHeader() {
        for (int length = 0; length < 8; length++) {
            byte[] cut = Packets.cut(packet(udp(1, 6081)), length);
            assertThat(wrap(packet(v4().protocol(17), payload(cut))))
                    .isEqualTo(DecodeStatus.BAD_UDP_LENGTH);
            assertThat(wrap(packet(v6().nextHeader(17), payload(cut))))
                    .isEqualTo(DecodeStatus.BAD_UDP_LENGTH);
        }
    }

    /** RFC 768 lets IP carry more than UDP states; the rest is not the datagram's. */
    @Test
    void believesUdpWhereItIsShorterThanIp() {
        assertThat(wrap(packet(v4(), udp(1, 6081).length(10), payload("de ad be ef"))))
                .isEqualTo(DecodeStatus.OK);
        assertThat(outer.payloadLength()).isEqualTo(2);
        assertThat(outer.length()).isEqualTo(30);
    }

    @Test
    void refusesRangesOutsideTheBuffer() {
        ByteBuf buffer = Unpooled.buffer(32, 32);
        int[][] ranges = {{-1, 4}, {0, -1}, {0, 33}, {33, 0}, {30, 3}, {Integer.MAX_VALUE, 9}};
        for (int[] range : ranges) {
            assertThatThrownBy(() -> outer.wrap(buffer, range[0], range[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void forgetsThePacketBefore() {
        byte[] good = Hex.bytes(OVER_IPV4);
        assertThat(wrap(good)).isEqualTo(DecodeStatus.OK);
        assertThat(wrap(new byte[0])).isEqualTo(DecodeStatus.TRUNCATED_IP);
        assertDetached();
        assertThat(wrap(good)).isEqualTo(DecodeStatus.OK);
        assertThatThrownBy(() -> outer.wrap(Unpooled.EMPTY_BUFFER, 0, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertDetached();
    }

    @Test
    void isDetachedBeforeTheFirstPacket() {
        assertDetached();
    }

    private void assertDetached() {
        Stream<ThrowingCallable> reads =
                Stream.of(
                        outer::isIpv6,
                        outer::dscp,
                        outer::ecn,
                        outer::ttl,
                        outer::sourceAddressOffset,
                        outer::destinationAddressOffset,
                        outer::addressLength,
                        outer::sourcePort,
                        outer::destinationPort,
                        outer::udpChecksum,
                        outer::isUdpChecksumValid,
                        outer::buffer,
                        outer::ipOffset,
                        outer::udpOffset,
                        outer::payloadOffset,
                        outer::payloadLength,
                        outer::length);
        reads.forEach(
                read -> assertThatThrownBy(read).isInstanceOf(IndexOutOfBoundsException.class));
    }

    /** Both kinds of address under both kinds of literal, so that the two offsets are right. */
    @Test
    void pointsAtTheAddresses() {
        for (boolean ipv6 : new boolean[] {false, true}) {
            String source = ipv6 ? "2001:db8::a" : "192.0.2.10";
            String destination = ipv6 ? "2001:db8::b" : "192.0.2.11";
            byte[] packet =
                    ipv6
                            ? packet(ipv6(source, destination), udp(1, 2))
                            : packet(ipv4(source, destination), udp(1, 2));
            assertThat(wrap(packet)).isEqualTo(DecodeStatus.OK);
            assertThat(bytes(packet, outer.sourceAddressOffset()))
                    .isEqualTo(Addresses.bytes(source));
            assertThat(bytes(packet, outer.destinationAddressOffset()))
                    .isEqualTo(Addresses.bytes(destination));
        }
    }

    private byte[] bytes(byte[] packet, int offset) {
        byte[] address = new byte[outer.addressLength()];
        IntStream.range(0, address.length).forEach(i -> address[i] = packet[offset + i]);
        return address;
    }

    private DecodeStatus wrap(byte[] packet) {
        return outer.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length);
    }

    private static byte[] datagram(Ipv4Layer ip) {
        return packet(ip, udp(50000, 6081), payload("de ad be ef"));
    }

    private static Ipv4Layer v4() {
        return ipv4("10.0.0.1", "10.0.0.2");
    }

    private static Ipv6Layer v6() {
        return ipv6("2001:db8::1", "2001:db8::2");
    }
}
