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
 * Inet4Address appliance = Inet4Address.ofLiteral("10.0.1.10");
 * Inet4Address ownAddress = Inet4Address.ofLiteral("10.0.1.20");
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
            List.of(
                    "reply-path",
                    "reply-checksums",
                    "no-icmp-unreachable",
                    "malformed-survived",
                    "recovery");

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
     *     fails before the first result: then nothing is known about the appliance. Later it is
     *     {@link Verdict#ERROR} of the checks that it spoils
     * @throws InterruptedException if the thread was interrupted
     */
    public static ConformanceReport run(
            ConformanceSettings settings, Consumer<CheckResult> progress)
            throws IOException, InterruptedException {
        try (Wire wire = open(settings)) {
            Probe probe = new Probe(settings, wire);
            awaitAnswer(probe);
            List<CheckResult> results = new ArrayList<>();
            boolean dead = false;
            for (Check check : CHECKS) {
                String name = check.info().name();
                if (!settings.checks().isEmpty() && !settings.checks().contains(name)) {
                    continue;
                }
                CheckResult result = run(check, probe, dead, results.isEmpty());
                dead |= name.equals("answers") && result.verdict() == Verdict.FAIL;
                results.add(result);
                progress.accept(result);
            }
            return new ConformanceReport(settings, wire.seesHeaders(), results);
        }
    }

    /**
     * Gives an appliance that has just been started the time that it may take. What its host's
     * kernel says meanwhile, such as that nobody listens, is no fault of it.
     */
    private static void awaitAnswer(Probe probe) throws IOException {
        long deadline = System.nanoTime() + probe.settings().startTime().toNanos();
        boolean answered = false;
        while (!answered && System.nanoTime() - deadline < 0) {
            answered = probe.exchange(probe.plain()).isAnswered();
        }
        probe.forget();
    }

    static CheckResult run(Check check, Probe probe, boolean dead, boolean first)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        Outcome outcome;
        if (dead) {
            outcome = Outcome.notApplicable("the appliance answers nothing");
        } else if (check.needsHeaders() && !probe.wire().seesHeaders()) {
            outcome = Outcome.notApplicable("needs CAP_NET_RAW");
        } else {
            outcome = ask(check, probe, first);
        }
        String metric = outcome.metric();
        return new CheckResult(
                check.info(),
                outcome.verdict(),
                outcome.message(),
                metric == null ? check.info().metric() : metric,
                withWhatCame(outcome, probe),
                Duration.ofNanos(System.nanoTime() - start));
    }

    /** What has been found out by then is worth more than the reason why it is not all. */
    private static Outcome ask(Check check, Probe probe, boolean first)
            throws IOException, InterruptedException {
        try {
            probe.begin();
            return check.body().run(probe);
        } catch (TooLongException e) {
            return Outcome.notApplicable(String.valueOf(e.getMessage()));
        } catch (IOException | RuntimeException e) {
            if (first) {
                throw e;
            }
            return Outcome.error("could not be asked: " + e);
        }
    }

    /**
     * Who is not answered wants to know what came instead: a reason by ICMP, or something out of
     * the tunnel that has nothing of the request left by which it would be a reply.
     */
    private static List<Evidence> withWhatCame(Outcome outcome, Probe probe) {
        List<Evidence> evidence = new ArrayList<>(outcome.evidence());
        if (evidence.stream().anyMatch(Evidence::isOfSilence)) {
            Stream.concat(
                            probe.arrivals().stream().filter(Arrival::isUnreachable),
                            probe.unexplained().stream())
                    .findFirst()
                    .ifPresent(
                            arrival ->
                                    evidence.add(
                                            Evidence.unwanted(
                                                    "instead came " + arrival.text(),
                                                    arrival.seen())));
        }
        return evidence;
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
