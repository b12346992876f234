package io.github.geneve4j.io;

import java.io.IOException;
import java.util.List;
import java.util.Objects;

/**
 * Waits for packets from several queues and sockets at once, for a thread that serves them all and
 * is to sleep when there are none. Linux only.
 *
 * <p><b>Allocation:</b> none for a wait that is not interrupted. <b>Threads:</b> one waits; any may
 * wake it up. <b>Ownership:</b> of none of them; close it before they are.
 */
public final class PacketWaiter implements AutoCloseable {
    private final SocketWaiter waiter;
    private final int queues;
    private final int sockets;

    private PacketWaiter(SocketWaiter waiter, int queues, int sockets) {
        this.waiter = waiter;
        this.queues = queues;
        this.sockets = sockets;
    }

    /**
     * {@return what waits for those queues and sockets, any number of each}
     *
     * @param queues open, to be asked for by their place in this list
     * @param sockets open, to be asked for by their place in this list
     * @throws IOException if the kernel refuses it
     */
    public static PacketWaiter of(List<TunQueue> queues, List<UdpSocket> sockets)
            throws IOException {
        int[] descriptors = new int[queues.size() + sockets.size()];
        int i = 0;
        for (TunQueue queue : queues) {
            descriptors[i++] = queue.number();
        }
        for (UdpSocket socket : sockets) {
            descriptors[i++] = socket.number();
        }
        return new PacketWaiter(SocketWaiter.open(descriptors), queues.size(), sockets.size());
    }

    /**
     * Blocks until one of them has a packet, {@link #wakeup()} was called, the thread is
     * interrupted, or the time is over. The interrupt status stays as it is.
     *
     * @param timeoutNanos most nanoseconds to wait; 0 or less looks only
     * @return whether one of them is ready
     * @throws IOException if it cannot wait
     */
    public boolean await(long timeoutNanos) throws IOException {
        return waiter.await(timeoutNanos) != 0;
    }

    /**
     * {@return whether the last {@link #await} found that queue ready: with a packet, or broken}
     *
     * @param index its place in the list
     * @throws IndexOutOfBoundsException if there is none in that place
     */
    public boolean isQueueReady(int index) {
        return waiter.isReady(Objects.checkIndex(index, queues));
    }

    /**
     * {@return whether the last {@link #await} found that socket ready: with a datagram, or broken}
     *
     * @param index its place in the list
     * @throws IndexOutOfBoundsException if there is none in that place
     */
    public boolean isSocketReady(int index) {
        return waiter.isReady(queues + Objects.checkIndex(index, sockets));
    }

    /** Ends the current or else the next {@link #await}. Does nothing when closed. */
    public void wakeup() {
        waiter.wakeup();
    }

    @Override
    public void close() {
        waiter.close();
    }
}
