package io.github.geneve4j.appliance.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Tells the operator of what changes while an appliance runs, such as that packets pass unjudged:
 * it looks ten times a second, so that nobody need print on the packets' way.
 */
final class StatePrinter implements AutoCloseable {
    private static final long PERIOD_MILLIS = 100;

    private final List<Supplier<Optional<String>>> states;
    private final PrintWriter out;
    private final ScheduledExecutorService printer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("states").daemon().factory());

    /**
     * Begins to look.
     *
     * @param states each asked for the line that is to be printed now, if there is one
     * @param out gets the lines
     */
    StatePrinter(List<Supplier<Optional<String>>> states, PrintWriter out) {
        this.states = List.copyOf(states);
        this.out = out;
        ScheduledFuture<?> _ =
                printer.scheduleWithFixedDelay(
                        new Lasting(this::look),
                        PERIOD_MILLIS,
                        PERIOD_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    private void look() {
        for (Supplier<Optional<String>> state : states) {
            state.get()
                    .ifPresent(
                            line -> {
                                out.println(line);
                                out.flush();
                            });
        }
    }

    /** Stops looking; of packets, the counters tell what was not told. */
    @Override
    public void close() {
        printer.shutdownNow();
    }
}
