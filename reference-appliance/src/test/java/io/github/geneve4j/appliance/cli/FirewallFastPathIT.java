package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The firewall whose allowed flows the kernel returns, between programs that know nothing of it,
 * behind the simulated load balancer: what they get, who returned it, and when that ends.
 */
@Timeout(300)
class FirewallFastPathIT {
    private static final int MEGABYTES = Integer.getInteger("geneve4j.fastpath.megabytes", 60);
    private static final int MEGABYTE = 1_000_000;
    private static final int HTTP = 8000;
    private static final int CLIENT_PORT = 20_000;

    /** After this no packet of a flow passes that the policy forbids, or whose firewall is gone. */
    private static final Duration STOPS_WITHIN = Duration.ofMillis(100);

    /** How long to look at what passes, or does not. */
    private static final Duration WATCH = Duration.ofMillis(700);

    private static final String POLICY =
            """
            sets: {servers: [10.3.0.0/24, "fd00:3::/64"]}
            default: drop
            rules:
              - {name: web, destination: servers, protocol: tcp, destination-port: 8000, action: allow}
              - {name: talk, destination: servers, protocol: udp, destination-port: 9000, action: allow}
            """;

    /**
     * Sends numbered datagrams all the time, and writes down what comes from the other end, and
     * when, by the clock of {@link System#nanoTime}. The server waits to be told where its client
     * is.
     */
    private static final String TALK =
            """
            import socket, sys, time
            host, role, log = sys.argv[1], sys.argv[2], open(sys.argv[3], "w", 1)
            s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, 33, 1 << 22) # SO_RCVBUFFORCE
            if role == "server":
                s.bind((host, 9000))
                first, client = s.recvfrom(100)
                log.write("%d %d\\n" % (int(first), time.monotonic_ns()))
                s.connect(client)
            else:
                s.connect((host, 9000))
            s.setblocking(False)
            number = 0
            while True:
                try:
                    s.send(b"%d" % number)
                    number += 1
                    while True:
                        log.write("%d %d\\n" % (int(s.recv(100)), time.monotonic_ns()))
                except OSError: # nothing is there, or an ICMP error
                    pass
                time.sleep(0.001)
            """;

    @TempDir Path folder;
    private Networks networks;
    private ApplianceProcess appliance;
    private ApplianceProcess simulator;
    private Path policy;
    private String io;
    private List<String> options = List.of();

    /** One datagram that came. */
    private record Heard(int number, long atNanos) {}

    /** A flow that has ended, as the appliance tells it. */
    private record Ended(long sent, long answered, long bytesAnswered, String cookie) {
        private static final Pattern LINE =
                Pattern.compile(
                        ".* packets=([0-9]+)/([0-9]+) bytes=[0-9]+/([0-9]+) .* cookie=(0x[0-9a-f]{8})");

        static Ended of(String line) {
            Matcher parts = LINE.matcher(line);
            assertThat(parts.matches()).as(line).isTrue();
            return new Ended(
                    Long.parseLong(parts.group(1)),
                    Long.parseLong(parts.group(2)),
                    Long.parseLong(parts.group(3)),
                    parts.group(4));
        }
    }

    /** What passed, by the appliance's counters. */
    private record Books(long received, long skipped, long byKernel) {
        long all() {
            return received + skipped + byKernel;
        }
    }

    private void start(int linkMtu, int mtu) throws Exception {
        networks = new Networks("ethtool", "ss", "curl", "python3");
        FirewallTopology.lay(networks, linkMtu);
        policy = Files.writeString(folder.resolve("policy.yaml"), POLICY);
        appliance = startAppliance();
        simulator = FirewallTopology.startLoadBalancer(networks, folder, mtu);
    }

    private ApplianceProcess startAppliance() throws Exception {
        List<String> all = new ArrayList<>(options);
        Collections.addAll(
                all,
                "--interface",
                "lb",
                "--io",
                io,
                "--allow-from",
                "10.0.1.5",
                "--health-port",
                "8080",
                "--admin",
                "9100",
                "--idle",
                "block",
                "--policy",
                policy.toString(),
                "--no-window-check",
                "--fast-path",
                "--flow-log");
        ApplianceProcess started =
                ApplianceProcess.run(networks.exec("fw"), all.toArray(String[]::new));
        assertThat(started.awaitLine(line -> line.startsWith("AF_"))).contains(", fast path");
        started.awaitLine(line -> line.startsWith("policy 1 holds: "));
        return started;
    }

    @AfterEach
    @SuppressWarnings("try") // the resources are there to be closed
    void close() throws Exception {
        try (Networks _ = networks;
                ApplianceProcess _ = appliance;
                ApplianceProcess _ = simulator) {}
    }

    @ParameterizedTest
    @CsvSource({"af_xdp, 1500, 1400", "af_packet, 9001, 8500"})
    void allowedFlowsStayInTheKernelForAsLongAsTheyAreAllowed(String io, int linkMtu, int mtu)
            throws Exception {
        this.io = io;
        start(linkMtu, mtu);
        transfer(mtu);
        Talk talk = new Talk("10.3.0.2");
        Talk talk6 = new Talk("fd00:3::2");
        aReloadThatChangesNothing(talk, talk6);
        aReloadThatForbids(talk, talk6);
        aReloadThatAllowsAgain(talk, talk6);
        killed(talk, talk6);
        startedAgain(talk, talk6);
        stop();
    }

    /** Under another policy, of which the process before knew nothing. */
    @Test
    void keptFlowsGoOnUntilTheNextProcessForbidsThem() throws Exception {
        this.io = "af_xdp";
        Path names = Files.createDirectory(folder.resolve("names"));
        options = List.of("--fast-path-keep", "30", "--fast-path-folder", names.toString());
        Networks.host("mount", "-t", "bpf", "bpf", names.toString()).ok();
        try {
            start(1500, 1400);
            Talk talk = new Talk("10.3.0.2");
            Talk talk6 = new Talk("fd00:3::2");
            for (Talk each : List.of(talk, talk6)) {
                each.awaitBoth();
            }
            awaitByKernel();
            appliance.signal("KILL");
            assertThat(appliance.awaitExit()).isEqualTo(128 + 9);
            long ended = System.nanoTime();
            Thread.sleep(WATCH);
            for (Talk each : List.of(talk, talk6)) {
                assertThat(each.lastNanos() - ended).isGreaterThan(WATCH.toNanos() * 9 / 10);
            }
            Files.writeString(policy, POLICY.replace("port: 9000", "port: 9001"));
            appliance = startAppliance();
            long held = System.nanoTime();
            Thread.sleep(WATCH);
            for (Talk each : List.of(talk, talk6)) {
                assertThat(each.lastNanos() - ended).isGreaterThan(WATCH.toNanos());
                assertThat(each.lastNanos() - held).isLessThan(STOPS_WITHIN.toNanos());
            }
            assertThat(byKernel()).isZero();
            appliance.signal("TERM");
            assertThat(appliance.awaitExit()).isZero();
            assertThat(link()).doesNotContain("xdp");
        } finally {
            Networks.host("umount", names.toString()).ok();
        }
    }

    /** Byte-correct, nearly all of it by the kernel, and every packet is somewhere in the books. */
    private void transfer(int mtu) throws Exception {
        Path served = Files.createDirectory(folder.resolve("www"));
        String digest = writeBody(served.resolve("body"), MEGABYTES);
        String small = writeBody(served.resolve("small"), MEGABYTES / 10);
        Files.createFile(served.resolve("empty"));
        networks.serve("server", served, HTTP);
        assertThat(fetch("10.3.0.2", "body")).isEqualTo(digest);
        assertThat(fetch("[fd00:3::2]", "small")).isEqualTo(small);
        Ended flow = end("10.3.0.2");
        Ended flow6 = end("[fd00:3::2]");

        Books books = awaitBooks();
        assertThat(flow.bytesAnswered()).isGreaterThan((long) MEGABYTES * MEGABYTE);
        assertThat(flow6.bytesAnswered()).isGreaterThan((long) MEGABYTES / 10 * MEGABYTE);
        for (Ended one : List.of(flow, flow6)) {
            long packets = one.sent() + one.answered();
            assertThat(told(one.cookie())).isEqualTo("sent " + packets + " returned " + packets);
        }
        // What of them was with the worker cannot be more than all that ever was
        assertThat(flow.answered()).isGreaterThan(books.received() * 10);
        assertThat(books.byKernel()).isGreaterThan((long) MEGABYTES * MEGABYTE / mtu);
        assertThat(books.byKernel()).as("%s", books).isGreaterThan(books.received() * 20);
    }

    /**
     * Begins another connection on the ports of the one that was the last, which ends it for all
     * who kept it.
     */
    private Ended end(String host) throws Exception {
        fetch(host, "empty");
        return Ended.of(
                appliance.awaitLine(
                        line ->
                                line.startsWith("flow: reused, allowed by 'web' vpce-")
                                        && line.contains(" > " + host + ":" + HTTP + " ")));
    }

    /** {@return what the load balancer has counted of a flow with this cookie, which has ended} */
    private String told(String cookie) throws Exception {
        Pattern end = Pattern.compile("flow-end .* cookie " + cookie + " reopened (sent .*)");
        for (long deadline = deadline(); ; Thread.sleep(20)) {
            String events = Files.readString(folder.resolve("events"));
            Matcher found = end.matcher(events);
            if (found.find()) {
                return found.group(1);
            }
            assertThat(System.nanoTime() - deadline).as(events).isNegative();
        }
    }

    private static String writeBody(Path file, int megabytes) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] part = new byte[MEGABYTE];
        Random random = new Random(megabytes);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < megabytes; i++) {
                random.nextBytes(part);
                digest.update(part);
                out.write(part);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private String fetch(String host, String name) throws Exception {
        Path got = folder.resolve("got");
        networks.in(
                        "client",
                        "curl",
                        "-sSfg",
                        "--max-time",
                        "200",
                        "--ignore-content-length", // the server closes first, so the port is free
                        "--local-port",
                        "" + CLIENT_PORT,
                        "-o",
                        got.toString(),
                        "http://" + host + ":" + HTTP + "/" + name)
                .ok();
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream in = new DigestInputStream(Files.newInputStream(got), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** They come up, are judged again, and go back to the kernel: none is lost on the way. */
    private void aReloadThatChangesNothing(Talk... talks) throws Exception {
        for (Talk talk : talks) {
            talk.awaitBoth();
        }
        awaitByKernel();
        replace(
                POLICY + "  - {name: more, protocol: gre, action: drop}\n",
                "3 rules, default drop");
        Thread.sleep(WATCH);
        awaitByKernel();
        for (Talk talk : talks) {
            assertThat(talk.missing()).as("%s", talk).isZero();
        }
    }

    /** Both directions, and a connection in its middle. */
    private void aReloadThatForbids(Talk... talks) throws Exception {
        Process body = download();
        awaitByKernel();
        long began = System.nanoTime();
        long held =
                replace(
                        POLICY.replace("port: 8000", "port: 8001")
                                .replace("port: 9000", "port: 9001")
                                .replace("default: drop", "default: reject"),
                        "2 rules, default reject");
        Networks.Result ended = Networks.finish(body);
        assertThat(ended.status()).as(ended.output()).isEqualTo(56); // receiving failed: reset
        Thread.sleep(WATCH);
        for (Talk talk : talks) {
            assertThat(talk.lastNanos() - began).as("%s", talk).isPositive();
            assertThat(talk.lastNanos() - held).isLessThan(STOPS_WITHIN.toNanos());
        }
        long before = byKernel();
        Thread.sleep(WATCH);
        assertThat(byKernel()).isEqualTo(before);
    }

    private Process download() throws Exception {
        return networks.begin(
                "client",
                "curl",
                "-sS",
                "--max-time",
                "50",
                "--limit-rate",
                "500K",
                "-o",
                "/dev/null",
                "http://10.3.0.2:" + HTTP + "/body");
    }

    private void aReloadThatAllowsAgain(Talk... talks) throws Exception {
        long held = replace(POLICY, "2 rules, default drop");
        for (Talk talk : talks) {
            talk.awaitBothAfter(held);
        }
        awaitByKernel();
    }

    /** Nobody is there who could have been asked; the kernel is told so by the kernel. */
    private void killed(Talk... talks) throws Exception {
        assertThat(link()).contains("prog/xdp");
        appliance.signal("KILL");
        assertThat(appliance.awaitExit()).isEqualTo(128 + 9);
        long ended = System.nanoTime();
        Thread.sleep(WATCH);
        for (Talk talk : talks) {
            assertThat(talk.lastNanos() - ended).isLessThan(STOPS_WITHIN.toNanos());
        }
        assertThat(link()).doesNotContain("xdp");
    }

    private void startedAgain(Talk... talks) throws Exception {
        appliance = startAppliance();
        long held = System.nanoTime();
        for (Talk talk : talks) {
            talk.awaitBothAfter(held);
        }
        awaitByKernel();
    }

    /** And nobody had anything to object to. */
    private void stop() throws Exception {
        simulator.signal("TERM");
        simulator.awaitLine(line -> line.startsWith("AWS/GatewayELB"));
        assertThat(simulator.awaitExit()).isZero();
        List<String> rest = simulator.rest();
        assertThat(rest).filteredOn(line -> line.startsWith("objected ")).isEmpty();
        assertThat(rest).filteredOn(line -> line.startsWith("dropped ")).isEmpty();
        appliance.signal("TERM");
        assertThat(appliance.awaitExit()).isZero();
        assertThat(link()).doesNotContain("xdp");
        List<String> last = appliance.rest();
        assertThat(last)
                .anyMatch(line -> line.matches("fast path flows=4 of 262144 returned=[0-9]+ .*"));
        assertThat(last)
                .filteredOn(line -> line.startsWith("flow: alive, allowed by 'talk' vpce-"))
                .hasSize(2)
                .allMatch(line -> Ended.of(line).sent() > 100);
    }

    private String link() throws Exception {
        return networks.in("fw", "ip", "link", "show", "lb").ok();
    }

    /** Has another policy hold, which ends so in words; {@return when that was told} */
    private long replace(String text, String words) throws Exception {
        Path next = Files.writeString(folder.resolve("next.yaml"), text);
        Files.move(
                next, policy, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        appliance.signal("HUP"); // it may have been read already, by a look at the file
        appliance.awaitLine(line -> line.matches("policy [0-9]+ holds: .*" + words));
        return System.nanoTime();
    }

    /** {@return the books, once all that the simulator has sent is in there} */
    private Books awaitBooks() throws Exception {
        Pattern sentPattern = Pattern.compile(" packets sent=([0-9]+) ");
        long deadline = deadline();
        while (true) {
            Matcher sent =
                    sentPattern.matcher(simulator.awaitLine(line -> line.contains(" sent=")));
            assertThat(sent.find()).isTrue();
            Books books = books();
            if (books.all() == Long.parseLong(sent.group(1))) {
                return books;
            }
            assertThat(System.nanoTime() - deadline).as("%s, %s", sent, books).isNegative();
        }
    }

    private Books books() throws Exception {
        appliance.signal("USR1");
        String counters = appliance.awaitLine(line -> line.startsWith("received="));
        String fast = appliance.awaitLine(line -> line.startsWith("fast path "));
        return new Books(
                number(counters, "received="),
                number(counters, " skipped="),
                number(fast, " returned="));
    }

    private static long number(String line, String name) {
        Matcher number = Pattern.compile(Pattern.quote(name) + "([0-9]+)").matcher(line);
        return number.find() ? Long.parseLong(number.group(1)) : 0;
    }

    /** {@return packets that the kernel has returned by itself so far} */
    private long byKernel() throws Exception {
        String metrics = networks.in("fw", "curl", "-sS", "http://127.0.0.1:9100/metrics").ok();
        Matcher packets =
                Pattern.compile("(?m)^appliance_fast_path_packets_total ([0-9.E]+)$")
                        .matcher(metrics);
        assertThat(packets.find()).as(metrics).isTrue();
        return (long) Double.parseDouble(packets.group(1));
    }

    /** Waits until it returns some more. */
    private void awaitByKernel() throws Exception {
        long before = byKernel();
        for (long deadline = deadline(); byKernel() < before + 100; ) {
            assertThat(System.nanoTime() - deadline).as("the kernel returns").isNegative();
        }
    }

    private static long deadline() {
        return System.nanoTime() + Duration.ofSeconds(30).toNanos();
    }

    /** Two programs that send each other datagrams, whatever becomes of them. */
    private final class Talk {
        private final String server;
        private final List<Path> logs;

        Talk(String server) throws Exception {
            this.server = server;
            String name = server.replace(':', '_');
            this.logs = List.of(folder.resolve(name + "-server"), folder.resolve(name + "-client"));
            networks.begin("server", "python3", "-c", TALK, server, "server", "" + logs.get(0));
            networks.begin("client", "python3", "-c", TALK, server, "client", "" + logs.get(1));
        }

        /** Waits until both have heard of the other one. */
        void awaitBoth() throws Exception {
            awaitBothAfter(Long.MIN_VALUE / 2);
        }

        /** Waits until both have heard of the other one since then. */
        void awaitBothAfter(long nanos) throws Exception {
            for (Path log : logs) {
                for (long deadline = deadline(); lastNanos(log) < nanos; ) {
                    assertThat(System.nanoTime() - deadline).as("%s", this).isNegative();
                    Thread.sleep(20);
                }
            }
        }

        /** {@return when one of them last heard anything} */
        long lastNanos() throws IOException {
            return Math.max(lastNanos(logs.get(0)), lastNanos(logs.get(1)));
        }

        private static long lastNanos(Path log) throws IOException {
            List<Heard> heard = heard(log);
            return heard.isEmpty() ? Long.MIN_VALUE : heard.getLast().atNanos();
        }

        /**
         * {@return datagrams that did not come, or came twice} Where a flow goes to the kernel, one
         * may overtake another that is with the worker still.
         */
        int missing() throws IOException {
            int missing = 0;
            for (Path log : logs) {
                List<Heard> heard = heard(log);
                IntSummaryStatistics numbers =
                        heard.stream().mapToInt(Heard::number).summaryStatistics();
                int span = numbers.getMax() - numbers.getMin() + 1;
                int different = (int) heard.stream().map(Heard::number).distinct().count();
                missing += span - different + (heard.size() - different);
            }
            return missing;
        }

        private static List<Heard> heard(Path log) throws IOException {
            List<Heard> heard = new ArrayList<>();
            if (Files.exists(log)) {
                String text = Files.readString(log);
                text.substring(0, text.lastIndexOf('\n') + 1) // it is being written
                        .lines()
                        .map(line -> line.split(" ", -1))
                        .map(w -> new Heard(Integer.parseInt(w[0]), Long.parseLong(w[1])))
                        .forEach(heard::add);
            }
            return heard;
        }

        @Override
        public String toString() {
            return "talk with " + server;
        }
    }
}
