package io.github.geneve4j.simulator;

/**
 * What becomes of the flows of a target that is unhealthy, or drained: a target group attribute.
 */
public enum TargetFailover {
    /** They stay with it until they end. */
    NO_REBALANCE("no_rebalance"),
    /**
     * They are hashed again over the healthy targets: when it becomes unhealthy, or when its
     * deregistration delay is over.
     */
    REBALANCE("rebalance");

    private final String label;

    TargetFailover(String label) {
        this.label = label;
    }

    /** {@return the value of the attribute} */
    public String label() {
        return label;
    }
}
