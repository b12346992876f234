package io.github.geneve4j.appliance.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.fail;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.flow.FiveTuple;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneveProxyReaderTest {
    private static final int PRIVATE = 0x0a01_0203;
    private static final int PUBLIC = 0x5db8_d822;
    private static final int ECHO = 8 << 8;

    private static final int[] PROTOCOLS = {6, 17, 1, 47, 132};
    private static final int[] PORTS = {0, 53, 80, 443, 444, 65_535};
    private static final String PASSES = "allowed";

    /** The five keys of a direction; null where a list is not there. */
    private record Lists(
            boolean dropAll,
            @Nullable List<Integer> allowedProtocols,
            @Nullable List<Integer> blockedProtocols,
            @Nullable List<Integer> allowedPorts,
            @Nullable List<Integer> blockedPorts) {
        /** {@return the same, with what is allowed blocked, and the reverse} */
        Lists swapped() {
            return new Lists(
                    dropAll, blockedProtocols, allowedProtocols, blockedPorts, allowedPorts);
        }

        String yaml(String direction) {
            return direction
                    + ":\n  drop_all_traffic: "
                    + (dropAll ? "True" : "False")
                    + line("allowed_transport_protocols", allowedProtocols)
                    + line("blocked_transport_protocols", blockedProtocols)
                    + line("allowed_application_ports", allowedPorts)
                    + line("blocked_application_ports", blockedPorts)
                    + "\n";
        }

        private static String line(String key, @Nullable List<Integer> numbers) {
            return numbers == null ? "" : "\n  " + key + ": " + numbers;
        }

        /** {@return the stage that drops it, as the order of stages says in so many words} */
        String stage(int protocol, int port) {
            if (dropAll) {
                return "drop_all_traffic";
            }
            if (allowedProtocols != null && !allowedProtocols.contains(protocol)) {
                return "allowed_transport_protocols";
            }
            if (blockedProtocols != null && blockedProtocols.contains(protocol)) {
                return "blocked_transport_protocols";
            }
            if (!hasPorts(protocol)) {
                return PASSES;
            }
            if (allowedPorts != null && !allowedPorts.contains(port)) {
                return "allowed_application_ports";
            }
            return blockedPorts != null && blockedPorts.contains(port)
                    ? "blocked_application_ports"
                    : PASSES;
        }
    }

    /**
     * Every key absent, empty, with the packet's number and without; all together, and in both
     * directions at once, each with lists of its own.
     */
    @Test
    void decidesByTheWholeTable() throws Exception {
        List<@Nullable List<Integer>> protocolLists = new ArrayList<>();
        protocolLists.add(null);
        protocolLists.addAll(
                List.of(List.of(), List.of(6), List.of(17, 1), List.of(6, 17, 1, 47, 132)));
        List<@Nullable List<Integer>> portLists = new ArrayList<>();
        portLists.add(null);
        portLists.addAll(List.of(List.of(), List.of(443), List.of(53, 80), List.of(0, 443, 65535)));
        Map<String, Integer> seen = new TreeMap<>();
        for (boolean all : new boolean[] {false, true}) {
            for (List<Integer> yes : protocolLists) {
                for (List<Integer> no : protocolLists) {
                    for (List<Integer> open : portLists) {
                        for (List<Integer> closed : portLists) {
                            check(new Lists(all, yes, no, open, closed), seen);
                        }
                    }
                }
            }
        }
        assertThat(seen.keySet())
                .containsExactlyInAnyOrder(
                        PASSES,
                        "drop_all_traffic",
                        "allowed_transport_protocols",
                        "blocked_transport_protocols",
                        "allowed_application_ports",
                        "blocked_application_ports");
        assertThat(seen.values()).allMatch(times -> times > 100);
    }

    private static void check(Lists lists, Map<String, Integer> seen) throws Exception {
        Lists others = lists.swapped();
        CompiledPolicy policy =
                CompiledPolicy.of(
                        GeneveProxyReader.parse(
                                lists.yaml("outbound") + others.yaml("inbound"), "config.yaml"));
        for (int protocol : PROTOCOLS) {
            for (int port : PORTS) {
                String out = lists.stage(protocol, port);
                check(policy, PRIVATE, PUBLIC, protocol, port, "outbound." + out);
                check(
                        policy,
                        PUBLIC,
                        PRIVATE,
                        protocol,
                        port,
                        "inbound." + others.stage(protocol, port));
                seen.merge(out, 1, Integer::sum);
            }
        }
    }

    private static void check(
            CompiledPolicy policy, int from, int to, int protocol, int port, String stage) {
        int decision = decision(policy, from, to, protocol, port);
        String rule = policy.policy().rules().get(decision).name();
        boolean right =
                rule.replace("allowed_ports", PASSES).equals(stage)
                        && policy.action(decision)
                                == (stage.endsWith("." + PASSES) ? Action.ALLOW : Action.DROP);
        if (!right) { // not by an assertion, as there are very many
            fail("%s by %s: %d to port %d", stage, rule, protocol, port);
        }
    }

    /** A key with nothing, or null in any of YAML's words, is a key that is not there. */
    @ParameterizedTest
    @ValueSource(strings = {"", "null", "Null", "NULL", "~"})
    void nothingRestrictsNothing(String nothing) throws Exception {
        String lists =
                """
                  drop_all_traffic: %1$s
                  allowed_transport_protocols: %1$s
                  blocked_transport_protocols: %1$s
                  allowed_application_ports: %1$s
                  blocked_application_ports: %1$s
                """
                        .formatted(nothing);
        Policy policy = GeneveProxyReader.parse("outbound:\n" + lists + "inbound: {}\n", "c");
        assertThat(policy.rules())
                .extracting(Rule::name)
                .containsExactly("outbound.allowed", "inbound.allowed");
    }

    /**
     * What shows no ports is not what lists of ports are about; where there are none, it may go.
     */
    @ParameterizedTest
    @CsvSource({
        "allowed_application_ports: [53], DROP, ALLOW",
        "allowed_application_ports: [], DROP, ALLOW",
        "blocked_application_ports: [53], DROP, ALLOW",
        "blocked_application_ports: [], DROP, ALLOW",
        "blocked_transport_protocols: [6], ALLOW, ALLOW",
        "blocked_transport_protocols: [17], DROP, ALLOW",
        "blocked_transport_protocols: [47], ALLOW, DROP",
    })
    void whatShowsNoPorts(String list, Action ofUdp, Action ofGre) throws Exception {
        CompiledPolicy policy =
                CompiledPolicy.of(
                        GeneveProxyReader.parse("outbound: {" + list + "}\ninbound: {}\n", "c"));
        FiveTuple flow = new FiveTuple();
        flow.setIpv4(PRIVATE, PUBLIC, 17);
        assertThat(policy.action(policy.decide(1, flow, -1))).isEqualTo(ofUdp);
        flow.setIpv6(0xfdL << 56, 1, 0x2001_0db8L << 32, 1, 17);
        assertThat(policy.action(policy.decide(1, flow, -1))).isEqualTo(ofUdp);
        flow.setIpv4(PUBLIC, PRIVATE, 17);
        assertThat(policy.action(policy.decide(1, flow, -1))).isEqualTo(Action.ALLOW);
        assertThat(decide(policy, "gre 10.1.2.3 > 8.8.8.8 fragment")).isEqualTo(ofGre);
    }

    /** By the first packet's source: private is outbound, to wherever. */
    @ParameterizedTest
    @CsvSource({
        "10.1.2.3, 93.184.216.34, OUTBOUND",
        "10.1.2.3, 10.9.9.9, OUTBOUND",
        "172.31.255.255, 8.8.8.8, OUTBOUND",
        "192.168.0.1, 8.8.8.8, OUTBOUND",
        "172.32.0.0, 10.0.0.1, INBOUND",
        "93.184.216.34, 10.1.2.3, INBOUND",
        "100.64.0.1, 10.1.2.3, INBOUND",
        "0.1.2.3, 8.8.8.8, OUTBOUND",
        "127.0.0.1, 8.8.8.8, OUTBOUND",
        "169.254.9.9, 8.8.8.8, OUTBOUND",
        "169.253.9.9, 10.1.2.3, INBOUND",
        "192.0.0.7, 8.8.8.8, OUTBOUND",
        "192.0.0.170, 8.8.8.8, OUTBOUND",
        "192.0.1.1, 10.1.2.3, INBOUND",
        "192.0.2.1, 8.8.8.8, OUTBOUND",
        "198.19.255.255, 8.8.8.8, OUTBOUND",
        "198.20.0.0, 10.1.2.3, INBOUND",
        "198.51.100.1, 8.8.8.8, OUTBOUND",
        "203.0.113.1, 8.8.8.8, OUTBOUND",
        "224.0.0.1, 10.1.2.3, INBOUND",
        "255.255.255.255, 8.8.8.8, OUTBOUND",
        "fd00::1, 2001:db8::1, OUTBOUND",
        "fcff:ffff::1, fd00::1, OUTBOUND",
        "fe80::1, 2001:db8::1, OUTBOUND",
        "febf::1, 2001:db8::1, OUTBOUND",
        "fec0::1, 2001:db8::1, INBOUND",
        "2001:db8::1, fd00::1, INBOUND",
    })
    void directions(String source, String destination, Direction direction) throws Exception {
        CompiledPolicy policy =
                CompiledPolicy.of(
                        GeneveProxyReader.parse(
                                "outbound: {drop_all_traffic: no}\ninbound: {drop_all_traffic: yes}\n",
                                "c"));
        assertThat(decide(policy, "gre " + source + " > " + destination))
                .isEqualTo(direction == Direction.OUTBOUND ? Action.ALLOW : Action.DROP);
    }

    /** Policies call private what somebody may have inside, Python what nobody routes. */
    @Test
    void differsFromPoliciesAboutWhatIsInside() throws Exception {
        List<Network> policies = PolicyReader.parse("default: drop", "p").inside();
        List<Network> own = GeneveProxyReader.parse("{outbound: {}, inbound: {}}", "c").inside();
        assertThat(policies)
                .filteredOn(network -> !own.contains(network))
                .containsExactly(Network.of(InetAddress.ofLiteral("100.64.0.0"), 10));
        assertThat(own).hasSize(15);
    }

    @Test
    void readsNumbersAndNothingsAsPythonDoes() throws Exception {
        Policy policy =
                GeneveProxyReader.parse(
                        """
                        outbound:
                          drop_all_traffic:
                          allowed_transport_protocols: [0x06, 021]
                          blocked_transport_protocols: null
                          allowed_application_ports: ~
                          blocked_application_ports: [0x35]
                        inbound:
                          drop_all_traffic: ON
                        """,
                        "c");
        CompiledPolicy compiled = CompiledPolicy.of(policy);
        assertThat(decide(compiled, PRIVATE, PUBLIC, 6, 443)).isEqualTo(Action.ALLOW);
        assertThat(decide(compiled, PRIVATE, PUBLIC, 17, 53)).isEqualTo(Action.DROP);
        assertThat(decide(compiled, PRIVATE, PUBLIC, 1, 0)).isEqualTo(Action.DROP);
        assertThat(decide(compiled, PUBLIC, PRIVATE, 6, 443)).isEqualTo(Action.DROP);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {outbound: {}}                                      | inbound: is missing
                    {outbound: {}, inbound: {}, upbound: {}}            | upbound: unknown
                    {outbound: {drop_all: true}, inbound: {}}           | drop_all: unknown
                    {outbound: {drop_all_traffic: maybe}, inbound: {}}  | drop_all_traffic: expected true or false
                    {outbound: {allowed_application_ports: 80}, inbound: {}}       | allowed_application_ports: expected a list
                    {outbound: {allowed_application_ports: [65536]}, inbound: {}}  | allowed_application_ports: expected a number from 0 to 65535
                    {outbound: {allowed_application_ports: [089]}, inbound: {}}    | allowed_application_ports: expected a number from 0 to 65535
                    {outbound: {drop_all_traffic: "false"}, inbound: {}} | drop_all_traffic: expected true or false, without quotes, found 'false' in quotes
                    {outbound: {drop_all_traffic: fALSE}, inbound: {}}  | drop_all_traffic: expected true or false, found 'fALSE'
                    {outbound: {blocked_application_ports: [53, "80"]}, inbound: {}} | blocked_application_ports: expected a number from 0 to 65535, such as 17 or 0x11, without quotes, found '80' in quotes
                    {outbound: {blocked_application_ports: "~"}, inbound: {}}      | blocked_application_ports: expected a list, found '~'
                    {outbound: {blocked_application_ports: [0X35]}, inbound: {}}   | blocked_application_ports: expected a number from 0 to 65535
                    {outbound: {blocked_application_ports: [1_024]}, inbound: {}}  | blocked_application_ports: expected a number from 0 to 65535
                    {outbound: {<<: {}}, inbound: {}}                              | <<: unknown
                    {outbound: {blocked_transport_protocols: [tcp]}, inbound: {}}  | blocked_transport_protocols: expected a number from 0 to 255
                    """)
    void tellsWhatIsWrong(String yaml, String message) {
        ConfigException refused =
                catchThrowableOfType(
                        ConfigException.class, () -> GeneveProxyReader.parse(yaml, "c"));
        assertThat(refused.errors()).hasSize(1).first().asString().contains(message);
    }

    private static Action decide(
            CompiledPolicy policy, int source, int destination, int protocol, int port) {
        return policy.action(decision(policy, source, destination, protocol, port));
    }

    private static Action decide(CompiledPolicy policy, String line) {
        SamplePacket packet = SamplePacket.parse(line);
        return policy.action(policy.decide(packet.endpointId(), packet.flow(), packet.icmp()));
    }

    private static int decision(
            CompiledPolicy policy, int source, int destination, int protocol, int port) {
        FiveTuple flow = new FiveTuple();
        if (hasPorts(protocol)) {
            flow.setIpv4(source, destination, protocol, 40_000, port);
        } else {
            flow.setIpv4(source, destination, protocol);
        }
        return policy.decide(1, flow, protocol == 1 ? ECHO : -1);
    }

    private static boolean hasPorts(int protocol) {
        return protocol == 6 || protocol == 17 || protocol == 132;
    }
}
