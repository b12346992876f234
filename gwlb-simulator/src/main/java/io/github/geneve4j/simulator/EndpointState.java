package io.github.geneve4j.simulator;

/** What an endpoint may do, by the names that AWS has for it. */
public enum EndpointState {
    /** Created, and its service has not decided yet. */
    PENDING_ACCEPTANCE("pendingAcceptance"),
    /** Takes packets. */
    AVAILABLE("available"),
    /** Its service does not want it; it can be accepted later. */
    REJECTED("rejected"),
    /** Gone for good. */
    DELETED("deleted");

    private final String label;

    EndpointState(String label) {
        this.label = label;
    }

    /** {@return AWS's name for it} */
    public String label() {
        return label;
    }
}
