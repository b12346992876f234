package io.github.geneve4j.io;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Waits for packets from several queues, sockets and ports at once, for a thread that serves them
 * all and is to sleep when there are none. Linux only.
 *
 * <p><b>Allocation:</b> none for a wait that is not interrupted. <b>Threads:</b> one waits; any may
 * wake it up. <b>Ownership:</b> of none of them; close it before they are.
 */
public final class PacketWaiter implements AutoCloseable {
    private final SocketWaiter waiter;
    private final int queues;
    private final int sockets;
    private final int[] firstOfPort; // descriptor of each, and one past the last

    private PacketWaiter(SocketWaiter waiter, int queues, int sockets, int[] firstOfPort) {
        this.waiter = waiter;
        this.queues = queues;
        this.sockets = sockets;
        this.firstOfPort = firstOfPort;
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
        return of(queues, sockets, List.of());
    }

    /**
     * {@return what waits for those queues, sockets and ports, any number of each}
     *
     * @param queues open, to be asked for by their place in this list
     * @param sockets open, to be asked for by their place in this list
     * @param ports open, to be asked for by their place in this list; {@linkplain AfXdpPort#flush
     *     flush} them before each wait
     * @throws IOException if the kernel refuses it
     * @throws IllegalArgumentException if a port receives by {@linkplain AfXdpPort.Builder#busyPoll
     *     busy polling}
     */
    public static PacketWaiter of(
            List<TunQueue> queues, List<UdpSocket> sockets, List<AfXdpPort> ports)
            throws IOException {
        List<Integer> descriptors = new ArrayList<>();
        queues.forEach(queue -> descriptors.add(queue.number()));
        sockets.forEach(socket -> descriptors.add(socket.number()));
        int[] firstOfPort = new int[ports.size() + 1];
        for (int i = 0; i < ports.size(); i++) {
            firstOfPort[i] = descriptors.size();
            for (int descriptor : ports.get(i).descriptors()) {
                descriptors.add(descriptor);
            }
        }
        firstOfPort[ports.size()] = descriptors.size();
        int[] all = descriptors.stream().mapToInt(Integer::intValue).toArray();
        return new PacketWaiter(SocketWaiter.open(all), queues.size(), sockets.size(), firstOfPort);
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

    /**
     * {@return whether the last {@link #await} found that port ready: with a datagram, or broken}
     *
     * @param index its place in the list
     * @throws IndexOutOfBoundsException if there is none in that place
     */
    public boolean isPortReady(int index) {
        int end = firstOfPort[Objects.checkIndex(index, firstOfPort.length - 1) + 1];
        for (int i = firstOfPort[index]; i < end; i++) {
            if (waiter.isReady(i)) {
                return true;
            }
        }
        return false;
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
