/**
 * The load balancer as a machine of states: packets and time go in, packets and events come out.
 * Nothing here reads a clock, opens a socket or starts a thread.
 */
@org.jspecify.annotations.NullMarked
package io.github.geneve4j.simulator;
