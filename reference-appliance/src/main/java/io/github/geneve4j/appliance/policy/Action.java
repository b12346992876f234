package io.github.geneve4j.appliance.policy;

import java.util.Locale;

/** What becomes of a flow. */
public enum Action {
    /** Its packets pass, in both directions. */
    ALLOW,
    /** Its packets are dropped; nobody is told. */
    DROP,
    /** Its packets are dropped, and their sender is told at once. */
    REJECT;

    /** {@return as it is written in a policy, {@code "allow"}} */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
