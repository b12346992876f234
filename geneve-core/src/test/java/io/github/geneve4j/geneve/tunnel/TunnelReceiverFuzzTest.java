package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Checksums;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Ipv4Layer;
import io.github.geneve4j.testkit.Ipv6Layer;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.UdpLayer;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes as an outer IP packet. The normal build replays the seeds; {@code JAZZER_FUZZ=1}
 * explores. The oracle is {@link ReceiverOracle}.
 */
class TunnelReceiverFuzzTest {
    private static final int V4_CHECKSUM_OFFSET = 10;

    private final ReceiverOracle oracle = new ReceiverOracle();

    /** One packet for each branch. */
    static Stream<byte[]> seeds() {
        return Stream.of(
                new byte[0],
                KnownPackets.awsRequest(),
                packet(v4().version(5), tunnel()),
                packet(v4().headerWords(4), tunnel()),
                packet(v4().totalLength(19), tunnel()),
                packet(v4().wrongChecksum(), tunnel()),
                packet(v4().fragment(0, true), tunnel(), geneve()),
                packet(v6(), fragment(8, false, 1), tunnel()),
                packet(v4(), tcp(1, 6081)),
                packet(v6(), tunnel().length(7)),
                packet(v4().options("94040000"), udp(1, 6082), geneve()),
                packet(v6(), tunnel().wrongChecksum(), geneve()),
                packet(v4(), tunnel().checksum(0), geneve(), v4().tos(Ecn.CE)),
                packet(v6(), tunnel().checksum(0), geneve(), v6()),
                packet(v4(), tunnel(), payload(counting(7))),
                packet(v4(), tunnel(), geneve().version(1)),
                packet(v4(), tunnel(), geneve().optLenWords(1)),
                packet(v4(), tunnel(), geneve().malformedOption(1, 1, 0, 2, counting(4))),
                packet(v4(), tunnel(), geneve().option(1, 1, counting(36)), v4()),
                packet(v4(), tunnel(), geneve().option(0x0108, 0x81, ""), v4()),
                packet(v4(), tunnel(), geneve().option(0x0108, 0x82, ""), v4()),
                packet(v4(), tunnel(), geneve().control(true), v4()),
                packet(v4(), tunnel(), geneve().protocolType(0)),
                packet(v4(), tunnel(), geneve().protocolType(EtherType.IPV6), v4()),
                packet(v4(), tunnel(), geneve(), payload(cut(packet(v6()), 39))),
                packet(v4().tos(Ecn.CE), tunnel(), geneve(), v6()),
                packet(v6().trafficClass(Ecn.CE).hopLimit(2), tunnel(), geneve(), v4().tos(0xba)),
                packet(v4().tos(1), tunnel(), bridged(), ethernet(), v6().trafficClass(2)),
                packet(v4().tos(3), tunnel(), bridged(), ethernet(), qinq(7), vlan(8), v4().tos(2)),
                packet(v4(), tunnel(), bridged(), ethernet(), vlan(1), vlan(2), vlan(3), v4()),
                packet(v4(), tunnel(), bridged(), ethernet().type(EtherType.ARP), payload("00")),
                packet(v4(), tunnel(), bridged(), payload(counting(13))));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "5m")
    void agreesWithTheNaiveReceiver(byte[] packet) {
        oracle.check(packet, BufferKind.HEAP);
        oracle.check(packet, BufferKind.DIRECT_AT_OFFSET);
        oracle.check(withRightIpv4Checksum(packet), BufferKind.HEAP);
    }

    /** Without this no mutation of an IPv4 header would get past its checksum. */
    private static byte[] withRightIpv4Checksum(byte[] packet) {
        byte[] mended = packet.clone();
        int headerLength = packet.length == 0 ? 0 : (packet[0] & 0x0f) * 4;
        if (headerLength > V4_CHECKSUM_OFFSET + 1 && headerLength <= packet.length) {
            mended[V4_CHECKSUM_OFFSET] = 0;
            mended[V4_CHECKSUM_OFFSET + 1] = 0;
            int checksum = Checksums.internet(Arrays.copyOf(mended, headerLength));
            mended[V4_CHECKSUM_OFFSET] = (byte) (checksum >> 8);
            mended[V4_CHECKSUM_OFFSET + 1] = (byte) checksum;
        }
        return mended;
    }

    private static Ipv4Layer v4() {
        return ipv4("10.0.0.1", "10.0.0.2");
    }

    private static Ipv6Layer v6() {
        return ipv6(ReceiverOracle.ZERO_SOURCE, ReceiverOracle.ZERO_DESTINATION);
    }

    private static UdpLayer tunnel() {
        return udp(50000, 6081);
    }

    private static GeneveLayer bridged() {
        return geneve().protocolType(EtherType.ETHERNET);
    }
}
