package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.Requirement;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A virtual cable between two network namespaces: the load balancer's node on one end, the port
 * under test on the other. Nothing outside them is touched, and closing takes them away.
 */
final class Cable implements AutoCloseable {
    static final String NODE = "10.83.0.1";
    static final String OWN = "10.83.0.2";
    static final String OTHER_OWN = "10.83.0.3";
    static final String NODE_DEVICE = "node0";
    static final String DEVICE = "port0";
    static final String NODE_MAC = "02:83:00:00:00:01";
    static final String OWN_MAC = "02:83:00:00:00:02";

    private final String suffix = Integer.toHexString(ThreadLocalRandom.current().nextInt());
    private final String nodeSpace = "g4jn" + suffix;
    private final String ownSpace = "g4jp" + suffix;

    /** Lays a cable with two queues at each end. */
    Cable(int mtu) throws Exception {
        this(mtu, 2);
    }

    /** Lays the cable; without the privileges for it the test is skipped, or fails in CI. */
    Cable(int mtu, int queues) throws Exception {
        Requirement.root();
        Requirement.command("ip");
        try {
            run("ip", "netns", "add", nodeSpace);
            run("ip", "netns", "add", ownSpace);
            String sizes = " numrxqueues " + queues + " numtxqueues " + queues;
            run(
                    ("ip link add " + NODE_DEVICE + " netns " + nodeSpace + " address " + NODE_MAC)
                            + (sizes + " type veth peer name " + DEVICE)
                            + (" netns " + ownSpace + " address " + OWN_MAC + sizes));
            setUp(nodeSpace, NODE_DEVICE, mtu, NODE);
            setUp(ownSpace, DEVICE, mtu, OWN, OTHER_OWN);
            run(neighbour(nodeSpace, OWN, OWN_MAC, NODE_DEVICE));
            run(neighbour(nodeSpace, OTHER_OWN, OWN_MAC, NODE_DEVICE));
            run(neighbour(ownSpace, NODE, NODE_MAC, DEVICE));
        } catch (Exception | AssertionError e) {
            close();
            throw e;
        }
    }

    private static void setUp(String space, String device, int mtu, String... addresses)
            throws Exception {
        // What the kernel says by itself would only disturb
        run("ip", "netns", "exec", space, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
        run("ip -n " + space + " link set lo up");
        for (String address : addresses) {
            run("ip -n " + space + " addr add " + address + "/24 dev " + device);
        }
        run("ip -n " + space + " link set " + device + " mtu " + mtu + " up");
    }

    private static String neighbour(String space, String address, String mac, String device) {
        return "ip -n " + space + " neigh replace " + address + " lladdr " + mac + " dev " + device;
    }

    /** {@return what the task returns, which runs on the node's end} */
    <T> T onNode(Callable<T> task) throws Exception {
        return in(nodeSpace, task);
    }

    /** {@return what the task returns, which runs on the port's end} */
    <T> T onOwn(Callable<T> task) throws Exception {
        return in(ownSpace, task);
    }

    /** Runs {@code ip} on the port's end; {@return what it prints} */
    String ip(String arguments) throws Exception {
        return run("ip -n " + ownSpace + " " + arguments);
    }

    /** Sets features of the node's interface. */
    void ethtoolOnNode(String features) throws Exception {
        Requirement.command("ethtool");
        run("ip netns exec " + nodeSpace + " ethtool -K " + NODE_DEVICE + " " + features);
    }

    /** {@return how often the port's end has told somebody that a UDP port is closed} */
    long unreachablesSent() throws Exception {
        String names = "";
        for (String line : run("ip netns exec " + ownSpace + " cat /proc/net/snmp").split("\n")) {
            int column = List.of(names.split(" ")).indexOf("OutDestUnreachs");
            if (line.startsWith("Icmp:") && column > 0) {
                return Long.parseLong(line.split(" ")[column]);
            }
            names = line;
        }
        throw new AssertionError("no OutDestUnreachs");
    }

    /** {@return what to begin a command with that runs on the port's end} */
    List<String> onOwn() {
        return List.of("ip", "netns", "exec", ownSpace);
    }

    /** {@return the address on the node's end, for frames by a test} */
    static String text(int address) {
        return String.join(
                ".",
                List.of(
                        "" + (address >>> 24),
                        "" + (address >>> 16 & 0xff),
                        "" + (address >>> 8 & 0xff),
                        "" + (address & 0xff)));
    }

    @Override
    public void close() throws IOException {
        for (String space : List.of(nodeSpace, ownSpace)) {
            new ProcessBuilder("ip", "netns", "delete", space)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .onExit()
                    .join();
        }
    }

    /** A thread can be in another namespace than its process; what it opens stays there. */
    private static <T> T in(String space, Callable<T> task) throws Exception {
        FutureTask<T> inside =
                new FutureTask<>(
                        () -> {
                            enter(space);
                            return task.call();
                        });
        Thread.ofPlatform().start(inside).join();
        try {
            return inside.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static void enter(String space) throws IOException {
        try (Arena arena = Arena.ofConfined();
                Descriptor file =
                        Descriptor.of(
                                Libc.open(
                                        arena.allocateFrom("/var/run/netns/" + space),
                                        SocketHeader.O_RDONLY | SocketHeader.O_CLOEXEC),
                                "open(" + space + ")")) {
            SystemCallException.require(
                    Libc.setns(file.number(), SocketHeader.CLONE_NEWNET), "setns");
        }
    }

    private static String run(String command) throws Exception {
        return run(command.split(" "));
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
        return output;
    }
}
