package io.github.geneve4j.appliance.cli;

import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;

import io.github.geneve4j.io.pcap.LinkType;
import io.github.geneve4j.io.pcap.PcapFormat;
import io.github.geneve4j.io.pcap.PcapWriter;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.stream.Stream;

/** Capture files that fuzzing starts from, each with a Geneve packet, and what can befall them. */
final class DumpSeeds {
    private static final int PCAP_HEADER_LENGTH = 24;
    private static final int MAGIC_LENGTH = 4;

    private DumpSeeds() {}

    /** Every line of these is known to be printed. */
    static Stream<byte[]> whole() {
        return Stream.concat(
                Arrays.stream(PcapFormat.values())
                        .map(format -> file(format, LinkType.IPV4, KnownPackets.awsRequest())),
                Stream.of(
                        behind(LinkType.ETHERNET, "02000000000a 02000000000b 0800"),
                        behind(LinkType.LINUX_SLL, "0000 0001 0006 02000000000b0000 0800"),
                        behind(
                                LinkType.LINUX_SLL2,
                                "0800 0000 00000002 0001 00 06 02000000000b0000"),
                        behind(LinkType.NULL, "02000000"),
                        behind(LinkType.LOOP, "00000002"),
                        behind(LinkType.RAW, ""),
                        behind(LinkType.RAW_DLT, ""),
                        behind(LinkType.RAW_OPENBSD, ""),
                        file(PcapFormat.PCAPNG, LinkType.IPV6, overIpv6()),
                        file(PcapFormat.PCAPNG, LinkType.ETHERNET, tagged(), tagged()),
                        file(PcapFormat.PCAPNG, LinkType.IPV4, fragment(true), fragment(false)),
                        file(PcapFormat.PCAPNG, LinkType.IPV4, oddUdp(0), oddUdp(7), oddUdp(99)),
                        file(PcapFormat.PCAPNG, LinkType.IPV4, malformed(), oddUdp(0))));
    }

    static Stream<byte[]> broken() {
        byte[] request = KnownPackets.awsRequest();
        byte[] pcap = file(PcapFormat.PCAP_NANOS, LinkType.IPV4, request, request);
        byte[] pcapng = file(PcapFormat.PCAPNG, LinkType.IPV4, request, request);
        return Stream.of(
                new byte[0],
                Arrays.copyOf(pcap, pcap.length - 7),
                Arrays.copyOf(pcap, PCAP_HEADER_LENGTH),
                Arrays.copyOf(pcap, MAGIC_LENGTH),
                Arrays.copyOf(pcapng, pcapng.length - 7),
                wrongTrailer(pcapng),
                concat(pcapng, pcap),
                concat(pcapng, pcapng),
                file(PcapFormat.PCAPNG, 127, request));
    }

    /** The last four bytes repeat the length of the last block. */
    private static byte[] wrongTrailer(byte[] pcapng) {
        byte[] file = pcapng.clone();
        file[file.length - 1] ^= 0x40;
        return file;
    }

    private static byte[] behind(int linkType, String header) {
        byte[] frame = concat(Hex.bytes(header), KnownPackets.awsRequest());
        return file(PcapFormat.PCAP_NANOS, linkType, frame);
    }

    private static byte[] overIpv6() {
        return packet(
                ipv6("2001:db8::1", "2001:db8::2"),
                hopByHop(8),
                udp(60_000, 6081),
                geneve().vni(7).option(0xffff, 1, "00112233"),
                payload("45"));
    }

    private static byte[] tagged() {
        return packet(
                ethernet(),
                qinq(5),
                vlan(6),
                ipv4("10.0.0.1", "10.0.0.2"),
                udp(60_000, 6081),
                payload(KnownPackets.awsDatagram()));
    }

    private static byte[] fragment(boolean first) {
        return packet(
                ipv4("10.0.0.1", "10.0.0.2").fragment(first ? 0 : 128, first),
                udp(60_000, 6081).length(1000),
                payload(KnownPackets.awsDatagram()));
    }

    private static byte[] oddUdp(int length) {
        return packet(
                ipv4("10.0.0.1", "10.0.0.2"),
                udp(60_000, 6081).length(length),
                payload(KnownPackets.awsDatagram()));
    }

    private static byte[] malformed() {
        return packet(ipv4("10.0.0.1", "10.0.0.2"), udp(60_000, 6081), geneve().optLenWords(9));
    }

    private static byte[] file(PcapFormat format, int linkType, byte[]... frames) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        try (PcapWriter writer = PcapWriter.create(file, format, linkType)) {
            for (byte[] frame : frames) {
                writer.write(0, Unpooled.wrappedBuffer(frame), 0, frame.length);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file.toByteArray();
    }
}
