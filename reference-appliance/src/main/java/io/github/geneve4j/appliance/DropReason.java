package io.github.geneve4j.appliance;

import io.github.geneve4j.geneve.DecodeStatus;

/** Why the appliance kept a packet; each constant is a counter, named by its {@link #label()}. */
public enum DropReason {
    /** The outer source is not an address that the appliance may serve ({@code --allow-from}). */
    ORIGIN_NOT_ALLOWED("origin_not_allowed"),
    /** See {@link DecodeStatus#TRUNCATED_HEADER}. */
    TRUNCATED_HEADER(DecodeStatus.TRUNCATED_HEADER),
    /** See {@link DecodeStatus#UNSUPPORTED_VERSION}. */
    UNSUPPORTED_VERSION(DecodeStatus.UNSUPPORTED_VERSION),
    /** See {@link DecodeStatus#TRUNCATED_OPTIONS}. */
    TRUNCATED_OPTIONS(DecodeStatus.TRUNCATED_OPTIONS),
    /** See {@link DecodeStatus#OPTION_OVERRUN}. */
    OPTION_OVERRUN(DecodeStatus.OPTION_OVERRUN),
    /** See {@link DecodeStatus#OPTIONS_TOO_LONG}. */
    OPTIONS_TOO_LONG(DecodeStatus.OPTIONS_TOO_LONG),
    /** See {@link DecodeStatus#UNKNOWN_CRITICAL_OPTION}. */
    UNKNOWN_CRITICAL_OPTION(DecodeStatus.UNKNOWN_CRITICAL_OPTION),
    /** See {@link DecodeStatus#CONTROL_PACKET}. */
    CONTROL_PACKET(DecodeStatus.CONTROL_PACKET),
    /** The inspector said {@link Verdict#DROP}. */
    INSPECTOR("inspector"),
    /**
     * The inspector said {@link Verdict#REJECT} or {@link Verdict#REJECT_BOTH_ENDS}; what the
     * sender was told, an {@link Answer} counts.
     */
    REJECTED("rejected"),
    /**
     * The inspector made it too long to be sent back; what the sender was told, an Answer counts.
     */
    TOO_LONG("too_long"),
    /**
     * The inspector threw an exception, returned nothing, or said what does not fit what it did,
     * and {@link FailureMode#CLOSED} holds.
     */
    INSPECTOR_FAILED("inspector_failed");

    private static final DropReason[] BY_STATUS = new DropReason[DecodeStatus.values().length];

    static {
        for (DropReason reason : values()) {
            for (DecodeStatus status : DecodeStatus.values()) {
                if (reason.label.equals(status.label())) {
                    BY_STATUS[status.ordinal()] = reason;
                }
            }
        }
    }

    private final String label;

    DropReason(String label) {
        this.label = label;
    }

    DropReason(DecodeStatus status) {
        this(status.label());
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }

    /** The reason for a status that a UDP payload can have; never asked for any other. */
    static DropReason of(DecodeStatus status) {
        DropReason reason = BY_STATUS[status.ordinal()];
        if (reason == null) {
            throw new IllegalStateException(status + ": not a status of a UDP payload");
        }
        return reason;
    }
}
