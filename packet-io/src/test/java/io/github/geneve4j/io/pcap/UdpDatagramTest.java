package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UdpDatagramTest {
    private static final String ETHERNET = "02000000000a 02000000000b ";

    /** 10.1.2.3:60000 to 10.4.5.6:6081, four bytes. */
    private static final String IPV4 =
            """
            45 00 0020 0001 0000 40 11 0000
            0a010203
            0a040506
            ea60 17c1 000c 0000
            deadbeef""";

    /** 2001:db8::1:0:0:1 to ff02::1, ports and data as above. */
    private static final String IPV6 =
            """
            60000000 000c 11 40
            20010db8000000000001000000000001
            ff020000000000000000000000000001
            ea60 17c1 000c 0000
            deadbeef""";

    private final UdpDatagram datagram = new UdpDatagram();
    private BufferKind.Placed placed = BufferKind.HEAP.room(0);

    @ParameterizedTest(name = "link type {0}, header {1}")
    @CsvSource({
        "1,   02000000000a 02000000000b 0800",
        "1,   02000000000a 02000000000b 8100 0064 0800",
        "1,   02000000000a 02000000000b 88a8 0064 8100 0065 0800",
        "1,   02000000000a 02000000000b 9100 0001 8100 0002 0800",
        "1,   02000000000a 02000000000b 8100 0001 8100 0002 8100 0003 8100 0004"
                + " 8100 0005 8100 0006 8100 0007 8100 0008 0800",
        "113, 0000 0001 0006 02000000000b0000 0800",
        "113, 0000 0001 0006 02000000000b0000 8100 0064 0800",
        "276, 0800 0000 00000002 0001 00 06 02000000000b0000",
        "0,   02000000",
        "0,   00000002",
        "108, 00000002",
        "101, ''",
        "12,  ''",
        "14,  ''",
        "228, ''",
    })
    void findsIpv4BehindEveryLink(int linkType, String header) {
        byte[] frame = Hex.bytes(header + IPV4);
        int ip = frame.length - 32;
        assertThat(wrap(linkType, frame)).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.isIpv6()).isFalse();
        assertThat(datagram.isFragment()).isFalse();
        assertThat(datagram.isTruncated()).isFalse();
        assertThat(datagram.ipOffset()).isEqualTo(placed.offset() + ip);
        assertThat(datagram.udpOffset()).isEqualTo(placed.offset() + ip + 20);
        assertThat(datagram.payloadOffset()).isEqualTo(placed.offset() + ip + 28);
        assertThat(datagram.payloadLength()).isEqualTo(4);
        assertThat(datagram.buffer().getInt(datagram.payloadOffset())).isEqualTo(0xdeadbeef);
        assertThat(datagram.sourcePort()).isEqualTo(60000);
        assertThat(datagram.destinationPort()).isEqualTo(6081);
        assertThat(datagram.sourceIpv4()).isEqualTo(0x0a010203);
        assertThat(datagram.destinationIpv4()).isEqualTo(0x0a040506);
        assertThat(datagram.sourceAddress()).isEqualTo("10.1.2.3");
        assertThat(datagram.destinationAddress()).isEqualTo("10.4.5.6");
        List<ThrowingCallable> ofIpv6 =
                List.of(
                        datagram::sourceIpv6High,
                        datagram::sourceIpv6Low,
                        datagram::destinationIpv6High,
                        datagram::destinationIpv6Low);
        for (ThrowingCallable accessor : ofIpv6) {
            assertThatThrownBy(accessor)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("an IPv4 datagram: no IPv6 address");
        }
    }

    @ParameterizedTest(name = "link type {0}, header {1}")
    @CsvSource({
        "1,   02000000000a 02000000000b 86dd",
        "1,   02000000000a 02000000000b 8100 0064 86dd",
        "113, 0000 0001 0006 02000000000b0000 86dd",
        "276, 86dd 0000 00000002 0001 00 06 02000000000b0000",
        "0,   0a000000",
        "0,   17000000",
        "0,   18000000",
        "0,   1c000000",
        "0,   1e000000",
        "0,   0000001e",
        "108, 0000001c",
        "101, ''",
        "12,  ''",
        "14,  ''",
        "229, ''",
    })
    void findsIpv6BehindEveryLink(int linkType, String header) {
        byte[] frame = Hex.bytes(header + IPV6);
        int ip = frame.length - 52;
        assertThat(wrap(linkType, frame)).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.isIpv6()).isTrue();
        assertThat(datagram.ipOffset()).isEqualTo(placed.offset() + ip);
        assertThat(datagram.udpOffset()).isEqualTo(placed.offset() + ip + 40);
        assertThat(datagram.payloadLength()).isEqualTo(4);
        assertThat(datagram.sourcePort()).isEqualTo(60000);
        assertThat(datagram.destinationPort()).isEqualTo(6081);
        assertThat(datagram.sourceIpv6High()).isEqualTo(0x20010db800000000L);
        assertThat(datagram.sourceIpv6Low()).isEqualTo(0x0001000000000001L);
        assertThat(datagram.destinationIpv6High()).isEqualTo(0xff02000000000000L);
        assertThat(datagram.destinationIpv6Low()).isEqualTo(1);
        assertThat(datagram.sourceAddress()).isEqualTo("2001:db8::1:0:0:1");
        assertThat(datagram.destinationAddress()).isEqualTo("ff02::1");
        List<ThrowingCallable> ofIpv4 = List.of(datagram::sourceIpv4, datagram::destinationIpv4);
        for (ThrowingCallable accessor : ofIpv4) {
            assertThatThrownBy(accessor)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("an IPv6 datagram: no IPv4 address");
        }
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "00000000000000000000000000000000, ::",
        "00000000000000000000000000000001, ::1",
        "00010000000000000000000000000000, 1::",
        "20010db8000000010001000100010001, 2001:db8:0:1:1:1:1:1",
        "20010db8000000000000000100000001, 2001:db8::1:0:1",
        "20010000000000010000000000000001, 2001:0:0:1::1",
        "20010db8000100010001000100010000, 2001:db8:1:1:1:1:1:0",
        "00000001000100010001000100010000, 0:1:1:1:1:1:1:0",
        "fe800000000000000abcdef012345678, fe80::abc:def0:1234:5678",
        "00010002000000000000000000000000, 1:2::",
        "ffffffffffffffffffffffffffffffff, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    })
    void writesIpv6AddressesInTheirCanonicalForm(String hex, String text) {
        String frame =
                IPV6.replace("20010db8000000000001000000000001", hex)
                        .replace("ff020000000000000000000000000001", "0".repeat(32));
        assertThat(wrap(LinkType.IPV6, Hex.bytes(frame))).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.sourceAddress()).isEqualTo(text);
    }

    @ParameterizedTest(name = "{0} -> {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "an unassigned link type | 147 | | UNKNOWN_LINK_TYPE",
                "a negative link type | -1 | | UNKNOWN_LINK_TYPE",
                "nine tags | 1 | 02000000000a02000000000b 81000001 81000001 81000001 81000001"
                        + " 81000001 81000001 81000001 81000001 81000001 0800 | TOO_MANY_TAGS",
                "ARP | 1 | 02000000000a02000000000b 0806 0001 | NOT_IP",
                "LLC | 1 | 02000000000a02000000000b 0026 4242 03 | NOT_IP",
                "family 7 | 0 | 07000000 45 | NOT_IP",
                "family 2 in the middle | 0 | 00020000 45 | NOT_IP",
                "raw, version 5 | 101 | 55000020 | NOT_IP",
                "IPv6 where IPv4 was announced | 228 | 60000000 000c1140"
                        + " 20010db8000000000001000000000001 | BAD_IP_HEADER",
                "four words of header | 228 | 44000020 00010000 40110000 0a010203 0a040506"
                        + " | BAD_IP_HEADER",
                "total length below the header | 228 | 45000013 00010000 40110000 0a010203 0a040506"
                        + " | BAD_IP_HEADER",
                "total length inside the options | 228 | 46000017 00010000 40110000 0a010203"
                        + " 0a040506 00000000 | BAD_IP_HEADER",
                "options cut | 228 | 46000020 00010000 40110000 0a010203 0a040506 0000"
                        + " | TRUNCATED_IP",
                "a later fragment | 228 | 45000020 00010001 40110000 0a010203 0a040506"
                        + " | LATER_FRAGMENT",
                "a later fragment with more to come | 228 | 45000020 00013fff 40110000 0a010203"
                        + " 0a040506 | LATER_FRAGMENT",
                "TCP | 228 | 45000020 00010000 40060000 0a010203 0a040506 ea6017c1 | NOT_UDP",
                "a header and nothing else | 228 | 45000014 00010000 40110000 0a010203 0a040506"
                        + " | TRUNCATED_UDP",
                "UDP cut in its ports | 228 | 45000020 00010000 40110000 0a010203 0a040506 ea6017"
                        + " | TRUNCATED_UDP",
                "a first fragment without room for ports | 228 | 45000017 00012000 40110000"
                        + " 0a010203 0a040506 ea6017c1 000c0000 deadbeef | TRUNCATED_UDP",
                "IPv6, a first fragment that ends in its headers | 229 | 60000000 00042c40"
                        + " 20010db8000000000001000000000001 ff020000000000000000000000000001"
                        + " 1100000100000001 ea6017c1 00080000 | TRUNCATED_UDP",
                "IPv6 without payload | 229 | 60000000 00003b40 20010db8000000000001000000000001"
                        + " ff020000000000000000000000000001 | NOT_UDP",
                "IPv6 with ESP | 229 | 60000000 00083240 20010db8000000000001000000000001"
                        + " ff020000000000000000000000000001 0000000100000001 | NOT_UDP",
                "IPv6, a later fragment | 229 | 60000000 00102c40"
                        + " 20010db8000000000001000000000001 ff020000000000000000000000000001"
                        + " 1100000800000001 ea6017c1 00080000 | LATER_FRAGMENT",
                "IPv6, an extension header of 7 bytes | 229 | 60000000 00073c40"
                        + " 20010db8000000000001000000000001 ff020000000000000000000000000001"
                        + " 11000104000000 | TRUNCATED_IP",
                "IPv6, an extension header cut | 229 | 60000000 00083c40"
                        + " 20010db8000000000001000000000001 ff020000000000000000000000000001"
                        + " 1101010400000000 ea6017c1 | TRUNCATED_IP",
            })
    void saysWhyThereIsNoDatagram(String what, int linkType, String hex, DatagramStatus status) {
        byte[] frame = Hex.bytes(hex == null ? "" : hex);
        assertThat(wrap(linkType, Hex.bytes(ETHERNET + "0800" + IPV4))).isNotNull();
        assertThat(wrap(linkType, frame)).as(what).isEqualTo(status);
        assertThat(datagram.hasPorts()).isFalse();
        assertThatThrownBy(datagram::isIpv6).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::isFragment).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::isTruncated).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::buffer).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::ipOffset).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::udpOffset).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::payloadOffset).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::payloadLength).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::sourcePort).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::sourceAddress).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(datagram::sourceIpv4).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest(name = "fragment flags {0}, total length {1}, UDP {2} -> {3}")
    @CsvSource({
        "0000, 0020, 0001 0000 deadbeef, BAD_UDP_LENGTH",
        "0000, 0020, 0007 0000 deadbeef, BAD_UDP_LENGTH",
        "0000, 0020, 000c00, TRUNCATED_UDP",
        "0000, 0020, '', TRUNCATED_UDP",
        "2000, 001b, 000c 0000 deadbeef, TRUNCATED_UDP",
        "2000, 0018, 000c 0000 deadbeef, TRUNCATED_UDP",
    })
    void knowsThePortsOfADatagramWithoutPayload(
            String flags, String total, String rest, DatagramStatus status) {
        String frame =
                "4500" + total + "0001" + flags + "40110000 0a010203 0a040506 ea6017c1" + rest;
        assertThat(wrap(LinkType.IPV4, Hex.bytes(frame))).isEqualTo(status);
        assertThat(datagram.hasPorts()).isTrue();
        assertThat(datagram.sourcePort()).isEqualTo(60000);
        assertThat(datagram.destinationPort()).isEqualTo(6081);
        assertThat(datagram.sourceAddress()).isEqualTo("10.1.2.3");
        assertThat(datagram.destinationAddress()).isEqualTo("10.4.5.6");
        assertThat(datagram.udpOffset()).isEqualTo(placed.offset() + 20);
        List<ThrowingCallable> ofThePayload =
                List.of(datagram::payloadOffset, datagram::payloadLength, datagram::isTruncated);
        for (ThrowingCallable accessor : ofThePayload) {
            assertThatThrownBy(accessor).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "hop by hop | 14 | 00 | 1100010400000000",
                "routing of 16 bytes | 1c | 2b | 1101010400000000 0000000000000000",
                "authentication of 12 bytes | 18 | 33 | 1101000000000001 00000001",
                "hop by hop, destination options, an atomic fragment | 24 | 00"
                        + " | 3c00010400000000 2c00010400000000 1100000000000001",
                "mobility, HIP, shim6 | 24 | 87 | 8b00010400000000 8c00010400000000 1100010400000000",
            })
    void walksExtensionHeaders(String what, String payloadLength, String first, String headers) {
        String frame =
                IPV6.replace("000c 11 40", "00 " + payloadLength + first + "40")
                        .replace("ea60", headers + " ea60");
        assertThat(wrap(LinkType.RAW, Hex.bytes(frame))).as(what).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.sourcePort()).isEqualTo(60000);
        assertThat(datagram.payloadLength()).isEqualTo(4);
        assertThat(datagram.isFragment()).isFalse();
    }

    @Test
    void skipsIpv4Options() {
        String frame =
                IPV4.replace("45 00 0020", "4f 00 0048").replace("ea60", "01".repeat(40) + "ea60");
        assertThat(wrap(LinkType.RAW, Hex.bytes(frame))).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.udpOffset()).isEqualTo(placed.offset() + 60);
        assertThat(datagram.payloadLength()).isEqualTo(4);
    }

    @ParameterizedTest(name = "total length {0}, UDP length {1}, {2} bytes more -> {3}")
    @CsvSource({
        "0020, 000c, 0,  4, false", // as it should be
        "0020, 000c, 18, 4, false", // Ethernet padding
        "0000, 000c, 18, 4, false", // the kernel leaves the total length to the card
        "0000, 0000, 18, 22, false", // a super-packet
        "0020, 0000, 18, 22, false", // the same: no other length is asked
        "001c, 0000, 0,  4, false",
        "0020, 000b, 0,  3, false", // IP carries more than UDP
        "0020, 0008, 0,  0, false",
        "0020, 000d, 18, 5, false", // UDP claims more than IP, and it is there
        "0020, 0020, 18, 22, true", // and it is not there
        "ffff, 0010, 3,  7, true", // captured in part
        "001c, 000c, 0,  4, false",
        "0014, 000c, 0,  4, false",
    })
    void endsWhereTheUdpLengthSays(
            String total, String udp, int more, int payload, boolean truncated) {
        String frame =
                IPV4.replace("0020 0001", total + "0001").replace("17c1 000c", "17c1" + udp)
                        + "00".repeat(more);
        assertThat(wrap(LinkType.RAW, Hex.bytes(frame))).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.payloadLength()).isEqualTo(payload);
        assertThat(datagram.isTruncated()).isEqualTo(truncated);
    }

    @ParameterizedTest(name = "payload length {0}, UDP length {1}, {2} bytes more -> {3}")
    @CsvSource({
        "000c, 000c, 18, 4, false",
        "0000, 000c, 18, 4, false",
        "0000, 0000, 18, 22, false", // a super-packet or jumbogram
        "000c, 0000, 18, 22, false",
        "0008, 000c, 18, 4, false",
        "ffff, 0010, 3,  7, true",
    })
    void endsWhereTheUdpLengthSaysInIpv6(
            String length, String udp, int more, int payload, boolean truncated) {
        String frame =
                IPV6.replace("000c 11", length + "11").replace("17c1 000c", "17c1" + udp)
                        + "00".repeat(more);
        assertThat(wrap(LinkType.RAW, Hex.bytes(frame))).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.payloadLength()).isEqualTo(payload);
        assertThat(datagram.isTruncated()).isEqualTo(truncated);
    }

    @Test
    void readsTheFirstFragmentAsFarAsItGoes() {
        String ipv4 = IPV4.replace("0001 0000", "0001 2000").replace("17c1 000c", "17c1 0400");
        assertThat(wrap(LinkType.RAW, Hex.bytes(ipv4))).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.isFragment()).isTrue();
        assertThat(datagram.isTruncated()).isTrue();
        assertThat(datagram.payloadLength()).isEqualTo(4);
        assertThat(wrap(LinkType.RAW, Hex.bytes(ipv4 + "00".repeat(18)))).as("padded").isNotNull();
        assertThat(datagram.payloadLength()).isEqualTo(4);
        assertThat(datagram.isTruncated()).isTrue();
        assertThat(wrap(LinkType.RAW, Hex.bytes(ipv4.replace("0400 0000", "0000 0000") + "00")))
                .isEqualTo(DatagramStatus.OK);
        assertThat(datagram.payloadLength()).isEqualTo(4);

        String ipv6 =
                IPV6.replace("000c 11 40", "0014 2c 40")
                        .replace("ea60", "1100000100000001 ea60")
                        .replace("17c1 000c", "17c1 0400");
        assertThat(wrap(LinkType.RAW, Hex.bytes(ipv6 + "00"))).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.isFragment()).isTrue();
        assertThat(datagram.payloadLength()).isEqualTo(4);

        assertThat(wrap(LinkType.RAW, Hex.bytes(IPV4))).isEqualTo(DatagramStatus.OK);
        assertThat(datagram.isFragment()).isFalse();
    }

    /** No prefix of a frame is read past its end, and all that it holds of the payload is shown. */
    @ParameterizedTest(name = "link type {0}, {2} bytes of link header")
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | 02000000000a 02000000000b 8100 0064 0800 | 18",
                "113 | 0000 0001 0006 02000000000b0000 0800 | 16",
                "276 | 0800 0000 00000002 0001 00 06 02000000000b0000 | 20",
                "0 | 02000000 | 4",
                "101 | | 0",
                "228 | | 0",
            })
    void readsEveryTruncation(int linkType, String header, int ip) {
        byte[] whole = Hex.bytes((header == null ? "" : header) + IPV4);
        for (int length = 0; length < whole.length; length++) {
            DatagramStatus status = wrap(linkType, Arrays.copyOf(whole, length));
            DatagramStatus expected =
                    length < ip
                            ? DatagramStatus.TRUNCATED_LINK
                            : length < ip + 20
                                    ? DatagramStatus.TRUNCATED_IP
                                    : length < ip + 28
                                            ? DatagramStatus.TRUNCATED_UDP
                                            : DatagramStatus.OK;
            assertThat(status).as("%d bytes", length).isEqualTo(expected);
            if (status == DatagramStatus.OK) {
                assertThat(datagram.payloadLength()).isEqualTo(length - ip - 28);
                assertThat(datagram.isTruncated()).isTrue();
            }
        }
    }

    @Test
    void readsEveryTruncationOfIpv6WithExtensions() {
        byte[] whole =
                Hex.bytes(
                        IPV6.replace("000c 11 40", "001c 00 40")
                                .replace("ea60", "3300010400000000 1100000000000001 ea60"));
        for (int length = 0; length < whole.length; length++) {
            assertThat(wrap(LinkType.IPV6, Arrays.copyOf(whole, length)))
                    .as("%d bytes", length)
                    .isEqualTo(
                            length < 56
                                    ? DatagramStatus.TRUNCATED_IP
                                    : length < 64
                                            ? DatagramStatus.TRUNCATED_UDP
                                            : DatagramStatus.OK);
        }
    }

    @Test
    void refusesRangesOutsideTheBuffer() {
        ByteBuf buffer = Unpooled.buffer(10);
        for (int[] range : new int[][] {{-1, 5}, {0, -1}, {0, 11}, {11, 0}, {5, 6}}) {
            assertThatThrownBy(() -> datagram.wrap(LinkType.RAW, buffer, range[0], range[1]))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void labelsAreDistinct() {
        Set<String> labels =
                Arrays.stream(DatagramStatus.values())
                        .map(DatagramStatus::label)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(labels)
                .hasSize(DatagramStatus.values().length)
                .allMatch(s -> s.matches("[a-z_]+"));
    }

    /** In buffers of every kind, each of which ends with the frame. */
    private DatagramStatus wrap(int linkType, byte[] frame) {
        Set<DatagramStatus> statuses = new TreeSet<>();
        for (BufferKind kind : BufferKind.values()) {
            placed = kind.place(frame);
            statuses.add(
                    datagram.wrap(linkType, placed.buffer(), placed.offset(), placed.length()));
        }
        assertThat(statuses).hasSize(1);
        return statuses.iterator().next();
    }
}
