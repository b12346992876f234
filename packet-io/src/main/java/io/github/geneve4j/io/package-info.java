/**
 * Ports: how Geneve datagrams get in, and how each gets back to where it came from.
 *
 * <p>{@link io.github.geneve4j.io.PacketPort} is the seam: a loop polls a port, and its {@link
 * io.github.geneve4j.io.PacketHandler} looks at each datagram where it lies and says how much of it
 * goes back. {@link io.github.geneve4j.io.NioPort} is the portable port, for any system and any
 * user; {@link io.github.geneve4j.io.UdpPort} does the same by Linux's own calls, faster. {@link
 * io.github.geneve4j.io.AfPacketPort} and {@link io.github.geneve4j.io.AfXdpPort} work on frames in
 * memory that they share with the kernel, for several times the rate; they take capabilities.
 * {@link io.github.geneve4j.io.UdpSocket} and {@link io.github.geneve4j.io.TunDevice} serve who
 * begins, as a load balancer does. Capture files are in {@link io.github.geneve4j.io.pcap}.
 *
 * <p>A reply keeps the load balancer's rules: from the address and the source port of the request,
 * to the address that sent it, at the tunnel's port. The outer header is always IPv4, also around
 * IPv6 payload, so addresses are {@code int}s, big-endian as on the wire.
 */
@NullMarked
package io.github.geneve4j.io;

import org.jspecify.annotations.NullMarked;
