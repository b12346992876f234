/**
 * A complete Geneve tunnel endpoint, outer headers included (<a
 * href="https://www.rfc-editor.org/rfc/rfc8926">RFC 8926</a> §3.3, §3.5.1, §4).
 *
 * <p>Start at {@link io.github.geneve4j.geneve.tunnel.TunnelReceiver} for packets that come, at
 * {@link io.github.geneve4j.geneve.tunnel.TunnelSender} for packets that go. Who receives from a
 * UDP socket, where the kernel has taken the outer headers off, needs {@link
 * io.github.geneve4j.geneve.tunnel.EndpointPolicy} only. Which requirement of the RFC is met where
 * stands in {@code docs/rfc8926-conformance.md}.
 *
 * <p>Addresses, checksums and lengths on the wire are big-endian; lengths are bytes.
 */
@NullMarked
package io.github.geneve4j.geneve.tunnel;

import org.jspecify.annotations.NullMarked;
