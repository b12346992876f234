package io.github.geneve4j.simulator;

/** What a {@link GwlbSimulator} has counted; the same object always, which goes on counting. */
public final class SimulatorCounters {
    final long[] metrics = new long[CloudWatchMetric.values().length];
    final long[] drops = new long[DropReason.values().length];
    final long[] objections = new long[Objection.values().length];
    long packetsSent;
    long packetsReturned;

    SimulatorCounters() {}

    /** {@return the value of a metric, by CloudWatch's meaning} */
    public long get(CloudWatchMetric metric) {
        return metrics[metric.ordinal()];
    }

    /** {@return how many packets and datagrams went no further for a reason} */
    public long get(DropReason reason) {
        return drops[reason.ordinal()];
    }

    /** {@return how many replies of known flows had something to object to} */
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
}
