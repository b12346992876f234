package io.github.geneve4j.appliance.track;

/** Why a flow ended. */
public enum ConnectionEnd {
    /** It was idle for its timeout. */
    IDLE("idle"),
    /** Both sides had closed it, and nothing came for the timeout after that. */
    CLOSED("closed"),
    /**
     * It was reset, by a side or by who refused it, and nothing came for the timeout after that.
     */
    RESET("reset"),
    /** It gave its place to a new flow, as the table was full. */
    EVICTED("evicted"),
    /** A new connection began on its addresses and ports. */
    REUSED("reused"),
    /** The caller removed it. */
    REMOVED("removed");

    private final String label;

    ConnectionEnd(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
