package io.github.geneve4j.simulator.topology;

import java.net.Inet4Address;

/**
 * An appliance.
 *
 * @param name of no other
 * @param address that it is registered under; its UDP port is 6081 always
 * @param zone that it is in
 * @param registered whether it is in the target group from the start
 */
public record TargetSpec(String name, Inet4Address address, String zone, boolean registered) {}
