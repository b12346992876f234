package io.github.geneve4j.appliance.track;

/**
 * Counts the packets of flows that pass without being shown to the {@link ConnectionTracker}, as
 * the kernel returns them by itself. Asked on the tracker's thread, about live flows.
 */
public interface PacketsElsewhere {
    /**
     * {@return when the last such packet of a flow passed; any instant before the flow's last
     * packet here if none has}
     *
     * @param tracker that has the flow
     * @param flow a live one
     */
    long lastNs(ConnectionTracker tracker, int flow);

    /**
     * {@return such packets of one direction of a flow}
     *
     * @param tracker that has the flow
     * @param flow a live one
     * @param byBeginner which direction
     */
    long packets(ConnectionTracker tracker, int flow, boolean byBeginner);

    /**
     * {@return the bytes of those packets}
     *
     * @param tracker that has the flow
     * @param flow a live one
     * @param byBeginner which direction
     */
    long bytes(ConnectionTracker tracker, int flow, boolean byBeginner);

    /**
     * {@return the cookie of the last of them, 0 to 2^32 - 1, or {@link
     * ConnectionTracker#NO_COOKIE} if there was none since the flow's last packet here}
     *
     * @param tracker that has the flow
     * @param flow a live one
     */
    long cookie(ConnectionTracker tracker, int flow);
}
