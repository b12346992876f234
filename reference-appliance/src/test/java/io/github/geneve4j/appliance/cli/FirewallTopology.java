package io.github.geneve4j.appliance.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the firewall's tests take place: between a client and a server that know nothing of it,
 * behind the simulated load balancer.
 *
 * <pre>
 * client --- endpoint --- edge --- server
 * 10.1.0.10            10.2.0.1 10.3.0.1 10.3.0.2
 * </pre>
 */
final class FirewallTopology {
    private static final String TEXT =
            """
            seed: 42
            mtu: MTU
            target-group:
              health-check: {protocol: http, port: 8080, interval: 5s, timeout: 2s, healthy-threshold: 2, unhealthy-threshold: 2}
            nodes: [{zone: zone-a, address: 10.0.1.5}]
            targets: [{name: fw-1, address: 10.0.1.11, zone: zone-a}]
            endpoints:
              - id: vpce-00000000000000001
                zone: zone-a
                inside: {tun: gwi, namespace: CLIENT, addresses: [10.1.0.10/24, "fd00:1::10/64"], routes: [default, "::/0"]}
                outside: {tun: gwo, namespace: EDGE, addresses: [10.2.0.1/24, "fd00:2::1/64"], routes: [10.1.0.0/24, "fd00:1::/64"]}
            """;

    private FirewallTopology() {}

    /** Lays all cables; that of the load balancer takes packets of this size. */
    static void lay(Networks networks, int linkMtu) throws Exception {
        networks.addLoadBalancer(linkMtu);
        networks.add("client");
        networks.addServer("edge", "server");
    }

    /**
     * {@return the load balancer, which knows its target to be well, and tells its events to {@code
     * events}}
     */
    static ApplianceProcess startLoadBalancer(Networks networks, Path folder, int mtu)
            throws IOException, InterruptedException {
        String text =
                TEXT.replace("MTU", "" + mtu)
                        .replace("CLIENT", networks.name("client"))
                        .replace("EDGE", networks.name("edge"));
        ApplianceProcess simulator =
                ApplianceProcess.start(
                        networks.exec("lb"),
                        "simulate",
                        Files.writeString(folder.resolve("lb.yaml"), text).toString(),
                        "--interval",
                        "1",
                        "--events",
                        folder.resolve("events").toString());
        simulator.awaitLine(line -> line.contains("healthy=1"));
        return simulator;
    }
}
