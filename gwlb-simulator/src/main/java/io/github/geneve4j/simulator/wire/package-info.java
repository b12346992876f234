/**
 * The simulated load balancer on real wires, in real time: sockets of its nodes, TUN devices and
 * capture files of its endpoints, health probes.
 *
 * <p>Start at {@link Simulation#open}.
 */
@org.jspecify.annotations.NullMarked
package io.github.geneve4j.simulator.wire;
