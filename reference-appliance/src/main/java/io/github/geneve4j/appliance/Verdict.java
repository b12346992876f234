package io.github.geneve4j.appliance;

/** What an inspector decides about a packet. */
public enum Verdict {
    /** Send the packet back to the load balancer; the inspector has written nothing to it. */
    PASS,

    /** Keep the packet; nobody is told. */
    DROP,

    /**
     * Keep the packet and tell its sender at once: a TCP segment is answered with a reset, anything
     * else with the ICMP or ICMPv6 error "administratively prohibited". What may not be answered is
     * just dropped; see {@link Answer}. If the inspector has changed the packet, the answer is to
     * the packet as it came.
     */
    REJECT,

    /**
     * As {@link #REJECT}, and end the TCP connection at the receiver too, by a reset in the
     * sender's name. Of a SYN without ACK, or of anything but TCP, the receiver learns nothing.
     */
    REJECT_BOTH_ENDS,

    /**
     * Send back what the inspector has made of the packet, by {@link InspectedPacket#edit} and
     * {@link InspectedPacket#resize}. Length fields and checksums are mended. If it is too long to
     * reach the load balancer, the sender is told by an ICMP error instead.
     */
    REWRITE
}
