package io.github.geneve4j.simulator.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import com.sun.management.ThreadMXBean;
import io.github.geneve4j.io.NetworkNamespace;
import io.github.geneve4j.simulator.DropReason;
import io.github.geneve4j.simulator.topology.Topology;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TUN devices in namespaces of their own; nodes and the appliance are on loopback. */
@Timeout(120)
@Isolated("counts the descriptors of the whole process")
class SimulationIT {
    private static final String SUFFIX = Long.toString(ProcessHandle.current().pid());
    private static final String INSIDE = "g4j-in-" + SUFFIX;
    private static final String OUTSIDE = "g4j-out-" + SUFFIX;
    private static final int PACKETS = 20_000;

    private static final String YAML =
            """
            target-group: {health-check: none}
            nodes: [{zone: zone-a, address: 127.62.87.1}]
            targets: [{name: fw-1, address: 127.62.87.11, zone: zone-a}]
            endpoints:
              - id: vpce-00000000000000001
                zone: zone-a
                inside: {tun: gwi, namespace: INSIDE, addresses: [10.1.0.1/24, "fd00:1::1/64"], routes: [default, "::/0"]}
                outside: {tun: gwo, namespace: OUTSIDE, addresses: [10.2.0.1/24], routes: [default], mtu: 9000}
            """
                    .replace("INSIDE", INSIDE)
                    .replace("OUTSIDE", OUTSIDE);

    @BeforeEach
    void addNamespaces() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            if (System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") != null) {
                fail("needs root, and must not be skipped here");
            }
            abort("needs root");
        }
        run("ip", "netns", "add", INSIDE);
        run("ip", "netns", "add", OUTSIDE);
    }

    @AfterEach
    void deleteNamespaces() throws Exception {
        for (String namespace : List.of(INSIDE, OUTSIDE)) {
            new ProcessBuilder("ip", "netns", "delete", namespace).start().waitFor();
        }
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
        return output;
    }

    private static String ping(String... options) throws Exception {
        String[] command = {"ip", "netns", "exec", INSIDE, "ping", "-q", "-n"};
        String[] whole = Arrays.copyOf(command, command.length + options.length);
        System.arraycopy(options, 0, whole, command.length, options.length);
        return run(whole);
    }

    private static Simulation open(String yaml) throws Exception {
        return Simulation.open(Topology.parse(yaml, "lb.yaml"), event -> {});
    }

    @Test
    void devicesAreMadeSetUpAndTakenAway() throws Exception {
        try (LoopbackAppliance _ = LoopbackAppliance.hairpin("127.62.87.11");
                Simulation _ = open(YAML)) {
            String devices = run("ip", "-n", INSIDE, "-br", "address");
            assertThat(devices)
                    .containsPattern("gwi +\\S+ +10\\.1\\.0\\.1/24 fd00:1::1/64 *\\n")
                    .doesNotContain("fe80::");
            assertThat(run("ip", "-n", INSIDE, "route")).contains("default dev gwi");
            assertThat(run("ip", "-n", INSIDE, "-6", "route")).contains("default dev gwi");
            assertThat(run("ip", "-n", INSIDE, "link", "show", "gwi")).contains("mtu 8500");
            assertThat(run("ip", "-n", OUTSIDE, "link", "show", "gwo")).contains("mtu 9000");
            assertThat(ping("-c", "3", "-i", "0.2", "10.2.0.1")).contains("3 received");
        }
        assertThat(run("ip", "-n", INSIDE, "-br", "link")).doesNotContain("gwi");
        assertThat(run("ip", "-n", OUTSIDE, "-br", "link")).doesNotContain("gwo");
    }

    /** Of a flood of packets of one flow, and what turns and waits cost between them. */
    @Test
    void allocatesNothingForAPacket() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (LoopbackAppliance _ = LoopbackAppliance.hairpin("127.62.87.11");
                Simulation simulation = open(YAML)) {
            long id =
                    Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().equals("simulator"))
                            .findFirst()
                            .orElseThrow()
                            .threadId();
            long packets = 0;
            long allocated = Long.MAX_VALUE;
            for (int i = 0; i < 5 && allocated >= packets * 4; i++) { // until all is compiled
                long before = threads.getThreadAllocatedBytes(id);
                long sent = simulation.snapshot(0).packetsSent();
                ping("-f", "-c", "" + PACKETS, "10.2.0.1");
                packets = simulation.snapshot(0).packetsSent() - sent;
                allocated = threads.getThreadAllocatedBytes(id) - before;
            }
            assertThat(packets).isGreaterThanOrEqualTo(2L * PACKETS);
            assertThat(allocated).isLessThan(packets * 4); // two snapshots, and one new flow
        }
    }

    /** Both sides are flooded; what comes back is taken as fast as what goes in. */
    @Test
    void whatItTakesInItTakesBack() throws Exception {
        try (LoopbackAppliance _ = LoopbackAppliance.hairpin("127.62.87.11");
                Simulation simulation = open(YAML)) {
            AtomicBoolean isEnough = new AtomicBoolean();
            Thread inside = flood(INSIDE, "192.0.2.1", isEnough);
            Thread outside = flood(OUTSIDE, "192.0.2.2", isEnough);
            long deadline = System.nanoTime() + 30_000_000_000L;
            while (simulation.snapshot(0).packetsReturned() < 3L * PACKETS
                    && System.nanoTime() < deadline) {
                Thread.sleep(20);
            }
            isEnough.set(true);
            inside.join();
            outside.join();
            SimulationSnapshot end = simulation.snapshot(0);
            assertThat(end.packetsReturned()).isGreaterThanOrEqualTo(3L * PACKETS);
            assertThat(end.wire().overrun()).as("of %d", end.packetsSent()).isZero();
            assertThat(end.wire().notSent()).isZero();
        }
    }

    /** Bursts that a device's queue can hold, with pauses in which others have the processor. */
    private static Thread flood(String namespace, String server, AtomicBoolean isEnough)
            throws Exception {
        DatagramSocket socket = NetworkNamespace.named(namespace).call(() -> new DatagramSocket());
        byte[] bytes = new byte[64];
        DatagramPacket datagram =
                new DatagramPacket(bytes, bytes.length, InetAddress.ofLiteral(server), 9);
        return Thread.ofPlatform()
                .daemon()
                .start(
                        () -> {
                            try (socket) {
                                while (!isEnough.get()) {
                                    for (int i = 0; i < 1000; i++) {
                                        socket.send(datagram);
                                    }
                                    Thread.sleep(2);
                                }
                            } catch (IOException | InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        });
    }

    /** A datagram that came in fragments is dropped by the load balancer, whatever it holds. */
    @ParameterizedTest
    @ValueSource(strings = {"sockets", "af_xdp"})
    void outerFragmentsAreSeenAndDropped(String io) throws Exception {
        run(
                "ip", "-n", INSIDE, "link", "add", "node", "mtu", "1500", "type", "veth", "peer",
                "name", "fw", "mtu", "1500", "netns", OUTSIDE);
        run("ip", "-n", INSIDE, "address", "add", "10.9.0.1/24", "dev", "node");
        run("ip", "-n", INSIDE, "link", "set", "node", "up");
        run("ip", "-n", OUTSIDE, "address", "add", "10.9.0.2/24", "dev", "fw");
        run("ip", "-n", OUTSIDE, "link", "set", "fw", "up");
        String yaml =
                """
                target-group: {health-check: none}
                nodes: [{zone: zone-a, address: 10.9.0.1}]
                targets: [{name: fw-1, address: 10.9.0.2, zone: zone-a}]
                endpoints: [{id: vpce-00000000000000001, zone: zone-a}]
                io: %s
                """
                        .formatted(io);
        try (Simulation simulation = NetworkNamespace.named(INSIDE).call(() -> open(yaml));
                DatagramSocket appliance =
                        NetworkNamespace.named(OUTSIDE)
                                .call(
                                        () ->
                                                new DatagramSocket(
                                                        new InetSocketAddress("10.9.0.2", 6081)))) {
            byte[] bytes = new byte[3000];
            InetAddress node = InetAddress.ofLiteral("10.9.0.1");
            appliance.send(new DatagramPacket(bytes, 1000, node, 6081));
            appliance.send(new DatagramPacket(bytes, bytes.length, node, 6081));
            long deadline = System.nanoTime() + 20_000_000_000L;
            while (simulation.snapshot(0).dropped() < 2 && System.nanoTime() < deadline) {
                Thread.sleep(10);
            }
            assertThat(simulation.snapshot(0).drops())
                    .containsEntry(DropReason.OUTER_FRAGMENT, 1L)
                    .containsEntry(DropReason.NO_ENDPOINT_ID, 1L);
        }
    }

    @Test
    void saysWhichDeviceCannotBeHad() throws Exception {
        assertThatThrownBy(() -> open(YAML.replace(OUTSIDE, "g4j-not-there")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/run/netns/g4j-not-there");
        assertThat(run("ip", "-n", INSIDE, "-br", "link")).doesNotContain("gwi"); // closed again
        assertThatThrownBy(() -> open(YAML.replace("10.2.0.1/24", "10.2.0.1/24, 10.2.0.1/24")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ip -n " + OUTSIDE + " address add 10.2.0.1/24 dev gwo")
                .hasMessageContaining("Error");
    }

    /** Somebody takes a device away: the simulation ends, and says so. */
    @Test
    void endsWithADevice() throws Exception {
        try (Simulation simulation = open(YAML)) {
            run("ip", "-n", OUTSIDE, "link", "delete", "gwo");
            assertThat(simulation.join(20_000_000_000L)).isTrue();
            assertThat(simulation.failure()).get().asString().contains("gone");
            assertThat(simulation.snapshot(0).packetsSent()).isZero();
        }
    }
}
