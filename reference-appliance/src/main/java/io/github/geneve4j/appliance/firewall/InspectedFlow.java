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
    private final ConnectionTracker tracker;
    private final int watchersOffset;
    private final int watcher; // one bit
    private final int stateOffset;
    private final int stateLength;
    private final FiveTuple fiveTuple = new FiveTuple();
    private int flow = ConnectionTracker.NONE;
    private boolean fromBeginner;

    /**
     * Creates a view.
     *
     * @param tracker that has the flows
     * @param watchersOffset where a flow's value says, a bit for each, which inspectors see it
     * @param watcher which of them is the inspector's
     * @param stateOffset where the inspector's bytes are in a flow's value
     * @param stateLength how many they are
     */
    InspectedFlow(
            ConnectionTracker tracker,
            int watchersOffset,
            int watcher,
            int stateOffset,
            int stateLength) {
        this.tracker = tracker;
        this.watchersOffset = watchersOffset;
        this.watcher = watcher;
        this.stateOffset = stateOffset;
        this.stateLength = stateLength;
    }

    /** Points this view at a flow, and says whose packet is looked at. */
    void at(int flow, boolean fromBeginner) {
        this.flow = flow;
        this.fromBeginner = fromBeginner;
    }

    /** {@return whether the inspector sees the flow's packets} */
    boolean isInspected() {
        return (tracker.table().getInt(flow, watchersOffset) & watcher) != 0;
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
        int watchers = tracker.table().getInt(flow, watchersOffset);
        tracker.table().setInt(flow, watchersOffset, watchers & ~watcher);
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
