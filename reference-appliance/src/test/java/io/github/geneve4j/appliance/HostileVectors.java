package io.github.geneve4j.appliance;

import io.github.geneve4j.io.pcap.DatagramStatus;
import io.github.geneve4j.io.pcap.LinkType;
import io.github.geneve4j.io.pcap.UdpDatagram;
import io.github.geneve4j.testkit.Corpus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Datagrams that somebody has written down as worth a look: what fuzzing of this project begins
 * with, and the public captures, where there are any.
 */
final class HostileVectors {
    private static final int ETHERNET_LENGTH = 14;
    private static final List<String> CAPTURES =
            List.of(
                    "edge.pcap",
                    "pcaps/suricata-verify-bug-6402-01.pcap",
                    "pcaps/tcpdump-geneve.pcap",
                    "pcaps/tcpdump-geneve-gcp.pcap",
                    "pcaps/tcpdump-gso-ipv4-geneve-ipv4.pcap",
                    "pcaps/tx-gwlb-geneve.pcap",
                    "pcaps/zeek-geneve-many-options.pcap",
                    "pcaps/zeek-geneve-ipv6.pcap",
                    "pcaps/zeek-geneve-47101.pcap",
                    "community-id/pcaps/arp.pcap",
                    "community-id/pcaps/icmp.pcap",
                    "community-id/pcaps/icmp6.pcap",
                    "community-id/pcaps/ipv6.pcap",
                    "community-id/pcaps/rsvp.pcap",
                    "community-id/pcaps/sctp.pcap",
                    "community-id/pcaps/tcp.pcap",
                    "community-id/pcaps/udp.pcap");

    private HostileVectors() {}

    /** {@return all of them that are no longer than that} */
    static List<byte[]> upTo(int length) {
        List<byte[]> all = new ArrayList<>();
        addFuzzInputs(all);
        Corpus.file("edge.txt").ifPresent(f -> Corpus.cases(f).forEach(c -> all.add(c.bytes())));
        for (String capture : CAPTURES) {
            Corpus.file(capture).ifPresent(f -> Corpus.frames(f).forEach(frame -> add(frame, all)));
        }
        all.removeIf(vector -> vector.length > length);
        return all;
    }

    private static void addFuzzInputs(List<byte[]> into) {
        Path root = Path.of(System.getProperty("geneve4j.root"));
        for (String module : List.of("geneve-core", "gwlb-tlv", "flow-hash", "packet-io")) {
            Path inputs = root.resolve(module).resolve("src/test/resources");
            if (!Files.isDirectory(inputs)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(inputs)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    byte[] bytes = Files.readAllBytes(file);
                    into.add(bytes);
                    into.add(inside(bytes));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * Adds the payload of a frame's UDP, if that is what it is, and what it has for an inner
     * packet.
     */
    private static void add(byte[] frame, List<byte[]> into) {
        ByteBuf buffer = Unpooled.wrappedBuffer(frame);
        UdpDatagram udp = new UdpDatagram();
        if (udp.wrap(LinkType.ETHERNET, buffer, 0, frame.length) == DatagramStatus.OK) {
            into.add(ByteBufUtil.getBytes(buffer, udp.payloadOffset(), udp.payloadLength()));
        }
        if (frame.length > ETHERNET_LENGTH) {
            into.add(inside(Arrays.copyOfRange(frame, ETHERNET_LENGTH, frame.length)));
        }
    }

    private static byte[] inside(byte[] packet) {
        return WorkerVerdictTest.datagram(packet);
    }
}
