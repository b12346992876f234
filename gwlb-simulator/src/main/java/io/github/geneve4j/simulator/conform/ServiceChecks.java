package io.github.geneve4j.simulator.conform;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Checks of an appliance at work: health, load, and coming back. */
final class ServiceChecks {
    private static final Duration HEALTH_TIMEOUT = Duration.ofSeconds(5); // AWS's default
    private static final int HEALTH_PROBES = 3;
    private static final Duration WARM_UP = Duration.ofSeconds(1);
    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(60);
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;
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
                        "At the stated rate packets have to come back, all and soon.",
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
                        ServiceChecks::recovery));
    }

    private static Outcome health(Probe probe) {
        HealthTarget health = probe.settings().health();
        if (health == null) {
            return noHealth();
        }
        for (int i = 0; i < HEALTH_PROBES; i++) {
            String failure = health.failure(HEALTH_TIMEOUT);
            if (failure != null) {
                return Outcome.fail(health.text() + ": " + failure);
            }
        }
        return Outcome.pass(health.text() + " answered " + HEALTH_PROBES + " times");
    }

    private static Outcome noHealth() {
        return Outcome.notApplicable("needs --health tcp:PORT or --health http://ADDRESS:PORT/");
    }

    private static Outcome lossAndLatency(Probe probe) throws IOException {
        ConformanceSettings settings = probe.settings();
        // Neither this JVM's compiler nor the appliance's is what is to be measured
        new Load(probe, settings.rate(), WARM_UP).run();
        Load load = new Load(probe, settings.rate(), settings.loadTime());
        load.run();
        String figures = figures(load);
        if (load.damaged() != null) {
            return Outcome.fail("a reply came back changed; " + figures, load.damaged());
        }
        if (load.lost() > load.sent() * settings.maxLoss()) {
            return Outcome.fail(figures);
        }
        if (load.percentileNanos(99) > settings.maxLatency().toNanos()) {
            return Outcome.fail(figures);
        }
        if (load.sentPerSecond() < SENT_ENOUGH * settings.rate()) {
            return Outcome.notApplicable("this host cannot send that fast: " + figures);
        }
        return Outcome.pass(figures);
    }

    private static String figures(Load load) {
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
        HealthTarget health = settings.health();
        if (health == null) {
            return noHealth();
        }
        HealthWatch watch = new HealthWatch(health, HEALTH_TIMEOUT);
        Thread watching = Thread.ofVirtual().start(watch);
        Load load = new Load(probe, settings.rate(), settings.loadTime());
        load.run();
        watch.stop();
        watching.join();
        String failure = watch.failure();
        String figures = String.format(Locale.ROOT, "%,.0f packets/s", load.sentPerSecond());
        return failure == null
                ? Outcome.pass(watch.passed() + " checks passed during " + figures)
                : Outcome.fail(health.text() + " during " + figures + ": " + failure);
    }

    private static Outcome recovery(Probe probe) throws IOException, InterruptedException {
        ConformanceSettings settings = probe.settings();
        if (settings.restartCommand() == null) {
            return Outcome.notApplicable("needs --restart-command COMMAND");
        }
        Flow before = probe.newFlow();
        Exchange first = probe.exchange(probe.plain(before));
        if (!first.isAnswered()) {
            return first.silence();
        }
        long start = System.nanoTime();
        String failure = run(settings.restartCommand());
        if (failure != null) {
            return Outcome.fail("the restart command " + failure);
        }
        long deadline = start + settings.restartTime().toNanos();
        Exchange exchange = probe.exchange(probe.plain());
        while (!exchange.isAnswered() && System.nanoTime() < deadline) {
            exchange = probe.exchange(probe.plain());
        }
        double seconds = (System.nanoTime() - start) / NANOS_PER_SECOND;
        if (!exchange.isAnswered()) {
            return Outcome.fail(
                    String.format(Locale.ROOT, "no answer for %.1f s after the restart", seconds));
        }
        Exchange again = probe.exchange(probe.plain(before));
        if (!again.isAnswered()) {
            return Outcome.fail(
                    "a flow from before the restart is not answered",
                    Evidence.unanswered(again.request().datagram().payload()));
        }
        return Outcome.pass(
                String.format(Locale.ROOT, "answered %.1f s after the restart began", seconds));
    }

    /** {@return null if the command ended well, or else what it did} */
    private static @Nullable String run(String command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder("sh", "-c", command)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        process.getOutputStream().close();
        if (!process.waitFor(COMMAND_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return "did not end within " + COMMAND_TIMEOUT.toSeconds() + " s";
        }
        return process.exitValue() == 0 ? null : "ended with status " + process.exitValue();
    }
}
