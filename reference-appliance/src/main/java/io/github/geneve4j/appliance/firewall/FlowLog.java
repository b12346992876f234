package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.appliance.track.ConnectionTracker;
import io.github.geneve4j.flow.FiveTuple;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands what is known about flows that have ended from a packet thread to whoever writes it down,
 * by a {@link Ring}.
 *
 * <p><b>Allocation:</b> none by {@link #add}. <b>Threads:</b> one adds, one other reads.
 */
final class FlowLog {
    private final Ring<Entry> ring;
    private final RuleNames names;

    /** A flow as it was when it ended. */
    private static final class Entry {
        private final FiveTuple flow = new FiveTuple();
        private @Nullable ConnectionEnd end; // null: it has not
        private int rule;
        private long endpointId;
        private long cookie;
        private long startNs;
        private long lastNs;
        private long packetsByBeginner;
        private long bytesByBeginner;
        private long packetsByOther;
        private long bytesByOther;

        void fill(
                ConnectionTracker tracker, int from, int ruleNumber, @Nullable ConnectionEnd why) {
            tracker.read(from, flow);
            end = why;
            rule = ruleNumber;
            endpointId = tracker.table().endpointId(from);
            cookie = tracker.cookie(from);
            startNs = tracker.startNs(from);
            lastNs = tracker.lastNs(from);
            packetsByBeginner = tracker.packets(from, true);
            bytesByBeginner = tracker.bytes(from, true);
            packetsByOther = tracker.packets(from, false);
            bytesByOther = tracker.bytes(from, false);
        }

        FlowRecord record(RuleNames names) {
            return new FlowRecord(
                    new FiveTuple().set(flow),
                    endpointId,
                    names.name(rule),
                    Optional.ofNullable(end),
                    cookie,
                    startNs,
                    lastNs,
                    new FlowRecord.Traffic(packetsByBeginner, bytesByBeginner),
                    new FlowRecord.Traffic(packetsByOther, bytesByOther));
        }
    }

    /**
     * Creates an empty log.
     *
     * @param entries how many there is room for, a power of two
     * @param names of the rules
     */
    FlowLog(int entries, RuleNames names) {
        this.ring = new Ring<>(entries, Entry::new);
        this.names = names;
    }

    /**
     * Adds a flow that ends, if there is room.
     *
     * @param tracker that the flow leaves
     * @param flow can still be read
     * @param rule number of the rule's name
     * @param end why
     */
    void add(ConnectionTracker tracker, int flow, int rule, ConnectionEnd end) {
        Entry entry = ring.claim();
        if (entry != null) {
            entry.fill(tracker, flow, rule, end);
            ring.publish();
        }
    }

    /** Tells all flows that were added since the last time. */
    void drain(Consumer<? super FlowRecord> listener) {
        ring.drain(entry -> listener.accept(entry.record(names)));
    }

    /** {@return what there is to be told of a flow that is alive, while its worker rests} */
    FlowRecord alive(ConnectionTracker tracker, int flow, int rule) {
        Entry entry = new Entry();
        entry.fill(tracker, flow, rule, null);
        return entry.record(names);
    }

    /** {@return the flows that there was no room for} */
    long lost() {
        return ring.lost();
    }
}
