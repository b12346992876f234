package io.github.geneve4j.appliance.cli;

import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.geneve4j.appliance.cli.CommandLines.Result;
import io.github.geneve4j.io.pcap.LinkType;
import io.github.geneve4j.io.pcap.PcapFormat;
import io.github.geneve4j.io.pcap.PcapWriter;
import io.github.geneve4j.testkit.Corpus;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DumpCommandTest {
    private static final String AWS_JSON =
            "\"status\":\"ok\",\"version\":0,\"control\":false,\"critical\":false,"
                    + "\"protocol\":2048,\"vni\":0,\"optionsLength\":32,\"options\":["
                    + "{\"class\":264,\"type\":1,\"critical\":false,\"data\":\"2356de92d389839c\"},"
                    + "{\"class\":264,\"type\":2,\"critical\":false,\"data\":\"0000000000000000\"},"
                    + "{\"class\":264,\"type\":3,\"critical\":false,\"data\":\"98ef1b00\"}],"
                    + "\"payloadOffset\":40,\"gwlb\":{\"dialect\":\"aws\","
                    + "\"endpoint\":\"vpce-02356de92d389839c\","
                    + "\"attachment\":\"0x0000000000000000\",\"cookie\":\"0x98ef1b00\"}";

    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource(PcapFormat.class)
    void printsOneObjectALineInEveryFormat(PcapFormat format) throws IOException {
        Path file = capture(format, LinkType.IPV4, KnownPackets.awsRequest(), awsRequestTo(6081));

        Result result = CommandLines.run("dump", "--json", file.toString());

        assertThat(result.status()).isZero();
        assertThat(result.lines()).hasSize(2);
        assertThat(result.lines().get(0)).startsWith("{\"frame\":1," + AWS_JSON).endsWith("}");
        assertThat(result.lines().get(1)).startsWith("{\"frame\":2," + AWS_JSON);
        assertThat(result.err()).isEmpty();
    }

    @Test
    void printsOneLineForPeople() throws IOException {
        Path file = capture(PcapFormat.PCAPNG, LinkType.IPV4, KnownPackets.awsRequest());

        Result result = CommandLines.run("dump", file.toString());

        assertThat(result.lines())
                .singleElement()
                .asString()
                .startsWith(
                        "1 10.254.11.60:60001 > 10.254.11.101:6081 geneve vni 0 ipv4 payload 84 [")
                .contains("gwlb aws vpce-02356de92d389839c");
    }

    @Test
    void countsAllFramesAndPrintsThoseToThePort() throws IOException {
        byte[] other = packet(ipv4("10.0.0.1", "10.0.0.2"), udp(6081, 53), payload("00"));
        Path file =
                capture(
                        PcapFormat.PCAPNG,
                        LinkType.IPV4,
                        other,
                        awsRequestTo(7000),
                        other,
                        awsRequestTo(6081));

        assertThat(CommandLines.run("dump", "--json", file.toString()).lines())
                .singleElement()
                .asString()
                .startsWith("{\"frame\":4,");
        assertThat(CommandLines.run("dump", "--json", "--port", "7000", file.toString()).lines())
                .singleElement()
                .asString()
                .startsWith("{\"frame\":2,");
    }

    @Test
    void printsTheStatusOfAMalformedPacket() throws IOException {
        byte[] bad =
                packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 6081), payload("4000080000000000"));
        Path file = capture(PcapFormat.PCAPNG, LinkType.IPV4, bad);

        assertThat(CommandLines.run("dump", "--json", file.toString()).out())
                .isEqualTo(
                        "{\"frame\":1,\"status\":\"unsupported_version\"}"
                                + System.lineSeparator());
        assertThat(CommandLines.run("dump", file.toString()).out())
                .contains("malformed (unsupported_version)");
    }

    @Test
    void seesThroughTagsAndIpv6() throws IOException {
        byte[] frame =
                packet(
                        ethernet(),
                        vlan(5),
                        vlan(6),
                        ipv6("2001:db8::1", "2001:db8::2"),
                        udp(60_000, 6081),
                        geneve().vni(7),
                        payload("aa"));
        Path file = capture(PcapFormat.PCAPNG, LinkType.ETHERNET, frame);

        assertThat(CommandLines.run("dump", file.toString()).out())
                .startsWith("1 [2001:db8::1]:60000 > [2001:db8::2]:6081 geneve vni 7 ");
    }

    /** UDP's length decides where the datagram ends: what follows is not Geneve's. */
    @Test
    void readsNoFurtherThanTheDatagram() throws IOException {
        byte[] cut =
                packet(
                        ipv4("10.0.0.1", "10.0.0.2"),
                        udp(1, 6081).length(8 + 4),
                        payload("0000080000000000"));
        Path file = capture(PcapFormat.PCAPNG, LinkType.IPV4, cut);

        assertThat(CommandLines.run("dump", "--json", file.toString()).out())
                .contains("\"truncated_header\"");
    }

    @Test
    void printsWhatIsReadableOfACutFile() throws IOException {
        Path file =
                capture(
                        PcapFormat.PCAPNG,
                        LinkType.IPV4,
                        KnownPackets.awsRequest(),
                        KnownPackets.awsRequest());
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 7));

        Result result = CommandLines.run("dump", "--json", file.toString());

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.lines()).singleElement().asString().startsWith("{\"frame\":1,");
        assertThat(result.err()).startsWith("appliance: " + file + ": ").contains("truncated");
    }

    @Test
    void refusesAForeignFileAMissingOneAndAFolder() throws IOException {
        Path foreign = Files.writeString(folder.resolve("foreign"), "MZ this is no capture");
        for (Path file : new Path[] {foreign, folder.resolve("missing"), folder}) {
            Result result = CommandLines.run("dump", file.toString());

            assertThat(result.status()).as("%s", file).isEqualTo(2);
            assertThat(result.out()).isEmpty();
            assertThat(result.err()).startsWith("appliance: " + file + ": ").hasLineCount(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "geneve"})
    void refusesAPortThatIsNone(String port) {
        Result result = CommandLines.run("dump", "--port", port, "file");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains(port);
    }

    /**
     * Structure is the codec's business, and all of it: status and fields equal the naive
     * decoder's.
     */
    @Test
    void agreesWithEveryNamedCase() {
        Optional<Path> text = Corpus.file("edge.txt");
        Optional<Path> capture = Corpus.file("edge.pcap");
        assumeTrue(text.isPresent() && capture.isPresent(), "needs the corpus");

        Result result = CommandLines.run("dump", "--json", capture.get().toString());

        assertThat(result.status()).isZero();
        assertThat(result.lines()).hasSize(62);
        for (Corpus.Case named : Corpus.cases(text.get())) {
            String line = result.lines().get(named.number() - 1);
            assertThat(line).as(named.name()).startsWith(expectedStart(named));
        }
    }

    private static String expectedStart(Corpus.Case named) {
        byte[] bytes = Hex.bytes(named.hex());
        String verdict = NaiveGeneveDecoder.verdict(bytes);
        String start = "{\"frame\":" + named.number() + ",\"status\":\"" + verdict + "\"";
        if (!verdict.equals(NaiveGeneveDecoder.OK)) {
            return start + "}";
        }
        NaiveGeneveDecoder.Header header = NaiveGeneveDecoder.header(bytes);
        StringBuilder out = new StringBuilder(start);
        out.append(",\"version\":0,\"control\":").append(header.control());
        out.append(",\"critical\":").append(header.critical());
        out.append(",\"protocol\":").append(header.protocolType());
        out.append(",\"vni\":").append(header.vni());
        out.append(",\"optionsLength\":").append(4 * header.optLenWords());
        out.append(",\"options\":[");
        for (NaiveGeneveDecoder.Option option : header.options()) {
            out.append(out.charAt(out.length() - 1) == '[' ? "" : ",");
            out.append("{\"class\":").append(option.optionClass());
            out.append(",\"type\":").append(option.type());
            out.append(",\"critical\":").append(option.critical());
            out.append(",\"data\":\"").append(option.data()).append("\"}");
        }
        return out.append("],\"payloadOffset\":").append(header.length()).toString();
    }

    @ParameterizedTest(name = "{0}: {1} packets, {2} of them ok")
    @CsvSource({
        "suricata-verify-bug-6402-01.pcap, 12, 12",
        "tcpdump-geneve.pcap,              39, 39",
        "tcpdump-geneve-gcp.pcap,           1,  1",
        "tcpdump-gso-ipv4-geneve-ipv4.pcap, 1,  1",
        "tx-gwlb-geneve.pcap,              18, 18",
        "zeek-geneve-many-options.pcap,    10, 10",
        "zeek-geneve-ipv6.pcap,             2,  2",
        "zeek-geneve-47101.pcap,           24, 24",
    })
    void readsPublicCaptures(String name, int packets, int ok) {
        Optional<Path> file = Corpus.file("pcaps/" + name);
        assumeTrue(file.isPresent(), "needs the corpus");

        Result result = CommandLines.run("dump", "--json", file.get().toString());

        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.lines()).hasSize(packets);
        assertThat(result.lines().stream().filter(line -> line.contains("\"status\":\"ok\"")))
                .hasSize(ok);
    }

    private static byte[] awsRequestTo(int port) {
        return packet(
                ipv4("10.254.11.60", "10.254.11.101"),
                udp(60_001, port),
                payload(KnownPackets.awsDatagram()));
    }

    private Path capture(PcapFormat format, int linkType, byte[]... frames) throws IOException {
        Path file = folder.resolve("capture");
        try (PcapWriter writer = PcapWriter.create(file, format, linkType)) {
            for (byte[] frame : frames) {
                writer.write(0, Unpooled.wrappedBuffer(frame), 0, frame.length);
            }
        }
        return file;
    }
}
