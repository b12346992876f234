package io.github.geneve4j.simulator.conform;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What checks ask by: makes flows and packets that nobody had before, sends them, and keeps what
 * arrives. One thread.
 */
final class Probe {
    private static final int ATTEMPTS = 3;
    private static final int BLOCK = 8;
    private static final long SETTLE_NANOS = 100_000_000;
    private static final int CLIENTS = 0x0a00_0000; // 10.0.0.0/8
    private static final int SERVERS = 0xc612_0000; // 198.18.0.0/15, for benchmarks (RFC 2544)

    private final ConformanceSettings settings;
    private final WatchedWire wire;
    private final SplittableRandom random;
    private final List<Arrival> arrivals = new ArrayList<>(); // since the check began
    private final Set<Long> awaited = new HashSet<>(); // keys of what may be answered, of the run
    private final Findings<Exchange> astray = new Findings<>(); // of the run
    private long answered; // in the run

    Probe(ConformanceSettings settings, Wire wire) {
        this.settings = settings;
        Inet4Address stranger = settings.stranger();
        this.wire =
                new WatchedWire(
                        wire,
                        address(settings.target()),
                        settings.port(),
                        stranger == null ? null : address(stranger));
        this.random = new SplittableRandom(settings.seed());
    }

    ConformanceSettings settings() {
        return settings;
    }

    WatchedWire wire() {
        return wire;
    }

    SplittableRandom random() {
        return random;
    }

    int node() {
        return address(settings.nodes().get(0));
    }

    int target() {
        return address(settings.target());
    }

    static int address(Inet4Address address) {
        return Bytes.s32(address.getAddress(), 0);
    }

    /** Forgets what was seen of the appliance, as if the run began now. */
    void forget() {
        wire.forget();
        astray.clear();
        answered = 0;
    }

    /** Forgets what arrived for the check before, after all of it is here. */
    void begin() throws IOException {
        Arrival late = wire.receive(System.nanoTime());
        while (late != null) {
            keep(late);
            late = wire.receive(System.nanoTime());
        }
        arrivals.clear();
    }

    /** {@return what has arrived since the check began, in order} */
    List<Arrival> arrivals() {
        return arrivals;
    }

    /** {@return whose replies, of the whole run, did not go where the load balancer wants them} */
    Findings<Exchange> astray() {
        return astray;
    }

    /** {@return how many replies there were in the whole run} */
    long answered() {
        return answered;
    }

    /** Takes down where a reply went. */
    void note(Request request, Arrival reply) {
        answered++;
        if (reply.source() != target()
                || reply.destination() != request.datagram().source()
                || reply.destinationPort() != settings.port()) {
            astray.add(new Exchange(request, reply, false));
        }
    }

    /**
     * {@return what has come out of the tunnel since the check began, and belongs to no request of
     * the run that may be answered, however late}
     */
    List<Arrival> unexplained() {
        return arrivals.stream().filter(a -> isOfTheTunnel(a) && !isAwaited(a)).toList();
    }

    /** Fragments have no ports that could tell. */
    private boolean isOfTheTunnel(Arrival arrival) {
        return switch (arrival.kind()) {
            case FRAGMENT -> true;
            case ICMP -> false;
            case UDP ->
                    arrival.sourcePort() == settings.port()
                            || arrival.destinationPort() == settings.port()
                            || wire.sourcePorts().contains(arrival.destinationPort());
        };
    }

    private boolean isAwaited(Arrival arrival) {
        byte[] payload = arrival.payload();
        for (int at = 0; at + BLOCK <= payload.length; at++) {
            if (awaited.contains(Bytes.s64(payload, at))) {
                return true;
            }
        }
        return false;
    }

    // Packets

    /** {@return a flow that there was not before} */
    Flow newFlow() {
        List<Integer> ports = wire.sourcePorts();
        return new Flow(
                CLIENTS | random.nextInt(1 << 16, 1 << 24),
                SERVERS | random.nextInt(1, 0x1_ffff),
                random.nextInt(20_000, 60_000),
                443,
                random.nextInt(),
                ports.get(random.nextInt(2)));
    }

    /** {@return data whose every aligned block of eight bytes is found nowhere else} */
    byte[] data(int length) {
        byte[] data = new byte[(length + BLOCK - 1) / BLOCK * BLOCK];
        int high = random.nextInt();
        int low = random.nextInt(1 << 16);
        for (int block = 0; block < data.length / BLOCK; block++) {
            Bytes.put32(data, block * BLOCK, high);
            Bytes.put16(data, block * BLOCK + 4, low);
            Bytes.put16(data, block * BLOCK + 6, block);
        }
        return Arrays.copyOf(data, length);
    }

    /** {@return the header that the load balancer gives a flow's packets} */
    GeneveBytes aws(Flow flow) {
        return new GeneveBytes().aws(settings.endpoint().value(), flow.cookie());
    }

    /** {@return a packet of a flow under its usual header} */
    Request request(Flow flow, Inner inner, byte[] data) {
        return request(flow, aws(flow), inner, data);
    }

    /**
     * {@return a packet of a flow}
     *
     * @param flow whose source port it leaves from
     * @param geneve its header
     * @param inner its inner packet
     * @param data of eight bytes or more, which stand in the inner packet and in no other
     */
    Request request(Flow flow, GeneveBytes geneve, Inner inner, byte[] data) {
        byte[] header = geneve.before(inner.protocolType());
        return new Request(
                new Datagram(
                        node(),
                        flow.sourcePort(),
                        Datagram.Checksum.RIGHT,
                        Bytes.concat(header, inner.bytes())),
                header.length,
                Arrays.copyOf(data, BLOCK));
    }

    /** {@return a packet that any appliance lets pass, of a flow of its own} */
    Request plain() {
        return plain(newFlow());
    }

    Request plain(Flow flow) {
        byte[] data = data(64);
        return request(flow, Inner.udp(flow, data), data);
    }

    /** {@return bytes that need not be Geneve, nor have anything inside} */
    Request bare(byte[] payload, byte[] key) {
        int port = wire.sourcePorts().get(0);
        Datagram datagram = new Datagram(node(), port, Datagram.Checksum.RIGHT, payload);
        return new Request(datagram, payload.length, key);
    }

    // On the wire

    /** {@return what became of a request; it is sent again if there is no reply} */
    Exchange exchange(Request request) throws IOException {
        expect(request);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            wire.send(request.datagram());
            Arrival reply = await(request, settings.patience().toNanos());
            if (reply != null) {
                note(request, reply);
                return new Exchange(request, reply, false);
            }
        }
        boolean fragmented =
                arrivals.stream()
                        .anyMatch(
                                a -> a.kind() == Arrival.Kind.FRAGMENT && request.isAnsweredBy(a));
        return new Exchange(request, null, fragmented);
    }

    /** {@return what became of requests that are all sent, once, before any reply is waited for} */
    List<Exchange> exchangeOnce(List<Request> requests) throws IOException {
        for (Request request : requests) {
            expect(request);
            wire.send(request.datagram());
        }
        long deadline = System.nanoTime() + settings.patience().toNanos();
        List<Exchange> exchanges = new ArrayList<>();
        for (Request request : requests) {
            Arrival reply = answerTo(request);
            if (reply == null) {
                reply = await(request, deadline - System.nanoTime());
            }
            if (reply != null) {
                note(request, reply);
            }
            exchanges.add(new Exchange(request, reply, false));
        }
        return exchanges;
    }

    /** {@return the same for requests that can be sent again if one has no reply} */
    List<Exchange> exchangeTogether(List<Request> requests) throws IOException {
        List<Exchange> exchanges = exchangeOnce(requests);
        for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
            if (exchanges.stream().allMatch(Exchange::isAnswered)) {
                break;
            }
            exchanges = exchangeOnce(requests);
        }
        return exchanges;
    }

    /** Sends once, and waits for nothing. */
    void send(Request request) throws IOException {
        wire.send(request.datagram());
    }

    /** Sends what is not to be answered, so often that not every copy is lost on the way. */
    void sendUnwelcome(Request request) throws IOException {
        for (int copy = 0; copy < ATTEMPTS; copy++) {
            wire.send(request.datagram());
        }
    }

    /** Remembers that a request may be answered. */
    void expect(Request request) {
        if (request.key().length >= BLOCK) {
            awaited.add(Bytes.s64(request.key(), 0));
        }
    }

    /**
     * {@return whether the appliance answers an ordinary packet, on the way that this request took:
     * then it has seen the request, too}
     */
    boolean isAliveAfter(Request request) throws IOException {
        Flow flow = newFlow().withSourcePort(request.datagram().sourcePort());
        return exchange(plain(flow)).isAnswered();
    }

    /** Listens a little longer, for what is on its way. */
    void settle() throws IOException {
        listen(SETTLE_NANOS);
    }

    /** Keeps what arrives in that time. */
    void listen(long nanos) throws IOException {
        long deadline = System.nanoTime() + nanos;
        Arrival arrival = wire.receive(deadline);
        while (arrival != null) {
            keep(arrival);
            arrival = wire.receive(deadline);
        }
    }

    /** {@return what has come back for a request since the check began, or null} */
    @Nullable Arrival answerTo(Request request) {
        List<Arrival> answers = answersTo(request);
        return answers.isEmpty() ? null : answers.get(0);
    }

    /** {@return all that has come back for a request since the check began, in order} */
    List<Arrival> answersTo(Request request) {
        return arrivals.stream()
                .filter(a -> a.kind() != Arrival.Kind.ICMP && request.isAnsweredBy(a))
                .toList();
    }

    void keep(Arrival arrival) {
        arrivals.add(arrival);
    }

    private @Nullable Arrival await(Request request, long nanos) throws IOException {
        long deadline = System.nanoTime() + nanos;
        Arrival arrival = wire.receive(deadline);
        while (arrival != null) {
            keep(arrival);
            if (arrival.kind() == Arrival.Kind.UDP && request.isAnsweredBy(arrival)) {
                return arrival;
            }
            arrival = wire.receive(deadline);
        }
        return null;
    }
}
