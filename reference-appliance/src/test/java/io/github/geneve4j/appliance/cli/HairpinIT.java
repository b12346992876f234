package io.github.geneve4j.appliance.cli;

import static io.github.geneve4j.appliance.cli.NetworkNamespaces.APPLIANCE_ADDRESS;
import static io.github.geneve4j.appliance.cli.NetworkNamespaces.NODE_ADDRESS;
import static io.github.geneve4j.appliance.cli.NetworkNamespaces.OTHER_APPLIANCE_ADDRESS;
import static io.github.geneve4j.appliance.cli.NetworkNamespaces.STRANGER_ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.tunnel.OuterDecoder;
import io.github.geneve4j.io.pcap.PcapReader;
import io.netty.buffer.ByteBuf;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract on a real cable: node and appliance in network namespaces, MTU 9001, every frame
 * between them captured and looked at.
 */
@Timeout(180)
class HairpinIT {
    private static final int REPLIES = 50 * 5;
    private static final int ETHERNET_HEADER_LENGTH = 14;
    private static final int ETHER_TYPE_OFFSET = 12;
    private static final int IPV4 = 0x0800;
    private static final int ICMP = 1;
    private static final int PROTOCOL_OFFSET = 9;

    @TempDir Path folder;

    @Test
    void answersTheNodeAsTheContractWantsAndStrangersNever() throws Exception {
        Path file = folder.resolve("wire.pcap");
        try (NetworkNamespaces network = new NetworkNamespaces();
                ApplianceProcess appliance =
                        ApplianceProcess.run(
                                network.onAppliance(),
                                "--listen",
                                "0.0.0.0",
                                "--allow-from",
                                NODE_ADDRESS)) {
            appliance.awaitLine("no policy: every packet passes"::equals);
            Process tcpdump = network.capture(file);

            assertThat(node(network, NODE_ADDRESS, APPLIANCE_ADDRESS, "replies"))
                    .isEqualTo("answered " + REPLIES);
            assertThat(node(network, NODE_ADDRESS, OTHER_APPLIANCE_ADDRESS, "replies"))
                    .isEqualTo("answered " + REPLIES);
            assertThat(node(network, STRANGER_ADDRESS, APPLIANCE_ADDRESS, "silence"))
                    .isEqualTo("answered 0");

            tcpdump.destroy();
            assertThat(tcpdump.waitFor(10, TimeUnit.SECONDS)).isTrue();
            appliance.signal("TERM");
            appliance.awaitLine(
                    ("received="
                                    + (2 * REPLIES + 50)
                                    + " returned="
                                    + 2 * REPLIES
                                    + " dropped=50 origin_not_allowed=50")
                            ::equals);
            assertThat(appliance.awaitExit()).isZero();
        }
        checkWire(file);
    }

    /** Every reply whole, in one piece, with right checksums; not one ICMP message. */
    private static void checkWire(Path file) throws IOException {
        OuterDecoder outer = new OuterDecoder();
        int replies = 0;
        try (PcapReader reader = PcapReader.open(file)) {
            while (reader.next()) {
                ByteBuf frame = reader.buffer();
                int ip = reader.offset() + ETHERNET_HEADER_LENGTH;
                if (frame.getUnsignedShort(reader.offset() + ETHER_TYPE_OFFSET) != IPV4) {
                    continue; // ARP, IPv6 neighbour discovery
                }
                assertThat(frame.getUnsignedByte(ip + PROTOCOL_OFFSET)).isNotEqualTo((short) ICMP);
                DecodeStatus status =
                        outer.wrap(frame, ip, reader.capturedLength() - ETHERNET_HEADER_LENGTH);
                assertThat(status).isEqualTo(DecodeStatus.OK);
                assertThat(outer.destinationPort()).isEqualTo(6081);
                String source = address(frame, outer.sourceAddressOffset());
                if (source.equals(APPLIANCE_ADDRESS) || source.equals(OTHER_APPLIANCE_ADDRESS)) {
                    assertThat(outer.isUdpChecksumValid()).isTrue();
                    assertThat(address(frame, outer.destinationAddressOffset()))
                            .isEqualTo(NODE_ADDRESS);
                    replies++;
                }
            }
        }
        assertThat(replies).isEqualTo(2 * REPLIES);
    }

    private static String address(ByteBuf frame, int offset) {
        return NetUtil.intToIpAddress(frame.getInt(offset));
    }

    private static String node(
            NetworkNamespaces network, String own, String appliance, String expectation)
            throws Exception {
        List<String> command = new ArrayList<>(network.onNode());
        command.addAll(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        NodeProgram.class.getName(),
                        own,
                        appliance,
                        expectation));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return output.strip();
    }
}
