package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Public captures, where their folder is there. */
class CorpusTest {
    private static final Path CORPUS = Path.of(System.getProperty("geneve4j.corpus", "corpus"));

    private final UdpDatagram datagram = new UdpDatagram();

    @BeforeAll
    static void corpusIsThere() {
        assumeThat(Files.isDirectory(CORPUS)).as("no captures in %s", CORPUS).isTrue();
    }

    @Test
    void readsEveryFile() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(CORPUS)) {
            files = all.filter(file -> file.toString().matches(".*\\.pcap(ng)?(\\.gz)?")).toList();
        }
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            try (PcapReader capture = open(file)) {
                while (capture.next()) {
                    assertThat(capture.linkType()).as("%s", file).isEqualTo(LinkType.ETHERNET);
                    assertThat((long) capture.capturedLength())
                            .isBetween(1L, capture.originalLength());
                    // Between 2000 and 2100, but for the file that was made and not captured.
                    if (!file.endsWith("edge.pcap")) {
                        assertThat(capture.timestampNanos())
                                .isBetween(946_684_800_000_000_000L, 4_102_444_800_000_000_000L);
                    }
                }
                assertThat(capture.frameNumber()).as("%s", file).isPositive();
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        // frames, and how many of them are UDP to or from the tunnel's port
        "pcaps/suricata-verify-bug-6402-01.pcap, 12, 12",
        "pcaps/tcpdump-geneve.pcap, 39, 39",
        "pcaps/tx-gwlb-geneve.pcap, 18, 18",
        "pcaps/tcpdump-gso-ipv4-geneve-ipv4.pcap, 1, 1",
        "edge.pcap, 62, 62",
    })
    void findsTheTunnelInEveryFrame(String file, int frames, int tunnel) throws IOException {
        int found = 0;
        try (PcapReader capture = open(CORPUS.resolve(file))) {
            while (capture.next()) {
                DatagramStatus status = wrap(capture);
                if (status == DatagramStatus.OK
                        && (datagram.destinationPort() == 6081 || datagram.sourcePort() == 6081)) {
                    found++;
                }
            }
            assertThat(capture.frameNumber()).isEqualTo(frames);
        }
        assertThat(found).isEqualTo(tunnel);
    }

    /** The text beside the file has the payload of each of its frames. */
    @Test
    void findsThePayloadsOfTheEdgeCases() throws IOException {
        List<String> expected = new ArrayList<>();
        for (String line : Files.readAllLines(CORPUS.resolve("edge.txt"))) {
            expected.add(line.substring(line.lastIndexOf('\t') + 1));
        }
        List<String> found = new ArrayList<>();
        try (PcapReader capture = open(CORPUS.resolve("edge.pcap"))) {
            while (capture.next()) {
                assertThat(wrap(capture)).isEqualTo(DatagramStatus.OK);
                found.add(
                        ByteBufUtil.hexDump(
                                datagram.buffer(),
                                datagram.payloadOffset(),
                                datagram.payloadLength()));
            }
        }
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void readsASuperPacketWhole() throws IOException {
        try (PcapReader capture = open(CORPUS.resolve("pcaps/tcpdump-gso-ipv4-geneve-ipv4.pcap"))) {
            assertThat(capture.next()).isTrue();
            assertThat(wrap(capture)).isEqualTo(DatagramStatus.OK);
            assertThat(datagram.payloadLength()).isEqualTo(capture.capturedLength() - 14 - 20 - 8);
            assertThat(datagram.isTruncated()).isFalse();
        }
    }

    /** The baseline names the IP protocol of every packet in the combined capture's parts. */
    @Test
    void agreesWithTheBaselineOnWhatIsUdp() throws IOException {
        String baseline =
                Files.readString(
                        CORPUS.resolve("community-id/baseline/baseline_deflt.json"),
                        StandardCharsets.UTF_8);
        assertThat(baseline).contains("udp.pcap");
        Map<DatagramStatus, Integer> counts = new EnumMap<>(DatagramStatus.class);
        try (PcapReader capture = open(CORPUS.resolve("community-id/pcaps/udp.pcap"))) {
            while (capture.next()) {
                counts.merge(wrap(capture), 1, Integer::sum);
            }
            assertThat(counts).containsOnlyKeys(DatagramStatus.OK);
        }
        try (PcapReader capture = open(CORPUS.resolve("community-id/pcaps/arp.pcap"))) {
            while (capture.next()) {
                assertThat(wrap(capture)).isEqualTo(DatagramStatus.NOT_IP);
            }
        }
        for (String other : List.of("icmp", "icmp6", "ipv6", "rsvp", "sctp", "tcp")) {
            try (PcapReader capture =
                    open(CORPUS.resolve("community-id/pcaps/" + other + ".pcap"))) {
                while (capture.next()) {
                    assertThat(wrap(capture)).as(other).isEqualTo(DatagramStatus.NOT_UDP);
                }
            }
        }
    }

    private DatagramStatus wrap(PcapReader capture) {
        return datagram.wrap(
                capture.linkType(), capture.buffer(), capture.offset(), capture.capturedLength());
    }

    private static PcapReader open(Path file) throws IOException {
        if (!file.toString().endsWith(".gz")) {
            return PcapReader.open(file);
        }
        InputStream in = Files.newInputStream(file);
        return PcapReader.open(new GZIPInputStream(in));
    }
}
