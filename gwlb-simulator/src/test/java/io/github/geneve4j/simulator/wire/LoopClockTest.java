package io.github.geneve4j.simulator.wire;

import static io.github.geneve4j.simulator.wire.LoopClock.LONGEST_STEP_NANOS;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopClockTest {
    private long nanos = Long.MAX_VALUE - 10; // real time may wrap around
    private final LoopClock clock = new LoopClock(() -> nanos);

    @Test
    void beginsAtZeroWhenItIsStarted() {
        nanos += 50 * LONGEST_STEP_NANOS; // while devices are made
        clock.start();
        assertThat(clock.step()).isZero();
        nanos += 7;
        assertThat(clock.peek()).isEqualTo(7);
        assertThat(clock.now()).isZero();
        assertThat(clock.step()).isEqualTo(7);
        assertThat(clock.now()).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1, 3_600_000_000_000L})
    void standsStillWhileNobodyAsksForLong(long more) {
        nanos += 5;
        clock.step();
        nanos += 2 * LONGEST_STEP_NANOS + more;
        long expected = 5 + (more <= 0 ? 2 * LONGEST_STEP_NANOS + more : LONGEST_STEP_NANOS);
        assertThat(clock.step()).isEqualTo(expected);
        nanos += 3;
        assertThat(clock.step()).isEqualTo(expected + 3);
    }
}
