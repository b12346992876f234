package io.github.geneve4j.simulator.conform;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A wire at which every arrival of the run is looked at, whichever check takes it, for faults that
 * may show anywhere: wrong checksums, and "unreachable". One thread.
 */
final class WatchedWire implements Wire {
    private final Wire wire;
    private final int target;
    private final int port;
    private final @Nullable Integer stranger;
    private final Findings<Arrival> damaged = new Findings<>();
    private final Findings<Arrival> unreachables = new Findings<>();
    private long right;
    private long without;
    private long unseen;

    /**
     * Watches a wire, which it closes in the end.
     *
     * @param target the appliance's address
     * @param port the tunnel's
     * @param stranger the address that is no node, to which anything may be said, or null
     */
    WatchedWire(Wire wire, int target, int port, @Nullable Integer stranger) {
        this.wire = wire;
        this.target = target;
        this.port = port;
        this.stranger = stranger;
    }

    /** Forgets all that was seen, as of an appliance that was still starting. */
    void forget() {
        damaged.clear();
        unreachables.clear();
        right = 0;
        without = 0;
        unseen = 0;
    }

    /** {@return tunnel packets whose IPv4 or UDP checksum is wrong} */
    Findings<Arrival> damaged() {
        return damaged;
    }

    /** {@return every "unreachable" that the appliance sent to a node} */
    Findings<Arrival> unreachables() {
        return unreachables;
    }

    /** {@return tunnel packets whose UDP checksum is right} */
    long right() {
        return right;
    }

    /** {@return tunnel packets that have no UDP checksum} */
    long without() {
        return without;
    }

    /** {@return tunnel packets whose UDP checksum was left to a network card} */
    long unseen() {
        return unseen;
    }

    @Override
    public boolean seesHeaders() {
        return wire.seesHeaders();
    }

    @Override
    public List<Integer> sourcePorts() {
        return wire.sourcePorts();
    }

    @Override
    public void send(Datagram datagram) throws IOException {
        wire.send(datagram);
    }

    @Override
    public @Nullable Arrival receive(long deadlineNanos) throws IOException {
        Arrival arrival = wire.receive(deadlineNanos);
        if (arrival != null) {
            look(arrival);
        }
        return arrival;
    }

    @Override
    public long newDrops() throws IOException {
        return wire.newDrops();
    }

    /** Looks at what came. */
    void look(Arrival arrival) {
        if (arrival.isUnreachable() && arrival.source() == target) {
            if (stranger == null || arrival.destination() != stranger) {
                unreachables.add(arrival);
            }
        } else if (arrival.kind() == Arrival.Kind.UDP && arrival.packet().length > 0) {
            if (arrival.sourcePort() == port || arrival.destinationPort() == port) {
                count(arrival);
            }
        }
    }

    private void count(Arrival arrival) {
        if (!Ipv4.isIntact(arrival.packet())) {
            damaged.add(arrival);
            return;
        }
        switch (arrival.checksum()) {
            case RIGHT -> right++;
            case NONE -> without++;
            case UNSEEN -> unseen++;
            case WRONG -> damaged.add(arrival);
        }
    }

    @Override
    public void close() {
        wire.close();
    }
}
