/**
 * What a gateway load balancer adds to Geneve, and what it expects back (<a
 * href="https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/introduction.html">AWS
 * Gateway Load Balancer</a>).
 *
 * <p>Start at {@link io.github.geneve4j.gwlb.GwlbMetadata} to read a request's options, and at
 * {@link io.github.geneve4j.gwlb.GwlbReply} to send it back. Views ({@code GwlbMetadata}, {@code
 * GwlbOptions}, {@code GwlbReply}, {@code GwlbReplyHeader}) are mutable, single-threaded, meant to
 * be allocated once and used for one packet after another; {@code EndpointId} is a value; {@code
 * GwlbDialect} and {@code GwlbOptionType} are vocabulary.
 *
 * <p>A <em>request</em> is a packet from the load balancer, whatever travels inside; a
 * <em>reply</em> is a packet to it. Requests carry bare IPv4 or IPv6 inside, never Ethernet; around
 * them is always IPv4. AWS publishes neither the meaning of the attachment id and the flow cookie
 * nor the range of the source port, so they are opaque here: what came goes back, byte for byte.
 *
 * <p>Integers on the wire are big-endian and unsigned. Lengths are bytes. Malformed bytes give a
 * {@link io.github.geneve4j.geneve.DecodeStatus}; a programmer's mistake gives an unchecked
 * exception that names the value.
 */
@NullMarked
package io.github.geneve4j.gwlb;

import org.jspecify.annotations.NullMarked;
