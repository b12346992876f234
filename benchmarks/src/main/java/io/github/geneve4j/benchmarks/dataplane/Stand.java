package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.benchmarks.dataplane.Program.Running;
import io.github.geneve4j.simulator.load.LoadGenerator;
import io.github.geneve4j.simulator.load.LoadResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One program with its network and its generators, ready to be measured again and again. Its
 * processes are stopped while it is not its turn: so programs take turns every second, whatever
 * they cost to start and to warm up, and a machine that changes its speed changes it for all.
 *
 * <p><b>Threads:</b> that of the generator, which has its core to itself.
 */
final class Stand implements AutoCloseable {
    private static final int LATENCY_PERCENT_OF_TIME = 60;
    private static final long SETTLE_NANOS = 20_000_000;
    private static final long NEAR_PATIENCE_NANOS = 2_000_000_000;

    private final Settings settings;
    private final Layout layout;
    private final Program program;
    private final Topology topology;
    private final List<AutoCloseable> parts = new ArrayList<>(); // in the order of their making
    private final List<Child> own = new ArrayList<>();
    private final List<Child> mayBeStopped = new ArrayList<>();
    private final Map<Measure, LoadGenerator> generators = new LinkedHashMap<>();
    private final boolean hasNapi;

    /**
     * Sets all up, and leaves the program stopped.
     *
     * @param name part of the names of namespaces and interfaces, unique on this machine
     * @throws IOException if the program does not start, or anything else stands in the way
     */
    Stand(Settings settings, Layout layout, Program program, String name)
            throws IOException, InterruptedException {
        this.settings = settings;
        this.layout = layout;
        this.program = program;
        this.topology = new Topology(name, layout, settings);
        parts.add(topology);
        try {
            Running running = program.starter().start(topology);
            parts.add(running);
            own.addAll(running.own());
            mayBeStopped.addAll(own);
            this.hasNapi = topology.pinNapi();
            checkCores(running);
            keepAwake();
            topology.enterNode();
            for (Measure measure : settings.measures()) {
                LoadGenerator generator =
                        LoadGenerator.open(
                                topology.wire(),
                                measure.load(),
                                program.replies(),
                                settings.window());
                parts.add(generator);
                generators.put(measure, generator);
            }
            signal("STOP");
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** {@return the program} */
    Program program() {
        return program;
    }

    /** Sends until everything is compiled that will be, and all flows are known. */
    void warmUp() throws IOException {
        signal("CONT");
        try {
            for (Map.Entry<Measure, LoadGenerator> each : generators.entrySet()) {
                Measure measure = each.getKey();
                boolean isNew = measure.equals(settings.measures().get(0)) || measure.hasSiblings();
                long warmUp = settings.warmUpNanos();
                run(each.getValue(), measure, isNew ? warmUp : warmUp / 4);
            }
        } finally {
            signal("STOP");
        }
    }

    /** {@return one sample of each measure} */
    List<Sample> measure(int round, Handoff handoff) throws IOException {
        List<Sample> samples = new ArrayList<>();
        signal("CONT");
        try {
            for (Map.Entry<Measure, LoadGenerator> each : generators.entrySet()) {
                samples.add(measure(round, handoff, each.getKey(), each.getValue()));
            }
        } finally {
            signal("STOP");
        }
        return samples;
    }

    private Sample measure(int round, Handoff handoff, Measure measure, LoadGenerator generator)
            throws IOException {
        double before = awaitNear(handoff);
        run(generator, measure, SETTLE_NANOS);
        CoreUse.Clock generatorClock = CoreUse.Clock.of(settings.cores().generator());
        CoreUse.Clock applianceClock = CoreUse.Clock.of(settings.cores().appliance());
        long ranBefore = ranNanos();
        LoadResult result = run(generator, measure, settings.measureNanos());
        double ran = (ranNanos() - ranBefore) / (double) result.nanos();
        CoreUse ofGenerator = generatorClock.until(CoreUse.Clock.of(settings.cores().generator()));
        CoreUse ofAppliance = applianceClock.until(CoreUse.Clock.of(settings.cores().appliance()));
        double apart = Math.max(before, handoff.nanos());
        return new Sample(
                round,
                layout,
                program,
                measure,
                result,
                ofGenerator,
                ofAppliance,
                ran,
                hasNapi,
                apart);
    }

    private long ranNanos() throws IOException {
        long nanos = 0;
        for (Child child : own) {
            nanos += CoreUse.ranNanos(child.pid());
        }
        return nanos;
    }

    /** Cores that are far apart come together again, or not, within seconds. */
    private double awaitNear(Handoff handoff) throws IOException {
        long deadline = System.nanoTime() + NEAR_PATIENCE_NANOS;
        double apart = handoff.nanos();
        while (apart > settings.mostApart() && System.nanoTime() - deadline < 0) {
            apart = handoff.nanos();
        }
        return apart;
    }

    private LoadResult run(LoadGenerator generator, Measure measure, long nanos)
            throws IOException {
        return switch (measure.kind()) {
            case WINDOW -> generator.closedLoop(settings.window(), nanos);
            case ONE_IN_FLIGHT -> generator.closedLoop(1, nanos * LATENCY_PERCENT_OF_TIME / 100);
            case RATE -> generator.openLoop(measure.rate(), nanos);
        };
    }

    /**
     * A core without work goes to sleep, and to wake it costs the other one more than a packet is
     * worth. What polls keeps its core awake. For the others the kernel is asked to; where it has
     * no way, a process of the lowest priority does, which takes a share of the time for itself.
     */
    private void keepAwake() throws IOException {
        if (program.isBusy()) {
            return;
        }
        if (AwakeCores.arePossible()) {
            parts.add(AwakeCores.keep());
            return;
        }
        List<String> command = new ArrayList<>(topology.onAppliance());
        command.addAll(List.of("chrt", "-i", "0", "sh", "-c", "while :; do :; done"));
        Child child = Child.start(command);
        parts.add(child);
        mayBeStopped.add(child);
    }

    private void checkCores(Running running) throws IOException {
        List<String> wanted = List.of(Integer.toString(settings.cores().appliance()));
        for (Child child : running.own()) {
            List<String> cores = CoreUse.allowedCores(child.pid());
            if (!cores.equals(wanted)) {
                throw new IOException(
                        program.label() + " may run on cores " + cores + ", not only " + wanted);
            }
        }
    }

    private void signal(String name) throws IOException {
        for (Child child : mayBeStopped) {
            Shell.run("kill -" + name + " " + child.pid());
        }
    }

    /** Takes away what is there, so it also ends a stand that was made in part. */
    @Override
    public void close() throws IOException {
        IOException failure = null;
        try {
            signal("CONT"); // who is stopped does not hear that it is to end
        } catch (IOException e) {
            failure = e; // one of them has ended
        }
        for (int i = parts.size() - 1; i >= 0; i--) {
            try {
                parts.get(i).close();
            } catch (Exception e) {
                failure = new IOException("cannot take a network away", e);
            }
        }
        parts.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
