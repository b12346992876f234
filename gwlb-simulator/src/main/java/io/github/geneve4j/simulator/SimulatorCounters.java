package io.github.geneve4j.simulator;

/** What a {@link GwlbSimulator} has counted; the same object always, which goes on counting. */
public final class SimulatorCounters {
    private final long[] metrics = new long[CloudWatchMetric.values().length];
    private final long[] drops = new long[DropReason.values().length];
    private final long[] objections = new long[Objection.values().length];
    long packetsSent;
    long packetsReturned;

    SimulatorCounters() {}

    /**
     * {@return the value of a metric, by CloudWatch's meaning}
     *
     * @param metric any
     */
    public long get(CloudWatchMetric metric) {
        return metrics[metric.ordinal()];
    }

    /**
     * {@return how many packets and datagrams went no further for a reason}
     *
     * @param reason any
     */
    public long get(DropReason reason) {
        return drops[reason.ordinal()];
    }

    /**
     * {@return how many replies of known flows had something to object to}
     *
     * @param objection any
     */
    public long get(Objection objection) {
        return objections[objection.ordinal()];
    }

    /** {@return the packets sent to targets} */
    public long packetsSent() {
        return packetsSent;
    }

    /** {@return the replies of targets that were accepted and left an endpoint} */
    public long packetsReturned() {
        return packetsReturned;
    }

    void add(CloudWatchMetric metric, long amount) {
        metrics[metric.ordinal()] += amount;
    }

    void set(CloudWatchMetric metric, long value) {
        metrics[metric.ordinal()] = value;
    }

    void count(DropReason reason) {
        drops[reason.ordinal()]++;
        CloudWatchMetric metric = reason.metric();
        if (metric != null) {
            add(metric, 1);
        }
    }

    void count(Objection objection) {
        objections[objection.ordinal()]++;
    }
}
