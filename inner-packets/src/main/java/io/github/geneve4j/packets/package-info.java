/**
 * Packets that a middlebox makes, and packets that it has changed and has to mend.
 *
 * <ul>
 *   <li>answer one that is refused: {@link io.github.geneve4j.packets.TcpReset}, {@link
 *       io.github.geneve4j.packets.IcmpError};
 *   <li>mend one that was changed: {@link io.github.geneve4j.packets.LengthFields}, then {@link
 *       io.github.geneve4j.packets.InnerChecksums};
 *   <li>change what a TCP handshake agrees on: {@link
 *       io.github.geneve4j.packets.MaximumSegmentSize}.
 * </ul>
 *
 * <p>Everything here works on a packet whose {@link io.github.geneve4j.flow.FiveTuple} was wrapped
 * with {@code OK}, in the same buffer at the same offset, and not changed since unless a method
 * says so. Offsets are absolute indices, lengths are bytes, integers on the wire are big-endian.
 * The methods allocate nothing if one of two buffers has an array, keep nothing and move no index
 * of a buffer.
 *
 * <p>Packets made here have the TTL or hop limit 64, no IP options and no extension headers; in
 * IPv4 the identification 0 and DF, as RFC 6864 §4.1 allows for what is never fragmented.
 */
@NullMarked
package io.github.geneve4j.packets;

import org.jspecify.annotations.NullMarked;
