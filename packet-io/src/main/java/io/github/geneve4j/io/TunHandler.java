package io.github.geneve4j.io;

import io.netty.buffer.ByteBuf;

/** Takes one packet after another from a {@link TunQueue}, on the thread that polls it. */
@FunctionalInterface
public interface TunHandler {
    /**
     * Looks at a packet, which is gone afterwards.
     *
     * @param buffer the queue's own; the handler borrows {@code [offset, offset + length)} of it
     *     for this call, may write there, moves no index and retains nothing; the headroom in front
     *     of it, that the device was opened with, may be written too
     * @param offset absolute index of the first byte of the IP header
     * @param length bytes of the packet, 1 to {@link TunQueue#MAX_PACKET_LENGTH}
     */
    void onPacket(ByteBuf buffer, int offset, int length);
}
