package io.github.geneve4j.simulator;

import java.util.Arrays;

/**
 * What the probers think of one target. Each counts for itself, and the majority decides; a vote
 * changes when a threshold is reached.
 */
final class TargetHealth {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NO_PROBE = -1;

    private final HealthCheck check;
    private final long[] nextProbe;
    private final long[] waiting; // the probe without an answer so far
    private final long[] timeout; // of that
    private final int[] passes; // in a row
    private final int[] failures;
    private final TargetState[] votes;

    TargetHealth(HealthCheck check) {
        this.check = check;
        int probers = check.probers();
        nextProbe = new long[probers];
        waiting = new long[probers];
        timeout = new long[probers];
        passes = new int[probers];
        failures = new int[probers];
        votes = new TargetState[probers];
    }

    /** Forgets everything; the probers begin one after the other within the first interval. */
    void start(long nowNanos) {
        long interval = check.intervalSeconds() * NANOS_PER_SECOND;
        for (int i = 0; i < votes.length; i++) {
            nextProbe[i] = nowNanos + interval * i / votes.length;
        }
        Arrays.fill(waiting, NO_PROBE);
        Arrays.fill(passes, 0);
        Arrays.fill(failures, 0);
        Arrays.fill(votes, TargetState.INITIAL);
    }

    /** {@return when a probe is due, or its answer is overdue} */
    long nextDeadline() {
        long earliest = Long.MAX_VALUE;
        for (int i = 0; i < votes.length; i++) {
            earliest = Math.min(earliest, nextProbe[i]);
            if (waiting[i] != NO_PROBE) {
                earliest = Math.min(earliest, timeout[i]);
            }
        }
        return earliest;
    }

    /** {@return a prober whose answer is overdue, or -1} */
    int overdue(long nowNanos) {
        for (int i = 0; i < votes.length; i++) {
            if (waiting[i] != NO_PROBE && timeout[i] <= nowNanos) {
                return i;
            }
        }
        return -1;
    }

    /** {@return a prober who is to ask, or -1} */
    int due(long nowNanos) {
        for (int i = 0; i < votes.length; i++) {
            if (nextProbe[i] <= nowNanos) {
                return i;
            }
        }
        return -1;
    }

    /** Notes that a prober asks now. */
    void ask(int prober, long number) {
        waiting[prober] = number;
        timeout[prober] = nextProbe[prober] + check.timeoutSeconds() * NANOS_PER_SECOND;
        nextProbe[prober] += check.intervalSeconds() * NANOS_PER_SECOND;
    }

    /** {@return whether a probe still waits for its answer} */
    boolean isWaiting(int prober, long number) {
        return waiting[prober] == number;
    }

    /** Takes an answer. {@return the target's state by the votes that there are} */
    TargetState answer(int prober, boolean passed, TargetState state) {
        waiting[prober] = NO_PROBE;
        passes[prober] = passed ? passes[prober] + 1 : 0;
        failures[prober] = passed ? 0 : failures[prober] + 1;
        int needed = votes[prober] == TargetState.INITIAL ? 1 : check.healthyThreshold();
        if (passes[prober] >= needed) {
            votes[prober] = TargetState.HEALTHY;
        } else if (failures[prober] >= check.unhealthyThreshold()) {
            votes[prober] = TargetState.UNHEALTHY;
        }
        if (2 * count(TargetState.UNHEALTHY) > votes.length) {
            return TargetState.UNHEALTHY;
        }
        return 2 * count(TargetState.HEALTHY) >= votes.length ? TargetState.HEALTHY : state;
    }

    private int count(TargetState vote) {
        int count = 0;
        for (TargetState each : votes) {
            if (each == vote) {
                count++;
            }
        }
        return count;
    }
}
