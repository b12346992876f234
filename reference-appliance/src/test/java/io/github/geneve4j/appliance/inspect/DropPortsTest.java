package io.github.geneve4j.appliance.inspect;

import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.esp;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.Packets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DropPortsTest {
    private final DropPorts inspector = new DropPorts(23, 0, 65_535, 64);

    static Stream<Arguments> packets() {
        String a = "10.0.0.1";
        String b = "10.0.0.2";
        byte[] telnet = packet(ipv4(a, b), tcp(1024, 23), payload("00"));
        return Stream.of(
                Arguments.of("to a closed port", telnet, Verdict.DROP),
                Arguments.of("from a closed port", packet(ipv4(b, a), tcp(23, 1024)), Verdict.DROP),
                Arguments.of("next to it", packet(ipv4(a, b), tcp(1024, 24)), Verdict.PASS),
                Arguments.of("64 more", packet(ipv4(a, b), tcp(1024, 87)), Verdict.PASS),
                Arguments.of("lowest", packet(ipv4(a, b), udp(1024, 0)), Verdict.DROP),
                Arguments.of("highest", packet(ipv4(a, b), udp(1024, 65_535)), Verdict.DROP),
                Arguments.of("64", packet(ipv4(a, b), udp(1024, 64)), Verdict.DROP),
                Arguments.of("63", packet(ipv4(a, b), udp(1024, 63)), Verdict.PASS),
                Arguments.of("sctp", packet(ipv4(a, b), sctp(1024, 23, 1)), Verdict.DROP),
                Arguments.of(
                        "behind IPv4 options",
                        packet(ipv4(a, b).options("01010100"), tcp(1024, 23)),
                        Verdict.DROP),
                Arguments.of(
                        "behind an IPv6 extension header",
                        packet(
                                ipv6("2001:db8::1", "2001:db8::2"),
                                Packets.hopByHop(8),
                                tcp(1024, 23)),
                        Verdict.DROP),
                Arguments.of(
                        "a first fragment",
                        packet(ipv4(a, b).fragment(0, true), tcp(1024, 443), payload("0000")),
                        Verdict.DROP),
                Arguments.of(
                        "a later fragment",
                        packet(ipv4(a, b).protocol(6).fragment(8, false), payload("00000000")),
                        Verdict.DROP),
                Arguments.of(
                        "a ping whose id is closed",
                        packet(ipv4(a, b), echoRequest(23, 1)),
                        Verdict.PASS),
                Arguments.of("esp", packet(ipv4(a, b), esp(23, 23), payload("00")), Verdict.PASS),
                Arguments.of(
                        "an ICMP error about a closed port",
                        packet(ipv4(b, a), icmp(3, 3), ip(telnet)),
                        Verdict.DROP),
                Arguments.of("nothing", new byte[0], Verdict.DROP),
                Arguments.of("rubbish", Hex.bytes("ff00"), Verdict.DROP),
                Arguments.of("half a header", Packets.cut(telnet, 10), Verdict.DROP));
    }

    @ParameterizedTest(name = "{0} -> {2}")
    @MethodSource("packets")
    void judges(String name, byte[] inner, Verdict expected) {
        assertThat(Verdicts.on(inspector, inner)).isEqualTo(expected);
        assertThat(Verdicts.on(new AllowAll(), inner)).isEqualTo(Verdict.PASS);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536})
    void refusesAPortThatIsNone(int port) {
        assertThatThrownBy(() -> new DropPorts(1, port))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("" + port);
    }

    @Test
    void closesNothingWithoutPorts() {
        byte[] inner = packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1024, 23));
        assertThat(Verdicts.on(new DropPorts(), inner)).isEqualTo(Verdict.PASS);
    }
}
