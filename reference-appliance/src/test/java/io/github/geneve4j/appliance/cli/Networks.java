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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Network namespaces of one test, cables between them, and the programs that run there. Nothing
 * else is touched; closing ends the programs and takes all of it away.
 */
public final class Networks implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final int SECONDS = 60;

    private final String suffix =
            "-" + ProcessHandle.current().pid() + "-" + NUMBER.getAndIncrement();
    private final List<String> namespaces = new ArrayList<>();
    private final List<Process> running = new ArrayList<>();

    /** What a program printed, and its exit status. */
    public record Result(int status, String output) {
        /** {@return the output of a program that was content} */
        public String ok() {
            assertThat(status).as(output).isZero();
            return output;
        }
    }

    /** Without the privileges or programs, the test is skipped, or fails in CI. */
    public Networks(String... programs) {
        requireRoot();
        require("ip");
        for (String program : programs) {
            require(program);
        }
    }

    /** Skips the test of any other user, or fails it in CI. */
    static void requireRoot() {
        require("root", "root".equals(System.getProperty("user.name")));
    }

    /** Skips the test without this program, or fails it in CI. */
    static void require(String program) {
        require(program, isOnPath(program));
    }

    /** {@return the namespace's name on this host} */
    public String name(String plain) {
        return "g4j-" + plain + suffix;
    }

    /** Makes namespaces. */
    public void add(String... plain) throws Exception {
        for (String one : plain) {
            host("ip", "netns", "add", name(one)).ok();
            namespaces.add(name(one));
            ip(one, "link set lo up");
        }
    }

    /** Lays a cable between two namespaces, whose ends have the names of the other one. */
    public void cable(String one, String other, int mtu) throws Exception {
        host(
                        "ip",
                        "link",
                        "add",
                        other,
                        "netns",
                        name(one),
                        "type",
                        "veth",
                        "peer",
                        "name",
                        one,
                        "netns",
                        name(other))
                .ok();
        for (String[] end : new String[][] {{one, other}, {other, one}}) {
            // Checksums are to be on the wire, not left to a network card that is not there
            in(end[0], "ethtool", "-K", end[1], "tx", "off").ok();
            ip(end[0], "link set " + end[1] + " mtu " + mtu + " up");
        }
    }

    /** Makes {@code lb}, where a node is 10.0.1.5, and {@code fw}, where a target is 10.0.1.11. */
    void addLoadBalancer(int mtu) throws Exception {
        add("lb", "fw");
        cable("lb", "fw", mtu);
        ip("lb", "addr add 10.0.1.5/24 dev fw");
        ip("fw", "addr add 10.0.1.11/24 dev lb");
    }

    /** Makes a router, 10.3.0.1 and fd00:3::1, and a server behind it, 10.3.0.2 and fd00:3::2. */
    void addServer(String edge, String server) throws Exception {
        add(edge, server);
        cable(edge, server, 8500);
        ip(edge, "addr add 10.3.0.1/24 dev " + server);
        ip(edge, "addr add fd00:3::1/64 dev " + server + " nodad");
        ip(server, "addr add 10.3.0.2/24 dev " + edge);
        ip(server, "addr add fd00:3::2/64 dev " + edge + " nodad");
        ip(server, "route add default via 10.3.0.1");
        ip(server, "-6 route add default via fd00:3::1");
        in(edge, "sysctl", "-qw", "net.ipv4.ip_forward=1").ok();
        in(edge, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1").ok();
    }

    /** Serves the files of a folder by HTTP, and waits until that is so. */
    void serve(String plain, Path folder, int port) throws Exception {
        begin(
                plain,
                "python3",
                "-m",
                "http.server",
                "--bind",
                "::",
                "--directory",
                folder.toString(),
                "" + port);
        awaitListener(plain, port);
    }

    /** Runs {@code ip} in a namespace. */
    public void ip(String plain, String words) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip", "-n", name(plain)));
        command.addAll(List.of(words.split(" ", -1)));
        host(command.toArray(String[]::new)).ok();
    }

    /** {@return what to begin a command with that runs in a namespace} */
    List<String> exec(String plain) {
        return List.of("ip", "netns", "exec", name(plain));
    }

    /** {@return what a program in a namespace printed, once it has ended} */
    public Result in(String plain, String... command) throws Exception {
        return finish(begin(plain, command));
    }

    /** {@return a program in a namespace, running} */
    Process begin(String plain, String... command) throws IOException {
        List<String> whole = new ArrayList<>(exec(plain));
        whole.addAll(List.of(command));
        Process process = new ProcessBuilder(whole).redirectErrorStream(true).start();
        running.add(process);
        return process;
    }

    /** {@return what it printed, once it has ended, which must be soon} */
    static Result finish(Process process) throws Exception {
        // Its pipe holds what is printed here; more than that is read as it comes
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            fail("does not end: " + process.info() + " " + output);
        }
        return new Result(process.exitValue(), output);
    }

    /** Waits until somebody listens on a TCP port there. */
    void awaitListener(String plain, int port) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (in(plain, "ss", "-Hltn", "sport = :" + port).ok().isBlank()) {
            assertThat(System.nanoTime() - deadline).as("port " + port).isNegative();
            Thread.sleep(50);
        }
    }

    @Override
    public void close() throws IOException {
        running.forEach(Process::destroyForcibly);
        running.forEach(process -> process.onExit().join());
        for (String namespace : namespaces) {
            new ProcessBuilder("ip", "netns", "delete", namespace).start().onExit().join();
        }
    }

    /** Runs a program in the namespace of this one. */
    static Result host(String... command) throws Exception {
        return finish(new ProcessBuilder(command).redirectErrorStream(true).start());
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
