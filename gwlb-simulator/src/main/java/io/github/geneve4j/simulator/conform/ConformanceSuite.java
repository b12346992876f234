package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.io.sys.Architecture;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Judges a live appliance that passes everything, by its address, as the load balancer would.
 *
 * <p>With CAP_NET_RAW every outer header is written and seen; without it, ordinary UDP sockets do
 * for most checks, and the others are not applicable.
 *
 * {@snippet :
 * ConformanceSettings settings =
 *         ConformanceSettings.builder(appliance, List.of(ownAddress))
 *                 .health(HealthTarget.parse("tcp:8080", appliance))
 *                 .build();
 * ConformanceReport report = ConformanceSuite.run(settings, result -> {});
 * System.out.print(report.table());
 * }
 */
public final class ConformanceSuite {
    /** What looks back on the whole run, then what may leave nothing to be asked. */
    private static final List<String> LAST =
            List.of("reply-checksums", "no-icmp-unreachable", "malformed-survived", "recovery");

    private static final List<Check> CHECKS =
            Stream.of(
                            OuterChecks.all(),
                            HeaderChecks.all(),
                            InnerChecks.all(),
                            RefusalChecks.all(),
                            ServiceChecks.all())
                    .flatMap(List::stream)
                    .sorted(Comparator.comparingInt(check -> LAST.indexOf(check.info().name())))
                    .toList();

    private ConformanceSuite() {}

    /** {@return what every check is about, in the order in which they run} */
    public static List<CheckInfo> checks() {
        return CHECKS.stream().map(Check::info).toList();
    }

    /**
     * Runs the checks, one after the other.
     *
     * @param settings which appliance, from where
     * @param progress hears of each result as it is there, in the calling thread
     * @return all results
     * @throws IOException if the node's addresses or ports cannot be had, or this host's network
     *     fails: then nothing is known about the appliance
     * @throws InterruptedException if the thread was interrupted
     */
    public static ConformanceReport run(
            ConformanceSettings settings, Consumer<CheckResult> progress)
            throws IOException, InterruptedException {
        try (Wire wire = open(settings)) {
            Probe probe = new Probe(settings, wire);
            List<CheckResult> results = new ArrayList<>();
            boolean dead = false;
            for (Check check : CHECKS) {
                String name = check.info().name();
                if (!settings.checks().isEmpty() && !settings.checks().contains(name)) {
                    continue;
                }
                CheckResult result = run(check, probe, dead);
                dead |= name.equals("answers") && result.verdict() == Verdict.FAIL;
                results.add(result);
                progress.accept(result);
            }
            return new ConformanceReport(settings, wire.seesHeaders(), results);
        }
    }

    private static CheckResult run(Check check, Probe probe, boolean dead)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        Outcome outcome;
        if (dead) {
            outcome = Outcome.notApplicable("the appliance answers nothing");
        } else if (check.needsHeaders() && !probe.wire().seesHeaders()) {
            outcome = Outcome.notApplicable("needs CAP_NET_RAW");
        } else {
            probe.begin();
            outcome = ask(check, probe);
        }
        String metric = outcome.metric();
        return new CheckResult(
                check.info(),
                outcome.verdict(),
                outcome.message(),
                metric == null ? check.info().metric() : metric,
                outcome.evidence(),
                Duration.ofNanos(System.nanoTime() - start));
    }

    private static Outcome ask(Check check, Probe probe) throws IOException, InterruptedException {
        try {
            return check.body().run(probe);
        } catch (TooLongException e) {
            return Outcome.notApplicable(String.valueOf(e.getMessage()));
        }
    }

    private static Wire open(ConformanceSettings settings) throws IOException {
        List<Integer> addresses = new ArrayList<>();
        settings.nodes().forEach(node -> addresses.add(Probe.address(node)));
        if (settings.stranger() != null) {
            addresses.add(Probe.address(settings.stranger()));
        }
        int target = Probe.address(settings.target());
        if (settings.rawSockets() && isLinux()) {
            try {
                return RawWire.open(addresses, target, settings.port());
            } catch (SystemCallException e) {
                if (e.errno() != Errno.EPERM && e.errno() != Errno.EACCES) {
                    throw e;
                }
            }
        }
        return UdpWire.open(addresses, target, settings.port());
    }

    private static boolean isLinux() {
        try {
            return Architecture.current() != null;
        } catch (IOException e) {
            return false;
        }
    }
}
