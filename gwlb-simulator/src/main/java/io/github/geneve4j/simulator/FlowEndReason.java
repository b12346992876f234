package io.github.geneve4j.simulator;

/** Why a flow is known no longer. */
public enum FlowEndReason {
    /** It had no packets for its idle timeout. */
    IDLE("idle"),
    /** Its TCP connection was closed or reset, and then it had no packets for a short time. */
    CLOSED("closed"),
    /** Its TCP connection was closed or reset, and a SYN began another. */
    REOPENED("reopened"),
    /** Its sender was told by a reset that the target is lost. */
    RESET("reset"),
    /** Its endpoint is gone. */
    ENDPOINT_GONE("endpoint_gone");

    private final String label;

    FlowEndReason(String label) {
        this.label = label;
    }

    /** {@return the stable name; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
