/**
 * The load balancer as a state machine: packets and time go in, packets and events come out.
 *
 * <p>Start at {@link GwlbSimulator#builder()}. Nothing here reads a clock, opens a socket, starts a
 * thread or logs: the time is a number of nanoseconds that the caller passes, of any clock that
 * does not go back, and what shall be sent goes to a {@link SimulatorOutput}. The same calls under
 * the same seed give the same packets and events, byte for byte.
 *
 * <p>Addresses are IPv4, an {@code int} with the most significant byte first. Everything belongs to
 * one thread.
 *
 * <p>What AWS documents of the load balancer is kept; where it says nothing, {@code
 * docs/decisions/0007-simulator.md} says what was chosen.
 */
@org.jspecify.annotations.NullMarked
package io.github.geneve4j.simulator;
