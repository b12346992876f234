package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyCommandTest {
    private static final String POLICY =
            """
            zones: {shop: vpce-00000000000000001}
            default: drop
            rules:
              - {name: shop, zone: shop, action: drop}
              - {name: inward, direction: inbound, action: drop}
              - {name: lan, source: 10.9.0.0/16, action: drop}
              - {name: far, destination: 192.0.2.0/24, action: drop}
              - {name: dns, protocol: udp, action: allow}
              - {name: low, protocol: tcp, source-port: 0-1023, action: reject}
              - {name: web, destination-port: [80, 443], action: allow}
              - {name: ping, icmp: [8, 13/0], action: allow}
              - {name: pieces, fragment: true, action: reject}
            """;

    @TempDir Path folder;

    private String file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("policy.yaml"), yaml).toString();
    }

    private CommandLines.Result explain(String packet) throws IOException {
        return CommandLines.run("policy", "explain", file(POLICY), "--packet", packet);
    }

    @Test
    void countsOneRuleAsOne() throws Exception {
        String file = file("default: drop\nrules: [{name: a, action: allow}]\n");

        assertThat(CommandLines.run("policy", "check", file).lines())
                .containsExactly(file + ", 1 rule, default drop");
    }

    /** What is no file of ours is not read to its end, which a device does not have. */
    @Test
    void refusesWhatIsMuchTooLong() {
        CommandLines.Result result = CommandLines.run("policy", "check", "/dev/zero");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).isEqualTo("/dev/zero: more than 16777216 bytes\n");
    }

    @Test
    void passesAPolicyWithoutMistakes() throws Exception {
        String file = file(POLICY);

        CommandLines.Result result = CommandLines.run("policy", "check", file);

        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.lines()).containsExactly(file + ", 9 rules, default drop");
    }

    @Test
    void tellsWhichRulesNeverDecide() throws Exception {
        String file = file(POLICY + "  - {name: late, protocol: udp, action: drop}\n");

        CommandLines.Result result = CommandLines.run("policy", "check", file);

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.lines())
                .containsExactly(
                        file
                                + ":13: rule 'late': never decides: what it matches is decided by"
                                + " 'dns' (line 8)",
                        file + ", 10 rules, default drop");
    }

    @Test
    void tellsThatRulesDoNotDecideAboutErrors() throws Exception {
        String file = file("default: drop\nrules:\n  - {name: mtu, icmp: 3/4, action: allow}\n");

        CommandLines.Result result = CommandLines.run("policy", "check", file);

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.lines().getFirst())
                .isEqualTo(file + ":3: rule 'mtu': never decides: no packet is like that");
    }

    @ParameterizedTest
    @CsvSource({"check,", "explain, tcp 10.0.0.1:1 > 10.0.0.2:2"})
    void tellsAllMistakesOfAFile(String command, String packet) throws Exception {
        String file = file("default: permit\nrule: []\n");
        String[] arguments =
                packet == null
                        ? new String[] {"policy", command, file}
                        : new String[] {"policy", command, file, "--packet", packet};

        CommandLines.Result result = CommandLines.run(arguments);

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith(file + ":1:10: default: expected"),
                        line -> assertThat(line).startsWith(file + ":2:1: rule: unknown"));
    }

    @Test
    void explainsEachConditionThatDoesNotHold() throws Exception {
        CommandLines.Result result = explain("tcp 10.1.2.3:40000 > 198.51.100.7:22");

        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.lines())
                .containsExactly(
                        "tcp 10.1.2.3:40000 > 198.51.100.7:22: outbound",
                        "line 4, 'shop': no, endpoint is not known, not vpce-00000000000000001",
                        "line 5, 'inward': no, direction is outbound, not inbound",
                        "line 6, 'lan': no, source is 10.1.2.3, not 10.9.0.0/16",
                        "line 7, 'far': no, destination is 198.51.100.7, not 192.0.2.0/24",
                        "line 8, 'dns': no, protocol is tcp, not udp",
                        "line 9, 'low': no, source-port is 40000, not 0-1023",
                        "line 10, 'web': no, destination-port is 22, not 80 or 443",
                        "line 11, 'ping': no, icmp is not known, not 8 or 13/0",
                        "line 12, 'pieces': no, fragment is false, not true",
                        "default: drop");
    }

    @Test
    void explainsWhatMatches() throws Exception {
        assertThat(explain("tcp 10.1.2.3:40000 > 198.51.100.7:443").lines().getLast())
                .isEqualTo("line 10, 'web': matches, allow");
        assertThat(explain("gre 10.1.2.3 > 198.51.100.7").lines())
                .contains("line 10, 'web': no, destination-port is not known, not 80 or 443");
        assertThat(explain("tcp 10.1.2.3:40000 > 198.51.100.7:22 fragment").lines())
                .contains("line 9, 'low': no, source-port is 40000, not 0-1023")
                .endsWith("line 12, 'pieces': matches, reject");
        assertThat(
                        explain("udp 10.1.2.3:4 > 198.51.100.7:5 endpoint=vpce-00000000000000001")
                                .lines())
                .containsExactly(
                        "udp 10.1.2.3:4 > 198.51.100.7:5 endpoint=vpce-00000000000000001:"
                                + " outbound",
                        "line 4, 'shop': matches, drop");
        assertThat(explain("icmp 10.1.2.3 > 198.51.100.7 icmp=13/1").lines())
                .contains("line 11, 'ping': no, icmp is 13/1, not 8 or 13/0");
    }

    /** Redundant keys are no reason to refuse a file that works elsewhere. */
    @Test
    void takesFilesOfGeneveProxy() throws Exception {
        String file =
                file(
                        """
                        outbound: {drop_all_traffic: false, blocked_application_ports: [53]}
                        inbound: {drop_all_traffic: true, blocked_transport_protocols: [1]}
                        """);

        CommandLines.Result check =
                CommandLines.run("policy", "check", "--geneve-proxy-config", file);
        assertThat(check.status()).as(check.err()).isZero();
        assertThat(check.lines()).hasSize(1);
        CommandLines.Result explain =
                CommandLines.run(
                        "policy",
                        "explain",
                        "--geneve-proxy-config",
                        file,
                        "--packet",
                        "udp 10.1.2.3:1 > 198.51.100.7:53");
        assertThat(explain.lines().getLast())
                .isEqualTo("line 1, 'outbound.blocked_application_ports': matches, drop");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "policy | Missing required subcommand",
                "policy check | expected one of FILE and --geneve-proxy-config FILE",
                "policy check a --geneve-proxy-config b | expected one of FILE and",
                "policy check missing.yaml | missing.yaml: no such file",
                "policy explain a | Missing required option: '--packet=PACKET'",
                "policy explain a --packet nothing | --packet: 'nothing': expected PROTOCOL",
            })
    void saysHowItIsAsked(String line, String message) {
        CommandLines.Result result = CommandLines.run(line.split(" "));

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains(message);
    }
}
