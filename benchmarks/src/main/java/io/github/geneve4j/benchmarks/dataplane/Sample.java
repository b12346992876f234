package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.simulator.load.LoadResult;
import java.util.Locale;

/**
 * One measurement of one program.
 *
 * @param round from 1
 * @param layout which core did what
 * @param program what was measured
 * @param measure how
 * @param result what became of the packets
 * @param generator what the generator's core did
 * @param appliance what the program's core did
 * @param own share of the time for which the program's own processes ran
 * @param hasNapi whether the program's interface received by a NAPI thread, past the stack
 * @param apart nanoseconds that the cores were apart, before or after, see {@link Handoff}
 */
record Sample(
        int round,
        Layout layout,
        Program program,
        Measure measure,
        LoadResult result,
        CoreUse generator,
        CoreUse appliance,
        double own,
        boolean hasNapi,
        double apart) {

    private static final double TOLERANCE = 0.05;

    /** The names of {@link #csv}. */
    static final String CSV_HEADER =
            "round,layout,program,measure,inner,length,flows,rate,sent,right,lost,corrupt,doubled,"
                    + "reordered,foreign,p50_ns,p99_ns,p999_ns,"
                    + "generator_user,generator_system,generator_softirq,generator_idle,"
                    + "appliance_user,appliance_system,appliance_softirq,appliance_idle,"
                    + "received_on_generator,received_on_appliance,"
                    + "interrupts_of_generator,interrupts_of_appliance,own,misplaced,apart_ns";

    /** {@return the latency in nanoseconds below which that share of the packets is} */
    long latency(double percentile) {
        return result.latency().getValueAtPercentile(percentile);
    }

    /**
     * {@return the share of the packets that were not received where the layout wants them} Frames
     * of others on this machine can only hide it, so a number above 0 is certain.
     */
    double misplaced() {
        if (!layout.hasRequestsOnAppliance() || result.sent() == 0) {
            return 0;
        }
        long requests = hasNapi ? 0 : result.sent(); // NAPI may pass the stack by
        long onGenerator = layout.hasRepliesOnGenerator() ? result.right() : 0;
        long onAppliance = layout.hasRepliesOnGenerator() ? requests : requests + result.right();
        long missing =
                Math.max(onGenerator - generator.received(), onAppliance - appliance.received());
        double worst = missing / (double) result.sent();
        return worst < TOLERANCE ? 0 : worst;
    }

    /**
     * {@return the share of its core's time that the program did not use: that of a process that
     * keeps the core awake, too, if there is one; 0 for what polls, which uses all there is}
     */
    double spare() {
        return program.isBusy() ? 0 : appliance.idle() + Math.max(0, appliance.user() - own);
    }

    /** {@return the line for people that follows a measurement} */
    String text() {
        String what =
                measure.kind() == Measure.Kind.ONE_IN_FLIGHT
                        ? String.format(
                                Locale.ROOT,
                                "p50 %.1f, p99 %.1f, p99.9 %.1f us",
                                latency(50) / 1e3,
                                latency(99) / 1e3,
                                latency(99.9) / 1e3)
                        : String.format(Locale.ROOT, "%.0f kpps", result.rate() / 1e3);
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "  %-13s %6s  %s%n    appliance's core: %s%n    generator's core: %s",
                        measure.id(),
                        measure.length(),
                        what,
                        appliance.text(result.sent()),
                        generator.text(result.sent())));
        text.append(
                String.format(
                        Locale.ROOT,
                        "%n    its own processes %.1f %%, cores %.0f ns apart",
                        100 * own,
                        apart));
        if (!result.isFlawless()) {
            text.append(System.lineSeparator()).append("    ").append(result.flaws());
        }
        if (misplaced() > 0) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%n    %.0f %% of the packets were received on the wrong core",
                            100 * misplaced()));
        }
        return text.toString();
    }

    /** {@return the line for machines} */
    String csv() {
        return String.format(
                Locale.ROOT,
                "%d,%s,%s,%s,%s,%d,%d,%.0f,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,"
                        + "%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%d,%d,%d,%d,%.3f,%.2f,%.0f",
                round,
                layout.label(),
                program.id(),
                measure.id(),
                measure.load().inner().name().toLowerCase(Locale.ROOT),
                measure.load().innerLength(),
                measure.load().flows(),
                result.rate(),
                result.sent(),
                result.right(),
                result.lost(),
                result.corrupt(),
                result.doubled(),
                result.reordered(),
                result.foreign(),
                latency(50),
                latency(99),
                latency(99.9),
                generator.user(),
                generator.system(),
                generator.softirq(),
                generator.idle(),
                appliance.user(),
                appliance.system(),
                appliance.softirq(),
                appliance.idle(),
                generator.received(),
                appliance.received(),
                generator.woken(),
                appliance.woken(),
                own,
                misplaced(),
                apart);
    }
}
