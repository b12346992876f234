package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.simulator.conform.CheckInfo;
import io.github.geneve4j.simulator.conform.ConformanceReport;
import io.github.geneve4j.simulator.conform.ConformanceSettings;
import io.github.geneve4j.simulator.conform.ConformanceSuite;
import io.github.geneve4j.simulator.conform.HealthTarget;
import io.github.geneve4j.simulator.conform.TableFormat;
import io.github.geneve4j.simulator.conform.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code conform}: judges an appliance by its address. */
@Command(
        name = "conform",
        mixinStandardHelpOptions = true,
        description = {
            "Plays a load balancer's node against a live appliance, and judges it.",
            "Says check by check whether an appliance that passes everything would work"
                    + " behind a real one. With CAP_NET_RAW it sees outer headers; without, some"
                    + " checks are not applicable.",
            "Exit status 1 if a check failed, 0 if none did and one passed, 2 if"
                    + " nothing could be found out or this host failed half-way."
        })
final class ConformCommand implements Callable<Integer> {
    private static final int MAX_RATE = 1_000_000;
    private static final int MAX_SECONDS = 3_600;
    private static final double PERCENT = 100;

    @Spec private CommandSpec spec;

    @Option(
            names = "--target",
            paramLabel = "ADDRESS",
            description = "The appliance's IPv4 address.")
    private @Nullable String target;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "6081",
            description = "UDP port of the tunnel. Default: ${DEFAULT-VALUE}")
    private int port;

    @Option(
            names = "--from",
            paramLabel = "ADDRESS[,ADDRESS]",
            split = ",",
            hideParamSyntax = true,
            description =
                    "Addresses of this host that play load balancer nodes; the"
                            + " appliance has to serve them. Default: the one by which the target"
                            + " is reached.")
    private String @Nullable [] from;

    @Option(
            names = "--stranger",
            paramLabel = "ADDRESS",
            description = "An address of this host that the appliance is not to serve.")
    private @Nullable String stranger;

    @Option(
            names = "--health",
            paramLabel = "tcp:PORT|URL",
            description = "Where health checks go: tcp:PORT, or a URL at the target's address")
    private @Nullable String health;

    @Option(
            names = "--endpoint",
            paramLabel = "ID",
            description =
                    "Endpoint id in every request, vpce-…, if the appliance serves known ones.")
    private @Nullable String endpoint;

    @Option(
            names = "--rate",
            paramLabel = "PPS",
            defaultValue = "1000",
            description = "Packets a second under load. Default: ${DEFAULT-VALUE}")
    private int rate;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How long the load lasts, in each check that needs one. Default: 3")
    private int seconds;

    @Option(
            names = "--max-loss",
            paramLabel = "PERCENT",
            defaultValue = "0.1",
            description = "How much of the load may be lost. Default: ${DEFAULT-VALUE}")
    private double maxLoss;

    @Option(
            names = "--max-latency",
            paramLabel = "MS",
            defaultValue = "100",
            description = "What 99 of 100 packets have to keep. Default: ${DEFAULT-VALUE}")
    private int maxLatency;

    @Option(
            names = "--patience",
            paramLabel = "MS",
            defaultValue = "700",
            description = "How long to wait for one reply, up to three times. Default: 700")
    private int patience;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            defaultValue = "0",
            description = "How long to wait for the first answer, before all checks. Default: 0")
    private int wait;

    @Option(
            names = "--restart-command",
            paramLabel = "COMMAND",
            description = "Restarts the appliance; run by sh.")
    private @Nullable String restartCommand;

    @Option(
            names = "--restart-time",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "Within which the restarted appliance has to serve. Default: 60")
    private int restartTime;

    @Option(
            names = "--checks",
            paramLabel = "NAME[,NAME]",
            split = ",",
            hideParamSyntax = true,
            description = "Run only these checks.")
    private String @Nullable [] checks;

    @Option(
            names = "--no-raw",
            description = "Use ordinary UDP sockets even where raw ones may be had.")
    private boolean noRaw;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "Seed of addresses, ports, cookies and damage. Default: another each time.")
    private @Nullable Long seed;

    @Option(names = "--json", description = "Print one JSON object instead of a table.")
    private boolean json;

    @Option(
            names = "--junit",
            paramLabel = "FILE",
            description = "Write the results as JUnit XML, too.")
    private @Nullable Path junit;

    @Option(names = "--list", description = "Print what every check is about, and exit.")
    private boolean list;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        if (list) {
            list(out);
            return 0;
        }
        PrintWriter err = spec.commandLine().getErr();
        try {
            ConformanceSettings settings = settings();
            // Now: when all is asked, it is late to learn that there is nowhere to write
            try (Writer xml = xmlWriter()) {
                return judge(settings, out, xml);
            }
        } catch (ParameterException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // nothing that the appliance did
            err.println("appliance: " + Main.reason(e));
            return Main.UNUSABLE_INPUT;
        }
    }

    private Writer xmlWriter() throws IOException {
        if (junit == null) {
            return Writer.nullWriter();
        }
        try {
            return Files.newBufferedWriter(junit);
        } catch (NoSuchFileException e) {
            throw new IOException("--junit " + junit + ": no such folder", e);
        } catch (AccessDeniedException e) {
            throw new IOException("--junit " + junit + ": no right to write there", e);
        } catch (IOException e) {
            throw new IOException("--junit " + junit + ": " + Main.reason(e), e);
        }
    }

    private int judge(ConformanceSettings settings, PrintWriter out, Writer xml)
            throws IOException, InterruptedException {
        if (!json) {
            out.println(TableFormat.head(settings));
            out.flush();
        }
        ConformanceReport report =
                ConformanceSuite.run(
                        settings,
                        result -> {
                            if (!json) {
                                out.print(TableFormat.rows(result));
                                out.flush();
                            }
                        });
        out.println(json ? report.json() : report.summary());
        out.flush();
        write(xml, report.junit());
        if (report.count(Verdict.FAIL) > 0) {
            return Main.FAILED;
        }
        return report.isGood() ? 0 : Main.UNUSABLE_INPUT;
    }

    private void write(Writer xml, String text) throws IOException {
        try {
            xml.write(text);
            xml.flush();
        } catch (IOException e) {
            throw new IOException("--junit " + junit + ": " + Main.reason(e), e);
        }
    }

    private ConformanceSettings settings() throws IOException {
        if (target == null) {
            throw unusable("--target is missing");
        }
        check("--rate", rate, MAX_RATE);
        check("--seconds", seconds, MAX_SECONDS);
        check("--max-latency", maxLatency, 60_000);
        check("--patience", patience, 60_000);
        check("--restart-time", restartTime, MAX_SECONDS);
        if (wait < 0 || wait > MAX_SECONDS) {
            throw unusable("--wait " + wait + ": not 0 to " + MAX_SECONDS);
        }
        if (!(maxLoss >= 0 && maxLoss <= PERCENT)) { // nor NaN
            throw unusable("--max-loss " + maxLoss + ": not 0 to 100 percent");
        }
        Inet4Address appliance = address("--target", target);
        ConformanceSettings.Builder builder =
                ConformanceSettings.builder(appliance, nodes(appliance))
                        .port(port)
                        .rate(rate)
                        .loadTime(Duration.ofSeconds(seconds))
                        .maxLoss(maxLoss / PERCENT)
                        .maxLatency(Duration.ofMillis(maxLatency))
                        .patience(Duration.ofMillis(patience))
                        .startTime(Duration.ofSeconds(wait))
                        .restartCommand(restartCommand)
                        .restartTime(Duration.ofSeconds(restartTime))
                        .rawSockets(!noRaw)
                        .checks(checks == null ? List.of() : List.of(checks));
        if (stranger != null) {
            builder.stranger(address("--stranger", stranger));
        }
        if (health != null) {
            String text = health;
            builder.health(usable("--health", () -> HealthTarget.parse(text, appliance)));
        }
        if (endpoint != null) {
            String text = endpoint;
            builder.endpoint(usable("--endpoint", () -> EndpointId.parse(text)));
        }
        if (seed != null) {
            builder.seed(seed);
        }
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw unusable(Main.reason(e));
        }
    }

    private List<Inet4Address> nodes(Inet4Address appliance) throws IOException {
        if (from == null) {
            return List.of(ownAddressTowards(appliance));
        }
        List<Inet4Address> nodes = new ArrayList<>();
        for (String address : from) {
            nodes.add(address("--from", address));
        }
        return nodes;
    }

    /** {@return what the system would send from; nothing is sent to find out} */
    private static Inet4Address ownAddressTowards(Inet4Address appliance) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            try {
                socket.connect(new InetSocketAddress(appliance, 1));
            } catch (SocketException e) {
                String address = appliance.getHostAddress();
                throw new IOException("--target " + address + ": " + Main.reason(e), e);
            }
            InetAddress own = socket.getLocalAddress();
            if (own instanceof Inet4Address address && !address.isAnyLocalAddress()) {
                return address;
            }
            throw new IOException("no IPv4 address to reach the target from: give --from");
        }
    }

    private static void list(PrintWriter out) {
        for (CheckInfo check : ConformanceSuite.checks()) {
            out.println(check.name());
            out.println("    " + check.reason());
            out.println("    rule: " + check.rule() + "; CloudWatch: " + check.metric());
        }
        out.flush();
    }

    private Inet4Address address(String option, String text) {
        try {
            return Inet4Address.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            throw unusable(option + " '" + text + "': no IPv4 address");
        }
    }

    private void check(String option, int value, int max) {
        if (value < 1 || value > max) {
            throw unusable(option + " " + value + ": not 1 to " + max);
        }
    }

    /** Turns a refused value into a message that names its option. */
    private <T> T usable(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw unusable(option + " " + Main.reason(e));
        }
    }

    private ParameterException unusable(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
