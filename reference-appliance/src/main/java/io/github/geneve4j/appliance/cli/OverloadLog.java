package io.github.geneve4j.appliance.cli;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Words for packets that pass unjudged, since nobody shall find that out by himself: a line at
 * once, and then, as long as there is something new, one in every {@value #PERIOD_SECONDS} seconds.
 * Whoever can cause overloads could fill the log otherwise.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class OverloadLog {
    static final int PERIOD_SECONDS = 10;
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(PERIOD_SECONDS);

    private final int workers;
    private boolean hasTold;
    private long toldNs;
    private boolean toldOn; // whether there was an overload, as of the last line
    private long toldUnjudged;

    /**
     * Creates a log of which nothing has been told yet.
     *
     * @param workers how many there are
     */
    OverloadLog(int workers) {
        this.workers = workers;
    }

    /**
     * {@return what is to be told now, or null}
     *
     * @param nowNs of any clock that does not go back
     * @param overloaded workers that are overloaded now
     * @param unjudged packets that have passed unjudged so far
     */
    @Nullable String look(long nowNs, int overloaded, long unjudged) {
        boolean on = overloaded > 0;
        if (on == toldOn && unjudged == toldUnjudged) {
            return null;
        }
        if (hasTold && nowNs - toldNs < PERIOD_NANOS) {
            return null;
        }
        long more = unjudged - toldUnjudged;
        hasTold = true;
        toldNs = nowNs;
        toldOn = on;
        toldUnjudged = unjudged;
        return on
                ? "OVERLOAD of %d of %d workers: PACKETS PASS UNJUDGED, %d since the last line, %d in all"
                        .formatted(overloaded, workers, more, unjudged)
                : "overload is over: %d packets passed unjudged since the last line, %d in all"
                        .formatted(more, unjudged);
    }
}
