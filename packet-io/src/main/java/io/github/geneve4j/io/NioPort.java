package io.github.geneve4j.io;

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
 * The portable port: plain UDP sockets, for any system and any user. On Linux {@link UdpPort} does
 * the same with fewer system calls and no garbage.
 *
 * {@snippet :
 * try (PacketPort port = NioPort.builder(InetAddress.ofLiteral("10.0.1.17")).open()) {
 *     port.poll(handler, 64);
 * }
 * }
 *
 * <p><b>Allocation:</b> none of its own for a datagram. {@link DatagramChannel#receive} makes a new
 * address object, 120 bytes with its parts, whenever a datagram has another sender address or port
 * than the one before it on the same socket, and nothing otherwise. <b>Threads:</b> one for {@code
 * poll} and {@code await}; any for the rest. <b>Ownership:</b> one direct buffer, lent to the
 * handler for each datagram.
 */
public final class NioPort implements SocketPort {
    /** UDP port of Geneve, assigned by IANA (RFC 8926 §3.3). */
    public static final int GENEVE_PORT = 6081;

    private static final int BUFFER_LENGTH = 0xffff;

    private final Listeners<DatagramChannel> listeners;
    private final int port;
    private final LongSupplier nanoClock;
    private final Selector selector;
    private final ReplyChannels<DatagramChannel> replies;
    private final ReplyTargets targets;
    private final PortGate gate = new PortGate();
    private final PortCounters counters = new PortCounters();

    private final ByteBuffer memory = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final ByteBuf buffer = Unpooled.wrappedBuffer(memory);
    private final ByteBuffer made = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final ByteBuf madeBuffer = Unpooled.wrappedBuffer(made);

    /** Of the datagram that the handler is looking at. */
    private @Nullable Listener<DatagramChannel> current;

    private volatile boolean released;
    private volatile long lastDrops;

    // The sender seen last; the JDK hands out the same object while it stays the same.
    private @Nullable InetSocketAddress sender;
    private int senderAddress;

    NioPort(Builder builder, List<Listener<DatagramChannel>> listeners, Selector selector) {
        this.port = builder.port;
        this.nanoClock = builder.nanoClock;
        this.selector = selector;
        this.replies =
                new ReplyChannels<>(
                        counters, builder.sockets(), builder.maxReplyChannels, builder.idleNanos);
        this.listeners = new Listeners<>(listeners, builder, replies);
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
            for (int i = 0; i < listeners.size() && done < budget; i++) {
                done += drain(listeners.get(i), handler, budget - done, nowNanos);
            }
            return done;
        } finally {
            listeners.rotate();
            leave();
        }
    }

    @Override
    public void returnPath(ReturnPath into) {
        Listener<DatagramChannel> listener = current;
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

    @Override
    public List<Inet4Address> addresses() {
        return listeners.addresses();
    }

    @Override
    public int replyChannels() {
        return replies.open();
    }

    @Override
    public long evictedReplyChannels() {
        return replies.evicted();
    }

    private int drain(
            Listener<DatagramChannel> listener, PacketHandler handler, int budget, long nowNanos)
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
            Listener<DatagramChannel> listener,
            PacketHandler handler,
            InetSocketAddress from,
            long nowNanos) {
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
        Listener<DatagramChannel> listener = listeners.at(path.localAddress());
        made.clear();
        madeBuffer.setBytes(0, payload, offset, length);
        made.limit(length);
        InetSocketAddress target = targets.of(path.remoteAddress());
        if (transmit(listener, path.sourcePort(), target, made, nanoClock.getAsLong())) {
            counters.countOriginated();
        }
    }

    /** {@return whether it was sent; if not, that was counted} */
    private boolean transmit(
            Listener<DatagramChannel> listener,
            int sourcePort,
            InetSocketAddress target,
            ByteBuffer bytes,
            long nowNanos) {
        DatagramChannel channel = listeners.replyChannel(listener, sourcePort, nowNanos);
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
        try (selector) {
            listeners.close();
        }
    }

    /** Which of the channels can be read, the next poll finds out by itself. */
    private static void ready(SelectionKey key) {}

    /** Says how a {@link NioPort} is to be opened. */
    public static final class Builder extends SocketPortBuilder<Builder> {
        private Builder(InetAddress address, @Nullable String interfaceName) {
            super(address, interfaceName);
        }

        @Override
        public NioPort open() throws IOException {
            List<Listener<DatagramChannel>> listeners = new ArrayList<>();
            Selector selector = Selector.open();
            try {
                for (Inet4Address local : localAddresses()) {
                    DatagramChannel channel = sockets().open(local, port, receiveBufferLength);
                    listeners.add(new Listener<>(local, channel));
                    channel.register(selector, SelectionKey.OP_READ);
                }
                return new NioPort(this, listeners, selector);
            } catch (IOException | RuntimeException e) {
                try (selector) {
                    Listeners.closeAll(listeners);
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
                throw e;
            }
        }

        @Override
        Builder self() {
            return this;
        }

        private UdpSockets sockets() {
            return new UdpSockets(sendBufferLength, reusePort);
        }
    }
}
