package io.github.geneve4j.io;

import io.netty.buffer.ByteBuf;
import java.io.IOException;

/**
 * Takes Geneve datagrams from the network and returns each, in place, to where it came from.
 *
 * {@snippet :
 * while (running) {
 *     if (port.poll(handler, 64) == 0) {
 *         port.await(100_000_000); // or spin for a while first
 *     }
 * }
 * }
 *
 * <p>What is not a datagram's own reply, such as a reset for the other direction, goes by {@link
 * #returnPath} and {@link #send}.
 *
 * <p>A reply leaves from the address and to the address of its request, swapped, with the request's
 * source port and the tunnel's destination port. Outer addresses are IPv4.
 *
 * <p><b>Allocation:</b> none for a datagram, unless the port says otherwise. <b>Threads:</b> one
 * for {@code poll}, {@code await}, {@code returnPath} and {@code send}; any for the rest.
 * <b>Ownership:</b> the port owns its memory and lends each datagram to the handler.
 */
public interface PacketPort extends AutoCloseable {
    /**
     * Hands the datagrams that are there to the handler, and sends back what it returns. Does not
     * block.
     *
     * @param handler called once for each datagram
     * @param budget most datagrams of this call, 1 or more
     * @return the datagrams that were handed over, 0 to {@code budget}
     * @throws java.nio.channels.ClosedChannelException if the port is closed
     * @throws IOException if the port cannot receive any more; that one datagram cannot be sent is
     *     no exception but a {@link SendFailure} to count
     * @throws IllegalArgumentException if the budget is below 1
     * @throws IllegalStateException if another thread is in this port, the handler calls it, or the
     *     handler returns a length out of its range
     */
    int poll(PacketHandler handler, int budget) throws IOException;

    /**
     * Tells where the datagram came from that the handler is looking at.
     *
     * @param into to be filled
     * @throws IllegalStateException if this is not called by the handler, on the port's thread
     */
    void returnPath(ReturnPath into);

    /**
     * Sends a datagram of the caller's to where another one came from; inside the handler or
     * between polls. It leaves at the latest when the poll that it is part of is over. What becomes
     * of it, the counters tell: {@link PortCounters#originated()} or a {@link SendFailure}.
     *
     * @param path as {@link #returnPath} filled it
     * @param payload the UDP payload is copied from it, at absolute indices; it may be the port's
     *     own buffer
     * @param offset index of the first byte
     * @param length bytes, 1 to {@link #maxDatagramLength()}
     * @throws java.nio.channels.ClosedChannelException if the port is closed
     * @throws IllegalArgumentException if the length is out of its range
     * @throws IndexOutOfBoundsException if the payload is not inside the buffer
     * @throws IllegalStateException if another thread is in this port
     */
    void send(ReturnPath path, ByteBuf payload, int offset, int length) throws IOException;

    /**
     * Blocks until there may be a datagram, {@link #wakeup()} was called, the thread is
     * interrupted, or the time is over. The interrupt status stays as it is.
     *
     * @param timeoutNanos most nanoseconds to wait, rounded up to what the port can measure; 0 or
     *     less returns at once
     * @throws java.nio.channels.ClosedChannelException if the port is closed
     * @throws IOException if the port cannot wait
     * @throws IllegalStateException if another thread is in this port
     */
    void await(long timeoutNanos) throws IOException;

    /** Ends the current or else the next {@link #await}. */
    void wakeup();

    /** {@return what happened to the datagrams so far} */
    PortCounters counters();

    /**
     * Asks the kernel how many datagrams it dropped for want of room before this port saw them. A
     * system call or more: for metrics, not for the packet loop. A closed port tells the last
     * number that it had.
     *
     * @return the number since the port was opened, or -1 where the kernel does not tell
     */
    long kernelDrops();

    /** {@return the most bytes of UDP payload that this port receives or sends} */
    int maxDatagramLength();

    /**
     * Closes the port: at once, or as soon as the thread that is inside it comes out, which this
     * call hastens. Does nothing the second time.
     *
     * @throws IOException if the system reports a failure; the port is closed nevertheless
     */
    @Override
    void close() throws IOException;
}
