package io.github.geneve4j.appliance.cli;

import static io.github.geneve4j.appliance.cli.NodeAndAppliance.APPLIANCE_ADDRESS;
import static io.github.geneve4j.appliance.cli.NodeAndAppliance.NODE_ADDRESS;
import static io.github.geneve4j.appliance.cli.NodeAndAppliance.STRANGER_ADDRESS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The conformance suite as a command, on a real cable: against this appliance, and the kernel. */
@Timeout(300)
@Tag("waits")
@Execution(ExecutionMode.CONCURRENT)
class ConformIT {
    private static final String OTHER_NODE = "10.81.0.5";
    private static final String NODES = NODE_ADDRESS + "," + OTHER_NODE;
    private static final String PASS = "pass";
    private static final String FAIL = "FAIL";
    private static final String NOT_APPLICABLE = "n/a";
    private static final int PATIENCE_SECONDS = 60;
    private static final int JUDGEMENT_SECONDS = 120;

    @TempDir Path folder;

    private record Judgement(int status, String output) {
        /** {@return names of the checks that ended so} */
        List<String> checks(String word) {
            return output.lines()
                    .filter(line -> line.startsWith(word + " "))
                    .map(line -> line.split(" +")[1])
                    .toList();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    9001 | --listen 10.81.0.2 --io nio     |
                    9001 | --listen 10.81.0.2 --io udp     |
                    9001 | --interface node --io af_packet |
                    1500 | --interface node --io af_xdp    | jumbo-8500,jumbo-8933
                    """)
    void passesThisApplianceOnEveryPort(int mtu, String port, String notApplicable)
            throws Exception {
        judgesThisAppliance(mtu, port, notApplicable);
    }

    /** With the firewall, and all allowed. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    9001 | --interface node --io af_packet |
                    1500 | --interface node --io af_xdp    | jumbo-8500,jumbo-8933
                    """)
    void passesTheFastPath(int mtu, String port, String notApplicable) throws Exception {
        Path policy =
                Files.writeString(folder.resolve("policy.yaml"), "default: allow\nrules: []\n");
        judgesThisAppliance(
                mtu, port + " --fast-path --no-window-check --policy " + policy, notApplicable);
    }

    private void judgesThisAppliance(int mtu, String port, String notApplicable) throws Exception {
        try (NodeAndAppliance network = new NodeAndAppliance(mtu)) {
            network.addNode(OTHER_NODE);
            Path restart = writeRestart(network, port);
            try {
                run(List.of("sh", restart.toString()));
                Judgement judgement =
                        judge(
                                network,
                                "--stranger",
                                STRANGER_ADDRESS,
                                "--health",
                                "http://" + APPLIANCE_ADDRESS + ":8080/",
                                "--restart-command",
                                "sh " + restart);

                assertThat(judgement.checks(FAIL)).as(judgement.output()).isEmpty();
                assertThat(judgement.checks(NOT_APPLICABLE))
                        .as(judgement.output())
                        .containsExactlyElementsOf(
                                notApplicable == null
                                        ? List.of()
                                        : List.of(notApplicable.split(",")));
                assertThat(judgement.checks(PASS)).contains("recovery", "foreign-origin", "health");
                assertThat(judgement.status()).isZero();
            } finally {
                stop();
            }
        }
    }

    /**
     * The kernel's own rewriting of addresses, which never looks into a packet: good for traffic,
     * and an honest failure in all that needs a reader of Geneve.
     */
    @Test
    void judgesTheKernelsHairpin() throws Exception {
        try (NodeAndAppliance network = new NodeAndAppliance(9001)) {
            Networks.require("iptables");
            network.addNode(OTHER_NODE);
            List<String> own = network.onAppliance();
            run(own, "sysctl -qw net.ipv4.ip_forward=1");
            for (String node : List.of(NODE_ADDRESS, OTHER_NODE)) {
                run(
                        own,
                        "iptables -t nat -A PREROUTING -p udp -s %s -d %s --dport 6081"
                                        .formatted(node, APPLIANCE_ADDRESS)
                                + " -j DNAT --to-destination "
                                + node
                                + ":6081");
                run(
                        own,
                        "iptables -t nat -A POSTROUTING -p udp --dport 6081 -s %s -d %s -j MASQUERADE"
                                .formatted(node, node));
            }
            Judgement judgement = judge(network, "--stranger", STRANGER_ADDRESS);

            assertThat(judgement.checks(FAIL))
                    .as(judgement.output())
                    .containsExactly(
                            "unknown-critical-option", // it reads no options
                            "control-packet", // nor the O bit
                            "malformed-dropped"); // nor lengths
            assertThat(judgement.checks(NOT_APPLICABLE))
                    .containsExactly("health", "health-during-load", "recovery");
            assertThat(judgement.status()).isEqualTo(1);
        }
    }

    private Judgement judge(NodeAndAppliance network, String... more) throws Exception {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--target",
                                APPLIANCE_ADDRESS,
                                "--from",
                                NODES,
                                "--rate",
                                "500",
                                "--max-latency",
                                "2000"));
        arguments.addAll(List.of(more));
        List<String> command =
                ApplianceProcess.command(
                        network.onNode(), "conform", arguments.toArray(String[]::new));
        Path output = folder.resolve("output");
        int status = run(command, output, JUDGEMENT_SECONDS);
        return new Judgement(status, Files.readString(output));
    }

    /** A script as an operator would have it: ends the appliance if it runs, starts it, waits. */
    private Path writeRestart(NodeAndAppliance network, String port) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(port.strip().split(" +")));
        arguments.addAll(List.of("--allow-from", NODES, "--health-port", "8080"));
        String command =
                ApplianceProcess.command(
                                network.onAppliance(), "run", arguments.toArray(String[]::new))
                        .stream()
                        .map(word -> "'" + word + "'")
                        .collect(Collectors.joining(" "));
        String script =
                """
                cd '%s'
                if [ -f pid ]; then
                    pid=$(cat pid)
                    kill "$pid"
                    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
                fi
                %s >log 2>&1 &
                echo $! >pid
                n=0
                until grep -q -e 'every packet passes' -e 'policy 1 holds' log; do
                    n=$((n + 1))
                    if [ $n -gt 300 ]; then cat log; exit 1; fi
                    sleep 0.1
                done
                """
                        .formatted(folder, command);
        return Files.writeString(folder.resolve("restart.sh"), script);
    }

    private void stop() throws Exception {
        Path file = folder.resolve("pid");
        if (Files.exists(file)) {
            long pid = Long.parseLong(Files.readString(file).strip());
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private void run(List<String> prefix, String command) throws Exception {
        List<String> whole = new ArrayList<>(prefix);
        whole.addAll(List.of(command.split(" ")));
        run(whole);
    }

    private void run(List<String> command) throws Exception {
        Path output = folder.resolve("command");
        int status = run(command, output, PATIENCE_SECONDS);
        assertThat(status).as("%s: %s", command, Files.readString(output)).isZero();
    }

    /** {@return the exit status of a process that is gone afterwards, one way or the other} */
    private static int run(List<String> command, Path output, int seconds) throws Exception {
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        try {
            assertThat(process.waitFor(seconds, TimeUnit.SECONDS))
                    .as("%s ends; it says: %s", command, Files.readString(output))
                    .isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }
}
