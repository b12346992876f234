package io.github.geneve4j.io;

import static io.github.geneve4j.io.sys.SystemCallException.require;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.InHeader;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.SockaddrIn;
import io.github.geneve4j.io.sys.SystemCallException;
import io.github.geneve4j.io.sys.UdpHeader;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.BindException;
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
                bind(fd, address, port);
                return new PortSocket(descriptor, queue);
            } catch (IOException | RuntimeException e) {
                descriptor.close();
                throw e;
            }
        }

        private static void bind(int fd, Inet4Address address, int port) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment name = arena.allocate(SockaddrIn.SIZE, Integer.BYTES);
                SocketHeader.sockaddrIn(name, Listener.number(address), port);
                int result = Libc.bind(fd, name);
                if (result < 0) {
                    String call = "bind(UDP " + address.getHostAddress() + ":" + port + ")";
                    throw bindException(call, -result);
                }
            }
        }

        /** An address or port that cannot be had is what the JDK calls a {@link BindException}. */
        private static IOException bindException(String call, int errno) {
            String hint =
                    switch (errno) {
                        case Errno.EADDRINUSE -> "another port or program is on it";
                        case Errno.EADDRNOTAVAIL -> "this host has no such address";
                        case Errno.EACCES -> "needs CAP_NET_BIND_SERVICE";
                        default -> null;
                    };
            SystemCallException failure = new SystemCallException(call, errno, hint);
            if (hint == null) {
                return failure;
            }
            BindException exception = new BindException(failure.getMessage());
            exception.initCause(failure);
            return exception;
        }
    }
}
