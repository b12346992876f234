package io.github.geneve4j.appliance.demo;

import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.appliance.PacketCounters;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * How the demo went, for people and for programs.
 *
 * @param flows how many the load balancer saw begin; few seconds may not reach them all
 * @param elapsedNanos from the first packet to the last reply
 * @param sent packets that were sent, through the load balancer and past it
 * @param toBeReturned those of them that had to come back
 * @param returned packets that the appliance sent back
 * @param verified packets that came out at their endpoint's other side, as they were
 * @param faults what was wrong, and how often
 * @param dropped what the appliance dropped, by reason
 * @param toBeDropped what it had to drop, by reason
 * @param latencyNanos from sending a request to its reply
 */
public record DemoResult(
        long flows,
        long elapsedNanos,
        long sent,
        long toBeReturned,
        long returned,
        long verified,
        Map<String, Long> faults,
        Map<DropReason, Long> dropped,
        Map<DropReason, Long> toBeDropped,
        Histogram latencyNanos) {
    static DemoResult of(
            long elapsedNanos, DemoLoadBalancer balancer, PacketCounters counters, long returned) {
        Map<DropReason, Long> dropped = new EnumMap<>(DropReason.class);
        for (DropReason reason : DropReason.values()) {
            if (counters.dropped(reason) > 0) {
                dropped.put(reason, counters.dropped(reason));
            }
        }
        long toBeDropped = balancer.sentToBeDropped().values().stream().mapToLong(n -> n).sum();
        return new DemoResult(
                balancer.flows(),
                elapsedNanos,
                balancer.sent(),
                balancer.sent() - toBeDropped,
                returned,
                balancer.verified(),
                balancer.faults(),
                dropped,
                balancer.sentToBeDropped(),
                balancer.latencyNanos());
    }

    /**
     * {@return whether there was traffic, every packet that had to come back did so and passed
     * every check, and every other one was dropped for the right reason}
     */
    public boolean isGood() {
        return verified > 0
                && verified == toBeReturned
                && returned == toBeReturned
                && faults.isEmpty()
                && dropped.equals(toBeDropped);
    }

    /** {@return verified replies in a second} */
    public long rate() {
        return Math.round(verified * 1e9 / elapsedNanos);
    }

    /** {@return a table for people} */
    public String table() {
        StringBuilder out = new StringBuilder();
        row(out, "flows", flows);
        row(out, "packets sent", sent);
        row(out, "  to be returned", toBeReturned);
        row(out, "  to be dropped", sent - toBeReturned);
        row(out, "returned", returned);
        row(out, "verified replies", verified);
        row(out, "dropped", dropped.values().stream().mapToLong(n -> n).sum());
        for (DropReason reason : DropReason.values()) {
            long expected = toBeDropped.getOrDefault(reason, 0L);
            long actual = dropped.getOrDefault(reason, 0L);
            if (actual != 0 || expected != 0) {
                row(out, "  " + reason.label(), actual);
                if (actual != expected) {
                    out.append(String.format(Locale.ROOT, "%31s%,15d were to be\n", "", expected));
                }
            }
        }
        faults.forEach((fault, count) -> row(out, "FAULT: " + fault, count));
        row(out, "rate, replies/s", rate());
        out.append(
                String.format(
                        Locale.ROOT,
                        "latency, us%20s%.1f p50  %.1f p99  %.1f max\n",
                        "",
                        micros(50),
                        micros(99),
                        latencyNanos.getMaxValue() / 1e3));
        return out.append(
                        isGood()
                                ? "every reply passed every check\n"
                                : "FAILED: see the rows above\n")
                .toString();
    }

    private static void row(StringBuilder out, String name, long value) {
        out.append(String.format(Locale.ROOT, "%-31s%,15d\n", name, value));
    }

    /** {@return the same as one JSON object on one line} */
    public String json() {
        StringBuilder out = new StringBuilder("{");
        out.append("\"ok\":").append(isGood());
        out.append(",\"seconds\":").append(String.format(Locale.ROOT, "%.3f", elapsedNanos / 1e9));
        out.append(",\"flows\":").append(flows);
        out.append(",\"packets\":").append(sent);
        out.append(",\"toBeReturned\":").append(toBeReturned);
        out.append(",\"returned\":").append(returned);
        out.append(",\"verified\":").append(verified);
        out.append(",\"dropped\":").append(byLabel(dropped));
        out.append(",\"toBeDropped\":").append(byLabel(toBeDropped));
        out.append(",\"faults\":").append(object(faults));
        out.append(",\"repliesPerSecond\":").append(rate());
        out.append(
                String.format(
                        Locale.ROOT,
                        ",\"latencyMicros\":{\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}",
                        micros(50),
                        micros(99),
                        latencyNanos.getMaxValue() / 1e3));
        return out.append('}').toString();
    }

    private double micros(double percentile) {
        return latencyNanos.getValueAtPercentile(percentile) / 1e3;
    }

    private static String byLabel(Map<DropReason, Long> counts) {
        Map<String, Long> byLabel = new TreeMap<>();
        counts.forEach((reason, count) -> byLabel.put(reason.label(), count));
        return object(byLabel);
    }

    private static String object(Map<String, Long> counts) {
        StringBuilder out = new StringBuilder("{");
        counts.forEach(
                (name, count) ->
                        out.append(out.length() == 1 ? "\"" : ",\"")
                                .append(name)
                                .append("\":")
                                .append(count));
        return out.append('}').toString();
    }
}
