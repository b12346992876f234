package io.github.geneve4j.simulator.wire;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The time of a simulation: real time, less what this program was stopped for. Who is stopped, by a
 * debugger, a shell or the host, has heard no answers meanwhile: to a clock that went on, targets
 * would be unhealthy and flows idle.
 *
 * <p><b>Threads:</b> one.
 */
final class LoopClock {
    /** The longest time between two steps unless something is wrong, in nanoseconds. */
    static final long LONGEST_STEP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanos;
    private long start;
    private long now;

    /**
     * Creates a clock that stands at 0.
     *
     * @param nanos real time, from any beginning; does not go back
     */
    LoopClock(LongSupplier nanos) {
        this.nanos = nanos;
        start();
    }

    /** Lets the clock go on from where it stands. */
    void start() {
        start = nanos.getAsLong() - now;
    }

    /** {@return the time of the last step} */
    long now() {
        return now;
    }

    /** {@return the time now, to be reached by the next step} */
    long peek() {
        return nanos.getAsLong() - start;
    }

    /**
     * Goes on to the time now; by {@link #LONGEST_STEP_NANOS} if that is more than twice as far.
     *
     * @return the new time
     */
    long step() {
        long next = peek();
        if (next - now > 2 * LONGEST_STEP_NANOS) {
            start += next - now - LONGEST_STEP_NANOS;
            next = now + LONGEST_STEP_NANOS;
        }
        now = next;
        return next;
    }
}
