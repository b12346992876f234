/**
 * Plays the load balancer: sends Geneve datagrams of many flows from one thread, and checks every
 * byte that comes back.
 *
 * <p>Start at {@link io.github.geneve4j.simulator.load.LoadGenerator}. Nothing here knows what
 * answers: the other side is an interface, two MAC and two IP addresses.
 */
@NullMarked
package io.github.geneve4j.simulator.load;

import org.jspecify.annotations.NullMarked;
