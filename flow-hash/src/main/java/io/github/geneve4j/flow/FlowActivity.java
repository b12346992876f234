package io.github.geneve4j.flow;

/**
 * Knows of packets that pass without the {@link FlowTable}, such as those that hardware or the
 * kernel forwards by itself, so that their flows do not count as idle.
 */
@FunctionalInterface
public interface FlowActivity {
    /**
     * {@return when a flow was last seen elsewhere, by the clock that the table is told; if it
     * never was, any instant not after the table's own}
     *
     * <p>Asked on the table's thread, of flows that would have expired otherwise, or are about to
     * be evicted. It must not change the table.
     *
     * @param table that has the flow
     * @param flow its handle, valid during the call
     */
    long lastSeenNs(FlowTable table, int flow);
}
