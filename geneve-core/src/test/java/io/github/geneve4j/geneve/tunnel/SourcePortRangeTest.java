package io.github.geneve4j.geneve.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SourcePortRangeTest {
    /** Seed, so that every run sees the same hashes. */
    private static final long SEED = 8926;

    @Test
    void sameHashGivesTheSamePort() {
        Random hashes = new Random(SEED);
        for (int i = 0; i < 1000; i++) {
            long hash = hashes.nextLong();
            assertThat(new SourcePortRange(1024, 65535).port(hash))
                    .isEqualTo(new SourcePortRange(1024, 65535).port(hash));
        }
    }

    /** 49152 + floor(0xb456bcfc / 2^32 * 16384), from the finalizer's published value for 1. */
    @Test
    void staysTheSameOverVersions() {
        assertThat(SourcePortRange.DYNAMIC.port(0)).isEqualTo(49152);
        assertThat(SourcePortRange.DYNAMIC.port(1)).isEqualTo(60693);
    }

    @Test
    void usesTheDynamicPortsByDefault() {
        assertThat(SourcePortRange.DYNAMIC).isEqualTo(new SourcePortRange(49152, 65535));
    }

    @Test
    void reachesEveryPortOfTheEntireRange() {
        BitSet seen = new BitSet();
        Random hashes = new Random(SEED);
        for (int i = 0; i < 2_000_000; i++) {
            seen.set(SourcePortRange.ALL.port(hashes.nextLong()));
        }
        assertThat(seen.cardinality()).isEqualTo(65536);
        assertThat(seen.length()).isEqualTo(65536);
    }

    /** Hashes of callers, good and bad: a tenth of the ports each gets a tenth of the flows. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("hashes")
    void spreadsFlowsEvenly(String name, LongUnaryOperator hash) {
        SourcePortRange range = new SourcePortRange(50000, 59999);
        int flows = 100_000;
        int[] tenths = new int[10];
        for (int flow = 0; flow < flows; flow++) {
            tenths[(range.port(hash.applyAsLong(flow)) - 50000) / 1000]++;
        }
        // Six standard deviations of a binomial: sqrt(n p (1 - p)) is 95.
        for (int count : tenths) {
            assertThat(count).as(name).isBetween(flows / 10 - 570, flows / 10 + 570);
        }
    }

    static Stream<Arguments> hashes() {
        LongUnaryOperator counter = flow -> flow;
        LongUnaryOperator signExtended = flow -> (int) (flow * 0x9e3779b1L);
        LongUnaryOperator highBitsOnly = flow -> flow << 40;
        LongUnaryOperator negative = flow -> -flow;
        return Stream.of(
                Arguments.of("counter", counter),
                Arguments.of("sign-extended int", signExtended),
                Arguments.of("high bits only", highBitsOnly),
                Arguments.of("negative", negative));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "65535, 65535", "6081, 6081", "0, 65535", "65534, 65535"})
    void staysInsideItsRange(int first, int last) {
        SourcePortRange range = new SourcePortRange(first, last);
        Random hashes = new Random(SEED);
        for (int i = 0; i < 10_000; i++) {
            assertThat(range.port(hashes.nextLong())).isBetween(first, last);
        }
        assertThat(range.port(-1)).isBetween(first, last);
    }

    @ParameterizedTest
    @CsvSource({"-1, 5", "0, 65536", "2, 1", "65536, 65536"})
    void refusesWhatIsNoRange(int first, int last) {
        assertThatThrownBy(() -> new SourcePortRange(first, last))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(first + " to " + last);
    }
}
