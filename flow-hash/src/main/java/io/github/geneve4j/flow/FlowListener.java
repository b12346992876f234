package io.github.geneve4j.flow;

/** Learns of every flow that leaves a {@link FlowTable}, to log it or to count what it used. */
public interface FlowListener {
    /**
     * Called on the table's thread while the flow can still be read. It must not change the table:
     * of lookups, use {@code peek}. If it throws, the flow ends nevertheless, and the exception
     * comes out of the call that ended it.
     *
     * @param table that the flow leaves
     * @param flow its handle, valid during the call
     * @param end why
     */
    void flowEnded(FlowTable table, int flow, FlowEnd end);
}
