package io.github.geneve4j.packets;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.echoRequestV6;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.routing;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Packets that were changed, against packets that the test kit builds with other values. */
class InnerChecksumsTest {
    private static final String A = "10.1.0.1";
    private static final String B = "192.0.2.1";
    private static final String B2 = "198.51.100.77";
    private static final String C = "2001:db8::1";
    private static final String D = "2001:db8::2";
    private static final String D2 = "2001:db8:ffff::abcd";

    static Stream<Arguments> changes() {
        byte[] odd = counting(33);
        byte[] other = counting(34);
        return Stream.of(
                Arguments.of(
                        "TCP to another address and port",
                        packet(ipv4(A, B), tcp(1, 443), payload(odd)),
                        packet(ipv4(A, B2), tcp(1, 8443), payload(odd))),
                Arguments.of(
                        "TCP behind options, another TTL",
                        packet(ipv4(A, B).options("01010101").ttl(64), tcp(1, 443)),
                        packet(ipv4(A, B).options("01010101").ttl(63), tcp(1, 443))),
                Arguments.of(
                        "TCP that is longer",
                        packet(ipv4(A, B), tcp(1, 443), payload(odd)),
                        packet(ipv4(A, B), tcp(1, 443), payload(other))),
                Arguments.of(
                        "TCP over IPv6 behind an extension header",
                        packet(ipv6(C, D), hopByHop(8), tcp(1, 443), payload(odd)),
                        packet(ipv6(C, D2), hopByHop(8), tcp(2, 443), payload(other))),
                Arguments.of(
                        "UDP",
                        packet(ipv4(A, B), udp(1, 53), payload(odd)),
                        packet(ipv4(A, B2), udp(1, 53), payload(other))),
                Arguments.of(
                        "UDP over IPv6",
                        packet(ipv6(C, D), udp(1, 53), payload(odd)),
                        packet(ipv6(C, D2), udp(1, 53), payload(other))),
                Arguments.of(
                        "UDP without a checksum",
                        packet(ipv4(A, B), udp(1, 53).checksum(0), payload(odd)),
                        packet(ipv4(A, B2), udp(1, 53).checksum(0), payload(odd))),
                Arguments.of(
                        "ICMP",
                        packet(ipv4(A, B), echoRequest(1, 2), payload(odd)),
                        packet(ipv4(A, B2), echoRequest(3, 2), payload(other))),
                Arguments.of(
                        "ICMPv6",
                        packet(ipv6(C, D), echoRequestV6(1, 2), payload(odd)),
                        packet(ipv6(C, D2), echoRequestV6(3, 2), payload(other))),
                Arguments.of(
                        "a fragment: its IPv4 header alone",
                        packet(ipv4(A, B).protocol(17).fragment(8, false), payload(odd)),
                        packet(ipv4(A, B2).protocol(17).fragment(8, false), payload(odd))),
                Arguments.of(
                        "a fragment of IPv6: nothing",
                        packet(ipv6(C, D), fragment(8, true, 1), payload(counting(40))),
                        packet(ipv6(C, D2), fragment(8, true, 1), payload(counting(40)))),
                Arguments.of(
                        "SCTP: its IPv4 header alone",
                        packet(ipv4(A, B), sctp(1, 2, 3), payload(odd)),
                        packet(ipv4(A, B2), sctp(1, 2, 3), payload(odd))),
                Arguments.of(
                        "from UDP to TCP",
                        packet(ipv4(A, B), udp(1, 443), payload(odd)),
                        packet(ipv4(A, B), tcp(1, 443), payload(odd))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void mends(String name, byte[] before, byte[] after) {
        assertThat(mended(before, spoiled(after))).isEqualTo(after);
        assertThat(isValid(after)).isTrue();
    }

    /** Wherever it was damaged, the receiver still learns of it. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("changes")
    void neverHidesDamage(String name, byte[] before, byte[] after) {
        if (name.startsWith("from")) {
            return; // another protocol's checksum says nothing
        }
        for (int at = 0; at < before.length; at++) {
            byte[] damaged = before.clone();
            damaged[at] ^= 0x10;
            FiveTuple tuple = new FiveTuple();
            if (tuple.wrap(Unpooled.wrappedBuffer(damaged), 0, damaged.length) != FlowStatus.OK
                    || isValid(damaged)) {
                continue;
            }
            byte[] changed = damaged.clone();
            changed[8] ^= 0x01; // TTL, or the sender's address
            assertThat(isValid(mended(damaged, changed))).as("damaged at " + at).isFalse();
        }
    }

    /** The one's complement zero that UDP has to write as the other one. */
    @Test
    void writesNoZeroForUdp() {
        byte[] bytes = packet(ipv4(A, B), udp(1, 53), payload("0000"));
        int checksum = (bytes[26] & 0xff) << 8 | bytes[27] & 0xff;
        byte[] summed = bytes.clone();
        summed[28] = (byte) (checksum >> 8); // what was missing to zero
        summed[29] = (byte) checksum;
        byte[] mended = mended(bytes, summed);
        assertThat(mended[26]).isEqualTo((byte) 0xff);
        assertThat(mended[27]).isEqualTo((byte) 0xff);
        assertThat(isValid(mended)).isTrue();
    }

    /** Such UDP covers less than the packet has, and UDP-Lite what it says. */
    @Test
    void coversWhatTheLengthSays() {
        byte[] bytes = packet(ipv4(A, B), udp(1, 53), payload("01020304"));
        byte[] padded = Packets.concat(bytes, new byte[] {1, 2, 3});
        padded[3] += 3; // the IP packet is longer than its datagram
        InnerChecksums.write(tuple(padded), Unpooled.wrappedBuffer(padded), 0);
        assertThat(padded[26]).isEqualTo(bytes[26]);
        assertThat(padded[27]).isEqualTo(bytes[27]);

        byte[] lite = packet(ipv4(A, B).protocol(136), payload("0001 0035 0008 0000 01020304"));
        InnerChecksums.write(tuple(lite), Unpooled.wrappedBuffer(lite), 0);
        assertThat(isValid(lite)).isTrue();
        lite[30] ^= 1; // not covered
        assertThat(isValid(lite)).isTrue();
        lite[22] ^= 1; // a port
        assertThat(isValid(lite)).isFalse();
        lite[22] ^= 1;
        lite[25] = 0; // all of it
        InnerChecksums.write(tuple(lite), Unpooled.wrappedBuffer(lite), 0);
        assertThat(isValid(lite)).isTrue();
        lite[30] ^= 1;
        assertThat(isValid(lite)).isFalse();
    }

    @Test
    void leavesALengthThatCannotBeAlone() {
        for (int length : new int[] {7, 13}) {
            byte[] bytes =
                    packet(
                            ipv4(A, B),
                            udp(1, 53).length(length).checksum(0x1234),
                            payload("01020304"));
            byte[] copy = bytes.clone();
            InnerChecksums.write(tuple(copy), Unpooled.wrappedBuffer(copy), 0);
            assertThat(copy).isEqualTo(bytes);
        }
    }

    /** Its pseudo-header has an address from behind the IP header, which no one asks for. */
    @Test
    void mendsBehindARoutingHeader() {
        byte[] bytes = packet(ipv6(C, D), routing(4, 1), tcp(1, 2), payload("0102"));
        byte[] elsewhere = bytes.clone();
        elsewhere[64] ^= 0x77; // right for another last address
        byte[] changed = elsewhere.clone();
        changed[changed.length - 1] += 5;
        byte[] expected = packet(ipv6(C, D), routing(4, 1), tcp(1, 2), payload("0107"));
        expected[64] ^= 0x77;
        assertThat(mended(elsewhere, changed)[65]).isEqualTo(expected[65]);
    }

    @Test
    void writesLengths() {
        byte[] v4 = packet(ipv4(A, B).totalLength(99), udp(1, 2).length(99), payload("0102"));
        ByteBuf buffer = Unpooled.wrappedBuffer(v4);
        LengthFields.writeIp(false, buffer, 0, v4.length);
        LengthFields.writeUdp(tuple(v4), buffer);
        InnerChecksums.write(tuple(v4), buffer, 0);
        assertThat(v4).isEqualTo(packet(ipv4(A, B), udp(1, 2), payload("0102")));

        byte[] v6 = packet(ipv6(C, D), tcp(1, 2), payload("0102"));
        byte[] wrong = v6.clone();
        wrong[4] = 7;
        LengthFields.writeIp(true, Unpooled.wrappedBuffer(wrong), 0, wrong.length);
        LengthFields.writeUdp(tuple(wrong), Unpooled.wrappedBuffer(wrong));
        assertThat(wrong).isEqualTo(v6);

        for (int length : new int[] {19, 65_536}) {
            assertThatThrownBy(() -> LengthFields.writeIp(false, buffer, 0, length))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("" + length);
        }
        assertThatThrownBy(() -> LengthFields.writeIp(true, buffer, 0, 39))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Fields of a fragment are its datagram's. */
    @Test
    void leavesTheUdpLengthOfAFragmentAlone() {
        byte[] first =
                packet(ipv4(A, B).fragment(0, true), udp(1, 2).length(2000), payload("0102"));
        byte[] copy = first.clone();
        LengthFields.writeUdp(tuple(copy), Unpooled.wrappedBuffer(copy));
        assertThat(copy).isEqualTo(first);
    }

    private static byte[] mended(byte[] before, byte[] changed) {
        Wrapped old = new Wrapped(before);
        Wrapped now = new Wrapped(changed);
        InnerChecksums.mend(old.tuple, old.buffer, old.offset, now.tuple, now.buffer, now.offset);
        return ByteBufUtil.getBytes(now.buffer, now.offset, changed.length);
    }

    private static boolean isValid(byte[] bytes) {
        return InnerChecksums.isValid(tuple(bytes), Unpooled.wrappedBuffer(bytes), 0);
    }

    private static FiveTuple tuple(byte[] bytes) {
        FiveTuple tuple = new FiveTuple();
        assertThat(tuple.wrap(Unpooled.wrappedBuffer(bytes), 0, bytes.length))
                .isEqualTo(FlowStatus.OK);
        return tuple;
    }

    /** The same with nonsense where checksums stand that can be known. */
    private static byte[] spoiled(byte[] packet) {
        byte[] spoiled = packet.clone();
        FiveTuple tuple = tuple(packet);
        if (!tuple.isIpv6()) {
            spoiled[10] ^= 0x55;
        }
        int at = tuple.transportOffset();
        if (!tuple.isFragment()) {
            switch (tuple.transportProtocol()) {
                case 6 -> spoiled[at + 16] ^= 0x55;
                case 17 -> spoiled[at + 7] ^= 0x55;
                case 1, 58 -> spoiled[at + 2] ^= 0x55;
                default -> {}
            }
        }
        return spoiled;
    }
}
