package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Series of probes, one each 10 ns; {@code #} was answered, {@code .} was not. */
class ContinuityTest {
    private static final long BEGIN = Long.MAX_VALUE - 25; // a clock that wraps is a clock

    private static Continuity of(String probes) {
        Continuity continuity = new Continuity(BEGIN);
        for (int i = 0; i < probes.length(); i++) {
            continuity.add(BEGIN + 10L * i, probes.charAt(i) == '#');
        }
        return continuity;
    }

    @Test
    void oneLostPacketIsNoSilence() {
        Continuity continuity = of("#.##.#.#");

        assertThat(continuity.wasSilent()).isFalse();
        assertThat(continuity.isSilent()).isFalse();
        assertThat(continuity.probes()).isEqualTo(8);
        assertThat(continuity.isCalm(BEGIN, 70)).isTrue();
        assertThat(continuity.isCalm(BEGIN, 71)).isFalse();
    }

    @Test
    void twoInARowAre() {
        assertThat(of("##..").isSilent()).isTrue();
        assertThat(of("##..").wasSilent()).as("it has not ended").isFalse();
        assertThat(of("##..").silentSince()).isEqualTo(BEGIN + 20);
        assertThat(of("##..").isCalm(BEGIN, 0)).isFalse();

        Continuity ended = of("##...#.##");
        assertThat(ended.isSilent()).isFalse();
        assertThat(ended.longestSilence()).isEqualTo(30);
        assertThat(ended.answeredSince()).isEqualTo(BEGIN + 50);
        assertThat(ended.isCalm(BEGIN, 30)).isTrue();
        assertThat(ended.isCalm(BEGIN, 31)).as("counts from the silence on").isFalse();
        assertThat(ended.isCalm(BEGIN + 60, 21)).as("and from that time on").isFalse();
    }

    @Test
    void theLongestIsKept() {
        assertThat(of("..#....#..#").longestSilence()).isEqualTo(40);
        assertThat(of("..#").longestSilence()).as("at once").isEqualTo(20);
    }
}
