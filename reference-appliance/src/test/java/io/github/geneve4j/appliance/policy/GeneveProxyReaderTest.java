package io.github.geneve4j.appliance.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.flow.FiveTuple;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeneveProxyReaderTest {
    private static final int PRIVATE = 0x0a01_0203;
    private static final int PUBLIC = 0x5db8_d822;
    private static final int ECHO = 8 << 8;

    private static final String OPEN = "inbound: {drop_all_traffic: false}\n";

    /** Every key absent, null, empty, with the packet's number and without; all together. */
    @Test
    void decidesByTheWholeTable() throws Exception {
        List<@Nullable List<Integer>> protocolLists = new ArrayList<>();
        protocolLists.add(null);
        protocolLists.addAll(List.of(List.of(), List.of(6), List.of(17, 1), List.of(6, 17, 1, 47)));
        List<@Nullable List<Integer>> portLists = new ArrayList<>();
        portLists.add(null);
        portLists.addAll(List.of(List.of(), List.of(443), List.of(53, 80), List.of(0, 443, 65535)));
        int allowed = 0;
        int dropped = 0;
        for (boolean all : new boolean[] {false, true}) {
            for (List<Integer> yes : protocolLists) {
                for (List<Integer> no : protocolLists) {
                    for (List<Integer> open : portLists) {
                        for (List<Integer> closed : portLists) {
                            CompiledPolicy policy =
                                    CompiledPolicy.of(
                                            GeneveProxyReader.parse(
                                                    OPEN
                                                            + "outbound:\n"
                                                            + "  drop_all_traffic: "
                                                            + (all ? "True" : "False")
                                                            + line(
                                                                    "allowed_transport_protocols",
                                                                    yes)
                                                            + line(
                                                                    "blocked_transport_protocols",
                                                                    no)
                                                            + line(
                                                                    "allowed_application_ports",
                                                                    open)
                                                            + line(
                                                                    "blocked_application_ports",
                                                                    closed),
                                                    "config.yaml"));
                            for (int protocol : new int[] {6, 17, 1, 47}) {
                                for (int port : new int[] {0, 53, 80, 443, 444, 65_535}) {
                                    boolean expected =
                                            passes(all, yes, no, open, closed, protocol, port);
                                    assertThat(decide(policy, PRIVATE, PUBLIC, protocol, port))
                                            .isEqualTo(expected ? Action.ALLOW : Action.DROP);
                                    allowed += expected ? 1 : 0;
                                    dropped += expected ? 0 : 1;
                                }
                            }
                        }
                    }
                }
            }
        }
        assertThat(allowed).isGreaterThan(1_000);
        assertThat(dropped).isGreaterThan(10_000);
    }

    /** What the order of stages says, in so many words. */
    private static boolean passes(
            boolean dropAll,
            @Nullable List<Integer> allowedProtocols,
            @Nullable List<Integer> blockedProtocols,
            @Nullable List<Integer> allowedPorts,
            @Nullable List<Integer> blockedPorts,
            int protocol,
            int port) {
        if (dropAll) {
            return false;
        }
        if (allowedProtocols != null && !allowedProtocols.contains(protocol)) {
            return false;
        }
        if (blockedProtocols != null && blockedProtocols.contains(protocol)) {
            return false;
        }
        if (protocol != 6 && protocol != 17) {
            return true;
        }
        if (allowedPorts != null && !allowedPorts.contains(port)) {
            return false;
        }
        return blockedPorts == null || !blockedPorts.contains(port);
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
    })
    void directions(String source, String destination, Direction direction) throws Exception {
        Policy policy =
                GeneveProxyReader.parse(
                        "outbound: {drop_all_traffic: no}\ninbound: {drop_all_traffic: yes}\n",
                        "c");
        FiveTuple flow =
                new FiveTuple()
                        .setIpv4(
                                InetAddress.ofLiteral(source).hashCode(),
                                InetAddress.ofLiteral(destination).hashCode(),
                                6,
                                1,
                                2);
        assertThat(policy.action(CompiledPolicy.of(policy).decide(1, flow, -1)))
                .isEqualTo(direction == Direction.OUTBOUND ? Action.ALLOW : Action.DROP);
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
        FiveTuple flow = new FiveTuple();
        if (protocol == 6 || protocol == 17) {
            flow.setIpv4(source, destination, protocol, 40_000, port);
        } else {
            flow.setIpv4(source, destination, protocol);
        }
        return policy.action(policy.decide(1, flow, protocol == 1 ? ECHO : -1));
    }

    private static String line(String key, @Nullable List<Integer> numbers) {
        return numbers == null ? "" : "\n  " + key + ": " + numbers;
    }
}
