package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FlowFormat;

/** A node of the load balancer: what a zone's targets receive from, and send back to. */
public final class Node {
    final int index;

    private final String zone;
    private int address;

    Node(int index, String zone, int address) {
        this.index = index;
        this.zone = zone;
        this.address = address;
    }

    /** {@return the zone, which has no other node} */
    public String zone() {
        return zone;
    }

    /** {@return the IPv4 address; {@link GwlbSimulator#moveNode} changes it} */
    public int address() {
        return address;
    }

    void moveTo(int newAddress) {
        address = newAddress;
    }

    /** {@return zone and address, such as {@code zone-a 10.0.1.5}} */
    @Override
    public String toString() {
        return zone + " " + FlowFormat.ipv4(address);
    }
}
