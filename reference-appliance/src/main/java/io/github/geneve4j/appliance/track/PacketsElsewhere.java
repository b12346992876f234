package io.github.geneve4j.appliance.track;

/**
 * Counts the packets of flows that pass without being shown to the {@link ConnectionTracker}, as
 * the kernel returns them by itself. Asked on the tracker's thread, about live flows.
 */
public interface PacketsElsewhere {
    /** {@return when the last such packet of a flow passed; any instant in the past if none has} */
    long lastNs(int flow);

    /**
     * {@return such packets of one direction of a flow}
     *
     * @param flow a live one
     * @param byBeginner which direction
     */
    long packets(int flow, boolean byBeginner);

    /**
     * {@return the bytes of those packets}
     *
     * @param flow a live one
     * @param byBeginner which direction
     */
    long bytes(int flow, boolean byBeginner);

    /**
     * {@return the cookie of the last of them, 0 to 2^32 - 1, or {@link
     * ConnectionTracker#NO_COOKIE} if there was none}
     *
     * @param flow a live one
     */
    long cookie(int flow);
}
