package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import java.lang.foreign.MemorySegment;

/** How a batch of messages is sent: as {@link Libc#sendmmsg} does it, or a test in its place. */
interface SendCall {
    /** The kernel, for sockets that never wait. */
    SendCall SENDMMSG = (socket, messages, count) -> Libc.sendmmsg(socket, messages, count, 0);

    /**
     * {@return how many of the messages were sent, or the negative of an error number}
     *
     * @param socket descriptor
     * @param messages {@link Mmsghdr} after {@link Mmsghdr}
     * @param count how many
     */
    int send(int socket, MemorySegment messages, int count);
}
