package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.InspectorChain;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.appliance.track.ConnectionTracker;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The inspectors of a firewall's flows, one after the other, and where each has its bytes in a
 * flow's value: first an int with a bit for each that sees the flow's packets, one for those that
 * were told of its start, then theirs, at multiples of eight.
 */
final class FlowInspectors {
    /** The most there can be: a bit for each. */
    static final int MAX = Integer.SIZE - 1;

    private final ConnectionTracker tracker;
    private final int watchersOffset;
    private final int startedOffset;
    private final Watcher[] watchers;
    private final InspectorChain chain;
    private final FirewallCounters counters;
    private @Nullable Throwable failure; // at an end, not told yet

    /** An inspector with its view, as a link of the chain. */
    private static final class Watcher implements Inspector {
        private final int bit;
        private final FlowInspector inspector;
        private final InspectedFlow flow;

        Watcher(int bit, FlowInspector inspector, InspectedFlow flow) {
            this.bit = bit;
            this.inspector = inspector;
            this.flow = flow;
        }

        @Override
        public Verdict inspect(InspectedPacket packet) {
            return flow.isInspected() ? inspector.inspect(flow, packet) : Verdict.PASS;
        }

        @Override
        public void onIdle(long nowNs) {
            inspector.onIdle(nowNs);
        }
    }

    /**
     * Creates the inspectors of one firewall.
     *
     * @param inspectors in their order
     * @param tracker that has the flows
     * @param offset of their bytes in a flow's value, a multiple of eight
     * @param counters of the firewall
     */
    FlowInspectors(
            List<FlowInspector> inspectors,
            ConnectionTracker tracker,
            int offset,
            FirewallCounters counters) {
        this.tracker = tracker;
        this.counters = counters;
        this.watchersOffset = offset;
        this.startedOffset = offset + Integer.BYTES;
        this.watchers = new Watcher[inspectors.size()];
        int next = offset + Long.BYTES;
        for (int i = 0; i < watchers.length; i++) {
            FlowInspector inspector = inspectors.get(i);
            int length = inspector.stateLength();
            int bit = 1 << i;
            InspectedFlow view = new InspectedFlow(tracker, offset, bit, next, length);
            watchers[i] = new Watcher(bit, inspector, view);
            next += aligned(length);
        }
        this.chain = new InspectorChain(watchers);
    }

    /**
     * {@return how many bytes of a flow's value they take}
     *
     * @param inspectors in any order
     */
    static int stateLength(List<FlowInspector> inspectors) {
        int sum = Long.BYTES;
        for (FlowInspector inspector : inspectors) {
            int length = inspector.stateLength();
            if (length < 0) {
                throw new IllegalArgumentException("state of " + length + " bytes: " + inspector);
            }
            sum += aligned(length);
        }
        return sum;
    }

    /** {@return whether any inspector sees the packets of a flow} */
    boolean see(int flow) {
        return tracker.table().getInt(flow, watchersOffset) != 0;
    }

    /** Tells that a flow begins. If an inspector throws, those behind it are not told. */
    void start(int flow, InspectedPacket packet) {
        boolean fromBeginner = tracker.table().isFromBeginner(flow, packet.flow());
        for (Watcher watcher : watchers) {
            set(flow, startedOffset, watcher.bit);
            set(flow, watchersOffset, watcher.bit);
            watcher.flow.at(flow, fromBeginner);
            watcher.inspector.flowStarted(watcher.flow, packet);
        }
    }

    /** {@return what becomes of a flow's packet} */
    Verdict inspect(int flow, InspectedPacket packet) {
        boolean fromBeginner = tracker.table().isFromBeginner(flow, packet.flow());
        for (Watcher watcher : watchers) {
            watcher.flow.at(flow, fromBeginner);
        }
        return chain.inspect(packet);
    }

    /**
     * Tells all who were told of its start that a flow has ended. What one throws is kept: a flow
     * ends by the clock or to make room, while a packet of another one is judged.
     */
    void end(int flow, ConnectionEnd end) {
        int started = tracker.table().getInt(flow, startedOffset);
        for (Watcher watcher : watchers) {
            if ((started & watcher.bit) == 0) {
                continue;
            }
            watcher.flow.at(flow, false);
            try {
                watcher.inspector.flowEnded(watcher.flow, end);
            } catch (RuntimeException | StackOverflowError | AssertionError | LinkageError e) {
                counters.addFailedEnd();
                failure = failure == null ? e : failure;
            }
        }
    }

    /** Throws what an inspector threw at the end of a flow, if nothing else is to be told. */
    void onIdle(long nowNs) {
        chain.onIdle(nowNs);
        Throwable kept = failure;
        failure = null;
        if (kept instanceof Error error) {
            throw error;
        }
        if (kept instanceof RuntimeException exception) {
            throw exception;
        }
    }

    private void set(int flow, int offset, int bit) {
        tracker.table().setInt(flow, offset, tracker.table().getInt(flow, offset) | bit);
    }

    private static int aligned(int length) {
        return (length + Long.BYTES - 1) & -Long.BYTES;
    }
}
