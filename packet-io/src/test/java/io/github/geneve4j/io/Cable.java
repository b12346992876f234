package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Requirement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Two network namespaces with a cable between them, which are a pair of virtual interfaces: a load
 * balancer's node at one end, a port at the other. Nothing outside is touched, and closing takes
 * all of it away. Sockets that are opened in a namespace stay there.
 */
final class Cable implements AutoCloseable {
    static final String NODE = "node0";
    static final String OWN = "own0";
    static final String NODE_ADDRESS = "10.82.0.1";
    static final String OWN_ADDRESS = "10.82.0.2";
    static final String NODE_MAC = "02:82:00:00:00:01";
    static final String OWN_MAC = "02:82:00:00:00:02";

    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int SECONDS = 60;

    private final String suffix = ProcessHandle.current().pid() + "-" + NUMBER.getAndIncrement();
    private final String node = "g4j-n-" + suffix;
    private final String own = "g4j-o-" + suffix;

    /** Makes a cable; without the privileges for it the test is skipped, or fails in CI. */
    Cable() throws Exception {
        this(1);
    }

    /** The same, with as many queues at each end. */
    Cable(int queues) throws Exception {
        this(queues, queues);
    }

    /** The same, with other numbers of queues to send and to receive by. */
    Cable(int sendQueues, int receiveQueues) throws Exception {
        Requirement.root();
        Requirement.command("ip");
        Requirement.command("ethtool");
        try {
            run("ip netns add " + node);
            run("ip netns add " + own);
            String size = " numtxqueues " + sendQueues + " numrxqueues " + receiveQueues;
            run(
                    "ip link add "
                            + NODE
                            + " netns "
                            + node
                            + " address "
                            + NODE_MAC
                            + size
                            + " type veth peer name "
                            + OWN
                            + " netns "
                            + own
                            + " address "
                            + OWN_MAC
                            + size);
            setUp(node, NODE, NODE_ADDRESS);
            setUp(own, OWN, OWN_ADDRESS);
            // No ARP either
            runOnNode("ip neigh replace " + OWN_ADDRESS + " lladdr " + OWN_MAC + " dev " + NODE);
            runOnOwn("ip neigh replace " + NODE_ADDRESS + " lladdr " + NODE_MAC + " dev " + OWN);
        } catch (Exception | AssertionError e) {
            close();
            throw e;
        }
    }

    private static void setUp(String namespace, String device, String address) throws Exception {
        // Nothing is to be on the cable but what a test sends
        run("ip netns exec " + namespace + " sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
        run("ip -n " + namespace + " link set lo up");
        run("ip -n " + namespace + " addr add " + address + "/24 dev " + device);
        run("ip -n " + namespace + " link set " + device + " up");
    }

    /** {@return what that returns in the node's namespace} */
    <T> T onNode(Callable<T> task) throws Exception {
        return in(node, task);
    }

    /** {@return what that returns in the port's namespace} */
    <T> T onOwn(Callable<T> task) throws Exception {
        return in(own, task);
    }

    /** Runs a command in the node's namespace; {@return what it prints} */
    String runOnNode(String command) throws Exception {
        return run("ip netns exec " + node + " " + command);
    }

    /** Runs a command in the port's namespace; {@return what it prints} */
    String runOnOwn(String command) throws Exception {
        return run("ip netns exec " + own + " " + command);
    }

    /** {@return a command that runs in the port's namespace} */
    List<String> commandOnOwn(List<String> command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", own));
        whole.addAll(command);
        return whole;
    }

    /** {@return how often the port's namespace has told somebody that a UDP port is closed} */
    long unreachablesSent() throws Exception {
        long sent = -1;
        List<String> names = List.of();
        for (String line : runOnOwn("cat /proc/net/snmp").lines().toList()) {
            List<String> columns = List.of(line.split(" ", -1));
            int column = names.indexOf("OutDestUnreachs");
            if (columns.get(0).equals("Icmp:") && column > 0) {
                sent = Long.parseLong(columns.get(column));
            }
            names = columns;
        }
        assertThat(sent).as("OutDestUnreachs").isNotNegative();
        return sent;
    }

    /** Closes what a test has opened, in this order; what it has not got to is null. */
    static void close(@Nullable AutoCloseable... opened) throws Exception {
        for (AutoCloseable each : opened) {
            if (each != null) {
                each.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (String namespace : List.of(node, own)) {
            new ProcessBuilder("ip", "netns", "delete", namespace).start().onExit().join();
        }
    }

    /** {@return what that returns in a namespace of that name} */
    static <T> T in(String namespace, Callable<T> task) throws Exception {
        FutureTask<T> future =
                new FutureTask<>(
                        () -> {
                            NetworkNamespace.named(namespace).enter();
                            return task.call();
                        });
        Thread.ofPlatform().name(namespace).start(future);
        try {
            return future.get(SECONDS, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Runs a command; {@return what it prints} */
    static String run(String command) throws Exception {
        Process process =
                new ProcessBuilder(command.split(" ", -1)).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as(command).isTrue();
        assertThat(process.exitValue()).as("%s: %s", command, output).isZero();
        return output;
    }
}
