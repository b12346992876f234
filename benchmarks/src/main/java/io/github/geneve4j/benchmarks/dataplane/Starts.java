package io.github.geneve4j.benchmarks.dataplane;

import static io.github.geneve4j.benchmarks.dataplane.Topology.APPLIANCE_ADDRESS;
import static io.github.geneve4j.benchmarks.dataplane.Topology.NODE_ADDRESS;

import io.github.geneve4j.simulator.load.Load;
import io.github.geneve4j.simulator.load.LoadGenerator;
import io.github.geneve4j.simulator.load.LoadResult;
import io.github.geneve4j.simulator.load.ReplyRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Starts the appliance as a user does, by its launcher, again and again: how soon is it ready, and
 * how soon at its full rate? In turn with the launcher's cache of classes and profiles, and without
 * it, so that a machine that changes its speed changes it for both.
 */
final class Starts {
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int SLICES = 80;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final double FULL = 0.9;
    private static final Path LAUNCHER = Path.of("appliance").toAbsolutePath();
    private static final String READY = "no policy"; // the last line that it prints as it starts

    private final Settings settings;
    private final String io;
    private final Load load;

    /** Milliseconds of each start, the same places in each list. */
    private record Times(List<Double> ready, List<Double> climb, List<Double> sum) {
        Times() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    /**
     * Creates one for a port.
     *
     * @param io as {@code --io} has it
     */
    Starts(Settings settings, String io, Load load) {
        this.settings = settings;
        this.io = io;
        this.load = load;
    }

    /**
     * Starts it so many times in each way, and prints medians. To be called on the generator's
     * thread, which it leaves in the node's namespace.
     *
     * @throws IOException if it does not start, ends, or returns something wrong
     */
    void run(int count) throws IOException, InterruptedException {
        Times cached = new Times();
        Times plain = new Times();
        start("", new Times()); // warms up the generator, and the files
        for (int i = 0; i < count; i++) {
            start("", cached);
            start(" -XX:AOTMode=off", plain);
        }
        print("with the launcher's cache", cached);
        print("without it", plain);
    }

    private void start(String option, Times times) throws IOException, InterruptedException {
        try (Topology topology = new Topology(settings.name(), Layout.ONE_CORE, settings)) {
            List<String> command = new ArrayList<>(topology.onAppliance());
            command.addAll(List.of("env", "APPLIANCE_JAVA_OPTS=-Xms64m -Xmx64m" + option));
            command.addAll(List.of(LAUNCHER.toString(), "run", "--io", io, "--idle", "spin"));
            command.addAll(List.of("--interface", topology.applianceDevice()));
            command.addAll(
                    List.of("--listen", APPLIANCE_ADDRESS, "--allow-from", NODE_ADDRESS + "/32"));
            long start = System.nanoTime();
            try (Child child = Child.start(command)) {
                child.awaitLine(READY);
                double ready = (System.nanoTime() - start) / 1e6;
                topology.pinNapi();
                topology.enterNode();
                double climb = climb(topology);
                times.ready.add(ready);
                times.climb.add(climb);
                times.sum.add(ready + climb);
                System.out.printf(
                        Locale.ROOT,
                        "  %s%s: ready after %.0f ms, full rate %.0f ms after the first packet%n",
                        io,
                        option,
                        ready,
                        climb);
            }
        }
    }

    /** {@return milliseconds from the first packet on until the rate was there that it came to} */
    private double climb(Topology topology) throws IOException, InterruptedException {
        List<Double> rates = new ArrayList<>();
        try (LoadGenerator generator =
                LoadGenerator.open(
                        topology.wire(), load, ReplyRule.PORTS_KEPT, settings.window())) {
            for (int i = 0; i < SLICES; i++) {
                LoadResult result =
                        generator.closedLoop(settings.window(), SLICE_NANOS, PATIENCE_NANOS);
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                if (result.right() != result.sent()) {
                    throw new IOException("not returned as they were: " + result.flaws());
                }
                rates.add(result.rate());
            }
        }
        double full = FULL * median(rates.subList(SLICES / 2, SLICES));
        int slices = 0;
        while (rates.get(slices) < full) {
            slices++;
        }
        return slices * SLICE_NANOS / 1e6;
    }

    private void print(String way, Times times) {
        System.out.printf(
                Locale.ROOT,
                "%s, %s, median of %d: ready after %.0f ms, full rate %.0f ms after the first"
                        + " packet, %.0f ms in all%n",
                io,
                way,
                times.sum.size(),
                median(times.ready),
                median(times.climb),
                median(times.sum));
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
