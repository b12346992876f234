package io.github.geneve4j.simulator.fault;

/** What a {@link FaultyWire} has done to datagrams, both ways together; goes on counting. */
public final class FaultCounters {
    long lost;
    long duplicated;
    long corrupted;
    long reordered;
    long silenced;

    FaultCounters() {}

    /** {@return the datagrams that were lost, by chance or as too many had to wait} */
    public long lost() {
        return lost;
    }

    /** {@return the datagrams that arrived twice} */
    public long duplicated() {
        return duplicated;
    }

    /** {@return the datagrams that arrived with a bit turned over} */
    public long corrupted() {
        return corrupted;
    }

    /** {@return the datagrams that had to wait for others} */
    public long reordered() {
        return reordered;
    }

    /** {@return the datagrams that were to, or from, a target that is dead} */
    public long silenced() {
        return silenced;
    }
}
