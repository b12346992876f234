package io.github.geneve4j.io;

import static io.github.geneve4j.io.Ranges.MAX_PORT;
import static io.github.geneve4j.io.Ranges.inRange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The portable port: plain UDP sockets, for any system and any user.
 *
 * {@snippet :
 * try (PacketPort port = NioPort.builder(InetAddress.ofLiteral("10.0.1.17")).open()) {
 *     port.poll(handler, 64);
 * }
 * }
 *
 * <p>Java's sockets have one source address and port each. So a port on the wildcard address
 * listens on every IPv4 address that the host has when the port is opened, each with a socket of
 * its own; and a reply leaves from a socket that is bound to its request's source port, opened when
 * first needed. These are closed when idle, and their number is bounded: beyond it the one used
 * longest ago gives way. A source port that another program holds cannot be had, and neither can
 * one below 1024 without a privilege: such replies are counted as {@link
 * SendFailure#SOURCE_PORT_UNAVAILABLE}, once a second another attempt is made. Keep other programs
 * off the load balancer's ports with {@code net.ipv4.ip_local_reserved_ports}, or give up the ports
 * with {@link Builder#replyFromListeningPort}.
 *
 * <p><b>Allocation:</b> none of its own for a datagram. {@link DatagramChannel#receive} makes a new
 * address object, 120 bytes with its parts, whenever a datagram has another sender address or port
 * than the one before it on the same socket, and nothing otherwise. <b>Threads:</b> one for {@code
 * poll} and {@code await}; any for the rest. <b>Ownership:</b> one direct buffer, lent to the
 * handler for each datagram.
 */
public final class NioPort implements PacketPort {
    /** UDP port of Geneve, assigned by IANA (RFC 8926 §3.3). */
    public static final int GENEVE_PORT = 6081;

    /** Most bytes of UDP payload in IPv4: 65,535 less the headers. */
    public static final int MAX_DATAGRAM_LENGTH = 65_507;

    private static final int BUFFER_LENGTH = 0xffff;
    private static final int PORTS = 0x1_0000;

    private final List<Listener> listeners;
    private final Listener[] polled; // the same, without an iterator
    private final int port;
    private final boolean replyFromListeningPort;
    private final LongSupplier nanoClock;
    private final Selector selector;
    private final ReplyChannels replies;
    private final ReplyTargets targets;
    private final PortGate gate = new PortGate();
    private final PortCounters counters = new PortCounters();

    private final ByteBuffer memory = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final ByteBuf buffer = Unpooled.wrappedBuffer(memory);
    private final ByteBuffer made = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final ByteBuf madeBuffer = Unpooled.wrappedBuffer(made);
    private int next; // listener to begin the next poll with
    private @Nullable Listener current; // of the datagram that the handler is looking at
    private volatile boolean released;
    private volatile long lastDrops;

    // The sender seen last; the JDK hands out the same object while it stays the same.
    private @Nullable InetSocketAddress sender;
    private int senderAddress;

    NioPort(Builder builder, List<Listener> listeners, Selector selector) {
        this.listeners = List.copyOf(listeners);
        this.polled = listeners.toArray(new Listener[0]);
        this.port = builder.port;
        this.replyFromListeningPort = builder.replyFromListeningPort;
        this.nanoClock = builder.nanoClock;
        this.selector = selector;
        this.replies =
                new ReplyChannels(
                        counters, builder.sockets(), builder.maxReplyChannels, builder.idleNanos);
        this.targets = new ReplyTargets(builder.peerPort);
    }

    /**
     * {@return a builder of a port, with the load balancer's numbers for everything else}
     *
     * @param address IPv4 address of this host that requests are sent to, or the wildcard {@code
     *     0.0.0.0} for each that it has
     * @throws IllegalArgumentException if the address is not IPv4
     */
    public static Builder builder(InetAddress address) {
        return new Builder(address, null);
    }

    /**
     * {@return a builder of a port that listens on every IPv4 address that one interface has when
     * the port is opened}
     *
     * @param interfaceName name of the network interface, {@code "eth0"}
     */
    public static Builder builderOnInterface(String interfaceName) {
        return new Builder(InetAddress.ofLiteral("0.0.0.0"), interfaceName);
    }

    @Override
    public int poll(PacketHandler handler, int budget) throws IOException {
        if (budget < 1) {
            throw new IllegalArgumentException("budget " + budget + ": not 1 or more");
        }
        gate.enter();
        try {
            long nowNanos = nanoClock.getAsLong();
            replies.closeIdle(nowNanos);
            int done = 0;
            int first = next;
            next = first + 1 == polled.length ? 0 : first + 1;
            for (int i = 0; i < polled.length && done < budget; i++) {
                int at = first + i < polled.length ? first + i : first + i - polled.length;
                done += drain(polled[at], handler, budget - done, nowNanos);
            }
            return done;
        } finally {
            leave();
        }
    }

    @Override
    public void returnPath(ReturnPath into) {
        Listener listener = current;
        InetSocketAddress from = sender;
        if (listener == null || from == null || !gate.isInside()) {
            throw new IllegalStateException("only a handler has a datagram to tell the path of");
        }
        into.datagram(listener.number, senderAddress, from.getPort()).link(0, 0, 0, 0);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException also if the path does not begin at an address of this port
     */
    @Override
    public void send(ReturnPath path, ByteBuf payload, int offset, int length) throws IOException {
        Ranges.checkPayload(payload, offset, length, MAX_DATAGRAM_LENGTH);
        if (gate.isInside()) {
            make(path, payload, offset, length);
            return;
        }
        gate.enter();
        try {
            make(path, payload, offset, length);
        } finally {
            leave();
        }
    }

    @Override
    public void await(long timeoutNanos) throws IOException {
        gate.enter();
        try {
            if (timeoutNanos <= 0) {
                selector.selectNow(NioPort::ready);
            } else {
                long millis = TimeUnit.NANOSECONDS.toMillis(timeoutNanos - 1) + 1;
                selector.select(NioPort::ready, millis);
            }
        } finally {
            leave();
        }
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    /**
     * {@inheritDoc}
     *
     * <p>Known on Linux; of all sockets on the same address and port, as they are not told apart.
     * Of a closed port, what it was when it closed.
     */
    @Override
    public long kernelDrops() {
        long drops = released ? lastDrops : UdpDrops.of(addresses(), port);
        return released ? lastDrops : drops; // it may have been released while the table was read
    }

    @Override
    public int maxDatagramLength() {
        return MAX_DATAGRAM_LENGTH;
    }

    @Override
    public void close() throws IOException {
        if (gate.close()) {
            release();
        } else {
            selector.wakeup();
        }
    }

    /** {@return the addresses that this port listens on} */
    public List<Inet4Address> addresses() {
        return listeners.stream().map(listener -> listener.address).toList();
    }

    /** {@return the sockets for replies that are open now} */
    public int replyChannels() {
        return replies.open();
    }

    /** {@return the sockets for replies that had to give way to others before they were idle} */
    public long evictedReplyChannels() {
        return replies.evicted();
    }

    private int drain(Listener listener, PacketHandler handler, int budget, long nowNanos)
            throws IOException {
        int done = 0;
        while (done < budget) {
            memory.clear();
            InetSocketAddress from = (InetSocketAddress) listener.channel.receive(memory);
            if (from == null) {
                break;
            }
            done++;
            counters.countReceived();
            noteSender(from);
            deliver(listener, handler, from, nowNanos);
        }
        return done;
    }

    @SuppressWarnings("ReferenceEquality") // another object costs no more than a look into it
    private void noteSender(InetSocketAddress from) {
        if (from != sender) {
            sender = from;
            senderAddress = Listener.number(from.getAddress());
        }
    }

    private void deliver(
            Listener listener, PacketHandler handler, InetSocketAddress from, long nowNanos) {
        int length = memory.position();
        int answer = PacketHandler.DROP;
        current = listener;
        try {
            answer =
                    Ranges.answer(
                            handler.onDatagram(buffer, 0, length, senderAddress),
                            MAX_DATAGRAM_LENGTH);
        } finally {
            current = null;
            if (answer == PacketHandler.DROP) {
                counters.countFreed();
            }
        }
        if (answer != PacketHandler.DROP) {
            memory.position(0).limit(answer == PacketHandler.UNCHANGED ? length : answer);
            InetSocketAddress target = targets.of(senderAddress, from.getAddress());
            if (transmit(listener, from.getPort(), target, memory, nowNanos)) {
                counters.countReturned();
            }
        }
    }

    private void make(ReturnPath path, ByteBuf payload, int offset, int length) {
        Listener listener = listenerOf(path.localAddress());
        made.clear();
        madeBuffer.setBytes(0, payload, offset, length);
        made.limit(length);
        InetSocketAddress target = targets.of(path.remoteAddress());
        if (transmit(listener, path.sourcePort(), target, made, nanoClock.getAsLong())) {
            counters.countOriginated();
        }
    }

    private Listener listenerOf(int address) {
        for (Listener listener : polled) {
            if (listener.number == address) {
                return listener;
            }
        }
        throw new IllegalArgumentException("path from an address that is not this port's");
    }

    /** {@return whether it was sent; if not, that was counted} */
    private boolean transmit(
            Listener listener,
            int sourcePort,
            InetSocketAddress target,
            ByteBuffer bytes,
            long nowNanos) {
        DatagramChannel channel =
                replyFromListeningPort || sourcePort == port
                        ? listener.channel
                        : replies.use(listener, sourcePort, nowNanos);
        if (channel == null) {
            return false;
        }
        try {
            int length = bytes.remaining();
            if (channel.send(bytes, target) == length) {
                return true;
            }
            counters.countFailed(SendFailure.QUEUE_FULL);
        } catch (IOException e) {
            counters.countFailed(SendFailure.REFUSED);
        }
        return false;
    }

    private void leave() throws IOException {
        if (gate.leave()) {
            release();
        }
    }

    private void release() throws IOException {
        lastDrops = UdpDrops.of(addresses(), port);
        released = true;
        replies.closeAll();
        closeAll(listeners, selector);
    }

    private static void closeAll(List<Listener> listeners, Selector selector) throws IOException {
        IOException failure = null;
        for (Listener listener : listeners) {
            try {
                listener.channel.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        selector.close();
        if (failure != null) {
            throw failure;
        }
    }

    /** Which of the channels can be read, the next poll finds out by itself. */
    private static void ready(SelectionKey key) {}

    /** Says how a {@link NioPort} is to be opened. */
    public static final class Builder {
        private final Inet4Address address;
        private final @Nullable String interfaceName;
        private int port = GENEVE_PORT;
        private int peerPort = GENEVE_PORT;
        private boolean replyFromListeningPort;
        private int maxReplyChannels = 4096;
        private long idleNanos = TimeUnit.MINUTES.toNanos(6);
        private int receiveBufferLength = 4 << 20;
        private int sendBufferLength = 1 << 20;
        private boolean reusePort;
        private LongSupplier nanoClock = System::nanoTime;

        private Builder(InetAddress address, @Nullable String interfaceName) {
            if (!(address instanceof Inet4Address ipv4)) {
                throw new IllegalArgumentException(
                        "address " + address.getHostAddress() + ": not IPv4");
            }
            this.address = ipv4;
            this.interfaceName = interfaceName;
        }

        /**
         * Sets the UDP port that requests are sent to; {@value #GENEVE_PORT} if not called.
         *
         * @param port 1 to 65535
         * @return this
         */
        public Builder port(int port) {
            this.port = inRange("port", port, 1, MAX_PORT);
            return this;
        }

        /**
         * Sets the UDP port that replies are sent to; {@value #GENEVE_PORT} if not called.
         *
         * @param peerPort 1 to 65535
         * @return this
         */
        public Builder peerPort(int peerPort) {
            this.peerPort = inRange("peer port", peerPort, 1, MAX_PORT);
            return this;
        }

        /**
         * Sends every reply from the port that requests are sent to, instead of the request's
         * source port. It needs no further sockets and no free ports. The load balancer names no
         * rule about the source port, and appliances are known that work like this; but RFC 8926
         * §3.3 wants one source port for a flow, and nobody promises that it stays that way.
         *
         * @param always false, if not called
         * @return this
         */
        public Builder replyFromListeningPort(boolean always) {
            this.replyFromListeningPort = always;
            return this;
        }

        /**
         * Bounds the sockets that replies leave from; 4096 if not called. Each takes a file
         * descriptor. Where the process has fewer left, it makes do with those.
         *
         * @param max 1 to 65536
         * @return this
         */
        public Builder maxReplyChannels(int max) {
            this.maxReplyChannels = inRange("reply channels", max, 1, PORTS);
            return this;
        }

        /**
         * Sets after how long without a reply a socket for replies is closed; 6 minutes if not
         * called, as the load balancer forgets an idle flow after 350 seconds by default. A closed
         * one is opened again when it is needed.
         *
         * @param idleNanos nanoseconds, 1 or more
         * @return this
         */
        public Builder idleNanos(long idleNanos) {
            if (idleNanos < 1) {
                throw new IllegalArgumentException("idle time " + idleNanos + " ns: not 1 or more");
            }
            this.idleNanos = idleNanos;
            return this;
        }

        /**
         * Sets what the kernel keeps of requests while the port is not polled; 4 MiB if not called.
         * The kernel gives less without a word if its own limit ({@code net.core.rmem_max}) is
         * lower.
         *
         * @param bytes 1 or more
         * @return this
         */
        public Builder receiveBufferLength(int bytes) {
            this.receiveBufferLength = inRange("receive buffer", bytes, 1, Integer.MAX_VALUE);
            return this;
        }

        /**
         * Sets what the kernel keeps of replies that are still to be sent, for each socket; 1 MiB
         * if not called. {@code net.core.wmem_max} limits it.
         *
         * @param bytes 1 or more
         * @return this
         */
        public Builder sendBufferLength(int bytes) {
            this.sendBufferLength = inRange("send buffer", bytes, 1, Integer.MAX_VALUE);
            return this;
        }

        /**
         * Lets several ports of one user share address and port (SO_REUSEPORT): one for each
         * thread, among which the kernel divides the flows by their outer addresses and ports.
         *
         * @param reusePort false, if not called
         * @return this
         */
        public Builder reusePort(boolean reusePort) {
            this.reusePort = reusePort;
            return this;
        }

        /**
         * Sets the clock that idle time is measured with; {@link System#nanoTime()} if not called.
         *
         * @param nanoClock nanoseconds from any start, never going back
         * @return this
         */
        public Builder nanoClock(LongSupplier nanoClock) {
            this.nanoClock = nanoClock;
            return this;
        }

        /**
         * Opens the port.
         *
         * @return a port that receives from now on
         * @throws IOException if an address cannot be bound
         */
        public NioPort open() throws IOException {
            List<Listener> listeners = new ArrayList<>();
            Selector selector = Selector.open();
            try {
                for (Inet4Address local : localAddresses()) {
                    DatagramChannel channel = sockets().open(local, port, receiveBufferLength);
                    listeners.add(new Listener(local, channel));
                    channel.register(selector, SelectionKey.OP_READ);
                }
                return new NioPort(this, listeners, selector);
            } catch (IOException | RuntimeException e) {
                try {
                    closeAll(listeners, selector);
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
                throw e;
            }
        }

        private UdpSockets sockets() {
            return new UdpSockets(sendBufferLength, reusePort);
        }

        private List<Inet4Address> localAddresses() throws IOException {
            if (interfaceName != null) {
                return InterfaceAddresses.of(interfaceName);
            }
            return address.isAnyLocalAddress() ? InterfaceAddresses.all() : List.of(address);
        }
    }
}
