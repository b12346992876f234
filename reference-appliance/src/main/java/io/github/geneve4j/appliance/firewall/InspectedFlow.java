package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.track.ConnectionTracker;
import io.github.geneve4j.appliance.track.TcpState;
import io.github.geneve4j.flow.FiveTuple;
import java.util.Objects;

/**
 * A flow as an inspector sees it: who talks to whom, what has passed, and the inspector's own
 * bytes.
 *
 * <p>One view for each inspector of each worker, pointed at one flow after another; valid during
 * one call of {@link FlowInspector}. The bytes belong to this inspector alone, and stay what they
 * are from one packet of the flow to the next. Numbers in them are in the machine's byte order, at
 * any index.
 */
public final class InspectedFlow {
    /** In place of a limit of a {@linkplain #pause pause}. */
    public static final long NO_LIMIT = Long.MAX_VALUE;

    private static final long MOST_NANOS = Long.MAX_VALUE / 2; // by which clocks can be compared

    private final ConnectionTracker tracker;
    private final Pauses pauses;
    private final int inspector;
    private final int stateOffset;
    private final int stateLength;
    private final FiveTuple fiveTuple = new FiveTuple();
    private int flow = ConnectionTracker.NONE;
    private boolean fromBeginner;
    private boolean starting; // the flow's first packet was counted, and is to be shown next
    private long nowNs;

    /**
     * Creates a view.
     *
     * @param tracker that has the flows
     * @param pauses that say which inspectors see which packets
     * @param inspector which of them is the view's, from 0
     * @param stateOffset where the inspector's bytes are in a flow's value
     * @param stateLength how many they are
     */
    InspectedFlow(
            ConnectionTracker tracker,
            Pauses pauses,
            int inspector,
            int stateOffset,
            int stateLength) {
        this.tracker = tracker;
        this.pauses = pauses;
        this.inspector = inspector;
        this.stateOffset = stateOffset;
        this.stateLength = stateLength;
    }

    /** Points this view at a flow that begins by a packet, which is shown next. */
    void atStart(int flow, boolean fromBeginner, long nowNs) {
        at(flow, fromBeginner, nowNs);
        starting = true;
    }

    /** Points this view at a flow, and says whose packet is looked at, and when. */
    void at(int flow, boolean fromBeginner, long nowNs) {
        this.flow = flow;
        this.fromBeginner = fromBeginner;
        this.nowNs = nowNs;
        this.starting = false;
    }

    /** {@return whether the inspector sees the packet that is looked at} */
    boolean isInspected() {
        return pauses.isLooking(flow, fromBeginner, inspector);
    }

    /** {@return the endpoint of the flow; 0 if the load balancer does not say} */
    public long endpointId() {
        return tracker.table().endpointId(flow);
    }

    /**
     * {@return addresses, protocol and ports, from the flow's beginner to the other side} The view
     * is this flow's and is filled by this call.
     */
    public FiveTuple fiveTuple() {
        return tracker.read(flow, fiveTuple);
    }

    /**
     * {@return whether the packet that is being inspected comes from the side that began the flow}
     * That is the sender of its first packet; its receiver, if that packet answered a SYN. False in
     * {@link FlowInspector#flowEnded}.
     */
    public boolean isFromBeginner() {
        return fromBeginner;
    }

    /** {@return whether a TCP connection was met in its middle, without its handshake} */
    public boolean isMidstream() {
        return tracker.isMidstream(flow);
    }

    /**
     * {@return whether packets of the flow may have passed that nobody looked at, in an {@linkplain
     * io.github.geneve4j.appliance.Appliance.Builder#onOverload overload}} Once true, it stays so.
     */
    public boolean hasGap() {
        return tracker.hasGap(flow);
    }

    /** {@return how far a TCP connection is; {@code NONE} for all others} */
    public TcpState tcpState() {
        return tracker.state(flow);
    }

    /** {@return the load balancer's latest cookie, 0 to 2^32 - 1, or -1 if it sent none} */
    public long cookie() {
        return tracker.cookie(flow);
    }

    /**
     * {@return which rule of {@link #policyNumber()} allowed the flow: its index, or the number of
     * rules for the default}
     */
    public int rule() {
        return tracker.rule(flow);
    }

    /** {@return which policy that was: 1 for the first, one more for each that replaced another} */
    public int policyNumber() {
        return tracker.generation(flow);
    }

    /** {@return when the first packet came, as {@code InspectedPacket.nowNs()}} */
    public long startNs() {
        return tracker.startNs(flow);
    }

    /** {@return when the last packet came, this one included} */
    public long lastNs() {
        return tracker.lastNs(flow);
    }

    /**
     * {@return the packets of one direction so far, this one included, also those that an inspector
     * did not let pass; no more than 4,294,967,295}
     *
     * @param byBeginner which direction
     */
    public long packets(boolean byBeginner) {
        return tracker.packets(flow, byBeginner);
    }

    /**
     * {@return the bytes of those packets, IP headers included}
     *
     * @param byBeginner which direction
     */
    public long bytes(boolean byBeginner) {
        return tracker.bytes(flow, byBeginner);
    }

    /**
     * Lets the rest of the flow pass without showing it to this inspector. The flow's end is still
     * told.
     */
    public void stopInspecting() {
        stopInspecting(true);
        stopInspecting(false);
    }

    /**
     * Lets the rest of one direction pass without showing it to this inspector, unless it
     * {@linkplain #resumeInspecting resumes} or {@linkplain #pause pauses} that direction later, by
     * a packet of the other one.
     *
     * @param byBeginner which direction
     */
    public void stopInspecting(boolean byBeginner) {
        pauses.stop(flow, byBeginner, inspector);
    }

    /**
     * Shows this inspector the packets of one direction from now on, and ends its pause if it has
     * one.
     *
     * @param byBeginner which direction
     */
    public void resumeInspecting(boolean byBeginner) {
        pauses.resume(flow, byBeginner, inspector);
    }

    /**
     * Lets the next packets of one direction pass without showing them to this inspector.
     *
     * @param byBeginner which direction
     * @param packets how many, as {@link #pause}
     * @throws IllegalArgumentException as {@link #pause}
     * @throws IllegalStateException likewise
     */
    public void pausePackets(boolean byBeginner, long packets) {
        pause(byBeginner, packets, NO_LIMIT, NO_LIMIT);
    }

    /**
     * Lets the next bytes of one direction pass without showing them to this inspector.
     *
     * @param byBeginner which direction
     * @param bytes how many, as {@link #pause}
     * @throws IllegalArgumentException as {@link #pause}
     * @throws IllegalStateException likewise
     */
    public void pauseBytes(boolean byBeginner, long bytes) {
        pause(byBeginner, NO_LIMIT, bytes, NO_LIMIT);
    }

    /**
     * Lets the packets of one direction pass for a while without showing them to this inspector.
     *
     * @param byBeginner which direction
     * @param nanos for how long, as {@link #pause}
     * @throws IllegalArgumentException as {@link #pause}
     * @throws IllegalStateException likewise
     */
    public void pauseFor(boolean byBeginner, long nanos) {
        pause(byBeginner, NO_LIMIT, NO_LIMIT, nanos);
    }

    /**
     * Lets packets of one direction pass without showing them to this inspector, until one of
     * several limits is reached: the first packet beyond is shown, and those after it. A direction
     * that no inspector looks at passes by the kernel alone where there is a {@linkplain
     * FirewallControl.Builder#fastPath fast path}, within the same limits.
     *
     * <p>The pause begins behind the packet that is being inspected; in {@link
     * FlowInspector#flowStarted}, in front of the first one. It takes the place of a pause or a
     * stop that this inspector had asked for in that direction, stays when another policy is loaded
     * that allows the flow, and does not depend on the verdict, nor on whether the call throws
     * later.
     *
     * <p>All packets of the flow's direction count that {@link #packets} counts, also those that an
     * inspector in front of this one does not let pass. What passes by the kernel comes up at most
     * a tenth of a second after the time is over, later only if thousands of flows are due at once.
     * Several processors that pass packets of one direction at the same instant may exceed {@code
     * bytes} by a packet each.
     *
     * @param byBeginner which direction
     * @param packets at most, 0 or more, or {@link #NO_LIMIT}; packets from the 4,294,967,295th of
     *     a direction on are shown whatever this says, as they cannot be counted
     * @param bytes of inner packets at most, 0 or more, or {@link #NO_LIMIT}
     * @param nanos at most, 0 or more, or {@link #NO_LIMIT}
     * @throws IllegalArgumentException if a limit is below zero; nothing has changed then
     * @throws IllegalStateException if the inspector does not say that it {@linkplain
     *     FlowInspector#pauses pauses}
     */
    public void pause(boolean byBeginner, long packets, long bytes, long nanos) {
        if (packets < 0 || bytes < 0 || nanos < 0) {
            throw new IllegalArgumentException(
                    "a pause of "
                            + (packets + " packets, " + bytes + " bytes, " + nanos)
                            + " nanoseconds");
        }
        if (!pauses.canPause(inspector)) {
            throw new IllegalStateException("a pause of an inspector that says it has none");
        }
        long packetsBefore = starting ? 0 : packets(byBeginner);
        long bytesBefore = starting ? 0 : bytes(byBeginner);
        pauses.pause(
                flow,
                byBeginner,
                inspector,
                sum(packetsBefore, packets),
                sum(bytesBefore, bytes),
                nowNs + Math.min(nanos, MOST_NANOS));
    }

    private static long sum(long sofar, long more) {
        return more > NO_LIMIT - sofar ? NO_LIMIT : sofar + more;
    }

    /**
     * {@return a byte of the inspector's}
     *
     * @param index 0 to the state's length - 1
     * @throws IndexOutOfBoundsException if it is not
     */
    public byte getByte(int index) {
        return tracker.table().getByte(flow, at(index, Byte.BYTES));
    }

    /**
     * Changes a byte of the inspector's.
     *
     * @param index 0 to the state's length - 1
     * @param value any
     * @throws IndexOutOfBoundsException if the index is out of its range
     */
    public void setByte(int index, byte value) {
        tracker.table().setByte(flow, at(index, Byte.BYTES), value);
    }

    /**
     * {@return four bytes of the inspector's}
     *
     * @param index of the first one
     * @throws IndexOutOfBoundsException if they are not all within the state
     */
    public int getInt(int index) {
        return tracker.table().getInt(flow, at(index, Integer.BYTES));
    }

    /**
     * Changes four bytes of the inspector's.
     *
     * @param index of the first one
     * @param value any
     * @throws IndexOutOfBoundsException if they are not all within the state
     */
    public void setInt(int index, int value) {
        tracker.table().setInt(flow, at(index, Integer.BYTES), value);
    }

    /**
     * {@return eight bytes of the inspector's}
     *
     * @param index of the first one
     * @throws IndexOutOfBoundsException if they are not all within the state
     */
    public long getLong(int index) {
        return tracker.table().getLong(flow, at(index, Long.BYTES));
    }

    /**
     * Changes eight bytes of the inspector's.
     *
     * @param index of the first one
     * @param value any
     * @throws IndexOutOfBoundsException if they are not all within the state
     */
    public void setLong(int index, long value) {
        tracker.table().setLong(flow, at(index, Long.BYTES), value);
    }

    private int at(int index, int length) {
        return stateOffset + Objects.checkFromIndexSize(index, length, stateLength);
    }
}
