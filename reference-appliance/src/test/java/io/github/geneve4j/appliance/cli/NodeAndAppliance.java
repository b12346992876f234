package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A load balancer's node and the appliance: two namespaces with a cable between them. */
final class NodeAndAppliance implements AutoCloseable {
    static final String NODE_ADDRESS = "10.81.0.1";
    static final String STRANGER_ADDRESS = "10.81.0.9"; // on the node's side too
    static final String APPLIANCE_ADDRESS = "10.81.0.2";
    static final String OTHER_APPLIANCE_ADDRESS = "10.81.0.3";

    /** The cable's end on the appliance's side, named after what it leads to. */
    static final String APPLIANCE_INTERFACE = "node";

    private static final String NODE = "node";
    private static final String NODE_INTERFACE = "appliance";
    private static final String APPLIANCE = "appliance";

    private final Networks networks = new Networks("ethtool", "tcpdump");

    /** Without the privileges or programs, the test is skipped, or fails in CI. */
    NodeAndAppliance(int mtu) throws Exception {
        try {
            networks.add(NODE, APPLIANCE);
            networks.cable(NODE, APPLIANCE, mtu);
            addNode(NODE_ADDRESS);
            addNode(STRANGER_ADDRESS);
            for (String address : List.of(APPLIANCE_ADDRESS, OTHER_APPLIANCE_ADDRESS)) {
                networks.ip(APPLIANCE, "addr add " + address + "/24 dev " + APPLIANCE_INTERFACE);
            }
        } catch (Exception | AssertionError e) {
            close();
            throw e;
        }
    }

    /** Gives the node's side one more address. */
    void addNode(String address) throws Exception {
        networks.ip(NODE, "addr add " + address + "/24 dev " + NODE_INTERFACE);
    }

    /** {@return what to begin a command with that runs on the node's side} */
    List<String> onNode() {
        return networks.exec(NODE);
    }

    /** {@return what to begin a command with that runs on the appliance's side} */
    List<String> onAppliance() {
        return networks.exec(APPLIANCE);
    }

    /** {@return a capture of all that passes the node's interface, already running} */
    Process capture(Path file) throws IOException, InterruptedException {
        Process tcpdump =
                networks.begin(NODE, "tcpdump", "-i", NODE_INTERFACE, "-U", "-n", "-w", "" + file);
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
        networks.close();
    }
}
