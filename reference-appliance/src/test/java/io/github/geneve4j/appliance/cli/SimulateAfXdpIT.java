package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Programs through the simulator and the appliance, both of which work on frames by AF_XDP. */
@Timeout(300)
class SimulateAfXdpIT {
    private static final String SERVER = "10.2.0.1";
    private static final int HTTP = 8000;
    private static final int BODY_LENGTH = 10_000_000;

    private static final String TOPOLOGY =
            """
            io: af_xdp
            mtu: 1400
            target-group:
              health-check: {protocol: http, port: 8080, interval: 5s, timeout: 2s, healthy-threshold: 2, unhealthy-threshold: 2}
            nodes: [{zone: zone-a, address: 10.0.1.5}]
            targets: [{name: fw-1, address: 10.0.1.11, zone: zone-a}]
            endpoints:
              - id: vpce-00000000000000001
                zone: zone-a
                inside: {tun: gwi, namespace: CLIENT, addresses: [10.1.0.10/24], routes: [default]}
                outside: {tun: gwo, namespace: SERVER, addresses: [10.2.0.1/24], routes: [10.1.0.0/24]}
            """;

    @TempDir Path folder;

    @Test
    void pingAndCurlGoThrough() throws Exception {
        try (Networks networks = new Networks("ethtool", "ss", "ping", "curl", "python3")) {
            networks.addLoadBalancer(1500);
            networks.add("client", "server");
            String topology =
                    TOPOLOGY.replace("CLIENT", networks.name("client"))
                            .replace("SERVER", networks.name("server"));
            Path file = Files.writeString(folder.resolve("lb.yaml"), topology);
            try (ApplianceProcess appliance =
                            ApplianceProcess.run(
                                    networks.exec("fw"),
                                    "--interface",
                                    "lb",
                                    "--io",
                                    "af_xdp",
                                    "--allow-from",
                                    "10.0.1.5",
                                    "--health-port",
                                    "8080",
                                    "--idle",
                                    "block");
                    ApplianceProcess simulator =
                            ApplianceProcess.start(
                                    networks.exec("lb"),
                                    "simulate",
                                    file.toString(),
                                    "--interval",
                                    "1")) {
                appliance.awaitLine("no policy: every packet passes"::equals);
                simulator.awaitLine(line -> line.contains("healthy=1"));
                talk(networks);
                simulator.signal("TERM");
                simulator.awaitLine(line -> line.startsWith("AWS/GatewayELB"));
                assertThat(simulator.awaitExit()).isZero();
                List<String> rest = simulator.rest();
                assertThat(rest).filteredOn(line -> line.startsWith("dropped ")).isEmpty();
                assertThat(rest).filteredOn(line -> line.startsWith("objected ")).isEmpty();
                assertThat(rest).filteredOn(line -> line.endsWith(" this host")).isEmpty();
                assertThat(rest).anyMatch(line -> line.startsWith("packets to targets "));
            }
        }
    }

    private void talk(Networks networks) throws Exception {
        for (int length : new int[] {56, 1372}) {
            String output =
                    networks.in(
                                    "client",
                                    ("ping -c 5 -i 0.2 -M do -s " + length + " " + SERVER)
                                            .split(" ", -1))
                            .ok();
            assertThat(output).contains("5 packets transmitted, 5 received, 0% packet loss");
        }
        byte[] body = new byte[BODY_LENGTH];
        new Random(1).nextBytes(body);
        Path served = Files.createDirectory(folder.resolve("served"));
        Files.write(served.resolve("body"), body);
        networks.serve("server", served, HTTP);
        Path got = folder.resolve("got");
        networks.in(
                        "client",
                        "curl",
                        "-sSf",
                        "-o",
                        got.toString(),
                        "http://" + SERVER + ":" + HTTP + "/body")
                .ok();
        assertThat(Files.readAllBytes(got)).isEqualTo(body);
        long datagrams =
                networks.in("lb", "grep", "^Udp:", "/proc/net/snmp")
                        .ok()
                        .lines()
                        .skip(1)
                        .mapToLong(line -> Long.parseLong(line.split(" ", -1)[4]))
                        .sum();
        // Of some 15,000 there and back: the first of each second, and none but these
        assertThat(datagrams).isBetween(1L, 500L);
    }
}
