package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.track.ConnectionTracker;
import io.github.geneve4j.appliance.track.PacketsElsewhere;
import io.github.geneve4j.appliance.track.TcpState;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.IpProtocol;
import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.io.FastPath;
import org.jspecify.annotations.Nullable;

/**
 * Which flows of a firewall the kernel returns by itself, and what it has counted of them: each
 * direction is added by a packet of its own, once the direction needs no more than to pass, for as
 * long as the {@linkplain Pauses inspectors} do not ask for it.
 *
 * <p>When they do, its place is kept, and nothing passes by it, until they pause again, or have
 * looked at some packets: who looks in now and then does not take a new place each time.
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

    /**
     * A UDP flow gets a place with this packet, of both directions together, or a later one: a
     * resolver that asks for both of a host's addresses from one port, and is answered, takes four,
     * and a place would be taken until the flow expires.
     */
    private static final int FIRST_OF_UDP = 5;

    private static final long LONGEST_NANOS = Long.MAX_VALUE / 4; // a time limit is below
    private static final long MOST_PACKETS = 0xffff_ffffL;
    private static final int DUE_LIMIT = 1024; // flows, each turn
    private static final int BEGINS_OR_ENDS = TcpFlags.SYN | TcpFlags.FIN | TcpFlags.RST;

    private final FastPath fastPath;
    private final int offset;
    private @Nullable Pauses pauses;
    private @Nullable FlowDeadlines deadlines;
    private boolean held; // nothing passes by the kernel while the packet at hand is looked at

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

    /**
     * Has the kernel keep to what inspectors want to see.
     *
     * @param pauses of the firewall's inspectors
     * @param deadlines for the pauses that end by the clock; null if there never are any
     */
    void keepTo(Pauses pauses, @Nullable FlowDeadlines deadlines) {
        this.pauses = pauses;
        this.deadlines = deadlines;
    }

    /** Tells the kernel that somebody looks after its flows. */
    void vouch(long nowNs) {
        fastPath.vouch(nowNs);
    }

    /** Has packets come up again for whose inspector the time of a pause is over. */
    void endPauses(ConnectionTracker tracker, long nowNs) {
        if (pauses == null || deadlines == null) {
            return;
        }
        for (int i = 0; i < DUE_LIMIT; i++) {
            int flow = deadlines.takeDue(nowNs);
            if (flow == FlowDeadlines.NONE) {
                return;
            }
            endPause(pauses, tracker, flow, true, nowNs);
            endPause(pauses, tracker, flow, false, nowNs);
        }
    }

    private void endPause(
            Pauses pauses, ConnectionTracker tracker, int flow, boolean byBeginner, long nowNs) {
        int known = known(tracker, flow, byBeginner);
        if (known < 0 || fastPath.isSuspended(known)) {
            return;
        }
        if (pauses.nanosLeft(flow, byBeginner, nowNs) <= 0) {
            fastPath.suspend(known);
        } else {
            comeBack(flow, byBeginner, nowNs);
        }
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
        boolean isTcp = tuple.protocol() == IpProtocol.TCP;
        if (isTcp) {
            if ((tuple.tcpFlags() & BEGINS_OR_ENDS) != 0) {
                withdraw(tracker, flow, packet.nowNs());
                return;
            }
            if (tracker.state(flow) != TcpState.ESTABLISHED
                    || !tracker.table().isEstablished(flow)) {
                return;
            }
        } else if (tuple.protocol() != IpProtocol.UDP) {
            return;
        }
        boolean byBeginner = tracker.table().isFromBeginner(flow, tuple);
        int known = tracker.table().getInt(flow, at(tracker, byBeginner));
        if (known > NONE) {
            renew(tracker, flow, byBeginner, known - 1, generation, packet);
        } else if (known == NO_ROOM
                ? tracker.packets(flow, byBeginner) % TRY_AGAIN == 0
                : isTcp || isLong(tracker, flow)) {
            add(tracker, flow, byBeginner, generation, packet);
        }
    }

    /**
     * Looks at a packet that the tracker has counted and that may be one beyond a pause: from here
     * on the kernel counts none of its direction, so that what is compared with the limits next is
     * all that there is. One of {@link #passing} and {@link #inspecting} comes next.
     *
     * @param tracker that has the flow
     * @param flow that it belongs to
     * @param byBeginner which direction
     */
    void hold(ConnectionTracker tracker, int flow, boolean byBeginner) {
        held = false;
        if (isLimited(flow, byBeginner)) {
            int known = known(tracker, flow, byBeginner);
            if (known >= 0 && !fastPath.isSuspended(known)) {
                fastPath.suspend(known);
                held = true;
            }
        }
    }

    private static boolean isLong(ConnectionTracker tracker, int flow) {
        return tracker.packets(flow, true) + tracker.packets(flow, false) >= FIRST_OF_UDP;
    }

    /**
     * Looks at a packet that an inspector is about to see: the next ones of its direction come up
     * as well, and, if it begins or ends a connection, those of the other.
     *
     * @param tracker that has the flow
     * @param flow that it belongs to
     * @param packet not inspected yet
     */
    void inspecting(ConnectionTracker tracker, int flow, InspectedPacket packet) {
        FiveTuple tuple = packet.flow();
        if (tuple.protocol() == IpProtocol.TCP && (tuple.tcpFlags() & BEGINS_OR_ENDS) != 0) {
            withdraw(tracker, flow, packet.nowNs());
            return;
        }
        boolean byBeginner = tracker.table().isFromBeginner(flow, tuple);
        int known = known(tracker, flow, byBeginner);
        if (known < 0) {
            return;
        }
        if (!fastPath.isSuspended(known)) {
            fastPath.suspend(known);
        } else if (!held && tracker.packets(flow, byBeginner) % TRY_AGAIN == 0) {
            withdraw(tracker, flow, byBeginner, packet.nowNs());
        }
    }

    /**
     * Does what the inspectors of a flow have asked for: its packets come up, or pass for as long
     * as all of them pause now.
     *
     * @param tracker that has the flow
     * @param flow that they have looked at
     * @param generation that allows it; with flows that are not judged again, a later one than the
     *     tracker has
     * @param nowNs the time
     */
    void follow(ConnectionTracker tracker, int flow, int generation, long nowNs) {
        follow(tracker, flow, true, generation, nowNs);
        follow(tracker, flow, false, generation, nowNs);
    }

    private void follow(
            ConnectionTracker tracker, int flow, boolean byBeginner, int generation, long nowNs) {
        int known = known(tracker, flow, byBeginner);
        if (known >= 0) {
            limit(flow, byBeginner, known, generation, nowNs);
        }
    }

    /** Lets the kernel return as much as no inspector wants to see. */
    private void limit(int flow, boolean byBeginner, int known, int generation, long nowNs) {
        fastPath.suspend(known); // from now on it counts nothing
        long packets = packetsLeft(flow, byBeginner, nowNs);
        long bytes = bytesLeft(flow, byBeginner);
        if (packets > 0 && bytes > 0) {
            fastPath.renew(known, generation, packets, bytes);
            comeBack(flow, byBeginner, nowNs);
        }
    }

    /** Has the kernel return no more packets of a flow. */
    void withdraw(ConnectionTracker tracker, int flow, long nowNs) {
        if (deadlines != null) {
            deadlines.remove(flow);
        }
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
        if (fastPath.packets(known) == MOST_PACKETS) { // it cannot count any more
            withdraw(tracker, flow, byBeginner, packet.nowNs());
            add(tracker, flow, byBeginner, generation, packet);
        } else if (fastPath.isSuspended(known) || isLimited(flow, byBeginner)) {
            limit(flow, byBeginner, known, generation, packet.nowNs()); // this one has passed here
        } else if (fastPath.generationOf(known) != generation) {
            fastPath.renew(known, generation);
        } // else a packet that the kernel does not return, of a flow whose others it does
    }

    private void add(
            ConnectionTracker tracker,
            int flow,
            boolean byBeginner,
            int generation,
            InspectedPacket packet) {
        long nowNs = packet.nowNs();
        long packets = packetsLeft(flow, byBeginner, nowNs);
        long bytes = bytesLeft(flow, byBeginner);
        if (packets <= 0 || bytes <= 0) {
            return; // the next one is for an inspector
        }
        int start = packet.geneve().offset();
        int length = packet.geneve().headerLength() + packet.innerLength();
        int added = fastPath.add(packet.buffer(), start, length, generation, nowNs, packets, bytes);
        int at = at(tracker, byBeginner);
        tracker.table().setInt(flow, at, added == FastPath.NONE ? NO_ROOM : added + 1);
        if (added != FastPath.NONE) {
            comeBack(flow, byBeginner, nowNs);
        }
    }

    /** Has a flow come up when the time of its direction's pauses is over, if they have any. */
    private void comeBack(int flow, boolean byBeginner, long nowNs) {
        if (pauses == null || deadlines == null) {
            return;
        }
        long left = pauses.nanosLeft(flow, byBeginner, nowNs);
        if (left <= LONGEST_NANOS) {
            deadlines.add(flow, nowNs + left);
        }
    }

    private boolean isLimited(int flow, boolean byBeginner) {
        return pauses != null && pauses.areLimited(flow, byBeginner);
    }

    /** {@return how many packets more nobody wants to see, 0 or less if somebody does now} */
    private long packetsLeft(int flow, boolean byBeginner, long nowNs) {
        if (pauses == null) {
            return MOST_PACKETS;
        }
        boolean isSeen =
                pauses.isAnyLooking(flow, byBeginner)
                        || pauses.nanosLeft(flow, byBeginner, nowNs) <= 0;
        return isSeen ? 0 : Math.min(pauses.packetsLeft(flow, byBeginner), MOST_PACKETS);
    }

    /** {@return how many bytes more} */
    private long bytesLeft(int flow, boolean byBeginner) {
        return pauses == null ? InspectedFlow.NO_LIMIT : pauses.bytesLeft(flow, byBeginner);
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
        int known = known(tracker, flow, byBeginner);
        if (known < 0) {
            return ns;
        }
        long there = fastPath.lastSeenNs(known);
        return there - ns > 0 ? there : ns;
    }

    @Override
    public long packets(ConnectionTracker tracker, int flow, boolean byBeginner) {
        int known = known(tracker, flow, byBeginner);
        return known < 0 ? 0 : fastPath.packets(known);
    }

    @Override
    public long bytes(ConnectionTracker tracker, int flow, boolean byBeginner) {
        int known = known(tracker, flow, byBeginner);
        return known < 0 ? 0 : fastPath.bytes(known);
    }

    @Override
    public long cookie(ConnectionTracker tracker, int flow) {
        int beginner = known(tracker, flow, true);
        int responder = known(tracker, flow, false);
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

    /** {@return a flow of the fast path, or below zero} */
    private int known(ConnectionTracker tracker, int flow, boolean byBeginner) {
        return tracker.table().getInt(flow, at(tracker, byBeginner)) - 1;
    }

    private int at(ConnectionTracker tracker, boolean byBeginner) {
        int first = tracker.inspectorOffset() + offset;
        return byBeginner ? first : first + Integer.BYTES;
    }
}
