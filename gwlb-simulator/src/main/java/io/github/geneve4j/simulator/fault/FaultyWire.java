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
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
 *
 * <p>Whom a fault befalls depends on the seed and on how many datagrams went that way before, and
 * on nothing else: the same datagrams under the same seed meet the same faults. Each way has its
 * own sequence, and a changed chance of one fault leaves the others where they were.
 *
 * <p>A corrupted datagram has one bit turned over, anywhere in the UDP payload, as if its UDP
 * checksum had been zero, or the bit had turned before it was computed.
 *
 * <p>There is room for 128 MiB of datagrams that wait; what would wait beyond that is lost.
 *
 * <p><b>Allocation:</b> none for a datagram that goes on at once; the others are copied, and the
 * memory of copies is used again. <b>Threads:</b> one, the simulator's.
 */
public final class FaultyWire implements SimulatorOutput {
    private final SimulatorOutput output;
    private final FaultCounters counters = new FaultCounters();
    private final Dice towardsTargets;
    private final Dice fromTargets;
    private final HeldDatagrams held;
    private final Set<Target> dead = new HashSet<>();

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
        this(seed, towardsTargets, fromTargets, output, HeldDatagrams.ROOM);
    }

    FaultyWire(
            long seed,
            WireFaults towardsTargets,
            WireFaults fromTargets,
            SimulatorOutput output,
            long room) {
        this.output = output;
        this.held = new HeldDatagrams(room);
        this.towardsTargets = new Dice(seed, towardsTargets);
        this.fromTargets = new Dice(~seed, fromTargets);
    }

    /**
     * Changes the faults from now on.
     *
     * @param towards faults on the way to targets
     * @param from faults on the way back
     */
    public void faults(WireFaults towards, WireFaults from) {
        towardsTargets.faults = towards;
        fromTargets.faults = from;
    }

    /**
     * Makes a target deaf and mute: its datagrams are lost both ways, those that are on their way
     * too, and probes get no answer.
     *
     * @param target which
     */
    public void kill(Target target) {
        dead.add(target);
    }

    /**
     * Ends what {@link #kill} began.
     *
     * @param target which
     */
    public void revive(Target target) {
        dead.remove(target);
    }

    /** {@return what has gone wrong so far; the same object always} */
    public FaultCounters counters() {
        return counters;
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
        Dice dice = towardsTargets;
        dice.roll(length);
        if (isDead(target) || isLost(dice)) {
            return;
        }
        ByteBuf bytes = dice.corrupted ? corrupt(dice, buffer, offset, length) : buffer;
        int start = dice.corrupted ? 0 : offset;
        int waiting = waiting(dice);
        for (int copy = 0; copy < waiting; copy++) {
            HeldDatagrams.Held late = hold(dice, bytes, start, length, nowNanos);
            if (late != null) {
                late.towards(node, target, sourcePort);
            }
        }
        if (dice.delayNanos == 0) {
            output.toTarget(node, target, sourcePort, bytes, start, length, nowNanos);
        }
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
        Dice dice = fromTargets;
        dice.roll(length);
        if (isDead(sourceAddress) || isLost(dice)) {
            return;
        }
        ByteBuf bytes = dice.corrupted ? corrupt(dice, buffer, offset, length) : buffer;
        int start = dice.corrupted ? 0 : offset;
        int waiting = waiting(dice);
        for (int copy = 0; copy < waiting; copy++) {
            HeldDatagrams.Held late = hold(dice, bytes, start, length, nowNanos);
            if (late != null) {
                late.from(node, sourceAddress, sourcePort, destinationPort);
            }
        }
        if (dice.delayNanos == 0) {
            simulator.fromTarget(
                    node,
                    sourceAddress,
                    sourcePort,
                    destinationPort,
                    bytes,
                    start,
                    length,
                    nowNanos);
        }
    }

    /**
     * Delivers what is due, in the order in which it was due, with the time of this call.
     *
     * @param simulator receives what comes from targets
     * @param nowNanos the time
     */
    public void advance(GwlbSimulator simulator, long nowNanos) {
        while (!held.isEmpty() && held.nextDeadline() <= nowNanos) {
            HeldDatagrams.Held datagram = held.remove();
            Target target = datagram.target;
            if (target != null) {
                if (!isDead(target)) {
                    output.toTarget(
                            datagram.node(),
                            target,
                            datagram.sourcePort,
                            datagram.bytes,
                            0,
                            datagram.length,
                            nowNanos);
                }
            } else if (!isDead(datagram.sourceAddress)) {
                simulator.fromTarget(
                        datagram.node(),
                        datagram.sourceAddress,
                        datagram.sourcePort,
                        datagram.destinationPort,
                        datagram.bytes,
                        0,
                        datagram.length,
                        nowNanos);
            }
            held.giveBack(datagram);
        }
    }

    /** {@return when something is due at the earliest; {@link Long#MAX_VALUE} for never} */
    public long nextDeadline() {
        return held.nextDeadline();
    }

    @Override
    public void fromEndpoint(
            Endpoint endpoint, Side side, ByteBuf buffer, int offset, int length, long nowNanos) {
        output.fromEndpoint(endpoint, side, buffer, offset, length, nowNanos);
    }

    @Override
    public void probe(HealthProbe probe, long nowNanos) {
        if (!dead.contains(probe.target())) {
            output.probe(probe, nowNanos);
        }
    }

    @Override
    public boolean isListening() {
        return output.isListening();
    }

    @Override
    public void event(SimulatorEvent event) {
        output.event(event);
    }

    private boolean isDead(Target target) {
        boolean silenced = !dead.isEmpty() && dead.contains(target);
        if (silenced) {
            counters.silenced++;
        }
        return silenced;
    }

    private boolean isDead(int address) {
        if (!dead.isEmpty()) {
            for (Target target : dead) {
                if (target.address() == address) {
                    counters.silenced++;
                    return true;
                }
            }
        }
        return false;
    }

    private boolean isLost(Dice dice) {
        if (dice.lost) {
            counters.lost++;
        }
        return dice.lost;
    }

    /**
     * {@return how many copies of a datagram have to wait}
     *
     * <p>They are made before it is delivered, as who receives it may write to its buffer. So the
     * second copy of one without delay waits, too, until the next {@link #advance}.
     */
    private int waiting(Dice dice) {
        if (dice.reordered) {
            counters.reordered++;
        }
        if (dice.duplicated) {
            counters.duplicated++;
        }
        return (dice.delayNanos == 0 ? 0 : 1) + (dice.duplicated ? 1 : 0);
    }

    private HeldDatagrams.@Nullable Held hold(
            Dice dice, ByteBuf bytes, int start, int length, long nowNanos) {
        HeldDatagrams.Held late = held.add(nowNanos + dice.delayNanos, bytes, start, length);
        if (late == null) {
            counters.lost++;
        }
        return late;
    }

    private ByteBuf corrupt(Dice dice, ByteBuf buffer, int offset, int length) {
        counters.corrupted++;
        ByteBuf copy = dice.scratch.clear().writeBytes(buffer, offset, length);
        int octet = dice.corruptedBit / Byte.SIZE;
        copy.setByte(octet, copy.getByte(octet) ^ 1 << (dice.corruptedBit % Byte.SIZE));
        return copy;
    }
}
