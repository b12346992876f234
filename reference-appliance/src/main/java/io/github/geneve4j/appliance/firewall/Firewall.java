package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.policy.Action;
import io.github.geneve4j.appliance.policy.CompiledPolicy;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.appliance.track.ConnectionTracker;
import io.github.geneve4j.appliance.track.MidStream;
import io.github.geneve4j.appliance.track.Outcome;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.TcpFlags;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets the flows pass that a policy allows: the first packet is judged by its rules, the others by
 * what became of the first. One for each worker; {@link FirewallControl} makes them.
 *
 * <p>A flow's packets pass in both directions, with the ICMP errors about it. What cannot be read,
 * cannot be, or belongs to nothing is dropped. When another policy has replaced the one that
 * allowed a flow, its next packet has the flow judged again, by what began it. What the policy
 * allows is shown to the {@linkplain FlowInspector flow inspectors}, if there are any.
 *
 * <p><b>Allocation:</b> none for a packet. <b>Threads:</b> one, but for {@link #counters()}.
 */
public final class Firewall implements Inspector {
    /** Packets from one look for expired flows to the next, and how far each one looks. */
    private static final int EXPIRY_PERIOD = 64;

    private static final int EXPIRY_LIMIT = 256;

    private static final int LOG_ENTRIES = 1024;
    private static final int FLOW_LOG_ENTRIES = 16_384; // ends may come in crowds

    // Bytes of each flow
    private static final int KIND = 0; // int: of the first ICMP message, and 1; BY_FRAGMENT
    private static final int RULE = Integer.BYTES; // int: number of the first rule's name
    private static final int REST = Long.BYTES; // of the fast path and the inspectors

    private static final int NO_KIND = -1;
    private static final int BY_FRAGMENT = 1 << 20; // above the kind: a fragment began the flow

    // Types of ICMP messages that have answers (RFC 792, RFC 4443, RFC 4861)
    private static final int ECHO_REPLY = 0;
    private static final int ECHO = 8;
    private static final int TIMESTAMP = 13;
    private static final int INFORMATION = 15;
    private static final int ECHO_V6 = 128;
    private static final int SOLICITATION = 135;

    // Errors that move routes or slow senders down, and that nobody sends any more
    private static final int SOURCE_QUENCH = 4;
    private static final int REDIRECT = 5;

    private final ConnectionTracker tracker;
    private final @Nullable FlowInspectors inspectors;
    private final @Nullable FastFlows fast;
    private final boolean rejudges;
    private final boolean tellsBothEnds;
    private final int kindOffset;
    private final int ruleOffset;
    private final @Nullable FlowLog flowLog;
    private final FirewallCounters counters = new FirewallCounters();
    private final FiveTuple begun = new FiveTuple();
    private final DecisionLog log = new DecisionLog(LOG_ENTRIES);

    private volatile Generation current; // written by the control
    private int untilExpiry = EXPIRY_PERIOD;
    private long nowNs = System.nanoTime(); // of the latest packet or idle call

    Firewall(FirewallControl.Builder settings, Generation first, RuleNames names) {
        List<FlowInspector> own = settings.newInspectors();
        int stateLength = own.isEmpty() ? 0 : FlowInspectors.stateLength(own);
        this.fast = settings.fastPath == null ? null : new FastFlows(settings.fastPath, REST);
        int before = REST + (fast == null ? 0 : FastFlows.STATE_LENGTH);
        this.tracker =
                settings.tracker(before + stateLength, (t, flow, end) -> ended(flow, end), fast);
        int offset = tracker.inspectorOffset();
        this.kindOffset = offset + KIND;
        this.ruleOffset = offset + RULE;
        this.flowLog = settings.logsFlows ? new FlowLog(FLOW_LOG_ENTRIES, names) : null;
        this.inspectors =
                own.isEmpty() ? null : new FlowInspectors(own, tracker, offset + before, counters);
        if (fast != null && inspectors != null) {
            boolean pause = own.stream().anyMatch(FlowInspector::pauses);
            int capacity = tracker.table().capacity();
            fast.keepTo(inspectors.pauses(), pause ? new FlowDeadlines(capacity) : null);
        }
        this.rejudges = settings.rejudges;
        this.tellsBothEnds = settings.tellsBothEnds;
        this.current = first;
    }

    /** {@return what became of the packets so far} */
    public FirewallCounters counters() {
        return counters;
    }

    DecisionLog log() {
        return log;
    }

    /** {@return the flows that have ended, if they are to be told of} */
    @Nullable FlowLog flowLog() {
        return flowLog;
    }

    /** Tells the flows that are alive, if flows are to be told of, while the worker rests. */
    void tellAlive(Consumer<? super FlowRecord> listener) {
        if (flowLog == null) {
            return;
        }
        FlowTable table = tracker.table();
        for (int i = table.next(FlowTable.NONE); i != FlowTable.NONE; i = table.next(i)) {
            listener.accept(flowLog.alive(tracker, i, table.getInt(i, ruleOffset)));
        }
    }

    Generation current() {
        return current;
    }

    /** Judges by another policy from the next packet on; any thread. */
    void replace(Generation next) {
        current = next;
    }

    @Override
    public void onIdle(long nowNs) {
        lookAfterFlows(nowNs);
        if (inspectors != null) {
            inspectors.onIdle(nowNs);
        }
    }

    @Override
    public void onUnjudged(long nowNs, int packets) {
        counters.add(Judgement.UNJUDGED, packets);
        tracker.missed(nowNs);
    }

    @Override
    public void onAhead(int flowCookie) {
        tracker.expect(flowCookie);
    }

    @Override
    public Verdict inspect(InspectedPacket packet) {
        long now = packet.nowNs();
        nowNs = now; // for flows that it ends
        if (--untilExpiry == 0) {
            untilExpiry = EXPIRY_PERIOD;
            lookAfterFlows(now);
        }
        Generation generation = current;
        Outcome outcome = tracker.look(packet, now);
        return outcome == Outcome.KNOWN
                ? known(packet, generation)
                : unknown(packet, outcome, generation);
    }

    private Verdict unknown(InspectedPacket packet, Outcome outcome, Generation generation) {
        return switch (outcome) {
            case KNOWN -> known(packet, generation);
            case NEW -> first(packet, generation);
            case MIDSTREAM -> midstream(packet, generation);
            case RELATED -> related(packet, generation);
            case UNRELATED -> drop(Judgement.UNRELATED);
            case INVALID -> drop(Judgement.INVALID);
            case LOOSE_FRAGMENT -> loose(packet, generation);
            case NO_FLOW -> drop(Judgement.UNREADABLE);
        };
    }

    private void lookAfterFlows(long nowNs) {
        this.nowNs = nowNs;
        tracker.expire(nowNs, EXPIRY_LIMIT);
        if (fast != null) {
            fast.vouch(nowNs);
            fast.endPauses(tracker, nowNs);
        }
    }

    /**
     * Judges a fragment whose datagram's ports are not known. A later one passes where the first
     * would, whatever ports it shows. A first one shows none, as those of ICMP errors do, and does
     * not pass. So nothing passes in parts that would not pass as a whole.
     */
    private Verdict loose(InspectedPacket packet, Generation generation) {
        FiveTuple flow = packet.flow();
        boolean midstream =
                flow.protocol() == IpProtocol.TCP && tracker.midStream() != MidStream.ALLOW;
        return inspectors == null
                        && !flow.isFirstFragment()
                        && !midstream
                        && generation.policy().allowsAnyPorts(packet.endpointId(), flow)
                ? pass(Judgement.LOOSE_ALLOWED)
                : drop(Judgement.LOOSE_FRAGMENT);
    }

    private Verdict related(InspectedPacket packet, Generation generation) {
        int type = packet.buffer().getUnsignedByte(packet.flow().transportOffset());
        boolean ipv4 = packet.flow().transportProtocol() == IpProtocol.ICMP;
        if (ipv4 && (type == SOURCE_QUENCH || type == REDIRECT)) {
            return drop(Judgement.UNRELATED);
        }
        return isAllowed(packet, tracker.flow(), generation)
                ? pass(Judgement.RELATED)
                : drop(Judgement.WITHDRAWN);
    }

    private Verdict known(InspectedPacket packet, Generation generation) {
        int flow = tracker.flow();
        if (!isAllowed(packet, flow, generation)) {
            return withdraw(flow, generation);
        }
        int kind = kind(packet);
        if (kind != NO_KIND && !isOfItsKind(packet, flow, kind)) {
            return another(packet, flow, generation, kind);
        }
        if (inspectors != null && areSeen(inspectors, flow, packet)) {
            return inspected(inspectors, flow, packet, generation, Judgement.KNOWN);
        }
        if (fast != null) {
            fast.passing(tracker, flow, packet, generation.number());
        }
        return pass(Judgement.KNOWN);
    }

    /** {@return whether the policy that holds allows a flow, all of which were allowed once} */
    private boolean isAllowed(InspectedPacket packet, int flow, Generation generation) {
        int number = generation.number();
        return tracker.isJudged(Action.ALLOW.ordinal(), number)
                || isAllowedNow(packet, flow, generation);
    }

    private boolean isAllowedNow(InspectedPacket packet, int flow, Generation generation) {
        if (tracker.generation(flow) == generation.number()) {
            return false; // by this very policy
        }
        return !rejudges || isStillAllowed(packet, flow, generation);
    }

    /** Judges a flow again, by what is kept of the packet that began it. */
    private boolean isStillAllowed(InspectedPacket packet, int flow, Generation generation) {
        CompiledPolicy policy = generation.policy();
        tracker.read(flow, begun);
        boolean fragment = (tracker.table().getInt(flow, kindOffset) & BY_FRAGMENT) != 0;
        int decision = policy.decide(packet.endpointId(), begun, firstKind(flow), fragment);
        Action action = policy.action(decision);
        tracker.judge(flow, action.ordinal(), decision, generation.number());
        return action == Action.ALLOW;
    }

    private Verdict withdraw(int flow, Generation generation) {
        Action action = generation.policy().action(tracker.rule(flow));
        tracker.remove(flow);
        return action == Action.REJECT
                ? reject(Judgement.WITHDRAWN, true)
                : drop(Judgement.WITHDRAWN);
    }

    private Verdict midstream(InspectedPacket packet, Generation generation) {
        MidStream policy = tracker.midStream();
        return switch (policy) {
            // Whoever sent the SYN will send it again; the answer alone says nothing of who began
            case ALLOW ->
                    answersSyn(packet.flow())
                            ? drop(Judgement.MIDSTREAM)
                            : first(packet, generation);
            case DROP -> drop(Judgement.MIDSTREAM);
            case RESET -> reject(Judgement.MIDSTREAM, tellsBothEnds);
        };
    }

    private static boolean answersSyn(FiveTuple flow) {
        int both = TcpFlags.SYN | TcpFlags.ACK;
        return flow.hasTcpHeader() && (flow.tcpFlags() & both) == both;
    }

    private Verdict first(InspectedPacket packet, Generation generation) {
        int kind = kind(packet);
        int decision = decide(packet, generation, kind);
        return switch (generation.policy().action(decision)) {
            case DROP -> drop(Judgement.POLICY_DROP);
            case REJECT -> reject(Judgement.POLICY_REJECT, tellsBothEnds);
            case ALLOW -> begin(packet, generation, decision, kind);
        };
    }

    private int decide(InspectedPacket packet, Generation generation, int kind) {
        int decision = generation.policy().decide(packet.endpointId(), packet.flow(), kind);
        generation.countDecided(decision);
        if (generation.isLogged(decision)) {
            log.add(generation, decision, packet.endpointId(), packet.flow());
        }
        return decision;
    }

    private Verdict begin(InspectedPacket packet, Generation generation, int decision, int kind) {
        int flow = tracker.begin(Action.ALLOW.ordinal(), decision, generation.number());
        if (flow == ConnectionTracker.NONE) {
            return drop(
                    switch (tracker.refusal()) {
                        case ENDPOINT_FLOWS -> Judgement.ENDPOINT_FLOWS;
                        case SOURCE_FLOWS -> Judgement.SOURCE_FLOWS;
                        case MID_STREAM -> Judgement.MIDSTREAM;
                        case TABLE_FULL, NONE -> Judgement.TABLE_FULL;
                    });
        }
        int begins = packet.flow().isFragment() ? BY_FRAGMENT : 0;
        tracker.table().setInt(flow, kindOffset, begins | (kind + 1));
        tracker.table().setInt(flow, ruleOffset, generation.ruleNumber(decision));
        if (inspectors != null) {
            start(inspectors, flow, packet);
        }
        return allowed(packet, flow, generation);
    }

    private Verdict allowed(InspectedPacket packet, int flow, Generation generation) {
        return inspectors != null && areSeen(inspectors, flow, packet)
                ? inspected(inspectors, flow, packet, generation, Judgement.ALLOWED)
                : pass(Judgement.ALLOWED);
    }

    /** A flow that an inspector cannot begin is not one that passes without that inspector. */
    private void start(FlowInspectors inspectors, int flow, InspectedPacket packet) {
        boolean started = false;
        try {
            inspectors.start(flow, packet);
            started = true;
        } finally {
            if (!started) {
                tracker.remove(flow);
            }
        }
    }

    private boolean areSeen(FlowInspectors inspectors, int flow, InspectedPacket packet) {
        boolean byBeginner = tracker.table().isFromBeginner(flow, packet.flow());
        if (fast != null) {
            fast.hold(tracker, flow, byBeginner);
        }
        return inspectors.pauses().areSeen(flow, byBeginner, packet.nowNs());
    }

    private Verdict inspected(
            FlowInspectors inspectors,
            int flow,
            InspectedPacket packet,
            Generation generation,
            Judgement otherwise) {
        boolean resets = isAnsweredByReset(packet.flow()); // as it came: so it is answered
        if (fast != null) {
            fast.inspecting(tracker, flow, packet);
        }
        Verdict verdict;
        try {
            verdict = inspectors.inspect(flow, packet);
        } finally {
            if (inspectors.pauses().takeChanged() && fast != null) {
                fast.follow(tracker, flow, generation.number(), packet.nowNs());
            }
        }
        boolean passes = verdict == Verdict.PASS || verdict == Verdict.REWRITE;
        counters.add(passes ? otherwise : Judgement.INSPECTOR);
        if (resets && (verdict == Verdict.REJECT || verdict == Verdict.REJECT_BOTH_ENDS)) {
            reset(flow, packet.nowNs());
        }
        return verdict;
    }

    /**
     * {@return whether a packet that is rejected is answered with a reset, unless it is damaged}
     */
    private static boolean isAnsweredByReset(FiveTuple flow) {
        return flow.hasTcpHeader() && (flow.tcpFlags() & TcpFlags.RST) == 0;
    }

    /**
     * Ends a connection that was refused by a reset: who gets it has no use for the connection, and
     * may begin another on the same ports. It stays for a while, as its inspectors know what comes
     * late. Other flows stay for their time: nothing tells their ends, and a refusal has to outlast
     * its sender's next tries.
     */
    private void reset(int flow, long nowNs) {
        tracker.reset(flow);
        if (fast != null) {
            fast.withdraw(tracker, flow, nowNs);
        }
    }

    private void ended(int flow, ConnectionEnd end) {
        if (fast != null) {
            fast.withdraw(tracker, flow, nowNs);
        }
        if (inspectors != null) {
            inspectors.end(flow, end);
        }
        if (flowLog != null) {
            flowLog.add(tracker, flow, tracker.table().getInt(flow, ruleOffset), end);
        }
    }

    /** {@return whether an ICMP message is what began the flow, or the answer to that} */
    private boolean isOfItsKind(InspectedPacket packet, int flow, int kind) {
        int first = firstKind(flow);
        int begun = first >>> Byte.SIZE;
        int type = kind >>> Byte.SIZE;
        if (tracker.table().isFromBeginner(flow, packet.flow())) {
            return first != NO_KIND && type == begun;
        }
        return switch (begun) {
            case ECHO -> type == ECHO_REPLY;
            case TIMESTAMP, INFORMATION -> type == begun + 1;
            case ECHO_V6, SOLICITATION -> type == begun + 1;
            default -> false;
        };
    }

    /** {@return the kind of the ICMP message that began a flow, or NO_KIND} */
    private int firstKind(int flow) {
        return (tracker.table().getInt(flow, kindOffset) & ~BY_FRAGMENT) - 1;
    }

    /**
     * Judges an ICMP message of another kind than the flow's as if it began one. It begins nothing:
     * its flow is there, whose inspectors see it.
     */
    private Verdict another(InspectedPacket packet, int flow, Generation generation, int kind) {
        int decision = decide(packet, generation, kind);
        return switch (generation.policy().action(decision)) {
            case ALLOW -> allowed(packet, flow, generation);
            case DROP -> drop(Judgement.POLICY_DROP);
            case REJECT -> reject(Judgement.POLICY_REJECT, tellsBothEnds);
        };
    }

    /** {@return type and code of an ICMP message of its own, or NO_KIND} */
    private static int kind(InspectedPacket packet) {
        FiveTuple flow = packet.flow();
        int icmp = flow.isIpv6() ? IpProtocol.ICMPV6 : IpProtocol.ICMP;
        return flow.transportProtocol() == icmp ? kindOfIcmp(packet, flow) : NO_KIND;
    }

    private static int kindOfIcmp(InspectedPacket packet, FiveTuple flow) {
        boolean later = flow.isFragment() && !flow.isFirstFragment();
        if (flow.isQuoted() || later || flow.transportLength() < Short.BYTES) {
            return NO_KIND;
        }
        ByteBuf buffer = packet.buffer();
        return buffer.getUnsignedShort(flow.transportOffset());
    }

    private Verdict pass(Judgement judgement) {
        counters.add(judgement);
        return Verdict.PASS;
    }

    private Verdict drop(Judgement judgement) {
        counters.add(judgement);
        return Verdict.DROP;
    }

    private Verdict reject(Judgement judgement, boolean bothEnds) {
        counters.add(judgement);
        return bothEnds ? Verdict.REJECT_BOTH_ENDS : Verdict.REJECT;
    }
}
