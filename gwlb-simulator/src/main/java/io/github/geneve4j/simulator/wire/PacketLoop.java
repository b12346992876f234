package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.io.DatagramHandler;
import io.github.geneve4j.io.PacketWaiter;
import io.github.geneve4j.io.TunHandler;
import io.github.geneve4j.io.TunQueue;
import io.github.geneve4j.io.UdpSocket;
import io.github.geneve4j.simulator.CloudWatchMetric;
import io.github.geneve4j.simulator.Endpoint;
import io.github.geneve4j.simulator.EndpointService;
import io.github.geneve4j.simulator.EndpointState;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.GwlbSimulatorBuilder;
import io.github.geneve4j.simulator.HealthCheck;
import io.github.geneve4j.simulator.HealthProbe;
import io.github.geneve4j.simulator.Node;
import io.github.geneve4j.simulator.Side;
import io.github.geneve4j.simulator.SimulatorEvent;
import io.github.geneve4j.simulator.SimulatorOutput;
import io.github.geneve4j.simulator.Target;
import io.github.geneve4j.simulator.fault.FaultyWire;
import io.github.geneve4j.simulator.fault.WireFaults;
import io.github.geneve4j.simulator.topology.EndpointSpec;
import io.github.geneve4j.simulator.topology.NodeIo;
import io.github.geneve4j.simulator.topology.NodeSpec;
import io.github.geneve4j.simulator.topology.ServiceSpec;
import io.github.geneve4j.simulator.topology.SideSpec;
import io.github.geneve4j.simulator.topology.TargetSpec;
import io.github.geneve4j.simulator.topology.Topology;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything of a simulation that belongs to its thread: sockets, devices and files, and the load
 * balancer between them.
 *
 * <p>A turn waits until something is there or due, takes a limited number of packets from each
 * source that has some, and sends in batches what that led to.
 *
 * <p><b>Allocation:</b> none for a packet of a known flow, except that capture files are read and
 * written. <b>Threads:</b> one; any for {@link #order} and {@link #overrun}.
 */
final class PacketLoop implements SimulatorOutput, AutoCloseable {
    private static final int BUDGET = 64;
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Topology topology;
    private final @Nullable Consumer<SimulatorEvent> events;
    private final Prober prober;
    private final FaultyWire wire;
    private final GwlbSimulator simulator;
    private final IdentityHashMap<Endpoint, Sides> sides = new IdentityHashMap<>();
    private final List<TunSource> tuns = new ArrayList<>();
    private final List<CaptureSource> captures = new ArrayList<>();
    private final Map<String, TargetSpec> spareTargets = new HashMap<>();
    private final ConcurrentLinkedQueue<Runnable> orders = new ConcurrentLinkedQueue<>();
    private final LoopClock clock = new LoopClock(System::nanoTime);

    private WireFaults towardsTargets;
    private WireFaults fromTargets;
    private volatile NodeSockets[] nodes = {};
    private volatile NodeLink[] links = {};
    private volatile @Nullable PacketWaiter waiter;
    private Receiver[] receivers = {};
    private int mostReplies = BUDGET; // of a link, in a turn
    private long now;
    private boolean playing;
    private boolean playedOut;
    private long lastPacketAt; // that went to a target, or left an endpoint
    private long movedRefused; // of sockets that nodes have left
    private long movedBySocket;
    private volatile long movedOverrun;
    private long playDelayNanos; // from when a packet was captured to when it enters
    private long notTaken;
    private long groups;

    private record Sides(EndpointSide inside, EndpointSide outside) {
        EndpointSide of(Side side) {
            return side == Side.INSIDE ? inside : outside;
        }
    }

    private PacketLoop(Topology topology, @Nullable Consumer<SimulatorEvent> events) {
        this.topology = topology;
        this.events = events;
        this.towardsTargets = topology.towardsTargets();
        this.fromTargets = topology.fromTargets();
        this.wire = new FaultyWire(topology.seed(), towardsTargets, fromTargets, this);
        GwlbSimulatorBuilder builder =
                GwlbSimulator.builder()
                        .seed(topology.seed())
                        .mtu(topology.mtu())
                        .flowCapacity(topology.flowCapacity())
                        .sourcePorts(topology.firstSourcePort(), topology.sourcePorts())
                        .targetGroup(topology.targetGroup())
                        .output(wire);
        topology.strictness().forEach(builder::strictness);
        for (NodeSpec node : topology.nodes()) {
            builder.node(node.zone(), number(node.address()));
        }
        for (TargetSpec target : topology.targets()) {
            if (target.registered()) {
                builder.target(target.name(), number(target.address()), target.zone());
            } else {
                spareTargets.put(target.name(), target);
            }
        }
        this.simulator = builder.build(now);
        this.prober = new Prober();
    }

    /**
     * {@return a loop with everything open that the topology names}
     *
     * @param topology what there is
     * @param events told of everything, on the loop's thread, which it must not delay; or none
     * @throws IOException if something cannot be had; the message says what
     */
    static PacketLoop open(Topology topology, @Nullable Consumer<SimulatorEvent> events)
            throws IOException {
        PacketLoop loop = new PacketLoop(topology, events);
        try {
            loop.openNodes();
            loop.openEndpoints();
            loop.rewire();
            loop.clock.start();
            return loop;
        } catch (IOException | RuntimeException e) {
            try {
                loop.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private void openNodes() throws IOException {
        for (Node node : simulator.nodes()) {
            NodeSockets[] more = Arrays.copyOf(nodes, nodes.length + 1);
            more[nodes.length] = open(node, node.address());
            nodes = more;
        }
        openLinks();
    }

    /** Opens a link on each interface that has an address of a node that wants one. */
    private void openLinks() throws IOException {
        Map<String, List<NodeSockets>> byDevice = new LinkedHashMap<>();
        for (NodeSpec spec : topology.nodes()) {
            for (NodeSockets node : nodes) {
                if (spec.io() == NodeIo.AF_XDP && node.node().zone().equals(spec.zone())) {
                    byDevice.computeIfAbsent(
                                    NodeLink.device(node.address()), _ -> new ArrayList<>())
                            .add(node);
                }
            }
        }
        for (Map.Entry<String, List<NodeSockets>> entry : byDevice.entrySet()) {
            NodeLink opened = NodeLink.open(entry.getKey(), entry.getValue(), this::reply);
            NodeLink[] more = Arrays.copyOf(links, links.length + 1);
            more[links.length] = opened;
            links = more;
        }
    }

    private void closeLinks() throws IOException {
        NodeLink[] before = links;
        for (NodeSockets node : nodes) {
            node.link(null);
        }
        long overrun = movedOverrun;
        for (NodeLink link : before) {
            link.flush();
            link.close();
            movedRefused += link.refused();
            movedBySocket += link.leftToSockets();
            overrun += link.overrun();
        }
        links = new NodeLink[0];
        movedOverrun = overrun;
    }

    private void reply(
            Node node, int source, int sourcePort, ByteBuf buffer, int offset, int length) {
        wire.fromTarget(
                simulator, node, source, sourcePort, Geneve.UDP_PORT, buffer, offset, length, now);
    }

    private NodeSockets open(Node node, int address) throws IOException {
        return NodeSockets.open(
                node, address, topology.firstSourcePort(), topology.sourcePorts(), topology.mtu());
    }

    private void openEndpoints() throws IOException {
        Map<String, EndpointService> services = new HashMap<>();
        for (ServiceSpec spec : topology.services()) {
            services.put(spec.name(), simulator.service(spec.name(), spec.acceptanceRequired()));
        }
        for (EndpointSpec spec : topology.endpoints()) {
            EndpointService service = services.get(spec.service());
            if (service == null) {
                throw new IllegalArgumentException("endpoint of no service: " + spec.service());
            }
            Endpoint endpoint =
                    service.createEndpoint(spec.id(), spec.zone(), spec.attachmentId(), now);
            if (spec.accepted() && endpoint.state() == EndpointState.PENDING_ACCEPTANCE) {
                service.accept(endpoint, now);
            }
            EndpointSide inside = open(spec.inside(), endpoint, Side.INSIDE);
            sides.put(endpoint, new Sides(inside, EndpointSide.nowhere()));
            sides.put(endpoint, new Sides(inside, open(spec.outside(), endpoint, Side.OUTSIDE)));
        }
    }

    private EndpointSide open(SideSpec spec, Endpoint endpoint, Side side) throws IOException {
        return switch (spec) {
            case SideSpec.Nowhere _ -> EndpointSide.nowhere();
            case SideSpec.Tun tun -> {
                TunSide opened = TunSide.open(tun);
                tuns.add(new TunSource(opened.queue(), endpoint, side));
                yield opened;
            }
            case SideSpec.Capture capture -> {
                CaptureSide opened = CaptureSide.open(capture, now);
                captures.add(new CaptureSource(opened, endpoint, side));
                yield opened;
            }
        };
    }

    /** Makes who is waited for the same as who is there. */
    private void rewire() throws IOException {
        List<Receiver> all = new ArrayList<>();
        // All that enters in a turn may come back to one node: it must be taken as fast
        int most = BUDGET * (1 + tuns.size() + (captures.isEmpty() ? 0 : 1));
        mostReplies = most;
        for (NodeSockets node : nodes) {
            for (UdpSocket socket : node.all()) {
                all.add(
                        new Receiver(
                                node.node(), socket, socket == node.replies() ? most : BUDGET));
            }
        }
        PacketWaiter before = waiter;
        waiter =
                PacketWaiter.of(
                        tuns.stream().map(TunSource::queue).toList(),
                        all.stream().map(Receiver::socket).toList(),
                        Arrays.stream(links).map(NodeLink::port).toList());
        receivers = all.toArray(Receiver[]::new);
        if (before != null) {
            before.close();
        }
    }

    /**
     * Waits for something to do, and does it.
     *
     * @return whether there is anything left to do: not once all captures have been played, where
     *     there is nothing else
     * @throws IOException if a socket or device fails
     */
    boolean turn() throws IOException {
        PacketWaiter sources = waiter;
        if (sources == null) {
            throw new IllegalStateException("closed");
        }
        sources.await(waitNanos());
        now = clock.step();
        for (int i = 0; i < links.length; i++) {
            links[i].look(now);
            if (sources.isPortReady(i)) {
                links[i].poll(mostReplies);
            }
        }
        for (int i = 0; i < receivers.length; i++) {
            if (sources.isSocketReady(i)) {
                receivers[i].poll();
            }
        }
        for (int i = 0; i < tuns.size(); i++) {
            if (sources.isQueueReady(i) && hasRoom()) {
                tuns.get(i).poll();
            }
        }
        for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
            order.run();
        }
        advance();
        play();
        for (NodeSockets node : nodes) {
            node.flush();
        }
        for (NodeLink link : links) {
            link.flush();
        }
        return !playedOut
                || wire.nextDeadline() != Long.MAX_VALUE
                || now - lastPacketAt < LINGER_NANOS;
    }

    private long waitNanos() {
        long deadline = Math.min(simulator.nextDeadline(), wire.nextDeadline());
        CaptureSource next = playing ? nextCapture() : null;
        if (next != null) {
            deadline = Math.min(deadline, playDelayNanos + next.files.nextTimestampNanos());
        }
        long passed = clock.peek();
        return deadline <= passed ? 0 : Math.min(deadline - passed, LoopClock.LONGEST_STEP_NANOS);
    }

    private void advance() {
        if (simulator.nextDeadline() <= now) {
            simulator.advance(now);
        }
        if (wire.nextDeadline() <= now) {
            wire.advance(simulator, now);
        }
    }

    /** Lets captured packets enter, in their order and rhythm, once a target is there for them. */
    private void play() throws IOException {
        CaptureSource next = captures.isEmpty() ? null : nextCapture();
        if (!playing && next != null && isServed()) {
            playing = true;
            playDelayNanos = now - next.files.nextTimestampNanos();
        }
        int budget = hasRoom() ? BUDGET : 0;
        for (int i = 0; playing && i < budget && next != null; i++) {
            if (playDelayNanos + next.files.nextTimestampNanos() > now) {
                break;
            }
            next.play();
            next = nextCapture();
        }
        playedOut = next == null && !captures.isEmpty() && tuns.isEmpty();
    }

    /** {@return whether what one source may bring in has room on all links} */
    private boolean hasRoom() throws IOException {
        boolean room = true;
        for (NodeLink link : links) {
            room &= link.hasRoom(BUDGET, now);
        }
        return room;
    }

    private boolean isServed() {
        return topology.targetGroup().healthCheck() == null
                || simulator.counters().get(CloudWatchMetric.HEALTHY_HOST_COUNT) > 0;
    }

    private @Nullable CaptureSource nextCapture() {
        CaptureSource earliest = null;
        for (int i = 0; i < captures.size(); i++) {
            CaptureSource capture = captures.get(i);
            if (capture.files.hasNext()
                    && (earliest == null
                            || capture.files.nextTimestampNanos()
                                    < earliest.files.nextTimestampNanos())) {
                earliest = capture;
            }
        }
        return earliest;
    }

    /** Has the loop's thread do something, as soon as it can. */
    void order(Runnable order) {
        orders.add(order);
        PacketWaiter sources = waiter;
        if (sources != null) {
            sources.wakeup();
        }
    }

    /** {@return the replies that there was no room for} */
    long overrun() {
        long overrun = movedOverrun;
        for (NodeSockets node : nodes) {
            overrun += node.overrun();
        }
        for (NodeLink link : links) {
            overrun += link.overrun();
        }
        return overrun;
    }

    /** {@return how things are, with so many flows at most} */
    SimulationSnapshot snapshot(int flows) {
        long notSent = movedRefused;
        for (NodeSockets node : nodes) {
            notSent += node.refused();
        }
        long bySocket = movedBySocket;
        for (NodeLink link : links) {
            bySocket += link.leftToSockets();
            notSent += link.refused();
        }
        long unreadable = 0;
        for (CaptureSource capture : captures) {
            unreadable += capture.files.skipped();
        }
        return SimulationSnapshot.of(
                simulator,
                now,
                flows,
                WireCounters.of(notSent, bySocket, notTaken, groups, unreadable, wire.counters()));
    }

    /** {@return the load balancer, for orders} */
    GwlbSimulator simulator() {
        return simulator;
    }

    /** {@return the faults, for orders} */
    FaultyWire wire() {
        return wire;
    }

    /** {@return the faults on the wire to targets now} */
    WireFaults towardsTargets() {
        return towardsTargets;
    }

    /** {@return the faults on the way back now} */
    WireFaults fromTargets() {
        return fromTargets;
    }

    /** Changes the faults. */
    void faults(WireFaults to, WireFaults from) {
        wire.faults(to, from);
        towardsTargets = to;
        fromTargets = from;
    }

    /** {@return the time, for orders} */
    long now() {
        return now;
    }

    /** Registers a target that the topology has kept for later; {@return it, or null if none} */
    @Nullable Target registerSpare(String name) {
        TargetSpec spare = spareTargets.remove(name);
        return spare == null
                ? null
                : simulator.register(name, number(spare.address()), spare.zone(), now);
    }

    /** Gives a node another address, and other sockets. */
    void move(Node node, Inet4Address address) throws IOException {
        int ipv4 = number(address);
        NodeSockets opened = open(node, ipv4);
        try {
            simulator.moveNode(node, ipv4, now);
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
        closeLinks();
        NodeSockets[] changed = nodes.clone();
        long overrun = movedOverrun;
        for (int i = 0; i < changed.length; i++) {
            if (changed[i].node() == node) {
                changed[i].flush();
                movedRefused += changed[i].refused();
                overrun += changed[i].overrun();
                changed[i].close();
                changed[i] = opened;
            }
        }
        nodes = changed;
        movedOverrun = overrun;
        try {
            openLinks();
        } finally {
            rewire(); // by sockets alone, where a link could not be had
        }
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
        lastPacketAt = now;
        try {
            for (NodeSockets sockets : nodes) {
                if (sockets.node() == node) {
                    sockets.send(sourcePort, target.address(), buffer, offset, length);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void fromEndpoint(
            Endpoint endpoint, Side side, ByteBuf buffer, int offset, int length, long nowNanos) {
        Sides both = sides.get(endpoint);
        lastPacketAt = now;
        try {
            if (both == null || !both.of(side).send(buffer, offset, length, nowNanos)) {
                notTaken++;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void probe(HealthProbe probe, long nowNanos) {
        HealthCheck check = topology.targetGroup().healthCheck();
        if (check != null) {
            prober.ask(
                    probe,
                    check,
                    (asked, passed) -> order(() -> simulator.healthResult(asked, passed, now)));
        }
    }

    @Override
    public boolean isListening() {
        return events != null;
    }

    @Override
    public void event(SimulatorEvent event) {
        if (events != null) {
            events.accept(event);
        }
    }

    @Override
    public void close() throws IOException {
        prober.close();
        IOException failure = null;
        PacketWaiter sources = waiter;
        if (sources != null) {
            sources.close();
            waiter = null;
        }
        for (NodeLink link : links) {
            try {
                link.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        for (NodeSockets node : nodes) {
            node.close();
        }
        for (Sides both : sides.values()) {
            for (EndpointSide side : List.of(both.inside(), both.outside())) {
                try {
                    side.close();
                } catch (IOException e) {
                    failure = e;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void enter(Endpoint endpoint, Side side, ByteBuf buffer, int offset, int length) {
        if (InnerPackets.isMulticast(buffer, offset, length)) {
            groups++;
        } else {
            simulator.fromEndpoint(endpoint, side, buffer, offset, length, now);
        }
    }

    static int number(Inet4Address address) {
        return ByteBuffer.wrap(address.getAddress()).getInt();
    }

    /** A node's socket. */
    private final class Receiver implements DatagramHandler {
        private final Node node;
        private final UdpSocket socket;
        private final int budget;

        Receiver(Node node, UdpSocket socket, int budget) {
            this.node = node;
            this.socket = socket;
            this.budget = budget;
        }

        UdpSocket socket() {
            return socket;
        }

        void poll() throws IOException {
            socket.poll(this, budget);
        }

        @Override
        public void onDatagram(
                ByteBuf buffer,
                int offset,
                int length,
                int sourceAddress,
                int sourcePort,
                boolean reassembled) {
            if (reassembled) {
                simulator.fragmentFromTarget(node, sourceAddress, now);
            } else {
                wire.fromTarget(
                        simulator,
                        node,
                        sourceAddress,
                        sourcePort,
                        socket.port(),
                        buffer,
                        offset,
                        length,
                        now);
            }
        }
    }

    /** What a host routes into one side of an endpoint. */
    private final class TunSource implements TunHandler {
        private final TunQueue queue;
        private final Endpoint endpoint;
        private final Side side;

        TunSource(TunQueue queue, Endpoint endpoint, Side side) {
            this.queue = queue;
            this.endpoint = endpoint;
            this.side = side;
        }

        TunQueue queue() {
            return queue;
        }

        void poll() throws IOException {
            queue.poll(this, BUDGET);
        }

        @Override
        public void onPacket(ByteBuf buffer, int offset, int length) {
            enter(endpoint, side, buffer, offset, length);
        }
    }

    /** What was captured on one side of an endpoint. */
    private final class CaptureSource implements CaptureSide.Handler {
        private final CaptureSide files;
        private final Endpoint endpoint;
        private final Side side;

        CaptureSource(CaptureSide files, Endpoint endpoint, Side side) {
            this.files = files;
            this.endpoint = endpoint;
            this.side = side;
        }

        void play() throws IOException {
            files.next(this);
        }

        @Override
        public void onPacket(ByteBuf buffer, int offset, int length) {
            enter(endpoint, side, buffer, offset, length);
        }
    }
}
