package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.track.ConnectionTracker;
import io.github.geneve4j.appliance.track.PacketsElsewhere;
import io.github.geneve4j.appliance.track.TcpState;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.io.FastPath;
import org.jspecify.annotations.Nullable;

/**
 * Which flows of a firewall the kernel returns by itself, and what it has counted of them: each
 * direction is added by a packet of its own, once the flow needs no more than to pass.
 *
 * <p>In a flow's value there is an int for each direction: 0, a flow of the {@link FastPath} and
 * 1, or that there was no room for it. <b>Threads:</b> the worker's.
 */
final class FastFlows implements PacketsElsewhere {
    /** Bytes of a flow's value that this takes. */
    static final int STATE_LENGTH = Long.BYTES;

    private static final int NONE = 0;
    private static final int NO_ROOM = -1;
    private static final long TRY_AGAIN = 64; // packets
    private static final int BEGINS_OR_ENDS = TcpFlags.SYN | TcpFlags.FIN | TcpFlags.RST;

    private final FastPath fastPath;
    private @Nullable ConnectionTracker tracker;
    private FlowTable table;
    private int offset;

    FastFlows(FastPath fastPath) {
        this.fastPath = fastPath;
    }

    /**
     * Says whose flows they are, before there is any.
     *
     * @param tracker that has them
     * @param offset of their bytes in a flow's value
     */
    void of(ConnectionTracker tracker, int offset) {
        this.tracker = tracker;
        this.table = tracker.table();
        this.offset = offset;
    }

    /** Tells the kernel that somebody looks after its flows. */
    void vouch(long nowNs) {
        fastPath.vouch(nowNs);
    }

    /**
     * Looks at a packet that passes: lets the next ones of its direction pass by themselves, or, if
     * it ends a connection, none of either direction.
     *
     * @param flow that it belongs to
     * @param packet that needs no further inspection
     * @param generation that allows it
     */
    void passing(int flow, InspectedPacket packet, int generation) {
        FiveTuple tuple = packet.flow();
        int protocol = tuple.protocol();
        if (protocol == IpProtocol.TCP) {
            if ((tuple.tcpFlags() & BEGINS_OR_ENDS) != 0) {
                withdraw(flow, packet.nowNs());
                return;
            }
            if (tracker.state(flow) != TcpState.ESTABLISHED || !table.isEstablished(flow)) {
                return;
            }
        } else if (protocol != IpProtocol.UDP) {
            return;
        }
        boolean byBeginner = table.isFromBeginner(flow, tuple);
        int at = at(byBeginner);
        int known = table.getInt(flow, at);
        if (known > NONE) {
            renew(flow, byBeginner, known - 1, generation, packet);
        } else if (known == NONE || tracker.packets(flow, byBeginner) % TRY_AGAIN == 0) {
            add(flow, at, generation, packet);
        }
    }

    /** Has the kernel return no more packets of a flow. */
    void withdraw(int flow, long nowNs) {
        withdraw(flow, true, nowNs);
        withdraw(flow, false, nowNs);
    }

    private void renew(
            int flow, boolean byBeginner, int known, int generation, InspectedPacket packet) {
        int of = fastPath.generationOf(known);
        if (of == generation) {
            return; // a packet that the kernel does not return, of a flow whose others it does
        }
        if (of == 0) {
            withdraw(flow, byBeginner, packet.nowNs());
            add(flow, at(byBeginner), generation, packet);
        } else {
            fastPath.renew(known, generation);
        }
    }

    private void add(int flow, int at, int generation, InspectedPacket packet) {
        int start = packet.geneve().offset();
        int length = packet.geneve().headerLength() + packet.innerLength();
        int added = fastPath.add(packet.buffer(), start, length, generation, packet.nowNs());
        table.setInt(flow, at, added == FastPath.NONE ? NO_ROOM : added + 1);
    }

    private void withdraw(int flow, boolean byBeginner, long nowNs) {
        int at = at(byBeginner);
        int known = table.getInt(flow, at) - 1;
        table.setInt(flow, at, NONE);
        if (known < 0) {
            return;
        }
        long packets = fastPath.remove(known, nowNs);
        tracker.passed(
                flow,
                byBeginner,
                packets,
                fastPath.bytes(known),
                fastPath.lastSeenNs(known),
                packets == 0 ? ConnectionTracker.NO_COOKIE : cookieOf(known));
    }

    @Override
    public long lastNs(int flow) {
        long here = table.lastSeenNs(flow);
        return later(later(here, flow, true), flow, false);
    }

    private long later(long ns, int flow, boolean byBeginner) {
        int known = table.getInt(flow, at(byBeginner)) - 1;
        if (known < 0) {
            return ns;
        }
        long there = fastPath.lastSeenNs(known);
        return there - ns > 0 ? there : ns;
    }

    @Override
    public long packets(int flow, boolean byBeginner) {
        int known = table.getInt(flow, at(byBeginner)) - 1;
        return known < 0 ? 0 : fastPath.packets(known);
    }

    @Override
    public long bytes(int flow, boolean byBeginner) {
        int known = table.getInt(flow, at(byBeginner)) - 1;
        return known < 0 ? 0 : fastPath.bytes(known);
    }

    @Override
    public long cookie(int flow) {
        int beginner = table.getInt(flow, at(true)) - 1;
        int responder = table.getInt(flow, at(false)) - 1;
        boolean hasBeginner = beginner >= 0 && fastPath.packets(beginner) > 0;
        boolean hasResponder = responder >= 0 && fastPath.packets(responder) > 0;
        if (!hasBeginner && !hasResponder) {
            return ConnectionTracker.NO_COOKIE;
        }
        boolean later =
                hasBeginner
                        && (!hasResponder
                                || fastPath.lastSeenNs(beginner) - fastPath.lastSeenNs(responder)
                                        >= 0);
        return cookieOf(later ? beginner : responder);
    }

    private long cookieOf(int known) {
        return Integer.toUnsignedLong(fastPath.cookie(known));
    }

    private int at(boolean byBeginner) {
        return byBeginner ? offset : offset + Integer.BYTES;
    }
}
