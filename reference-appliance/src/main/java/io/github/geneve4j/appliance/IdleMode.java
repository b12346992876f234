package io.github.geneve4j.appliance;

/** What a worker does while no packets come. */
public enum IdleMode {
    /** Keeps asking: the shortest delay, for one processor at full load whatever comes. */
    SPIN("spin", Long.MAX_VALUE),
    /**
     * Keeps asking for 100 microseconds after the last packet, then waits in the kernel: as short a
     * delay under load, and no load without.
     */
    ADAPTIVE("adaptive", 100_000),
    /** Waits in the kernel at once: the least load, for some 25 microseconds of delay. */
    BLOCK("block", 0);

    private final String label;
    private final long spinNanos;

    IdleMode(String label, long spinNanos) {
        this.label = label;
        this.spinNanos = spinNanos;
    }

    /** {@return the name on the command line} */
    public String label() {
        return label;
    }

    /** {@return for how long to keep asking after the last packet} */
    long spinNanos() {
        return spinNanos;
    }
}
