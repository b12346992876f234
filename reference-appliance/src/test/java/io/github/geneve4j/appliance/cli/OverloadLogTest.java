package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OverloadLogTest {
    private static final long SECOND = 1_000_000_000L;

    private final OverloadLog log = new OverloadLog(2);

    @Test
    void saysNothingWhileThereIsNothing() {
        for (int i = 0; i < 100; i++) {
            assertThat(log.look(i * SECOND, 0, 0)).isNull();
        }
    }

    @Test
    void speaksAtOnceAndThenNowAndThen() {
        assertThat(log.look(5, 1, 40))
                .isEqualTo(
                        "OVERLOAD of 1 of 2 workers: PACKETS PASS UNJUDGED,"
                                + " 40 since the last line, 40 in all");
        for (int tenth = 1; tenth < 100; tenth++) {
            assertThat(log.look(5 + tenth * SECOND / 10, 1, 40 + tenth)).isNull();
        }
        assertThat(log.look(5 + 10 * SECOND, 2, 140))
                .startsWith("OVERLOAD of 2 of 2 workers")
                .endsWith(" 100 since the last line, 140 in all");
        assertThat(log.look(5 + 11 * SECOND, 0, 141)).isNull();
        assertThat(log.look(5 + 20 * SECOND, 0, 141))
                .isEqualTo(
                        "overload is over: 1 packets passed unjudged since the last line,"
                                + " 141 in all");
        assertThat(log.look(5 + 100 * SECOND, 0, 141)).isNull();
    }

    /** Begun and over between two lines. */
    @Test
    void tellsOfAShortOneAfterwards() {
        assertThat(log.look(0, 1, 1)).isNotNull();
        assertThat(log.look(10 * SECOND, 0, 1)).startsWith("overload is over: 0 packets");
        assertThat(log.look(11 * SECOND, 1, 50)).isNull();
        assertThat(log.look(12 * SECOND, 0, 51)).isNull();
        assertThat(log.look(20 * SECOND, 0, 51)).startsWith("overload is over: 50 packets");
    }

    @Test
    void doesNotFillTheLogWhoeverCausesOverloads() {
        int lines = 0;
        for (int tenth = 0; tenth < 36_000; tenth++) { // an hour
            lines += log.look(tenth * SECOND / 10, tenth % 2, tenth) == null ? 0 : 1;
        }
        assertThat(lines).isEqualTo(360);
    }
}
