package io.github.geneve4j.appliance.track;

/**
 * What becomes of a TCP connection that is met in its middle, as after the load balancer moved it
 * here, or after a restart.
 */
public enum MidStream {
    /** It is judged like a new flow; its windows are unknown and stay unchecked. */
    ALLOW,
    /** Its packets are dropped; its ends wait until they give up. */
    DROP,
    /** Its packets are answered with a reset, so that its ends begin anew at once. */
    RESET
}
