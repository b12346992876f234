package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Two network namespaces with a cable between them: a load balancer's node on one side, the
 * appliance on the other. Nothing outside them is touched, and closing takes them away.
 */
final class NetworkNamespaces implements AutoCloseable {
    static final String NODE_ADDRESS = "10.81.0.1";
    static final String STRANGER_ADDRESS = "10.81.0.9"; // on the node's side too
    static final String APPLIANCE_ADDRESS = "10.81.0.2";
    static final String OTHER_APPLIANCE_ADDRESS = "10.81.0.3";
    private static final String NODE_INTERFACE = "node0";
    static final String APPLIANCE_INTERFACE = "appliance0";

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final String own = ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    private final String node = "g4j-node-" + own;
    private final String appliance = "g4j-appl-" + own;

    /** Makes the namespaces; without the privileges for it the test is skipped, or fails in CI. */
    NetworkNamespaces(int mtu) throws IOException, InterruptedException {
        requireRoot();
        for (String tool : List.of("ip", "ethtool", "tcpdump")) {
            require(tool);
        }
        try {
            run("ip", "netns", "add", node);
            run("ip", "netns", "add", appliance);
            run(
                    "ip",
                    "link",
                    "add",
                    NODE_INTERFACE,
                    "netns",
                    node,
                    "type",
                    "veth",
                    "peer",
                    "name",
                    APPLIANCE_INTERFACE,
                    "netns",
                    appliance);
            setUp(mtu, node, NODE_INTERFACE, NODE_ADDRESS, STRANGER_ADDRESS);
            setUp(mtu, appliance, APPLIANCE_INTERFACE, APPLIANCE_ADDRESS, OTHER_APPLIANCE_ADDRESS);
        } catch (IOException | AssertionError e) {
            close();
            throw e;
        }
    }

    private static void setUp(int mtu, String namespace, String device, String... addresses)
            throws IOException, InterruptedException {
        run("ip", "-n", namespace, "link", "set", "lo", "up");
        for (String address : addresses) {
            run("ip", "-n", namespace, "addr", "add", address + "/24", "dev", device);
        }
        // Checksums are to be on the wire, not left to a network card that is not there
        List<String> ethtool = new ArrayList<>(exec(namespace));
        ethtool.addAll(List.of("ethtool", "-K", device, "tx", "off"));
        run(ethtool.toArray(String[]::new));
        run("ip", "-n", namespace, "link", "set", device, "mtu", "" + mtu, "up");
    }

    /** {@return what to begin a command with that runs on the node's side} */
    List<String> onNode() {
        return exec(node);
    }

    /** {@return what to begin a command with that runs on the appliance's side} */
    List<String> onAppliance() {
        return exec(appliance);
    }

    /** {@return a capture of all that passes the node's interface, already running} */
    Process capture(Path file) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(onNode());
        command.addAll(List.of("tcpdump", "-i", NODE_INTERFACE, "-U", "-n", "-w", file.toString()));
        Process tcpdump =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (!Files.exists(file) || Files.size(file) < 24) { // its file header
            assertThat(tcpdump.isAlive()).as("tcpdump runs").isTrue();
            assertThat(System.nanoTime() - deadline).as("waiting for tcpdump").isNegative();
            Thread.sleep(20);
        }
        return tcpdump;
    }

    @Override
    public void close() throws IOException {
        for (String namespace : List.of(node, appliance)) {
            new ProcessBuilder("ip", "netns", "delete", namespace).start().onExit().join();
        }
    }

    private static List<String> exec(String namespace) {
        return List.of("ip", "netns", "exec", namespace);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
    }

    /** Skips the test of any other user, or fails it in CI. */
    static void requireRoot() {
        require("root", "root".equals(System.getProperty("user.name")));
    }

    /** Skips the test without this program, or fails it in CI. */
    static void require(String tool) {
        require(tool, isOnPath(tool));
    }

    private static void require(String what, boolean there) {
        if (there) {
            return;
        }
        if (System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") != null) {
            fail("needs " + what + ", and must not be skipped here");
        }
        abort("needs " + what);
    }

    private static boolean isOnPath(String tool) {
        for (String folder : (System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, tool))) {
                return true;
            }
        }
        return false;
    }
}
