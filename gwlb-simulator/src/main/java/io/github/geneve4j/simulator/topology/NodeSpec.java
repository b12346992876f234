package io.github.geneve4j.simulator.topology;

import java.net.Inet4Address;

/**
 * A node of the load balancer.
 *
 * @param zone that it is in, which has no other
 * @param address of this host, which it sends from and listens on
 * @param io how it does that
 */
public record NodeSpec(String zone, Inet4Address address, NodeIo io) {}
