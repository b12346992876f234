package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.Wrapped.flow;
import static io.github.geneve4j.testkit.Packets.gre;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.tcp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Addresses;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.Packets;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToeplitzHashTest {
    private static final String MICROSOFT =
            "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa";

    private final ToeplitzHash microsoft = ToeplitzHash.microsoft();
    private final ToeplitzHash symmetric = ToeplitzHash.symmetric();

    /** Microsoft's verification suite; the last two columns are derived. */
    @ParameterizedTest(name = "{2} {3} > {0} {1}")
    @CsvSource({
        "161.142.100.80, 1766,  66.9.149.187,    2794,  323e8fc2, 51ccc178, 0a590a59, 9fcc9fcc",
        "65.69.140.83,   4739,  199.92.111.2,    14230, d718262a, c626b0ea, 7ba97ba9, 60d760d7",
        "12.22.207.184,  38024, 24.19.198.95,    12898, d2d0a5de, 5c2b394a, a55aa55a, 3a3e3a3e",
        "209.142.163.6,  2217,  38.27.205.30,    48228, 82989176, afc7327f, f8a7f8a7, d26ed26e",
        "202.188.127.2,  1303,  153.39.163.191,  44251, 5d1809c5, 10e828a2, 57545754, f23ef23e",
        "3ffe:2501:200:3::1, 1766, 3ffe:2501:200:1fff::7, 2794,"
                + " 2cc18cd5, 40207d3d, 867e867e, 13eb13eb",
        "ff02::1, 4739, 3ffe:501:8::260:97ff:fe40:efab, 14230,"
                + " 0f0c461c, dde51bbf, 2def2def, 36913691",
        "fe80::200:f8ff:fe21:67cf, 38024, 3ffe:1900:4545:3:200:f8ff:fe21:67cf, 44251,"
                + " 4b61e985, 02d1feef, c85ec85e, 08090809",
    })
    void agreesWithTheVerificationSuite(
            String destination,
            int destinationPort,
            String source,
            int sourcePort,
            String addresses,
            String withPorts,
            String symmetricAddresses,
            String symmetricWithPorts) {
        boolean v6 = source.contains(":");
        byte[] ports =
                v6
                        ? packet(ipv6(source, destination), tcp(sourcePort, destinationPort))
                        : packet(ipv4(source, destination), tcp(sourcePort, destinationPort));
        byte[] none =
                v6
                        ? packet(ipv6(source, destination), gre())
                        : packet(ipv4(source, destination), gre());
        assertThat(HexFormat.of().toHexDigits(microsoft.hash(flow(none)))).isEqualTo(addresses);
        assertThat(HexFormat.of().toHexDigits(microsoft.hash(flow(ports)))).isEqualTo(withPorts);
        assertThat(HexFormat.of().toHexDigits(symmetric.hash(flow(none))))
                .isEqualTo(symmetricAddresses);
        assertThat(HexFormat.of().toHexDigits(symmetric.hash(flow(ports))))
                .isEqualTo(symmetricWithPorts);

        ByteBuffer from = ByteBuffer.wrap(Addresses.bytes(source));
        ByteBuffer to = ByteBuffer.wrap(Addresses.bytes(destination));
        if (v6) {
            long[] a = {from.getLong(), from.getLong(), to.getLong(), to.getLong()};
            assertThat(microsoft.ipv6(a[0], a[1], a[2], a[3]))
                    .isEqualTo(microsoft.hash(flow(none)));
            assertThat(microsoft.ipv6(a[0], a[1], a[2], a[3], sourcePort, destinationPort))
                    .isEqualTo(microsoft.hash(flow(ports)));
        } else {
            int a = from.getInt();
            int b = to.getInt();
            assertThat(microsoft.ipv4(a, b)).isEqualTo(microsoft.hash(flow(none)));
            assertThat(microsoft.ipv4(a, b, sourcePort, destinationPort))
                    .isEqualTo(microsoft.hash(flow(ports)));
        }
    }

    @Property
    void isTheSumOfKeyWindows(@ForAll @Size(48) byte[] key, @ForAll @Size(36) byte[] input) {
        ByteBuffer words = ByteBuffer.wrap(input);
        int actual =
                new ToeplitzHash(key)
                        .ipv6(
                                words.getLong(),
                                words.getLong(),
                                words.getLong(),
                                words.getLong(),
                                words.getShort() & 0xffff,
                                words.getShort() & 0xffff);
        BigInteger window = new BigInteger(1, key);
        int expected = 0;
        for (int bit = 0; bit < input.length * 8; bit++) {
            if ((input[bit / 8] & 0x80 >>> bit % 8) != 0) {
                expected ^= window.shiftRight(key.length * 8 - 32 - bit).intValue();
            }
        }
        assertThat(actual).isEqualTo(expected);
    }

    @Property
    void symmetricKeyIsSymmetricAndWeak(
            @ForAll int a, @ForAll int b, @ForAll char portA, @ForAll char portB) {
        int hash = symmetric.ipv4(a, b, portA, portB);
        assertThat(hash).isEqualTo(symmetric.ipv4(b, a, portB, portA));
        assertThat(hash >>> 16).isEqualTo(hash & 0xffff);
    }

    @Test
    void hashesPortsOfWholeTcpUdpAndSctpOnly() {
        int a = 0x0a000001;
        int b = 0x0a000002;
        int addresses = microsoft.ipv4(a, b);
        int withPorts = microsoft.ipv4(a, b, 7, 9);
        assertThat(withPorts).isNotEqualTo(addresses);
        FiveTuple tuple = new FiveTuple();
        for (int protocol = 0; protocol < 256; protocol++) {
            boolean counts = protocol == 6 || protocol == 17 || protocol == 132;
            assertThat(microsoft.hash(tuple.setIpv4(a, b, protocol, 7, 9)))
                    .isEqualTo(counts ? withPorts : addresses);
        }
        byte[] echo = packet(ipv4("10.0.0.1", "10.0.0.2"), Packets.echoRequest(77, 1));
        assertThat(microsoft.hash(flow(echo))).isEqualTo(addresses);
    }

    @Test
    void leavesPortsOfFragmentsAndQuotesOut() {
        byte[] datagram =
                packet(
                        ipv4("10.0.0.1", "10.0.0.2").id(5),
                        Packets.udp(7, 9),
                        Packets.payload(Packets.counting(40)));
        FragmentTracker tracker = new FragmentTracker(4, 1000);
        for (byte[] fragment : Fragments.ipv4(datagram, 16)) {
            FiveTuple tuple = flow(fragment);
            assertThat(tracker.join(tuple, 0)).isTrue();
            assertThat(microsoft.hash(tuple)).isEqualTo(microsoft.ipv4(0x0a000001, 0x0a000002));
        }
        FiveTuple error =
                flow(
                        packet(
                                ipv4("9.9.9.9", "10.0.0.1"),
                                Packets.icmp(3, 1),
                                Packets.payload(datagram)));
        assertThat(error.hasPorts()).isTrue();
        assertThat(microsoft.hash(error)).isEqualTo(microsoft.ipv4(0x0a000002, 0x0a000001));
    }

    @Test
    void microsoftKeyIsNotSymmetric() {
        assertThat(microsoft.ipv4(1, 2)).isNotEqualTo(microsoft.ipv4(2, 1));
    }

    @Test
    void copiesAndTruncatesTheKey() {
        byte[] key = Packets.concat(HexFormat.of().parseHex(MICROSOFT), new byte[12]);
        ToeplitzHash hash = new ToeplitzHash(key);
        key[0] = 0;
        assertThat(hash.ipv4(0x12345678, 0x9abcdef0))
                .isEqualTo(microsoft.ipv4(0x12345678, 0x9abcdef0));
        assertThat(hash.ipv4(0x12345678, 0x9abcdef0)).isNotZero();
    }

    @Test
    void refusesAShortKey() {
        assertThat(new ToeplitzHash(new byte[40]).ipv4(1, 2)).isZero();
        assertThatThrownBy(() -> new ToeplitzHash(new byte[39]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("39");
    }
}
