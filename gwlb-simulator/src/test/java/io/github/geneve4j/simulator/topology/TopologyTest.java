package io.github.geneve4j.simulator.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.geneve4j.config.ConfigError;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.config.IpPrefix;
import io.github.geneve4j.flow.FlowScope;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.simulator.AllUnhealthy;
import io.github.geneve4j.simulator.HealthCheck;
import io.github.geneve4j.simulator.HealthProtocol;
import io.github.geneve4j.simulator.Objection;
import io.github.geneve4j.simulator.Strictness;
import io.github.geneve4j.simulator.TargetFailover;
import io.github.geneve4j.simulator.TargetGroupSettings;
import io.github.geneve4j.simulator.TcpResets;
import io.github.geneve4j.simulator.fault.WireFaults;
import java.net.Inet4Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files as people write them, right and wrong. */
class TopologyTest {
    private static final String SMALL =
            """
            nodes:
              - {zone: zone-a, address: 10.0.1.5}
            """;

    private static final String EVERYTHING =
            """
            seed: 0x2a
            mtu: 1500
            flow-capacity: 1000
            source-ports: 50000-50003
            target-group:
              stickiness: 5-tuple
              tcp-idle-timeout: 10m
              closed-timeout: 5s
              deregistration-delay: 20s
              failover: no_rebalance
              cross-zone: true
              all-unhealthy: drop
              tcp-resets: {on-unhealthy: true, on-deregistration: false, on-idle-timeout: true}
              health-check:
                protocol: https
                port: 8443
                path: /well?deep=1
                interval: 30s
                timeout: 6s
                healthy-threshold: 3
                unhealthy-threshold: 4
                success-codes: 200-204
                probers: 2
            strictness:
              source_port_changed: drop
              vni_changed: ignore
            nodes:
              - {zone: zone-a, address: 10.0.1.5}
              - zone: zone-b
                address: 10.0.2.5
            targets:
              - {name: fw-1, address: 10.0.1.10, zone: zone-a}
              - {name: fw-2, address: 10.0.2.10, zone: zone-b, registered: false}
            services:
              - {name: red, acceptance-required: true}
              - {name: blue}
            endpoints:
              - id: vpce-02356de92d389839c
                service: red
                zone: zone-b
                attachment-id: 7
                accepted: false
                inside:
                  tun: gwi0
                  namespace: workload
                  mtu: 1400
                  addresses: [10.1.0.1/24, "fd00:1::1/64"]
                  routes: [default, "::/0", 10.2.0.0/16]
                outside: {pcap-in: back.pcap, pcap-out: /tmp/out.pcapng}
              - id: vpce-0a1b2c3d
                service: blue
                zone: zone-a
            faults:
              loss: 1%
              delay: 20ms
              to-targets: {jitter: 500us, loss: 0.5}
              from-targets: {reordering: 2.5%, reordering-delay: 3ms, duplication: 0, corruption: 1}
            """;

    private static List<ConfigError> errors(String yaml) {
        ConfigException thrown =
                catchThrowableOfType(ConfigException.class, () -> Topology.parse(yaml, "lb.yaml"));
        assertThat(thrown).as("a refusal of%n%s", yaml).isNotNull();
        return thrown.errors();
    }

    private static String error(String yaml) {
        List<ConfigError> errors = errors(yaml);
        assertThat(errors).hasSize(1);
        return errors.get(0).toString();
    }

    @Test
    void aNodeMayDifferFromTheOthersInItsIo() throws Exception {
        String nodes =
                """
                nodes:
                  - {zone: zone-a, address: 10.0.1.5}
                  - {zone: zone-b, address: 10.0.2.5, io: sockets}
                """;
        assertThat(Topology.parse("io: af_xdp\n" + nodes, "lb.yaml").nodes())
                .extracting(NodeSpec::io)
                .containsExactly(NodeIo.AF_XDP, NodeIo.SOCKETS);
        assertThat(
                        catchThrowableOfType(
                                ConfigException.class,
                                () -> Topology.parse("io: dpdk\n" + nodes, "lb.yaml")))
                .hasMessageContaining("lb.yaml:1:5")
                .hasMessageContaining("af_xdp or sockets");
    }

    @Test
    void readsEveryKey() throws Exception {
        Topology topology = Topology.parse(EVERYTHING, "folder/lb.yaml");
        assertThat(topology.seed()).isEqualTo(42);
        assertThat(topology.mtu()).isEqualTo(1500);
        assertThat(topology.flowCapacity()).isEqualTo(1000);
        assertThat(topology.firstSourcePort()).isEqualTo(50_000);
        assertThat(topology.sourcePorts()).isEqualTo(4);
        assertThat(topology.targetGroup())
                .isEqualTo(
                        new TargetGroupSettings(
                                FlowScope.FIVE_TUPLE,
                                600,
                                5,
                                new HealthCheck(
                                        HealthProtocol.HTTPS,
                                        8443,
                                        "/well?deep=1",
                                        30,
                                        6,
                                        3,
                                        4,
                                        200,
                                        204,
                                        2),
                                20,
                                TargetFailover.NO_REBALANCE,
                                true,
                                new TcpResets(true, false, true),
                                AllUnhealthy.DROP));
        assertThat(topology.strictness())
                .isEqualTo(
                        Map.of(
                                Objection.SOURCE_PORT_CHANGED,
                                Strictness.DROP,
                                Objection.VNI_CHANGED,
                                Strictness.IGNORE));
        assertThat(topology.nodes())
                .containsExactly(
                        new NodeSpec("zone-a", Inet4Address.ofLiteral("10.0.1.5"), NodeIo.SOCKETS),
                        new NodeSpec("zone-b", Inet4Address.ofLiteral("10.0.2.5"), NodeIo.SOCKETS));
        assertThat(topology.targets())
                .containsExactly(
                        new TargetSpec("fw-1", Inet4Address.ofLiteral("10.0.1.10"), "zone-a", true),
                        new TargetSpec(
                                "fw-2", Inet4Address.ofLiteral("10.0.2.10"), "zone-b", false));
        assertThat(topology.services())
                .containsExactly(new ServiceSpec("red", true), new ServiceSpec("blue", false));
        assertThat(topology.endpoints())
                .containsExactly(
                        new EndpointSpec(
                                EndpointId.parse("vpce-02356de92d389839c"),
                                "red",
                                "zone-b",
                                7,
                                false,
                                new SideSpec.Tun(
                                        "gwi0",
                                        "workload",
                                        1400,
                                        prefixes("10.1.0.1/24", "fd00:1::1/64"),
                                        prefixes("0.0.0.0/0", "::/0", "10.2.0.0/16")),
                                new SideSpec.Capture(
                                        Path.of("folder/back.pcap"), Path.of("/tmp/out.pcapng"))),
                        new EndpointSpec(
                                EndpointId.parse("vpce-0a1b2c3d"),
                                "blue",
                                "zone-a",
                                0,
                                true,
                                new SideSpec.Nowhere(),
                                new SideSpec.Nowhere()));
        assertThat(topology.towardsTargets())
                .isEqualTo(new WireFaults(0.5, 0, 0, 0, 1_000_000, 20_000_000, 500_000));
        assertThat(topology.fromTargets())
                .isEqualTo(new WireFaults(0.01, 0, 1, 0.025, 3_000_000, 20_000_000, 0));
    }

    private static List<IpPrefix> prefixes(String... texts) {
        return Arrays.stream(texts).map(IpPrefix::parse).toList();
    }

    @Test
    void aNodeIsEnoughAndTheRestHasDefaults() throws Exception {
        Topology topology = Topology.parse(SMALL, "lb.yaml");
        assertThat(topology.targetGroup()).isEqualTo(TargetGroupSettings.DEFAULT);
        assertThat(topology.mtu()).isEqualTo(8500);
        assertThat(topology.firstSourcePort()).isEqualTo(60_000);
        assertThat(topology.sourcePorts()).isEqualTo(16);
        assertThat(topology.services()).containsExactly(new ServiceSpec("default", false));
        assertThat(topology.towardsTargets()).isEqualTo(WireFaults.NONE);
    }

    @Test
    void withoutAHealthCheckThereIsNone() throws Exception {
        String yaml = SMALL + "target-group: {health-check: none}\n";
        assertThat(Topology.parse(yaml, "lb.yaml").targetGroup().healthCheck()).isNull();
    }

    @Test
    void anOnlyServiceNeedsNotBeNamed() throws Exception {
        String yaml =
                SMALL
                        + """
                        services: [{name: red}]
                        endpoints: [{id: vpce-00000001, zone: zone-a}]
                        """;
        assertThat(Topology.parse(yaml, "lb.yaml").endpoints().get(0).service()).isEqualTo("red");
    }

    /** Each is appended to what is right, from line 3 on. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    sed: 1                        | 3:1: sed: unknown in the topology, expected one of seed, mtu, flow-capacity, source-ports, target-group, strictness, io, nodes, targets, services, endpoints, faults
                    seed: x                       | 3:7: seed: expected 64 bits, such as 42 or 0x2a, found 'x'
                    seed: 99999999999999999999    | 3:7: seed: expected 64 bits, such as 42 or 0x2a, found '99999999999999999999'
                    seed: 9999999999999999999     | 3:7: seed: expected 64 bits, such as 42 or 0x2a, found '9999999999999999999'
                    seed:                         | 3:6: seed: expected 64 bits, such as 42 or 0x2a, found nothing
                    seed: [1]                     | 3:7: seed: expected 64 bits, such as 42 or 0x2a, found a list
                    seed: {a: 1}                  | 3:7: seed: expected 64 bits, such as 42 or 0x2a, found keys with values
                    mtu: 1279                     | 3:6: mtu: expected a number from 1280 to 65000, found '1279'
                    mtu: 65001                    | 3:6: mtu: expected a number from 1280 to 65000, found '65001'
                    mtu: 0x500                    | 3:6: mtu: expected a number from 1280 to 65000, found '0x500'
                    flow-capacity: 0              | 3:16: flow-capacity: expected a number from 1 to 4194304, found '0'
                    source-ports: 60000           | 3:15: source-ports: expected ports from 1 to 65535, at most 256 of them, such as 60000-60015, found '60000'
                    source-ports: 60000-60256     | 3:15: source-ports: expected ports from 1 to 65535, at most 256 of them, such as 60000-60015, found '60000-60256'
                    source-ports: 6081-6090       | 3:15: source-ports: expected ports without 6081, where replies arrive
                    source-ports: 6000-6081       | 3:15: source-ports: expected ports without 6081, where replies arrive
                    source-ports: 2-1             | 3:15: source-ports: expected ports from 1 to 65535, at most 256 of them, such as 60000-60015, found '2-1'
                    source-ports: 65500-65536     | 3:15: source-ports: expected ports from 1 to 65535, at most 256 of them, such as 60000-60015, found '65500-65536'
                    targets: 1                    | 3:10: targets: expected a list, found '1'
                    targets: [1]                  | 3:11: a target: expected keys with values, found '1'
                    target-group: []              | 3:15: target-group: expected keys with values, found a list
                    strictness: {vni: drop}       | 3:14: vni: unknown in strictness, expected one of source_port_changed, attachment_id_changed, protocol_type_changed, vni_changed, flags_changed, options_changed
                    strictness: {vni_changed: no} | 3:27: vni_changed: expected drop or ignore or note, found 'no'
                    services: [{acceptance-required: 1}] | 3:12: name: is missing in a service: expected a name of 1 to 63 letters, digits, dots, dashes and underscores; 3:34: acceptance-required: expected false or true, found '1'
                    services: [{name: a}, {name: a}] | 3:30: name: expected a name of its own, found another service a
                    nodes: [{zone: z, address: 10.9.9.9}] | 3:1: nodes: is here for the second time, after line 1
                    [a]: 1                        | 3:1: the topology: expected a key, found a list
                    """)
    void saysWhatIsWrongAndWhere(String line, String expected) {
        assertThat(errors(SMALL + line + "\n").stream().map(ConfigError::toString).toList())
                .isEqualTo(Arrays.stream(expected.split("; ")).map(e -> "lb.yaml:" + e).toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    stickiness: 4-tuple         | 4:15: stickiness: expected 2-tuple or 3-tuple or 5-tuple, found '4-tuple'
                    tcp-idle-timeout: 59s       | 4:21: tcp-idle-timeout: expected a time in whole seconds, from 60s to 6000s, found '59s'
                    tcp-idle-timeout: 6001s     | 4:21: tcp-idle-timeout: expected a time in whole seconds, from 60s to 6000s, found '6001s'
                    tcp-idle-timeout: 350       | 4:21: tcp-idle-timeout: expected a time in whole seconds, from 60s to 6000s, found '350'
                    tcp-idle-timeout: 60001ms   | 4:21: tcp-idle-timeout: expected a time in whole seconds, from 60s to 6000s, found '60001ms'
                    deregistration-delay: 2h    | 4:25: deregistration-delay: expected a time in whole seconds, from 0s to 3600s, found '2h'
                    failover: no-rebalance      | 4:13: failover: expected no_rebalance or rebalance, found 'no-rebalance'
                    cross-zone: yes             | 4:15: cross-zone: expected false or true, found 'yes'
                    all-unhealthy: pass         | 4:18: all-unhealthy: expected drop or random-target, found 'pass'
                    tcp-resets: {on-idle: true} | 4:16: on-idle: unknown in tcp-resets, expected one of on-unhealthy, on-deregistration, on-idle-timeout
                    health-check: off           | 4:17: health-check: expected keys with values, found 'off'
                    health-check: {protocol: udp} | 4:28: protocol: expected http or https or tcp, found 'udp'
                    health-check: {port: 0}     | 4:24: port: expected a number from 1 to 65535, found '0'
                    health-check: {interval: 4s} | 4:28: interval: expected a time in whole seconds, from 5s to 300s, found '4s'
                    health-check: {timeout: 121s} | 4:27: timeout: expected a time in whole seconds, from 2s to 120s, found '121s'
                    health-check: {interval: 5s, timeout: 6s} | 4:41: timeout: expected no more than the interval of 5s, found 6s
                    health-check: {healthy-threshold: 1} | 4:37: healthy-threshold: expected a number from 2 to 10, found '1'
                    health-check: {protocol: http, path: well} | 4:40: path: expected a path that begins with a slash, without spaces, found 'well'
                    health-check: {path: /well} | 4:24: path: expected only with protocol http or https, found with tcp
                    health-check: {protocol: http, success-codes: 199-200} | 4:49: success-codes: expected HTTP status codes from 200 to 399, such as 200 or 200-399, found '199-200'
                    health-check: {probers: 17} | 4:27: probers: expected a number from 1 to 16, found '17'
                    """)
    void theTargetGroupHasRanges(String line, String expected) {
        assertThat(error(SMALL + "target-group:\n  " + line + "\n"))
                .isEqualTo("lb.yaml:" + expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    stickiness: 3-tuple, tcp-idle-timeout: 60s | 3:55: tcp-idle-timeout: expected 350s with stickiness 3-tuple or 2-tuple, found 60s
                    stickiness: 2-tuple, tcp-resets: {on-idle-timeout: true} | 3:49: tcp-resets: expected none with stickiness 3-tuple or 2-tuple, found some
                    failover: rebalance, tcp-resets: {on-unhealthy: true} | 3:49: tcp-resets: expected on-idle-timeout only with failover rebalance, found others
                    failover: rebalance, tcp-resets: {on-deregistration: true} | 3:49: tcp-resets: expected on-idle-timeout only with failover rebalance, found others
                    """)
    void attributesHaveToGoTogether(String attributes, String expected) {
        assertThat(error(SMALL + "target-group: {" + attributes + "}\n"))
                .isEqualTo("lb.yaml:" + expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {zone: zone-a}                                    | 4:5: address: is missing in a target: expected an IPv4 address of one host, such as 10.0.1.5; 4:5: name: is missing in a target: expected a name of 1 to 63 letters, digits, dots, dashes and underscores
                    {name: "a b", address: 10.0.1.9, zone: zone-a}    | 4:12: name: expected a name of 1 to 63 letters, digits, dots, dashes and underscores, found 'a b'
                    {name: a, address: 10.0.1, zone: zone-a}          | 4:24: address: expected an IPv4 address of one host, such as 10.0.1.5, found '10.0.1'
                    {name: a, address: 10.0.1.9/24, zone: zone-a}     | 4:24: address: expected an IPv4 address of one host, such as 10.0.1.5, found '10.0.1.9/24'
                    {name: a, address: 0.0.0.0, zone: zone-a}         | 4:24: address: expected an IPv4 address of one host, such as 10.0.1.5, found '0.0.0.0'
                    {name: a, address: 224.0.0.9, zone: zone-a}       | 4:24: address: expected an IPv4 address of one host, such as 10.0.1.5, found '224.0.0.9'
                    {name: a, address: 255.255.255.255, zone: zone-a} | 4:24: address: expected an IPv4 address of one host, such as 10.0.1.5, found '255.255.255.255'
                    {name: a, address: "::1", zone: zone-a}           | 4:24: address: expected an IPv4 address of one host, such as 10.0.1.5, found '::1'
                    {name: a, address: fw.example, zone: zone-a}      | 4:24: address: expected an IPv4 address of one host, such as 10.0.1.5, found 'fw.example'
                    {name: a, address: 10.0.1.5, zone: zone-a}        | 4:24: address: expected one that is free, found that of the node of zone-a
                    {name: a, address: 10.0.1.9, zone: zone-b}        | 4:40: zone: expected the zone of a node, found 'zone-b'
                    {name: a, address: 10.0.1.9, zone: zone-a, port: 6082} | 4:48: port: unknown in a target, expected one of name, address, zone, registered
                    """)
    void targetsAreWhole(String target, String expected) {
        assertThat(
                        errors(SMALL + "targets:\n  - " + target + "\n").stream()
                                .map(ConfigError::toString)
                                .toList())
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(expected.split("; ")).map(e -> "lb.yaml:" + e).toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {zone: zone-a}                                     | 4:5: id: is missing in an endpoint: expected vpce- and 17 lower-case hex digits of which the first is 0, or 8 of them
                    {id: vpce-1, zone: zone-a}                         | 4:10: id: expected vpce- and 17 lower-case hex digits of which the first is 0, or 8 of them, found 'vpce-1'
                    {id: vpce-00000001, zone: zone-c}                  | 4:31: zone: expected the zone of a node, found 'zone-c'
                    {id: vpce-00000001, zone: zone-a, service: x}      | 4:48: service: expected the name of a service, found 'x'
                    {id: vpce-00000001, zone: zone-a, inside: tun0}    | 4:47: inside: expected keys with values, found 'tun0'
                    {id: vpce-00000001, zone: zone-a, inside: {}}      | 4:47: inside: expected tun, or pcap-in or pcap-out or both, found neither
                    {id: vpce-00000001, zone: zone-a, inside: {tun: sixteen-bytes-ab}} | 4:53: tun: expected a name of 1 to 15 bytes for a network device, found 'sixteen-bytes-ab'
                    {id: vpce-00000001, zone: zone-a, inside: {tun: "a/b"}} | 4:53: tun: expected a name of 1 to 15 bytes for a network device, found 'a/b'
                    {id: vpce-00000001, zone: zone-a, inside: {tun: t, pcap-in: a}} | 4:56: pcap-in: unknown in inside, expected one of tun, namespace, mtu, addresses, routes
                    {id: vpce-00000001, zone: zone-a, inside: {tun: t}, outside: {tun: t}} | 4:72: tun: expected a device for this side alone, found another t
                    {id: vpce-00000001, zone: zone-a, inside: {tun: t, addresses: [10.0.0.1]}} | 4:68: addresses: expected an address with its prefix length, such as 10.1.0.1/24 or fd00:1::1/64, found '10.0.0.1'
                    {id: vpce-00000001, zone: zone-a, inside: {tun: t, addresses: [10.0.0.1/33]}} | 4:68: addresses: expected an address with its prefix length, such as 10.1.0.1/24 or fd00:1::1/64, found '10.0.0.1/33'
                    {id: vpce-00000001, zone: zone-a, inside: {tun: t, routes: 10.0.0.0/8}} | 4:64: routes: expected a list, found '10.0.0.0/8'
                    {id: vpce-00000001, zone: zone-a, inside: {tun: t, routes: [everything]}} | 4:65: routes: expected a network, such as 10.2.0.0/16 or ::/0, or default, found 'everything'
                    {id: vpce-00000001, zone: zone-a, inside: {tun: t, mtu: 67}} | 4:61: mtu: expected a number from 68 to 65535, found '67'
                    {id: vpce-00000001, zone: zone-a, inside: {pcap-out: f}, outside: {pcap-out: f}} | 4:82: pcap-out: expected a file for this side alone, found that of another
                    {id: vpce-00000001, zone: zone-a, inside: {pcap-out: f}, outside: {pcap-out: ./x/../f}} | 4:82: pcap-out: expected a file for this side alone, found that of another
                    {id: vpce-00000001, zone: zone-a, inside: {pcap-in: f, pcap-out: f}} | 4:70: pcap-out: expected a file that no side reads, found a pcap-in
                    {id: vpce-00000001, zone: zone-a, inside: {pcap-in: f}, outside: {pcap-out: ./f}} | 4:81: pcap-out: expected a file that no side reads, found a pcap-in
                    {id: vpce-00000001, zone: zone-a, inside: {pcap-out: f}, outside: {pcap-in: x/../f}} | 4:81: pcap-in: expected a file that no side writes, found a pcap-out
                    """)
    void endpointsAreWhole(String endpoint, String expected) {
        assertThat(error(SMALL + "endpoints:\n  - " + endpoint + "\n"))
                .isEqualTo("lb.yaml:" + expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    loss: 101%                  | 3:16: loss: expected a chance from 0% to 100%, or from 0 to 1, found '101%'
                    loss: 1.1                   | 3:16: loss: expected a chance from 0% to 100%, or from 0 to 1, found '1.1'
                    loss: -1                    | 3:16: loss: expected a chance from 0% to 100%, or from 0 to 1, found '-1'
                    loss: NaN                   | 3:16: loss: expected a chance from 0% to 100%, or from 0 to 1, found 'NaN'
                    delay: 1.5ms                | 3:17: delay: expected a time up to 600s, such as 20ms or 1s, found '1.5ms'
                    delay: 601s                 | 3:17: delay: expected a time up to 600s, such as 20ms or 1s, found '601s'
                    delay: 999999999h           | 3:17: delay: expected a time up to 600s, such as 20ms or 1s, found '999999999h'
                    to-targets: {los: 1%}       | 3:23: los: unknown in to-targets, expected one of loss, duplication, corruption, reordering, reordering-delay, delay, jitter
                    """)
    void faultsHaveRanges(String fault, String expected) {
        assertThat(error(SMALL + "faults: {" + fault + "}\n")).isEqualTo("lb.yaml:" + expected);
    }

    @Test
    void tellsAllAtOnceInTheOrderOfTheFile() {
        assertThat(
                        errors(
                                        """
                                        mtu: 1
                                        nodes:
                                          - {zone: a, address: x}
                                          - {zone: a, address: 10.0.0.1}
                                        targets:
                                          - {name: t, address: 10.0.0.2, zone: b}
                                          - {name: t, address: 10.0.0.3, zone: a}
                                        endpoints:
                                          - {id: vpce-00000001, zone: a}
                                          - {id: vpce-00000000000000001, zone: a}
                                        sed: 1
                                        """)
                                .stream()
                                .map(e -> e.line() + ":" + e.column())
                                .toList())
                .containsExactly("1:6", "3:24", "4:12", "6:40", "7:12", "10:10", "11:1");
    }

    @Test
    void nothingIsNoTopology() {
        assertThat(error("")).isEqualTo("lb.yaml:1:1: expected a topology, found nothing");
        assertThat(error("seed: 1\n")).isEqualTo("lb.yaml:1:1: nodes: expected one at least");
        assertThat(error("nodes: []\n")).isEqualTo("lb.yaml:1:8: nodes: expected one at least");
        assertThat(errors("just text").get(0).message())
                .isEqualTo("the topology: expected keys with values, found 'just text'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    nodes: [         | 2:1
                    nodes: {a: b: c} | 1:13
                    a: *nobody       | 1:4
                    """)
    void whatIsNoYamlIsRefusedWhereItIs(String yaml, String place) {
        ConfigError error = errors(yaml + "\n").get(0);
        assertThat(error.line() + ":" + error.column()).isEqualTo(place);
        assertThat(error.message()).startsWith("no YAML: ").hasSizeGreaterThan(15);
    }

    @Test
    void anchorsServeAndCirclesEnd() throws Exception {
        Topology topology =
                Topology.parse(
                        """
                        nodes: [{zone: &z zone-a, address: 10.0.0.1}]
                        targets: [{name: t, address: 10.0.0.2, zone: *z}]
                        """,
                        "lb.yaml");
        assertThat(topology.targets().get(0).zone()).isEqualTo("zone-a");
        assertThat(errors("nodes: &n [*n]\n")).isNotEmpty();
    }

    @Test
    void twoDocumentsAreOneTooMany() {
        assertThat(errors(SMALL + "---\n" + SMALL).get(0).message()).startsWith("no YAML: ");
    }

    @Test
    void readsFilesAndPathsBesideThem(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("lb.yaml");
        Files.writeString(
                file,
                SMALL
                        + "endpoints: [{id: vpce-00000001, zone: zone-a, inside: {pcap-in: a.pcap}}]\n");
        assertThat(Topology.read(file).endpoints().get(0).inside())
                .isEqualTo(new SideSpec.Capture(folder.resolve("a.pcap"), null));
        Files.writeString(file, "x");
        assertThat(catchThrowableOfType(ConfigException.class, () -> Topology.read(file)))
                .hasMessageStartingWith(file + ":1:1: ");
    }
}
