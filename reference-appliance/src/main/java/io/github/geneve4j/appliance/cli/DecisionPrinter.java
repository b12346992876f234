package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.policy.Action;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.gwlb.EndpointId;
import java.io.PrintWriter;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Prints a line for each new flow that was decided by a rule that says {@code log: true}. */
final class DecisionPrinter implements AutoCloseable {
    private static final long PERIOD_MILLIS = 100;

    private final FirewallControl control;
    private final PrintWriter out;
    private final ScheduledExecutorService printer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("decisions").daemon().factory());
    private long lost;

    /**
     * Begins to print.
     *
     * @param control has the decisions
     * @param out gets the lines
     */
    DecisionPrinter(FirewallControl control, PrintWriter out) {
        this.control = control;
        this.out = out;
        ScheduledFuture<?> _ =
                printer.scheduleWithFixedDelay(
                        this::print, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    private synchronized void print() {
        long now = control.drainLog(this::print);
        if (now > lost) {
            out.println("log: " + (now - lost) + " decisions came too fast to be told");
            lost = now;
        }
        out.flush();
    }

    private void print(String rule, Action action, long endpointId, FiveTuple flow) {
        out.println(
                "log: "
                        + action.label()
                        + " by '"
                        + rule
                        + "' "
                        + new EndpointId(endpointId)
                        + " "
                        + FlowFormat.text(flow));
    }

    /** Prints what is left. */
    @Override
    public void close() {
        printer.shutdownNow();
        print();
    }
}
