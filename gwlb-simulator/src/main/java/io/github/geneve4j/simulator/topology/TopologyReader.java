package io.github.geneve4j.simulator.topology;

import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.config.ConfigFile;
import io.github.geneve4j.config.Reading;
import io.github.geneve4j.config.Scalars;
import io.github.geneve4j.config.Section;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.Objection;
import io.github.geneve4j.simulator.Strictness;
import io.github.geneve4j.simulator.TargetGroupSettings;
import java.io.IOException;
import java.net.Inet4Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one topology file: what keys there are, and how they go together. */
final class TopologyReader {
    private static final String DEFAULT_SERVICE = "default";
    private static final int MIN_MTU = 1280;
    private static final int MAX_MTU = 65_000;
    private static final Inet4Address NO_ADDRESS = Inet4Address.ofLiteral("0.0.0.0");
    private static final Map<String, NodeIo> IO =
            Map.of("sockets", NodeIo.SOCKETS, "af_xdp", NodeIo.AF_XDP);
    private static final Readings.Span SOURCE_PORTS = new Readings.Span(60_000, 60_015);

    private final String file;
    private final Path folder;

    // Who has it already, each with where
    private final Map<String, String> takenAddresses = new HashMap<>();
    private final Map<String, String> takenDevices = new HashMap<>();
    private final Set<Path> filesRead = new HashSet<>();
    private final Set<Path> filesWritten = new HashSet<>();
    private final Set<String> zones = new HashSet<>();

    TopologyReader(String file) {
        this.file = file;
        Path parent = Path.of(file).getParent();
        this.folder = parent == null ? Path.of("") : parent;
    }

    Topology read(String yaml) throws ConfigException {
        return ConfigFile.parse(yaml, file, "a topology", this::topology);
    }

    private Topology topology(Section top) {
        long seed = top.optional("seed", Scalars.bits(), 0L);
        long mtu =
                top.optional(
                        "mtu", Scalars.integer(MIN_MTU, MAX_MTU), (long) GwlbSimulator.DEFAULT_MTU);
        long capacity =
                top.optional(
                        "flow-capacity",
                        Scalars.integer(1, GwlbSimulator.MAX_FLOW_CAPACITY),
                        (long) GwlbSimulator.DEFAULT_FLOW_CAPACITY);
        Readings.Span ports = top.optional("source-ports", Readings.ports(), SOURCE_PORTS);
        if (ports.first() <= Geneve.UDP_PORT && ports.last() >= Geneve.UDP_PORT) {
            top.problem(
                    "source-ports",
                    "expected ports without " + Geneve.UDP_PORT + ", where replies arrive");
        }
        Section group = top.section("target-group");
        TargetGroupSettings settings =
                group == null ? TargetGroupSettings.DEFAULT : TargetGroupReader.read(group);
        Map<Objection, Strictness> strictness = strictness(top.section("strictness"));
        List<NodeSpec> nodes = nodes(top);
        List<TargetSpec> targets = targets(top);
        List<ServiceSpec> services = services(top);
        List<EndpointSpec> endpoints = endpoints(top, services, (int) mtu);
        FaultReader faults = new FaultReader(top.section("faults"));
        top.end();
        return new Topology(
                seed,
                (int) mtu,
                (int) capacity,
                ports.first(),
                ports.last() - ports.first() + 1,
                settings,
                strictness,
                nodes,
                targets,
                services,
                endpoints,
                faults.towardsTargets(),
                faults.fromTargets());
    }

    private static Map<Objection, Strictness> strictness(@Nullable Section section) {
        Map<Objection, Strictness> strictness = new EnumMap<>(Objection.class);
        if (section == null) {
            return strictness;
        }
        Map<String, Strictness> words = new HashMap<>();
        for (Strictness value : Strictness.values()) {
            words.put(value.name().toLowerCase(Locale.ROOT), value);
        }
        for (Objection objection : Objection.values()) {
            if (section.has(objection.label())) {
                strictness.put(
                        objection,
                        section.optional(
                                objection.label(), Scalars.choice(words), Strictness.NOTE));
            }
        }
        section.end();
        return strictness;
    }

    private List<NodeSpec> nodes(Section top) {
        List<NodeSpec> nodes = new ArrayList<>();
        NodeIo io = top.optional("io", Scalars.choice(IO), NodeIo.SOCKETS);
        for (Section section : top.sections("nodes", "a node")) {
            String zone = section.required("zone", Scalars.name(), "");
            if (!zone.isEmpty() && !zones.add(zone)) {
                section.problem("zone", "expected one node a zone, found another of " + zone);
            }
            nodes.add(
                    new NodeSpec(
                            zone,
                            address(section, "the node of " + zone),
                            section.optional("io", Scalars.choice(IO), io)));
            section.end();
        }
        if (nodes.isEmpty()) {
            top.problem("nodes", "expected one at least");
        }
        return nodes;
    }

    private List<TargetSpec> targets(Section top) {
        List<TargetSpec> targets = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Section section : top.sections("targets", "a target")) {
            String name = unique(section, "name", names, "target");
            targets.add(
                    new TargetSpec(
                            name,
                            address(section, "target " + name),
                            zone(section),
                            section.optional("registered", Scalars.flag(), true)));
            section.end();
        }
        return targets;
    }

    private static List<ServiceSpec> services(Section top) {
        if (!top.has("services")) {
            return List.of(new ServiceSpec(DEFAULT_SERVICE, false));
        }
        List<ServiceSpec> services = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Section section : top.sections("services", "a service")) {
            services.add(
                    new ServiceSpec(
                            unique(section, "name", names, "service"),
                            section.optional("acceptance-required", Scalars.flag(), false)));
            section.end();
        }
        return services;
    }

    private List<EndpointSpec> endpoints(Section top, List<ServiceSpec> services, int mtu) {
        List<EndpointSpec> endpoints = new ArrayList<>();
        Set<EndpointId> ids = new HashSet<>();
        for (Section section : top.sections("endpoints", "an endpoint")) {
            boolean given = section.has("id");
            EndpointId id =
                    section.required("id", Readings.endpointId(), new EndpointId(-1L - ids.size()));
            if (!ids.add(id) && given) {
                section.problem("id", "expected one endpoint with an id, found another of " + id);
            }
            endpoints.add(
                    new EndpointSpec(
                            id,
                            service(section, services),
                            zone(section),
                            section.optional("attachment-id", Scalars.bits(), 0L),
                            section.optional("accepted", Scalars.flag(), true),
                            side(section, "inside", mtu),
                            side(section, "outside", mtu)));
            section.end();
        }
        return endpoints;
    }

    /** With one service, nobody needs to say which. */
    private static String service(Section section, List<ServiceSpec> services) {
        if (!section.has("service") && services.size() == 1) {
            return services.get(0).name();
        }
        String name = section.required("service", Scalars.name(), "");
        if (!name.isEmpty() && services.stream().noneMatch(s -> s.name().equals(name))) {
            section.problem("service", "expected the name of a service, found '" + name + "'");
        }
        return name;
    }

    private SideSpec side(Section endpoint, String key, int mtu) {
        Section section = endpoint.section(key);
        if (section == null || !section.isReadable()) {
            return new SideSpec.Nowhere();
        }
        SideSpec side;
        if (section.has("tun")) {
            side = tun(section, mtu);
        } else {
            side = capture(endpoint, key, section);
        }
        section.end();
        return side;
    }

    private SideSpec tun(Section section, int mtu) {
        String device = section.required("tun", Readings.device(), "tun0");
        String namespace = section.optional("namespace", Scalars.name(), "");
        String other = takenDevices.putIfAbsent(namespace + "/" + device, device);
        if (other != null) {
            section.problem("tun", "expected a device for this side alone, found another " + other);
        }
        return new SideSpec.Tun(
                device,
                namespace.isEmpty() ? null : namespace,
                section.optional("mtu", Scalars.integer(68, 65_535), (long) mtu).intValue(),
                section.list("addresses", Readings.interfaceAddress()),
                section.list("routes", Readings.route()));
    }

    private SideSpec capture(Section endpoint, String key, Section section) {
        Reading<Path> reading = Readings.file(folder);
        Path nowhere = Path.of("");
        Path read = section.optional("pcap-in", reading, nowhere);
        Path write = section.optional("pcap-out", reading, nowhere);
        boolean reads = section.has("pcap-in") && !read.equals(nowhere);
        boolean writes = section.has("pcap-out") && !write.equals(nowhere);
        if (!section.has("pcap-in") && !section.has("pcap-out")) {
            endpoint.problem(key, "expected tun, or pcap-in or pcap-out or both, found neither");
        }
        // What is written is empty at first: nobody else may read it, or write to it
        if (reads) {
            filesRead.add(same(read));
            if (filesWritten.contains(same(read))) {
                section.problem("pcap-in", "expected a file that no side writes, found a pcap-out");
            }
        }
        if (writes && filesRead.contains(same(write))) {
            section.problem("pcap-out", "expected a file that no side reads, found a pcap-in");
        }
        if (writes && !filesWritten.add(same(write))) {
            section.problem(
                    "pcap-out", "expected a file for this side alone, found that of another");
        }
        return new SideSpec.Capture(reads ? read : null, writes ? write : null);
    }

    /** {@return one path for all names of a file, links too where it is there} */
    private static Path same(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            return file.toAbsolutePath().normalize(); // not there yet, or not to be seen
        }
    }

    private Inet4Address address(Section section, String owner) {
        Inet4Address address = section.required("address", Readings.ipv4(), NO_ADDRESS);
        String other =
                address.equals(NO_ADDRESS)
                        ? null
                        : takenAddresses.putIfAbsent(address.getHostAddress(), owner);
        if (other != null) {
            section.problem("address", "expected one that is free, found that of " + other);
        }
        return address;
    }

    private String zone(Section section) {
        String zone = section.required("zone", Scalars.name(), "");
        if (!zone.isEmpty() && !zones.contains(zone)) {
            section.problem("zone", "expected the zone of a node, found '" + zone + "'");
        }
        return zone;
    }

    private static String unique(Section section, String key, Set<String> taken, String what) {
        String name = section.required(key, Scalars.name(), "");
        if (!name.isEmpty() && !taken.add(name)) {
            section.problem(key, "expected a name of its own, found another " + what + " " + name);
        }
        return name;
    }
}
