package io.github.geneve4j.simulator;

/**
 * What becomes of a reply with an {@link Objection}. Each is counted always; of several in one
 * reply the strictest decides.
 */
public enum Strictness {
    /** It is taken. */
    IGNORE,
    /** It is taken; an event tells of the first one of each flow. The default. */
    NOTE,
    /** It is dropped. */
    DROP
}
