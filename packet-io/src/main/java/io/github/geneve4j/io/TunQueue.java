package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SystemCallException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One queue of a {@link TunDevice}: IP packets from the host, and to it.
 *
 * <p><b>Allocation:</b> none for a packet. <b>Threads:</b> one for {@code poll}, {@code await} and
 * {@code send}; any for {@code wakeup} and {@code close}. <b>Ownership:</b> one buffer, lent to the
 * handler for each packet.
 */
public final class TunQueue implements AutoCloseable {
    /** The most bytes of an IP packet. */
    public static final int MAX_PACKET_LENGTH = 65_535;

    private final Descriptor descriptor;
    private final String device;
    private final SocketWaiter waiter;
    private final PortGate gate = new PortGate();
    private final int headroom;
    private final MemorySegment received;
    private final ByteBuf receivedBuffer;
    private final MemorySegment sent;

    TunQueue(Descriptor descriptor, String device, int headroom) throws IOException {
        this.descriptor = descriptor;
        this.device = device;
        try {
            this.waiter = SocketWaiter.open(descriptor.number());
        } catch (IOException e) {
            descriptor.close();
            throw e;
        }
        this.headroom = headroom;
        MemorySegment room = Arena.ofAuto().allocate(headroom + MAX_PACKET_LENGTH, Long.BYTES);
        this.received = room.asSlice(headroom);
        this.receivedBuffer = Unpooled.wrappedBuffer(room.asByteBuffer());
        this.sent = Arena.ofAuto().allocate(MAX_PACKET_LENGTH, Long.BYTES);
    }

    /**
     * Hands the packets that are there to the handler. Does not block.
     *
     * @param handler called once for each packet; it may {@link #send} by this queue
     * @param budget most packets of this call, 1 or more
     * @return the packets that were handed over, 0 to {@code budget}; 0 also while the interface is
     *     down
     * @throws java.nio.channels.ClosedChannelException if the queue is closed
     * @throws IOException if the interface is gone
     * @throws IllegalArgumentException if the budget is below 1
     * @throws IllegalStateException if another thread is in this queue, or the handler polls it
     */
    public int poll(TunHandler handler, int budget) throws IOException {
        if (budget < 1) {
            throw new IllegalArgumentException("budget " + budget + ": not 1 or more");
        }
        gate.enter();
        try {
            int done = 0;
            while (done < budget) {
                long length = Libc.read(descriptor.number(), received);
                if (length <= 0) {
                    check(length, "read");
                    break;
                }
                done++;
                handler.onPacket(receivedBuffer, headroom, (int) length);
            }
            return done;
        } finally {
            leave();
        }
    }

    /**
     * Puts a packet in for the host.
     *
     * @param packet an IP packet is copied from it, at absolute indices
     * @param offset index of the first byte of its IP header
     * @param length bytes, 1 to {@value #MAX_PACKET_LENGTH}
     * @return whether the host took it; not while the interface is down, nor if it is neither IPv4
     *     nor IPv6
     * @throws java.nio.channels.ClosedChannelException if the queue is closed
     * @throws IOException if the interface is gone
     * @throws IllegalArgumentException if the length is out of its range
     * @throws IndexOutOfBoundsException if the packet is not inside the buffer
     * @throws IllegalStateException if another thread is in this queue
     */
    public boolean send(ByteBuf packet, int offset, int length) throws IOException {
        Ranges.checkPayload(packet, offset, length, MAX_PACKET_LENGTH);
        if (gate.isInside()) {
            return put(packet, offset, length);
        }
        gate.enter();
        try {
            return put(packet, offset, length);
        } finally {
            leave();
        }
    }

    private boolean put(ByteBuf packet, int offset, int length) throws IOException {
        Payloads.copy(packet, offset, length, sent, 0);
        long result = Libc.write(descriptor.number(), sent, length);
        if (result < 0 && result != -Errno.EINVAL) {
            check(result, "write");
        }
        return result == length;
    }

    /**
     * Blocks until there may be a packet, {@link #wakeup()} was called, the thread is interrupted,
     * or the time is over. The interrupt status stays as it is.
     *
     * @param timeoutNanos most nanoseconds to wait; 0 or less returns at once
     * @throws java.nio.channels.ClosedChannelException if the queue is closed
     * @throws IOException if the queue cannot wait
     * @throws IllegalStateException if another thread is in this queue
     */
    public void await(long timeoutNanos) throws IOException {
        gate.enter();
        try {
            waiter.await(timeoutNanos);
        } finally {
            leave();
        }
    }

    /** Ends the current or else the next {@link #await}. */
    public void wakeup() {
        waiter.wakeup();
    }

    /**
     * Closes the queue: at once, or as soon as the thread that is inside it comes out, which this
     * call hastens. Does nothing the second time.
     */
    @Override
    public void close() {
        if (gate.close()) {
            release();
        } else {
            waiter.wakeup();
        }
    }

    /** {@return what the kernel knows it by, for {@link PacketWaiter}} */
    int number() {
        return descriptor.number();
    }

    /** Passes over what is no failure: nothing there, or the interface is down. */
    private void check(long result, String call) throws SystemCallException {
        int errno = (int) -result;
        switch (errno) {
            case 0, Errno.EAGAIN, Errno.EINTR, Errno.EIO, Errno.ENOBUFS -> {}
            case Errno.EBADFD ->
                    throw new SystemCallException(
                            call + "(" + device + ")", errno, "the interface is gone");
            default -> throw new SystemCallException(call + "(" + device + ")", errno, null);
        }
    }

    private void leave() {
        if (gate.leave()) {
            release();
        }
    }

    private void release() {
        descriptor.close();
        waiter.close();
    }
}
