package io.github.geneve4j.appliance.demo;

import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.geneve.Geneve;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.io.PacketWaiter;
import io.github.geneve4j.io.UdpSocket;
import io.github.geneve4j.simulator.CloudWatchMetric;
import io.github.geneve4j.simulator.Endpoint;
import io.github.geneve4j.simulator.EndpointService;
import io.github.geneve4j.simulator.GwlbSimulator;
import io.github.geneve4j.simulator.GwlbSimulatorBuilder;
import io.github.geneve4j.simulator.HealthProbe;
import io.github.geneve4j.simulator.Node;
import io.github.geneve4j.simulator.Objection;
import io.github.geneve4j.simulator.Side;
import io.github.geneve4j.simulator.SimulatorEvent;
import io.github.geneve4j.simulator.SimulatorOutput;
import io.github.geneve4j.simulator.Strictness;
import io.github.geneve4j.simulator.Target;
import io.github.geneve4j.simulator.TargetGroupSettings;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The simulated load balancer on loopback, and both networks behind its endpoints: sends packets
 * into them, and sees whether each comes out at the other side, once and as it was.
 *
 * <p>It keeps a fixed number of packets under way and sends the next one when one comes back.
 * Single threaded.
 */
final class DemoLoadBalancer implements SimulatorOutput, AutoCloseable {
    /** Packets to the targets come from these ports, as many as a flow's hash chooses among. */
    static final int FIRST_SOURCE_PORT = 60_000;

    private static final String ZONE = "loopback";
    private static final int SOURCE_PORTS = 16;
    private static final int UNDER_WAY = 32;
    private static final int SLOTS = 1024; // a power of two, well above UNDER_WAY
    private static final int MAX_DATAGRAM = 2048;
    private static final int BATCH = 64;
    private static final int BUFFER = 1 << 20;
    private static final long SPIN_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long LOST_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long MAX_LATENCY_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final GwlbSimulator simulator;
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final int appliance;
    private final long startNanos = System.nanoTime();

    private final List<UdpSocket> opened = new ArrayList<>();
    private final List<UdpSocket> sources; // by source port
    private final UdpSocket stranger;
    private final PacketWaiter waiter;

    private final @Nullable DemoPacket[] underWay = new DemoPacket[SLOTS];
    private final long[] serials = new long[SLOTS];
    private final long[] sentNanos = new long[SLOTS];
    private int open;
    private long nextSerial;
    private long oldestSerial;

    private long sent;
    private long verified;
    private final Map<DropReason, Long> sentToBeDropped = new EnumMap<>(DropReason.class);
    private final Map<String, Long> faults = new TreeMap<>();
    private final Histogram latencyNanos = new Histogram(MAX_LATENCY_NANOS, 3);

    /**
     * Opens the load balancer's sockets.
     *
     * @param node its address; replies go there, to port 6081
     * @param strangerAddress an address that the appliance must not serve
     * @param appliance the address of its only target
     * @throws java.net.BindException if somebody has one of the ports
     */
    DemoLoadBalancer(InetAddress node, InetAddress strangerAddress, InetAddress appliance)
            throws IOException {
        this.appliance = number(appliance);
        GwlbSimulatorBuilder builder =
                GwlbSimulator.builder()
                        .node(ZONE, number(node))
                        .target("appliance", this.appliance, ZONE)
                        .sourcePorts(FIRST_SOURCE_PORT, SOURCE_PORTS)
                        .targetGroup(TargetGroupSettings.DEFAULT.withHealthCheck(null))
                        .output(this);
        for (Objection objection : Objection.values()) {
            builder.strictness(objection, Strictness.DROP);
        }
        this.simulator = builder.build(0);
        EndpointService service = simulator.service("demo", false);
        for (long id : DemoTraffic.ENDPOINTS) {
            endpoints.add(service.createEndpoint(new EndpointId(id), ZONE, 0, 0));
        }
        try {
            open(node, Geneve.UDP_PORT);
            for (int i = 0; i < SOURCE_PORTS; i++) {
                open(node, FIRST_SOURCE_PORT + i);
            }
            this.sources = List.copyOf(opened.subList(1, opened.size()));
            List<UdpSocket> receiving = List.copyOf(opened);
            this.stranger = open(strangerAddress, FIRST_SOURCE_PORT);
            this.waiter = PacketWaiter.of(List.of(), receiving);
        } catch (IOException e) {
            opened.forEach(UdpSocket::close);
            throw e;
        }
    }

    private UdpSocket open(InetAddress address, int port) throws IOException {
        UdpSocket socket =
                UdpSocket.builder(address, port)
                        .maxLength(MAX_DATAGRAM)
                        .batches(BATCH, BATCH)
                        .bufferLengths(BUFFER, BUFFER)
                        .open();
        opened.add(socket);
        return socket;
    }

    /**
     * Sends the packets in turn, again and again, until the time is over; then waits for the rest.
     */
    void exchange(List<DemoPacket> packets, long durationNanos, Runnable everySecond)
            throws IOException {
        long now = now();
        long until = now + durationNanos;
        long nextSecond = now + TimeUnit.SECONDS.toNanos(1);
        int next = 0;
        while (now < until) {
            while (open < UNDER_WAY) {
                send(packets.get(next), now);
                next = next + 1 == packets.size() ? 0 : next + 1;
            }
            receive();
            now = now();
            giveUpOnLost(now);
            if (now >= nextSecond) {
                everySecond.run();
                nextSecond += TimeUnit.SECONDS.toNanos(1);
            }
        }
        while (open > 0) {
            receive();
            giveUpOnLost(now());
        }
    }

    private void send(DemoPacket packet, long now) throws IOException {
        sent++;
        DropReason drop = packet.expectedDrop();
        if (drop != null) {
            sentToBeDropped.merge(drop, 1L, Long::sum);
        } else {
            int slot = (int) nextSerial & (SLOTS - 1);
            underWay[slot] = packet;
            serials[slot] = nextSerial;
            sentNanos[slot] = now;
            packet.stamp(nextSerial);
            open++;
            nextSerial++;
        }
        ByteBuf bytes = packet.bytes();
        switch (packet.way()) {
            case ENDPOINT ->
                    simulator.fromEndpoint(
                            endpoints.get(packet.endpoint()),
                            packet.side(),
                            bytes,
                            packet.offset(),
                            packet.length(),
                            now);
            case NODE -> sendPast(sources.getFirst(), packet);
            case STRANGER -> sendPast(stranger, packet);
        }
    }

    private void sendPast(UdpSocket socket, DemoPacket packet) throws IOException {
        socket.send(appliance, Geneve.UDP_PORT, packet.bytes(), packet.offset(), packet.length());
    }

    private void receive() throws IOException {
        for (UdpSocket socket : opened) {
            socket.flush();
        }
        long now = await();
        Node node = simulator.nodes().getFirst();
        for (int i = 0; i <= SOURCE_PORTS; i++) {
            if (waiter.isSocketReady(i)) {
                UdpSocket socket = opened.get(i);
                socket.poll(
                        (buffer, offset, length, address, port, reassembled) ->
                                simulator.fromTarget(
                                        node,
                                        address,
                                        port,
                                        socket.port(),
                                        buffer,
                                        offset,
                                        length,
                                        now),
                        BATCH);
            }
        }
    }

    /** Waits for a reply: awake at first, as most come soon. {@return the time} */
    private long await() throws IOException {
        long from = now();
        while (!waiter.await(0)) {
            if (now() - from > SPIN_NANOS) {
                waiter.await(LONGEST_WAIT_NANOS);
                break;
            }
            Thread.onSpinWait();
        }
        return now();
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
        try {
            sources.get(sourcePort - FIRST_SOURCE_PORT)
                    .send(target.address(), Geneve.UDP_PORT, buffer, offset, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A reply has passed the load balancer's own checks; now those of who sent the packet. */
    @Override
    public void fromEndpoint(
            Endpoint endpoint, Side side, ByteBuf buffer, int offset, int length, long nowNanos) {
        long serial = DemoPacket.serialOf(buffer, offset, length);
        int slot = (int) serial & (SLOTS - 1);
        DemoPacket packet = underWay[slot];
        if (serial < 0 || packet == null || serials[slot] != serial) {
            count("packet that nobody waits for, or a second time");
            return;
        }
        underWay[slot] = null;
        open--;
        latencyNanos.recordValue(Math.min(nowNanos - sentNanos[slot], MAX_LATENCY_NANOS));
        if (endpoint != endpoints.get(packet.endpoint()) || side == packet.side()) {
            count("packet came out in the wrong place");
        } else if (!packet.isSame(serial, buffer, offset, length)) {
            count("inner packet changed");
        } else {
            verified++;
        }
    }

    @Override
    public void probe(HealthProbe probe, long nowNanos) {
        throw new IllegalStateException("probe without a health check: " + probe);
    }

    /** Nothing is sent, and nothing may come back, that the load balancer drops. */
    @Override
    public void event(SimulatorEvent event) {
        if (event instanceof SimulatorEvent.PacketDropped drop) {
            String what =
                    switch (drop.reason()) {
                        case OBJECTION -> drop.detail();
                        default -> drop.reason().label();
                    };
            CloudWatchMetric metric = drop.reason().metric();
            String counted = metric == null ? "" : ", " + metric.metricName();
            count("load balancer dropped: " + what + counted);
        }
    }

    private void giveUpOnLost(long now) {
        for (; oldestSerial < nextSerial; oldestSerial++) {
            int slot = (int) oldestSerial & (SLOTS - 1);
            if (underWay[slot] == null || serials[slot] != oldestSerial) {
                continue; // answered
            }
            if (now - sentNanos[slot] < LOST_AFTER_NANOS && nextSerial - oldestSerial < SLOTS) {
                return;
            }
            underWay[slot] = null;
            open--;
            count("no reply");
        }
    }

    private void count(String fault) {
        faults.merge(fault, 1L, Long::sum);
    }

    private long now() {
        return System.nanoTime() - startNanos;
    }

    private static int number(InetAddress ipv4) {
        return ByteBuffer.wrap(ipv4.getAddress()).getInt();
    }

    /** {@return the flows that the load balancer has seen begin} */
    long flows() {
        return simulator.counters().get(CloudWatchMetric.NEW_FLOW_COUNT);
    }

    long sent() {
        return sent;
    }

    long verified() {
        return verified;
    }

    Map<DropReason, Long> sentToBeDropped() {
        return sentToBeDropped;
    }

    /** {@return what was wrong, and how often} */
    Map<String, Long> faults() {
        return faults;
    }

    Histogram latencyNanos() {
        return latencyNanos;
    }

    @Override
    public void close() {
        waiter.close();
        opened.forEach(UdpSocket::close);
    }
}
