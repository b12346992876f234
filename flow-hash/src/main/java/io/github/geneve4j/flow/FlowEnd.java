package io.github.geneve4j.flow;

/** Why a flow left a {@link FlowTable}. */
public enum FlowEnd {
    /** It was idle for its timeout. */
    EXPIRED("expired"),
    /** It gave its place to a new flow, as the table was full. */
    EVICTED("evicted"),
    /** A SYN began a new connection on ports whose last one had closed. */
    REOPENED("reopened"),
    /** The caller removed it. */
    REMOVED("removed");

    private final String label;

    FlowEnd(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
