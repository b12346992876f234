package io.github.geneve4j.appliance.track;

/** Learns of every flow that ends, to log it, or to give back what an inspector keeps for it. */
@FunctionalInterface
public interface ConnectionListener {
    /**
     * Called on the tracker's thread while the flow can still be read: packets, bytes, start, last,
     * verdict, key, inspectors' bytes. It must not change the tracker. If it throws, the flow ends
     * nevertheless, and the exception comes out of the call that ended it.
     *
     * @param tracker that the flow leaves
     * @param flow its handle, valid during the call
     * @param end why
     */
    void connectionEnded(ConnectionTracker tracker, int flow, ConnectionEnd end);
}
