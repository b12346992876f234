package io.github.geneve4j.appliance.cli;

import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FlowRecord;
import io.github.geneve4j.appliance.ops.FirewallReport;
import io.github.geneve4j.appliance.policy.Action;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.gwlb.EndpointId;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Prints what the firewalls' workers have no time to: a line for each new flow that was decided by
 * a rule that says {@code log: true}, and, where flows are logged, one for each that has ended.
 */
final class LogPrinter implements AutoCloseable {
    private static final long PERIOD_MILLIS = 100;
    private static final double NANOS_PER_SECOND = 1e9;

    private final FirewallControl control;
    private final PrintWriter out;
    private final ScheduledExecutorService printer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("log").daemon().factory());
    private long lostDecisions;
    private long lostFlows;

    /**
     * Begins to print.
     *
     * @param control has what is to be told
     * @param out gets the lines
     */
    LogPrinter(FirewallControl control, PrintWriter out) {
        this.control = control;
        this.out = out;
        ScheduledFuture<?> _ =
                printer.scheduleWithFixedDelay(
                        new Lasting(this::print),
                        PERIOD_MILLIS,
                        PERIOD_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    private synchronized void print() {
        long decisions = control.drainLog(this::print);
        if (decisions > lostDecisions) {
            out.println(
                    "log: " + (decisions - lostDecisions) + " decisions came too fast to be told");
            lostDecisions = decisions;
        }
        long flows = control.drainFlows(this::print);
        if (flows > lostFlows) {
            out.println("flow: " + (flows - lostFlows) + " flows ended too fast to be told");
            lostFlows = flows;
        }
        out.flush();
    }

    private void print(String rule, Action action, long endpointId, FiveTuple flow) {
        out.println(
                "log: "
                        + action.label()
                        + " by "
                        + FirewallReport.quoted(rule)
                        + " "
                        + new EndpointId(endpointId)
                        + " "
                        + FlowFormat.text(flow));
    }

    private void print(FlowRecord flow) {
        out.println(line(flow, Instant.now(), System.nanoTime()));
    }

    /**
     * {@return what is told of a flow}
     *
     * @param flow that has ended, or is alive
     * @param now the time
     * @param nowNs the same instant by the clock of packets
     */
    static String line(FlowRecord flow, Instant now, long nowNs) {
        Instant start = now.minusNanos(nowNs - flow.startNs()).truncatedTo(ChronoUnit.MILLIS);
        double seconds = (flow.lastNs() - flow.startNs()) / NANOS_PER_SECOND;
        String line =
                "flow: "
                        + flow.end().map(ConnectionEnd::label).orElse("alive")
                        + ", allowed by "
                        + FirewallReport.quoted(flow.rule())
                        + " "
                        + new EndpointId(flow.endpointId())
                        + " "
                        + FlowFormat.text(flow.flow())
                        + (" packets=" + flow.byBeginner().packets())
                        + ("/" + flow.byOther().packets())
                        + (" bytes=" + flow.byBeginner().bytes())
                        + ("/" + flow.byOther().bytes())
                        + (" start=" + start)
                        + String.format(Locale.ROOT, " seconds=%.3f", seconds);
        return flow.cookie() < 0
                ? line
                : line + String.format(Locale.ROOT, " cookie=0x%08x", flow.cookie());
    }

    /** Prints what is left, and the flows that are alive; once the appliance has been closed. */
    @Override
    public void close() {
        printer.shutdownNow();
        print();
        synchronized (this) {
            control.tellAlive(this::print);
            out.flush();
        }
    }
}
