package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateLimitTest {
    private static final long SECOND = 1_000_000_000;

    /** However the clock starts: what passes at once, and in the ten seconds after it. */
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "1, 1, 10", "5, 1, 50", "10, 1, 100", "1000, 100, 10000"})
    void letsATenthPassAtOnceAndThenTheRate(int rate, int atOnce, int later) {
        for (long start : new long[] {0, -5, Long.MAX_VALUE - 3 * SECOND, Long.MIN_VALUE + 1}) {
            RateLimit limit = new RateLimit(rate);
            assertThat(count(limit, start, 1, 0, 10_000)).isEqualTo(atOnce);
            assertThat(count(limit, start, 10 * SECOND, 100_000, 100_000))
                    .isBetween((long) later - 1, (long) later);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1_000_000_001})
    void refusesARateThatIsNone(int rate) {
        assertThatThrownBy(() -> new RateLimit(rate))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("" + rate);
        assertThatThrownBy(() -> Appliance.builder().icmpErrorsPerSecond(rate))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static long count(RateLimit limit, long start, long during, long step, int tries) {
        long passed = 0;
        for (int i = 1; i <= tries; i++) {
            passed += limit.take(start + (step == 0 ? 0 : during / tries * i)) ? 1 : 0;
        }
        return passed;
    }
}
