package io.github.geneve4j.appliance.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.gwlb.EndpointId;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyReaderTest {
    private static final String EVERYTHING =
            """
            inside: [10.0.0.0/8, "fd00::/8"]
            sets: {office: [192.0.2.0/24, "2001:db8::/32"], dns: 198.51.100.53}
            zones: {shop: [vpce-00000000000000001, vpce-00000000000000002]}
            default: reject
            rules:
              - name: web out
                zone: shop
                direction: outbound
                source: [office, 10.1.0.0/16]
                destination: any
                protocol: [tcp, 17, 100-101]
                source-port: 1024-65535
                destination-port: [443, 8000-8099]
                fragment: false
                action: allow
                log: true
              - {name: ping, icmp: [8, 3/4], action: drop}
            """;

    @Test
    void readsEverything() throws Exception {
        Policy policy = PolicyReader.parse(EVERYTHING, "policy.yaml");

        assertThat(policy.inside())
                .extracting(Network::toString)
                .containsExactly("10.0.0.0/8", "fd00:0:0:0:0:0:0:0/8");
        assertThat(policy.zones())
                .containsExactly(new Zone("shop", Set.of(new EndpointId(1), new EndpointId(2))));
        assertThat(policy.byDefault()).isEqualTo(Action.REJECT);
        Rule rule = policy.rules().get(0);
        assertThat(rule.name()).isEqualTo("web out");
        assertThat(rule.action()).isEqualTo(Action.ALLOW);
        assertThat(rule.log()).isTrue();
        assertThat(rule.line()).isEqualTo(6);
        assertThat(rule.match())
                .isEqualTo(
                        new Match(
                                Set.of(1L, 2L),
                                Optional.of(Direction.OUTBOUND),
                                List.of(
                                        network("192.0.2.0", 24),
                                        network("2001:db8::", 32),
                                        network("10.1.0.0", 16)),
                                List.of(),
                                List.of(new Range(6, 6), new Range(17, 17), new Range(100, 101)),
                                List.of(new Range(1024, 65535)),
                                List.of(new Range(443, 443), new Range(8000, 8099)),
                                List.of(),
                                Optional.of(false)));
        assertThat(policy.rules().get(1).match().icmp())
                .containsExactly(
                        new IcmpKind(8, Optional.empty()), new IcmpKind(3, Optional.of(4)));
    }

    @Test
    void privateNetworksAreInsideUnlessOthersAre() throws Exception {
        Policy policy = PolicyReader.parse("default: drop", "p");

        assertThat(policy.rules()).isEmpty();
        assertThat(policy.inside()).isEqualTo(PolicyReader.PRIVATE).hasSize(6);
    }

    /** As all conditions of a rule do. */
    @Test
    void zoneAndEndpointBothHold() throws Exception {
        String yaml =
                """
                zones: {a: [vpce-00000000000000001, vpce-00000000000000002], b: vpce-00000000000000003}
                default: drop
                rules:
                  - {name: r, zone: [a, b], endpoint: [vpce-00000000000000002, vpce-00000000000000004], action: allow}
                """;
        Match match = PolicyReader.parse(yaml, "p").rules().get(0).match();
        assertThat(match.endpoints()).containsExactly(2L);
        assertThat(mistakes(yaml.replace("[a, b]", "b")))
                .containsExactly("p.yaml:4:34: endpoint: expected one of the rule's zone");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "protocol: [icmp, icmpv6], source: \"fd00::/8\"",
                "protocol: icmp, source: [\"fd00::/8\", 10.0.0.0/8]",
                "protocol: 0-255, source: \"fd00::/8\"",
                "protocol: icmpv6"
            })
    void takesIcmpWhereSomeOfItCanBe(String rule) throws Exception {
        String yaml = "{default: drop, rules: [{name: a, action: drop, " + rule + "}]}";
        assertThat(PolicyReader.parse(yaml, "p").rules()).hasSize(1);
    }

    /** Wherever it stands, as any address is a network's. */
    @ParameterizedTest
    @ValueSource(strings = {"any", "[any]", "[any, any]", "[10.0.0.0/8, any, office]"})
    void anyIsAnyInListsToo(String source) throws Exception {
        String yaml =
                """
                sets: {office: 192.0.2.0/24}
                default: drop
                rules: [{name: a, source: %s, action: drop}]
                """
                        .formatted(source);
        assertThat(PolicyReader.parse(yaml, "p").rules().get(0).match()).isEqualTo(Match.ANY);
    }

    /** Each with its place, what was expected, and what is there. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    action: permit                                     | 3:23: action: expected allow or drop or reject, found 'permit'
                    actoin: drop, action: drop | 3:15: actoin: unknown in a rule, expected one of name, endpoint
                    name: b, name: c, action: drop                     | 3:15: name: is here for the second time, after line 3
                    source: 10.0.0.1/8, action: drop                   | 3:23: source: expected a network, such as 10.1.0.0/16 or 2001:db8::/32, or the name of a set, found '10.0.0.1/8'
                    source: nowhere, action: drop                      | 3:23: source: expected a network, such as 10.1.0.0/16 or 2001:db8::/32, or the name of a set, found 'nowhere'
                    source: [], action: drop                           | 3:23: source: expected a network, such as 10.1.0.0/16 or 2001:db8::/32, or the name of a set, found an empty list
                    source: 10.0.0.0/8, destination: "::/0", action: drop | 3:48: destination: expected one of the same IP version as the source
                    source: "fe80::1%1", action: drop                  | 3:23: source: expected a network
                    source: "[2001:db8::1]", action: drop              | 3:23: source: expected a network
                    source: 10.0.0.0/08, action: drop                  | 3:23: source: expected a network
                    zone: elsewhere, action: drop                      | 3:21: zone: expected a zone of this file, found 'elsewhere'
                    endpoint: vpce-1, action: drop                     | 3:25: endpoint: expected an endpoint, such as vpce-0123456789abcdef0, found 'vpce-1'
                    direction: up, action: drop                        | 3:26: direction: expected inbound or outbound, found 'up'
                    protocol: tpc, action: drop                        | 3:25: protocol: expected a protocol: ah, dccp, esp, gre, icmp, icmpv6, sctp, tcp, udp, udp-lite, or a number from 0 to 255, found 'tpc'
                    protocol: 256, action: drop                        | 3:25: protocol: expected a protocol: ah, dccp, esp, gre, icmp, icmpv6, sctp, tcp, udp, udp-lite, or a number from 0 to 255, found '256'
                    destination-port: 90-80, action: drop              | 3:33: destination-port: expected a port from 0 to 65535, or two with a dash between them, the lower one first, such as 8000-8099, found '90-80'
                    destination-port: 65536, action: drop              | 3:33: destination-port: expected a port from 0 to 65535, or two with a dash between them, the lower one first, such as 8000-8099, found '65536'
                    protocol: gre, source-port: 1, action: drop        | 3:43: source-port: expected a protocol that has ports
                    protocol: tcp, icmp: 8, action: drop               | 3:36: icmp: expected protocol icmp or icmpv6, or none
                    protocol: 1, source: "fd00::/8", action: drop      | 3:25: protocol: expected icmpv6 between networks of IPv6
                    protocol: icmpv6, destination: 10.0.0.0/8, icmp: 8, action: drop | 3:25: protocol: expected icmp between networks of IPv4
                    icmp: 8, source-port: 1, action: drop              | 3:21: icmp: a message has no ports: expected either of them
                    icmp: 8/256, action: drop                          | 3:21: icmp: expected a type of ICMP message from 0 to 255, or type/code, such as 8 or 13/0, found '8/256'
                    fragment: maybe, action: drop                      | 3:25: fragment: expected false or true, found 'maybe'
                    log: 1, action: drop                               | 3:20: log: expected false or true, found '1'
                    log: true                                          | 3:5: action: is missing in a rule: expected allow or drop or reject
                    """)
    void tellsWhatIsWrongWithARule(String rule, String message) {
        String yaml = "default: drop\nrules:\n  - {name: a, " + rule + "}\n";

        assertThat(mistakes(yaml)).first().asString().startsWith("p.yaml:" + message);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    rules: []                                          | 1:1: default: is missing in the policy: expected allow or drop or reject
                    {default: drop, ruels: []}                         | 1:17: ruels: unknown in the policy, expected one of inside, sets, zones, default, rules
                    {default: drop, sets: {"a b": 10.0.0.0/8}}         | 1:31: a b: expected a name of 1 to 63 letters, digits, dots, dashes and underscores before the colon
                    {default: drop, sets: {a: 10.0.0.0/33}}            | 1:27: a: expected a network without bits behind its length, such as 10.1.0.0/16 or 2001:db8::/32, found '10.0.0.0/33'
                    {default: drop, sets: {any: 10.0.0.0/8}}           | 1:29: any: expected a name that is neither 'any' nor an address
                    {default: drop, sets: {10.0.0.1: 10.0.0.0/8}}      | 1:34: 10.0.0.1: expected a name that is neither 'any' nor an address
                    {default: drop, zones: {a: vpce-00000001, b: vpce-00000001}} | 1:46: b: vpce-00000000000000001 is in zone a already
                    {default: drop, zones: {a: []}}                    | 1:28: a: expected an endpoint, such as vpce-0123456789abcdef0, found an empty list
                    {default: drop, rules: [{name: a, action: drop}, {name: a, action: drop}]} | 1:57: name: a rule in line 1 has that name already
                    {default: drop, rules: [{name: " ", action: drop}]} | 1:32: name: expected a name of 1 to 200 characters, none of them a control character, and not default, found ' '
                    {default: drop, rules: [{name: "a\\nb", action: drop}]} | 1:32: name: expected a name of 1 to 200 characters, none of them a control character, and not default, found 'a\\u000ab'
                    {default: drop, rules: [{name: "\\ud800", action: drop}]} | 1:32: name: expected a name of 1 to 200 characters, none of them a control character, and not default, found
                    {default: drop, rules: [{name: default, action: drop}]} | 1:32: name: expected a name of 1 to 200 characters, none of them a control character, and not default, found 'default'
                    {default: drop                                     | 1:15: no YAML
                    """)
    void tellsWhatIsWrongWithAFile(String yaml, String message) {
        assertThat(mistakes(yaml)).first().asString().startsWith("p.yaml:" + message);
    }

    @Test
    void namesHaveALimit() throws Exception {
        String yaml = "{default: drop, rules: [{name: %s, action: drop}]}";
        String longest = "\ud83d\ude00".repeat(200);
        assertThat(PolicyReader.parse(yaml.formatted(longest), "p").rules().get(0).name())
                .isEqualTo(longest);
        assertThat(mistakes(yaml.formatted(longest + "x")))
                .singleElement()
                .asString()
                .startsWith("p.yaml:1:32: name: expected a name of 1 to 200 characters");
    }

    @Test
    void tellsAllAtOnce() {
        String yaml =
                """
                default: deny
                rules:
                  - {name: a, action: permit, protocol: tpc}
                  - {name: a, action: drop}
                """;
        assertThat(mistakes(yaml))
                .extracting(m -> m.replaceFirst("p.yaml:([0-9]+:[0-9]+: [a-z]+).*", "$1"))
                .containsExactly("1:10: default", "3:23: action", "3:41: protocol", "4:12: name");
    }

    /** The example that the documentation shows is one that works. */
    @Test
    void readsTheExample() throws Exception {
        Path example = Path.of(System.getProperty("geneve4j.root"), "examples/policies/shop.yaml");
        Policy policy = PolicyReader.read(example);

        assertThat(policy.rules()).hasSizeGreaterThan(5);
        assertThat(Files.readString(example)).contains("direction:").contains("icmp:");
    }

    private static List<String> mistakes(String yaml) {
        ConfigException refused =
                catchThrowableOfType(
                        ConfigException.class, () -> PolicyReader.parse(yaml, "p.yaml"));
        assertThat(refused).as(yaml).isNotNull();
        return refused.errors().stream().map(Object::toString).toList();
    }

    private static Network network(String address, int length) {
        return Network.of(InetAddress.ofLiteral(address), length);
    }
}
