package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowEnd;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowScope;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.flow.FlowTimeouts;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.WhenFull;
import java.util.Arrays;

/**
 * The load balancer's flow table: who has which target, cookie and source port, and who was idle
 * for how long, to the nanosecond.
 *
 * <p>Keys and TCP's closes are a {@link FlowTable}'s, whose handles name the flows here. Its own
 * timeouts are set so long that ours come first: they must be exact, as tests ask for them.
 *
 * <p><b>Allocation:</b> none but for events, when a flow begins, moves or ends, if told of it.
 */
final class Flows {
    static final int NONE = FlowTable.NONE;

    // Lists of flows with one timeout, in the order of their last packets
    private static final int TCP = 0;
    private static final int OTHER = 1;
    private static final int CLOSED = 2;
    private static final int LISTS = 3;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    // Sides by which the packets of a direction enter
    private static final byte UNSEEN = 0;

    private final FlowTable table;
    private final FlowHash hash;
    private final FlowCookies cookies;
    private final SimulatorOutput output;
    private final SimulatorCounters counters;
    private final boolean anyProtocol;
    private final int firstSourcePort;
    private final int sourcePorts;
    private final FiveTuple shown = new FiveTuple();

    private final Endpoint[] endpoints;
    private final Target[] targets;
    private final int[] targetEpochs;
    private final char[] ports;
    private final int[] cookie;
    private final long[] lastSeen;
    private final byte[] list;
    private final byte[] tcp;
    private final byte[] lowerSide;
    private final byte[] upperSide;
    private final byte[] noted;
    private final long[] sent;
    private final long[] returned;

    private final int[] before;
    private final int[] after;
    private final int[] oldest = new int[LISTS];
    private final int[] newest = new int[LISTS];
    private final long[] timeouts = new long[LISTS];

    private FlowEndReason ending = FlowEndReason.REOPENED;
    private long endingAt;

    Flows(GwlbSimulatorBuilder settings, SimulatorOutput output, SimulatorCounters counters) {
        int capacity = settings.flowCapacity;
        this.output = output;
        this.counters = counters;
        this.hash = FlowHash.seeded(settings.seed);
        this.cookies = new FlowCookies(settings.seed, capacity);
        this.anyProtocol = settings.group.stickiness() == FlowScope.TWO_TUPLE;
        this.firstSourcePort = settings.firstSourcePort;
        this.sourcePorts = settings.sourcePorts;
        this.table =
                FlowTable.builder(capacity)
                        .hash(hash)
                        .whenFull(WhenFull.REFUSE)
                        .timeouts(
                                new FlowTimeouts(
                                        FlowTimeouts.MOST, FlowTimeouts.MOST, FlowTimeouts.MOST))
                        .listener((ended, flow, end) -> ended(flow, end))
                        .build();
        endpoints = new Endpoint[capacity];
        targets = new Target[capacity];
        targetEpochs = new int[capacity];
        ports = new char[capacity];
        cookie = new int[capacity];
        lastSeen = new long[capacity];
        list = new byte[capacity];
        tcp = new byte[capacity];
        lowerSide = new byte[capacity];
        upperSide = new byte[capacity];
        noted = new byte[capacity];
        sent = new long[capacity];
        returned = new long[capacity];
        before = new int[capacity];
        after = new int[capacity];
        Arrays.fill(oldest, NONE);
        Arrays.fill(newest, NONE);
        timeouts[TCP] = settings.group.tcpIdleSeconds() * NANOS_PER_SECOND;
        timeouts[OTHER] = TargetGroupSettings.OTHER_IDLE_SECONDS * NANOS_PER_SECOND;
        timeouts[CLOSED] = settings.group.closedSeconds() * NANOS_PER_SECOND;
    }

    // Finding

    /**
     * {@return the flow of a packet from an endpoint, or NONE}
     *
     * <p>A SYN on a connection that is over ends its flow: the next one gets a new cookie.
     */
    int find(Endpoint endpoint, InnerFlow packet, long nowNanos) {
        ending = FlowEndReason.REOPENED;
        endingAt = nowNanos;
        int flow = table.find(endpoint.id().value(), packet.key(), nowNanos);
        if (flow != NONE && packet.isSyn() && table.isClosed(flow)) {
            end(flow, FlowEndReason.REOPENED, nowNanos);
            return NONE;
        }
        return flow;
    }

    /** {@return the flow of a packet from a target, or NONE; nothing changes} */
    int peek(long endpointId, FiveTuple key, long nowNanos) {
        return table.peek(endpointId, key, nowNanos);
    }

    /** {@return 64 bits that depend on the flow, the same in both directions} */
    long hash(Endpoint endpoint, FiveTuple key) {
        return hash.hash(endpoint.id().value(), key);
    }

    /** Adds a flow. {@return it, or NONE if the table is full} */
    int begin(Endpoint endpoint, InnerFlow packet, long flowHash, Target target, long nowNanos) {
        int flow = table.insert(endpoint.id().value(), packet.key(), nowNanos);
        if (flow == NONE) {
            return NONE;
        }
        boolean isTcp = anyProtocol || packet.packet().protocol() == IpProtocol.TCP;
        endpoints[flow] = endpoint;
        ports[flow] =
                (char)
                        (firstSourcePort
                                + (int) Long.remainderUnsigned(flowHash >>> 1, sourcePorts));
        cookie[flow] = cookies.begin(flow);
        tcp[flow] = (byte) (isTcp ? 1 : 0);
        lowerSide[flow] = UNSEEN;
        upperSide[flow] = UNSEEN;
        noted[flow] = 0;
        sent[flow] = 0;
        returned[flow] = 0;
        lastSeen[flow] = nowNanos;
        append(flow, listOf(flow));
        assign(flow, target);
        counters.add(CloudWatchMetric.ACTIVE_FLOW_COUNT, 1);
        counters.add(CloudWatchMetric.NEW_FLOW_COUNT, 1);
        if (output.isListening()) {
            output.event(new SimulatorEvent.FlowStarted(nowNanos, snapshot(flow)));
        }
        return flow;
    }

    private void assign(int flow, Target target) {
        targets[flow] = target;
        targetEpochs[flow] = target.epoch;
        target.activeFlows++;
    }

    /** Notes a packet that entered an endpoint. {@return when the flow is due at the earliest} */
    long touch(int flow, FiveTuple key, Side side, long nowNanos) {
        lastSeen[flow] = nowNanos;
        byte entered = (byte) (side.ordinal() + 1);
        if (key.isSourceLower()) {
            lowerSide[flow] = entered;
        } else {
            upperSide[flow] = entered;
        }
        int to = listOf(flow);
        int from = list[flow];
        if (newest[to] != flow) {
            remove(flow, from);
            append(flow, to);
        }
        return nowNanos + timeouts[to];
    }

    /** {@return the side that a returned packet leaves by} */
    Side exit(int flow, FiveTuple key) {
        byte own = key.isSourceLower() ? lowerSide[flow] : upperSide[flow];
        if (own != UNSEEN) {
            return side(own).other();
        }
        // The appliance speaks for an endpoint that has not spoken yet, to the one that has
        return side(key.isSourceLower() ? upperSide[flow] : lowerSide[flow]);
    }

    private static Side side(byte entered) {
        return entered == 1 + Side.OUTSIDE.ordinal() ? Side.OUTSIDE : Side.INSIDE;
    }

    // Ending

    /** Ends a flow. */
    void end(int flow, FlowEndReason reason, long nowNanos) {
        ending = reason;
        endingAt = nowNanos;
        table.remove(flow);
    }

    /** Called by the table for every flow that leaves it. */
    private void ended(int flow, FlowEnd end) {
        if (end != FlowEnd.REMOVED && end != FlowEnd.REOPENED) {
            throw new IllegalStateException("flow " + flow + ": " + end + " in our stead");
        }
        remove(flow, list[flow]);
        targets[flow].activeFlows--;
        counters.add(CloudWatchMetric.ACTIVE_FLOW_COUNT, -1);
        if (output.isListening()) {
            output.event(new SimulatorEvent.FlowEnded(endingAt, snapshot(flow), ending));
        }
    }

    /** {@return when the first flow has been idle for too long; MAX_VALUE if there is none} */
    long nextDeadline() {
        long earliest = Long.MAX_VALUE;
        for (int i = 0; i < LISTS; i++) {
            if (oldest[i] != NONE) {
                earliest = Math.min(earliest, lastSeen[oldest[i]] + timeouts[i]);
            }
        }
        return earliest;
    }

    /** Ends the flow whose time it is. */
    void expireOne(long dueNanos) {
        for (int i = 0; i < LISTS; i++) {
            if (oldest[i] != NONE && lastSeen[oldest[i]] + timeouts[i] == dueNanos) {
                end(oldest[i], i == CLOSED ? FlowEndReason.CLOSED : FlowEndReason.IDLE, dueNanos);
                return;
            }
        }
    }

    void endAllOf(Endpoint endpoint, long nowNanos) {
        for (int flow = table.next(NONE); flow != NONE; flow = table.next(flow)) {
            if (endpoints[flow] == endpoint) {
                end(flow, FlowEndReason.ENDPOINT_GONE, nowNanos);
            }
        }
    }

    /** Gives the flows of lost targets to healthy ones, if there are any. */
    void rebalance(TargetGroup group, long nowNanos) {
        for (int flow = table.next(NONE); flow != NONE; flow = table.next(flow)) {
            Target lost = targets[flow];
            if (lost.isLost()) {
                Endpoint endpoint = endpoints[flow];
                Target target =
                        group.chooseHealthy(endpoint.node, hash(endpoint, table.read(flow, shown)));
                if (target != null) {
                    lost.activeFlows--;
                    assign(flow, target);
                    if (output.isListening()) {
                        output.event(new SimulatorEvent.FlowMoved(nowNanos, snapshot(flow), lost));
                    }
                }
            }
        }
    }

    // What is kept

    Endpoint endpoint(int flow) {
        return endpoints[flow];
    }

    Target target(int flow) {
        return targets[flow];
    }

    /** {@return whether the flow's target has failed since the flow came to it} */
    boolean targetFailed(int flow) {
        return targetEpochs[flow] != targets[flow].epoch;
    }

    int sourcePort(int flow) {
        return ports[flow];
    }

    int cookie(int flow) {
        return cookie[flow];
    }

    void countSent(int flow) {
        sent[flow]++;
    }

    void countReturned(int flow) {
        returned[flow]++;
    }

    /** {@return whether this is the first objection of its kind to this flow} */
    boolean note(int flow, Objection objection) {
        int bit = 1 << objection.ordinal();
        boolean first = (noted[flow] & bit) == 0;
        noted[flow] |= (byte) bit;
        return first;
    }

    /** {@return the live flow that a cookie names, or NONE} */
    int flowOfCookie(int value) {
        int place = cookies.place(value);
        return place != NONE && table.isLive(place) && cookie[place] == value ? place : NONE;
    }

    /** {@return whether a cookie is of a flow that was at a flow's place before it} */
    boolean isOldCookie(int value, int flow) {
        return cookies.place(value) == flow && cookies.isEarlier(value, flow);
    }

    FlowSnapshot snapshot(int flow) {
        return new FlowSnapshot(
                endpoints[flow],
                connection(table.read(flow, shown)),
                cookie[flow],
                ports[flow],
                targets[flow],
                lastSeen[flow],
                sent[flow],
                returned[flow]);
    }

    private String connection(FiveTuple tuple) {
        return anyProtocol
                ? FlowFormat.sourceAddress(tuple) + " > " + FlowFormat.destinationAddress(tuple)
                : FlowFormat.text(tuple);
    }

    /** {@return the next flow, or NONE; begins with NONE} */
    int next(int flow) {
        return table.next(flow);
    }

    // Lists

    private int listOf(int flow) {
        if (table.isClosed(flow)) {
            return CLOSED;
        }
        return tcp[flow] != 0 ? TCP : OTHER;
    }

    private void append(int flow, int to) {
        list[flow] = (byte) to;
        before[flow] = newest[to];
        after[flow] = NONE;
        if (newest[to] == NONE) {
            oldest[to] = flow;
        } else {
            after[newest[to]] = flow;
        }
        newest[to] = flow;
    }

    private void remove(int flow, int from) {
        int older = before[flow];
        int younger = after[flow];
        if (older == NONE) {
            oldest[from] = younger;
        } else {
            after[older] = younger;
        }
        if (younger == NONE) {
            newest[from] = older;
        } else {
            before[younger] = older;
        }
    }
}
