package io.github.geneve4j.appliance;

/**
 * What becomes of a packet that was not judged: its inspector failed, that is threw, or answered
 * what makes no sense; or more packets come than can be judged.
 */
public enum FailureMode {
    /** It is dropped: nothing passes that was not judged. */
    CLOSED,

    /**
     * It passes as it came, as if there were no inspector: what the inspector, or others before it
     * in a chain, had begun to make of it by {@link InspectedPacket#edit} is undone, whole or half.
     * It is a valid packet of an allowed origin all the same.
     */
    OPEN
}
