package io.github.geneve4j.appliance.policy;

import java.util.Locale;

/**
 * Which way a flow's first packet goes: its sender is {@linkplain Policy#inside() inside} or not.
 */
public enum Direction {
    /** From elsewhere. */
    INBOUND,
    /** From inside, wherever it goes. */
    OUTBOUND;

    /** {@return as it is written in a policy, {@code "inbound"}} */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
