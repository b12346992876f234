package io.github.geneve4j.simulator;

import io.netty.buffer.ByteBuf;

/**
 * Where a {@link GwlbSimulator} sends what it has decided.
 *
 * <p>Packets and probes may be answered from within: {@link #toTarget} may call {@link
 * GwlbSimulator#fromTarget}, {@link #fromEndpoint} may call {@link GwlbSimulator#fromEndpoint},
 * {@link #probe} may call {@link GwlbSimulator#healthResult}, with the same time. {@link #event}
 * must not call back.
 */
public interface SimulatorOutput {
    /**
     * Sends a Geneve datagram from a node to a target's UDP port 6081.
     *
     * @param node whose address is the source
     * @param target whose address is the destination
     * @param sourcePort UDP source port, the same for all packets of a flow
     * @param buffer borrowed for the call
     * @param offset absolute index of the first byte after the UDP header
     * @param length bytes of the UDP payload
     * @param nowNanos the time
     */
    void toTarget(
            Node node,
            Target target,
            int sourcePort,
            ByteBuf buffer,
            int offset,
            int length,
            long nowNanos);

    /**
     * Lets an inner packet leave an endpoint.
     *
     * @param endpoint that it entered by
     * @param side that it leaves by
     * @param buffer borrowed for the call
     * @param offset absolute index of the IP header
     * @param length bytes of the packet
     * @param nowNanos the time
     */
    void fromEndpoint(
            Endpoint endpoint, Side side, ByteBuf buffer, int offset, int length, long nowNanos);

    /**
     * Asks a target whether it is well; {@link GwlbSimulator#healthResult} takes the answer.
     *
     * @param probe the question; what to ask is in {@link TargetGroupSettings#healthCheck()}
     * @param nowNanos the time
     */
    void probe(HealthProbe probe, long nowNanos);

    /**
     * {@return whether anybody is told by {@link #event} what happens to flows and packets; to put
     * that into words costs more than the packet}
     */
    default boolean isListening() {
        return true;
    }

    /**
     * Tells what happened. Of targets, nodes and endpoints it tells always.
     *
     * @param event with a line of text
     */
    void event(SimulatorEvent event);
}
