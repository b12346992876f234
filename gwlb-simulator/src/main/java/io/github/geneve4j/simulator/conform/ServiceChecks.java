package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.simulator.health.HealthAnswer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Checks of an appliance at work: health, load, and coming back. */
final class ServiceChecks {
    private static final int HEALTH_PROBES = 3;
    private static final Duration WARM_UP = Duration.ofSeconds(1);
    private static final long HEALTH_PAUSE_MILLIS = 200;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double SENT_ENOUGH = 0.9;

    private ServiceChecks() {}

    static List<Check> all() {
        return List.of(
                Check.of(
                        "health",
                        "A target gets no traffic before its health checks pass, of which several"
                                + " come within one interval.",
                        Aws.HEALTH,
                        Aws.UNHEALTHY,
                        ServiceChecks::health),
                Check.of(
                        "loss-and-latency",
                        "At the stated rate packets of a thousand flows have to come back, all of"
                                + " them, soon, and once.",
                        "--rate, --max-loss, --max-latency",
                        Aws.NONE,
                        ServiceChecks::lossAndLatency),
                Check.of(
                        "health-during-load",
                        "An appliance that is busy and does not answer health checks is taken out"
                                + " of service when it is needed most.",
                        Aws.HEALTH,
                        Aws.UNHEALTHY,
                        ServiceChecks::healthDuringLoad),
                Check.of(
                        "recovery",
                        "A restarted appliance has to serve new flows and the ones from before,"
                                + " which the load balancer keeps sending.",
                        Aws.HEALTH,
                        Aws.UNHEALTHY,
                        Recovery::check));
    }

    private static Outcome health(Probe probe) {
        HealthTarget where = probe.settings().health();
        if (where == null) {
            return noHealth();
        }
        try (Health health = new Health(probe, where)) {
            for (int i = 0; i < HEALTH_PROBES; i++) {
                HealthAnswer answer = health.ask();
                if (!answer.hasPassed()) {
                    return Outcome.fail(health.failure(answer.text()));
                }
            }
            return Outcome.pass(health.text() + " answered " + HEALTH_PROBES + " times");
        }
    }

    private static Outcome noHealth() {
        return Outcome.notApplicable("needs --health tcp:PORT or --health http://ADDRESS:PORT/");
    }

    private static Outcome lossAndLatency(Probe probe) throws IOException {
        ConformanceSettings settings = probe.settings();
        // Neither this JVM's compiler nor the appliance's is what is to be measured
        new PacedLoad(probe, settings.rate(), WARM_UP).run();
        PacedLoad load = new PacedLoad(probe, settings.rate(), settings.loadTime());
        load.run();
        return judge(load, settings);
    }

    private static Outcome judge(PacedLoad load, ConformanceSettings settings) {
        String figures = figures(load);
        if (load.damaged() != null) {
            return Outcome.fail("a reply came back changed; " + figures, load.damaged());
        }
        if (load.lost() == load.sent()) {
            return Outcome.fail("no reply; " + figures, load.missing());
        }
        if (load.sentPerSecond() < SENT_ENOUGH * settings.rate()) {
            return Outcome.notApplicable("this host cannot send that fast: " + figures);
        }
        double mayBeLost = load.sent() * settings.maxLoss();
        if (load.lost() - load.droppedHere() > mayBeLost) {
            return Outcome.fail(figures, load.missing());
        }
        if (load.lost() > mayBeLost) {
            return Outcome.notApplicable(
                    String.format(
                            Locale.ROOT,
                            "this host itself dropped %,d replies: %s",
                            load.droppedHere(),
                            figures));
        }
        if (load.repeated().count() > mayBeLost) {
            return Outcome.fail(
                    String.format(
                            Locale.ROOT,
                            "%,d packets came back once more; %s",
                            load.repeated().count(),
                            figures),
                    Evidence.unwanted("the second reply", load.repeated().first().seen()));
        }
        if (load.percentileNanos(99) > settings.maxLatency().toNanos()) {
            return Outcome.fail(figures);
        }
        return Outcome.pass(figures);
    }

    private static String figures(PacedLoad load) {
        return String.format(
                Locale.ROOT,
                "%,d packets at %,.0f/s, %,d lost, latency 50 %% %.2f ms, 99 %% %.2f ms, most %.2f"
                        + " ms",
                load.sent(),
                load.sentPerSecond(),
                load.lost(),
                load.percentileNanos(50) / NANOS_PER_MILLI,
                load.percentileNanos(99) / NANOS_PER_MILLI,
                load.percentileNanos(100) / NANOS_PER_MILLI);
    }

    private static Outcome healthDuringLoad(Probe probe) throws IOException, InterruptedException {
        ConformanceSettings settings = probe.settings();
        HealthTarget where = settings.health();
        if (where == null) {
            return noHealth();
        }
        try (Health health = new Health(probe, where)) {
            PacedLoad load = new PacedLoad(probe, settings.rate(), settings.loadTime());
            HealthWatch watch = health.watch(HEALTH_PAUSE_MILLIS);
            try {
                load.run();
            } finally {
                watch.stop();
            }
            String failure = watch.failure();
            String figures = String.format(Locale.ROOT, "%,.0f packets/s", load.sentPerSecond());
            return failure == null
                    ? Outcome.pass(watch.passed() + " checks passed during " + figures)
                    : Outcome.fail(health.failure(failure + ", during " + figures));
        }
    }
}
