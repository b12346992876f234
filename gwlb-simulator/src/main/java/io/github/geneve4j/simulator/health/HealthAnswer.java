package io.github.geneve4j.simulator.health;

/**
 * How one health check ended.
 *
 * @param kind which end
 * @param text why, for people
 */
public record HealthAnswer(Kind kind, String text) {
    /** Which end. */
    public enum Kind {
        /** Answered as it has to be. */
        PASSED,
        /** Answered otherwise. */
        UNWELL,
        /** Not connected, or the connection ended before the answer. */
        BROKEN,
        /** Not answered in time. */
        LATE
    }

    /** {@return whether the target is well} */
    public boolean hasPassed() {
        return kind == Kind.PASSED;
    }
}
