package io.github.geneve4j.packets;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.echoRequestV6;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.FragmentTracker;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.Packets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class IcmpErrorTest {
    private static final String A = "10.1.0.1";
    private static final String B = "192.0.2.1";
    private static final String C = "2001:db8::1";
    private static final String D = "2001:db8::2";

    private static final String UDP =
            """
            4500001f 00004000 40116ecb 0a010001 c0000201
            9c400035 000bd2fc 616263
            """;
    private static final String UDP_V6 =
            """
            60000000 000b1140 20010db8000000000000000000000001 20010db8000000000000000000000002
            9c400035 000b438b 616263
            """;

    @Test
    void saysProhibited() {
        assertThat(new Wrapped(Hex.bytes(UDP)).prohibited())
                .isEqualTo(
                        Hex.bytes(
                                """
                                45c0003b 00004000 40016dff c0000201 0a010001
                                030dc912 00000000
                                """
                                        + UDP));
        assertThat(new Wrapped(Hex.bytes(UDP_V6)).prohibited())
                .isEqualTo(
                        Hex.bytes(
                                """
                                60000000 003b3a40
                                20010db8000000000000000000000002 20010db8000000000000000000000001
                                010131e5 00000000
                                """
                                        + UDP_V6));
    }

    @Test
    void saysTooBig() {
        assertThat(new Wrapped(Hex.bytes(UDP)).tooBig(1400))
                .isEqualTo(
                        Hex.bytes(
                                """
                                45c0003b 00004000 40016dff c0000201 0a010001
                                0304c3a3 00000578
                                """
                                        + UDP));
        assertThat(new Wrapped(Hex.bytes(UDP_V6)).tooBig(1400))
                .isEqualTo(
                        Hex.bytes(
                                """
                                60000000 003b3a40
                                20010db8000000000000000000000002 20010db8000000000000000000000001
                                02002b6e 00000578
                                """
                                        + UDP_V6));
    }

    /** No MTU that the version does not allow, which a sender could take for an attack. */
    @ParameterizedTest
    @CsvSource({
        "-5, 68, 1280",
        "68, 68, 1280",
        "69, 69, 1280",
        "1281, 1281, 1281",
        "70000, 65535, 65535"
    })
    void tellsAnMtuThatLinksCanHave(int mtu, int v4, int v6) {
        byte[] told = new Wrapped(Hex.bytes(UDP)).tooBig(mtu);
        assertThat((told[26] & 0xff) << 8 | told[27] & 0xff).isEqualTo(v4);
        byte[] toldV6 = new Wrapped(Hex.bytes(UDP_V6)).tooBig(mtu);
        assertThat((toldV6[46] & 0xff) << 8 | toldV6[47] & 0xff).isEqualTo(v6);
    }

    @ParameterizedTest
    @ValueSource(ints = {28, 547, 548, 549, 1500})
    void quotesAsMuchAsFitsInto576Bytes(int length) {
        byte[] whole = packet(ipv4(A, B), udp(1, 2), payload(counting(length - 28)));
        byte[] error = new Wrapped(whole).prohibited();
        assertThat(error)
                .isEqualTo(
                        packet(
                                ipv4(B, A).dontFragment().tos(0xc0),
                                icmp(3, 13),
                                payload(cut(whole, Math.min(length, 548)))));
        assertThat(error).hasSizeLessThanOrEqualTo(IcmpError.MAX_IPV4_LENGTH);
    }

    @ParameterizedTest
    @ValueSource(ints = {48, 1231, 1232, 1233, 1500})
    void quotesAsMuchAsFitsInto1280Bytes(int length) {
        byte[] whole = packet(ipv6(C, D), udp(1, 2), payload(counting(length - 48)));
        byte[] error = new Wrapped(whole).prohibited();
        assertThat(error)
                .isEqualTo(
                        packet(
                                ipv6(D, C),
                                icmpv6(1, 1),
                                payload(cut(whole, Math.min(length, 1232)))));
        assertThat(error).hasSizeLessThanOrEqualTo(IcmpError.MAX_IPV6_LENGTH);
    }

    @Test
    void leavesPaddingOut() {
        byte[] padded = Packets.concat(Hex.bytes(UDP), new byte[20]);
        assertThat(new Wrapped(padded).prohibited()).hasSize(28 + 31);
    }

    static Stream<Arguments> packets() {
        byte[] datagram = packet(ipv4(A, B), udp(1, 2));
        return Stream.of(
                Arguments.of("UDP", datagram, true),
                Arguments.of("TCP", packet(ipv4(A, B), tcp(1, 2)), true),
                Arguments.of("ping", packet(ipv4(A, B), echoRequest(1, 2)), true),
                Arguments.of("answer to a ping", packet(ipv4(A, B), echoReply(1, 2)), true),
                Arguments.of("timestamp", packet(ipv4(A, B), icmp(13, 0)), true),
                Arguments.of(
                        "first fragment", packet(ipv4(A, B).fragment(0, true), udp(1, 2)), true),
                Arguments.of(
                        "first fragment v6",
                        packet(ipv6(C, D), fragment(0, true, 1), udp(1, 2)),
                        true),
                Arguments.of("ping v6", packet(ipv6(C, D), echoRequestV6(1, 2)), true),
                Arguments.of("without checksum", packet(ipv4(A, B), udp(1, 2).checksum(0)), true),
                Arguments.of(
                        "unreachable", packet(ipv4(A, B), icmp(3, 1), payload(datagram)), false),
                Arguments.of("source quench", packet(ipv4(A, B), icmp(4, 0)), false),
                Arguments.of("redirect", packet(ipv4(A, B), icmp(5, 0)), false),
                Arguments.of("time exceeded", packet(ipv4(A, B), icmp(11, 0)), false),
                Arguments.of("parameter problem", packet(ipv4(A, B), icmp(12, 0)), false),
                Arguments.of("unknown ICMP", packet(ipv4(A, B), icmp(200, 0)), false),
                Arguments.of("unreachable v6", packet(ipv6(C, D), icmpv6(1, 1)), false),
                Arguments.of("unknown error v6", packet(ipv6(C, D), icmpv6(127, 1)), false),
                Arguments.of("redirect v6", packet(ipv6(C, D), icmpv6(137, 0)), false),
                Arguments.of(
                        "later fragment",
                        packet(ipv4(A, B).protocol(17).fragment(8, false), payload(counting(8))),
                        false),
                Arguments.of(
                        "later fragment v6",
                        packet(ipv6(C, D), fragment(8, false, 1), payload(counting(8))),
                        false),
                Arguments.of(
                        "first fragment without its message",
                        packet(ipv4(A, B).protocol(1).fragment(0, true)),
                        false),
                Arguments.of("options v6", behindOptions(udp(1, 2)), true),
                Arguments.of(
                        "first fragment with options v6", first(behindOptions(udp(1, 2))), false),
                Arguments.of(
                        "first fragment of an error behind options v6",
                        first(behindOptions(icmpv6(1, 0))),
                        false),
                Arguments.of(
                        "first fragment with AH",
                        packet(ipv4(A, B).protocol(51).fragment(0, true), payload(counting(24))),
                        true),
                Arguments.of("to multicast", packet(ipv4(A, "239.1.1.1"), udp(1, 2)), false),
                Arguments.of("from class E", packet(ipv4("240.0.0.1", B), udp(1, 2)), false),
                Arguments.of("to multicast v6", packet(ipv6(C, "ff05::2"), udp(1, 2)), false),
                Arguments.of("from ::", packet(ipv6("::", D), udp(1, 2)), false),
                Arguments.of("damaged", packet(ipv4(A, B), udp(1, 2).wrongChecksum()), false),
                Arguments.of(
                        "damaged header", packet(ipv4(A, B).wrongChecksum(), udp(1, 2)), false));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("packets")
    void knowsWhatItMayAnswer(String name, byte[] packet, boolean may) {
        assertThat(new Wrapped(packet).mayTell()).isEqualTo(may);
    }

    /** Whoever knows the ports knows that it is no error. */
    @Test
    void aFirstFragmentWhosePortsWereFoundMayBeAnswered() {
        FragmentTracker tracker = new FragmentTracker(1, 1);
        Wrapped datagram = new Wrapped(first(behindOptions(udp(1, 2))));
        assertThat(tracker.join(0, datagram.tuple, 0)).isTrue();
        assertThat(datagram.mayTell()).isTrue();
        Wrapped error = new Wrapped(first(behindOptions(icmpv6(1, 0))));
        assertThat(tracker.join(0, error.tuple, 0)).isFalse();
        assertThat(error.mayTell()).isFalse();
    }

    private static byte[] behindOptions(Layer transport) {
        return packet(ipv6(C, D), destinationOptions(8), transport, payload(counting(80)));
    }

    private static byte[] first(byte[] whole) {
        return Fragments.ipv6(whole, 7, 64).get(0);
    }
}
