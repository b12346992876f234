package io.github.geneve4j.io;

import java.util.concurrent.TimeUnit;

/**
 * Says when to look at an interface again. Who looks as soon as it is through with what the last
 * look brought always finds little, and pays for a look, and for a call to send, every few packets.
 * So it gives more a while to come, shorter than what it had to do: it has time to spare, or it
 * would have found more. After a look that brought nothing, or so much that more may wait, there is
 * nothing to wait for.
 *
 * <p><b>Allocation:</b> none. <b>Threads:</b> one.
 */
final class LookPace {
    private static final int SHARE = 4; // of the time that the last ones took
    private static final long MOST_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    private final int full;
    private long lookedNanos;
    private int brought;

    /**
     * @param full packets; if a look has brought as many, more may wait. Less than it can bring,
     *     some of which may have been for others
     */
    LookPace(int full) {
        this.full = full;
    }

    /**
     * {@return how long the next look has to wait, nanoseconds, when all that the last one brought
     * has just been handled}
     */
    long waitNanos(long nowNanos) {
        if (brought == 0 || wasFull()) {
            return 0;
        }
        return Math.min((nowNanos - lookedNanos) / SHARE, MOST_NANOS);
    }

    /** {@return whether the last look brought so much that more may wait} */
    boolean wasFull() {
        return brought >= full;
    }

    /** Notes that there was a look. */
    void looked(long nowNanos) {
        lookedNanos = nowNanos;
        brought = 0;
    }

    /** Notes what it has brought. */
    void brought(int packets) {
        brought = packets;
    }
}
