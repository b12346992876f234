package io.github.geneve4j.simulator;

/**
 * When a TCP packet is answered with a reset to its sender. Resets are answers only: a flow without
 * packets gets none. The flow is forgotten then, so that the next connection is a new flow.
 *
 * @param onUnhealthy while the flow's target is unhealthy
 * @param onDeregistration when the deregistration delay of the flow's target is over
 * @param onIdleTimeout when there is no such flow, or not any more, and the packet is no SYN
 */
public record TcpResets(boolean onUnhealthy, boolean onDeregistration, boolean onIdleTimeout) {
    /** Never, which is the default. */
    public static final TcpResets NONE = new TcpResets(false, false, false);

    /** On all three occasions. */
    public static final TcpResets ALL = new TcpResets(true, true, true);
}
