package io.github.geneve4j.appliance;

import java.util.concurrent.TimeUnit;

/**
 * Lets so many events pass in a second, and a tenth of that at once; a token bucket kept as the
 * time at which it will be full (RFC 4443 §2.4 recommends one).
 *
 * <p><b>Threads:</b> one.
 */
final class RateLimit {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long BURST = SECOND / 10;

    private final long interval; // between two events at the full rate; 0 for no event at all
    private final long burst;
    private boolean started;
    private long full;

    /** With a rate of 0 to 1,000,000,000 events in a second. */
    RateLimit(int perSecond) {
        check(perSecond);
        interval = perSecond == 0 ? 0 : SECOND / perSecond;
        burst = Math.max(BURST, interval); // one at least
    }

    static void check(int perSecond) {
        if (perSecond < 0 || perSecond > SECOND) {
            throw new IllegalArgumentException(perSecond + " in a second: not 0 to " + SECOND);
        }
    }

    /**
     * {@return whether an event may pass, which then counts}
     *
     * @param now nanoseconds of a clock that does not go back
     */
    boolean take(long now) {
        if (interval == 0) {
            return false;
        }
        if (!started || full - now < 0) {
            started = true;
            full = now;
        }
        if (full + interval - now > burst) {
            return false;
        }
        full += interval;
        return true;
    }
}
