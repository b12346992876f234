package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FlowFormat;
import org.jspecify.annotations.Nullable;

/** An appliance behind the load balancer, known by the address it is registered under. */
public final class Target {
    final @Nullable TargetHealth health; // null if nobody asks
    TargetState state = TargetState.UNUSED;
    long drainedAt; // only while draining
    boolean leftUnhealthy; // only while draining
    int epoch; // how often it was lost to its flows
    int activeFlows;
    long packetsSent;
    long packetsReturned;
    long packetsDropped;

    private final String name;
    private final int address;
    private final String zone;

    Target(String name, int address, String zone, @Nullable TargetHealth health) {
        this.name = name;
        this.address = address;
        this.zone = zone;
        this.health = health;
    }

    /** {@return the name that it was given} */
    public String name() {
        return name;
    }

    /** {@return the IPv4 address that it is registered under} */
    public int address() {
        return address;
    }

    /** {@return the zone that it is in} */
    public String zone() {
        return zone;
    }

    /** {@return what it is to the load balancer now} */
    public TargetState state() {
        return state;
    }

    /** {@return whether it fails its health checks, or did when it began to drain} */
    boolean isUnwell() {
        return state == TargetState.UNHEALTHY || (state == TargetState.DRAINING && leftUnhealthy);
    }

    /** {@return whether its flows are to go to others, if they may} */
    boolean isLost() {
        return isUnwell() || state == TargetState.UNUSED;
    }

    /** {@return the flows that it has now} */
    public int activeFlows() {
        return activeFlows;
    }

    /** {@return the packets that were sent to it} */
    public long packetsSent() {
        return packetsSent;
    }

    /** {@return the replies of it that were accepted} */
    public long packetsReturned() {
        return packetsReturned;
    }

    /** {@return the replies of it that were dropped} */
    public long packetsDropped() {
        return packetsDropped;
    }

    /** {@return name and address, such as {@code fw-1 10.0.1.10}} */
    @Override
    public String toString() {
        return name + " " + FlowFormat.ipv4(address);
    }
}
