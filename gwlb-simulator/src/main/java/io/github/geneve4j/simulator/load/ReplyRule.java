package io.github.geneve4j.simulator.load;

/** What the UDP ports of a reply have to be. */
public enum ReplyRule {
    /** Those of the request, as the load balancer wants them (RFC 8926 §3.3). */
    PORTS_KEPT,
    /** Exchanged: for programs that were not made for a load balancer. */
    PORTS_SWAPPED
}
