package io.github.geneve4j.io;

import static io.github.geneve4j.io.sys.SystemCallException.require;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.InHeader;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.UdpHeader;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;

/** A socket of a {@link UdpPort}, with its place in the port's {@link SendQueue}. */
final class PortSocket implements Closeable {
    private final Descriptor descriptor;
    private final SendQueue queue;

    // Kept by the queue
    int first = SendQueue.NONE;
    int last = SendQueue.NONE;

    /** Whether datagrams are to leave joined. */
    boolean joins;

    private PortSocket(Descriptor descriptor, SendQueue queue) {
        this.descriptor = descriptor;
        this.queue = queue;
        this.joins = canSendJoined();
    }

    /** {@return what the kernel knows it by} */
    int number() {
        return descriptor.number();
    }

    /**
     * Asks for datagrams of one sender to be received joined.
     *
     * @return whether this kernel does that
     */
    boolean receiveJoined() {
        return Libc.setsockopt(number(), UdpHeader.SOL_UDP, UdpHeader.UDP_GRO, 1) == 0;
    }

    /**
     * {@return bytes that the kernel keeps of what is still to be read, its own overhead included}
     */
    int receiveBufferLength() {
        return Libc.getsockopt(number(), SocketHeader.SOL_SOCKET, SocketHeader.SO_RCVBUF);
    }

    /** {@return whether this kernel cuts what is sent} */
    private boolean canSendJoined() {
        return Libc.setsockopt(number(), UdpHeader.SOL_UDP, UdpHeader.UDP_SEGMENT, 0) == 0;
    }

    /** {@return the datagrams that the kernel dropped at this socket, or -1 if it does not tell} */
    long drops() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers =
                    arena.allocate(ValueLayout.JAVA_INT, SocketHeader.SK_MEMINFO_VARS);
            MemorySegment length =
                    arena.allocateFrom(ValueLayout.JAVA_INT, (int) numbers.byteSize());
            int result =
                    Libc.getsockopt(
                            number(),
                            SocketHeader.SOL_SOCKET,
                            SocketHeader.SO_MEMINFO,
                            numbers,
                            length);
            return result < 0
                    ? UdpDrops.UNKNOWN
                    : Integer.toUnsignedLong(
                            numbers.getAtIndex(
                                    ValueLayout.JAVA_INT, SocketHeader.SK_MEMINFO_DROPS));
        }
    }

    /** Sends what waits to leave by it, and closes it. */
    @Override
    public void close() {
        queue.flush(this);
        descriptor.close();
    }

    /**
     * Opens the sockets of a port.
     *
     * @param sendBufferLength bytes that the kernel keeps of what is still to be sent
     * @param reusePort whether other sockets of this user may have the same address and port
     * @param queue of the port
     */
    record Opener(int sendBufferLength, boolean reusePort, SendQueue queue)
            implements ReplyChannels.Opener<PortSocket> {
        /**
         * {@inheritDoc}
         *
         * <p>What it sends is not fragmented, for the same reason as with {@link UdpSockets}.
         */
        @Override
        public PortSocket open(Inet4Address address, int port, int receiveBufferLength)
                throws IOException {
            Descriptor descriptor = Descriptor.udpSocket();
            try {
                int fd = descriptor.number();
                SocketHeader.receiveBuffer(fd, receiveBufferLength);
                SocketHeader.sendBuffer(fd, sendBufferLength);
                require(
                        Libc.setsockopt(
                                fd,
                                InHeader.IPPROTO_IP,
                                InHeader.IP_MTU_DISCOVER,
                                InHeader.IP_PMTUDISC_DO),
                        "setsockopt(IP_MTU_DISCOVER)");
                if (reusePort) {
                    require(
                            Libc.setsockopt(
                                    fd, SocketHeader.SOL_SOCKET, SocketHeader.SO_REUSEPORT, 1),
                            "setsockopt(SO_REUSEPORT)");
                }
                UdpBinding.bind(fd, address, port);
                return new PortSocket(descriptor, queue);
            } catch (IOException | RuntimeException e) {
                descriptor.close();
                throw e;
            }
        }
    }
}
