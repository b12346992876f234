package io.github.geneve4j.simulator;

import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A load balancer with two zones, nodes and endpoints, and a record of all that it does. Targets
 * fw-1 and fw-2 are in zone a, fw-3 in zone b; healthy at once unless a health check is set.
 */
final class Rig implements SimulatorOutput {
    static final long SECOND = 1_000_000_000L;
    static final int NODE_A = 0x0a000105;
    static final int NODE_B = 0x0a000205;
    static final int FW_1 = 0x0a00010a;
    static final int FW_2 = 0x0a00010b;
    static final int FW_3 = 0x0a00020a;

    /** A datagram that was sent to a target. */
    record Sent(Node node, Target target, int port, byte[] bytes) {
        byte[] inner() {
            return Arrays.copyOfRange(bytes, GwlbSimulator.HEADROOM, bytes.length);
        }

        int cookie() {
            return Unpooled.wrappedBuffer(bytes).getInt(36);
        }
    }

    /** A packet that left an endpoint. */
    record Left(Endpoint endpoint, Side side, byte[] packet) {}

    final List<Sent> sent = new ArrayList<>();
    final List<Left> left = new ArrayList<>();
    final List<HealthProbe> probes = new ArrayList<>();
    final List<Long> probeTimes = new ArrayList<>();
    final List<SimulatorEvent> events = new ArrayList<>();
    final Set<Target> unwell = new HashSet<>();
    boolean answersProbes = true;
    long answersLateBy;
    boolean hairpin;

    final GwlbSimulator lb;
    final Node nodeA;
    final Node nodeB;
    final EndpointService service;
    final Endpoint a;
    final Endpoint b;

    Rig(TargetGroupSettings group) {
        this(group, builder -> builder);
    }

    Rig(TargetGroupSettings group, UnaryOperator<GwlbSimulatorBuilder> more) {
        lb =
                more.apply(
                                GwlbSimulator.builder()
                                        .node("zone-a", NODE_A)
                                        .node("zone-b", NODE_B)
                                        .target("fw-1", FW_1, "zone-a")
                                        .target("fw-2", FW_2, "zone-a")
                                        .target("fw-3", FW_3, "zone-b")
                                        .targetGroup(group)
                                        .flowCapacity(1000)
                                        .output(this))
                        .build(0);
        nodeA = lb.nodes().get(0);
        nodeB = lb.nodes().get(1);
        service = lb.service("svc", false);
        a = service.createEndpoint(new EndpointId(0xa), "zone-a", 0);
        b = service.createEndpoint(new EndpointId(0xb), "zone-b", 0);
    }

    /** {@return a rig whose targets are healthy without being asked} */
    static Rig healthy() {
        return new Rig(withoutChecks());
    }

    static TargetGroupSettings withoutChecks() {
        return TargetGroupSettings.DEFAULT.withHealthCheck(null);
    }

    Target target(String name) {
        return lb.targets().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
    }

    // Traffic

    /** Offers a packet to endpoint a. {@return what was sent for it} */
    Sent in(Side side, byte[] packet, long now) {
        return in(a, side, packet, now);
    }

    /** Offers a packet that must go on. {@return what was sent for it} */
    Sent in(Endpoint endpoint, Side side, byte[] packet, long now) {
        int before = sent.size();
        offer(endpoint, side, packet, now);
        if (sent.size() != before + 1) {
            throw new AssertionError("nothing sent; " + lastEvent());
        }
        return sent.getLast();
    }

    void offer(Endpoint endpoint, Side side, byte[] packet, long now) {
        ByteBuf buffer = Unpooled.buffer(GwlbSimulator.HEADROOM + packet.length);
        buffer.setBytes(GwlbSimulator.HEADROOM, packet);
        lb.fromEndpoint(endpoint, side, buffer, GwlbSimulator.HEADROOM, packet.length, now);
    }

    /** Offers a packet that must not go on. {@return why} */
    DropReason refused(Side side, byte[] packet, long now) {
        int before = sent.size();
        offer(a, side, packet, now);
        if (sent.size() != before) {
            throw new AssertionError("was sent");
        }
        return lastDrop();
    }

    /** Sends a datagram back as an appliance should. */
    void reply(Sent request, long now) {
        reply(request, request.bytes(), now);
    }

    void reply(Sent request, byte[] bytes, long now) {
        lb.fromTarget(
                request.node(),
                request.target().address(),
                request.port(),
                6081,
                Unpooled.wrappedBuffer(bytes),
                0,
                bytes.length,
                now);
    }

    /** {@return whether a reply left an endpoint} */
    boolean accepts(Sent request, byte[] bytes, long now) {
        int before = left.size();
        reply(request, bytes, now);
        return left.size() == before + 1;
    }

    boolean accepts(Sent request, long now) {
        return accepts(request, request.bytes(), now);
    }

    DropReason lastDrop() {
        for (int i = events.size() - 1; i >= 0; i--) {
            if (events.get(i) instanceof SimulatorEvent.PacketDropped drop) {
                return drop.reason();
            }
        }
        throw new AssertionError("no drop");
    }

    String lastEvent() {
        return events.isEmpty() ? "no event" : events.getLast().text();
    }

    List<String> lines() {
        return events.stream().map(e -> e.line(0)).toList();
    }

    <E extends SimulatorEvent> List<E> events(Class<E> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** {@return packets of a handshake's first step, from a client port} */
    static byte[] syn(int port) {
        return tcp(port, io.github.geneve4j.testkit.TcpLayer.SYN);
    }

    static byte[] tcp(int port, int flags) {
        return Packets.packet(
                Packets.ipv4("10.1.0.1", "192.0.2.1"), Packets.tcp(port, 443).flags(flags));
    }

    static byte[] tcpBack(int port, int flags) {
        return Packets.packet(
                Packets.ipv4("192.0.2.1", "10.1.0.1"), Packets.tcp(443, port).flags(flags));
    }

    static byte[] udp(int port) {
        return Packets.packet(Packets.ipv4("10.1.0.1", "192.0.2.1"), Packets.udp(port, 53));
    }

    static byte[] udpBack(int port) {
        return Packets.packet(Packets.ipv4("192.0.2.1", "10.1.0.1"), Packets.udp(53, port));
    }

    // Output

    @Override
    public void toTarget(
            Node node,
            Target target,
            int sourcePort,
            ByteBuf buffer,
            int offset,
            int length,
            long now) {
        Sent datagram =
                new Sent(node, target, sourcePort, ByteBufUtil.getBytes(buffer, offset, length));
        sent.add(datagram);
        if (hairpin) {
            lb.fromTarget(node, target.address(), sourcePort, 6081, buffer, offset, length, now);
        }
    }

    @Override
    public void fromEndpoint(
            Endpoint endpoint, Side side, ByteBuf buffer, int offset, int length, long now) {
        left.add(new Left(endpoint, side, ByteBufUtil.getBytes(buffer, offset, length)));
    }

    @Override
    public void probe(HealthProbe probe, long now) {
        probes.add(probe);
        probeTimes.add(now);
        if (answersProbes) {
            lb.healthResult(probe, !unwell.contains(probe.target()), now + answersLateBy);
        }
    }

    @Override
    public void event(SimulatorEvent event) {
        events.add(event);
    }
}
