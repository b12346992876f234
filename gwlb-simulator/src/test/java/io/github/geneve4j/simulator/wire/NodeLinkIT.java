package io.github.geneve4j.simulator.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.geneve4j.io.NetworkNamespace;
import io.github.geneve4j.simulator.DropReason;
import io.github.geneve4j.simulator.topology.Topology;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** Nodes that send frames: what leaves their interface, and how they find targets. */
@Timeout(120)
@Isolated("counts the descriptors of the whole process")
class NodeLinkIT {
    private static final String SUFFIX = Long.toString(ProcessHandle.current().pid());
    private static final String NODE = "g4j-lb-" + SUFFIX;
    private static final String TARGET = "g4j-fw-" + SUFFIX;
    private static final String INSIDE = "g4j-li-" + SUFFIX;
    private static final String OUTSIDE = "g4j-lo-" + SUFFIX;
    private static final int PACKETS = 20_000;

    private static final String YAML =
            """
            io: af_xdp
            mtu: 1400
            target-group: {health-check: none}
            nodes: [{zone: zone-a, address: 10.9.0.1}]
            targets: [{name: fw-1, address: 10.9.0.2, zone: zone-a}]
            endpoints:
              - id: vpce-00000000000000001
                zone: zone-a
                inside: {tun: gwi, namespace: INSIDE, addresses: [10.1.0.1/24], routes: [default]}
                outside: {tun: gwo, namespace: OUTSIDE, addresses: [10.2.0.1/24], routes: [default]}
            """
                    .replace("INSIDE", INSIDE)
                    .replace("OUTSIDE", OUTSIDE);

    @BeforeEach
    void lay() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            if (System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") != null) {
                fail("needs root, and must not be skipped here");
            }
            abort("needs root");
        }
        for (String namespace : List.of(NODE, TARGET, INSIDE, OUTSIDE)) {
            run("ip netns add " + namespace);
        }
        run("ip link add fw netns " + NODE + " type veth peer name lb netns " + TARGET);
        run("ip -n " + NODE + " address add 10.9.0.1/24 dev fw");
        run("ip -n " + NODE + " address add 10.9.0.3/24 dev fw");
        run("ip -n " + NODE + " link set fw up");
        run("ip -n " + TARGET + " address add 10.9.0.2/24 dev lb");
        run("ip -n " + TARGET + " link set lb up");
    }

    @AfterEach
    void takeAway() throws Exception {
        for (String namespace : List.of(NODE, TARGET, INSIDE, OUTSIDE)) {
            new ProcessBuilder("ip", "netns", "delete", namespace).start().waitFor();
        }
    }

    private static String run(String command) throws Exception {
        Process process =
                new ProcessBuilder(command.split(" ", -1)).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
        return output;
    }

    private static String ping(String options) throws Exception {
        return run("ip netns exec " + INSIDE + " ping -q -n " + options + " 10.2.0.1");
    }

    private static Simulation open(String yaml) throws Exception {
        return NetworkNamespace.named(NODE)
                .call(() -> Simulation.open(Topology.parse(yaml, "lb.yaml"), event -> {}));
    }

    private static LoopbackAppliance hairpin() throws Exception {
        return NetworkNamespace.named(TARGET).call(() -> LoopbackAppliance.hairpin("10.9.0.2"));
    }

    /** {@return datagrams that the kernel's UDP has sent from a namespace} */
    private static long sentByUdp() throws Exception {
        String[] lines =
                run("ip netns exec " + NODE + " grep ^Udp: /proc/net/snmp").split("\n", -1);
        List<String> names = List.of(lines[0].split(" ", -1));
        return Long.parseLong(lines[1].split(" ", -1)[names.indexOf("OutDatagrams")]);
    }

    /** A flood of packets goes past the kernel's UDP both ways, and costs no garbage. */
    @Test
    void framesLeaveAndNothingIsAllocatedForThem() throws Exception {
        try (LoopbackAppliance _ = hairpin();
                Simulation simulation = open(YAML)) {
            Flood flood = Flood.of(simulation, 8, () -> ping("-f -c " + PACKETS));
            assertThat(flood.packets()).isGreaterThanOrEqualTo(2L * PACKETS);
            // Two snapshots, and a new flow
            assertThat(flood.allocated()).isLessThan(flood.packets() * 8);
            SimulationSnapshot end = simulation.snapshot(0);
            assertThat(end.dropped()).isZero();
            assertThat(end.objections().values()).allMatch(count -> count == 0);
            assertThat(sentByUdp()).isBetween(1L, end.packetsSent() / 10);
            assertThat(end.wire().bySocket()).isLessThan(end.packetsSent() / 10);
        }
    }

    /** The appliance is put back with another network card, and nobody is told. */
    @Test
    void aTargetMayChangeItsEthernetAddress() throws Exception {
        for (String setting :
                List.of(
                        "base_reachable_time_ms=500",
                        "retrans_time_ms=100",
                        "delay_first_probe_time=1")) {
            run("ip netns exec " + NODE + " sysctl -qw net.ipv4.neigh.fw." + setting);
        }
        try (LoopbackAppliance _ = hairpin();
                Simulation simulation = open(YAML)) {
            assertThat(ping("-c 20 -i 0.1")).contains("20 received");
            run("ip -n " + TARGET + " link set lb address 02:00:00:00:00:77");
            long returned = simulation.snapshot(0).packetsReturned();
            long deadline = System.nanoTime() + 40_000_000_000L;
            while (simulation.snapshot(0).packetsReturned() < returned + 20) {
                assertThat(System.nanoTime() - deadline).isNegative();
                new ProcessBuilder(
                                "ip netns exec INSIDE ping -c 10 -i 0.1 -W 1 10.2.0.1"
                                        .replace("INSIDE", INSIDE)
                                        .split(" ", -1))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
            }
            long before = sentByUdp();
            assertThat(ping("-c 200 -i 0.005")).contains("200 received");
            assertThat(sentByUdp() - before).isLessThan(50);
        }
    }

    /** A target behind a router is served, more slowly, and that is told. */
    @Test
    void whatIsNoNeighbourGoesBySocketsAndIsCounted() throws Exception {
        run("ip -n " + TARGET + " link set lo up");
        run("ip -n " + TARGET + " address add 10.77.0.2/32 dev lo");
        run("ip -n " + NODE + " route add 10.77.0.2/32 via 10.9.0.2");
        String behindARouter = YAML.replace("address: 10.9.0.2", "address: 10.77.0.2");
        try (LoopbackAppliance _ =
                        NetworkNamespace.named(TARGET)
                                .call(() -> LoopbackAppliance.hairpin("10.77.0.2"));
                Simulation simulation = open(behindARouter)) {
            assertThat(ping("-c 20 -i 0.1")).contains("20 received");
            SimulationSnapshot end = simulation.snapshot(0);
            assertThat(end.wire().bySocket()).isEqualTo(end.packetsSent()).isPositive();
        }
    }

    /** Whether it is also too long for the way is the kernel's to know; here it is, and is told. */
    @Test
    void whatIsTooLongForTheLinkIsLeftToTheSockets() throws Exception {
        try (LoopbackAppliance _ = hairpin();
                Simulation simulation = open(YAML.replace("mtu: 1400", "mtu: 8500"))) {
            assertThat(ping("-c 5 -i 0.1")).contains("5 received"); // and is a neighbour now
            SimulationSnapshot before = simulation.snapshot(0);
            assertThat(ping("-c 1 -s 1404")).contains("1 received"); // 1,500 bytes outside
            assertThat(simulation.snapshot(0).wire().bySocket())
                    .isEqualTo(before.wire().bySocket());
            new ProcessBuilder(
                            ("ip netns exec " + INSIDE + " ping -c 3 -i 0.1 -W 1 -s 1405 10.2.0.1")
                                    .split(" ", -1))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            SimulationSnapshot end = simulation.snapshot(0);
            assertThat(end.wire().bySocket()).isEqualTo(before.wire().bySocket() + 3);
            assertThat(end.wire().notSent()).isEqualTo(3);
            assertThat(end.packetsReturned()).isEqualTo(before.packetsReturned() + 2);
        }
    }

    @Test
    void aNodeMayMoveOnItsLink() throws Exception {
        try (LoopbackAppliance _ = hairpin();
                Simulation simulation = open(YAML)) {
            assertThat(ping("-c 10 -i 0.05")).contains("10 received");
            simulation.execute("move zone-a 10.9.0.3");
            long before = sentByUdp();
            assertThat(ping("-c 200 -i 0.005")).contains("200 received");
            assertThat(sentByUdp() - before).isLessThan(50);
            assertThat(simulation.snapshot(0).wire().notSent()).isZero();
        }
    }

    /** Replies with the ports swapped come to the node's other sockets, and are judged. */
    @Test
    void repliesToASourcePortAreSeenToo() throws Exception {
        try (Simulation simulation = open(YAML);
                DatagramSocket target =
                        NetworkNamespace.named(TARGET)
                                .call(
                                        () ->
                                                new DatagramSocket(
                                                        new InetSocketAddress("10.9.0.2", 6081)))) {
            InetAddress node = InetAddress.ofLiteral("10.9.0.1");
            target.send(new DatagramPacket(new byte[8], 8, node, 60_000)); // by a socket
            target.send(new DatagramPacket(new byte[8], 8, node, 6081)); // by the link
            long deadline = System.nanoTime() + 20_000_000_000L;
            while (simulation.snapshot(0).dropped() < 2 && System.nanoTime() < deadline) {
                Thread.sleep(10);
            }
            assertThat(simulation.snapshot(0).drops())
                    .containsEntry(DropReason.WRONG_DESTINATION_PORT, 1L)
                    .containsEntry(DropReason.NO_ENDPOINT_ID, 1L);
        }
    }

    @Test
    void loopbackHasNoFrames() {
        String yaml = YAML.replace("10.9.0.1", "127.0.0.1");
        assertThatThrownBy(
                        () -> {
                            run("ip -n " + NODE + " link set lo up");
                            open(yaml).close();
                        })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("lo is no Ethernet interface");
    }
}
