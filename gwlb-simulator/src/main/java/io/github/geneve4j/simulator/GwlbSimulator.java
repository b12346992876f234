package io.github.geneve4j.simulator;

import static io.github.geneve4j.simulator.Flows.NONE;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.FragmentTracker;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.gwlb.GwlbDialect;
import io.github.geneve4j.gwlb.GwlbMetadata;
import io.github.geneve4j.gwlb.GwlbOptions;
import io.github.geneve4j.packets.TcpReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Gateway Load Balancer without wires: one target group, a node in each zone, endpoints by
 * service.
 *
 * {@snippet :
 * GwlbSimulator lb = GwlbSimulator.builder()
 *         .node("zone-a", 0x0a000105)
 *         .target("fw-1", 0x0a00010a, "zone-a")
 *         .output(output)
 *         .build(0);
 * Endpoint endpoint = lb.service("svc", false)
 *         .createEndpoint(EndpointId.parse("vpce-00000000000000001"), "zone-a", 0);
 * lb.fromEndpoint(endpoint, Side.INSIDE, packet, GwlbSimulator.HEADROOM, length, now);
 * }
 *
 * <p>Every call takes the time in nanoseconds, of any clock that does not go back, and does first
 * whatever was due by then, in the order in which it was due. {@link #nextDeadline} tells when
 * something is due without a packet: call {@link #advance} then.
 *
 * <p><b>Allocation:</b> none for a packet of a known flow, or its reply, unless it is dropped; none
 * for new flows, either, where nobody {@linkplain SimulatorOutput#isListening is told} of them.
 * <b>Threads:</b> one. <b>Ownership:</b> borrows buffers for the call, and moves no index.
 */
public final class GwlbSimulator {
    /** The bytes before an inner packet that {@link #fromEndpoint} writes the Geneve header to. */
    public static final int HEADROOM = 40;

    /** The longest inner packet that the load balancer takes unless told otherwise, in bytes. */
    public static final int DEFAULT_MTU = 8500;

    /** How many flows there is room for unless told otherwise. */
    public static final int DEFAULT_FLOW_CAPACITY = 131_072;

    /** The most flows that there can be room for. */
    public static final int MAX_FLOW_CAPACITY = 1 << 22;

    private static final int FRAGMENTED_DATAGRAMS = 1024;
    private static final Objection[] OBJECTIONS = Objection.values();

    private final TargetGroupSettings settings;
    private final TcpResets resets;
    private final int mtu;
    private final Strictness[] strictness;
    private final SimulatorOutput output;
    private final long startNanos;
    private final SimulatorCounters counters = new SimulatorCounters();
    private final List<Node> nodes;
    private final List<EndpointService> services = new ArrayList<>();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final TargetGroup group;
    private final Flows flows;

    // Packets on their way to a target
    private final InnerFlow offered;
    private final GwlbOptions options = new GwlbOptions(GwlbDialect.AWS);
    private final ByteBuf reset = Unpooled.buffer(TcpReset.IPV6_LENGTH);

    // Datagrams on their way back
    private final GeneveDecoder geneve = new GeneveDecoder();
    private final GwlbMetadata metadata = new GwlbMetadata();
    private final InnerFlow returned;
    private @Nullable Endpoint lastEndpoint; // that a reply named
    private int judged = NONE; // the reply's flow, if it is known
    private String detail = ""; // what is wrong with the reply

    private long time;
    private long soonest; // nothing is due before
    private boolean advancing;

    GwlbSimulator(GwlbSimulatorBuilder builder, SimulatorOutput output, long nowNanos) {
        this.settings = builder.group;
        this.resets = settings.tcpResets();
        this.mtu = builder.mtu;
        this.output = output;
        this.startNanos = nowNanos;
        this.time = nowNanos;
        this.soonest = nowNanos;
        this.strictness = new Strictness[OBJECTIONS.length];
        for (Objection objection : OBJECTIONS) {
            strictness[objection.ordinal()] =
                    builder.strictness.getOrDefault(objection, Strictness.NOTE);
        }
        FragmentTracker fragments =
                new FragmentTracker(
                        FRAGMENTED_DATAGRAMS,
                        FragmentTracker.DEFAULT_TIMEOUT_NS,
                        FlowHash.seeded(builder.seed));
        this.offered = new InnerFlow(settings.stickiness(), fragments);
        this.returned = new InnerFlow(settings.stickiness(), fragments);
        List<Node> made = new ArrayList<>();
        for (GwlbSimulatorBuilder.NamedNode node : builder.nodes) {
            made.add(new Node(made.size(), node.zone(), node.address()));
        }
        this.nodes = Collections.unmodifiableList(made);
        this.flows = new Flows(builder, output, counters);
        this.group = new TargetGroup(builder, nodes, output, counters, this::rebalance);
        for (GwlbSimulatorBuilder.NamedTarget target : builder.targets) {
            nodeOf(target.zone());
            group.register(group.add(target.name(), target.address(), target.zone()), nowNanos);
        }
    }

    /** {@return settings for a simulator, to be changed before it is built} */
    public static GwlbSimulatorBuilder builder() {
        return new GwlbSimulatorBuilder();
    }

    /**
     * Creates an endpoint service.
     *
     * @param name of no other service
     * @param acceptanceRequired whether its endpoints wait for {@link EndpointService#accept}
     * @return the service
     */
    public EndpointService service(String name, boolean acceptanceRequired) {
        for (EndpointService service : services) {
            if (service.name().equals(name)) {
                throw new IllegalArgumentException("service " + name + ": exists already");
            }
        }
        EndpointService service = new EndpointService(this, name, acceptanceRequired);
        services.add(service);
        return service;
    }

    /**
     * Takes an inner packet that was routed into an endpoint.
     *
     * @param endpoint that it enters by
     * @param side that it enters by
     * @param buffer borrowed; the {@value #HEADROOM} bytes before {@code offset} are overwritten
     * @param offset absolute index of the IP header, at least {@value #HEADROOM}
     * @param length bytes of the packet
     * @param nowNanos the time
     */
    public void fromEndpoint(
            Endpoint endpoint, Side side, ByteBuf buffer, int offset, int length, long nowNanos) {
        if (offset < HEADROOM) {
            throw new IllegalArgumentException(
                    "offset " + offset + ": less than " + HEADROOM + " bytes of headroom");
        }
        reach(nowNanos);
        if (endpoint.state != EndpointState.AVAILABLE) {
            dropOffered(DropReason.ENDPOINT_NOT_AVAILABLE, endpoint, side, "");
            return;
        }
        if (length > mtu) {
            dropOffered(DropReason.ABOVE_MTU, endpoint, side, length + " bytes");
            return;
        }
        FlowStatus status = offered.read(endpoint.id().value(), buffer, offset, length, nowNanos);
        if (status != FlowStatus.OK) {
            dropOffered(DropReason.MALFORMED_PACKET, endpoint, side, status.label());
            return;
        }
        int flow = flows.find(endpoint, offered, nowNanos);
        if (flow == NONE) {
            flow = begin(endpoint, side, buffer, offset);
        } else if (isToBeReset(flow)) {
            flows.end(flow, FlowEndReason.RESET, nowNanos);
            dropOffered(DropReason.ANSWERED_WITH_RESET, endpoint, side, "");
            sendReset(endpoint, side, buffer, offset);
            return;
        }
        if (flow != NONE) {
            send(flow, endpoint, side, buffer, offset, length);
        }
    }

    /**
     * Takes a UDP datagram that arrived at a node, and judges it as a target's reply.
     *
     * @param node that it arrived at
     * @param sourceAddress IPv4
     * @param sourcePort UDP
     * @param destinationPort UDP
     * @param buffer borrowed
     * @param offset absolute index of the first byte after the UDP header
     * @param length bytes of the UDP payload
     * @param nowNanos the time
     */
    public void fromTarget(
            Node node,
            int sourceAddress,
            int sourcePort,
            int destinationPort,
            ByteBuf buffer,
            int offset,
            int length,
            long nowNanos) {
        reach(nowNanos);
        DropReason reason = judge(node, sourceAddress, destinationPort, buffer, offset, length);
        if (reason != null) {
            dropReturned(reason, sourceAddress, sourcePort);
            return;
        }
        int flow = judged;
        Endpoint endpoint = flows.endpoint(flow);
        int objections =
                ReplyHeader.differences(
                        geneve, metadata, endpoint.attachmentId(), returned.packet());
        if (sourcePort != flows.sourcePort(flow)) {
            objections |= Objection.SOURCE_PORT_CHANGED.bit();
        }
        if (objections != 0 && object(objections, flow)) {
            dropReturned(DropReason.OBJECTION, sourceAddress, sourcePort);
            return;
        }
        Target target = flows.target(flow);
        int payload = geneve.payloadLength();
        target.packetsReturned++;
        flows.countReturned(flow);
        counters.packetsReturned++;
        counters.add(CloudWatchMetric.PROCESSED_BYTES, payload);
        output.fromEndpoint(
                endpoint,
                flows.exit(flow, returned.key()),
                buffer,
                geneve.payloadOffset(),
                payload,
                nowNanos);
    }

    /**
     * Takes a fragment of an outer IPv4 packet: it is dropped and counted.
     *
     * @param node that it arrived at
     * @param sourceAddress IPv4
     * @param nowNanos the time
     */
    public void fragmentFromTarget(Node node, int sourceAddress, long nowNanos) {
        reach(nowNanos);
        detail = "at node " + node.zone();
        dropReturned(DropReason.OUTER_FRAGMENT, sourceAddress, 0);
    }

    /**
     * Takes the answer to a probe, or that there will be none.
     *
     * @param probe from {@link SimulatorOutput#probe}
     * @param passed whether the target is well
     * @param nowNanos the time
     */
    public void healthResult(HealthProbe probe, boolean passed, long nowNanos) {
        reach(nowNanos);
        group.healthResult(probe, passed, nowNanos);
        soonest = nextDeadline();
    }

    /**
     * Registers a target that is new.
     *
     * @param name of no other target
     * @param address IPv4, of no other target
     * @param zone of a node
     * @param nowNanos the time
     * @return the target
     */
    public Target register(String name, int address, String zone, long nowNanos) {
        reach(nowNanos);
        nodeOf(zone);
        Target target = group.add(name, address, zone);
        group.register(target, nowNanos);
        soonest = nextDeadline();
        return target;
    }

    /**
     * Registers a target again that was deregistered; its health begins anew.
     *
     * @param target draining or unused
     * @param nowNanos the time
     * @throws IllegalStateException if it is registered
     */
    public void register(Target target, long nowNanos) {
        reach(nowNanos);
        group.register(target, nowNanos);
        soonest = nextDeadline();
    }

    /**
     * Takes a target out of the group: it gets no new flows, and drains.
     *
     * @param target registered
     * @param nowNanos the time
     * @throws IllegalStateException if it is not registered
     */
    public void deregister(Target target, long nowNanos) {
        reach(nowNanos);
        group.deregister(target, nowNanos);
        soonest = nextDeadline();
    }

    /**
     * Gives a node another address.
     *
     * @param node whose
     * @param address IPv4, of no other node
     * @param nowNanos the time
     */
    public void moveNode(Node node, int address, long nowNanos) {
        reach(nowNanos);
        for (Node other : nodes) {
            if (other.address() == address) {
                throw new IllegalArgumentException(
                        "address " + FlowFormat.ipv4(address) + ": is that of node " + other);
            }
        }
        int from = node.address();
        node.moveTo(address);
        output.event(new SimulatorEvent.NodeMoved(nowNanos, node, from, address));
    }

    /**
     * Does whatever is due.
     *
     * @param nowNanos the time, not before that of any earlier call
     */
    public void advance(long nowNanos) {
        if (nowNanos < time) {
            throw new IllegalArgumentException(
                    "time " + nowNanos + " ns: before " + time + ", where we are");
        }
        if (advancing) {
            if (nowNanos != time) {
                throw new IllegalArgumentException(
                        "time " + nowNanos + " ns: not " + time + ", of the call it is within");
            }
            return; // the call that this one is within goes on afterwards
        }
        advancing = true;
        try {
            for (long due = nextDeadline(); due <= nowNanos; due = nextDeadline()) {
                time = Math.max(time, due);
                runOne(due);
            }
        } finally {
            advancing = false;
        }
        time = nowNanos;
        soonest = nextDeadline();
    }

    private void runOne(long due) {
        if (group.nextDeadline() == due) {
            group.runOne(due);
        } else {
            flows.expireOne(due);
        }
    }

    /** {@return when something is due at the earliest; {@link Long#MAX_VALUE} for never} */
    public long nextDeadline() {
        return Math.min(group.nextDeadline(), flows.nextDeadline());
    }

    /** {@return the attributes of the target group} */
    public TargetGroupSettings targetGroup() {
        return settings;
    }

    /**
     * {@return what becomes of replies with an objection}
     *
     * @param objection any
     */
    public Strictness strictness(Objection objection) {
        return strictness[objection.ordinal()];
    }

    /** {@return the nodes} */
    public List<Node> nodes() {
        return nodes;
    }

    /** {@return all targets that were ever registered, in that order} */
    public List<Target> targets() {
        return Collections.unmodifiableList(group.targets());
    }

    /** {@return all endpoints that were ever created, in that order} */
    public List<Endpoint> endpoints() {
        return Collections.unmodifiableList(endpoints);
    }

    /** {@return the services} */
    public List<EndpointService> services() {
        return Collections.unmodifiableList(services);
    }

    /** {@return the time that it was built at: where the seconds of event lines begin} */
    public long startNanos() {
        return startNanos;
    }

    /** {@return what was counted} */
    public SimulatorCounters counters() {
        return counters;
    }

    /**
     * {@return some of the flows that there are now, for people to look at}
     *
     * @param limit how many at most
     */
    public List<FlowSnapshot> flows(int limit) {
        List<FlowSnapshot> some = new ArrayList<>();
        for (int flow = flows.next(NONE);
                flow != NONE && some.size() < limit;
                flow = flows.next(flow)) {
            some.add(flows.snapshot(flow));
        }
        return some;
    }

    Endpoint createEndpoint(
            EndpointService service,
            EndpointId id,
            String zone,
            long attachmentId,
            EndpointState state,
            long nowNanos) {
        reach(nowNanos);
        Node node = nodeOf(zone);
        if (endpointOf(id.value()) != null) {
            throw new IllegalArgumentException("endpoint " + id + ": exists already");
        }
        Endpoint endpoint = new Endpoint(service, id, node, attachmentId, state);
        endpoints.add(endpoint);
        output.event(new SimulatorEvent.EndpointChanged(nowNanos, endpoint, state));
        return endpoint;
    }

    void changeEndpoint(Endpoint endpoint, EndpointState state, long nowNanos) {
        reach(nowNanos);
        endpoint.state = state;
        output.event(new SimulatorEvent.EndpointChanged(nowNanos, endpoint, state));
        if (state != EndpointState.AVAILABLE) {
            flows.endAllOf(endpoint, nowNanos);
        }
    }

    // Time

    /** Does what is due by now, before a call does its own. */
    private void reach(long nowNanos) {
        if (nowNanos >= soonest || nowNanos < time || advancing) {
            advance(nowNanos);
        } else {
            time = nowNanos;
        }
    }

    /** Called by the group when a target fails, has drained, or is there for others' flows. */
    private void rebalance(long nowNanos) {
        if (settings.failover() == TargetFailover.REBALANCE) {
            flows.rebalance(group, nowNanos);
        }
    }

    // To targets

    /** {@return the flow that a packet begins, or NONE if it was dropped instead} */
    private int begin(Endpoint endpoint, Side side, ByteBuf buffer, int offset) {
        if (offered.isQuoted()) {
            dropOffered(DropReason.ERROR_WITHOUT_FLOW, endpoint, side, text(offered.packet()));
            return NONE;
        }
        if (offered.isTcp() && !offered.isSyn()) {
            dropOffered(DropReason.TCP_WITHOUT_FLOW, endpoint, side, text(offered.packet()));
            if (resets.onIdleTimeout() && offered.hasTcpHeader() && !offered.isReset()) {
                sendReset(endpoint, side, buffer, offset);
            }
            return NONE;
        }
        long hash = flows.hash(endpoint, offered.key());
        Target target = group.choose(endpoint.node, hash);
        int flow = target == null ? NONE : flows.begin(endpoint, offered, hash, target, time);
        if (flow == NONE) {
            if (offered.isTcp()) {
                counters.add(CloudWatchMetric.REJECTED_FLOW_COUNT_TCP, 1);
            }
            dropOffered(
                    target == null ? DropReason.NO_TARGET : DropReason.FLOW_TABLE_FULL,
                    endpoint,
                    side,
                    text(offered.packet()));
        }
        return flow;
    }

    /** {@return whether the sender of a packet has to learn that its flow's target is lost} */
    private boolean isToBeReset(int flow) {
        if (!flows.targetFailed(flow)) {
            return false;
        }
        Target target = flows.target(flow);
        boolean lost =
                (target.isUnwell() && resets.onUnhealthy())
                        || (target.state() == TargetState.UNUSED && resets.onDeregistration());
        return lost && offered.isTcp() && offered.hasTcpHeader() && !offered.isReset();
    }

    private void send(
            int flow, Endpoint endpoint, Side side, ByteBuf buffer, int offset, int length) {
        if (!offered.isQuoted()) {
            soonest = Math.min(soonest, flows.touch(flow, offered.key(), side, time));
        }
        Target target = flows.target(flow);
        int start = offset - HEADROOM;
        options.begin(buffer, start, offered.packet().isIpv6() ? EtherType.IPV6 : EtherType.IPV4)
                .endpointId(endpoint.id().value())
                .attachmentId(endpoint.attachmentId())
                .flowCookie(flows.cookie(flow));
        target.packetsSent++;
        flows.countSent(flow);
        counters.packetsSent++;
        counters.add(CloudWatchMetric.PROCESSED_BYTES, length);
        output.toTarget(
                endpoint.node,
                target,
                flows.sourcePort(flow),
                buffer,
                start,
                HEADROOM + length,
                time);
    }

    private void sendReset(Endpoint endpoint, Side side, ByteBuf buffer, int offset) {
        int length = TcpReset.answer(offered.packet(), buffer, offset, reset, 0);
        counters.add(CloudWatchMetric.TCP_ELB_RESET_COUNT, 1);
        if (output.isListening()) {
            output.event(
                    new SimulatorEvent.ResetSent(time, endpoint, side, text(offered.packet())));
        }
        output.fromEndpoint(endpoint, side, reset, 0, length, time);
    }

    private void dropOffered(DropReason reason, Endpoint endpoint, Side side, String detail) {
        counters.count(reason);
        if (output.isListening()) {
            output.event(
                    new SimulatorEvent.PacketDropped(
                            time, reason, endpoint + " " + side.label(), detail));
        }
    }

    // From targets

    /** {@return why a reply is to be dropped, or {@code null}; its flow is {@code judged} then} */
    private @Nullable DropReason judge(
            Node node,
            int sourceAddress,
            int destinationPort,
            ByteBuf buffer,
            int offset,
            int length) {
        judged = NONE;
        detail = "";
        if (destinationPort != Geneve.UDP_PORT) {
            detail = "to port " + destinationPort;
            return DropReason.WRONG_DESTINATION_PORT;
        }
        DecodeStatus status = geneve.wrap(buffer, offset, length);
        if (status != DecodeStatus.OK) {
            detail = status.label();
            return DropReason.MALFORMED_GENEVE;
        }
        if (!group.hasAddress(sourceAddress)) {
            return DropReason.SOURCE_IS_NO_TARGET;
        }
        DropReason reason = judgeOptions();
        return reason != null ? reason : judgeFlow(node, sourceAddress, buffer);
    }

    private @Nullable DropReason judgeOptions() {
        boolean aws = metadata.read(geneve) && metadata.dialect() == GwlbDialect.AWS;
        if (!aws || !metadata.hasEndpointId()) {
            return DropReason.NO_ENDPOINT_ID;
        }
        if (endpointOf(metadata.endpointId()) == null) {
            detail = new EndpointId(metadata.endpointId()).toString();
            return DropReason.WRONG_ENDPOINT_ID;
        }
        return metadata.hasFlowCookie() ? null : DropReason.NO_FLOW_COOKIE;
    }

    private @Nullable DropReason judgeFlow(Node node, int sourceAddress, ByteBuf buffer) {
        int payload = geneve.payloadOffset();
        int length = geneve.payloadLength();
        if (length > mtu) {
            detail = length + " bytes";
            return DropReason.REPLY_ABOVE_MTU;
        }
        long endpointId = metadata.endpointId();
        FlowStatus status = returned.read(endpointId, buffer, payload, length, time);
        if (status != FlowStatus.OK) {
            detail = status.label();
            return DropReason.MALFORMED_REPLY;
        }
        int cookie = metadata.flowCookie();
        int flow = flows.peek(endpointId, returned.key(), time);
        if ((flow == NONE || flows.cookie(flow) != cookie)
                && returned.readApart(buffer, payload, length)) {
            int apart = flows.peek(endpointId, returned.key(), time);
            flow = apart != NONE ? apart : flow;
        }
        if (flow == NONE) {
            return missing(cookie, endpointId);
        }
        judged = flow;
        if (flows.cookie(flow) != cookie) {
            detail = wrongCookie(cookie, flow);
            return DropReason.WRONG_FLOW_COOKIE;
        }
        if (flows.target(flow).address() != sourceAddress) {
            detail = "flow is of " + flows.target(flow);
            return DropReason.WRONG_TARGET;
        }
        if (flows.endpoint(flow).node != node) {
            detail = "at node " + node.zone();
            return DropReason.WRONG_NODE;
        }
        return null;
    }

    private DropReason missing(int cookie, long endpointId) {
        detail = text(returned.packet());
        int named = flows.flowOfCookie(cookie);
        if (named != NONE && flows.endpoint(named).id().value() != endpointId) {
            detail += " cookie of " + flows.endpoint(named);
            return DropReason.WRONG_ENDPOINT_ID;
        }
        return DropReason.REPLY_WITHOUT_FLOW;
    }

    private String wrongCookie(int cookie, int flow) {
        if (!output.isListening()) {
            return "";
        }
        String what =
                flows.flowOfCookie(cookie) != NONE
                        ? "of another flow"
                        : flows.isOldCookie(cookie, flow) ? "of an earlier flow" : "of no flow";
        return flows.snapshot(flow).text() + " got 0x" + hex(cookie) + " " + what;
    }

    /** {@return whether the reply is to be dropped for one of a set of objections} */
    private boolean object(int objections, int flow) {
        for (Objection objection : OBJECTIONS) {
            if ((objections & objection.bit()) != 0) {
                counters.count(objection);
                if (strictness(objection) == Strictness.DROP) {
                    detail += (detail.isEmpty() ? "" : " ") + objection.label();
                }
            }
        }
        if (!detail.isEmpty()) {
            return true;
        }
        for (Objection objection : OBJECTIONS) {
            if ((objections & objection.bit()) != 0
                    && strictness(objection) == Strictness.NOTE
                    && flows.note(flow, objection)
                    && output.isListening()) {
                output.event(new SimulatorEvent.ReplyNoted(time, objection, flows.snapshot(flow)));
            }
        }
        return false;
    }

    private void dropReturned(DropReason reason, int sourceAddress, int sourcePort) {
        counters.count(reason);
        Target target = group.atAddress(sourceAddress);
        if (target != null) {
            target.packetsDropped++;
        }
        if (!output.isListening()) {
            return;
        }
        output.event(
                new SimulatorEvent.PacketDropped(
                        time,
                        reason,
                        (target == null ? "" : target.name() + " ")
                                + FlowFormat.ipv4(sourceAddress)
                                + ":"
                                + sourcePort,
                        detail));
    }

    // Names

    private Node nodeOf(String zone) {
        for (Node node : nodes) {
            if (node.zone().equals(zone)) {
                return node;
            }
        }
        throw new IllegalArgumentException("zone " + zone + ": has no node");
    }

    private @Nullable Endpoint endpointOf(long id) {
        Endpoint last = lastEndpoint;
        if (last != null && last.id().value() == id && last.state != EndpointState.DELETED) {
            return last;
        }
        for (int i = endpoints.size() - 1; i >= 0; i--) {
            Endpoint endpoint = endpoints.get(i);
            if (endpoint.id().value() == id && endpoint.state != EndpointState.DELETED) {
                lastEndpoint = endpoint;
                return endpoint;
            }
        }
        return null;
    }

    private String text(FiveTuple packet) {
        return output.isListening() ? FlowFormat.text(packet) : "";
    }

    private static String hex(int cookie) {
        String digits = Integer.toHexString(cookie);
        return "0".repeat(Integer.SIZE / 4 - digits.length()) + digits;
    }
}
