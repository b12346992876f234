package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.InspectorChain;
import io.github.geneve4j.appliance.InspectorFailures;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.appliance.track.ConnectionTracker;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The inspectors of a firewall's flows, one after the other, and where each has its bytes in a
 * flow's value: first the bits of all of them, see {@link Pauses}; then, of each, the limits of its
 * pauses, if it has any, and its own bytes, at multiples of eight.
 */
final class FlowInspectors {
    /** The most there can be: a bit for each. */
    static final int MAX = Integer.SIZE - 1;

    private final ConnectionTracker tracker;
    private final Pauses pauses;
    private final Watcher[] watchers;
    private final InspectorChain chain;
    private final FirewallCounters counters;
    private @Nullable Throwable failure; // at an end, not told yet

    /** An inspector with its view, as a link of the chain. */
    private static final class Watcher implements Inspector {
        private final int number;
        private final FlowInspector inspector;
        private final InspectedFlow flow;

        Watcher(int number, FlowInspector inspector, InspectedFlow flow) {
            this.number = number;
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
        int[] limits = new int[inspectors.size()];
        this.pauses = new Pauses(tracker, offset, limits);
        this.watchers = new Watcher[inspectors.size()];
        int next = offset + Pauses.BITS_LENGTH;
        for (int i = 0; i < watchers.length; i++) {
            FlowInspector inspector = inspectors.get(i);
            limits[i] = inspector.pauses() ? next : Pauses.NO_LIMITS;
            next += inspector.pauses() ? Pauses.LIMITS_LENGTH : 0;
            int length = inspector.stateLength();
            InspectedFlow view = new InspectedFlow(tracker, pauses, i, next, length);
            watchers[i] = new Watcher(i, inspector, view);
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
        int sum = Pauses.BITS_LENGTH;
        for (FlowInspector inspector : inspectors) {
            int length = inspector.stateLength();
            if (length < 0) {
                throw new IllegalArgumentException("state of " + length + " bytes: " + inspector);
            }
            sum += aligned(length) + (inspector.pauses() ? Pauses.LIMITS_LENGTH : 0);
        }
        return sum;
    }

    /** {@return who sees which packets} */
    Pauses pauses() {
        return pauses;
    }

    /** Tells that a flow begins. If an inspector throws, those behind it are not told. */
    void start(int flow, InspectedPacket packet) {
        boolean fromBeginner = tracker.table().isFromBeginner(flow, packet.flow());
        for (Watcher watcher : watchers) {
            pauses.start(flow, watcher.number);
            watcher.flow.atStart(flow, fromBeginner, packet.nowNs());
            watcher.inspector.flowStarted(watcher.flow, packet);
        }
        pauses.takeChanged(); // nothing passes elsewhere yet
    }

    /** {@return what becomes of a flow's packet} */
    Verdict inspect(int flow, InspectedPacket packet) {
        boolean fromBeginner = tracker.table().isFromBeginner(flow, packet.flow());
        for (Watcher watcher : watchers) {
            watcher.flow.at(flow, fromBeginner, packet.nowNs());
        }
        return chain.inspect(packet);
    }

    /**
     * Tells all who were told of its start that a flow has ended. What one throws is kept: a flow
     * ends by the clock or to make room, while a packet of another one is judged.
     */
    void end(int flow, ConnectionEnd end) {
        for (Watcher watcher : watchers) {
            if (!pauses.isStarted(flow, watcher.number)) {
                continue;
            }
            watcher.flow.at(flow, false, tracker.lastNs(flow));
            try {
                watcher.inspector.flowEnded(watcher.flow, end);
            } catch (Throwable e) { // as a worker does
                InspectorFailures.throwIfFatal(e);
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
        if (kept != null) { // a checked one, from another language than Java
            throw new IllegalStateException("a flow's end: " + kept, kept);
        }
    }

    private static int aligned(int length) {
        return (length + Long.BYTES - 1) & -Long.BYTES;
    }
}
