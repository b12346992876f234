package io.github.geneve4j.appliance;

/** What an inspector decides about a packet. */
public enum Verdict {
    /** Send the packet back to the load balancer; the inspector has written nothing to it. */
    PASS,
    /** Keep the packet; nobody is told. */
    DROP
}
