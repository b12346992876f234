package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;
import net.jqwik.api.statistics.StatisticsReport.StatisticsReportMode;

/** The generated packets have right lengths and checksums, and damage does damage. */
class PacketArbitrariesPropertyTest {
    @Provide
    Arbitrary<byte[]> ip() {
        return PacketArbitraries.ip();
    }

    @Provide
    Arbitrary<byte[]> frames() {
        return PacketArbitraries.frames();
    }

    @Provide
    Arbitrary<byte[]> datagrams() {
        return PacketArbitraries.datagrams();
    }

    @Provide
    Arbitrary<byte[]> outer() {
        return PacketArbitraries.outer();
    }

    @Provide
    Arbitrary<byte[]> damagedIp() {
        return PacketArbitraries.damaged(PacketArbitraries.ip());
    }

    @Property
    @StatisticsReport(StatisticsReportMode.OFF)
    void ipPacketsAreConsistent(@ForAll("ip") byte[] packet) {
        assertConsistent(packet);
        Statistics.collect(packet[0] >> 4 == 4 ? "IPv4" : "IPv6");
        Statistics.coverage(
                coverage -> {
                    coverage.check("IPv4").count(c -> c > 100);
                    coverage.check("IPv6").count(c -> c > 100);
                });
    }

    @Property
    void framesCarryIpBehindTheirTags(@ForAll("frames") byte[] frame) {
        ByteBuffer bytes = ByteBuffer.wrap(frame).position(12);
        int type = bytes.getShort() & 0xffff;
        int tags = 0;
        while (type == 0x8100 || type == 0x88a8) {
            bytes.getShort();
            type = bytes.getShort() & 0xffff;
            tags++;
        }
        byte[] packet = Arrays.copyOfRange(frame, bytes.position(), frame.length);

        assertThat(tags).isLessThanOrEqualTo(2);
        assertThat(type).isEqualTo(packet[0] >> 4 == 4 ? 0x0800 : 0x86dd);
        assertConsistent(packet);
    }

    @Property
    void datagramsAreGeneveAroundWhatTheySay(@ForAll("datagrams") byte[] datagram) {
        NaiveGeneveDecoder.Header header = NaiveGeneveDecoder.header(datagram);
        byte[] inner = Arrays.copyOfRange(datagram, header.length(), datagram.length);

        switch (header.protocolType()) {
            case 0x0800 -> assertThat(inner[0] >> 4).isEqualTo(4);
            case 0x86dd -> assertThat(inner[0] >> 4).isEqualTo(6);
            default -> {
                assertThat(header.protocolType()).isEqualTo(0x6558);
                assertThat(inner).startsWith(0x02, 0x00, 0x00, 0x00, 0x02, 0x02);
            }
        }
    }

    @Property
    void outerPacketsCarryUdpWithARightChecksum(@ForAll("outer") byte[] packet) {
        assertConsistent(packet);
        boolean v4 = packet[0] >> 4 == 4;
        int headerLength = v4 ? (packet[0] & 0xf) * 4 : 40;
        byte[] segment = Arrays.copyOfRange(packet, headerLength, packet.length);
        byte[] addresses =
                v4 ? Arrays.copyOfRange(packet, 12, 20) : Arrays.copyOfRange(packet, 8, 40);
        byte[] rest = {0, 17, (byte) (segment.length >> 8), (byte) segment.length};

        assertThat(Checksums.internet(addresses, rest, segment)).isZero();
        assertThat(ByteBuffer.wrap(segment).getShort(2)).isEqualTo((short) 6081);
        assertThat(ByteBuffer.wrap(segment).getShort(4)).isEqualTo((short) segment.length);
    }

    @Property
    @StatisticsReport(StatisticsReportMode.OFF)
    void damageReachesShortAndLongPackets(@ForAll("damagedIp") byte[] packet) {
        Statistics.collect(packet.length < 20 ? "short" : "long");
        Statistics.coverage(
                coverage -> {
                    coverage.check("short").count(c -> c > 20);
                    coverage.check("long").count(c -> c > 100);
                });
    }

    private static void assertConsistent(byte[] packet) {
        ByteBuffer bytes = ByteBuffer.wrap(packet);
        if (packet[0] >> 4 == 4) {
            byte[] header = Arrays.copyOf(packet, (packet[0] & 0xf) * 4);
            assertThat(Checksums.internet(header)).isZero();
            assertThat(bytes.getShort(2) & 0xffff).isEqualTo(packet.length);
        } else {
            assertThat(packet[0] >> 4).isEqualTo(6);
            assertThat(bytes.getShort(4) & 0xffff).isEqualTo(packet.length - 40);
        }
    }
}
