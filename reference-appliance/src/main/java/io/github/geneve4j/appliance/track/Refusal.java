package io.github.geneve4j.appliance.track;

/** Why {@link ConnectionTracker#begin} added no flow. */
public enum Refusal {
    /** It did. */
    NONE("none"),
    /** {@link MidStream} does not allow it. */
    MID_STREAM("mid_stream"),
    /** The endpoint has as many flows as it may, or there are more endpoints than were provided. */
    ENDPOINT_FLOWS("endpoint_flows"),
    /** The source address has as many flows as it may. */
    SOURCE_FLOWS("source_flows"),
    /** The table is full, and refuses. */
    TABLE_FULL("table_full");

    private final String label;

    Refusal(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
