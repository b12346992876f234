package io.github.geneve4j.simulator.conform;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Packets at a steady rate, each with its number inside, so that every reply is known, compared and
 * timed.
 *
 * <p>It is no {@link io.github.geneve4j.simulator.load.LoadGenerator}, which finds out how much an
 * appliance can do: that one spins on a processor of its own and writes frames, so it needs
 * privileges, an Ethernet link and the appliance's MAC address. A check asks what comes back at a
 * rate that was agreed, on whatever path the rest of the suite takes, with evidence for each fault
 * and while health checks are made.
 */
final class PacedLoad {
    /** So many that a table of flows is used, and that a short hash of them has collisions. */
    private static final int MOST_FLOWS = 1024;

    private static final int DATA_LENGTH = 160;
    private static final int NUMBER_LENGTH = Integer.BYTES;
    private static final long LAST_REPLIES_NANOS = 1_000_000_000;
    private static final double NANOS_PER_SECOND = 1e9;

    /** As much as any socket's buffer holds, at rates of this suite. */
    private static final long LONGEST_BURST_NANOS = 10_000_000;

    private final Probe probe;
    private final int count;
    private final long intervalNanos;
    private final int flows;
    private final List<Request> templates = new ArrayList<>(); // of each flow: there, and back
    private final long[] sentAt;
    private final long[] latencies;
    private final BitSet answered = new BitSet();
    private int sent;
    private int replies;
    private final Findings<Arrival> repeated = new Findings<>();
    private long droppedHere;
    private long tookNanos;
    private @Nullable Evidence damaged;

    /**
     * Prepares a load.
     *
     * @param rate packets a second
     * @param time how long
     */
    PacedLoad(Probe probe, int rate, Duration time) {
        this.probe = probe;
        this.count = (int) Math.max(1, rate * (time.toNanos() / NANOS_PER_SECOND));
        this.intervalNanos = (long) (NANOS_PER_SECOND / rate);
        this.sentAt = new long[count];
        this.latencies = new long[count];
        this.flows = Math.min(count, MOST_FLOWS);
        for (int i = 0; i < flows; i++) {
            List<Integer> ports = probe.wire().sourcePorts();
            Flow flow = probe.newFlow().withSourcePort(ports.get(i % ports.size()));
            for (Flow direction : List.of(flow, flow.reversed())) {
                byte[] data = probe.data(DATA_LENGTH);
                Inner inner = Inner.udpWithoutChecksum(direction, data);
                templates.add(probe.request(direction, inner, data));
            }
        }
    }

    /** Sends all of it, and waits for the last replies. */
    void run() throws IOException {
        Wire wire = probe.wire();
        wire.newDrops(); // those of before
        long start = System.nanoTime();
        long next = start;
        while (sent < count) {
            takeAll(wire.receive(next));
            long now = System.nanoTime();
            if (now >= next) {
                sentAt[sent] = now;
                wire.send(numbered(sent));
                sent++;
                next = due(next, now, now - start);
            }
        }
        tookNanos = Math.max(1, System.nanoTime() - start);
        long deadline = System.nanoTime() + LAST_REPLIES_NANOS;
        while (replies < sent) {
            Arrival arrival = wire.receive(deadline);
            if (arrival == null) {
                break;
            }
            take(arrival);
        }
        droppedHere = wire.newDrops();
        Arrays.sort(latencies, 0, replies);
    }

    /**
     * {@return when the next one is due}
     *
     * <p>A stall of this host is made up for at twice the rate, and not in one burst: no buffer
     * would hold that, and the appliance is not to blame.
     */
    private long due(long last, long now, long elapsed) {
        boolean behind = elapsed - sent * intervalNanos > LONGEST_BURST_NANOS;
        long next = last + (behind ? intervalNanos / 2 : intervalNanos);
        return Math.max(next, now - LONGEST_BURST_NANOS);
    }

    /** {@return packets that were sent} */
    int sent() {
        return sent;
    }

    /** {@return packets that did not come back} */
    int lost() {
        return sent - replies;
    }

    /** {@return packets that came back, and that this host had no room for; 0 if it cannot tell} */
    long droppedHere() {
        return droppedHere;
    }

    /** {@return second and later replies to one packet, which was sent once} */
    Findings<Arrival> repeated() {
        return repeated;
    }

    /** {@return the first packet that did not come back; call it only if there is one} */
    Evidence missing() {
        return Evidence.unanswered(numbered(answered.nextClearBit(0)).payload());
    }

    double sentPerSecond() {
        return sent * NANOS_PER_SECOND / tookNanos;
    }

    /** {@return the latency that so many of 100 replies kept; 0 if there was none} */
    long percentileNanos(int percentile) {
        if (replies == 0) {
            return 0;
        }
        int rank = (int) Math.ceil(replies * (percentile / 100.0));
        return latencies[Math.max(0, rank - 1)];
    }

    /** {@return the first reply that was not as its request, or null} */
    @Nullable Evidence damaged() {
        return damaged;
    }

    /** {@return what a packet is made from: all flows by turns, one way and then the other} */
    private Request template(int number) {
        return templates.get(number % flows * 2 + number / flows % 2);
    }

    /** {@return a packet with its number in its last four bytes} */
    private Datagram numbered(int number) {
        Datagram template = template(number).datagram();
        byte[] payload = template.payload().clone();
        Bytes.put32(payload, payload.length - NUMBER_LENGTH, number);
        return new Datagram(template.source(), template.sourcePort(), template.checksum(), payload);
    }

    /** Takes what is there, lest a reply grows old in this host's queue while requests are sent. */
    private void takeAll(@Nullable Arrival first) throws IOException {
        Arrival arrival = first;
        while (arrival != null) {
            take(arrival);
            arrival = probe.wire().receive(System.nanoTime());
        }
    }

    private void take(Arrival arrival) {
        byte[] payload = arrival.payload();
        if (arrival.kind() != Arrival.Kind.UDP || payload.length < NUMBER_LENGTH) {
            probe.keep(arrival);
            return;
        }
        int number = Bytes.s32(payload, payload.length - NUMBER_LENGTH);
        if (number < 0 || number >= sent) {
            return; // not of this load
        }
        Request template = template(number);
        if (!template.isAnsweredBy(arrival)) {
            return;
        }
        if (answered.get(number)) {
            repeated.add(arrival);
            return;
        }
        answered.set(number);
        latencies[replies++] = arrival.nanos() - sentAt[number];
        probe.note(template, arrival);
        if (damaged == null) {
            compare(template, number, arrival);
        }
    }

    private void compare(Request template, int number, Arrival reply) {
        Request request = new Request(numbered(number), template.headerLength(), template.key());
        Exchange exchange = new Exchange(request, reply, false);
        Outcome fault = exchange.headerFault();
        if (fault == null) {
            fault = exchange.innerFault();
        }
        if (fault != null) {
            damaged = fault.evidence().get(0);
        }
    }
}
