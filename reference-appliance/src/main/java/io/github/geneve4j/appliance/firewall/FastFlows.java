package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.track.ConnectionTracker;
import io.github.geneve4j.appliance.track.PacketsElsewhere;
import io.github.geneve4j.appliance.track.TcpState;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.io.FastPath;

/**
 * Which flows of a firewall the kernel returns by itself, and what it has counted of them: each
 * direction is added by a packet of its own, once the flow needs no more than to pass.
 *
 * <p>In a flow's value there is an int for each direction: 0, a flow of the {@link FastPath} and 1,
 * or that there was no room for it. <b>Threads:</b> the worker's.
 */
final class FastFlows implements PacketsElsewhere {
    /** Bytes of a flow's value that this takes. */
    static final int STATE_LENGTH = Long.BYTES;

    private static final int NONE = 0;
    private static final int NO_ROOM = -1;
    private static final long TRY_AGAIN = 64; // packets
    private static final int BEGINS_OR_ENDS = TcpFlags.SYN | TcpFlags.FIN | TcpFlags.RST;

    private final FastPath fastPath;
    private final int offset;

    /**
     * Creates the fast flows of a firewall.
     *
     * @param fastPath of the ports
     * @param offset of their bytes, behind those of the tracker in a flow's value
     */
    FastFlows(FastPath fastPath, int offset) {
        this.fastPath = fastPath;
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
     * @param tracker that has the flow
     * @param flow that it belongs to
     * @param packet that needs no further inspection
     * @param generation that allows it
     */
    void passing(ConnectionTracker tracker, int flow, InspectedPacket packet, int generation) {
        FiveTuple tuple = packet.flow();
        int protocol = tuple.protocol();
        if (protocol == IpProtocol.TCP) {
            if ((tuple.tcpFlags() & BEGINS_OR_ENDS) != 0) {
                withdraw(tracker, flow, packet.nowNs());
                return;
            }
            if (tracker.state(flow) != TcpState.ESTABLISHED
                    || !tracker.table().isEstablished(flow)) {
                return;
            }
        } else if (protocol != IpProtocol.UDP) {
            return;
        }
        boolean byBeginner = tracker.table().isFromBeginner(flow, tuple);
        int at = at(tracker, byBeginner);
        int known = tracker.table().getInt(flow, at);
        if (known > NONE) {
            renew(tracker, flow, byBeginner, known - 1, generation, packet);
        } else if (known == NONE || tracker.packets(flow, byBeginner) % TRY_AGAIN == 0) {
            add(tracker, flow, at, generation, packet);
        }
    }

    /** Has the kernel return no more packets of a flow. */
    void withdraw(ConnectionTracker tracker, int flow, long nowNs) {
        withdraw(tracker, flow, true, nowNs);
        withdraw(tracker, flow, false, nowNs);
    }

    private void renew(
            ConnectionTracker tracker,
            int flow,
            boolean byBeginner,
            int known,
            int generation,
            InspectedPacket packet) {
        int of = fastPath.generationOf(known);
        if (of == generation) {
            return; // a packet that the kernel does not return, of a flow whose others it does
        }
        if (of == 0) {
            withdraw(tracker, flow, byBeginner, packet.nowNs());
            add(tracker, flow, at(tracker, byBeginner), generation, packet);
        } else {
            fastPath.renew(known, generation);
        }
    }

    private void add(
            ConnectionTracker tracker, int flow, int at, int generation, InspectedPacket packet) {
        int start = packet.geneve().offset();
        int length = packet.geneve().headerLength() + packet.innerLength();
        int added = fastPath.add(packet.buffer(), start, length, generation, packet.nowNs());
        tracker.table().setInt(flow, at, added == FastPath.NONE ? NO_ROOM : added + 1);
    }

    private void withdraw(ConnectionTracker tracker, int flow, boolean byBeginner, long nowNs) {
        int at = at(tracker, byBeginner);
        int known = tracker.table().getInt(flow, at) - 1;
        tracker.table().setInt(flow, at, NONE);
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
    public long lastNs(ConnectionTracker tracker, int flow) {
        long here = tracker.table().lastSeenNs(flow);
        return later(tracker, later(tracker, here, flow, true), flow, false);
    }

    private long later(ConnectionTracker tracker, long ns, int flow, boolean byBeginner) {
        int known = tracker.table().getInt(flow, at(tracker, byBeginner)) - 1;
        if (known < 0) {
            return ns;
        }
        long there = fastPath.lastSeenNs(known);
        return there - ns > 0 ? there : ns;
    }

    @Override
    public long packets(ConnectionTracker tracker, int flow, boolean byBeginner) {
        int known = tracker.table().getInt(flow, at(tracker, byBeginner)) - 1;
        return known < 0 ? 0 : fastPath.packets(known);
    }

    @Override
    public long bytes(ConnectionTracker tracker, int flow, boolean byBeginner) {
        int known = tracker.table().getInt(flow, at(tracker, byBeginner)) - 1;
        return known < 0 ? 0 : fastPath.bytes(known);
    }

    @Override
    public long cookie(ConnectionTracker tracker, int flow) {
        int beginner = tracker.table().getInt(flow, at(tracker, true)) - 1;
        int responder = tracker.table().getInt(flow, at(tracker, false)) - 1;
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
        int last = later ? beginner : responder;
        boolean isLatest = fastPath.lastSeenNs(last) - tracker.table().lastSeenNs(flow) >= 0;
        return isLatest ? cookieOf(last) : ConnectionTracker.NO_COOKIE;
    }

    private long cookieOf(int known) {
        return Integer.toUnsignedLong(fastPath.cookie(known));
    }

    private int at(ConnectionTracker tracker, boolean byBeginner) {
        int first = tracker.inspectorOffset() + offset;
        return byBeginner ? first : first + Integer.BYTES;
    }
}
