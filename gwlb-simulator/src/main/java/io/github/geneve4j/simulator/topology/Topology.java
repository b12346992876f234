package io.github.geneve4j.simulator.topology;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.simulator.Objection;
import io.github.geneve4j.simulator.Strictness;
import io.github.geneve4j.simulator.TargetGroupSettings;
import io.github.geneve4j.simulator.fault.WireFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A load balancer, its targets, its endpoints and the faults between them.
 *
 * {@snippet lang = yaml :
 * nodes:
 *   - {zone: zone-a, address: 10.0.1.5}
 * targets:
 *   - {name: fw-1, address: 10.0.1.10, zone: zone-a}
 * endpoints:
 *   - id: vpce-00000000000000001
 *     zone: zone-a
 *     inside: {tun: gwi0, addresses: [10.1.0.1/24]}
 *     outside: {tun: gwo0, addresses: [10.2.0.1/24]}
 * }
 *
 * @param seed what all chance depends on
 * @param mtu the longest inner packet, in bytes
 * @param flowCapacity how many flows there is room for
 * @param firstSourcePort the lowest UDP port that nodes send from
 * @param sourcePorts how many there are
 * @param targetGroup its attributes
 * @param strictness what becomes of replies with an objection, where that was said
 * @param nodes one for each zone, at least one
 * @param targets in their order
 * @param services in their order; one named {@code default} if the file has none
 * @param endpoints in their order
 * @param towardsTargets faults on the wire
 * @param fromTargets faults on the way back
 */
public record Topology(
        long seed,
        int mtu,
        int flowCapacity,
        int firstSourcePort,
        int sourcePorts,
        TargetGroupSettings targetGroup,
        Map<Objection, Strictness> strictness,
        List<NodeSpec> nodes,
        List<TargetSpec> targets,
        List<ServiceSpec> services,
        List<EndpointSpec> endpoints,
        WireFaults towardsTargets,
        WireFaults fromTargets) {
    /** Copies the collections. */
    public Topology {
        strictness = Map.copyOf(strictness);
        nodes = List.copyOf(nodes);
        targets = List.copyOf(targets);
        services = List.copyOf(services);
        endpoints = List.copyOf(endpoints);
    }

    /**
     * {@return the topology that a file describes}
     *
     * @param file YAML 1.2 in UTF-8
     * @throws ConfigException if the file cannot be used, with all that is wrong with it
     * @throws IOException if it cannot be read
     */
    public static Topology read(Path file) throws IOException, ConfigException {
        return parse(Files.readString(file), file.toString());
    }

    /**
     * {@return the topology that a text describes}
     *
     * @param yaml the text
     * @param file its name, for messages; paths in it are relative to the folder that this is in
     * @throws ConfigException if the text cannot be used, with all that is wrong with it
     */
    public static Topology parse(String yaml, String file) throws ConfigException {
        return new TopologyReader(file).read(yaml);
    }
}
