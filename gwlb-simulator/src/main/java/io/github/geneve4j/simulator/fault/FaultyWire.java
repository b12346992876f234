package io.github.geneve4j.simulator.fault;

import io.github.geneve4j.simulator.Endpoint;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.HealthProbe;
import io.github.geneve4j.simulator.Node;
import io.github.geneve4j.simulator.Side;
import io.github.geneve4j.simulator.SimulatorEvent;
import io.github.geneve4j.simulator.SimulatorOutput;
import io.github.geneve4j.simulator.Target;
import io.netty.buffer.ByteBuf;

/**
 * A wire between nodes and targets that is not to be trusted: stands before an output, and before
 * the simulator on the way back.
 *
 * {@snippet :
 * FaultyWire wire = new FaultyWire(42, faults, faults, output);
 * GwlbSimulator lb = GwlbSimulator.builder().output(wire).build(0);
 * // a datagram from a target:
 * wire.fromTarget(lb, node, address, port, 6081, buffer, offset, length, now);
 * // in the loop, beside the simulator's own deadline:
 * wire.advance(lb, now);
 * }
 */
@SuppressWarnings("DoNotCallSuggester") // until its methods do something
public final class FaultyWire implements SimulatorOutput {
    private final SimulatorOutput output;

    /**
     * Creates a wire.
     *
     * @param seed decides whom a fault befalls
     * @param towardsTargets faults on that way
     * @param fromTargets faults on the way back
     * @param output receives what arrives, and all that does not go to targets
     */
    public FaultyWire(
            long seed, WireFaults towardsTargets, WireFaults fromTargets, SimulatorOutput output) {
        this.output = output;
    }

    /**
     * Changes the faults from now on.
     *
     * @param towardsTargets faults on that way
     * @param fromTargets faults on the way back
     */
    public void faults(WireFaults towardsTargets, WireFaults fromTargets) {
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * Makes a target deaf and mute: its datagrams are lost both ways, and its probes fail.
     *
     * @param target which
     */
    public void kill(Target target) {
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * Ends what {@link #kill} began.
     *
     * @param target which
     */
    public void revive(Target target) {
        throw new UnsupportedOperationException("skeleton");
    }

    /**
     * Takes a datagram from a target, which goes to {@link GwlbSimulator#fromTarget} unless a fault
     * befalls it.
     *
     * @param simulator receives it, now or later
     * @param node that it goes to
     * @param sourceAddress IPv4
     * @param sourcePort UDP
     * @param destinationPort UDP
     * @param buffer borrowed for the call; a corrupted datagram is changed in a copy
     * @param offset absolute index of the first byte after the UDP header
     * @param length bytes of the UDP payload
     * @param nowNanos the time
     */
    public void fromTarget(
            GwlbSimulator simulator,
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
     * Delivers what is due.
     *
     * @param simulator receives what comes from targets
     * @param nowNanos the time
     */
    public void advance(GwlbSimulator simulator, long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
    }

    /** {@return when something is due at the earliest; {@link Long#MAX_VALUE} for never} */
    public long nextDeadline() {
        throw new UnsupportedOperationException("skeleton");
    }

    @Override
    public void toTarget(
            Node node,
            Target target,
            int sourcePort,
            ByteBuf buffer,
            int offset,
            int length,
            long nowNanos) {
        throw new UnsupportedOperationException("skeleton");
    }

    @Override
    public void fromEndpoint(
            Endpoint endpoint, Side side, ByteBuf buffer, int offset, int length, long nowNanos) {
        output.fromEndpoint(endpoint, side, buffer, offset, length, nowNanos);
    }

    @Override
    public void probe(HealthProbe probe, long nowNanos) {
        output.probe(probe, nowNanos);
    }

    @Override
    public void event(SimulatorEvent event) {
        output.event(event);
    }
}
