package io.github.geneve4j.simulator.wire;

import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.pcap.LinkType;
import io.github.geneve4j.io.pcap.PcapFormat;
import io.github.geneve4j.io.pcap.PcapReader;
import io.github.geneve4j.io.pcap.PcapWriter;
import io.github.geneve4j.simulator.CloudWatchMetric;
import io.github.geneve4j.simulator.DropReason;
import io.github.geneve4j.simulator.Objection;
import io.github.geneve4j.simulator.SimulatorEvent;
import io.github.geneve4j.simulator.TargetState;
import io.github.geneve4j.simulator.topology.Topology;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Captured packets through a load balancer whose wires are loopback's: no privileges needed. */
@Timeout(120)
class SimulationTest {
    private static final String NODE = "127.62.84.1";
    private static final String OTHER_NODE = "127.62.84.2";
    private static final String TARGET = "127.62.84.11";
    private static final String OTHER_TARGET = "127.62.84.12";
    private static final int HEALTH_PORT = 18_080;
    private static final long MILLISECOND = 1_000_000;
    private static final long PAUSE = 1500 * MILLISECOND;

    private static final String BEGIN =
            """
            seed: 7
            target-group: {health-check: none, deregistration-delay: 1s}
            nodes: [{zone: zone-a, address: 127.62.84.1}]
            targets:
              - {name: fw-1, address: 127.62.84.11, zone: zone-a}
            """;
    private static final String CAPTURES =
            """
            endpoints:
              - id: vpce-00000000000000001
                zone: zone-a
                inside: {pcap-in: in.pcap, pcap-out: returned.pcapng}
                outside: {pcap-in: back.pcap, pcap-out: out.pcap}
            """;
    private static final String QUIET = "endpoints: [{id: vpce-00000000000000001, zone: zone-a}]\n";

    @TempDir Path folder;
    private final Queue<SimulatorEvent> events = new ConcurrentLinkedQueue<>();

    private Simulation open(String yaml) throws Exception {
        Topology topology = Topology.parse(yaml, folder.resolve("lb.yaml").toString());
        return Simulation.open(topology, events::add);
    }

    private void write(String file, int linkType, List<byte[]> frames, long firstNanos)
            throws IOException {
        write(file, linkType, frames, firstNanos, MILLISECOND);
    }

    /** Frames with so much time between them that something can be done there. */
    private void writeSlowly(List<byte[]> frames) throws IOException {
        write("in.pcap", LinkType.RAW, frames, 0, PAUSE);
        write("back.pcap", LinkType.RAW, List.of(), 0);
    }

    private void write(
            String file, int linkType, List<byte[]> frames, long firstNanos, long stepNanos)
            throws IOException {
        try (PcapWriter writer =
                PcapWriter.create(folder.resolve(file), PcapFormat.PCAP_NANOS, linkType)) {
            long time = firstNanos;
            for (byte[] frame : frames) {
                writer.write(time, Unpooled.wrappedBuffer(frame), 0, frame.length);
                time += stepNanos;
            }
        }
    }

    private List<String> read(String file) throws IOException {
        List<String> packets = new ArrayList<>();
        try (PcapReader reader = PcapReader.open(folder.resolve(file))) {
            while (reader.next()) {
                packets.add(
                        ByteBufUtil.hexDump(
                                reader.buffer(), reader.offset(), reader.capturedLength()));
            }
        }
        return packets;
    }

    private static List<String> hex(List<byte[]> packets) {
        return packets.stream().map(ByteBufUtil::hexDump).toList();
    }

    private static void await(String what, BooleanSupplier condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as(what).isNegative();
            Thread.sleep(10);
        }
    }

    private static List<byte[]> requests() {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            packets.add(
                    packet(
                            ipv4("10.1.0.1", "10.2.0.1"),
                            udp(5000 + i % 5, 53),
                            payload(new byte[i * 30])));
        }
        packets.add(packet(ipv6("fd00:1::1", "fd00:2::1"), udp(5000, 53), payload("01 02 03")));
        return packets;
    }

    private static List<byte[]> replies() {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            packets.add(packet(ipv4("10.2.0.1", "10.1.0.1"), udp(53, 5000 + i), payload("07")));
        }
        return packets;
    }

    /** Both directions, other link types, and it ends by itself when all has been played. */
    @Test
    void whatIsReturnedProperlyLeavesByTheOtherSide() throws Exception {
        List<byte[]> frames = new ArrayList<>();
        for (byte[] packet : requests()) {
            frames.add(packet);
        }
        write("in.pcap", LinkType.RAW, frames, 1_700_000_000_000_000_000L);
        List<byte[]> back = new ArrayList<>();
        for (byte[] packet : replies()) {
            byte[] padded = new byte[Math.max(60, packet.length + 14)];
            System.arraycopy(packet(ethernet(), payload(packet)), 0, padded, 0, packet.length + 14);
            padded[12] = 0x08;
            padded[13] = 0;
            back.add(padded);
        }
        back.add(new byte[60]); // no IP
        write("back.pcap", LinkType.ETHERNET, back, 1_700_000_000_200_000_000L);

        try (LoopbackAppliance _ = LoopbackAppliance.hairpin(TARGET);
                Simulation simulation = open(BEGIN + CAPTURES)) {
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            assertThat(simulation.failure()).isEmpty();
            SimulationSnapshot end = simulation.snapshot(0);
            assertThat(end.packetsSent()).isEqualTo(56);
            assertThat(end.packetsReturned()).isEqualTo(56);
            assertThat(end.dropped()).isZero();
            assertThat(end.metric(CloudWatchMetric.NEW_FLOW_COUNT)).isEqualTo(6);
            assertThat(end.wire()).isEqualTo(new WireCounters(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0));
            assertThat(end.elapsedNanos()).isGreaterThan(200 * MILLISECOND); // in its rhythm
            assertThatThrownBy(() -> simulation.execute("flows"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("ended");
        }
        assertThat(read("out.pcap")).containsExactlyInAnyOrderElementsOf(hex(requests()));
        assertThat(read("returned.pcapng")).containsExactlyInAnyOrderElementsOf(hex(replies()));
    }

    /** Replies go to the node's port 6081; those that have the ports swapped arrive elsewhere. */
    @Test
    void repliesToTheWrongPortAreSeenAndDropped() throws Exception {
        write("in.pcap", LinkType.RAW, requests().subList(0, 5), 0);
        write("back.pcap", LinkType.RAW, List.of(), 0);
        try (DatagramSocket appliance = new DatagramSocket(new InetSocketAddress(TARGET, 6081));
                Simulation simulation = open(BEGIN + CAPTURES)) {
            appliance.setSoTimeout(20_000);
            for (int i = 0; i < 5; i++) {
                DatagramPacket datagram = new DatagramPacket(new byte[10_000], 10_000);
                appliance.receive(datagram);
                assertThat(datagram.getAddress()).isEqualTo(InetAddress.ofLiteral(NODE));
                assertThat(datagram.getPort()).isBetween(60_000, 60_015);
                appliance.send(datagram); // to where it came from, from 6081
            }
            await(
                    "drops",
                    () ->
                            simulation.snapshot(0).drops().get(DropReason.WRONG_DESTINATION_PORT)
                                    == 5);
            assertThat(simulation.snapshot(0).metric(CloudWatchMetric.INVALID_GENEVE_TUNNEL))
                    .isEqualTo(5);
            assertThat(simulation.snapshot(0).packetsReturned()).isZero();
        }
        assertThat(read("out.pcap")).isEmpty();
    }

    /** Who asks for it by the topology has what AWS is believed to take dropped. */
    @ParameterizedTest
    @CsvSource({"note, 5, 0", "drop, 0, 5"})
    void strictnessIsTheTopologys(String word, int returned, int dropped) throws Exception {
        write("in.pcap", LinkType.RAW, requests().subList(0, 5), 0);
        write("back.pcap", LinkType.RAW, List.of(), 0);
        String strictness = "strictness: {source_port_changed: " + word + "}\n";
        try (DatagramSocket appliance = new DatagramSocket(new InetSocketAddress(TARGET, 6081));
                Simulation simulation = open(BEGIN + strictness + CAPTURES)) {
            appliance.setSoTimeout(20_000);
            for (int i = 0; i < 5; i++) {
                DatagramPacket datagram = new DatagramPacket(new byte[10_000], 10_000);
                appliance.receive(datagram);
                datagram.setPort(6081); // from 6081, too
                appliance.send(datagram);
            }
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            SimulationSnapshot end = simulation.snapshot(0);
            assertThat(end.objections()).containsEntry(Objection.SOURCE_PORT_CHANGED, 5L);
            assertThat(end.packetsReturned()).isEqualTo(returned);
            assertThat(end.drops()).containsEntry(DropReason.OBJECTION, (long) dropped);
            assertThat(SimulationReport.summary(end).lines())
                    .contains("objected to 5 source_port_changed (" + word + ")");
        }
        assertThat(read("out.pcap")).hasSize(returned);
    }

    /** A wire that is slow has packets under way when the last one has entered. */
    @Test
    void itDoesNotEndBeforeWhatIsUnderWayHasArrived() throws Exception {
        write("in.pcap", LinkType.RAW, requests().subList(0, 5), 0);
        write("back.pcap", LinkType.RAW, List.of(), 0);
        String faults = "faults: {to-targets: {delay: 3s}, from-targets: {delay: 1s}}\n";
        try (LoopbackAppliance _ = LoopbackAppliance.hairpin(TARGET);
                Simulation simulation = open(BEGIN + faults + CAPTURES)) {
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            SimulationSnapshot end = simulation.snapshot(0);
            assertThat(end.packetsReturned()).isEqualTo(5);
            assertThat(end.unanswered()).isZero();
        }
        assertThat(read("out.pcap")).hasSize(5);
    }

    @Test
    void faultsAreTheTopologys() throws Exception {
        write("in.pcap", LinkType.RAW, requests().subList(0, 5), 0);
        write("back.pcap", LinkType.RAW, List.of(), 0);
        String faults = "faults: {to-targets: {duplication: 1}, from-targets: {loss: 1}}\n";
        try (LoopbackAppliance _ = LoopbackAppliance.hairpin(TARGET);
                Simulation simulation = open(BEGIN + faults + CAPTURES)) {
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            SimulationSnapshot end = simulation.snapshot(0);
            assertThat(end.wire()).isEqualTo(new WireCounters(0, 0, 0, 0, 0, 0, 10, 5, 0, 0, 0));
            assertThat(end.packetsSent()).isEqualTo(5);
            assertThat(end.unanswered()).isEqualTo(5);
            assertThat(SimulationReport.summary(end).lines())
                    .contains("5 packets were not answered", "10 datagrams lost on purpose");
        }
        assertThat(read("out.pcap")).isEmpty();
    }

    /** What is whole enters; where the file breaks off, it ends, and that is told. */
    @Test
    void aCaptureThatBreaksOffIsPlayedUpToThere() throws Exception {
        write("in.pcap", LinkType.RAW, requests().subList(0, 5), 0);
        byte[] whole = Files.readAllBytes(folder.resolve("in.pcap"));
        Files.write(folder.resolve("in.pcap"), Arrays.copyOf(whole, whole.length - 3));
        write("back.pcap", LinkType.RAW, List.of(), 0);
        try (LoopbackAppliance _ = LoopbackAppliance.hairpin(TARGET);
                Simulation simulation = open(BEGIN + CAPTURES)) {
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            assertThat(simulation.failure()).isEmpty();
            assertThat(simulation.snapshot(0).wire().unreadable()).isEqualTo(1);
        }
        assertThat(read("out.pcap"))
                .containsExactlyInAnyOrderElementsOf(hex(requests().subList(0, 4)));
    }

    /** The host's own talk with its link enters from a capture no more than from a device. */
    @Test
    void capturedMulticastEntersNoEndpoint() throws Exception {
        byte[] query = packet(ipv4("10.1.0.1", "224.0.0.251"), udp(5353, 5353), payload("00"));
        write("in.pcap", LinkType.RAW, List.of(query, requests().get(0)), 0);
        write("back.pcap", LinkType.RAW, List.of(), 0);
        try (LoopbackAppliance _ = LoopbackAppliance.hairpin(TARGET);
                Simulation simulation = open(BEGIN + CAPTURES)) {
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            assertThat(simulation.snapshot(0).wire().groups()).isEqualTo(1);
            assertThat(simulation.snapshot(0).packetsSent()).isEqualTo(1);
        }
    }

    @Test
    void whatAnApplianceKeepsComesOutNowhere() throws Exception {
        write("in.pcap", LinkType.RAW, requests().subList(0, 5), 0);
        write("back.pcap", LinkType.RAW, List.of(), 0);
        try (LoopbackAppliance _ =
                        new LoopbackAppliance(TARGET, (b, o, l, s) -> PacketHandler.DROP);
                Simulation simulation = open(BEGIN + CAPTURES)) {
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            assertThat(simulation.snapshot(0).packetsSent()).isEqualTo(5);
        }
        assertThat(read("out.pcap")).isEmpty();
    }

    /**
     * Captured packets wait for the first target that is well; what leaves to nowhere is counted.
     */
    @Test
    void probesDecideWhenItBegins() throws Exception {
        write("in.pcap", LinkType.RAW, requests().subList(0, 3), 0);
        String yaml =
                BEGIN.replace(
                                "health-check: none",
                                "health-check: {port: %d, interval: 5s, timeout: 2s}"
                                        .formatted(HEALTH_PORT))
                        + """
                        endpoints:
                          - {id: vpce-00000000000000001, zone: zone-a, inside: {pcap-in: in.pcap}}
                        """;
        try (LoopbackAppliance _ = LoopbackAppliance.hairpin(TARGET);
                ServerSocket well =
                        new ServerSocket(HEALTH_PORT, 50, InetAddress.ofLiteral(TARGET));
                Simulation simulation = open(yaml)) {
            assertThat(well.accept().getInetAddress()).isEqualTo(InetAddress.ofLiteral(NODE));
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            assertThat(simulation.snapshot(0).packetsReturned()).isEqualTo(3);
            assertThat(simulation.snapshot(0).wire().notTaken()).isEqualTo(3);
        }
        assertThat(events.stream().map(event -> event.text()))
                .containsSubsequence("target fw-1 initial -> healthy");
        assertThat(events.stream().map(event -> event.text()).filter(t -> t.startsWith("flow-")))
                .allMatch(t -> t.startsWith("flow-start "))
                .hasSize(3);
    }

    @Test
    void ordersChangeTargets() throws Exception {
        String yaml =
                BEGIN
                        + "  - {name: fw-2, address: 127.62.84.12, zone: zone-a, registered: false}\n"
                        + QUIET;
        try (Simulation simulation = open(yaml)) {
            assertThat(simulation.execute("deregister fw-1"))
                    .isEqualTo("target fw-1 is draining with 0 flows");
            assertThatThrownBy(() -> simulation.execute("deregister fw-1"))
                    .isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> simulation.execute("deregister fw-2"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'fw-2'");
            assertThat(simulation.execute("register fw-2"))
                    .isEqualTo("target fw-2 is healthy with 0 flows");
            await( // the delay is a second
                    "unused",
                    () -> simulation.snapshot(0).targets().get(0).state() == TargetState.UNUSED);
            assertThat(simulation.execute("register fw-1")).startsWith("target fw-1 is healthy");
            assertThat(simulation.execute("kill fw-1")).startsWith("target fw-1 is dead");
            assertThat(simulation.execute("revive fw-1")).startsWith("target fw-1 is back");
            assertThat(simulation.snapshot(0).targets().get(1).target().toString())
                    .isEqualTo("fw-2 " + OTHER_TARGET);
        }
    }

    @Test
    void ordersChangeEndpoints() throws Exception {
        String yaml =
                BEGIN
                        + """
                        services: [{name: red, acceptance-required: true}]
                        endpoints: [{id: vpce-00000000000000001, zone: zone-a, accepted: false}]
                        """;
        try (Simulation simulation = open(yaml)) {
            String id = "vpce-00000000000000001";
            assertThat(simulation.snapshot(0).endpoints().get(0).state().label())
                    .isEqualTo("pendingAcceptance");
            assertThat(simulation.execute("accept " + id))
                    .isEqualTo("endpoint " + id + " is available");
            assertThatThrownBy(() -> simulation.execute("accept " + id))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(simulation.execute("reject " + id)).endsWith("rejected");
            assertThat(simulation.execute("delete " + id)).endsWith("deleted");
            assertThatThrownBy(() -> simulation.execute("accept vpce-2"))
                    .hasMessageContaining("'vpce-2'");
        }
    }

    @Test
    void ordersChangeFaults() throws Exception {
        try (Simulation simulation = open(BEGIN + QUIET)) {
            assertThat(simulation.execute("faults loss=1% delay=20ms"))
                    .isEqualToNormalizingNewlines(
                            """
                            faults to-targets loss=1% delay=20ms
                            faults from-targets loss=1% delay=20ms""");
            assertThat(
                            simulation.execute(
                                    "faults from-targets loss=0.5 duplication=0.125 corruption=1"
                                            + " reordering=2% delay=3s jitter=3us"))
                    .contains("to-targets loss=1% delay=20ms")
                    .contains(
                            "from-targets loss=50% duplication=12.5% corruption=100%"
                                    + " reordering=2% reordering-delay=1ms delay=3s jitter=3us");
            assertThat(simulation.execute("faults to-targets none"))
                    .contains("to-targets none")
                    .contains("from-targets loss=50%");
            assertThat(simulation.execute("faults none")).isEqualTo("no faults");
            assertThat(simulation.execute("faults to-targets loss=0"))
                    .contains("to-targets none")
                    .contains("from-targets none");
            for (String wrong :
                    List.of(
                            "loss=2",
                            "loss",
                            "los=1",
                            "delay=1",
                            "delay=601s",
                            "jitter=-1s",
                            "loss=NaN")) {
                assertThatThrownBy(() -> simulation.execute("faults " + wrong))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("'" + wrong + "'");
            }
        }
    }

    /** Between one captured packet and the next, each order does what it says. */
    @Test
    void ordersBefallPackets() throws Exception {
        writeSlowly(requests().subList(0, 5));
        try (LoopbackAppliance _ = LoopbackAppliance.hairpin(TARGET);
                Simulation simulation = open(BEGIN + CAPTURES)) {
            await("one is back", () -> simulation.snapshot(0).packetsReturned() == 1);
            simulation.execute("faults loss=1");
            await("one is lost", () -> simulation.snapshot(0).wire().lost() == 1);
            simulation.execute("faults none");
            await("another is back", () -> simulation.snapshot(0).packetsReturned() == 2);
            simulation.execute("kill fw-1");
            await("one meets no target", () -> simulation.snapshot(0).wire().silenced() == 1);
            simulation.execute("revive fw-1");
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            assertThat(simulation.snapshot(0).packetsSent()).isEqualTo(5);
            assertThat(simulation.snapshot(0).packetsReturned()).isEqualTo(3);
            assertThat(SimulationReport.line(simulation.snapshot(0)))
                    .endsWith(" faults lost=1 silenced=1");
        }
        List<byte[]> passed = List.of(requests().get(0), requests().get(2), requests().get(4));
        assertThat(read("out.pcap")).containsExactlyElementsOf(hex(passed));
    }

    /** Packets come from a node's new address, and are taken back there. */
    @Test
    void aNodeThatHasMovedGoesOn() throws Exception {
        writeSlowly(requests().subList(0, 2));
        try (DatagramSocket appliance = new DatagramSocket(new InetSocketAddress(TARGET, 6081));
                Simulation simulation = open(BEGIN + CAPTURES)) {
            appliance.setSoTimeout(20_000);
            for (String node : List.of(NODE, OTHER_NODE)) {
                DatagramPacket datagram = new DatagramPacket(new byte[10_000], 10_000);
                appliance.receive(datagram);
                assertThat(datagram.getAddress()).isEqualTo(InetAddress.ofLiteral(node));
                datagram.setPort(6081);
                appliance.send(datagram);
                await("it is back", () -> simulation.snapshot(0).unanswered() == 0);
                simulation.execute("move zone-a " + OTHER_NODE.replace("84.2", "84.3"));
                simulation.execute("move zone-a " + OTHER_NODE);
            }
            assertThat(simulation.join(TimeUnit.SECONDS.toNanos(60))).isTrue();
            assertThat(simulation.snapshot(0).packetsReturned()).isEqualTo(2);
        }
        assertThat(read("out.pcap")).containsExactlyElementsOf(hex(requests().subList(0, 2)));
    }

    @Test
    void ordersMoveNodes() throws Exception {
        try (Simulation simulation = open(BEGIN + QUIET)) {
            assertThat(simulation.execute("move zone-a " + OTHER_NODE))
                    .isEqualTo("node zone-a " + OTHER_NODE);
            // The old address is free again, the new one is not
            new DatagramSocket(new InetSocketAddress(NODE, 6081)).close();
            assertThatThrownBy(() -> new DatagramSocket(new InetSocketAddress(OTHER_NODE, 6081)))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> simulation.execute("move zone-a 192.0.2.1"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("192.0.2.1:6081");
            assertThatThrownBy(() -> simulation.execute("move zone-z " + NODE))
                    .hasMessageContaining("'zone-z'");
            assertThatThrownBy(() -> simulation.execute("move zone-a there"))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void ordersThatAreNoneAreRefused() throws Exception {
        try (Simulation simulation = open(BEGIN + QUIET)) {
            assertThat(simulation.execute("help")).contains("deregister TARGET");
            for (String noise : List.of("x".repeat(1001), "kill \u001b[2J", "kill \ufffd")) {
                assertThatThrownBy(() -> simulation.execute(noise))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage(
                                noise.length()
                                        + " characters: no order, which is a short line; see help");
            }
            assertThat(simulation.execute("flows")).isEqualTo("no flows");
            for (String wrong :
                    List.of(
                            "",
                            "destroy fw-1",
                            "deregister",
                            "accept",
                            "move zone-a",
                            "faults",
                            "flows 0",
                            "flows 1001",
                            "flows x")) {
                assertThatThrownBy(() -> simulation.execute(wrong))
                        .as(wrong)
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void whatCannotBeHadIsNamedAndNothingStaysOpen() throws Exception {
        String elsewhere = BEGIN.replace(NODE, "192.0.2.1") + QUIET;
        assertThatThrownBy(() -> open(elsewhere))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("192.0.2.1:6081")
                .hasMessageContaining("no interface");
        assertThatThrownBy(() -> open(BEGIN + CAPTURES))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("in.pcap");
        Files.writeString(folder.resolve("in.pcap"), "rubbish");
        assertThatThrownBy(() -> open(BEGIN + CAPTURES))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("in.pcap: not a capture file");
        Files.delete(folder.resolve("in.pcap"));
        Files.createDirectory(folder.resolve("in.pcap")); // or a pipe, for which packets would wait
        assertThatThrownBy(() -> open(BEGIN + CAPTURES))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("in.pcap: no regular file");
        String nowhere = CAPTURES.replace("pcap-in: in.pcap, ", "").replace("out.pcap", "x/out");
        write("back.pcap", LinkType.RAW, List.of(), 0);
        assertThatThrownBy(() -> open(BEGIN + nowhere))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("x/out: no such folder");
        open(BEGIN + QUIET).close(); // the node's ports are free
    }
}
