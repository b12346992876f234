package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.FailureMode;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.InspectorChain;
import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.inspect.AllowAll;
import io.github.geneve4j.appliance.inspect.DropPorts;
import io.github.geneve4j.appliance.inspect.SegmentSizeClamp;
import io.github.geneve4j.appliance.ops.AdminServer;
import io.github.geneve4j.appliance.ops.CounterReport;
import io.github.geneve4j.appliance.ops.FirewallReport;
import io.github.geneve4j.appliance.ops.HealthServer;
import io.github.geneve4j.appliance.ops.Metrics;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.io.AfXdpPort;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.OpenPorts;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.PortKind;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code run}: serves a load balancer until it is told to stop. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the appliance until SIGTERM or SIGINT, or SIGHUP without --policy.",
            "Counters by reason are printed on exit, on SIGUSR1, and every --stats-interval."
        })
final class RunCommand implements Callable<Integer> {
    /** How late the packet loop may be before a health check fails. */
    private static final Duration HEALTHY_WITHIN = Duration.ofSeconds(1);

    private static final Pattern ADMIN = Pattern.compile("(?:([0-9.]+):)?([0-9]{1,5})");

    @Spec private CommandSpec spec;

    @Mixin private final PortOptions portOptions = new PortOptions();

    @Mixin private final FirewallOptions firewallOptions = new FirewallOptions();

    @Option(
            names = "--allow-from",
            required = true,
            paramLabel = "CIDR[,CIDR]",
            description =
                    "Outer source addresses to serve: the load balancer's nodes."
                            + " Packets from elsewhere are dropped. 0.0.0.0/0 serves anyone.")
    private String allowFrom;

    @Option(
            names = "--health-port",
            paramLabel = "N",
            description =
                    "TCP port for health checks: accepts, and answers HTTP with 200"
                            + " while the packet loop turns, 503 when it does not.")
    private @Nullable Integer healthPort;

    @Option(
            names = "--admin",
            paramLabel = "[ADDRESS:]PORT",
            description =
                    "Serve operators by HTTP: GET /metrics for Prometheus, GET /policy,"
                            + " and POST /policy/reload. On 127.0.0.1 unless an IPv4 address says"
                            + " otherwise.")
    private @Nullable String admin;

    @Option(
            names = "--stats-interval",
            paramLabel = "SECONDS",
            description = "Print the counters this often.")
    private @Nullable Integer statsInterval;

    @Option(
            names = "--drop-ports",
            paramLabel = "PORT[,PORT]",
            split = ",",
            hideParamSyntax = true,
            description =
                    "Drop packets from or to these TCP, UDP, SCTP, DCCP or UDP-Lite ports, and those"
                            + " that cannot be judged: fragments, malformed packets, and what is not"
                            + " IP.")
    private int @Nullable [] dropPorts;

    @Option(
            names = "--clamp-mss",
            paramLabel = "BYTES",
            description =
                    "Lower the maximum segment size that TCP connections announce to this at most.")
    private @Nullable Integer clampMss;

    @Option(
            names = "--on-failure",
            paramLabel = "closed|open",
            defaultValue = "closed",
            description =
                    "What becomes of a packet whose inspection fails: closed drops it,"
                            + " open lets it pass as it came (default: ${DEFAULT-VALUE}).")
    private FailureMode onFailure = FailureMode.CLOSED;

    @Option(
            names = "--on-overload",
            paramLabel = "closed|open",
            defaultValue = "closed",
            description =
                    "What becomes of packets when more come than can be judged: closed"
                            + " has the kernel drop what there is no room for, open lets the"
                            + " excess pass unjudged, so that whoever sends enough gets packets"
                            + " past the policy (default: ${DEFAULT-VALUE}).")
    private FailureMode onOverload = FailureMode.CLOSED;

    @Override
    public Integer call() throws IOException, ConfigException, InterruptedException {
        portOptions.check();
        OriginFilter origins = usable("--allow-from", () -> OriginFilter.parse(allowFrom));
        String objection = firewallOptions.objection();
        if (objection != null) {
            throw unusable(objection);
        }
        try (FastPath fastPath = openFastPath(origins)) {
            return serve(origins, fastPath);
        }
    }

    private @Nullable FastPath openFastPath(OriginFilter origins) throws IOException {
        try {
            return firewallOptions.openFastPath(origins);
        } catch (IllegalArgumentException e) {
            throw unusable("--fast-path: " + Main.reason(e));
        }
    }

    @SuppressWarnings("try") // the resources are there to be closed
    private int serve(OriginFilter origins, @Nullable FastPath fastPath)
            throws IOException, ConfigException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PolicyReload policy = policy(out);
        FirewallControl control = policy == null ? null : policy.control();
        Supplier<Inspector> inspectors =
                clamped(control == null ? inspectors() : control::newFirewall);
        if (healthPort != null && (healthPort < 1 || healthPort > 0xffff)) {
            throw unusable("--health-port " + healthPort + ": not 1 to 65535");
        }
        if (statsInterval != null && statsInterval < 1) {
            throw unusable("--stats-interval " + statsInterval + ": not 1 or more seconds");
        }

        InetSocketAddress adminAddress = admin == null ? null : adminAddress(admin);
        OpenPorts open = portOptions.open(fastPath);
        Appliance appliance = appliance(open, origins, inspectors);
        try (LogPrinter printer = control == null ? null : new LogPrinter(control, out);
                appliance;
                HealthServer health = startHealth(open, appliance);
                AdminServer adminServer = startAdmin(adminAddress, appliance, policy);
                StatePrinter states = startStatePrinter(appliance, out);
                policy;
                ScheduledExecutorService reporter = startReporter(appliance, control, out)) {
            boolean _ = Signals.on("USR1", () -> report(appliance, control, out));
            boolean _ = Signals.on("TERM", () -> closeQuietly(appliance));
            boolean _ = Signals.on("INT", () -> closeQuietly(appliance));
            boolean hears =
                    Signals.on(
                            "HUP", policy == null ? () -> closeQuietly(appliance) : policy::reload);
            announce(open, adminAddress, policy, out);
            if (policy != null && !hears) {
                out.println("SIGHUP is ignored (nohup?): reload by file or HTTP");
            }
            if (policy != null) {
                policy.start();
            }
            appliance.join();
        }
        report(appliance, control, out);
        if (appliance.failure().isEmpty()) {
            return 0;
        }
        throw new IOException(
                "the packet loop ended: " + Main.reason(appliance.failure().get()),
                appliance.failure().get());
    }

    /** {@return the policy, read for the first time, or null if there is none} */
    private @Nullable PolicyReload policy(PrintWriter out) throws IOException, ConfigException {
        Path file = firewallOptions.policyFile();
        if (file == null) {
            return null;
        }
        if (dropPorts != null) {
            throw unusable("--drop-ports and --policy: only one of them");
        }
        try {
            return new PolicyReload(firewallOptions, file, out);
        } catch (IllegalArgumentException e) {
            throw unusable(Main.reason(e));
        }
    }

    private Appliance appliance(
            OpenPorts open, OriginFilter origins, Supplier<Inspector> inspectors) {
        Appliance.Builder builder =
                Appliance.builder()
                        .allowFrom(origins)
                        .inspector(inspectors)
                        .onInspectorFailure(onFailure)
                        .onOverload(onOverload)
                        .idle(portOptions.idleMode())
                        .cpus(portOptions.cpuNumbers());
        open.ports().forEach(builder::port);
        return builder.start();
    }

    private @Nullable HealthServer startHealth(OpenPorts open, Appliance appliance)
            throws IOException {
        if (healthPort == null) {
            return null;
        }
        return HealthServer.start(
                new InetSocketAddress(healthAddress(open), healthPort),
                () -> appliance.isTurning(HEALTHY_WITHIN));
    }

    /** {@return where to serve operators} */
    private InetSocketAddress adminAddress(String text) {
        Matcher matcher = ADMIN.matcher(text);
        int port = matcher.matches() ? Integer.parseInt(matcher.group(2)) : 0;
        if (port < 1 || port > 0xffff) {
            throw unusable("--admin " + text + ": not a port, or IPv4 address and port");
        }
        String address = matcher.group(1) == null ? "127.0.0.1" : matcher.group(1);
        return new InetSocketAddress(
                usable("--admin", () -> Inet4Address.ofLiteral(address)), port);
    }

    private static @Nullable AdminServer startAdmin(
            @Nullable InetSocketAddress address, Appliance appliance, @Nullable PolicyReload policy)
            throws IOException {
        if (address == null) {
            return null;
        }
        FirewallControl control = policy == null ? null : policy.control();
        return AdminServer.start(address, new Metrics(appliance, control, policy), policy);
    }

    private @Nullable StatePrinter startStatePrinter(Appliance appliance, PrintWriter out) {
        List<Supplier<Optional<String>>> states = new ArrayList<>();
        if (onOverload == FailureMode.OPEN) {
            OverloadLog log = new OverloadLog(appliance.ports().size());
            states.add(() -> overload(log, appliance));
        }
        for (PacketPort port : appliance.ports()) {
            if (port instanceof AfXdpPort polling && !polling.busyPolling().isEmpty()) {
                states.add(new PollingLog(polling::busyPolling)::look);
            }
        }
        return states.isEmpty() ? null : new StatePrinter(states, out);
    }

    private static Optional<String> overload(OverloadLog log, Appliance appliance) {
        return Optional.ofNullable(
                log.look(
                        System.nanoTime(),
                        appliance.overloadedWorkers(),
                        appliance.counters().unjudged()));
    }

    /** {@return the address that packets come to, or the wildcard if there are several} */
    private Inet4Address healthAddress(OpenPorts open) {
        return open.addresses().size() == 1 ? open.addresses().get(0) : portOptions.address();
    }

    private @Nullable ScheduledExecutorService startReporter(
            Appliance appliance, @Nullable FirewallControl control, PrintWriter out) {
        if (statsInterval == null) {
            return null;
        }
        ScheduledExecutorService reporter =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("statistics").daemon().factory());
        ScheduledFuture<?> _ =
                reporter.scheduleAtFixedRate(
                        new Lasting(() -> report(appliance, control, out)),
                        statsInterval,
                        statsInterval,
                        TimeUnit.SECONDS);
        return reporter;
    }

    private void announce(
            OpenPorts open,
            @Nullable InetSocketAddress adminAddress,
            @Nullable PolicyReload policy,
            PrintWriter out) {
        open.refusals().forEach(refusal -> out.println("not " + refusal));
        if (portOptions.isToBusyPoll() && open.kind() != PortKind.AF_XDP) {
            out.println("no busy polling, which only af_xdp has");
        }
        for (Inet4Address own : open.addresses()) {
            out.println(
                    "listening on "
                            + own.getHostAddress()
                            + ":"
                            + portOptions.port()
                            + " by "
                            + open.kind().label()
                            + ", serving "
                            + allowFrom);
        }
        if (open.kind() != PortKind.NIO) {
            open.ports().forEach(out::println); // what each got, and what it has to do without
        }
        out.println(portOptions.replies(open.kind()));
        if (healthPort != null) {
            out.println(
                    "health checks on http://"
                            + healthAddress(open).getHostAddress()
                            + ":"
                            + healthPort
                            + "/");
        }
        if (adminAddress != null) {
            out.println(
                    "operators on http://"
                            + adminAddress.getAddress().getHostAddress()
                            + ":"
                            + adminAddress.getPort()
                            + "/: metrics, policy");
        }
        if (onOverload == FailureMode.OPEN) {
            out.println("in an overload packets will pass UNJUDGED");
        }
        if (policy != null) {
            out.println(policy.describe());
            return;
        }
        out.println(
                dropPorts == null
                        ? "no policy: every packet passes"
                        : "dropping ports " + Arrays.toString(dropPorts));
    }

    private static void report(
            Appliance appliance, @Nullable FirewallControl control, PrintWriter out) {
        out.println(CounterReport.line(appliance));
        if (control != null) {
            out.println(FirewallReport.judgements(control));
            out.println(FirewallReport.rules(control));
            control.fastPath().map(FirewallReport::fastPath).ifPresent(out::println);
        }
        appliance
                .inspectorFailure()
                .ifPresent(failure -> out.println("the inspector failed, first with " + failure));
    }

    private void closeQuietly(Appliance appliance) {
        try {
            appliance.close();
        } catch (IOException e) {
            spec.commandLine().getErr().println("appliance: " + Main.reason(e));
        }
    }

    private Supplier<Inspector> inspectors() {
        if (dropPorts == null) {
            return AllowAll::new;
        }
        int[] ports = dropPorts;
        usable("--drop-ports", () -> new DropPorts(ports)); // refuse now, not in a worker
        return () -> new DropPorts(ports);
    }

    /** {@return inspectors that lower segment sizes behind the others, if that is asked for} */
    private Supplier<Inspector> clamped(Supplier<Inspector> inspectors) {
        if (clampMss == null) {
            return inspectors;
        }
        int most = clampMss;
        usable("--clamp-mss", () -> new SegmentSizeClamp(most));
        return () -> new InspectorChain(inspectors.get(), new SegmentSizeClamp(most));
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
