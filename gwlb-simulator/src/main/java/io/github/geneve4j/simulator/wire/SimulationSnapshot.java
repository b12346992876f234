package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.simulator.CloudWatchMetric;
import io.github.geneve4j.simulator.DropReason;
import io.github.geneve4j.simulator.Endpoint;
import io.github.geneve4j.simulator.EndpointState;
import io.github.geneve4j.simulator.FlowSnapshot;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.Objection;
import io.github.geneve4j.simulator.SimulatorCounters;
import io.github.geneve4j.simulator.Strictness;
import io.github.geneve4j.simulator.Target;
import io.github.geneve4j.simulator.TargetState;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A simulation as it was at one moment.
 *
 * @param elapsedNanos since it began
 * @param metrics all of them, by CloudWatch's meaning
 * @param drops all reasons, with how often
 * @param objections all of them, with how often
 * @param strictness what becomes of replies with each of them
 * @param packetsSent to targets
 * @param packetsReturned by them, and accepted
 * @param targets in their order
 * @param endpoints in their order
 * @param flows some of those that there are
 * @param wire what happened at this host
 */
public record SimulationSnapshot(
        long elapsedNanos,
        Map<CloudWatchMetric, Long> metrics,
        Map<DropReason, Long> drops,
        Map<Objection, Long> objections,
        Map<Objection, Strictness> strictness,
        long packetsSent,
        long packetsReturned,
        List<TargetRow> targets,
        List<EndpointRow> endpoints,
        List<FlowSnapshot> flows,
        WireCounters wire) {

    /**
     * One target.
     *
     * @param target which
     * @param state of its health
     * @param activeFlows that it has
     * @param packetsSent to it
     * @param packetsReturned by it, and accepted
     * @param packetsDropped of its replies
     */
    public record TargetRow(
            Target target,
            TargetState state,
            int activeFlows,
            long packetsSent,
            long packetsReturned,
            long packetsDropped) {}

    /**
     * One endpoint.
     *
     * @param endpoint which
     * @param state what it may do
     */
    public record EndpointRow(Endpoint endpoint, EndpointState state) {}

    /**
     * {@return a metric's value}
     *
     * @param metric which
     */
    public long metric(CloudWatchMetric metric) {
        return metrics.getOrDefault(metric, 0L);
    }

    /** {@return how many packets went no further, for any reason} */
    public long dropped() {
        return drops.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * {@return the packets that no target has answered: appliances may keep them, or the wire may
     * have lost them}
     */
    public long unanswered() {
        return targets.stream()
                .mapToLong(row -> row.packetsSent() - row.packetsReturned() - row.packetsDropped())
                .map(count -> Math.max(0, count)) // a target may say more than it was asked
                .sum();
    }

    /** On the simulation's thread. */
    static SimulationSnapshot of(
            GwlbSimulator simulator, long nowNanos, int flows, WireCounters wire) {
        SimulatorCounters counters = simulator.counters();
        Map<CloudWatchMetric, Long> metrics = new EnumMap<>(CloudWatchMetric.class);
        for (CloudWatchMetric metric : CloudWatchMetric.values()) {
            metrics.put(metric, counters.get(metric));
        }
        Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
        for (DropReason reason : DropReason.values()) {
            drops.put(reason, counters.get(reason));
        }
        Map<Objection, Long> objections = new EnumMap<>(Objection.class);
        Map<Objection, Strictness> strictness = new EnumMap<>(Objection.class);
        for (Objection objection : Objection.values()) {
            objections.put(objection, counters.get(objection));
            strictness.put(objection, simulator.strictness(objection));
        }
        return new SimulationSnapshot(
                nowNanos - simulator.startNanos(),
                metrics,
                drops,
                objections,
                strictness,
                counters.packetsSent(),
                counters.packetsReturned(),
                simulator.targets().stream()
                        .map(
                                target ->
                                        new TargetRow(
                                                target,
                                                target.state(),
                                                target.activeFlows(),
                                                target.packetsSent(),
                                                target.packetsReturned(),
                                                target.packetsDropped()))
                        .toList(),
                simulator.endpoints().stream()
                        .map(endpoint -> new EndpointRow(endpoint, endpoint.state()))
                        .toList(),
                List.copyOf(simulator.flows(flows)),
                wire);
    }

    SimulationSnapshot withWire(WireCounters other) {
        return new SimulationSnapshot(
                elapsedNanos,
                metrics,
                drops,
                objections,
                strictness,
                packetsSent,
                packetsReturned,
                targets,
                endpoints,
                flows,
                other);
    }
}
