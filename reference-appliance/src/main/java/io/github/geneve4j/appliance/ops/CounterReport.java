package io.github.geneve4j.appliance.ops;

import io.github.geneve4j.appliance.Answer;
import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.appliance.PacketCounters;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.ReceiveSkip;
import io.github.geneve4j.io.SendFailure;
import java.util.function.ToLongFunction;

/** The appliance's counters as one line of {@code name=value} pairs, zero reasons left out. */
public final class CounterReport {
    private CounterReport() {}

    /**
     * {@return a line such as {@code received=12 returned=10 dropped=2 origin_not_allowed=2}}
     *
     * @param appliance read now
     */
    public static String line(Appliance appliance) {
        PacketCounters counters = appliance.counters();
        StringBuilder out = new StringBuilder();
        out.append("received=").append(counters.received());
        out.append(" returned=").append(ports(appliance, port -> port.counters().returned()));
        out.append(" dropped=").append(counters.dropped());
        append(out, "rewritten", counters.rewritten());
        append(out, "uninspected", counters.uninspected());
        append(out, "unjudged", counters.unjudged());
        append(out, "overloads", counters.overloads());
        for (DropReason reason : DropReason.values()) {
            append(out, reason.label(), counters.dropped(reason));
        }
        for (Answer answer : Answer.values()) {
            append(out, answer.label(), counters.answered(answer));
        }
        append(out, "resets_onward", counters.resetsOnward());
        append(out, "send_failed", ports(appliance, port -> port.counters().failed()));
        for (SendFailure cause : SendFailure.values()) {
            append(out, cause.label(), ports(appliance, port -> port.counters().failed(cause)));
        }
        append(out, "skipped", ports(appliance, port -> port.counters().skipped()));
        for (ReceiveSkip reason : ReceiveSkip.values()) {
            append(out, reason.label(), ports(appliance, port -> port.counters().skipped(reason)));
        }
        append(out, "kernel_drops", ports(appliance, PacketPort::kernelDrops));
        return out.toString();
    }

    /** {@return a sum over all ports; a port that does not know answers below zero} */
    static long ports(Appliance appliance, ToLongFunction<PacketPort> counter) {
        return appliance.ports().stream()
                .mapToLong(port -> Math.max(0, counter.applyAsLong(port)))
                .sum();
    }

    private static void append(StringBuilder out, String name, long value) {
        if (value != 0) {
            out.append(' ').append(name).append('=').append(value);
        }
    }
}
