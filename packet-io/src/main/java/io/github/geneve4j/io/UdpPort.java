package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Architecture;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The fast port for who has no privilege: plain UDP sockets, many datagrams with each system call.
 * Linux only, from 3.0; for any system there is {@link NioPort}.
 *
 * {@snippet :
 * try (PacketPort port = UdpPort.builder(InetAddress.ofLiteral("10.0.1.17")).open()) {
 *     port.poll(handler, 64);
 * }
 * }
 *
 * <p>Datagrams of one sender may arrive joined, where the kernel or the network card does that
 * (UDP_GRO, Linux 5.0); each is handed over by itself. Replies of one poll from the same source
 * port leave by one system call. Those of them that follow each other to the same address and have
 * the same length go through the kernel joined, and are cut by the network card or just before it
 * (UDP_SEGMENT, Linux 4.18): so most is gained where a load balancer sends many flows from one
 * source port. Replies of one source port leave in the order of their requests; those of different
 * ones may overtake each other within a poll.
 *
 * <p><b>Allocation:</b> none but for the first datagram from a source port. <b>Threads:</b> one for
 * {@code poll}, {@code await}, {@code returnPath} and {@code send}; any for the rest.
 * <b>Ownership:</b> memory of its own, about 6 MiB, resident from the start, lent to the handler
 * for each datagram; short ones use little of it.
 */
public final class UdpPort implements SocketPort {
    private final PortCounters counters;
    private final SendQueue queue;
    private final ReplyChannels<PortSocket> replies;
    private final Listeners<PortSocket> listeners;
    private final SocketWaiter waiter;
    private final LongSupplier nanoClock;
    private final PortGate gate = new PortGate();
    private final ReceiveBatch batch = new ReceiveBatch();
    private final String description;

    private Listener<PortSocket> source; // of the batch
    private boolean handling;

    private final Object releasing = new Object();
    private boolean released; // guarded by it, like the next
    private long lastDrops;

    private UdpPort(Builder builder, Opening opening, SocketWaiter waiter) {
        this.counters = opening.counters;
        this.queue = opening.queue;
        this.replies =
                new ReplyChannels<>(
                        counters, opening.opener, builder.maxReplyChannels, builder.idleNanos);
        this.listeners = new Listeners<>(opening.listeners, builder, replies);
        this.source = listeners.get(0);
        this.waiter = waiter;
        this.nanoClock = builder.nanoClock;
        this.description = opening.describe();
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
            int done = deliver(handler, budget, nowNanos); // what was left the last time
            for (int i = 0; i < listeners.size() && done < budget; i++) {
                done += drain(listeners.get(i), handler, budget - done, nowNanos);
            }
            return done;
        } finally {
            listeners.rotate();
            queue.flush();
            batch.free();
            leave();
        }
    }

    @Override
    public void returnPath(ReturnPath into) {
        if (!handling || !gate.isInside()) {
            throw new IllegalStateException("only a handler has a datagram to tell the path of");
        }
        into.datagram(source.number, batch.sourceAddress(), batch.sourcePort()).link(0, 0, 0, 0);
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
            queue.flush();
        } finally {
            leave();
        }
    }

    @Override
    public void await(long timeoutNanos) throws IOException {
        gate.enter();
        try {
            waiter.await(batch.hasNext() ? 0 : timeoutNanos);
        } finally {
            leave();
        }
    }

    @Override
    public void wakeup() {
        waiter.wakeup();
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public long kernelDrops() {
        synchronized (releasing) {
            return released ? lastDrops : drops();
        }
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
            waiter.wakeup();
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

    /**
     * {@return addresses, whether datagrams come and leave joined, and what the kernel keeps of
     * requests; for people}
     */
    @Override
    public String toString() {
        return description;
    }

    private int drain(
            Listener<PortSocket> listener, PacketHandler handler, int budget, long nowNanos)
            throws IOException {
        int done = 0;
        while (done < budget) {
            queue.flush();
            batch.free();
            source = listener;
            int wanted = Math.min(budget - done, ReceiveBatch.MESSAGES);
            int got = batch.receive(listener.channel.number(), wanted);
            done += deliver(handler, budget - done, nowNanos);
            if (got < wanted) {
                break;
            }
        }
        return done;
    }

    private int deliver(PacketHandler handler, int budget, long nowNanos) {
        int done = 0;
        while (done < budget && batch.hasNext()) {
            if (!batch.hasRoom()) {
                queue.flush();
                batch.free();
            }
            batch.next();
            done++;
            counters.countReceived();
            deliver(handler, nowNanos);
        }
        return done;
    }

    private void deliver(PacketHandler handler, long nowNanos) {
        int length = batch.length();
        int answer = PacketHandler.DROP;
        handling = true;
        try {
            answer =
                    Ranges.answer(
                            handler.onDatagram(
                                    batch.buffer(), batch.offset(), length, batch.sourceAddress()),
                            MAX_DATAGRAM_LENGTH);
        } finally {
            handling = false;
            if (answer == PacketHandler.DROP) {
                counters.countFreed();
            }
        }
        if (answer != PacketHandler.DROP) {
            reply(answer == PacketHandler.UNCHANGED ? length : answer, nowNanos);
        }
    }

    private void reply(int length, long nowNanos) {
        PortSocket socket = listeners.replyChannel(source, batch.sourcePort(), nowNanos);
        if (socket != null) {
            queue.addReply(socket, batch.sourceAddress(), batch.address(), length);
            batch.keep(length);
        }
    }

    private void make(ReturnPath path, ByteBuf payload, int offset, int length) {
        Listener<PortSocket> listener = listeners.at(path.localAddress());
        PortSocket socket =
                listeners.replyChannel(listener, path.sourcePort(), nanoClock.getAsLong());
        if (socket != null) {
            queue.addMade(socket, path.remoteAddress(), payload, offset, length);
        }
    }

    private void leave() throws IOException {
        if (gate.leave()) {
            release();
        }
    }

    private void release() throws IOException {
        synchronized (releasing) {
            lastDrops = drops();
            released = true;
        }
        try (waiter) {
            listeners.close();
        }
    }

    private long drops() {
        long sum = 0;
        for (Listener<PortSocket> listener : listeners.all()) {
            long drops = listener.channel.drops();
            if (drops == UdpDrops.UNKNOWN) {
                return UdpDrops.UNKNOWN;
            }
            sum += drops;
        }
        return sum;
    }

    /** What is there before the port is. */
    private static final class Opening {
        final PortCounters counters = new PortCounters();
        final SendQueue queue;
        final PortSocket.Opener opener;
        final List<Listener<PortSocket>> listeners = new ArrayList<>();
        private boolean receivesJoined = true;

        Opening(Builder builder) {
            this.queue = new SendQueue(builder.peerPort, counters);
            this.opener = new PortSocket.Opener(builder.sendBufferLength, builder.reusePort, queue);
        }

        void listen(Inet4Address address, int port, int receiveBufferLength) throws IOException {
            PortSocket socket = opener.open(address, port, receiveBufferLength);
            listeners.add(new Listener<>(address, socket));
            receivesJoined &= socket.receiveJoined();
        }

        SocketWaiter waiter() throws IOException {
            return SocketWaiter.open(
                    listeners.stream().mapToInt(listener -> listener.channel.number()).toArray());
        }

        String describe() {
            PortSocket first = listeners.get(0).channel;
            return "UDP sockets on "
                    + listeners.stream().map(listener -> listener.address).toList()
                    + "; datagrams come "
                    + (receivesJoined ? "joined" : "single")
                    + " and leave "
                    + (first.joins ? "joined" : "single")
                    + " where they can; room for "
                    + first.receiveBufferLength()
                    + " bytes that are still to be read";
        }
    }

    /** Says how a {@link UdpPort} is to be opened. */
    public static final class Builder extends SocketPortBuilder<Builder> {
        private Builder(InetAddress address, @Nullable String interfaceName) {
            super(address, interfaceName);
        }

        @Override
        public UdpPort open() throws IOException {
            Architecture.current();
            Opening opening = new Opening(this);
            SocketWaiter waiter = null;
            try {
                for (Inet4Address local : localAddresses()) {
                    opening.listen(local, port, receiveBufferLength);
                }
                waiter = opening.waiter();
                return new UdpPort(this, opening, waiter);
            } catch (Throwable e) { // there may be too little memory, too
                if (waiter != null) {
                    waiter.close();
                }
                try {
                    Listeners.closeAll(opening.listeners);
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
    }
}
