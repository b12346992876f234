package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.track.ConnectionTracker;

/**
 * Which inspectors see the packets of a flow, each direction for itself, and when those that asked
 * for a pause will see them again.
 *
 * <p>In a flow's value there are two ints of bits for the inspectors that look, one for each
 * direction, two for those that pause within limits, one for those that were told of the flow's
 * start. Limits are what the tracker will have counted, or the clock will say, when they are
 * reached: nothing has to be written for a packet, wherever it passes. <b>Threads:</b> the
 * worker's.
 */
final class Pauses {
    /** Bytes of a flow's value for the bits of all inspectors. */
    static final int BITS_LENGTH = 3 * Long.BYTES;

    /** Bytes of a flow's value for the limits of an inspector that pauses. */
    static final int LIMITS_LENGTH = 2 * 3 * Long.BYTES;

    /** Of an inspector that does not pause. */
    static final int NO_LIMITS = -1;

    // Bits, from the offset of all
    private static final int LOOKING = 0; // two ints
    private static final int PAUSING = 8; // two ints
    private static final int STARTED = 16;

    // Limits of one direction, from the offset of an inspector's
    private static final int LAST_PACKET = 0;
    private static final int LAST_BYTE = 8;
    private static final int UNTIL = 16;

    private static final long MOST_COUNTED = 0xffff_ffffL; // packets; the tracker stays there

    private final ConnectionTracker tracker;
    private final int offset;
    private final int[] limitsOffsets;
    private boolean changed;

    /**
     * Creates the pauses of one firewall.
     *
     * @param tracker that has the flows
     * @param offset of the bits in a flow's value, a multiple of eight
     * @param limitsOffsets where the limits of each inspector are, or {@link #NO_LIMITS}
     */
    Pauses(ConnectionTracker tracker, int offset, int[] limitsOffsets) {
        this.tracker = tracker;
        this.offset = offset;
        this.limitsOffsets = limitsOffsets;
    }

    /** Has an inspector, which is told of a flow's start now, look at both directions. */
    void start(int flow, int inspector) {
        add(flow, STARTED, 1 << inspector);
        add(flow, of(LOOKING, true), 1 << inspector);
        add(flow, of(LOOKING, false), 1 << inspector);
    }

    /** {@return whether an inspector was told of a flow's start} */
    boolean isStarted(int flow, int inspector) {
        return (get(flow, STARTED) & 1 << inspector) != 0;
    }

    /** {@return whether an inspector sees the packets of a flow's direction} */
    boolean isLooking(int flow, boolean byBeginner, int inspector) {
        return (get(flow, of(LOOKING, byBeginner)) & 1 << inspector) != 0;
    }

    /** {@return whether an inspector may pause} */
    boolean canPause(int inspector) {
        return limitsOffsets[inspector] != NO_LIMITS;
    }

    /** Shows an inspector no more packets of a flow's direction. */
    void stop(int flow, boolean byBeginner, int inspector) {
        int bit = 1 << inspector;
        clear(flow, of(LOOKING, byBeginner), bit);
        clear(flow, of(PAUSING, byBeginner), bit);
        changed = true;
    }

    /** Shows an inspector the packets of a flow's direction. */
    void resume(int flow, boolean byBeginner, int inspector) {
        int bit = 1 << inspector;
        add(flow, of(LOOKING, byBeginner), bit);
        clear(flow, of(PAUSING, byBeginner), bit);
        changed = true;
    }

    /**
     * Shows an inspector no packets of a flow's direction until the first one beyond a limit.
     *
     * @param mostPackets that the flow's direction will have had then, this one included
     * @param mostBytes likewise
     * @param untilNs when to look again
     */
    void pause(
            int flow,
            boolean byBeginner,
            int inspector,
            long mostPackets,
            long mostBytes,
            long untilNs) {
        int limits = limits(inspector, byBeginner);
        boolean isLimited = mostPackets != InspectedFlow.NO_LIMIT;
        long last = isLimited ? Math.min(mostPackets, MOST_COUNTED - 1) : mostPackets;
        tracker.table().setLong(flow, limits + LAST_PACKET, last);
        tracker.table().setLong(flow, limits + LAST_BYTE, mostBytes);
        tracker.table().setLong(flow, limits + UNTIL, untilNs);
        int bit = 1 << inspector;
        clear(flow, of(LOOKING, byBeginner), bit);
        add(flow, of(PAUSING, byBeginner), bit);
        changed = true;
    }

    /** {@return whether any pause or end of looking was asked for since the last call} */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    /**
     * {@return whether any inspector sees a packet, which the tracker has counted} Pauses that end
     * with it are over.
     */
    boolean areSeen(int flow, boolean byBeginner, long nowNs) {
        int pausing = get(flow, of(PAUSING, byBeginner));
        if (pausing != 0) {
            endPauses(flow, byBeginner, pausing, nowNs);
        }
        return isAnyLooking(flow, byBeginner);
    }

    /** {@return whether any inspector sees the packets of a flow's direction} */
    boolean isAnyLooking(int flow, boolean byBeginner) {
        return get(flow, of(LOOKING, byBeginner)) != 0;
    }

    private void endPauses(int flow, boolean byBeginner, int pausing, long nowNs) {
        long packets = tracker.packets(flow, byBeginner);
        long bytes = tracker.bytes(flow, byBeginner);
        int over = 0;
        for (int rest = pausing; rest != 0; rest &= rest - 1) {
            int inspector = Integer.numberOfTrailingZeros(rest);
            int limits = limits(inspector, byBeginner);
            if (packets > tracker.table().getLong(flow, limits + LAST_PACKET)
                    || bytes > tracker.table().getLong(flow, limits + LAST_BYTE)
                    || nowNs - tracker.table().getLong(flow, limits + UNTIL) >= 0) {
                over |= 1 << inspector;
            }
        }
        if (over != 0) {
            add(flow, of(LOOKING, byBeginner), over);
            clear(flow, of(PAUSING, byBeginner), over);
        }
    }

    /** {@return whether any inspector pauses within limits} */
    boolean areLimited(int flow, boolean byBeginner) {
        return get(flow, of(PAUSING, byBeginner)) != 0;
    }

    /**
     * {@return how many packets more the first of the pauses lasts; {@link InspectedFlow#NO_LIMIT}
     * or less than zero possible}
     */
    long packetsLeft(int flow, boolean byBeginner) {
        return left(flow, byBeginner, LAST_PACKET, tracker.packets(flow, byBeginner));
    }

    /** {@return how many bytes more the first of the pauses lasts; likewise} */
    long bytesLeft(int flow, boolean byBeginner) {
        return left(flow, byBeginner, LAST_BYTE, tracker.bytes(flow, byBeginner));
    }

    /** {@return for how many nanoseconds more the first of the pauses lasts; likewise} */
    long nanosLeft(int flow, boolean byBeginner, long nowNs) {
        long least = InspectedFlow.NO_LIMIT;
        int pausing = get(flow, of(PAUSING, byBeginner));
        for (int rest = pausing; rest != 0; rest &= rest - 1) {
            int limits = limits(Integer.numberOfTrailingZeros(rest), byBeginner);
            least = Math.min(least, tracker.table().getLong(flow, limits + UNTIL) - nowNs);
        }
        return least;
    }

    private long left(int flow, boolean byBeginner, int limit, long sofar) {
        long least = InspectedFlow.NO_LIMIT;
        int pausing = get(flow, of(PAUSING, byBeginner));
        for (int rest = pausing; rest != 0; rest &= rest - 1) {
            int limits = limits(Integer.numberOfTrailingZeros(rest), byBeginner);
            least = Math.min(least, tracker.table().getLong(flow, limits + limit));
        }
        return least == InspectedFlow.NO_LIMIT ? least : least - sofar;
    }

    private int limits(int inspector, boolean byBeginner) {
        return limitsOffsets[inspector] + (byBeginner ? 0 : LIMITS_LENGTH / 2);
    }

    private static int of(int field, boolean byBeginner) {
        return byBeginner ? field : field + Integer.BYTES;
    }

    private int get(int flow, int field) {
        return tracker.table().getInt(flow, offset + field);
    }

    private void set(int flow, int field, int bits) {
        tracker.table().setInt(flow, offset + field, bits);
    }

    private void add(int flow, int field, int bits) {
        set(flow, field, get(flow, field) | bits);
    }

    private void clear(int flow, int field, int bits) {
        set(flow, field, get(flow, field) & ~bits);
    }
}
