package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Ethtool;

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
    private final String interfaceName;
    private final int descriptor;
    private final PortCounters counters;
    private volatile boolean up = true;
    private volatile boolean gone;

    /**
     * @param interfaceName of the interface
     * @param descriptor to ask the kernel for it by
     * @param counters told what becomes of the packets
     */
    XskLink(String interfaceName, int descriptor, PortCounters counters) {
        this.interfaceName = interfaceName;
        this.descriptor = descriptor;
        this.counters = counters;
    }

    /** {@return whether the interface was up when the kernel was called last} */
    boolean isUp() {
        return up;
    }

    /** {@return whether the kernel has let a socket go, since there is no interface any more} */
    boolean isGone() {
        return gone;
    }

    /** Asks the kernel how the interface is. */
    void check(XskSocket socket) {
        note(socket.receive());
    }

    /** Has the kernel send what it can: one call does not always send all. */
    void flush(XskSocket socket) {
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

    private void send(XskSocket socket) {
        XskQueue queue = socket.queue();
        boolean looked = false;
        int lost = 0;
        int losing = 0; // of these the kernel's index does not tell yet
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
            if (result == -Errno.EBUSY) {
                losing++; // one packet: the driver refused it, or there is no carrier
            } else if (left == before) {
                break; // the next poll tries again
            }
            if (left != before) {
                lost += losing;
                losing = 0;
            }
        }
        lost += losing;
        queue.settle(lost, lost == 0 ? SendFailure.REFUSED : cause(), counters);
    }

    private SendFailure cause() {
        return Ethtool.hasCarrier(descriptor, interfaceName)
                ? SendFailure.REFUSED
                : SendFailure.LINK_DOWN;
    }

    /** Drops what the interface, which is down, has not sent. */
    private void end(XskSocket socket, boolean looked, int lost) {
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
        queue.discard();
    }

    /** {@return whether the kernel has skipped what was discarded} */
    private boolean passes(XskSocket socket) {
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
        if (result == -Errno.ENXIO) {
            gone = true;
        }
    }
}
