/**
 * The conformance suite: plays a node of a Gateway Load Balancer against a live appliance and says,
 * check by check, whether it would work behind a real one.
 *
 * <p>Start at {@link io.github.geneve4j.simulator.conform.ConformanceSuite}. The appliance is known
 * by its address only and has to pass everything; whatever is judged was seen on the wire. Lengths
 * are bytes, addresses are IPv4.
 */
@NullMarked
package io.github.geneve4j.simulator.conform;

import org.jspecify.annotations.NullMarked;
