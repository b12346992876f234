package io.github.geneve4j.simulator;

import io.github.geneve4j.gwlb.EndpointId;
import io.netty.buffer.ByteBuf;
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
 * <p><b>Allocation:</b> none for a packet of a known flow, or its reply, unless it is dropped.
 * <b>Threads:</b> one. <b>Ownership:</b> borrows buffers for the call, and moves no index.
 */
@SuppressWarnings("DoNotCallSuggester") // until its methods do something
public final class GwlbSimulator {
    /** The bytes before an inner packet that {@link #fromEndpoint} writes the Geneve header to. */
    public static final int HEADROOM = 40;

    /** The longest inner packet that the load balancer takes unless told otherwise, in bytes. */
    public static final int DEFAULT_MTU = 8500;

    /** How many flows there is room for unless told otherwise. */
    public static final int DEFAULT_FLOW_CAPACITY = 131_072;

    /** The most flows that there can be room for. */
    public static final int MAX_FLOW_CAPACITY = 1 << 22;

    GwlbSimulator(GwlbSimulatorBuilder settings, SimulatorOutput output, long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
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
        throw new UnsupportedOperationException("skeleton");
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
        throw new UnsupportedOperationException("skeleton");
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
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * Takes a fragment of an outer IPv4 packet: it is dropped and counted.
     *
     * @param node that it arrived at
     * @param sourceAddress IPv4
     * @param nowNanos the time
     */
    public void fragmentFromTarget(Node node, int sourceAddress, long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * Takes the answer to a probe, or that there will be none.
     *
     * @param probe from {@link SimulatorOutput#probe}
     * @param passed whether the target is well
     * @param nowNanos the time
     */
    public void healthResult(HealthProbe probe, boolean passed, long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
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
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * Registers a target again that was deregistered; its health begins anew.
     *
     * @param target draining or unused
     * @param nowNanos the time
     * @throws IllegalStateException if it is registered
     */
    public void register(Target target, long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * Takes a target out of the group: it gets no new flows, and drains.
     *
     * @param target registered
     * @param nowNanos the time
     * @throws IllegalStateException if it is not registered
     */
    public void deregister(Target target, long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * Gives a node another address.
     *
     * @param node whose
     * @param address IPv4, of no other node
     * @param nowNanos the time
     */
    public void moveNode(Node node, int address, long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * Does whatever is due.
     *
     * @param nowNanos the time, not before that of any earlier call
     */
    public void advance(long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
    }

    /** {@return when something is due at the earliest; {@link Long#MAX_VALUE} for never} */
    public long nextDeadline() {
        throw new UnsupportedOperationException("skeleton");
    }

    /** {@return the attributes of the target group} */
    public TargetGroupSettings targetGroup() {
        throw new UnsupportedOperationException("skeleton");
    }

    /** {@return the nodes} */
    public List<Node> nodes() {
        throw new UnsupportedOperationException("skeleton");
    }

    /** {@return all targets that were ever registered, in that order} */
    public List<Target> targets() {
        throw new UnsupportedOperationException("skeleton");
    }

    /** {@return all endpoints that were ever created, in that order} */
    public List<Endpoint> endpoints() {
        throw new UnsupportedOperationException("skeleton");
    }

    /** {@return the services} */
    public List<EndpointService> services() {
        throw new UnsupportedOperationException("skeleton");
    }

    /** {@return the time that it was built at: where the seconds of event lines begin} */
    public long startNanos() {
        throw new UnsupportedOperationException("skeleton");
    }

    /** {@return what was counted} */
    public SimulatorCounters counters() {
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * {@return some of the flows that there are now, for people to look at}
     *
     * @param limit how many at most
     */
    public List<FlowSnapshot> flows(int limit) {
        throw new UnsupportedOperationException("skeleton");
    }

    Endpoint createEndpoint(
            EndpointService service,
            EndpointId id,
            String zone,
            long attachmentId,
            EndpointState state,
            long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
    }

    void changeEndpoint(Endpoint endpoint, EndpointState state, long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
    }
}
