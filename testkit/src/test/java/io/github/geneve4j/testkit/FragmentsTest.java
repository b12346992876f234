package io.github.geneve4j.testkit;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class FragmentsTest {
    @Test
    void splitsIpv4() {
        byte[] whole =
                packet(
                        ipv4("10.0.0.1", "10.0.0.2").id(7).options("94040000"),
                        udp(1, 2).checksum(0),
                        payload("0102030405060708 09"));

        List<byte[]> fragments = Fragments.ipv4(whole, 8);

        String options = "94040000";
        assertThat(fragments)
                .containsExactly(
                        packet(
                                ipv4("10.0.0.1", "10.0.0.2")
                                        .id(7)
                                        .options(options)
                                        .fragment(0, true)
                                        .protocol(17),
                                payload("0001 0002 0011 0000")),
                        packet(
                                ipv4("10.0.0.1", "10.0.0.2")
                                        .id(7)
                                        .options(options)
                                        .fragment(8, true)
                                        .protocol(17),
                                payload("0102030405060708")),
                        packet(
                                ipv4("10.0.0.1", "10.0.0.2")
                                        .id(7)
                                        .options(options)
                                        .fragment(16, false)
                                        .protocol(17),
                                payload("09")));
    }

    @Test
    void splitsIpv6() {
        byte[] whole =
                packet(
                        ipv6("2001:db8::1", "2001:db8::2").flowLabel(5),
                        udp(1, 2).checksum(0),
                        payload("0102"));

        List<byte[]> fragments = Fragments.ipv6(whole, 42, 8);

        assertThat(fragments)
                .containsExactly(
                        packet(
                                ipv6("2001:db8::1", "2001:db8::2").flowLabel(5),
                                Packets.fragment(0, true, 42).nextHeader(17),
                                payload("0001 0002 000a 0000")),
                        packet(
                                ipv6("2001:db8::1", "2001:db8::2").flowLabel(5),
                                Packets.fragment(8, false, 42).nextHeader(17),
                                payload("0102")));
    }

    @Test
    void keepsASmallPacketInOnePiece() {
        byte[] whole = packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2));

        assertThat(Fragments.ipv4(whole, 1480)).containsExactly(whole);
    }

    @Test
    void refusesSizesThatNoOffsetCanName() {
        byte[] whole = packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2));

        assertThatThrownBy(() -> Fragments.ipv4(whole, 12))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Fragments.ipv4(whole, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
