package io.github.geneve4j.io.pcap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.geneve4j.testkit.Corpus;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Public captures, where their folder is there. */
class CorpusTest {
    private final UdpDatagram datagram = new UdpDatagram();

    @Test
    void readsEveryFile() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(file("edge.pcap").getParent())) {
            files = all.filter(file -> file.toString().matches(".*\\.pcap(\\.gz)?")).toList();
        }
        assertThat(files).hasSizeGreaterThan(1);
        for (Path file : files) {
            List<byte[]> frames = new ArrayList<>();
            try (PcapReader capture = open(file)) {
                while (capture.next()) {
                    assertThat(capture.linkType()).as("%s", file).isEqualTo(LinkType.ETHERNET);
                    assertThat(capture.originalLength())
                            .isGreaterThanOrEqualTo(capture.capturedLength());
                    // Between 2000 and 2100, but for the file that was made and not captured.
                    if (!file.endsWith("edge.pcap")) {
                        assertThat(capture.timestampNanos())
                                .isBetween(946_684_800_000_000_000L, 4_102_444_800_000_000_000L);
                    }
                    frames.add(
                            ByteBufUtil.getBytes(
                                    capture.buffer(), capture.offset(), capture.capturedLength()));
                }
            }
            assertThat(frames).as("%s", file).isNotEmpty();
            if (!isCompressed(file)) {
                assertThat(frames.toArray())
                        .as("%s", file)
                        .isEqualTo(Corpus.frames(file).toArray());
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
        try (PcapReader capture = open(file(file))) {
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
        List<String> expected =
                Corpus.cases(file("edge.txt")).stream().map(Corpus.Case::hex).toList();
        List<String> found = new ArrayList<>();
        try (PcapReader capture = open(file("edge.pcap"))) {
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
        try (PcapReader capture = open(file("pcaps/tcpdump-gso-ipv4-geneve-ipv4.pcap"))) {
            assertThat(capture.next()).isTrue();
            assertThat(wrap(capture)).isEqualTo(DatagramStatus.OK);
            assertThat(datagram.payloadLength()).isEqualTo(capture.capturedLength() - 14 - 20 - 8);
            assertThat(datagram.isTruncated()).isFalse();
        }
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "arp, NOT_IP",
        "icmp, NOT_UDP",
        "icmp6, NOT_UDP",
        "ipv6, NOT_UDP",
        "rsvp, NOT_UDP",
        "sctp, NOT_UDP",
        "tcp, NOT_UDP",
        "udp, OK",
    })
    void saysWhatEachCaptureIsNamedFor(String name, DatagramStatus status) throws IOException {
        try (PcapReader capture = open(file("community-id/pcaps/" + name + ".pcap"))) {
            while (capture.next()) {
                assertThat(wrap(capture)).isEqualTo(status);
            }
        }
    }

    private DatagramStatus wrap(PcapReader capture) {
        return datagram.wrap(
                capture.linkType(), capture.buffer(), capture.offset(), capture.capturedLength());
    }

    private static PcapReader open(Path file) throws IOException {
        return isCompressed(file)
                ? PcapReader.open(new GZIPInputStream(Files.newInputStream(file)))
                : PcapReader.open(file);
    }

    private static boolean isCompressed(Path file) {
        return file.toString().endsWith(".gz");
    }

    private static Path file(String name) {
        Optional<Path> file = Corpus.file(name);
        assumeThat(file).as("no captures here").isPresent();
        return file.orElseThrow();
    }
}
