package io.github.geneve4j.simulator;

import static io.github.geneve4j.simulator.Flows.NONE;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.flow.FlowHash;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.FragmentTracker;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.gwlb.GwlbDialect;
import io.github.geneve4j.gwlb.GwlbOptions;
import io.github.geneve4j.packets.TcpReset;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

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

    private final TargetGroupSettings settings;
    private final TcpResets resets;
    private final int mtu;
    private final SimulatorOutput output;
    private final long startNanos;
    private final SimulatorCounters counters = new SimulatorCounters();
    private final List<Node> nodes;
    private final List<EndpointService> services = new ArrayList<>();
    private final Endpoints endpoints = new Endpoints();
    private final TargetGroup group;
    private final Flows flows;
    private final ReplyJudge judge;

    // Packets on their way to a target
    private final InnerFlow offered;
    private final GwlbOptions options = new GwlbOptions(GwlbDialect.AWS);
    private final ByteBuf reset = Unpooled.buffer(TcpReset.IPV6_LENGTH);

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
        FragmentTracker fragments =
                new FragmentTracker(
                        FRAGMENTED_DATAGRAMS,
                        FragmentTracker.DEFAULT_TIMEOUT_NS,
                        FlowHash.seeded(builder.seed));
        this.offered = new InnerFlow(settings.stickiness(), fragments);
        List<Node> made = new ArrayList<>();
        for (GwlbSimulatorBuilder.NamedNode node : builder.nodes) {
            made.add(new Node(made.size(), node.zone(), node.address()));
        }
        this.nodes = Collections.unmodifiableList(made);
        this.flows = new Flows(builder, output, counters);
        this.group = new TargetGroup(builder, nodes, output, counters, this::rebalance);
        InnerFlow returned = new InnerFlow(settings.stickiness(), fragments);
        this.judge = new ReplyJudge(builder, returned, group, endpoints, flows, counters, output);
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
        DropReason reason =
                judge.judge(
                        node,
                        sourceAddress,
                        sourcePort,
                        destinationPort,
                        buffer,
                        offset,
                        length,
                        nowNanos);
        if (reason != null) {
            dropReturned(reason, sourceAddress, sourcePort, judge.detail());
            return;
        }
        int flow = judge.flow();
        Target target = flows.target(flow);
        int payload = judge.payloadLength();
        target.packetsReturned++;
        flows.countReturned(flow);
        counters.packetsReturned++;
        counters.add(CloudWatchMetric.PROCESSED_BYTES, payload);
        output.fromEndpoint(
                flows.endpoint(flow),
                flows.exit(flow, judge.key()),
                buffer,
                judge.payloadOffset(),
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
        dropReturned(DropReason.OUTER_FRAGMENT, sourceAddress, 0, "at node " + node.zone());
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
        return judge.strictness(objection);
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
        return endpoints.all();
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
        if (endpoints.withId(id.value()) != null) {
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

    private void dropReturned(DropReason reason, int sourceAddress, int sourcePort, String detail) {
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

    private String text(FiveTuple packet) {
        return output.isListening() ? FlowFormat.text(packet) : "";
    }
}
