package io.github.geneve4j.simulator;

/** The two sides of an endpoint: what enters by one leaves by the other, if it comes back. */
public enum Side {
    /** Where the workloads are. */
    INSIDE("inside"),
    /** Where the rest of the world is. */
    OUTSIDE("outside");

    private final String label;

    Side(String label) {
        this.label = label;
    }

    /** {@return the other side} */
    public Side other() {
        return this == INSIDE ? OUTSIDE : INSIDE;
    }

    /** {@return the stable name in events; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
