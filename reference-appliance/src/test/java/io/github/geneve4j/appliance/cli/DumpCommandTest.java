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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
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

    /** IP's lengths do not matter where the frame holds what UDP's promises. */
    @ParameterizedTest(name = "total length {0}, UDP length {1}")
    @CsvSource({"28, 0", "28, 32", "0, 32", "65535, 0", "20, 32"})
    void takesUdpsWordOverIps(int totalLength, int udpLength) throws IOException {
        byte[] frame =
                packet(
                        ipv4("10.0.0.1", "10.0.0.2").totalLength(totalLength),
                        udp(1, 6081).length(udpLength),
                        geneve().vni(7).option(0x0108, 1, "0011223344556677"),
                        payload("aabbccdd"));
        Path file = capture(PcapFormat.PCAPNG, LinkType.IPV4, frame);

        assertThat(CommandLines.run("dump", "--json", file.toString()).out())
                .startsWith("{\"frame\":1,\"status\":\"ok\"")
                .contains("0011223344556677");
    }

    @Test
    void printsDatagramsWithoutPayload() throws IOException {
        byte[] bad =
                packet(
                        ipv4("10.0.0.1", "10.0.0.2"),
                        udp(1, 6081).length(7),
                        payload("0000080000000000"));
        Path file =
                capture(
                        PcapFormat.PCAPNG,
                        LinkType.IPV4,
                        bad,
                        Arrays.copyOf(bad, 24),
                        Arrays.copyOf(bad, 23));

        assertThat(CommandLines.run("dump", "--json", file.toString()).lines())
                .containsExactly(
                        "{\"frame\":1,\"status\":\"bad_udp_length\"}",
                        "{\"frame\":2,\"status\":\"truncated_udp\"}");
        assertThat(CommandLines.run("dump", file.toString()).lines())
                .containsExactly(
                        "1 10.0.0.1:1 > 10.0.0.2:6081 malformed (bad_udp_length)",
                        "2 10.0.0.1:1 > 10.0.0.2:6081 malformed (truncated_udp)");
        assertThat(CommandLines.run("dump", "--port", "53", file.toString()).out()).isEmpty();
    }

    @Test
    void saysWhichFramesItCannotRead() throws IOException {
        byte[] request = KnownPackets.awsRequest();
        Path file = capture(PcapFormat.PCAPNG, 127, request, request);

        Result result = CommandLines.run("dump", file.toString());

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().lines())
                .containsExactly("appliance: " + file + ": 2 frames of link type 127: not read");
    }

    @Test
    void saysWhenNothingWasToThePort() throws IOException {
        Path file = capture(PcapFormat.PCAP_NANOS, LinkType.IPV4, KnownPackets.awsRequest());

        Result result = CommandLines.run("dump", "--port", "4789", file.toString());

        assertThat(result.status()).isZero();
        assertThat(result.out()).isEmpty();
        assertThat(result.err().lines())
                .containsExactly("appliance: " + file + ": 1 frame, none of them UDP to port 4789");
    }

    /** And stops at the first failure, as the rest could not be written either. */
    @Test
    void saysWhenTheOutputFails() throws IOException {
        byte[][] frames = new byte[1000][];
        Arrays.fill(frames, KnownPackets.awsRequest());
        Path file = capture(PcapFormat.PCAPNG, LinkType.IPV4, frames);
        AtomicInteger writes = new AtomicInteger();
        Writer full =
                new Writer() {
                    @Override
                    public void write(char[] chars, int offset, int length) throws IOException {
                        writes.incrementAndGet();
                        throw new IOException("no space left");
                    }

                    @Override
                    public void flush() {}

                    @Override
                    public void close() {}
                };

        Result result = CommandLines.run(full, "dump", "--json", file.toString());

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("the output cannot be written").hasLineCount(1);
        assertThat(writes).hasValue(1);
    }

    /** A pipe gives one frame and a half; the line is out before more is asked for. */
    @Test
    void holdsNothingBackWhileStandardInputTrickles() throws IOException {
        Path file =
                capture(
                        PcapFormat.PCAPNG,
                        LinkType.IPV4,
                        KnownPackets.awsRequest(),
                        KnownPackets.awsRequest());
        byte[] bytes = Files.readAllBytes(file);
        int some = bytes.length - 40;
        StringWriter out = new StringWriter();
        List<String> outBeforeEachRead = new ArrayList<>();
        InputStream pipe =
                new InputStream() {
                    private final ByteArrayInputStream all = new ByteArrayInputStream(bytes);

                    @Override
                    public int read() {
                        throw new AssertionError("one by one");
                    }

                    @Override
                    public int read(byte[] to, int offset, int length) {
                        outBeforeEachRead.add(out.toString());
                        int most = all.available() == bytes.length ? some : length;
                        return all.read(to, offset, most);
                    }
                };
        InputStream before = System.in;
        System.setIn(pipe);
        try {
            Result result = CommandLines.run(out, "dump", "-");
            assertThat(result.status()).as(result.err()).isZero();
            assertThat(result.lines()).hasSize(2);
        } finally {
            System.setIn(before);
        }
        assertThat(outBeforeEachRead).hasSizeGreaterThan(1);
        assertThat(outBeforeEachRead.get(1)).startsWith("1 10.254.11.60:").hasLineCount(1);
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
