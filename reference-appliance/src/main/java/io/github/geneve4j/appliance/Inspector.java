package io.github.geneve4j.appliance;

/**
 * Judges packets: the interface that an own firewall, IDS or proxy implements.
 *
 * <p>Each worker has an inspector of its own and calls it from its one thread, so an inspector
 * needs no lock for its state. It runs on the packet path: it must not allocate, block, log or
 * lock. If it throws, the packet is dropped and counted as {@link DropReason#INSPECTOR_FAILED}, or
 * passes as it came, whichever the {@link FailureMode} says; the first exception is kept for {@link
 * Appliance#inspectorFailure()}, and the loop goes on. A verdict that does not fit what the
 * inspector did, such as {@code PASS} after {@link InspectedPacket#edit}, is a failure too.
 *
 * <p>Several inspectors make one by an {@link InspectorChain}.
 */
@FunctionalInterface
public interface Inspector {
    /**
     * {@return what becomes of the packet}
     *
     * @param packet valid during this call only; the inspector must not keep it
     */
    Verdict inspect(InspectedPacket packet);

    /**
     * Called when no packet is waiting, and also otherwise some ten times a second: for what has to
     * be done although nothing comes, or nothing that is inspected. It must not allocate, block,
     * log or lock either.
     *
     * @param nowNs the time, as {@link InspectedPacket#nowNs()}
     */
    default void onIdle(long nowNs) {}

    /**
     * Tells that packets passed without being shown to the inspector, as more came than could be
     * judged, and {@link Appliance.Builder#onOverload} says that they may. What the inspector knows
     * of flows may be behind by these. It must not allocate, block, log or lock either.
     *
     * @param nowNs all of them passed after the last packet that was shown, whose {@link
     *     InspectedPacket#nowNs()} is no later than this, and before the next one that will be
     * @param packets how many, 1 or more
     */
    default void onUnjudged(long nowNs, int packets) {}

    /**
     * Announces a packet, before those are inspected that came first: for who keeps something of
     * each flow, to bring it into the processor's caches, of several packets at a time. Not every
     * packet is announced; one that is need not come, and need not be the load balancer's. It must
     * not allocate, block, log or lock either; what it throws is kept as of {@code inspect}, and no
     * packet is dropped for it.
     *
     * @param flowCookie of the load balancer, from a header that nobody has checked
     */
    default void onAhead(int flowCookie) {}
}
