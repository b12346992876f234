package io.github.geneve4j.flow;

/**
 * What happened in a {@link FlowTable} since it was made. The flows that are in it now are those
 * inserted, less those that expired, were evicted, reopened or removed.
 *
 * <p><b>Threads:</b> the table's.
 */
public final class FlowCounters {
    long inserted;
    long refused;
    long refusedQuotes;
    long expired;
    long evicted;
    long evictedEstablished;
    long reopened;
    long removed;

    FlowCounters() {}

    /** Counts a flow that has left. */
    void count(FlowEnd end) {
        switch (end) {
            case EXPIRED -> expired++;
            case REOPENED -> reopened++;
            case REMOVED -> removed++;
            case EVICTED -> evicted++;
        }
    }

    /** {@return how many flows were added} */
    public long inserted() {
        return inserted;
    }

    /** {@return how many new flows were refused, as the table was full} */
    public long refused() {
        return refused;
    }

    /** {@return how many flows were not added, as only an ICMP error quoted them} */
    public long refusedQuotes() {
        return refusedQuotes;
    }

    /** {@return how many flows were idle for their timeout} */
    public long expired() {
        return expired;
    }

    /** {@return how many flows gave their places to new ones} */
    public long evicted() {
        return evicted;
    }

    /**
     * {@return how many of the evicted were established: the table is too small, or under attack}
     */
    public long evictedEstablished() {
        return evictedEstablished;
    }

    /** {@return how many closed connections ended as a SYN began a new one} */
    public long reopened() {
        return reopened;
    }

    /** {@return how many flows the caller removed} */
    public long removed() {
        return removed;
    }
}
