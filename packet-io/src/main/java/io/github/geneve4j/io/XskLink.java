package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.NetworkDevice;

/**
 * The way out of a port: has the kernel send what the queues hold, and drops what finds the
 * interface down. It would leave when the interface comes up, however late.
 *
 * <p>That this can be done rests on the kernel looking at a transmit ring only when called by the
 * port's thread, as long as it copies packets, and not while the interface is down. So what has
 * just been published can be taken back if the first call tells that the interface is down. What an
 * earlier call has begun with cannot: the kernel has taken more of it than its index tells. But
 * that can be made invalid, for the kernel to skip when it goes on, and it counts what it skips.
 *
 * <p>Where nothing is copied the driver looks when it likes. There, nothing is published while the
 * interface is known to be down.
 *
 * <p><b>Allocation:</b> none while the interface takes what it is given. <b>Threads:</b> one; any
 * asks whether the interface is up.
 */
final class XskLink {
    private static final int PACKETS_OF_A_CALL = 16; // at least, where the kernel does not tell

    private final InterfaceState state;
    private final PortCounters counters;
    private volatile boolean up = true;
    private volatile boolean running = true;
    private volatile boolean gone;

    /**
     * @param device the interface
     * @param descriptor to ask the kernel for it by
     * @param counters told what becomes of the packets
     */
    XskLink(NetworkDevice device, int descriptor, PortCounters counters) {
        this.state = new InterfaceState(device, descriptor);
        this.counters = counters;
    }

    /** {@return whether the interface was up when the kernel was called last} */
    boolean isUp() {
        return up;
    }

    /** {@return whether it was up, and had a carrier when the port looked after it last} */
    boolean isRunning() {
        return up && running;
    }

    /** {@return the same; where it was not so, it is asked once more whether it is now} */
    boolean isRunningNow() {
        if (up && !running) {
            running = state.sends();
        }
        return isRunning();
    }

    /** {@return whether there is no interface any more} */
    boolean isGone() {
        return gone;
    }

    /** Makes the kernel receive, by which it tells whether the interface is up. */
    void receive(XskCalls socket) {
        note(socket.receive());
    }

    /** Looks after the interface: for times without packets. */
    void check(XskCalls socket) {
        note(socket.receive());
        running = state.sends();
    }

    /** Has the kernel send what it can: one call does not always send all. */
    void flush(XskCalls socket) {
        XskQueue queue = socket.queue();
        if (queue.discards() > 0 && !passes(socket)) {
            queue.takeBack(up ? SendFailure.QUEUE_FULL : SendFailure.LINK_DOWN, counters);
            return;
        }
        if (!up && queue.unsettled() > 0) {
            note(socket.send());
            if (!up) {
                queue.takeBack(SendFailure.LINK_DOWN, counters);
                return;
            }
        }
        if (queue.untransmitted() > 0) {
            queue.publish();
            send(socket);
        }
    }

    private void send(XskCalls socket) {
        XskQueue queue = socket.queue();
        boolean looked = false;
        int lost = 0;
        int losing = 0; // of these the kernel's index does not tell yet
        int untold = 0; // calls after which it told nothing
        int left = queue.untransmitted();
        for (int calls = left; calls >= 0 && left > 0 && queue.transmitNeedsWakeup(); calls--) {
            int result = socket.send();
            note(result);
            if (!up) {
                end(socket, looked, lost + left);
                return;
            }
            looked = true;
            int before = left;
            left = queue.untransmitted();
            if (result == -Errno.EBUSY && !socket.isZeroCopy()) {
                losing++; // one packet: the driver refused it, or there is no carrier
            } else if (left == before) {
                boolean mayHaveSent = result == -Errno.EAGAIN && !socket.tellsSent();
                if (!mayHaveSent || ++untold > left / PACKETS_OF_A_CALL) {
                    break; // the next poll tries again
                }
            }
            if (left != before) {
                lost += losing;
                losing = 0;
            }
        }
        lost += losing;
        boolean isDown = lost > 0 && state.isDown();
        queue.settle(lost, isDown ? SendFailure.LINK_DOWN : SendFailure.REFUSED, counters);
    }

    /** Drops what the interface, which is down, has not sent. */
    private void end(XskCalls socket, boolean looked, int lost) {
        XskQueue queue = socket.queue();
        if (socket.isZeroCopy()) {
            queue.settle(0, SendFailure.LINK_DOWN, counters);
            return;
        }
        if (looked) {
            queue.settle(lost, SendFailure.LINK_DOWN, counters);
        } else {
            queue.takeBack(SendFailure.LINK_DOWN, counters);
        }
        if (queue.discards() == 0) {
            socket.skipped(); // those that it skips from here on are ours
        }
        queue.discard();
    }

    /** {@return whether the kernel has skipped what was discarded} */
    private boolean passes(XskCalls socket) {
        XskQueue queue = socket.queue();
        // Kernels skip one by a call, and tell so by the next
        for (int calls = queue.discards(); calls >= 0 && queue.unpassed() > 0; calls--) {
            note(socket.send());
            if (!up) {
                return false;
            }
        }
        if (queue.unpassed() > 0) {
            return false;
        }
        queue.reclaim(socket.skipped());
        return true;
    }

    private void note(int result) {
        boolean now = result != -Errno.ENETDOWN && result != -Errno.ENXIO;
        if (now != up) {
            up = now;
        }
        if (result == -Errno.ENXIO) { // or the driver has no program, where nothing is copied
            gone = state.isGone();
        }
    }
}
