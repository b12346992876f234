package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.benchmarks.dataplane.Program.Running;
import io.github.geneve4j.benchmarks.dataplane.load.LoadGenerator;
import io.github.geneve4j.benchmarks.dataplane.load.LoadResult;
import io.github.geneve4j.io.CpuAffinity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/**
 * Measures one program once: makes a topology, starts the program in it, sends, and takes all of it
 * away.
 */
final class Session {
    private static final int LATENCY_PERCENT_OF_TIME = 60;

    private final Settings settings;
    private final int round;
    private final Layout layout;
    private final Program program;

    /** Creates a session. */
    Session(Settings settings, int round, Layout layout, Program program) {
        this.settings = settings;
        this.round = round;
        this.layout = layout;
        this.program = program;
    }

    /** {@return what is measured, for people} */
    String text() {
        return "round " + round + ", " + layout.label() + ", " + program.label();
    }

    /**
     * Measures.
     *
     * @param samples takes each measurement when it is done
     * @throws IOException if the program does not start, or anything else stands in the way
     */
    void run(Consumer<Sample> samples) throws IOException, InterruptedException {
        try (Topology topology =
                        new Topology(settings.name(), layout, settings.cores(), settings.mtu());
                Running running = program.starter().start(topology)) {
            boolean hasNapi = topology.pinNapi();
            checkCores(running);
            FutureTask<Void> task =
                    new FutureTask<>(
                            () -> {
                                send(topology, hasNapi, samples);
                                return null;
                            });
            Thread generator = Thread.ofPlatform().name("generator").start(task);
            try {
                task.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof IOException known) {
                    throw known;
                }
                throw new IllegalStateException(e.getCause());
            } finally {
                join(generator);
            }
        }
    }

    /** On a thread of its own, since it leaves the namespace and the cores of all others. */
    private void send(Topology topology, boolean hasNapi, Consumer<Sample> samples)
            throws IOException {
        CpuAffinity.pin(settings.cores().generator());
        topology.enterNode();
        boolean isFirst = true;
        for (Measure measure : settings.measures()) {
            try (LoadGenerator generator =
                            LoadGenerator.open(
                                    topology.wire(),
                                    measure.load(),
                                    program.replies(),
                                    settings.window());
                    Running _ = keepAwake(topology)) {
                long warmUp = settings.warmUpNanos();
                run(generator, measure, isFirst ? warmUp : warmUp / 4);
                CoreUse.Clock generatorClock = CoreUse.Clock.of(settings.cores().generator());
                CoreUse.Clock applianceClock = CoreUse.Clock.of(settings.cores().appliance());
                LoadResult result = run(generator, measure, settings.measureNanos());
                samples.accept(
                        new Sample(
                                round,
                                layout,
                                program,
                                measure,
                                result,
                                generatorClock.until(
                                        CoreUse.Clock.of(settings.cores().generator())),
                                applianceClock.until(
                                        CoreUse.Clock.of(settings.cores().appliance())),
                                hasNapi));
            }
            isFirst = false;
        }
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
     * worth. What polls keeps its core awake; for the others, a process of the lowest priority
     * does.
     */
    private Running keepAwake(Topology topology) throws IOException {
        if (program.isBusy()) {
            return new Running(List.of(), List.of());
        }
        List<String> command = new ArrayList<>(topology.onAppliance());
        command.addAll(List.of("chrt", "-i", "0", "sh", "-c", "while :; do :; done"));
        return new Running(List.of(), List.of(Child.start(command)));
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

    private static void join(Thread generator) throws InterruptedException {
        boolean isInterrupted = false;
        while (generator.isAlive()) {
            try {
                generator.join();
            } catch (InterruptedException e) {
                isInterrupted = true; // it ends by itself, soon
            }
        }
        if (isInterrupted) {
            throw new InterruptedException();
        }
    }
}
