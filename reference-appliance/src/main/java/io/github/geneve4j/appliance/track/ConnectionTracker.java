package io.github.geneve4j.appliance.track;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowCounters;
import io.github.geneve4j.flow.FlowEnd;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.flow.FlowTableBuilder;
import io.github.geneve4j.flow.FlowTimeouts;
import io.github.geneve4j.flow.FlowValue;
import io.github.geneve4j.flow.FragmentTracker;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.github.geneve4j.io.PacketHandler;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Knows the connections that pass, so that a firewall judges only their first packets.
 *
 * <p>For each packet call {@link #look}. If it is {@link Outcome#NEW}, or {@link Outcome#MIDSTREAM}
 * and its policy allows that, let the policy judge it, and call {@link #begin} to keep the flow
 * with the verdict. {@code look} alone adds nothing, so that what a policy drops fills no table.
 * Call {@link #expire} now and then.
 *
 * <p><b>Flows</b> are those of a {@link FlowTable}: TCP connections, pseudo-connections by ports
 * for UDP, UDP-Lite, SCTP and DCCP, by identifier for ICMP echo, by addresses and protocol for the
 * rest; each within its endpoint. They have a handle, valid as in the table. The <em>beginner</em>
 * of a flow is the sender of its first packet; its receiver, if that one answered a SYN.
 *
 * <p><b>TCP</b> goes through the states of {@link TcpState}. A segment that cannot come in its
 * state, with flags that do not go together or with a broken header is {@link Outcome#INVALID}.
 * Where windows are checked, so is one whose numbers are not within them, and nothing changes by
 * it: a forged RST or FIN from outside of the windows closes nothing. A RST within them closes
 * provisionally: the flow has the timeout of closed ones, until both sides go on. Connections that
 * are met in their middle are not checked, as the scale of their windows is not known.
 *
 * <p><b>A new connection on old ports</b> is {@code NEW}, and {@code begin} replaces the old one:
 * on a SYN, if the old one is closed by both sides, or by a reset that came while it opened, or had
 * exactly the next sequence number, or was {@linkplain #reset the caller's}; or if the load
 * balancer gave it another cookie; or, where windows are checked, if the SYN before it was
 * answered, and nothing came after that. Any other SYN on a known connection is {@code KNOWN} and
 * changes nothing, not even when the flow was last seen, as its receiver answers it with an
 * acknowledgment (RFC 5961 §4). Should it answer with SYN and ACK, so that it knows of no
 * connection, that is {@code INVALID}, and client and server get together once the old flow has
 * timed out; but where nobody checks numbers, it ends the flow and is {@code MIDSTREAM}, and so it
 * does on a connection that was reset. Without a SYN another cookie is the flow's latest.
 *
 * <p><b>ICMP errors</b> count for nothing. <b>Other ICMP messages</b> begin pseudo-connections,
 * replies too: a policy can tell them by their type.
 *
 * <p><b>Fragments</b> belong to the flow of their datagram, whose ports the first one shows; they
 * change no TCP state, as their receiver may read another header; where windows are checked, the
 * other side may acknowledge from then on what their sender was allowed to send, seen or not. A
 * later fragment that comes before the first, or without one, is a {@link Outcome#LOOSE_FRAGMENT}:
 * nothing is held back or put together here. A fragment of TCP that belongs to no flow is {@code
 * MIDSTREAM}.
 *
 * <p><b>Limits</b> of flows for each endpoint, and for each address that begins flows at an
 * endpoint, count what is in the table, and go down however a flow ends. Sources are told apart by
 * a 64-bit hash under a secret seed. Should two share one, which among a million sources happens
 * about once in 40 million tables, they share a limit, and the counts remain right.
 *
 * <p><b>A flood of SYNs</b> begins a flow for each that the policy allows. Those are not
 * {@linkplain FlowTable#isEstablished established}, so once the table is full they displace each
 * other, oldest first, and no established connection: of these, none is given up as long as flows
 * that are not take an eighth of the table. A client's handshake gets through if it takes less time
 * than the flood needs to send as many packets as there are places for such flows. With {@link
 * io.github.geneve4j.flow.WhenFull#REFUSE} flows that are in stay in, and newcomers wait until
 * half-open ones expire. A flood from few addresses ends at their limit. Invalid packets neither
 * begin flows nor refresh them.
 *
 * <p><b>Statistics</b> count each packet of a flow that {@code look} finds {@code KNOWN}, and the
 * first, whatever becomes of them then; bytes are those of IP packets. Packets of each direction
 * count up to 4,294,967,295 and stay there.
 *
 * <p><b>Memory:</b> off the heap 112 bytes for each flow, 136 where windows are checked, those for
 * inspectors, the table's index, and 16 to 32 bytes for each flow to remember cookies by, up to 64
 * MiB; a million flows take 146 MB, or 170 MB. On the heap are 64 bytes for each fragmented
 * datagram, and for limits 16 to 32 bytes for each flow.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one, for readers too.
 * <b>Ownership:</b> borrows a packet from {@code look} to {@code begin}.
 */
public final class ConnectionTracker {
    /** No flow. */
    public static final int NONE = FlowTable.NONE;

    /** No cookie: any number outside of 32 bits would do. */
    public static final long NO_COOKIE = -1;

    private static final long UNSIGNED_INT = 0xffff_ffffL;

    private final FlowTable table;
    private final FragmentTracker fragments;
    private final FlowValue value = new FlowValue(); // of the flow of the packet looked at last
    private final TcpSegment segment = new TcpSegment(); // the same packet's, if it has a header
    private final @Nullable TcpWindows windows;
    private final MidStream midStream;
    private final ConnectionListener listener;
    private final @Nullable PacketsElsewhere elsewhere;
    private final int inspectorOffset;
    private final int inspectorBytes;
    private final FlowLimits limits;
    private final FlowHints hints;
    private final FlowsAhead ahead;
    private final FiveTuple nothing = new FiveTuple();
    private boolean reusing;
    private boolean hasMissed; // packets, at some time
    private long missedNs; // the last time

    // The packet looked at last
    private FiveTuple tuple = nothing;
    private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
    private long endpointId;
    private long cookie = NO_COOKIE;
    private int length;
    private long nowNs;
    private int flow = NONE;
    private boolean replaces;
    private Outcome outcome = Outcome.NO_FLOW;
    private InvalidReason reason = InvalidReason.NONE;
    private Refusal refusal = Refusal.NONE;

    ConnectionTracker(TrackerBuilder settings) {
        this.inspectorOffset =
                settings.checksWindows ? FlowFields.LENGTH_WITH_WINDOWS : FlowFields.LENGTH;
        this.inspectorBytes = settings.inspectorBytes;
        this.elsewhere = settings.elsewhere;
        this.table = table(settings);
        this.fragments =
                new FragmentTracker(
                        settings.datagrams, FragmentTracker.DEFAULT_TIMEOUT_NS, settings.hash);
        this.windows = settings.checksWindows ? new TcpWindows(value, segment) : null;
        this.hints = new FlowHints(settings.capacity, settings.memory);
        this.ahead = new FlowsAhead(hints, table);
        this.midStream = settings.midStream;
        this.listener = settings.listener;
        this.limits = new FlowLimits(settings);
    }

    private FlowTable table(TrackerBuilder settings) {
        FlowTableBuilder builder =
                FlowTable.builder(settings.capacity)
                        .valueLength(inspectorOffset + inspectorBytes)
                        .timeouts(settings.timeouts)
                        .whenFull(settings.whenFull)
                        .hash(settings.hash)
                        .memory(settings.memory)
                        .listener(this::flowEnded);
        PacketsElsewhere others = elsewhere;
        if (others != null) {
            builder.activity(
                    (ofTable, active) -> {
                        keepGap(active);
                        return others.lastNs(this, active);
                    });
        }
        return builder.build();
    }

    /**
     * {@return settings for a tracker, to be changed before it is built}
     *
     * @param capacity how many flows there is room for, 1 to {@value FlowTable#MAX_CAPACITY}
     */
    public static TrackerBuilder builder(int capacity) {
        return new TrackerBuilder(capacity);
    }

    /**
     * {@return what is known about a packet}
     *
     * @param packet borrowed until the next call; if it is a fragment, its flow is given ports
     * @param nowNs of any clock that does not go back, always the same one
     */
    public Outcome look(InspectedPacket packet, long nowNs) {
        GwlbMetadata metadata = packet.metadata();
        if (packet.flowStatus() != FlowStatus.OK) {
            return settle(Outcome.NO_FLOW);
        }
        return look(
                packet.flow(),
                packet.buffer(),
                packet.innerLength(),
                packet.endpointId(),
                metadata.hasFlowCookie() ? metadata.flowCookie() & UNSIGNED_INT : NO_COOKIE,
                nowNs);
    }

    /**
     * {@return what is known about a packet}
     *
     * @param tuple of the packet, successfully wrapped, of the five-tuple's scope; borrowed until
     *     the next call; if it is a fragment, it is given ports
     * @param buffer that the tuple was wrapped with
     * @param length bytes of the packet, for the statistics
     * @param endpointId tells networks apart
     * @param cookie of the load balancer, 0 to 2^32 - 1, or {@link #NO_COOKIE}
     * @param nowNs of any clock that does not go back, always the same one
     */
    public Outcome look(
            FiveTuple tuple, ByteBuf buffer, int length, long endpointId, long cookie, long nowNs) {
        borrow(tuple, buffer);
        this.length = length;
        this.endpointId = endpointId;
        this.cookie = cookie;
        this.nowNs = nowNs;
        this.replaces = false;
        this.flow = NONE;
        if (tuple.isIcmpError()) {
            return tuple.isQuoted() ? lookAtError() : settle(Outcome.UNRELATED);
        }
        if (tuple.isFragment() && !fragments.join(endpointId, tuple, nowNs) && hidesMore(tuple)) {
            return settle(Outcome.LOOSE_FRAGMENT);
        }
        if (tuple.protocol() == IpProtocol.TCP) {
            return lookAtTcp();
        }
        int found = find();
        if (found == NONE) {
            return settle(Outcome.NEW);
        }
        boolean fromBeginner = value.isFromBeginner(tuple);
        return refreshed(found, status(found), fromBeginner);
    }

    /**
     * Announces a packet that is to come, so that its flow is brought into the processor's caches
     * together with those of others, if it is known by its cookie: for who knows of several packets
     * at a time, up to {@value PacketHandler#AHEAD}. If it does not come, nothing is lost.
     *
     * @param flowCookie of the load balancer, in that packet
     */
    public void expect(int flowCookie) {
        ahead.expect(flowCookie);
    }

    /** {@return what the last packet was} */
    public Outcome outcome() {
        return outcome;
    }

    /** {@return why the last packet was invalid} */
    public InvalidReason reason() {
        return reason;
    }

    /**
     * {@return the flow of the last packet, if it is known, related, or has begun; else {@link
     * #NONE}}
     */
    public int flow() {
        return flow;
    }

    /**
     * Begins the flow of the last packet, which was {@link Outcome#NEW} or {@link
     * Outcome#MIDSTREAM}. If it takes the place of an old one on the same ports, that one ends.
     *
     * @param verdict of the policy, 0 to 255
     * @param rule that decided, any number
     * @param generation of the policy, any number
     * @return the flow, or {@link #NONE} if it was refused; {@link #refusal()} says why
     * @throws IllegalStateException if the last packet begins no flow, or has begun it
     */
    public int begin(int verdict, int rule, int generation) {
        TrackerBuilder.within("verdict", verdict, 0, FlowFields.VERDICT_MASK);
        if (flow != NONE || (outcome != Outcome.NEW && outcome != Outcome.MIDSTREAM)) {
            throw new IllegalStateException("a packet that begins no flow: " + outcome);
        }
        if (outcome == Outcome.MIDSTREAM && midStream != MidStream.ALLOW) {
            return refuse(Refusal.MID_STREAM);
        }
        if (replaces) {
            endOld();
        }
        boolean senderBegins = !answersSyn();
        Refusal limit = limits.refusal(tuple, endpointId, senderBegins);
        if (limit != Refusal.NONE) {
            return refuse(limit);
        }
        int begun = table.insert(endpointId, tuple, nowNs);
        if (begun == NONE) {
            return refuse(Refusal.TABLE_FULL);
        }
        limits.add(tuple, endpointId, senderBegins);
        refusal = Refusal.NONE;
        flow = begun;
        table.value(begun, value);
        value.setLong(FlowFields.START_OFFSET, nowNs);
        value.setInt(FlowFields.RULE_OFFSET, rule);
        value.setInt(FlowFields.GENERATION_OFFSET, generation);
        count(beginTcp(senderBegins, FlowFields.withVerdict(0, verdict)), senderBegins);
        return begun;
    }

    /** {@return why the last {@link #begin} added no flow} */
    public Refusal refusal() {
        return refusal;
    }

    /** {@return what the settings say about connections that are met in their middle} */
    public MidStream midStream() {
        return midStream;
    }

    /**
     * Ends a flow.
     *
     * @param flow from this tracker, not ended
     */
    public void remove(int flow) {
        table.remove(flow);
    }

    /**
     * Notes that a TCP connection was refused, and its ends are told so by resets that do not come
     * by here. It is over as after a reset that is beyond doubt: it has the timeout of closed ones,
     * and a SYN is {@link Outcome#NEW}. Until then what comes late belongs to it, and it is open
     * again if both sides go on.
     *
     * @param flow a live one
     * @throws IllegalArgumentException if it is not TCP
     */
    public void reset(int flow) {
        table.reset(flow);
        int status = table.getInt(flow, FlowFields.STATUS_OFFSET);
        if (FlowFields.state(status) != TcpState.CLOSED) {
            int next = FlowFields.withState(status, TcpState.RESET);
            table.setInt(flow, FlowFields.STATUS_OFFSET, next | FlowFields.TRUSTED_RESET);
        }
    }

    /**
     * Gives back the places of expired flows.
     *
     * @param nowNs of the same clock as ever
     * @param limit how many flows to look at, which bounds the time that this takes
     * @return how many were looked at: if as many as the limit, more may be due
     */
    public int expire(long nowNs, int limit) {
        return table.expire(nowNs, limit);
    }

    /**
     * Keeps the verdict of another generation of the policy.
     *
     * @param flow a live one
     * @param verdict 0 to 255
     * @param rule that decided
     * @param generation of the policy
     */
    public void judge(int flow, int verdict, int rule, int generation) {
        TrackerBuilder.within("verdict", verdict, 0, FlowFields.VERDICT_MASK);
        int status = table.getInt(flow, FlowFields.STATUS_OFFSET);
        table.setInt(flow, FlowFields.STATUS_OFFSET, FlowFields.withVerdict(status, verdict));
        table.setInt(flow, FlowFields.RULE_OFFSET, rule);
        table.setInt(flow, FlowFields.GENERATION_OFFSET, generation);
    }

    /**
     * Notes that packets passed without being looked at, of whatever flows. Of each flow that has
     * not been seen since, the next packet then finds a {@linkplain #hasGap gap}.
     *
     * @param nowNs when the last of them passed, or later, and no later than packets that will be
     *     looked at; of the same clock as ever
     */
    public void missed(long nowNs) {
        hasMissed = true;
        missedNs = nowNs;
    }

    /**
     * {@return whether packets of a flow may have passed without being looked at} Of TCP the
     * sequence numbers are unknown and unchecked from then on, as in a connection that was {@link
     * #isMidstream met in its middle}; who is beyond a handshake that was seen in part is
     * established.
     *
     * @param flow a live one
     */
    public boolean hasGap(int flow) {
        return (table.getInt(flow, FlowFields.STATUS_OFFSET) & FlowFields.GAP) != 0;
    }

    /**
     * {@return whether the last packet has a {@link #flow()}, with this verdict by this generation
     * of the policy}
     *
     * @param verdict 0 to 255
     * @param generation of the policy
     */
    public boolean isJudged(int verdict, int generation) {
        return flow != NONE
                && value.getInt(FlowFields.GENERATION_OFFSET) == generation
                && (value.getInt(FlowFields.STATUS_OFFSET) & FlowFields.VERDICT_MASK) == verdict;
    }

    /**
     * {@return the policy's verdict of a flow, 0 to 255}
     *
     * @param flow a live one
     */
    public int verdict(int flow) {
        return table.getInt(flow, FlowFields.STATUS_OFFSET) & FlowFields.VERDICT_MASK;
    }

    /**
     * {@return the rule that decided about a flow}
     *
     * @param flow a live one
     */
    public int rule(int flow) {
        return table.getInt(flow, FlowFields.RULE_OFFSET);
    }

    /**
     * {@return the generation of the policy that decided about a flow}
     *
     * @param flow a live one
     */
    public int generation(int flow) {
        return table.getInt(flow, FlowFields.GENERATION_OFFSET);
    }

    /**
     * {@return the latest cookie of a flow, 0 to 2^32 - 1, or {@link #NO_COOKIE}}
     *
     * @param flow a live one
     */
    public long cookie(int flow) {
        long later = elsewhere == null ? NO_COOKIE : elsewhere.cookie(this, flow);
        if (later != NO_COOKIE) {
            return later;
        }
        boolean has = (table.getInt(flow, FlowFields.STATUS_OFFSET) & FlowFields.HAS_COOKIE) != 0;
        return has ? table.getInt(flow, FlowFields.COOKIE_OFFSET) & UNSIGNED_INT : NO_COOKIE;
    }

    /**
     * {@return how far a connection is}
     *
     * @param flow a live one
     */
    public TcpState state(int flow) {
        return FlowFields.state(table.getInt(flow, FlowFields.STATUS_OFFSET));
    }

    /**
     * {@return whether a connection was met in its middle}
     *
     * @param flow a live one
     */
    public boolean isMidstream(int flow) {
        return (table.getInt(flow, FlowFields.STATUS_OFFSET) & FlowFields.MIDSTREAM) != 0;
    }

    /**
     * {@return when the first packet of a flow came}
     *
     * @param flow a live one
     */
    public long startNs(int flow) {
        return table.getLong(flow, FlowFields.START_OFFSET);
    }

    /**
     * {@return when the last packet of a flow came}
     *
     * @param flow a live one
     */
    public long lastNs(int flow) {
        long here = table.lastSeenNs(flow);
        if (elsewhere == null) {
            return here;
        }
        long there = elsewhere.lastNs(this, flow);
        return there - here > 0 ? there : here;
    }

    /**
     * {@return the packets of one direction of a flow}
     *
     * @param flow a live one
     * @param byBeginner which direction
     */
    public long packets(int flow, boolean byBeginner) {
        long here = table.getInt(flow, packetsOffset(byBeginner)) & UNSIGNED_INT;
        return elsewhere == null
                ? here
                : Math.min(here + elsewhere.packets(this, flow, byBeginner), UNSIGNED_INT);
    }

    /**
     * {@return the bytes of IP packets of one direction of a flow}
     *
     * @param flow a live one
     * @param byBeginner which direction
     */
    public long bytes(int flow, boolean byBeginner) {
        long here = table.getLong(flow, bytesOffset(byBeginner));
        return elsewhere == null ? here : here + elsewhere.bytes(this, flow, byBeginner);
    }

    /**
     * Takes over what was counted elsewhere, and is not counted there any more.
     *
     * @param flow a live one
     * @param byBeginner which direction
     * @param packets that passed
     * @param bytes of them
     * @param lastNs when the last one passed
     * @param lastCookie of that one, 0 to 2^32 - 1, or {@link #NO_COOKIE}; it counts unless a later
     *     packet had another
     */
    public void passed(
            int flow, boolean byBeginner, long packets, long bytes, long lastNs, long lastCookie) {
        int at = packetsOffset(byBeginner);
        long sum = (table.getInt(flow, at) & UNSIGNED_INT) + packets;
        table.setInt(flow, at, (int) Math.min(sum, UNSIGNED_INT));
        int bytesAt = bytesOffset(byBeginner);
        table.setLong(flow, bytesAt, table.getLong(flow, bytesAt) + bytes);
        boolean isLatest = lastNs - table.lastSeenNs(flow) >= 0;
        keepGap(flow);
        table.seenElsewhere(flow, lastNs);
        if (isLatest && lastCookie != NO_COOKIE) {
            int status = table.getInt(flow, FlowFields.STATUS_OFFSET);
            table.setInt(flow, FlowFields.STATUS_OFFSET, status | FlowFields.HAS_COOKIE);
            table.setInt(flow, FlowFields.COOKIE_OFFSET, (int) lastCookie);
        }
    }

    /**
     * Makes a view show a flow, from its beginner to the other endpoint.
     *
     * @param flow a live one
     * @param tuple receives it; has no packet then
     * @return the same view
     */
    public FiveTuple read(int flow, FiveTuple tuple) {
        return table.read(flow, tuple);
    }

    /**
     * {@return the table that holds the flows, to walk or to read it; whoever changes it breaks the
     * limits}
     */
    public FlowTable table() {
        return table;
    }

    /** {@return where the inspectors' bytes begin in a flow's value of {@link #table()}} */
    public int inspectorOffset() {
        return inspectorOffset;
    }

    /** {@return how many bytes of each flow are the inspectors'} */
    public int inspectorBytes() {
        return inspectorBytes;
    }

    /**
     * Changes for how long flows may be idle; it counts at once, and for flows that are in.
     *
     * @param timeouts from now on
     */
    public void timeouts(FlowTimeouts timeouts) {
        table.timeouts(timeouts);
    }

    /** {@return how many flows are in, some of them perhaps expired} */
    public int size() {
        return table.size();
    }

    /** {@return what happened to flows; the same object always} */
    public FlowCounters counters() {
        return table.counters();
    }

    /** {@return the bytes of memory that flows take off the heap} */
    public long memoryLength() {
        return table.memoryLength() + hints.memoryLength();
    }

    /**
     * {@return how many flows an endpoint has; 0 if there is no limit, as they are not counted
     * then}
     *
     * @param endpointId which
     */
    public int flowsOfEndpoint(long endpointId) {
        return limits.flowsOfEndpoint(endpointId);
    }

    /**
     * {@return how many flows the sender of a packet has begun; 0 if there is no limit, as they are
     * not counted then}
     *
     * @param endpointId where
     * @param tuple whose source is asked for
     */
    public int flowsOfSource(long endpointId, FiveTuple tuple) {
        return limits.flowsOfSource(tuple, endpointId);
    }

    private Outcome lookAtError() {
        if (tuple.isMisdirected()) {
            return invalid(InvalidReason.MISDIRECTED);
        }
        fragments.join(endpointId, tuple, nowNs);
        int found = table.peek(endpointId, tuple, nowNs, value);
        if (found == NONE) {
            return settle(Outcome.UNRELATED);
        }
        return settle(Outcome.RELATED, found);
    }

    private Outcome lookAtTcp() {
        if (!tuple.hasTcpHeader()) {
            return lookAtPart();
        }
        segment.read(tuple, buffer);
        if (!segment.isWhole()) {
            return invalid(InvalidReason.BAD_HEADER);
        }
        int control = segment.control();
        if (!ControlFlags.areValid(control)) {
            return invalid(InvalidReason.BAD_FLAGS);
        }
        int found = find();
        if (found == NONE) {
            return settle(control == TcpFlags.SYN ? Outcome.NEW : Outcome.MIDSTREAM);
        }
        int status = status(found);
        return control == TcpFlags.ACK && FlowFields.isQuiet(status)
                ? lookAtAck(found, status)
                : lookAtSegment(found, status, control);
    }

    /**
     * Looks at what nearly every segment is, on a short way through the rules that {@link
     * #lookAtSegment} has: an acknowledgment, with data or without, of an established connection.
     */
    private Outcome lookAtAck(int found, int status) {
        boolean fromBeginner = value.isFromBeginner(tuple);
        if (windows != null && (status & FlowFields.UNKNOWN_NUMBERS) == 0) {
            int scale = FlowFields.scale(status, fromBeginner);
            InvalidReason bad = windows.judge(TcpFlags.ACK, fromBeginner, scale, false);
            if (bad != InvalidReason.NONE) {
                return invalid(bad);
            }
        }
        return refreshed(found, status, fromBeginner);
    }

    /** {@return the flow of the packet, at whose value the view points, or NONE} */
    private int find() {
        if (cookie == NO_COOKIE) {
            return table.peek(endpointId, tuple, nowNs, value);
        }
        int guess = ahead.flow((int) cookie);
        int found = table.peek(endpointId, tuple, guess, nowNs, value);
        if (found != guess && found != NONE) {
            hints.remember((int) cookie, found);
        }
        return found;
    }

    /** Looks at a fragment of a segment. */
    private Outcome lookAtPart() {
        int found = table.peek(endpointId, tuple, nowNs, value);
        if (found == NONE) {
            return settle(Outcome.MIDSTREAM);
        }
        boolean fromBeginner = value.isFromBeginner(tuple);
        int status = status(found);
        int next = windows == null ? status : status | FlowFields.unseen(fromBeginner);
        return known(found, next, fromBeginner);
    }

    /** {@return the status of the flow that was found, at whose value the view points} */
    private int status(int found) {
        int status = value.getInt(FlowFields.STATUS_OFFSET);
        return mayHaveMissed(found) ? status | FlowFields.GAP : status;
    }

    private boolean mayHaveMissed(int found) {
        return hasMissed && table.lastSeenNs(found) - missedNs <= 0;
    }

    /** Keeps the gap of a flow that the table is about to learn was seen elsewhere, since. */
    private void keepGap(int found) {
        if (mayHaveMissed(found)) {
            int status = table.getInt(found, FlowFields.STATUS_OFFSET);
            table.setInt(found, FlowFields.STATUS_OFFSET, status | FlowFields.GAP);
        }
    }

    private Outcome lookAtSegment(int found, int status, int control) {
        if (control == TcpFlags.SYN && isOver(found, status)) {
            replaces = true;
            return settle(Outcome.NEW);
        }
        boolean fromBeginner = value.isFromBeginner(tuple);
        TcpState before = FlowFields.state(status);
        if (control == TcpFlags.SYN && isAnotherTry(status, before, fromBeginner)) {
            replaces = true;
            return settle(Outcome.NEW);
        }
        boolean numbered = areNumbersKnown(status);
        boolean synAck = control == (TcpFlags.SYN | TcpFlags.ACK);
        if (synAck
                && !numbered
                && (before == TcpState.RESET
                        || (!fromBeginner && (status & FlowFields.BEGINS_AGAIN) != 0))) {
            endOld(); // the responder knows of none: the reset, or the SYN, was no forger's
            return settle(Outcome.MIDSTREAM);
        }
        TcpState after = before.after(fromBeginner, control);
        if (after == null && (status & FlowFields.GAP) != 0) {
            after = TcpState.ESTABLISHED.after(fromBeginner, control); // the answer was missed
        }
        if (after == null) {
            return invalid(InvalidReason.UNEXPECTED);
        }
        int next = status;
        if (windows == null || !numbered) {
            if ((control & TcpFlags.RST) != 0 && before.isOpening()) {
                next |= FlowFields.TRUSTED_RESET;
            }
            if (control == TcpFlags.SYN && fromBeginner && !before.isOpening()) {
                next |= FlowFields.BEGINS_AGAIN;
            } else if (!fromBeginner) {
                next &= ~FlowFields.BEGINS_AGAIN; // who answers otherwise has a connection
            }
        } else if (before == TcpState.SYN_SENT && fromBeginner && control != TcpFlags.SYN) {
            // A reset, as no other segment passes: of the SYN, or of what an older connection
            // answered
            if (!windows.isOfSyn(true)) {
                table.seenElsewhere(found, nowNs); // not closed: the table must not see the reset
                count(status, true);
                return settle(Outcome.KNOWN, found);
            }
            next |= FlowFields.TRUSTED_RESET;
        } else {
            boolean opens = windows.opensSide(before, fromBeginner, control);
            boolean again = opens && !synAck && windows.isOpenedBySame(fromBeginner);
            boolean takes = fromBeginner && takesAnswer(status, control);
            if (takes) {
                windows.takeAnswer();
            }
            InvalidReason bad = windows.judge(status, before, fromBeginner, control);
            if (bad != InvalidReason.NONE) {
                return invalid(bad);
            }
            if (opens) {
                int scale = windowScale();
                if (!again || scale != TcpOptions.NO_SCALE) { // else the earlier one's holds
                    next = FlowFields.withScale(status, fromBeginner, scale);
                }
                if (before == TcpState.SYN_RECEIVED) {
                    next |= FlowFields.ANSWERED_TWICE;
                }
            } else if (takes) {
                next &= ~FlowFields.ANSWERED_TWICE;
            } else if (windows.isTrustedReset(before, fromBeginner, control)) {
                next |= FlowFields.TRUSTED_RESET;
            }
        }
        // A SYN that changes nothing keeps no connection alive that both sides have forgotten
        boolean counts = control != TcpFlags.SYN || before == TcpState.SYN_SENT;
        return known(
                found,
                FlowFields.withState(next, after),
                fromBeginner,
                counts ? nowNs : table.lastSeenNs(found));
    }

    /** {@return whether a beginner's segment tells which one of several answers it goes on by} */
    private static boolean takesAnswer(int status, int control) {
        return (status & FlowFields.ANSWERED_TWICE) != 0
                && (control & (TcpFlags.SYN | TcpFlags.RST | TcpFlags.ACK)) == TcpFlags.ACK;
    }

    private boolean areNumbersKnown(int status) {
        return windows != null && (status & FlowFields.UNKNOWN_NUMBERS) == 0;
    }

    /**
     * {@return whether a SYN that the responder has answered comes from its sender with other
     * numbers: it has given up the first try}
     */
    private boolean isAnotherTry(int status, TcpState state, boolean fromBeginner) {
        return windows != null
                && state == TcpState.SYN_RECEIVED
                && fromBeginner
                && areNumbersKnown(status)
                && !windows.isSynAgain(true);
    }

    /** {@return whether a SYN begins a new connection in the place of this one} */
    private boolean isOver(int found, int status) {
        TcpState state = FlowFields.state(status);
        if (state == TcpState.CLOSED) {
            return true;
        }
        if (state == TcpState.RESET && (status & FlowFields.TRUSTED_RESET) != 0) {
            return true;
        }
        long latest = cookie(found);
        return cookie != NO_COOKIE && latest != NO_COOKIE && cookie != latest;
    }

    /**
     * Counts a packet of a flow whose status stays; its state is open, and it has neither FIN nor
     * RST.
     */
    private Outcome refreshed(int found, int status, boolean fromBeginner) {
        if (!table.refreshSettled(value, nowNs)) {
            return known(found, status, fromBeginner);
        }
        count(status, fromBeginner);
        return settle(Outcome.KNOWN, found);
    }

    /** Counts a packet of a flow, whose status is this from now on. */
    private Outcome known(int found, int status, boolean fromBeginner) {
        return known(found, status, fromBeginner, nowNs);
    }

    /** Likewise, where the flow counts as seen then. */
    private Outcome known(int found, int status, boolean fromBeginner, long seenNs) {
        if (table.refresh(found, tuple, seenNs) == NONE) {
            return settle(Outcome.NEW); // the table took it for the beginning of a new one
        }
        TcpState state = FlowFields.state(status);
        if (state.compareTo(TcpState.CLOSED) >= 0 && !table.isClosed(found)) {
            // Both sides went on: what closed it was forged, or got lost
            status = FlowFields.withState(status & ~FlowFields.TRUSTED_RESET, TcpState.ESTABLISHED);
        }
        count(status, fromBeginner);
        return settle(Outcome.KNOWN, found);
    }

    private void count(int status, boolean fromBeginner) {
        int next = status;
        if (cookie != NO_COOKIE) {
            next |= FlowFields.HAS_COOKIE;
            value.setInt(FlowFields.COOKIE_OFFSET, (int) cookie);
        }
        value.setInt(FlowFields.STATUS_OFFSET, next);
        int bytes = bytesOffset(fromBeginner);
        value.setLong(bytes, value.getLong(bytes) + length);
        int packets = packetsOffset(fromBeginner);
        int count = value.getInt(packets);
        if (count != -1) {
            value.setInt(packets, count + 1);
        }
    }

    private int beginTcp(boolean senderBegins, int status) {
        if (tuple.protocol() != IpProtocol.TCP) {
            return status;
        }
        int control = ControlFlags.control(tuple.tcpFlags());
        int next = FlowFields.withState(status, TcpState.begin(control));
        if (outcome == Outcome.MIDSTREAM) {
            return next | FlowFields.MIDSTREAM;
        }
        if (windows != null) {
            windows.open(senderBegins);
        }
        return FlowFields.withScale(next, senderBegins, windowScale());
    }

    private int windowScale() {
        int header = tuple.transportOffset();
        return TcpOptions.windowScale(
                buffer, header + TcpOptions.OFFSET, header + segment.headerLength());
    }

    private void endOld() {
        int old = table.peek(endpointId, tuple, nowNs);
        if (old == NONE) {
            return;
        }
        reusing = true;
        try {
            table.remove(old);
        } finally {
            reusing = false;
        }
    }

    private void flowEnded(FlowTable table, int flow, FlowEnd end) {
        limits.subtract(table, flow);
        listener.connectionEnded(this, flow, reason(flow, end));
    }

    private ConnectionEnd reason(int flow, FlowEnd end) {
        return switch (end) {
            case EVICTED -> ConnectionEnd.EVICTED;
            case REOPENED -> ConnectionEnd.REUSED;
            case REMOVED -> reusing ? ConnectionEnd.REUSED : ConnectionEnd.REMOVED;
            case EXPIRED ->
                    switch (state(flow)) {
                        case CLOSED -> ConnectionEnd.CLOSED;
                        case RESET -> ConnectionEnd.RESET;
                        default -> ConnectionEnd.IDLE;
                    };
        };
    }

    private int refuse(Refusal why) {
        refusal = why;
        return NONE;
    }

    private Outcome invalid(InvalidReason why) {
        return settle(Outcome.INVALID, why, NONE);
    }

    private Outcome settle(Outcome what) {
        return settle(what, InvalidReason.NONE, NONE);
    }

    private Outcome settle(Outcome what, int found) {
        return settle(what, InvalidReason.NONE, found);
    }

    private Outcome settle(Outcome what, InvalidReason why, int found) {
        if (outcome != what || reason != why) {
            outcome = what; // the same ones, as for most packets, spare the collector's barrier
            reason = why;
        }
        flow = found;
        return what;
    }

    @SuppressWarnings("ReferenceEquality") // asks whether it is stored already
    private void borrow(FiveTuple tuple, ByteBuf buffer) {
        if (this.tuple != tuple) {
            this.tuple = tuple; // the same one, as from a worker, spares the collector's barrier
        }
        if (this.buffer != buffer) {
            this.buffer = buffer;
        }
    }

    /** {@return whether the packet answers a SYN, so that its receiver counts as the beginner} */
    private boolean answersSyn() {
        return tuple.protocol() == IpProtocol.TCP
                && ControlFlags.control(tuple.tcpFlags()) == (TcpFlags.SYN | TcpFlags.ACK);
    }

    /**
     * {@return whether the datagram, whole, would be of a flow that this fragment does not show: it
     * has ports, or more headers, which may say that it has (RFC 7112)}
     */
    private static boolean hidesMore(FiveTuple tuple) {
        int protocol = tuple.protocol();
        return IpProtocol.hasPorts(protocol)
                || protocol == IpProtocol.ICMP
                || protocol == IpProtocol.ICMPV6
                || (tuple.isIpv6() && IpProtocol.isExtensionHeader(protocol));
    }

    private static int bytesOffset(boolean byBeginner) {
        return byBeginner ? FlowFields.BEGINNER_BYTES_OFFSET : FlowFields.RESPONDER_BYTES_OFFSET;
    }

    private static int packetsOffset(boolean byBeginner) {
        return byBeginner
                ? FlowFields.BEGINNER_PACKETS_OFFSET
                : FlowFields.RESPONDER_PACKETS_OFFSET;
    }
}
