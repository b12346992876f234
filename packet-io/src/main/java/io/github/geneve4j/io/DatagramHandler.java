package io.github.geneve4j.io;

import io.netty.buffer.ByteBuf;

/** Takes one datagram after another from a {@link UdpSocket}, on the thread that polls it. */
@FunctionalInterface
public interface DatagramHandler {
    /**
     * Looks at a datagram, which is gone afterwards.
     *
     * @param buffer the socket's own; the handler borrows {@code [offset, offset + length)} of it
     *     for this call, may write there, moves no index and retains nothing
     * @param offset absolute index of the first byte of the payload
     * @param length bytes of the payload, 0 or more
     * @param sourceAddress IPv4 address of the sender, big-endian
     * @param sourcePort UDP port of the sender, 0 to 65535
     * @param reassembled whether it came in IPv4 fragments, which the kernel has put together
     */
    void onDatagram(
            ByteBuf buffer,
            int offset,
            int length,
            int sourceAddress,
            int sourcePort,
            boolean reassembled);
}
