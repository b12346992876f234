package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.Appliance;
import java.io.PrintWriter;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Looks after an appliance that may let packets pass unjudged, and prints when it does. */
final class OverloadPrinter implements AutoCloseable {
    private static final long PERIOD_MILLIS = 100;

    private final Appliance appliance;
    private final PrintWriter out;
    private final OverloadLog log;
    private final ScheduledExecutorService printer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("overload").daemon().factory());

    /**
     * Begins to look.
     *
     * @param appliance looked at ten times a second
     * @param out gets the lines
     */
    OverloadPrinter(Appliance appliance, PrintWriter out) {
        this.appliance = appliance;
        this.out = out;
        this.log = new OverloadLog(appliance.ports().size());
        ScheduledFuture<?> _ =
                printer.scheduleWithFixedDelay(
                        this::look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void look() {
        String line =
                log.look(
                        System.nanoTime(),
                        appliance.overloadedWorkers(),
                        appliance.counters().unjudged());
        if (line != null) {
            out.println(line);
            out.flush();
        }
    }

    /** Stops looking; what was not told, the counters tell. */
    @Override
    public void close() {
        printer.shutdownNow();
    }
}
