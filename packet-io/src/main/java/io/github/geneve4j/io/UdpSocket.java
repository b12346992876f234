package io.github.geneve4j.io;

import static io.github.geneve4j.io.Ranges.MAX_PORT;
import static io.github.geneve4j.io.Ranges.inRange;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.geneve4j.io.sys.Architecture;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.InHeader;
import io.github.geneve4j.io.sys.InHeader.Cmsghdr;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.io.sys.SocketHeader.SockaddrIn;
import io.github.geneve4j.io.sys.SystemCallException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A UDP socket over IPv4 that reads and writes many datagrams with one system call, to whom it
 * likes: what a load balancer's node sends and receives by. A {@link PacketPort} answers; this can
 * begin. Linux only.
 *
 * {@snippet :
 * try (UdpSocket socket = UdpSocket.builder(InetAddress.ofLiteral("10.0.1.5"), 60_000).open()) {
 *     socket.send(targetAddress, 6081, datagram, 0, length);
 *     socket.flush();
 *     socket.poll(handler, 64);
 * }
 * }
 *
 * <p>Datagrams leave whole, with "don't fragment" clear, as the load balancer's do: what exceeds
 * the interface's MTU is refused, and counted. Of those that came in fragments the handler is told.
 *
 * <p><b>Allocation:</b> none for a datagram. <b>Threads:</b> one; any for {@code close} and the
 * counters, which are of some moment during the last batch. <b>Ownership:</b> its own buffers; what
 * is sent is copied.
 */
public final class UdpSocket implements AutoCloseable {
    /** Most bytes of UDP payload in IPv4: 65,535 less the headers. */
    public static final int MAX_DATAGRAM_LENGTH = 65_507;

    private static final int MAX_BATCH = 1024; // as many as the kernel takes, UIO_MAXIOV
    private static final ValueLayout.OfShort NET_SHORT = JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt NET_INT = JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

    private final Descriptor descriptor;
    private final Inet4Address address;
    private final int port;
    private final int maxLength;
    private final PortGate gate = new PortGate();

    private final Batch receiving;
    private final ByteBuf received;
    private final MemorySegment control;
    private final Batch sending;
    private int unsent; // datagrams in the batch

    // Written by one thread
    private final AtomicLong datagramsReceived = new AtomicLong();
    private final AtomicLong datagramsTooLong = new AtomicLong();
    private final AtomicLong datagramsSent = new AtomicLong();
    private final AtomicLong datagramsRefused = new AtomicLong();

    private UdpSocket(Descriptor descriptor, Builder builder) {
        this.descriptor = descriptor;
        this.address = builder.address;
        this.port = builder.port;
        this.maxLength = builder.maxLength;
        this.receiving = new Batch(builder.receiveBatch, maxLength);
        this.received = Unpooled.wrappedBuffer(receiving.bytes());
        this.control = Arena.ofAuto().allocate(builder.receiveBatch * Cmsghdr.SPACE, Long.BYTES);
        for (int i = 0; i < builder.receiveBatch; i++) {
            receiving.messages.set(
                    JAVA_LONG,
                    i * Mmsghdr.SIZE + Mmsghdr.CONTROL,
                    control.address() + i * Cmsghdr.SPACE);
            makeRoom(i);
        }
        this.sending = new Batch(builder.sendBatch, maxLength);
    }

    /**
     * {@return a builder of a socket}
     *
     * @param address IPv4 address of this host to bind, or the wildcard
     * @param port to bind, 1 to 65535
     * @throws IllegalArgumentException if the address is not IPv4, or the port out of its range
     */
    public static Builder builder(InetAddress address, int port) {
        if (!(address instanceof Inet4Address ipv4)) {
            throw new IllegalArgumentException(
                    "address " + address.getHostAddress() + ": not IPv4");
        }
        return new Builder(ipv4, inRange("port", port, 1, MAX_PORT));
    }

    /**
     * Hands the datagrams that are there to the handler. Does not block.
     *
     * @param handler called once for each; it may {@link #send} by this socket
     * @param budget most datagrams of this call, 1 or more
     * @return the datagrams that were handed over, 0 to {@code budget}
     * @throws java.nio.channels.ClosedChannelException if the socket is closed
     * @throws IOException if the socket fails
     * @throws IllegalArgumentException if the budget is below 1
     * @throws IllegalStateException if another thread is in this socket, or the handler polls it
     */
    public int poll(DatagramHandler handler, int budget) throws IOException {
        if (budget < 1) {
            throw new IllegalArgumentException("budget " + budget + ": not 1 or more");
        }
        gate.enter();
        try {
            int done = 0;
            while (done < budget) {
                int wanted = Math.min(budget - done, receiving.capacity);
                int got = receive(wanted);
                for (int i = 0; i < got; i++) {
                    deliver(i, handler);
                }
                done += got;
                if (got < wanted) {
                    break;
                }
            }
            return done;
        } finally {
            leave();
        }
    }

    /**
     * Takes a datagram to be sent, with others, by the next {@link #flush()}, or now if that batch
     * is full.
     *
     * @param toAddress IPv4 address, big-endian
     * @param toPort UDP port, 1 to 65535
     * @param payload copied from, at absolute indices
     * @param offset index of its first byte
     * @param length bytes, 0 to what {@link Builder#maxLength} says
     * @throws java.nio.channels.ClosedChannelException if the socket is closed
     * @throws IllegalArgumentException if port or length is out of its range
     * @throws IndexOutOfBoundsException if the payload is not inside the buffer
     * @throws IllegalStateException if another thread is in this socket
     */
    public void send(int toAddress, int toPort, ByteBuf payload, int offset, int length)
            throws IOException {
        inRange("port", toPort, 1, MAX_PORT);
        inRange("length", length, 0, maxLength);
        Objects.checkFromIndexSize(offset, length, payload.capacity());
        if (gate.isInside()) {
            add(toAddress, toPort, payload, offset, length);
            return;
        }
        gate.enter();
        try {
            add(toAddress, toPort, payload, offset, length);
        } finally {
            leave();
        }
    }

    /**
     * Sends what was taken since the last time. What the kernel refuses is counted and gone.
     *
     * @throws java.nio.channels.ClosedChannelException if the socket is closed
     * @throws IllegalStateException if another thread is in this socket
     */
    public void flush() throws IOException {
        if (gate.isInside()) {
            transmit();
            return;
        }
        if (unsent > 0) {
            gate.enter();
            try {
                transmit();
            } finally {
                leave();
            }
        }
    }

    /** {@return the address that it is bound to} */
    public Inet4Address address() {
        return address;
    }

    /** {@return the port that it is bound to} */
    public int port() {
        return port;
    }

    /** {@return the datagrams that a handler was given} */
    public long datagramsReceived() {
        return datagramsReceived.getOpaque();
    }

    /** {@return the datagrams that were longer than {@link Builder#maxLength}, and dropped} */
    public long datagramsTooLong() {
        return datagramsTooLong.getOpaque();
    }

    /** {@return the datagrams that the kernel took to be sent} */
    public long datagramsSent() {
        return datagramsSent.getOpaque();
    }

    /**
     * {@return the datagrams that the kernel refused: too long for the interface, no route, full}
     */
    public long datagramsRefused() {
        return datagramsRefused.getOpaque();
    }

    /**
     * {@return how many datagrams the kernel dropped since the receive buffer was full, or -1 where
     * it does not say}
     */
    public long kernelDrops() {
        return UdpDrops.of(List.of(address), port);
    }

    /** Closes the socket, as soon as no thread is inside. Does nothing the second time. */
    @Override
    public void close() {
        if (gate.close()) {
            descriptor.close();
        }
    }

    /** {@return what the kernel knows it by, for {@link PacketWaiter}} */
    int number() {
        return descriptor.number();
    }

    private static void count(AtomicLong counter, long more) {
        counter.setOpaque(counter.getPlain() + more);
    }

    private void leave() {
        if (gate.leave()) {
            descriptor.close();
        }
    }

    private int receive(int wanted) throws SystemCallException {
        int result =
                Libc.recvmmsg(
                        descriptor.number(), receiving.messages, wanted, SocketHeader.MSG_DONTWAIT);
        return switch (-result) {
            case Errno.EAGAIN, Errno.EINTR -> 0;
            default -> SystemCallException.require(result, "recvmmsg");
        };
    }

    private void deliver(int i, DatagramHandler handler) {
        long message = i * Mmsghdr.SIZE;
        MemorySegment messages = receiving.messages;
        int flags = messages.get(JAVA_INT, message + Mmsghdr.FLAGS);
        int length = messages.get(JAVA_INT, message + Mmsghdr.LENGTH);
        boolean reassembled = isReassembled(i);
        makeRoom(i);
        if ((flags & SocketHeader.MSG_TRUNC) != 0) {
            count(datagramsTooLong, 1);
            return;
        }
        count(datagramsReceived, 1);
        long name = i * SockaddrIn.SIZE;
        handler.onDatagram(
                received,
                i * receiving.stride,
                length,
                receiving.names.get(NET_INT, name + SockaddrIn.ADDRESS),
                receiving.names.get(NET_SHORT, name + SockaddrIn.PORT) & MAX_PORT,
                reassembled);
    }

    private boolean isReassembled(int i) {
        long at = i * Cmsghdr.SPACE;
        return receiving.messages.get(JAVA_LONG, i * Mmsghdr.SIZE + Mmsghdr.CONTROL_LENGTH) > 0
                && control.get(JAVA_INT, at + Cmsghdr.LEVEL) == InHeader.IPPROTO_IP
                && control.get(JAVA_INT, at + Cmsghdr.TYPE) == InHeader.IP_RECVFRAGSIZE;
    }

    /** Says again how much room there is, over what the kernel wrote there. */
    private void makeRoom(int i) {
        long message = i * Mmsghdr.SIZE;
        receiving.messages.set(JAVA_INT, message + Mmsghdr.NAME_LENGTH, (int) SockaddrIn.SIZE);
        receiving.messages.set(JAVA_LONG, message + Mmsghdr.CONTROL_LENGTH, Cmsghdr.SPACE);
    }

    private void add(int toAddress, int toPort, ByteBuf payload, int offset, int length) {
        if (unsent == sending.capacity) {
            transmit();
        }
        sending.put(unsent, toAddress, toPort, payload, offset, length);
        unsent++;
    }

    /** Where one is refused, the others may still fare better: it alone is given up. */
    private void transmit() {
        int done = 0;
        while (done < unsent) {
            MemorySegment rest =
                    done == 0 ? sending.messages : sending.messages.asSlice(done * Mmsghdr.SIZE);
            int result =
                    Libc.sendmmsg(
                            descriptor.number(), rest, unsent - done, SocketHeader.MSG_DONTWAIT);
            if (result > 0) {
                done += result;
                count(datagramsSent, result);
            } else if (result != -Errno.EINTR) {
                done++;
                count(datagramsRefused, 1);
            }
        }
        unsent = 0;
    }

    /** As many datagrams as one system call takes: their headers, addresses and bytes. */
    private static final class Batch {
        final int capacity;
        final int stride;
        final MemorySegment messages;
        final MemorySegment names;
        private final MemorySegment parts;
        private final MemorySegment data;

        Batch(int capacity, int maxLength) {
            this.capacity = capacity;
            this.stride = maxLength + Long.BYTES - 1 & -Long.BYTES;
            Arena arena = Arena.ofAuto();
            this.messages = arena.allocate(capacity * Mmsghdr.SIZE, Long.BYTES);
            this.names = arena.allocate(capacity * SockaddrIn.SIZE, Long.BYTES);
            this.parts = arena.allocate(capacity * Iovec.SIZE, Long.BYTES);
            this.data = arena.allocate((long) capacity * stride, Long.BYTES);
            for (int i = 0; i < capacity; i++) {
                long message = i * Mmsghdr.SIZE;
                long part = i * Iovec.SIZE;
                long name = i * SockaddrIn.SIZE;
                messages.set(JAVA_LONG, message + Mmsghdr.NAME, names.address() + name);
                messages.set(JAVA_INT, message + Mmsghdr.NAME_LENGTH, (int) SockaddrIn.SIZE);
                messages.set(JAVA_LONG, message + Mmsghdr.IOV, parts.address() + part);
                messages.set(JAVA_LONG, message + Mmsghdr.IOV_LENGTH, 1);
                parts.set(JAVA_LONG, part + Iovec.BASE, data.address() + (long) i * stride);
                parts.set(JAVA_LONG, part + Iovec.LENGTH, maxLength);
                SocketHeader.sockaddrIn(names.asSlice(name, SockaddrIn.SIZE), 0, 0);
            }
        }

        ByteBuffer bytes() {
            return data.asByteBuffer();
        }

        void put(int i, int address, int port, ByteBuf payload, int offset, int length) {
            long name = i * SockaddrIn.SIZE;
            names.set(NET_SHORT, name + SockaddrIn.PORT, (short) port);
            names.set(NET_INT, name + SockaddrIn.ADDRESS, address);
            parts.set(JAVA_LONG, i * Iovec.SIZE + Iovec.LENGTH, length);
            long to = (long) i * stride;
            Payloads.copy(payload, offset, length, data, to);
        }
    }

    /** Says how a {@link UdpSocket} is to be opened. */
    public static final class Builder {
        private static final int DEFAULT_BATCH = 64;
        private static final int DEFAULT_MAX_LENGTH = 9216;
        private static final int MAX_TTL = 255;

        private final Inet4Address address;
        private final int port;
        private int receiveBatch = DEFAULT_BATCH;
        private int sendBatch = DEFAULT_BATCH;
        private int maxLength = DEFAULT_MAX_LENGTH;
        private int timeToLive = MAX_TTL;
        private int receiveBufferLength = 4 << 20;
        private int sendBufferLength = 1 << 20;

        private Builder(Inet4Address address, int port) {
            this.address = address;
            this.port = port;
        }

        /**
         * Sets how many datagrams one system call takes in and out; 64 each if not called.
         *
         * @param receive 1 to 1024
         * @param send 1 to 1024
         * @return this
         */
        public Builder batches(int receive, int send) {
            this.receiveBatch = inRange("receive batch", receive, 1, MAX_BATCH);
            this.sendBatch = inRange("send batch", send, 1, MAX_BATCH);
            return this;
        }

        /**
         * Sets the most bytes of a datagram, in and out; 9216 if not called, which has room for
         * what an interface of MTU 9001 takes.
         *
         * @param maxLength 1 to {@value UdpSocket#MAX_DATAGRAM_LENGTH}
         * @return this
         */
        public Builder maxLength(int maxLength) {
            this.maxLength = inRange("maximum length", maxLength, 1, MAX_DATAGRAM_LENGTH);
            return this;
        }

        /**
         * Sets the time to live of what is sent; 255 if not called, as the load balancer has it.
         *
         * @param timeToLive 1 to 255
         * @return this
         */
        public Builder timeToLive(int timeToLive) {
            this.timeToLive = inRange("time to live", timeToLive, 1, MAX_TTL);
            return this;
        }

        /**
         * Sets what the kernel keeps; 4 MiB and 1 MiB if not called. Without CAP_NET_ADMIN no more
         * than the system's limit is had.
         *
         * @param receive bytes that are still to be read, 1 or more
         * @param send bytes that are still to be sent, 1 or more
         * @return this
         */
        public Builder bufferLengths(int receive, int send) {
            this.receiveBufferLength = inRange("receive buffer", receive, 1, Integer.MAX_VALUE);
            this.sendBufferLength = inRange("send buffer", send, 1, Integer.MAX_VALUE);
            return this;
        }

        /**
         * {@return the socket, bound}
         *
         * @throws BindException if another program has the port, or no interface the address
         * @throws IOException if it cannot be had for another reason, or this is not Linux; the
         *     message names address and port
         */
        public UdpSocket open() throws IOException {
            Architecture.current();
            Descriptor descriptor = Descriptor.udpSocket();
            try {
                int fd = descriptor.number();
                SocketHeader.receiveBuffer(fd, receiveBufferLength);
                SocketHeader.sendBuffer(fd, sendBufferLength);
                ip(fd, InHeader.IP_TTL, timeToLive, "IP_TTL");
                ip(fd, InHeader.IP_MTU_DISCOVER, InHeader.IP_PMTUDISC_INTERFACE, "IP_MTU_DISCOVER");
                ip(fd, InHeader.IP_RECVFRAGSIZE, 1, "IP_RECVFRAGSIZE");
                UdpBinding.bind(fd, address, port);
                return new UdpSocket(descriptor, this);
            } catch (IOException | RuntimeException e) {
                descriptor.close();
                throw e;
            }
        }

        private static void ip(int fd, int option, int value, String name)
                throws SystemCallException {
            SystemCallException.require(
                    Libc.setsockopt(fd, InHeader.IPPROTO_IP, option, value),
                    "setsockopt(" + name + ")");
        }
    }
}
