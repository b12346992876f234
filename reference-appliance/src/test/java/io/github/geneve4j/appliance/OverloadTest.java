package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where exactly an overload begins and ends, turn by turn. */
class OverloadTest {
    private static final long MS = 1_000_000;

    private final PacketCounters counters = new PacketCounters();
    private long now = 17;
    private Overload overload = new Overload(FailureMode.OPEN, () -> now, counters);

    /** A poll that takes so long, and brings all that was asked for, or less. */
    private void poll(long nanos, boolean full) {
        overload.turn(now);
        now += nanos;
        overload.polled(full);
    }

    private void polls(int count, long nanos, boolean full) {
        for (int i = 0; i < count; i++) {
            poll(nanos, full);
        }
    }

    private void turn() {
        overload.turn(now);
    }

    @ParameterizedTest
    @EnumSource(FailureMode.class)
    void beginsWhenABacklogHasStoodForLong(FailureMode mode) {
        overload = new Overload(mode, () -> now, counters);
        polls(1, 3 * MS, false);
        polls(99, MS, true);
        turn();
        assertThat(overload.isOn()).isFalse();
        assertThat(overload.passesUnjudged()).isFalse();
        polls(1, MS, true);
        turn();
        assertThat(overload.isOn()).isTrue();
        assertThat(overload.passesUnjudged()).isEqualTo(mode == FailureMode.OPEN);
        assertThat(counters.overloads()).isEqualTo(1);
    }

    @Test
    void aBacklogThatHasAnEndIsABurst() {
        for (int i = 0; i < 100; i++) {
            polls(99, MS, true);
            polls(1, MS, false);
        }
        turn();
        assertThat(overload.isOn()).isFalse();
        assertThat(counters.overloads()).isZero();
    }

    /** What waits then was not too much, only not looked at. */
    @Test
    void aThreadThatWasKeptFromRunningIsNotTooSlow() {
        polls(1, MS, false);
        polls(1, 5_000 * MS, true);
        polls(74, MS, true);
        turn();
        assertThat(overload.isOn()).isFalse();
        polls(1, MS, true);
        turn();
        assertThat(overload.isOn()).isTrue();
    }

    @Test
    void judgesForASliceFromEachEndOfTheBacklogOn() {
        start();
        assertThat(overload.passesUnjudged()).isTrue();
        poll(MS, true);
        turn();
        assertThat(overload.passesUnjudged()).as("the backlog has no end yet").isTrue();
        poll(MS, false);
        turn();
        assertThat(overload.passesUnjudged()).isFalse();
        now += Overload.SLICE_NANOS;
        assertThat(overload.passesUnjudged()).isFalse();
        now++;
        assertThat(overload.passesUnjudged()).isTrue();
        now -= Overload.SLICE_NANOS; // it does not matter any more
        assertThat(overload.passesUnjudged()).isTrue();
        overload.polled(false);
        turn();
        assertThat(overload.passesUnjudged()).isFalse();
    }

    @Test
    void endsByATrialOnly() {
        start();
        long begun = now;
        poll(MS, false); // all is calm from now on
        while (now - begun < Overload.PERIOD_NANOS) {
            poll(MS, false);
            assertThat(overload.isOn()).isTrue();
        }
        turn(); // the trial
        now += Overload.TRIAL_PATIENCE_NANOS;
        assertThat(overload.passesUnjudged()).isFalse();
        overload.polled(false);
        polls(89, MS, false);
        turn();
        assertThat(overload.isOn()).isTrue();
        poll(MS, false);
        turn();
        assertThat(overload.isOn()).isFalse();
        now += Overload.PERIOD_NANOS;
        assertThat(overload.passesUnjudged()).isFalse();
        polls(99, MS, true);
        turn();
        assertThat(overload.isOn()).as("it takes as much as the first time").isFalse();
        assertThat(counters.overloads()).isEqualTo(1);
    }

    @Test
    void aTrialThatFailsIsTheSameOverload() {
        start();
        for (int i = 0; i < 20; i++) {
            poll(MS, false);
            now += Overload.PERIOD_NANOS;
            turn(); // the trial
            now += Overload.TRIAL_PATIENCE_NANOS + 1;
            assertThat(overload.passesUnjudged()).isTrue();
            overload.polled(false);
            turn();
            now += Overload.SLICE_NANOS + 1;
            assertThat(overload.passesUnjudged()).as("as before the trial").isTrue();
            overload.polled(false);
            turn();
        }
        assertThat(overload.isOn()).isTrue();
        assertThat(counters.overloads()).isEqualTo(1);
    }

    /** Where nothing may pass unjudged the backlog stands as long as there is too much. */
    @Test
    void closedItLastsAsLongAsTheBacklog() {
        overload = new Overload(FailureMode.CLOSED, () -> now, counters);
        start();
        polls(5_000, MS, true);
        assertThat(overload.isOn()).isTrue();
        assertThat(overload.passesUnjudged()).isFalse();
        polls(20, MS, false); // a trial begins, and fails
        polls(20, MS, true);
        polls(1_000, MS, false);
        assertThat(overload.isOn()).isTrue();
        polls(120, MS, false);
        assertThat(overload.isOn()).isFalse();
        assertThat(counters.overloads()).isEqualTo(1);
    }

    private void start() {
        polls(1, MS, false);
        polls(100, MS, true);
        turn();
        assertThat(overload.isOn()).isTrue();
    }
}
