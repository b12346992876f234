package io.github.geneve4j.simulator;

/** What becomes of a new flow when no target is healthy: AWS documents both. */
public enum AllUnhealthy {
    /** It goes to any registered target, and stays there: the user guide. */
    RANDOM_TARGET,
    /** It is dropped: the FAQ. */
    DROP
}
