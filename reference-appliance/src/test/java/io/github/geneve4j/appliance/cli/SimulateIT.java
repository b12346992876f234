package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs that know nothing of a load balancer, through all of it: endpoint, simulator, appliance,
 * simulator, the endpoint's other side; and back.
 *
 * <pre>
 * client-1 --- endpoint 1 --- edge-1 --- server-1      client-2, edge-2, server-2 have the very same addresses
 * 10.1.0.10                10.2.0.1 10.3.0.1 10.3.0.2
 * </pre>
 */
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SimulateIT {
    private static final String SERVER = "10.3.0.2";
    private static final String SERVER_6 = "fd00:3::2";
    private static final String CLIENT = "10.1.0.10";
    private static final int HTTP = 8000;
    private static final int BODY_LENGTH = 50_000_000;

    private static final String TOPOLOGY =
            """
            seed: 42
            target-group:
              health-check: {protocol: http, port: 8080, interval: 5s, timeout: 2s, healthy-threshold: 2, unhealthy-threshold: 2}
            nodes: [{zone: zone-a, address: 10.0.1.5}]
            targets:
              - {name: fw-1, address: 10.0.1.11, zone: zone-a}
            endpoints:
              - id: vpce-00000000000000001
                zone: zone-a
                inside: {tun: gwi, namespace: client-1, addresses: [10.1.0.10/24, "fd00:1::10/64"], routes: [default, "::/0"]}
                outside: {tun: gwo, namespace: edge-1, addresses: [10.2.0.1/24, "fd00:2::1/64"], routes: [10.1.0.0/24, "fd00:1::/64"]}
              - id: vpce-00000000000000002
                zone: zone-a
                inside: {tun: gwi, namespace: client-2, addresses: [10.1.0.10/24, "fd00:1::10/64"], routes: [default, "::/0"]}
                outside: {tun: gwo, namespace: edge-2, addresses: [10.2.0.1/24, "fd00:2::1/64"], routes: [10.1.0.0/24, "fd00:1::/64"]}
            """;

    @TempDir static Path folder;
    private Networks networks;
    private ApplianceProcess appliance;
    private ApplianceProcess simulator;

    @BeforeAll
    void start() throws Exception {
        networks =
                new Networks(
                        "ethtool", "ss", "ping", "traceroute", "curl", "iperf3", "nc", "python3");
        networks.addLoadBalancer(9001);
        String topology = TOPOLOGY;
        for (String number : List.of("1", "2")) {
            String client = "client-" + number;
            String edge = "edge-" + number;
            String server = "server-" + number;
            networks.add(client);
            networks.addServer(edge, server);
            // traceroute asks all at once; a host that answers some of that shows nothing of ours
            for (String host : List.of(edge, server)) {
                networks.in(host, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0").ok();
                networks.in(host, "sysctl", "-qw", "net.ipv6.icmp.ratelimit=0").ok();
            }
            topology =
                    topology.replace(client + ",", networks.name(client) + ",")
                            .replace(edge + ",", networks.name(edge) + ",");
        }
        Path file = Files.writeString(folder.resolve("lb.yaml"), topology);
        appliance =
                ApplianceProcess.run(
                        networks.exec("fw"),
                        "--interface",
                        "lb",
                        "--allow-from",
                        "10.0.1.5",
                        "--health-port",
                        "8080",
                        "--idle",
                        "block");
        appliance.awaitLine("no policy: every packet passes"::equals);
        simulator =
                ApplianceProcess.start(
                        networks.exec("lb"),
                        "simulate",
                        file.toString(),
                        "--interval",
                        "1",
                        "--events",
                        folder.resolve("events.log").toString());
        simulator.awaitLine(line -> line.contains("healthy=1"));
        for (String server : List.of("server-1", "server-2", "client-1")) {
            Path files = Files.createDirectories(folder.resolve(server));
            byte[] body = new byte[BODY_LENGTH];
            new Random(server.hashCode()).nextBytes(body);
            Files.write(files.resolve("body"), body);
            networks.serve(server, files, HTTP);
        }
    }

    /** Whatever went through, nothing was dropped anywhere, and nothing is to object to. */
    @AfterAll
    @SuppressWarnings("try") // the resources are there to be closed
    void stop() throws Exception {
        try (Networks _ = networks;
                ApplianceProcess _ = appliance;
                ApplianceProcess _ = simulator) {
            if (simulator == null) {
                return;
            }
            simulator.signal("TERM");
            simulator.awaitLine(line -> line.startsWith("AWS/GatewayELB"));
            assertThat(simulator.awaitExit()).isZero();
            List<String> rest = simulator.rest();
            assertThat(rest).filteredOn(line -> line.startsWith("dropped ")).isEmpty();
            assertThat(rest).filteredOn(line -> line.endsWith(" this host")).isEmpty();
            assertThat(rest).filteredOn(line -> line.startsWith("objected ")).isEmpty();
            assertThat(rest)
                    .filteredOn(line -> line.startsWith("PacketsDroppedCount_"))
                    .hasSize(4)
                    .allMatch(line -> line.endsWith(" 0"));
            String packets =
                    rest.stream()
                            .filter(l -> l.startsWith("packets to "))
                            .findFirst()
                            .orElseThrow();
            Matcher counts =
                    Pattern.compile("packets to targets ([0-9]+), returned ([0-9]+)")
                            .matcher(packets);
            assertThat(counts.matches()).isTrue();
            long sent = Long.parseLong(counts.group(1));
            assertThat(sent).isGreaterThan(10_000);
            // A machine that is busy with other things may lose some of a burst
            assertThat(Long.parseLong(counts.group(2))).isBetween(sent - sent / 100, sent);
            assertThat(Files.readAllLines(folder.resolve("events.log")))
                    .anyMatch(line -> line.endsWith(" target fw-1 initial -> healthy"))
                    .anyMatch(
                            line ->
                                    line.contains(
                                            " flow-start vpce-00000000000000002 tcp "
                                                    + CLIENT
                                                    + ":"));
            appliance.signal("TERM");
            assertThat(appliance.awaitExit()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10.3.0.2, 56",
        "10.3.0.2, 8472", // 8,500 bytes, the longest that the load balancer takes
        "fd00:3::2, 56",
        "fd00:3::2, 8452"
    })
    void ping(String server, int length) throws Exception {
        String output =
                networks.in(
                                "client-1",
                                "ping",
                                "-c",
                                "5",
                                "-i",
                                "0.2",
                                "-M",
                                "do",
                                "-s",
                                "" + length,
                                server)
                        .ok();
        assertThat(output).contains("5 packets transmitted, 5 received, 0% packet loss");
    }

    /** Errors of routers behind the endpoint belong to the flow whose packet they quote. */
    @ParameterizedTest
    @CsvSource({"10.3.0.2, 10.2.0.1, 10.3.0.2", "fd00:3::2, fd00:2::1, fd00:3::2"})
    void traceroute(String server, String first, String second) throws Exception {
        String output =
                networks.in("client-1", "traceroute", "-n", "-q", "2", "-w", "3", "-m", "5", server)
                        .ok();
        List<String> hops = output.lines().skip(1).map(String::strip).toList();
        assertThat(hops).hasSize(2);
        assertThat(hops.get(0)).startsWith("1  " + first + " ");
        assertThat(hops.get(1)).startsWith("2  " + second + " ");
    }

    @Test
    void curlFetchesFromOutside() throws Exception {
        assertThat(fetch("client-1", SERVER, "one")).isEqualTo(digest("server-1"));
    }

    @Test
    void curlFetchesOverIpv6() throws Exception {
        assertThat(fetch("client-1", "[" + SERVER_6 + "]", "six")).isEqualTo(digest("server-1"));
    }

    /** A flow may begin outside as well. */
    @Test
    void curlFetchesFromInside() throws Exception {
        assertThat(fetch("server-1", CLIENT, "back")).isEqualTo(digest("client-1"));
    }

    /** The same addresses on both endpoints at the same time, and other bytes behind them. */
    @Test
    void endpointsWithTheSameAddressesAreKeptApart() throws Exception {
        Process first = begin("client-1", SERVER, "same-1");
        Process second = begin("client-2", SERVER, "same-2");
        Networks.finish(first).ok();
        Networks.finish(second).ok();
        assertThat(digest(folder.resolve("same-1"))).isEqualTo(digest("server-1"));
        assertThat(digest(folder.resolve("same-2"))).isEqualTo(digest("server-2"));
    }

    /** The client's bytes go the other way than those of a fetch. */
    @Test
    void netcatCarriesAStreamOutwards() throws Exception {
        Path received = folder.resolve("stream");
        Process server =
                networks.begin(
                        "server-1",
                        "sh",
                        "-c",
                        "exec nc -N -l 9000 > " + received + " < /dev/null");
        networks.awaitListener("server-1", 9000);
        String body = folder.resolve("client-1/body").toString();
        networks.in("client-1", "sh", "-c", "exec nc -N " + SERVER + " 9000 < " + body).ok();
        Networks.finish(server).ok();
        assertThat(digest(received)).isEqualTo(digest("client-1"));
    }

    @ParameterizedTest
    @CsvSource({"--format=m", "--reverse"})
    void iperfMeasuresTcp(String option) throws Exception {
        String output = iperf("-t", "3", option);
        assertThat(number(output, "sum_received", "bits_per_second")).isGreaterThan(10_000_000);
    }

    @Test
    void iperfMeasuresUdp() throws Exception {
        String output = iperf("-u", "-b", "4M", "-l", "1200", "-t", "3");
        assertThat(number(output, "sum", "packets")).isGreaterThan(1000);
        assertThat(number(output, "sum", "lost_percent")).isLessThan(2);
    }

    private String iperf(String... options) throws Exception {
        Process server = networks.begin("server-1", "iperf3", "-s", "-1", "-p", "5201");
        networks.awaitListener("server-1", 5201);
        String[] command = {"iperf3", "-J", "-c", SERVER, "-p", "5201"};
        String[] whole = Arrays.copyOf(command, command.length + options.length);
        System.arraycopy(options, 0, whole, command.length, options.length);
        String output = networks.in("client-1", whole).ok();
        Networks.finish(server);
        return output;
    }

    /** The last number of that name in the last object of that name. */
    private static double number(String json, String object, String name) {
        String rest = json.substring(json.lastIndexOf("\"" + object + "\":"));
        Matcher value = Pattern.compile("\"" + name + "\":\\s*([0-9.e+-]+)").matcher(rest);
        assertThat(value.find()).as(rest).isTrue();
        return Double.parseDouble(value.group(1));
    }

    private String fetch(String from, String server, String name) throws Exception {
        Networks.finish(begin(from, server, name)).ok();
        return digest(folder.resolve(name));
    }

    private Process begin(String from, String server, String name) throws Exception {
        return networks.begin(
                from,
                "curl",
                "-sS",
                "-g",
                "--fail",
                "--max-time",
                "55",
                "-o",
                folder.resolve(name).toString(),
                "http://" + server + ":" + HTTP + "/body");
    }

    private String digest(String server) throws Exception {
        return digest(folder.resolve(server).resolve("body"));
    }

    private static String digest(Path file) throws Exception {
        assertThat(file).hasSize(BODY_LENGTH);
        byte[] bytes = Files.readAllBytes(file);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
