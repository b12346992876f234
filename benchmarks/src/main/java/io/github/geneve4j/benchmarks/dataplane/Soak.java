package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.benchmarks.dataplane.Program.Running;
import io.github.geneve4j.simulator.load.InnerKind;
import io.github.geneve4j.simulator.load.Load;
import io.github.geneve4j.simulator.load.LoadGenerator;
import io.github.geneve4j.simulator.load.LoadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Runs the appliance for a long time at the rate that it manages: is every packet returned as it
 * was, does the memory stay flat, does the collector stay quiet, and how soon is it at full rate?
 */
final class Soak {
    private static final long SLICE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long START_SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int START_SLICES = 40;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final double FULL = 0.9;
    private static final String PAUSE = "Pause ";

    private final Settings settings;
    private final Program program;
    private final Load load;
    private final long packets;

    private long sent;
    private long wrong;
    private long pausesAtFullRate;
    private final List<Long> residentKiB = new ArrayList<>();

    /** Creates one for a number of packets. */
    Soak(Settings settings, Program program, InnerKind inner, int length, int flows, long packets) {
        this.settings = settings;
        this.program = program;
        this.load = new Load(inner, length, flows);
        this.packets = packets;
    }

    /**
     * {@return whether no packet was lost or changed} To be called on the generator's thread, which
     * it leaves in the node's namespace.
     *
     * @throws IOException if the program does not start, or ends
     */
    boolean run() throws IOException, InterruptedException {
        long start = System.nanoTime();
        try (Topology topology = new Topology(settings.name(), Layout.ONE_CORE, settings);
                Running running = program.starter().start(topology)) {
            long ready = System.nanoTime();
            topology.pinNapi();
            System.out.printf(
                    Locale.ROOT,
                    "%s: network and program ready after %.2f s%n",
                    program.label(),
                    (ready - start) / 1e9);
            send(topology, running.own().get(0));
        }
        report();
        return wrong == 0;
    }

    private void send(Topology topology, Child child) throws IOException, InterruptedException {
        topology.enterNode();
        try (LoadGenerator generator =
                LoadGenerator.open(topology.wire(), load, program.replies(), settings.window())) {
            climb(generator);
            child.count(PAUSE); // those of the start
            while (sent < packets) {
                LoadResult result = run(generator, SLICE_NANOS);
                pausesAtFullRate += child.count(PAUSE);
                residentKiB.add(resident(child.pid()));
                System.out.printf(
                        Locale.ROOT,
                        "  %,d packets, %.0f kpps, %d KiB resident, %d pauses %s%n",
                        sent,
                        result.rate() / 1e3,
                        residentKiB.getLast(),
                        pausesAtFullRate,
                        result.flaws());
            }
        }
    }

    /** From the first packet on: when was the rate there that it came to? */
    private void climb(LoadGenerator generator) throws IOException, InterruptedException {
        List<Double> rates = new ArrayList<>();
        for (int i = 0; i < START_SLICES; i++) {
            LoadResult result = run(generator, START_SLICE_NANOS);
            rates.add(result.rate());
            if (!result.isFlawless()) {
                System.out.println("  in the first seconds: " + result.flaws());
            }
        }
        List<Double> settled = new ArrayList<>(rates.subList(START_SLICES / 2, START_SLICES));
        Collections.sort(settled);
        double full = settled.get(settled.size() / 2);
        int slices = 0;
        while (rates.get(slices) < FULL * full) {
            slices++;
        }
        System.out.printf(
                Locale.ROOT,
                "  full rate, %.0f kpps, was there %.1f s after the first packet%n",
                full / 1e3,
                slices * START_SLICE_NANOS / 1e9);
    }

    /** Only what does not come at all is lost: not what waits for the program's first steps. */
    private LoadResult run(LoadGenerator generator, long nanos)
            throws IOException, InterruptedException {
        LoadResult result = generator.closedLoop(settings.window(), nanos, PATIENCE_NANOS);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        sent += result.sent();
        wrong += result.sent() - result.right() + result.corrupt() + result.doubled();
        return result;
    }

    private void report() {
        System.out.printf(
                Locale.ROOT,
                "%s: %,d packets sent, %,d not returned as they were, %d KiB resident after the"
                        + " first 10 s, %d at the end, %d pauses at full rate%n",
                program.label(),
                sent,
                wrong,
                residentKiB.getFirst(),
                residentKiB.getLast(),
                pausesAtFullRate);
    }

    private static long resident(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow(() -> new IOException("process " + pid + " is gone"));
    }
}
