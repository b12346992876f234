package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a look at an interface is put off. */
class LookPaceTest {
    private static final int FULL = 64;

    private final LookPace pace = new LookPace(FULL);

    @Test
    void doesNotPutOffTheFirstLook() {
        assertThat(pace.waitNanos(1_000_000)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1_000_000, -3, Long.MAX_VALUE - 3}) // the clock may begin anywhere
    void waitsAQuarterOfTheTimeThatTheLastOnesTook(long now) {
        pace.looked(now);
        pace.brought(1);
        assertThat(pace.waitNanos(now)).isZero();
        assertThat(pace.waitNanos(now + 400)).isEqualTo(100);
        pace.brought(FULL - 1);
        assertThat(pace.waitNanos(now + 4000)).isEqualTo(1000);
    }

    @ParameterizedTest
    @CsvSource({"79_996, 19_999", "80_000, 20_000", "80_004, 20_000", "1_000_000_000, 20_000"})
    void waitsForTwentyMicrosecondsAtMost(String took, String wait) {
        pace.looked(5);
        pace.brought(10);
        assertThat(pace.waitNanos(5 + number(took))).isEqualTo(number(wait));
    }

    @Test
    void looksAtOnceAfterOneThatBroughtNothing() {
        pace.looked(0);
        pace.brought(0);
        assertThat(pace.waitNanos(4000)).isZero();
    }

    @Test
    void looksAtOnceAfterOneThatBroughtAllItCould() {
        pace.looked(0);
        pace.brought(FULL);
        assertThat(pace.waitNanos(4000)).isZero();
        pace.brought(FULL + 1);
        assertThat(pace.waitNanos(4000)).isZero();
    }

    @Test
    void tellsWhetherMoreMayWait() {
        assertThat(pace.wasFull()).isFalse();
        for (int brought : new int[] {FULL, FULL - 1, FULL + 1, 0}) {
            pace.looked(0);
            assertThat(pace.wasFull()).isFalse();
            pace.brought(brought);
            assertThat(pace.wasFull()).isEqualTo(brought >= FULL);
        }
    }

    @Test
    void forgetsWhatEarlierLooksBrought() {
        pace.looked(0);
        pace.brought(10);
        pace.looked(1000);
        assertThat(pace.waitNanos(5000)).isZero();
        pace.brought(10);
        assertThat(pace.waitNanos(5000)).isEqualTo(1000);
    }

    private static long number(String text) {
        return Long.parseLong(text.replace("_", ""));
    }
}
