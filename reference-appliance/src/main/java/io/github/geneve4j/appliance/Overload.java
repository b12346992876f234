package io.github.geneve4j.appliance;

import java.util.function.LongSupplier;

/**
 * Tells a worker whether it keeps up with what comes, and, if {@link FailureMode#OPEN} holds, which
 * packets it had better return unjudged when it does not.
 *
 * <p>The signal is a backlog that stands, and any port gives it for nothing: a poll that brings as
 * many packets as were asked for has left some waiting, one that brings fewer has seen the end of
 * the backlog. Bursts have an end; what has had none for {@value #STANDING_NANOS} ns is an
 * overload, and the kernel drops what it has no room for. A turn of the loop counts {@value
 * #MOST_OF_A_TURN_NANOS} ns at most, so that a thread that was kept from running does not look like
 * one that has run and was too slow.
 *
 * <p>During an overload packets are judged for {@value #SLICE_NANOS} ns from the last end of the
 * backlog on. Those behind pass unjudged until the next end of it, which takes little, since they
 * cost little: as many are judged as ever, and what is too much passes. Once in {@value
 * #PERIOD_NANOS} ns the worker tries to do without: if for {@value #TRIAL_NANOS} ns no backlog
 * lasts longer than {@value #TRIAL_PATIENCE_NANOS} ns, the overload is over.
 *
 * <p><b>Threads:</b> the worker's; any for {@link #isOn()}.
 */
final class Overload {
    /** For how long a backlog stands before it is an overload. */
    static final long STANDING_NANOS = 100_000_000;

    /** How much of that one turn of the loop can be. */
    static final long MOST_OF_A_TURN_NANOS = 25_000_000;

    /** How old a backlog may be before its packets pass unjudged, during an overload. */
    static final long SLICE_NANOS = 2_000_000;

    /** From the beginning of an overload, or a trial that failed, to the next trial. */
    static final long PERIOD_NANOS = 1_000_000_000;

    /** How long a trial takes that ends the overload. */
    static final long TRIAL_NANOS = 100_000_000;

    /** How old a backlog may be during a trial. */
    static final long TRIAL_PATIENCE_NANOS = 10_000_000;

    private final boolean open;
    private final LongSupplier clock;
    private final PacketCounters counters;

    private boolean full; // the last poll brought as much as it was asked for
    private long emptied; // when the backlog had an end
    private long turned;
    private long standing; // for how long it has had none
    private boolean relieving; // packets may pass unjudged
    private boolean late; // they do, until the backlog has an end
    private long patience = SLICE_NANOS;
    private boolean trying;
    private long due; // the next trial, or the end of this one
    private volatile boolean on;

    /**
     * Creates one for a worker that keeps up.
     *
     * @param mode CLOSED never lets anything pass unjudged
     * @param clock in nanoseconds, the one by which the worker turns
     * @param counters where overloads are counted
     */
    Overload(FailureMode mode, LongSupplier clock, PacketCounters counters) {
        this.open = mode == FailureMode.OPEN;
        this.clock = clock;
        this.counters = counters;
    }

    /** To be called before each poll. */
    void turn(long now) {
        boolean tooOld = late || (full && now - emptied > patience);
        if (full) {
            standing += Math.min(now - turned, MOST_OF_A_TURN_NANOS);
        } else {
            standing = 0;
            emptied = now;
            late = false;
        }
        turned = now;
        if (on) {
            goOn(now, tooOld);
        } else if (standing >= STANDING_NANOS) {
            begin(now);
        }
    }

    /** To be called after each poll, with whether it brought as many packets as it was to. */
    void polled(boolean full) {
        this.full = full;
    }

    /** {@return whether the packet at hand is to pass unjudged; those behind it then do, too} */
    boolean passesUnjudged() {
        return relieving && isLate();
    }

    /** {@return whether there is an overload} */
    boolean isOn() {
        return on;
    }

    private boolean isLate() {
        if (!late) {
            late = clock.getAsLong() - emptied > patience;
        }
        return late;
    }

    private void begin(long now) {
        counters.countOverload();
        relieving = open;
        on = true;
        waitForTrial(now);
    }

    private void goOn(long now, boolean tooOld) {
        if (trying && tooOld) {
            waitForTrial(now);
        } else if (trying && now - due >= 0) {
            trying = false;
            relieving = false;
            on = false;
        } else if (!trying && !full && now - due >= 0) {
            trying = true;
            patience = TRIAL_PATIENCE_NANOS;
            due = now + TRIAL_NANOS;
        }
    }

    private void waitForTrial(long now) {
        trying = false;
        patience = SLICE_NANOS;
        due = now + PERIOD_NANOS;
    }
}
