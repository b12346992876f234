package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.simulator.topology.Topology;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SimulateCommandTest {
    private static final String YAML =
            """
            target-group: {health-check: none}
            nodes: [{zone: zone-a, address: 127.62.88.1}]
            targets: [{name: fw-1, address: 127.62.88.11, zone: zone-a}]
            """;

    private final InputStream before = System.in;

    @TempDir Path folder;

    /** By its own input the test runner tells this process to end: orders are not to eat that. */
    @BeforeEach
    void giveNoOrders() {
        System.setIn(InputStream.nullInputStream());
    }

    @AfterEach
    void giveTheInputBack() {
        System.setIn(before);
    }

    private String file(String yaml) throws Exception {
        return Files.writeString(folder.resolve("lb.yaml"), yaml).toString();
    }

    @Test
    void endsAfterItsTimeWithTheSummary() throws Exception {
        Path events = folder.resolve("events.log");
        CommandLines.Result result =
                CommandLines.run(
                        "simulate",
                        file(YAML),
                        "--duration",
                        "2",
                        "--interval",
                        "1",
                        "--events",
                        events.toString());
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.lines().get(0)).contains(" s targets healthy=1 flows active=0 new=0");
        assertThat(result.out()).contains("AWS/GatewayELB").contains("HealthyHostCount ");
        assertThat(result.err()).startsWith("simulate: ready, nodes=1 targets=1 endpoints=0");
        assertThat(events).content().contains("0.000000000 target fw-1 unused -> ");
    }

    @Test
    void jsonIsOneObjectALine() throws Exception {
        CommandLines.Result result =
                CommandLines.run(
                        "simulate", file(YAML), "--duration", "2", "--interval", "1", "--json");
        assertThat(result.status()).as(result.err()).isZero();
        assertThat(result.lines())
                .hasSizeGreaterThanOrEqualTo(2)
                .allMatch(line -> line.startsWith("{\"seconds\":") && line.endsWith("]}"));
    }

    @Test
    void allThatIsWrongWithAFileIsTold() throws Exception {
        String file = file("nodes: [{zone: zone-a}]\nsed: 1\n");
        CommandLines.Result result = CommandLines.run("simulate", file);
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err().lines().toList())
                .hasSize(2)
                .satisfiesExactly(
                        line -> assertThat(line).startsWith(file + ":1:9: address: is missing"),
                        line -> assertThat(line).startsWith(file + ":2:1: sed: unknown"));
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        CommandLines.Result result = CommandLines.run("simulate", "not-there.yaml");
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("not-there.yaml: no such file");
    }

    @Test
    void aFileThatCannotBeReadIsNamed() throws Exception {
        CommandLines.Result result = CommandLines.run("simulate", folder.toString());
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).startsWith("simulate: " + folder + ": ");
        Path latin1 = Files.write(folder.resolve("latin1.yaml"), new byte[] {'#', (byte) 0xe4});
        result = CommandLines.run("simulate", latin1.toString());
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("latin1.yaml: not UTF-8");
    }

    @Test
    void anEventLogThatCannotBeWrittenIsNamed() throws Exception {
        String log = folder.resolve("not-there/events.log").toString();
        CommandLines.Result result =
                CommandLines.run("simulate", file(YAML), "--events", log, "--duration", "1");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("--events " + log + ": no such folder");
    }

    /** The kernel's device for that says so at the first byte. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskDoesNotCostTheSummary() throws Exception {
        CommandLines.Result result =
                CommandLines.run(
                        "simulate", file(YAML), "--events", "/dev/full", "--duration", "1");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).contains("AWS/GatewayELB").contains("HealthyHostCount ");
        assertThat(result.err()).contains("--events /dev/full: No space left on device");
    }

    @Test
    void anAddressOfAnotherHostIsNamed() throws Exception {
        CommandLines.Result result =
                CommandLines.run("simulate", file(YAML.replace("127.62.88.1}", "192.0.2.1}")));
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("192.0.2.1:6081").contains("no interface");
    }

    @Test
    void timesAreAtLeastOneSecond() throws Exception {
        String file = file(YAML);
        for (String option : new String[] {"--duration", "--interval"}) {
            CommandLines.Result result = CommandLines.run("simulate", file, option, "0");
            assertThat(result.status()).isEqualTo(2);
            assertThat(result.err()).contains(option + " 0: not 1 or more seconds");
        }
    }

    /** Whoever copies one begins with something that works. */
    @Test
    void theExamplesAreTopologies() throws Exception {
        Path examples = Path.of(System.getProperty("geneve4j.root"), "examples/topologies");
        int count = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(examples, "*.yaml")) {
            for (Path file : files) {
                assertThat(Topology.read(file).endpoints()).as(file.toString()).isNotEmpty();
                count++;
            }
        }
        assertThat(count).isGreaterThanOrEqualTo(2);
    }
}
