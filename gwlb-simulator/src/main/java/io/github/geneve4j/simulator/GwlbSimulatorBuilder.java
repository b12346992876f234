package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FlowFormat;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Settings of a {@link GwlbSimulator}; all but a node and the output have a default. */
public final class GwlbSimulatorBuilder {
    /** A node to be made. */
    record NamedNode(String zone, int address) {
        @Override
        public String toString() {
            return zone + " " + FlowFormat.ipv4(address);
        }
    }

    /** A target to be registered. */
    record NamedTarget(String name, int address, String zone) {}

    final List<NamedNode> nodes = new ArrayList<>();
    final List<NamedTarget> targets = new ArrayList<>();
    final Map<Objection, Strictness> strictness = new EnumMap<>(Objection.class);
    TargetGroupSettings group = TargetGroupSettings.DEFAULT;
    long seed;
    int mtu = GwlbSimulator.DEFAULT_MTU;
    int flowCapacity = GwlbSimulator.DEFAULT_FLOW_CAPACITY;
    int firstSourcePort = 60_000;
    int sourcePorts = 16;
    @Nullable SimulatorOutput output;

    GwlbSimulatorBuilder() {}

    /**
     * Adds a node, one for each zone.
     *
     * @param zone that has none yet
     * @param address IPv4, of no other node
     * @return this
     */
    public GwlbSimulatorBuilder node(String zone, int address) {
        for (NamedNode node : nodes) {
            if (node.zone().equals(zone) || node.address() == address) {
                throw new IllegalArgumentException(
                        "node " + new NamedNode(zone, address) + ": there is " + node + " already");
            }
        }
        nodes.add(new NamedNode(zone, address));
        return this;
    }

    /**
     * Adds a target, registered from the start.
     *
     * @param name of no other target
     * @param address IPv4, of no other target
     * @param zone of a node
     * @return this
     */
    public GwlbSimulatorBuilder target(String name, int address, String zone) {
        targets.add(new NamedTarget(name, address, zone));
        return this;
    }

    /**
     * Sets the attributes of the target group; {@link TargetGroupSettings#DEFAULT} by default.
     *
     * @param settings for good
     * @return this
     */
    public GwlbSimulatorBuilder targetGroup(TargetGroupSettings settings) {
        this.group = Objects.requireNonNull(settings, "settings");
        return this;
    }

    /**
     * Sets what cookies, source ports and the choice of targets depend on; 0 by default.
     *
     * @param seed any
     * @return this
     */
    public GwlbSimulatorBuilder seed(long seed) {
        this.seed = seed;
        return this;
    }

    /**
     * Sets the longest inner packet; {@value GwlbSimulator#DEFAULT_MTU} bytes by default.
     *
     * @param mtu 1280 to 65000
     * @return this
     */
    public GwlbSimulatorBuilder mtu(int mtu) {
        this.mtu = Ranges.within("mtu", mtu, 1280, 65_000);
        return this;
    }

    /**
     * Sets how many flows there is room for; {@value GwlbSimulator#DEFAULT_FLOW_CAPACITY} by
     * default. Each takes some 150 bytes.
     *
     * @param flows 1 to {@value GwlbSimulator#MAX_FLOW_CAPACITY}
     * @return this
     */
    public GwlbSimulatorBuilder flowCapacity(int flows) {
        this.flowCapacity =
                Ranges.within("flowCapacity", flows, 1, GwlbSimulator.MAX_FLOW_CAPACITY);
        return this;
    }

    /**
     * Sets the range of UDP source ports; 60000 to 60015 by default.
     *
     * @param first the lowest port, 1 to 65535
     * @param count how many, 1 to 65536 - {@code first}
     * @return this
     */
    public GwlbSimulatorBuilder sourcePorts(int first, int count) {
        Ranges.within("first", first, 1, 0xffff);
        Ranges.within("count", count, 1, 0x1_0000 - first);
        this.firstSourcePort = first;
        this.sourcePorts = count;
        return this;
    }

    /**
     * Sets what becomes of replies with an objection; {@link Strictness#NOTE} by default.
     *
     * @param objection which
     * @param how what becomes of them
     * @return this
     */
    public GwlbSimulatorBuilder strictness(Objection objection, Strictness how) {
        strictness.put(objection, how);
        return this;
    }

    /**
     * Sets who receives packets, probes and events.
     *
     * @param output called on the simulator's thread
     * @return this
     */
    public GwlbSimulatorBuilder output(SimulatorOutput output) {
        this.output = Objects.requireNonNull(output, "output");
        return this;
    }

    /**
     * {@return a simulator with these settings; the targets are registered now}
     *
     * @param nowNanos the time; the first probes are due
     * @throws IllegalStateException without a node or an output
     * @throws IllegalArgumentException if a target's zone has no node, or its name or address is
     *     another's
     */
    public GwlbSimulator build(long nowNanos) {
        if (nodes.isEmpty() || output == null) {
            throw new IllegalStateException(nodes.isEmpty() ? "no node" : "no output");
        }
        return new GwlbSimulator(this, output, nowNanos);
    }
}
