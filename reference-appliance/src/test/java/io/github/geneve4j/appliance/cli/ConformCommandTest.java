package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.simulator.conform.CheckInfo;
import io.github.geneve4j.simulator.conform.ConformanceSuite;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code conform}: its command line, its outputs, its exit status; on loopback, without rights. */
@Timeout(60)
class ConformCommandTest {
    private static final String APPLIANCE = "127.62.12.1";
    private static final String NODE = "127.62.12.2";
    private static final int PORT = 16_081;

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --port 6081                                          | --target is missing
                    --target 10.0.0.256                                  | --target '10.0.0.256': no IPv4
                    --target 10.0.0.1 --from nobody                      | --from
                    --target 10.0.0.1 --from 10.0.0.1                    | 10.0.0.1
                    --target 10.0.0.1 --from 10.0.0.2 --stranger x       | --stranger
                    --target 10.0.0.1 --from 10.0.0.2 --stranger 10.0.0.2 | 10.0.0.2
                    --target 10.0.0.1 --from 10.0.0.2 --port 0           | port 0
                    --target 10.0.0.1 --from 10.0.0.2 --stranger 10.0.0.1 | 10.0.0.1
                    --target 10.0.0.1 --from 10.0.0.2,10.0.0.2           | twice: 10.0.0.2
                    --target 10.0.0.1 --from 10.0.0.2 --health 80        | --health '80'
                    --target 10.0.0.1 --from 10.0.0.2 --health http://10.0.0.1:99999/ | --health
                    --target 10.0.0.1 --from 10.0.0.2 --health http://10.0.0.3/ | --health
                    --target 10.0.0.1 --from 10.0.0.2 --wait -1          | --wait -1
                    --target 10.0.0.1 --from 10.0.0.2 --wait 3601        | --wait 3601
                    --target 10.0.0.1 --from 10.0.0.2 --restart-time 0   | --restart-time 0
                    --target 10.0.0.1 --from 10.0.0.2 --rate 0           | --rate 0
                    --target 10.0.0.1 --from 10.0.0.2 --seconds 0        | --seconds 0
                    --target 10.0.0.1 --from 10.0.0.2 --patience 0       | --patience 0
                    --target 10.0.0.1 --from 10.0.0.2 --max-latency 0    | --max-latency 0
                    --target 10.0.0.1 --from 10.0.0.2 --max-loss 101     | --max-loss 101
                    --target 10.0.0.1 --from 10.0.0.2 --max-loss NaN     | --max-loss NaN
                    --target 10.0.0.1 --from 10.0.0.2 --endpoint vpce-1  | --endpoint
                    --target 10.0.0.1 --from 10.0.0.2 --checks nonsense  | 'nonsense'
                    """)
    void refusesUnusableCommandLines(String arguments, String message) {
        CommandLines.Result result = CommandLines.run(("conform " + arguments).split(" "));

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains(message).contains("See 'appliance conform --help'.");
        assertThat(result.out()).isEmpty();
    }

    @Test
    void tellsWhatItCannotDo() {
        CommandLines.Result result =
                CommandLines.run(
                        "conform", "--target", APPLIANCE, "--from", "192.0.2.1", "--no-raw");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).startsWith("appliance: ").contains("192.0.2.1");
    }

    @Test
    void listsItsChecks() {
        CommandLines.Result result = CommandLines.run("conform", "--list");

        assertThat(result.status()).isZero();
        assertThat(result.lines()).contains("latest-cookie", "jumbo-8933");
        assertThat(result.out()).contains("PacketsDroppedCount_InvalidGwlbFlowCookie");
    }

    @Test
    void everyCheckIsOnItsPage() throws IOException {
        Path page = Path.of(System.getProperty("geneve4j.root"), "docs/conformance.md");
        String text = Files.readString(page);
        for (CheckInfo check : ConformanceSuite.checks()) {
            assertThat(text).contains("| `" + check.name() + "` |");
        }
    }

    @Test
    void theirNumberIsTrueWhereItIsTold() throws IOException {
        Path root = Path.of(System.getProperty("geneve4j.root"));
        int count = ConformanceSuite.checks().size();
        assertThat(root.resolve("README.md")).content().contains("in " + count + " named checks");
        assertThat(root.resolve("CHANGELOG.md")).content().contains("in " + count + " checks");
    }

    /** The kernel's device for that says so at the first byte. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskDoesNotCostTheTable() {
        CommandLines.Result result = judge("--junit", "/dev/full", "--checks", "second-node");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).contains("n/a   second-node");
        assertThat(result.err()).contains("--junit /dev/full: No space left on device");
    }

    @Test
    void printsTableAndXmlForAnApplianceThatIsSilent() throws Exception {
        Path xml = folder.resolve("conform.xml");
        CommandLines.Result result =
                CommandLines.run(
                        "conform",
                        "--target",
                        APPLIANCE,
                        "--from",
                        NODE,
                        "--port",
                        "" + PORT,
                        "--patience",
                        "20",
                        "--no-raw",
                        "--checks",
                        "answers,source-port",
                        "--junit",
                        xml.toString());

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.lines().get(0))
                .contains(APPLIANCE + ":" + PORT)
                .contains(NODE + ", seed ");
        assertThat(result.lines().get(1)).startsWith("FAIL  answers ").endsWith("no reply");
        assertThat(result.out()).contains("n/a   source-port").contains("1 failed");
        assertThat(Files.readString(xml)).contains("failures=\"1\"").contains("skipped=\"1\"");
    }

    /** All not applicable is no verdict, neither good nor bad. */
    @Test
    void knowsWhenNothingWasFoundOut() {
        CommandLines.Result result =
                judge("--checks", "second-node,foreign-origin,health,recovery");

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.lines()).last().asString().startsWith("0 passed, 0 failed, 4 not");
    }

    /** Before anything is asked: a run takes a minute. */
    @Test
    void learnsAtOnceThatThereIsNowhereToWrite() {
        String file = folder.resolve("missing").resolve("conform.xml").toString();
        CommandLines.Result result = judge("--junit", file);

        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("--junit " + file + ": no such folder");
        assertThat(result.out()).isEmpty();
    }

    /** An appliance may be late, but not silent for ever. */
    @Test
    void waitsForTheFirstAnswer() throws Exception {
        InetAddress own = InetAddress.ofLiteral(APPLIANCE);
        try (DatagramChannel channel = DatagramChannel.open()) {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    Thread.sleep(500);
                                    hairpin(channel.bind(new InetSocketAddress(own, PORT)));
                                } catch (IOException | InterruptedException e) {
                                    // the assertion tells
                                }
                            });
            CommandLines.Result result = judge("--wait", "30", "--checks", "answers");

            assertThat(result.status()).as(result.out()).isZero();
        }
    }

    /** What a page says to type has to be something that can be typed. */
    @Test
    void theJobOfThePageIsUnderstood() throws IOException {
        Path page = Path.of(System.getProperty("geneve4j.root"), "docs/conformance.md");
        String text = Files.readString(page).replaceAll("\\\\\\s+", " ");
        Matcher commands = Pattern.compile("/appliance conform (.*)").matcher(text);
        int count = 0;
        while (commands.find()) {
            Main.commandLine().parseArgs(("conform " + commands.group(1).strip()).split(" +"));
            count++;
        }
        assertThat(count).isEqualTo(2);
    }

    private static CommandLines.Result judge(String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "conform",
                                "--target",
                                APPLIANCE,
                                "--from",
                                NODE,
                                "--port",
                                "" + PORT,
                                "--patience",
                                "50",
                                "--no-raw"));
        arguments.addAll(List.of(more));
        return CommandLines.run(arguments.toArray(String[]::new));
    }

    /** A few lines of an appliance: back to where it came from, but for the port. */
    @Test
    void judgesALiveAppliance() throws Exception {
        InetAddress own = InetAddress.ofLiteral(APPLIANCE);
        try (DatagramChannel channel =
                DatagramChannel.open().bind(new InetSocketAddress(own, PORT))) {
            Thread.ofVirtual().start(() -> hairpin(channel));
            CommandLines.Result result =
                    CommandLines.run(
                            "conform",
                            "--target",
                            APPLIANCE,
                            "--from",
                            NODE,
                            "--port",
                            "" + PORT,
                            "--no-raw",
                            "--checks",
                            "answers,address-swap,source-port,header-echo,ipv6,jumbo-8500",
                            "--json");

            assertThat(result.status()).isEqualTo(1);
            assertThat(result.lines()).hasSize(1);
            assertThat(result.out())
                    .contains("\"passed\":5,\"failed\":1,\"notApplicable\":0,\"errors\":0")
                    .contains("\"name\":\"source-port\",\"verdict\":\"fail\"")
                    .contains("\"sawHeaders\":false");
        }
    }

    private static void hairpin(DatagramChannel channel) {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        try {
            while (channel.receive(buffer.clear()) instanceof InetSocketAddress from) {
                channel.send(buffer.flip(), new InetSocketAddress(from.getAddress(), PORT));
            }
        } catch (IOException e) {
            // closed: the test has ended
        }
    }
}
