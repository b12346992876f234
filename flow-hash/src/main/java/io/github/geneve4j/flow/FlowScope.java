package io.github.geneve4j.flow;

/**
 * How much of a packet makes a flow, as the stickiness of a load balancer's target group has it.
 *
 * <p>The narrower the scope, the more packets are one flow. An appliance whose target group is
 * sticky by three or two fields receives both directions of everything between two hosts, so it may
 * key by the same scope; it may always key by five.
 */
public enum FlowScope {
    /** Addresses, protocol, and ports where there are any: the default of a target group. */
    FIVE_TUPLE(0xff, -1),
    /** Addresses and protocol: stickiness {@code source_ip_dest_ip_proto}. */
    THREE_TUPLE(0xff, 0),
    /** Addresses alone: stickiness {@code source_ip_dest_ip}. */
    TWO_TUPLE(0, 0);

    /** Selects the protocol number in a key: all of it, or nothing. */
    final int protocolMask;

    /** Selects the ports in a key: all of them, or nothing. */
    final int portMask;

    FlowScope(int protocolMask, int portMask) {
        this.protocolMask = protocolMask;
        this.portMask = portMask;
    }
}
