package io.github.geneve4j.simulator.fault;

import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.Node;
import io.github.geneve4j.simulator.Target;

/** Something that goes wrong, or well again, at a set time; see {@link FaultSchedule}. */
public sealed interface Fault {
    /**
     * Lets it happen.
     *
     * @param simulator that it happens to
     * @param wire that it happens to
     * @param nowNanos the time
     * @throws IllegalArgumentException if the simulator does not have what the fault names
     */
    void happen(GwlbSimulator simulator, FaultyWire wire, long nowNanos);

    /**
     * A target falls silent in mid-flow.
     *
     * @param target its name
     */
    record TargetDies(String target) implements Fault {
        @Override
        public void happen(GwlbSimulator simulator, FaultyWire wire, long nowNanos) {
            wire.kill(named(simulator, target));
        }
    }

    /**
     * A silent target is back.
     *
     * @param target its name
     */
    record TargetRevives(String target) implements Fault {
        @Override
        public void happen(GwlbSimulator simulator, FaultyWire wire, long nowNanos) {
            wire.revive(named(simulator, target));
        }
    }

    /**
     * A node has another address.
     *
     * @param zone of the node
     * @param address IPv4, the new one
     */
    record NodeMoves(String zone, int address) implements Fault {
        @Override
        public void happen(GwlbSimulator simulator, FaultyWire wire, long nowNanos) {
            for (Node node : simulator.nodes()) {
                if (node.zone().equals(zone)) {
                    simulator.moveNode(node, address, nowNanos);
                    return;
                }
            }
            throw new IllegalArgumentException("zone " + zone + ": has no node");
        }
    }

    /**
     * The wire gets better, or worse.
     *
     * @param towardsTargets faults on that way
     * @param fromTargets faults on the way back
     */
    record WireChanges(WireFaults towardsTargets, WireFaults fromTargets) implements Fault {
        @Override
        public void happen(GwlbSimulator simulator, FaultyWire wire, long nowNanos) {
            wire.faults(towardsTargets, fromTargets);
        }
    }

    private static Target named(GwlbSimulator simulator, String name) {
        for (Target target : simulator.targets()) {
            if (target.name().equals(name)) {
                return target;
            }
        }
        throw new IllegalArgumentException("target " + name + ": is not registered");
    }
}
