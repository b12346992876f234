/**
 * Which flow a packet belongs to, and what follows from it: a hash that both directions share, a
 * table of state, a choice of target.
 *
 * <p>Start at {@link io.github.geneve4j.flow.FiveTuple}: wrap an inner packet, check the {@link
 * io.github.geneve4j.flow.FlowStatus}, then
 *
 * <ul>
 *   <li>hash it: {@link io.github.geneve4j.flow.FlowHash} for anything of one's own, {@link
 *       io.github.geneve4j.flow.ToeplitzHash} to do as network cards do, {@link
 *       io.github.geneve4j.flow.CommunityId} to name the flow in logs;
 *   <li>look it up: {@link io.github.geneve4j.flow.FlowTable}, with {@link
 *       io.github.geneve4j.flow.FragmentTracker} before it if fragments are to be judged by ports;
 *   <li>place it: {@link io.github.geneve4j.flow.MaglevTable}, {@link
 *       io.github.geneve4j.flow.RendezvousSelector};
 *   <li>show it: {@link io.github.geneve4j.flow.FlowFormat}.
 * </ul>
 *
 * <p>Addresses are numbers: an IPv4 address is the low 32 bits of a {@code long} whose other half
 * is 0; an IPv6 address is two {@code long}s, network half first. All are in network order, so that
 * the first byte on the wire is the most significant. Ports are 0 to 65535. Instants and durations
 * are nanoseconds of a clock that the caller reads and passes in; only differences count, so {@code
 * System.nanoTime()} serves.
 *
 * <p>Views ({@code FiveTuple}, {@code FragmentTracker}, {@code FlowTable}) are mutable, belong to
 * one thread and allocate nothing after construction. Malformed bytes give a status; a programmer's
 * mistake gives an unchecked exception that names the value.
 */
@NullMarked
package io.github.geneve4j.flow;

import org.jspecify.annotations.NullMarked;
