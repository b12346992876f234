package io.github.geneve4j.simulator;

/** What a target is to the load balancer, by the names of its health status. */
public enum TargetState {
    /** Registered, and not yet known to be healthy. */
    INITIAL("initial"),
    /** Gets new flows. */
    HEALTHY("healthy"),
    /** Fails its health checks. */
    UNHEALTHY("unhealthy"),
    /** Deregistered, and keeps its flows; the deregistration delay is running. */
    DRAINING("draining"),
    /** Not registered, or not any more. */
    UNUSED("unused");

    private final String label;

    TargetState(String label) {
        this.label = label;
    }

    /** {@return whether it is in the target group: initial, healthy or unhealthy} */
    public boolean isRegistered() {
        return this == INITIAL || this == HEALTHY || this == UNHEALTHY;
    }

    /** {@return the load balancer's own name for it} */
    public String label() {
        return label;
    }
}
