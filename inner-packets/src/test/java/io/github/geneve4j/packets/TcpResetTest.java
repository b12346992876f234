package io.github.geneve4j.packets;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.TcpLayer.ACK;
import static io.github.geneve4j.testkit.TcpLayer.FIN;
import static io.github.geneve4j.testkit.TcpLayer.RST;
import static io.github.geneve4j.testkit.TcpLayer.SYN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Hex;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Resets byte for byte: IP header by words and addresses, then TCP by words. */
class TcpResetTest {
    private static final String A = "10.1.0.1";
    private static final String B = "192.0.2.1";

    static Stream<Arguments> segments() {
        return Stream.of(
                Arguments.of(
                        "SYN over IPv4",
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        000003e8 00000000 5002ffff 41fc0000
                        """,
                        """
                        45000028 00004000 40066ecd c0000201 0a010001 01bb9c40
                        00000000 000003e9 50140000 41e90000
                        """,
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        000003e9 00000000 50040000 41f90000
                        """),
                Arguments.of(
                        "SYN with data over IPv4",
                        """
                        4500002d 00004000 40066ec8 0a010001 c0000201 9c4001bb
                        fffffffe 00000000 5002ffff 020e0000 68656c6c6f
                        """,
                        """
                        45000028 00004000 40066ecd c0000201 0a010001 01bb9c40
                        00000000 00000004 50140000 45ce0000
                        """,
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        ffffffff 00000000 50040000 45e20000
                        """),
                Arguments.of(
                        "ACK over IPv4",
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        000003e8 fedcba98 5010ffff 88780000
                        """,
                        """
                        45000028 00004000 40066ecd c0000201 0a010001 01bb9c40
                        fedcba98 00000000 50040000 8c6c0000
                        """,
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        000003e8 fedcba98 50140000 88740000
                        """),
                Arguments.of(
                        "FIN and ACK over IPv4",
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        000003e8 01020304 5011ffff 3de70000
                        """,
                        """
                        45000028 00004000 40066ecd c0000201 0a010001 01bb9c40
                        01020304 00000000 50040000 41dc0000
                        """,
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        000003e8 01020304 50140000 3de40000
                        """),
                Arguments.of(
                        "FIN over IPv4",
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        000003e8 00000000 5001ffff 41fd0000
                        """,
                        """
                        45000028 00004000 40066ecd c0000201 0a010001 01bb9c40
                        00000000 000003e9 50140000 41e90000
                        """,
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        000003e8 00000000 50040000 41fa0000
                        """),
                Arguments.of(
                        "SYN and ACK over IPv4",
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        00000007 000003e9 5012ffff 41e40000
                        """,
                        """
                        45000028 00004000 40066ecd c0000201 0a010001 01bb9c40
                        000003e9 00000000 50040000 41f90000
                        """,
                        """
                        45000028 00004000 40066ecd 0a010001 c0000201 9c4001bb
                        00000008 000003e9 50140000 41e10000
                        """),
                Arguments.of(
                        "SYN over IPv6",
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 000003e8 00000000
                        5002ffff b28a0000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000002
                        20010db800000000 0000000000000001 01bb9c40 00000000 000003e9
                        50140000 b2770000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 000003e9 00000000
                        50040000 b2870000
                        """),
                Arguments.of(
                        "SYN with data over IPv6",
                        """
                        60000000 00190640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb fffffffe 00000000
                        5002ffff 729c0000 68656c6c6f
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000002
                        20010db800000000 0000000000000001 01bb9c40 00000000 00000004
                        50140000 b65c0000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb ffffffff 00000000
                        50040000 b6700000
                        """),
                Arguments.of(
                        "ACK over IPv6",
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 000003e8 fedcba98
                        5010ffff f9060000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000002
                        20010db800000000 0000000000000001 01bb9c40 fedcba98 00000000
                        50040000 fcfa0000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 000003e8 fedcba98
                        50140000 f9020000
                        """),
                Arguments.of(
                        "FIN and ACK over IPv6",
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 000003e8 01020304
                        5011ffff ae750000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000002
                        20010db800000000 0000000000000001 01bb9c40 01020304 00000000
                        50040000 b26a0000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 000003e8 01020304
                        50140000 ae720000
                        """),
                Arguments.of(
                        "FIN over IPv6",
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 000003e8 00000000
                        5001ffff b28b0000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000002
                        20010db800000000 0000000000000001 01bb9c40 00000000 000003e9
                        50140000 b2770000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 000003e8 00000000
                        50040000 b2880000
                        """),
                Arguments.of(
                        "SYN and ACK over IPv6",
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 00000007 000003e9
                        5012ffff b2720000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000002
                        20010db800000000 0000000000000001 01bb9c40 000003e9 00000000
                        50040000 b2870000
                        """,
                        """
                        60000000 00140640 20010db800000000 0000000000000001
                        20010db800000000 0000000000000002 9c4001bb 00000008 000003e9
                        50140000 b26f0000
                        """));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("segments")
    void answersTheSender(String name, String segment, String answer, String onward) {
        Wrapped packet = new Wrapped(Hex.bytes(segment));
        assertThat(packet.mayReset()).isTrue();
        assertThat(packet.reset()).isEqualTo(Hex.bytes(answer));
        assertThat(packet.resetInPlace()).isEqualTo(Hex.bytes(answer));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("segments")
    void endsTheConnectionAtTheReceiver(String name, String segment, String answer, String onward) {
        Wrapped packet = new Wrapped(Hex.bytes(segment));
        assertThat(packet.onward()).isEqualTo(Hex.bytes(onward));
        boolean first = name.startsWith("SYN") && !name.contains("ACK");
        assertThat(TcpReset.concernsReceiver(packet.tuple)).isEqualTo(!first);
    }

    /** Options of both headers, and extension headers, are no part of the segment's length. */
    @Test
    void countsSequenceNumbersBehindOptions() {
        byte[] v4 =
                packet(
                        ipv4(A, B).options("01010101"),
                        tcp(1, 2).flags(SYN | FIN).sequence(10).options("020405b4"),
                        payload(counting(5)));
        assertThat(new Wrapped(v4).reset())
                .isEqualTo(
                        packet(
                                ipv4(B, A).dontFragment(),
                                tcp(2, 1).flags(RST | ACK).acknowledgment(17).window(0)));
        byte[] v6 =
                packet(
                        ipv6("2001:db8::1", "2001:db8::2"),
                        hopByHop(16),
                        tcp(1, 2).flags(SYN).sequence(10).options("020405b4"),
                        payload(counting(5)));
        assertThat(new Wrapped(v6).resetInPlace())
                .isEqualTo(
                        packet(
                                ipv6("2001:db8::2", "2001:db8::1"),
                                tcp(2, 1).flags(RST | ACK).acknowledgment(16).window(0)));
    }

    static Stream<Arguments> unanswerable() {
        return Stream.of(
                Arguments.of("reset", packet(ipv4(A, B), tcp(1, 2).flags(RST))),
                Arguments.of("reset with ACK", packet(ipv4(A, B), tcp(1, 2).flags(RST | ACK))),
                Arguments.of("UDP", packet(ipv4(A, B), udp(1, 2))),
                Arguments.of("first fragment", packet(ipv4(A, B).fragment(0, true), tcp(1, 2))),
                Arguments.of("damaged", packet(ipv4(A, B), tcp(1, 2).wrongChecksum())),
                Arguments.of("damaged header", packet(ipv4(A, B).wrongChecksum(), tcp(1, 2))),
                Arguments.of("header too short", packet(ipv4(A, B), tcp(1, 2).headerWords(4))),
                Arguments.of("header too long", packet(ipv4(A, B), tcp(1, 2).headerWords(6))),
                Arguments.of("to multicast", packet(ipv4(A, "224.0.0.1"), tcp(1, 2))),
                Arguments.of("to broadcast", packet(ipv4(A, "255.255.255.255"), tcp(1, 2))),
                Arguments.of("from nowhere", packet(ipv4("0.0.0.0", B), tcp(1, 2))),
                Arguments.of("from loopback", packet(ipv4("127.0.0.1", B), tcp(1, 2))),
                Arguments.of("from multicast", packet(ipv6("ff02::1", "2001:db8::1"), tcp(1, 2))),
                Arguments.of("to multicast v6", packet(ipv6("2001:db8::1", "ff02::1"), tcp(1, 2))),
                Arguments.of("from ::", packet(ipv6("::", "2001:db8::1"), tcp(1, 2))),
                Arguments.of("to ::1", packet(ipv6("2001:db8::1", "::1"), tcp(1, 2))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unanswerable")
    void neverAnswers(String name, byte[] packet) {
        assertThat(new Wrapped(packet).mayReset()).isFalse();
    }

    @Test
    void refusesWhatIsNoTcp() {
        Wrapped datagram = new Wrapped(packet(ipv4(A, B), udp(1, 2)));
        assertThatThrownBy(datagram::reset)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a reset for protocol 17, not TCP");
        Wrapped fragment = new Wrapped(packet(ipv4(A, B).fragment(0, true), tcp(1, 2)));
        assertThatThrownBy(fragment::onward)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a reset for protocol 6, a fragment");
    }
}
