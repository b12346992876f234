package io.github.geneve4j.io;

import io.netty.buffer.ByteBuf;

/** Decides about one datagram after another, on the thread that polls the port. */
@FunctionalInterface
public interface PacketHandler {
    /** What {@link #onDatagram} returns for a datagram that does not go back. */
    int DROP = 0;

    /**
     * What {@link #onDatagram} may return for a datagram that goes back without one changed byte.
     * It says more than the datagram's length: a port that works on frames can keep the UDP
     * checksum as it is.
     */
    int UNCHANGED = Integer.MAX_VALUE;

    /**
     * Looks at a datagram, and may change it in place.
     *
     * <p>The port makes the outer headers, their checksums included, right for whatever is
     * returned. If this throws, the datagram is freed, and the exception comes out of {@link
     * PacketPort#poll}; the port stays usable.
     *
     * @param buffer the port's own, over all its memory; the handler borrows {@code [offset, offset
     *     + length)} of it for this call, moves no index and retains nothing
     * @param offset absolute index of the first byte after the UDP header
     * @param length bytes of the UDP payload, 0 to {@link PacketPort#maxDatagramLength()}
     * @param sourceAddress IPv4 address that sent the datagram, big-endian as on the wire
     * @return how many bytes from {@code offset} go back to the sender: {@code length} for the
     *     datagram as it is, fewer or more after a change, at most {@link
     *     PacketPort#maxDatagramLength()}; {@link #DROP} for none, {@link #UNCHANGED} for the
     *     datagram if nothing in it was written to
     */
    int onDatagram(ByteBuf buffer, int offset, int length, int sourceAddress);
}
