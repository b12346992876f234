package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.appliance.domain.DomainInspector;
import io.github.geneve4j.appliance.domain.DomainList;
import io.github.geneve4j.appliance.domain.QuicDomainInspector;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.policy.GeneveProxyReader;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.appliance.track.MidStream;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.config.ConfigFile;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.flow.WhenFull;
import io.github.geneve4j.io.FastPath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code run} can be told about the firewall. */
final class FirewallOptions {
    /** Some millions of names. */
    private static final int MAX_DOMAINS_LENGTH = 1 << 26;

    /** Which some editors begin a file with; the parser of policies knows it. */
    private static final String BYTE_ORDER_MARK = "\ufeff";

    /**
     * Bytes of heap for each of a policy's file, as measured with the worst that the parser takes,
     * lists of single letters; rules need half of that. The parser takes 3 MiB.
     */
    private static final long HEAP_FOR_POLICY = 200;

    private static final long MAX_PARSED = 3 << 20;

    /** Likewise for a list of servers, of short names. */
    private static final long HEAP_FOR_DOMAINS = 32;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description =
                    "Judge flows by the rules of this file, and keep track of them; see"
                            + " docs/policy.md. It is read again on SIGHUP and when it changes. A"
                            + " file with mistakes changes nothing: they are printed, and the old"
                            + " policy holds.")
    private @Nullable Path policy;

    @Option(
            names = "--geneve-proxy-config",
            paramLabel = "FILE",
            description =
                    "Instead of --policy: the config.yaml of GeneveProxy, unchanged."
                            + " Decides as it does; docs/policy.md tells about what it does not"
                            + " know.")
    private @Nullable Path proxyConfig;

    @Option(
            names = "--allow-domains",
            paramLabel = "FILE",
            description =
                    "Let connections to TCP ports 443 and 80 ask for these servers"
                            + " only: a name on each line, *.example.com for all below it, # for"
                            + " remarks. Read again with the policy. Needs --policy.")
    private @Nullable Path domains;

    private final AtomicReference<DomainList> allowed =
            new AtomicReference<>(DomainList.of(List.of()));

    @Option(
            names = "--flows",
            paramLabel = "N",
            defaultValue = "262144",
            description = "Flows that each worker has room for (default: ${DEFAULT-VALUE}).")
    private int flows;

    /** What the option calls what the table can do. */
    enum Overload {
        EVICT(WhenFull.EVICT_OLDEST_IDLE),
        DROP(WhenFull.REFUSE);

        private final WhenFull whenFull;

        Overload(WhenFull whenFull) {
            this.whenFull = whenFull;
        }
    }

    @Option(
            names = "--when-full",
            paramLabel = "evict|drop",
            defaultValue = "evict",
            description =
                    "What becomes of new flows when there is no room: evict has the"
                            + " flow give way that has been idle for longest, one that is not"
                            + " established first; drop drops them (default: ${DEFAULT-VALUE}).")
    private Overload whenFull = Overload.EVICT;

    @Option(
            names = "--flows-per-endpoint",
            paramLabel = "N",
            defaultValue = "0",
            description = "Flows of one endpoint at one worker; 0 for any number (default).")
    private int flowsPerEndpoint;

    @Option(
            names = "--flows-per-source",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Flows that one address may begin at one worker; 0 for any number (default).")
    private int flowsPerSource;

    @Option(
            names = "--midstream",
            paramLabel = "allow|drop|reset",
            defaultValue = "allow",
            description =
                    "What becomes of TCP connections that are met in their middle, as"
                            + " after the load balancer moved them here: judge them like new"
                            + " ones, drop or reset them (default: ${DEFAULT-VALUE}).")
    private MidStream midStream = MidStream.ALLOW;

    @Option(
            names = "--no-window-check",
            description = "Do not hold TCP sequence numbers against the windows.")
    private boolean noWindowCheck;

    @Option(
            names = "--keep-established",
            description = "A policy that is read again is for new flows only.")
    private boolean keepEstablished;

    @Option(
            names = "--reject-both-ends",
            description = "Reset the receiver of a rejected TCP segment too, not only its sender.")
    private boolean rejectBothEnds;

    @Option(
            names = "--flow-log",
            description =
                    "Print a line for each flow that has ended: who, by which rule,"
                            + " packets and bytes, when, and why; at the end those that are"
                            + " alive. Needs --policy.")
    private boolean flowLog;

    @Option(
            names = "--fast-path",
            description =
                    "Have the kernel return the packets of flows that need no more than"
                            + " to pass, without showing them to a worker. For af_xdp and"
                            + " af_packet, Linux 5.18. Needs --policy and --no-window-check.")
    private boolean fastPath;

    @Option(
            names = "--fast-path-flows",
            paramLabel = "N",
            defaultValue = "131072",
            description =
                    "Flows that the fast path has room for, of IPv4 and of IPv6 each:"
                            + " 768 bytes for each (default: ${DEFAULT-VALUE}).")
    private int fastPathFlows;

    @Option(
            names = "--fast-path-keep",
            paramLabel = "SECONDS",
            description =
                    "Should this process die, have the kernel go on to return judged"
                            + " flows for so long, and drop all others; the next process takes"
                            + " over. For af_xdp. Without this, nothing is returned without a"
                            + " process.")
    private @Nullable Integer fastPathKeep;

    @Option(
            names = "--fast-path-folder",
            paramLabel = "FOLDER",
            defaultValue = "/sys/fs/bpf",
            description =
                    "Where --fast-path-keep puts the name that keeps the kernel's"
                            + " program, in a file system of type bpf (default:"
                            + " ${DEFAULT-VALUE}).")
    private Path fastPathFolder = Path.of("/sys/fs/bpf");

    private @Nullable FastPath openFastPath;

    /**
     * {@return the fast path, if there is to be one, for the control and the ports}
     *
     * @param origins that packets may come from
     * @throws IOException if the kernel has none
     * @throws IllegalArgumentException if an option is out of its range
     */
    @Nullable FastPath openFastPath(OriginFilter origins) throws IOException {
        if (!fastPath) {
            return null;
        }
        FastPath.Builder builder = FastPath.builder().flows(fastPathFlows);
        origins.forEachRange(builder::allowFrom);
        if (fastPathKeep != null) {
            builder.lease(Duration.ofSeconds(fastPathKeep)).keepIn(fastPathFolder);
        }
        openFastPath = builder.open();
        return openFastPath;
    }

    /** {@return the policy's file, if there is one} */
    @Nullable Path policyFile() {
        return policy == null ? proxyConfig : policy;
    }

    /**
     * {@return the policy that its file has now}
     *
     * @throws ConfigException if it cannot be used
     * @throws UnusableFileException if it cannot be read
     */
    Policy readPolicy() throws UnusableFileException, ConfigException {
        return policy == null
                ? readPolicy(Objects.requireNonNull(proxyConfig), true)
                : readPolicy(policy, false);
    }

    /**
     * {@return the policy that a file has}
     *
     * @param file of it
     * @param ofGeneveProxy whether the file is GeneveProxy's
     * @throws ConfigException if it cannot be used
     * @throws UnusableFileException if it cannot be read
     */
    static Policy readPolicy(Path file, boolean ofGeneveProxy)
            throws UnusableFileException, ConfigException {
        try {
            return ofGeneveProxy ? GeneveProxyReader.read(file) : PolicyReader.read(file);
        } catch (IOException e) {
            throw new UnusableFileException(file, e);
        }
    }

    /** {@return the files that are read again, if there is a policy} */
    List<Path> files() {
        return Stream.of(policy, proxyConfig, domains).filter(Objects::nonNull).toList();
    }

    /** {@return about how many bytes of heap it takes to read the files as they are now} */
    long heapToRead() {
        long bytes = 0;
        for (Path file : files()) {
            long length = file.toFile().length(); // 0 if there is none
            bytes +=
                    file.equals(domains)
                            ? HEAP_FOR_DOMAINS * Math.min(length, MAX_DOMAINS_LENGTH)
                            : HEAP_FOR_POLICY * Math.min(length, MAX_PARSED);
        }
        return bytes;
    }

    /**
     * {@return the servers that may be asked for, as their file has them now; null for any}
     *
     * @throws UnusableFileException if it cannot be read, or a line is no name
     */
    @Nullable DomainList readDomains() throws UnusableFileException {
        if (domains == null) {
            return null;
        }
        List<String> names = new ArrayList<>();
        int number = 0;
        for (String line : lines(domains)) {
            number++;
            String name = line.replaceFirst("#.*", "").strip();
            if (!name.isEmpty()) {
                check(domains, number, name);
                names.add(name);
            }
        }
        return DomainList.of(names);
    }

    private static List<String> lines(Path file) throws UnusableFileException {
        try {
            String text = ConfigFile.readText(file, MAX_DOMAINS_LENGTH);
            return (text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text).lines().toList();
        } catch (IOException e) {
            throw new UnusableFileException(file, e);
        }
    }

    private static void check(Path file, int line, String name) throws UnusableFileException {
        try {
            DomainList _ = DomainList.of(List.of(name));
        } catch (IllegalArgumentException e) {
            throw new UnusableFileException(file, line, e);
        }
    }

    /** Lets connections that begin from now on ask for these servers. */
    void allow(@Nullable DomainList next) {
        if (next != null) {
            allowed.set(next);
        }
    }

    /** {@return why the options do not go together, or null} */
    @Nullable String objection() {
        if (policy != null && proxyConfig != null) {
            return "--policy and --geneve-proxy-config: only one of them";
        }
        if (policyFile() == null && domains != null) {
            return "--allow-domains needs --policy";
        }
        if (policyFile() == null && flowLog) {
            return "--flow-log needs --policy";
        }
        if (!fastPath && fastPathKeep != null) {
            return "--fast-path-keep needs --fast-path";
        }
        if (fastPath && policyFile() == null) {
            return "--fast-path needs --policy";
        }
        return fastPath && !noWindowCheck
                ? "--fast-path needs --no-window-check: what the kernel returns is not checked"
                : null;
    }

    private static void checkLimit(String option, int value) {
        if (value < 0) {
            throw new IllegalArgumentException(option + " " + value + ": not 0 or more");
        }
    }

    /**
     * {@return the firewalls' control}
     *
     * @param first the policy to begin with
     * @throws IllegalArgumentException if an option is out of its range
     */
    FirewallControl control(Policy first) {
        if (flows < 1 || flows > FlowTable.MAX_CAPACITY) {
            throw new IllegalArgumentException(
                    "--flows " + flows + ": not 1 to " + FlowTable.MAX_CAPACITY);
        }
        checkLimit("--flows-per-endpoint", flowsPerEndpoint);
        checkLimit("--flows-per-source", flowsPerSource);
        FirewallControl.Builder builder =
                FirewallControl.builder(first)
                        .flows(flows)
                        .whenFull(whenFull.whenFull)
                        .flowsPerEndpoint(flowsPerEndpoint)
                        .flowsPerSource(flowsPerSource)
                        .midStream(midStream)
                        .checksWindows(!noWindowCheck)
                        .rejudges(!keepEstablished)
                        .tellsBothEnds(rejectBothEnds)
                        .logsFlows(flowLog);
        if (openFastPath != null) {
            builder.fastPath(openFastPath);
        }
        if (domains != null) {
            builder.inspector(() -> new DomainInspector(allowed::get));
            builder.inspector(() -> new QuicDomainInspector(allowed::get));
        }
        return builder.build();
    }
}
