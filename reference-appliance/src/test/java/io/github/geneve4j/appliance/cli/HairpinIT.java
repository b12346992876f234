package io.github.geneve4j.appliance.cli;

import static io.github.geneve4j.appliance.cli.NodeAndAppliance.APPLIANCE_ADDRESS;
import static io.github.geneve4j.appliance.cli.NodeAndAppliance.NODE_ADDRESS;
import static io.github.geneve4j.appliance.cli.NodeAndAppliance.OTHER_APPLIANCE_ADDRESS;
import static io.github.geneve4j.appliance.cli.NodeAndAppliance.STRANGER_ADDRESS;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The contract on a real cable, for every kind of port: node and appliance in network namespaces,
 * every frame between them captured and looked at.
 */
@Timeout(300)
class HairpinIT {
    private static final int REPLIES = 50 * 5;
    private static final int ETHERNET_HEADER_LENGTH = 14;
    private static final int ETHER_TYPE_OFFSET = 12;
    private static final int IPV4 = 0x0800;
    private static final int ICMP = 1;
    private static final int PROTOCOL_OFFSET = 9;

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    9001 | --listen 0.0.0.0 --io nio                        | nio
                    9001 | --interface node --io nio --workers 2 --idle block | nio
                    9001 | --listen 0.0.0.0                                 | udp
                    9001 | --interface node --io udp --workers 2 --idle block | udp
                    9001 | --interface node --io af_packet --idle block     | af_packet
                    9001 | --interface node --workers 2                     | af_packet
                    1500 | --interface node --idle spin --cpus 1            | af_xdp
                    1500 | --interface node --io af_xdp --idle block        | af_xdp
                    """)
    void answersTheNodeAsTheContractWantsAndStrangersNever(int mtu, String arguments, String kind)
            throws Exception {
        Path file = folder.resolve("wire.pcap");
        String lengths = mtu > 9000 ? "20,84,1400,8500,8933" : "20,84,400,1000,1400";
        List<String> options = new ArrayList<>(List.of(arguments.split(" ")));
        options.addAll(List.of("--allow-from", NODE_ADDRESS));
        try (NodeAndAppliance network = new NodeAndAppliance(mtu);
                ApplianceProcess appliance =
                        ApplianceProcess.run(
                                network.onAppliance(), options.toArray(String[]::new))) {
            appliance.awaitLine(
                    ("listening on %s:6081 by %s, serving %s"
                                    .formatted(APPLIANCE_ADDRESS, kind, NODE_ADDRESS))
                            ::equals);
            if (!kind.equals("nio")) {
                appliance.awaitLine(
                        line -> line.matches("(AF_(XDP|PACKET) on node, |UDP sockets on ).*"));
            }
            appliance.awaitLine("no policy: every packet passes"::equals);
            Process tcpdump = network.capture(file);

            assertThat(node(network, NODE_ADDRESS, APPLIANCE_ADDRESS, "replies", lengths))
                    .isEqualTo("answered " + REPLIES);
            assertThat(node(network, NODE_ADDRESS, OTHER_APPLIANCE_ADDRESS, "replies", lengths))
                    .isEqualTo("answered " + REPLIES);
            assertThat(node(network, STRANGER_ADDRESS, APPLIANCE_ADDRESS, "silence", "84"))
                    .isEqualTo("answered 0");

            tcpdump.destroy();
            assertThat(tcpdump.waitFor(10, TimeUnit.SECONDS)).isTrue();
            appliance.signal("TERM");
            String last = appliance.awaitLine(line -> line.startsWith("received="));
            // A port that reads frames sees others too, and says so
            assertThat(last.replaceAll(" (skipped|not_for_us)=[0-9]+", ""))
                    .isEqualTo(
                            "received="
                                    + (2 * REPLIES + 50)
                                    + " returned="
                                    + 2 * REPLIES
                                    + " dropped=50 origin_not_allowed=50");
            assertThat(appliance.awaitExit()).isZero();
        }
        checkWire(file);
    }

    /** A stranger's datagrams teach it what to poll, and the node's are all answered. */
    @Test
    void answersByBusyPolling() throws Exception {
        try (NodeAndAppliance network = new NodeAndAppliance(1500);
                ApplianceProcess appliance = runAfXdp(network, "--busy-poll")) {
            appliance.awaitLine(line -> line.contains("busy polling as soon as datagrams come"));
            appliance.awaitLine("no policy: every packet passes"::equals);
            assertThat(node(network, STRANGER_ADDRESS, APPLIANCE_ADDRESS, "silence", "84"))
                    .isEqualTo("answered 0");
            appliance.awaitLine("busy polling by a UDP socket"::equals);
            assertThat(
                            node(
                                    network,
                                    NODE_ADDRESS,
                                    APPLIANCE_ADDRESS,
                                    "replies",
                                    "20,84,400,1000,1400"))
                    .isEqualTo("answered " + REPLIES);
            appliance.signal("TERM");
            assertThat(appliance.awaitLine(line -> line.startsWith("received=")))
                    .contains(" returned=" + REPLIES + " ")
                    .contains(" origin_not_allowed=")
                    .contains(" lesson=");
            assertThat(appliance.awaitExit()).isZero();
        }
    }

    @Test
    void saysThatNoOtherPortPolls() throws Exception {
        try (NodeAndAppliance network = new NodeAndAppliance(9001);
                ApplianceProcess appliance =
                        ApplianceProcess.run(
                                network.onAppliance(),
                                "--interface",
                                NodeAndAppliance.APPLIANCE_INTERFACE,
                                "--busy-poll",
                                "--allow-from",
                                NODE_ADDRESS)) {
            appliance.awaitLine("no busy polling, which only af_xdp has"::equals);
            appliance.awaitLine("no policy: every packet passes"::equals);
            appliance.signal("TERM");
            assertThat(appliance.awaitExit()).isZero();
        }
    }

    /** What is wanted by name is had, or the reason is told; no other kind takes its place. */
    @Test
    void saysWhyAPortCannotBeHad() throws Exception {
        try (NodeAndAppliance network = new NodeAndAppliance(9001);
                ApplianceProcess appliance = runAfXdp(network)) {
            assertThat(appliance.awaitLine(line -> line.startsWith("appliance: ")))
                    .contains("9001")
                    .contains("af_packet");
            assertThat(appliance.awaitExit()).isEqualTo(1);
        }
    }

    private static ApplianceProcess runAfXdp(NodeAndAppliance network, String... more)
            throws Exception {
        List<String> options = new ArrayList<>(List.of(more));
        options.addAll(List.of("--interface", NodeAndAppliance.APPLIANCE_INTERFACE));
        options.addAll(List.of("--io", "af_xdp", "--allow-from", NODE_ADDRESS));
        return ApplianceProcess.run(network.onAppliance(), options.toArray(String[]::new));
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
            NodeAndAppliance network,
            String own,
            String appliance,
            String expectation,
            String lengths)
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
                        expectation,
                        lengths));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return output.strip();
    }
}
