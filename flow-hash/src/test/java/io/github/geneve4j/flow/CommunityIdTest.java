package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.Wrapped.flow;
import static io.github.geneve4j.testkit.Packets.authentication;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.gre;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.geneve4j.testkit.Addresses;
import io.github.geneve4j.testkit.Corpus;
import io.github.geneve4j.testkit.Fragments;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommunityIdTest {
    private final CommunityId id = new CommunityId();

    /** The tables of the specification's own data, computed from packets. */
    @ParameterizedTest(name = "{0} {1} > {2} {3} {4}")
    @CsvSource({
        "6,   1.2.3.4, 5.6.7.8, 1122, 3344, 1:wCb3OG7yAFWelaUydu0D+125CLM=",
        "6,   5.6.7.8, 1.2.3.4, 3344, 1122, 1:wCb3OG7yAFWelaUydu0D+125CLM=",
        "17,  1.2.3.4, 5.6.7.8, 1122, 3344, 1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg=",
        "17,  5.6.7.8, 1.2.3.4, 3344, 1122, 1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg=",
        "132, 1.2.3.4, 5.6.7.8, 1122, 3344, 1:EKt4MsxuyaE6mL+hmrEkQ9csDD8=",
        "132, 5.6.7.8, 1.2.3.4, 3344, 1122, 1:EKt4MsxuyaE6mL+hmrEkQ9csDD8=",
        "1,   1.2.3.4, 5.6.7.8, 8,    0,    1:crodRHL2FEsHjbv3UkRrfbs4bZ0=",
        "1,   5.6.7.8, 1.2.3.4, 0,    0,    1:crodRHL2FEsHjbv3UkRrfbs4bZ0=",
        "1,   1.2.3.4, 5.6.7.8, 11,   0,    1:f/YiSyWqczrTgfUCZlBUnvHRcPk=",
        "46,  1.2.3.4, 5.6.7.8, 0,    0,    1:ikv3kmf89luf73WPz1jOs49S768=",
        "46,  5.6.7.8, 1.2.3.4, 0,    0,    1:ikv3kmf89luf73WPz1jOs49S768=",
        "58,  fe80:1:203:405:607:809:a0b:c0d, fe80:1011:1213:1415:1617:1819:1a1b:1c1d, 128, 0,"
                + " 1:0bf7hyMJUwt3fMED7z8LIfRpBeo=",
        "58,  fe80:1011:1213:1415:1617:1819:1a1b:1c1d, fe80:1:203:405:607:809:a0b:c0d, 129, 0,"
                + " 1:0bf7hyMJUwt3fMED7z8LIfRpBeo=",
        "58,  fe80:1:203:405:607:809:a0b:c0d, fe80:1011:1213:1415:1617:1819:1a1b:1c1d, 146, 0,"
                + " 1:fYC8+pz24E+EhANP1EZhpX0Dw10=",
        "46,  fe80:1:203:405:607:809:a0b:c0d, fe80:1011:1213:1415:1617:1819:1a1b:1c1d, 0, 0,"
                + " 1:wQ/2mwrnXP4lmJcHdGL5ePjR+e0=",
        "46,  fe80:1011:1213:1415:1617:1819:1a1b:1c1d, fe80:1:203:405:607:809:a0b:c0d, 0, 0,"
                + " 1:wQ/2mwrnXP4lmJcHdGL5ePjR+e0=",
    })
    void agreesWithTheSpecification(
            int protocol, String source, String destination, int from, int to, String expected) {
        byte[] transport =
                HexFormat.of().parseHex("%04x%04x".formatted(from, to) + "00".repeat(16));
        if (protocol == 1 || protocol == 58) {
            transport[0] = (byte) from;
            transport[1] = (byte) to;
        }
        byte[] packet =
                source.contains(":")
                        ? packet(ipv6(source, destination).nextHeader(protocol), payload(transport))
                        : packet(ipv4(source, destination).protocol(protocol), payload(transport));
        assertThat(id.compute(flow(packet)).text()).isEqualTo(expected);
        assertThat(
                        id.compute(
                                        Addresses.bytes(source),
                                        Addresses.bytes(destination),
                                        protocol,
                                        from,
                                        to)
                                .text())
                .isEqualTo(expected);
    }

    @Test
    void ordersEqualAddressesByPort() {
        byte[] address = Addresses.bytes("10.0.0.1");
        assertThat(id.compute(address, address, 6, 1, 2).text())
                .isEqualTo("1:mb9gqkXo1/+WeunLJO7I9i/H8Ec=");
        assertThat(id.compute(address, address, 6, 2, 1).text())
                .isEqualTo("1:mb9gqkXo1/+WeunLJO7I9i/H8Ec=");
    }

    @Test
    void hasASeedAndARawForm() {
        byte[] packet = packet(ipv4("1.2.3.4", "5.6.7.8"), tcp(1122, 3344));
        assertThat(new CommunityId(1).compute(flow(packet)).text())
                .isEqualTo("1:HhA1B+6CoLbiKPEs5nhNYN4XWfk=");
        id.compute(flow(packet));
        assertThat(id.hex()).isEqualTo("1:c026f7386ef200559e95a53276ed03fb5db908b3");
        byte[] raw = new byte[24];
        id.copyTo(raw, 3);
        assertThat(HexFormat.of().formatHex(raw))
                .isEqualTo("000000" + "c026f7386ef200559e95a53276ed03fb5db908b3" + "00");
        assertThat(new CommunityId(0xffff).compute(flow(packet)).hex()).isNotEqualTo(id.hex());
    }

    @Test
    void refusesWhatCannotBe() {
        byte[] four = new byte[4];
        assertThatThrownBy(() -> new CommunityId(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CommunityId(65536))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(id::text).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(id::hex).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> id.copyTo(new byte[20], 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> id.compute(four, new byte[16], 6, 1, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4 and 16");
        assertThatThrownBy(() -> id.compute(new byte[5], new byte[5], 6))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> id.compute(four, four, 256))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> id.compute(four, four, 6, -1, 2))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> id.compute(four, four, 6, 1, 65536))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> id.compute(new FiveTuple().setIpv4(1, 2, 6, 3, 4)))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Nested
    class Mapping {
        @ParameterizedTest
        @CsvSource({
            "8,0", "0,8", "9,10", "10,9", "13,14", "14,13", "15,16", "16,15", "17,18", "18,17"
        })
        void pairsIcmpTypes(int type, int answer) {
            assertPair(1, "1.2.3.4", "5.6.7.8", type, answer);
        }

        @ParameterizedTest
        @CsvSource({
            "128,129", "129,128", "130,131", "131,130", "133,134", "134,133", "135,136", "136,135",
            "139,140", "140,139", "144,145", "145,144",
        })
        void pairsIcmpv6Types(int type, int answer) {
            assertPair(58, "::1", "::2", type, answer);
        }

        private void assertPair(int protocol, String a, String b, int type, int answer) {
            String there = idOf(protocol, a, b, type, 0);
            assertThat(idOf(protocol, b, a, answer, 0)).isEqualTo(there);
            assertThat(idOf(protocol, b, a, answer, 7)).isEqualTo(there);
            assertThat(idOf(protocol, b, a, type, 0)).isNotEqualTo(there);
        }

        @ParameterizedTest
        @ValueSource(ints = {3, 5, 11, 12, 19, 128, 255})
        void leavesOtherIcmpOneWay(int type) {
            assertOneWay(1, "1.2.3.4", "5.6.7.8", type);
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 8, 127, 132, 137, 138, 141, 143, 146, 255})
        void leavesOtherIcmpv6OneWay(int type) {
            assertOneWay(58, "::1", "::2", type);
        }

        private void assertOneWay(int protocol, String a, String b, int type) {
            String there = idOf(protocol, a, b, type, 1);
            assertThat(idOf(protocol, b, a, type, 1)).isNotEqualTo(there);
            assertThat(idOf(protocol, a, b, type, 2)).isNotEqualTo(there);
        }

        @Test
        void ordersByPortWhenAddressesAreEqual() {
            assertThat(idOf(6, "1.1.1.1", "1.1.1.1", 5, 9))
                    .isEqualTo(idOf(6, "1.1.1.1", "1.1.1.1", 9, 5));
            assertThat(idOf(6, "200.1.1.1", "10.1.1.1", 5, 9))
                    .isEqualTo(idOf(6, "10.1.1.1", "200.1.1.1", 9, 5))
                    .isNotEqualTo(idOf(6, "10.1.1.1", "200.1.1.1", 5, 9));
        }

        @ParameterizedTest
        @ValueSource(ints = {33, 136, 47, 50, 255})
        void ignoresPortsOfOtherProtocols(int protocol) {
            assertThat(idOf(protocol, "1.1.1.1", "2.2.2.2", 5, 9))
                    .isEqualTo(idOf(protocol, "2.2.2.2", "1.1.1.1", 0, 1));
        }

        private String idOf(int protocol, String a, String b, int from, int to) {
            return id.compute(Addresses.bytes(a), Addresses.bytes(b), protocol, from, to).text();
        }
    }

    @Nested
    class OfPackets {
        private static final String A = "10.0.0.1";
        private static final String B = "10.0.0.2";

        @Test
        void thatQuoteAreOfTheirOwnHeaders() {
            byte[] quoted = packet(ipv4(A, B), udp(1, 2));
            FiveTuple error = flow(packet(ipv4("9.9.9.9", A), icmp(3, 1), payload(quoted)));
            assertThat(error.isQuoted()).isTrue();
            assertThat(id.compute(error).text())
                    .isEqualTo(plain("9.9.9.9", A, 1, 3, 1))
                    .isNotEqualTo(plain(A, "9.9.9.9", 1, 3, 1));
            byte[] quoted6 = packet(ipv6("::1", "::2"), udp(1, 2));
            FiveTuple error6 = flow(packet(ipv6("::9", "::1"), icmpv6(1, 4), payload(quoted6)));
            assertThat(id.compute(error6).text()).isEqualTo(plain("::9", "::1", 58, 1, 4));
        }

        @Test
        void thatAreFragmentsHavePortsInTheFirstOnly() {
            List<byte[]> fragments =
                    Fragments.ipv4(packet(ipv4(A, B), udp(7, 9), payload(counting(40))), 16);
            assertThat(id.compute(flow(fragments.get(0))).text()).isEqualTo(plain(A, B, 17, 7, 9));
            assertThat(id.compute(flow(fragments.get(1))).text()).isEqualTo(plain(A, B, 17));
            assertThat(plain(A, B, 17)).isNotEqualTo(plain(A, B, 17, 0, 0));
        }

        @Test
        void thatAreIpv6FragmentsHavePortsInTheFirstOnly() {
            byte[] whole =
                    packet(
                            ipv6("::1", "::2"),
                            destinationOptions(8),
                            authentication(16),
                            sctp(7, 9, 1),
                            payload(counting(40)));
            List<byte[]> fragments = Fragments.ipv6(whole, 1, 32);
            assertThat(id.compute(flow(fragments.get(0))).text())
                    .isEqualTo(plain("::1", "::2", 132, 7, 9));
            assertThat(id.compute(flow(fragments.get(1))).text())
                    .isEqualTo(plain("::1", "::2", 60));
            List<byte[]> small = Fragments.ipv6(whole, 1, 16);
            assertThat(id.compute(flow(small.get(0))).text()).isEqualTo(plain("::1", "::2", 60));
            byte[] twice =
                    packet(
                            ipv6("::1", "::2"),
                            fragment(0, true, 1),
                            fragment(0, true, 2),
                            udp(7, 9));
            assertThat(id.compute(flow(twice)).text()).isEqualTo(plain("::1", "::2", 44));
        }

        @Test
        void thatAreShortFragmentsHaveNoPorts() {
            byte[] udp = packet(ipv4(A, B).fragment(0, true).protocol(17), payload("000700"));
            assertThat(id.compute(flow(udp)).text()).isEqualTo(plain(A, B, 17));
            byte[] exact = packet(ipv4(A, B).fragment(0, true).protocol(17), payload("00070009"));
            assertThat(id.compute(flow(exact)).text()).isEqualTo(plain(A, B, 17, 7, 9));
            byte[] icmp = packet(ipv4(A, B).fragment(0, true).protocol(1), payload("08"));
            assertThat(id.compute(flow(icmp)).text()).isEqualTo(plain(A, B, 1));
            byte[] two = packet(ipv4(A, B).fragment(0, true).protocol(1), payload("0800"));
            assertThat(id.compute(flow(two)).text()).isEqualTo(plain(A, B, 1, 8, 0));
        }

        @Test
        void ignoreEchoIdentifiers() {
            assertThat(id.compute(flow(packet(ipv4(A, B), echoRequest(1, 1)))).text())
                    .isEqualTo(id.compute(flow(packet(ipv4(B, A), echoReply(2, 1)))).text());
        }

        @Test
        void readNothingOfOtherProtocols() {
            assertThat(id.compute(flow(packet(ipv4(A, B), gre()))).text())
                    .isEqualTo(plain(A, B, 47));
            assertThat(cut(packet(ipv4(A, B), gre()), 20)).hasSize(20);
        }

        private String plain(String source, String destination, int protocol) {
            return new CommunityId()
                    .compute(Addresses.bytes(source), Addresses.bytes(destination), protocol)
                    .text();
        }

        private String plain(String source, String destination, int protocol, int from, int to) {
            return new CommunityId()
                    .compute(
                            Addresses.bytes(source),
                            Addresses.bytes(destination),
                            protocol,
                            from,
                            to)
                    .text();
        }
    }

    /** The specification's own tables and captures, where they are there. */
    @Nested
    class Baseline {
        private static final int ETHERNET = 14;

        @ParameterizedTest
        @CsvSource({"deflt, 0", "seed1, 1", "nob64, 0"})
        void rowsAgree(String name, int seed) throws IOException {
            CommunityId id = new CommunityId(seed);
            List<Row> rows = rows(name);
            assertThat(rows).hasSize(23);
            for (Row row : rows) {
                byte[] source = Addresses.bytes(row.source);
                byte[] destination = Addresses.bytes(row.destination);
                CommunityId actual =
                        row.ports == null
                                ? id.compute(source, destination, row.protocol)
                                : id.compute(
                                        source,
                                        destination,
                                        row.protocol,
                                        row.ports[0],
                                        row.ports[1]);
                assertThat(name.equals("nob64") ? actual.hex() : actual.text()).isEqualTo(row.id);
            }
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "arp",
                    "icmp",
                    "icmp6",
                    "ipv6",
                    "rsvp",
                    "sctp",
                    "tcp",
                    "udp",
                    "combined"
                })
        void capturesAgree(String name, @TempDir Path folder) throws IOException {
            Set<String> known = new TreeSet<>();
            for (Row row : rows("deflt")) {
                known.add(row.source + " > " + row.destination + " " + row.id);
            }
            Set<String> seen = new TreeSet<>();
            for (byte[] frame : Corpus.frames(capture(name, folder))) {
                int type = (frame[12] & 0xff) << 8 | frame[13] & 0xff;
                if (type != 0x0800 && type != 0x86dd) {
                    continue;
                }
                ByteBuf buffer = Unpooled.wrappedBuffer(frame);
                FiveTuple tuple = new FiveTuple();
                // Some captures kept the first 96 bytes only
                assertThat(tuple.wrap(buffer, ETHERNET, frame.length - ETHERNET, 1500))
                        .isEqualTo(FlowStatus.OK);
                boolean v6 = type == 0x86dd;
                int at = ETHERNET + (v6 ? 8 : 12);
                int length = v6 ? 16 : 4;
                seen.add(
                        literal(buffer, at, length)
                                + " > "
                                + literal(buffer, at + length, length)
                                + " "
                                + id.compute(tuple).text());
            }
            if (name.equals("combined")) {
                assertThat(seen).isEqualTo(known);
            } else {
                assertThat(known).containsAll(seen);
                assertThat(seen.isEmpty()).isEqualTo(name.equals("arp"));
            }
        }

        private String literal(ByteBuf buffer, int at, int length) {
            return length == 4
                    ? FlowFormat.ipv4(buffer.getInt(at))
                    : FlowFormat.ipv6(buffer.getLong(at), buffer.getLong(at + 8));
        }

        private Path capture(String name, Path folder) throws IOException {
            String suffix = name.equals("combined") ? ".pcap.gz" : ".pcap";
            Optional<Path> file = Corpus.file("community-id/pcaps/" + name + suffix);
            assumeTrue(file.isPresent(), "no corpus");
            if (suffix.equals(".pcap")) {
                return file.get();
            }
            Path plain = folder.resolve("combined.pcap");
            try (InputStream in = new GZIPInputStream(Files.newInputStream(file.get()))) {
                Files.copy(in, plain);
            }
            return plain;
        }

        private List<Row> rows(String name) throws IOException {
            Optional<Path> file = Corpus.file("community-id/baseline/baseline_" + name + ".json");
            assumeTrue(file.isPresent(), "no corpus");
            List<Row> rows = new ArrayList<>();
            Matcher object = Pattern.compile("\\{[^}]*}").matcher(Files.readString(file.get()));
            while (object.find()) {
                String text = object.group();
                String port = field(text, "sport");
                rows.add(
                        new Row(
                                Integer.parseInt(field(text, "proto")),
                                field(text, "saddr"),
                                field(text, "daddr"),
                                port.equals("null")
                                        ? null
                                        : new int[] {
                                            Integer.parseInt(port),
                                            Integer.parseInt(field(text, "dport"))
                                        },
                                field(text, "communityid")));
            }
            return rows;
        }

        private String field(String object, String name) {
            Matcher field =
                    Pattern.compile('"' + name + "\"\\s*:\\s*\"?([^\",\\s}]*)").matcher(object);
            assertThat(field.find()).isTrue();
            return field.group(1);
        }

        @SuppressWarnings("ArrayRecordComponent") // never compared
        private record Row(
                int protocol, String source, String destination, int[] ports, String id) {}
    }
}
