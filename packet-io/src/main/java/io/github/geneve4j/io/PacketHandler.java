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

    /** How many datagrams are {@linkplain #onAhead announced} together at most. */
    int AHEAD = 16; // as many as the processor can wait for, and its nearest cache holds

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

    /**
     * Announces a datagram that the port has in its memory, before those are handled that came
     * first: for who keeps something of each flow, to bring it into the processor's caches. The
     * port announces up to {@value #AHEAD} of them and then hands these over, so that the processor
     * waits for the memory of all of them at once. Does nothing unless it is overridden.
     *
     * <p>Nothing has been checked. The datagram begins here if its frame has neither VLAN tags nor
     * IP options, and it may be none. Not each datagram is announced: ports of sockets announce
     * none. One that is announced may be skipped by the port, or be announced again with the next
     * poll. If this throws, the exception comes out of {@link PacketPort#poll}, and no datagram is
     * lost.
     *
     * @param buffer as of {@link #onDatagram}; not to be written to
     * @param offset absolute index of the first byte after the UDP header of a usual frame
     * @param length bytes from there to the end of the frame, 1 or more
     */
    default void onAhead(ByteBuf buffer, int offset, int length) {}
}
