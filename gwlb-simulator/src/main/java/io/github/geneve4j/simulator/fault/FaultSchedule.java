package io.github.geneve4j.simulator.fault;

import io.github.geneve4j.simulator.GwlbSimulator;
import java.util.ArrayList;
import java.util.List;

/** Which {@link Fault}s happen when: as reproducible as the wire's own. */
public final class FaultSchedule {
    private record Entry(long atNanos, Fault fault) {}

    private final List<Entry> entries = new ArrayList<>(); // by time
    private int happened;

    /** Creates a schedule without a fault. */
    public FaultSchedule() {}

    /**
     * Adds a fault; of two at the same time, the first added comes first.
     *
     * @param atNanos when, by the simulator's clock
     * @param fault what
     * @return this
     * @throws IllegalStateException if a later one has happened already
     */
    public FaultSchedule at(long atNanos, Fault fault) {
        int index = entries.size();
        while (index > 0 && entries.get(index - 1).atNanos > atNanos) {
            index--;
        }
        if (index < happened) {
            throw new IllegalStateException("fault at " + atNanos + " ns: a later one happened");
        }
        entries.add(index, new Entry(atNanos, fault));
        return this;
    }

    /**
     * Lets happen what is due.
     *
     * @param simulator that it happens to
     * @param wire that it happens to
     * @param nowNanos the time
     */
    public void advance(GwlbSimulator simulator, FaultyWire wire, long nowNanos) {
        while (nextDeadline() <= nowNanos && happened < entries.size()) {
            entries.get(happened++).fault.happen(simulator, wire, nowNanos);
        }
    }

    /** {@return when the next one is due; {@link Long#MAX_VALUE} if none is left} */
    public long nextDeadline() {
        return happened == entries.size() ? Long.MAX_VALUE : entries.get(happened).atNanos;
    }
}
