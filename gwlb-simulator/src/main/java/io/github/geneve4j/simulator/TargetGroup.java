package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.flow.RendezvousSelector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who is registered, healthy or draining, and who gets the next flow. Choice is by rendezvous
 * hashing: a target that comes or goes moves no flow between others.
 */
final class TargetGroup {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long ADDRESS_MASK = 0xffff_ffffL;

    /** Learns that flows may have to go to other targets, or may go there now. */
    interface Rebalancer {
        void rebalance(long nowNanos);
    }

    private final TargetGroupSettings settings;
    private final long seed;
    private final List<Node> nodes;
    private final List<Target> targets = new ArrayList<>();
    private final SimulatorOutput output;
    private final SimulatorCounters counters;
    private final Rebalancer rebalancer;
    private final Choice[] healthy; // for each node
    private final Choice[] registered;
    private int[] addresses = {};
    private long probes;

    TargetGroup(
            GwlbSimulatorBuilder settings,
            List<Node> nodes,
            SimulatorOutput output,
            SimulatorCounters counters,
            Rebalancer rebalancer) {
        this.settings = settings.group;
        this.seed = settings.seed;
        this.nodes = nodes;
        this.output = output;
        this.counters = counters;
        this.rebalancer = rebalancer;
        this.healthy = new Choice[nodes.size()];
        this.registered = new Choice[nodes.size()];
        choose();
    }

    // Members

    Target add(String name, int address, String zone) {
        for (Target other : targets) {
            if (other.name().equals(name) || other.address() == address) {
                throw new IllegalArgumentException(
                        "target "
                                + name
                                + " "
                                + FlowFormat.ipv4(address)
                                + ": there is "
                                + other
                                + " already");
            }
        }
        HealthCheck check = settings.healthCheck();
        Target target =
                new Target(name, address, zone, check == null ? null : new TargetHealth(check));
        targets.add(target);
        addresses = targets.stream().mapToInt(Target::address).toArray();
        return target;
    }

    List<Target> targets() {
        return targets;
    }

    /** {@return whether a target has, or had, this address} */
    boolean hasAddress(int address) {
        for (int each : addresses) {
            if (each == address) {
                return true;
            }
        }
        return false;
    }

    /** {@return the target that has, or had, this address, or {@code null}} */
    @Nullable Target atAddress(int address) {
        for (Target target : targets) {
            if (target.address() == address) {
                return target;
            }
        }
        return null;
    }

    void register(Target target, long nowNanos) {
        if (target.state().isRegistered()) {
            throw new IllegalStateException("target " + target + ": is registered");
        }
        TargetHealth health = target.health;
        if (health == null) {
            change(target, TargetState.HEALTHY, nowNanos);
            rebalancer.rebalance(nowNanos);
        } else {
            health.start(nowNanos);
            change(target, TargetState.INITIAL, nowNanos);
        }
    }

    void deregister(Target target, long nowNanos) {
        if (!target.state().isRegistered()) {
            throw new IllegalStateException("target " + target + ": is not registered");
        }
        target.leftUnhealthy = target.state() == TargetState.UNHEALTHY;
        target.drainedAt = nowNanos + settings.deregistrationDelaySeconds() * NANOS_PER_SECOND;
        change(target, TargetState.DRAINING, nowNanos);
        if (settings.deregistrationDelaySeconds() == 0) {
            drained(target, nowNanos);
        }
    }

    private void drained(Target target, long nowNanos) {
        target.epoch++;
        change(target, TargetState.UNUSED, nowNanos);
        rebalancer.rebalance(nowNanos);
    }

    // Health

    void healthResult(HealthProbe probe, boolean passed, long nowNanos) {
        Target target = probe.target();
        TargetHealth health = target.health;
        if (health != null
                && target.state().isRegistered()
                && health.isWaiting(probe.prober(), probe.number())) {
            answer(target, health, probe.prober(), passed, nowNanos);
        }
    }

    private void answer(
            Target target, TargetHealth health, int prober, boolean passed, long nowNanos) {
        TargetState state = health.answer(prober, passed, target.state());
        if (state == target.state()) {
            return;
        }
        if (state == TargetState.UNHEALTHY) {
            target.epoch++;
        }
        change(target, state, nowNanos);
        rebalancer.rebalance(nowNanos);
    }

    // Time

    /** {@return when something is due; MAX_VALUE for never} */
    long nextDeadline() {
        long earliest = Long.MAX_VALUE;
        for (int i = 0; i < targets.size(); i++) {
            earliest = Math.min(earliest, deadline(targets.get(i)));
        }
        return earliest;
    }

    private static long deadline(Target target) {
        if (target.state() == TargetState.DRAINING) {
            return target.drainedAt;
        }
        TargetHealth health = target.health;
        return health != null && target.state().isRegistered()
                ? health.nextDeadline()
                : Long.MAX_VALUE;
    }

    /** Does one thing that is due. */
    void runOne(long dueNanos) {
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(i);
            if (deadline(target) > dueNanos) {
                continue;
            }
            TargetHealth health = target.health;
            if (target.state() == TargetState.DRAINING || health == null) {
                drained(target, dueNanos);
                return;
            }
            int overdue = health.overdue(dueNanos);
            if (overdue >= 0) {
                answer(target, health, overdue, false, dueNanos);
                return;
            }
            int prober = health.due(dueNanos);
            long number = probes++;
            health.ask(prober, number);
            output.probe(new HealthProbe(target, asker(target, prober), prober, number), dueNanos);
            return;
        }
    }

    /** A node asks the targets that it may choose: the first prober is in the target's own zone. */
    private Node asker(Target target, int prober) {
        int own = 0;
        while (!nodes.get(own).zone().equals(target.zone())) {
            own++;
        }
        return nodes.get(settings.crossZone() ? (own + prober) % nodes.size() : own);
    }

    private void change(Target target, TargetState to, long nowNanos) {
        TargetState from = target.state();
        target.state = to;
        choose();
        output.event(new SimulatorEvent.TargetChanged(nowNanos, target, from, to));
    }

    // Choice

    /** {@return the target for a new flow, or {@code null} if it has to be dropped} */
    @Nullable Target choose(Node node, long flowHash) {
        Target target = healthy[node.index].select(flowHash);
        if (target != null || settings.allUnhealthy() == AllUnhealthy.DROP) {
            return target;
        }
        return registered[node.index].select(flowHash);
    }

    /** {@return the healthy target for a flow, or {@code null}} */
    @Nullable Target chooseHealthy(Node node, long flowHash) {
        return healthy[node.index].select(flowHash);
    }

    private void choose() {
        for (Node node : nodes) {
            List<Target> well = new ArrayList<>();
            List<Target> all = new ArrayList<>();
            for (Target target : targets) {
                if (settings.crossZone() || target.zone().equals(node.zone())) {
                    if (target.state() == TargetState.HEALTHY) {
                        well.add(target);
                    }
                    if (target.state().isRegistered()) {
                        all.add(target);
                    }
                }
            }
            healthy[node.index] = Choice.of(well, seed);
            registered[node.index] = Choice.of(all, seed);
        }
        int well = 0;
        int unwell = 0;
        for (Target target : targets) {
            if (target.state() == TargetState.HEALTHY) {
                well++;
            } else if (target.state().isRegistered()) {
                unwell++;
            }
        }
        counters.set(CloudWatchMetric.HEALTHY_HOST_COUNT, well);
        counters.set(CloudWatchMetric.UNHEALTHY_HOST_COUNT, unwell);
    }

    /** Some targets to choose from, or none. */
    private record Choice(@Nullable RendezvousSelector selector, List<Target> targets) {
        static Choice of(List<Target> targets, long seed) {
            if (targets.isEmpty()) {
                return new Choice(null, targets);
            }
            List<io.github.geneve4j.flow.Target> named =
                    targets.stream()
                            .map(Target::address)
                            .map(a -> io.github.geneve4j.flow.Target.of(a & ADDRESS_MASK))
                            .toList();
            return new Choice(RendezvousSelector.of(named, seed), targets);
        }

        @Nullable Target select(long flowHash) {
            return selector == null ? null : targets.get(selector.select(flowHash));
        }
    }
}
