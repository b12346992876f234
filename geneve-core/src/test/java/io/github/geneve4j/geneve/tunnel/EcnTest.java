package io.github.geneve4j.geneve.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EcnTest {
    /** RFC 6040 figure 4, cell by cell; the last column is its exclamation marks. */
    @ParameterizedTest(name = "inner {0}, outer {1} -> {2}")
    @CsvSource({
        "NOT_ECT, NOT_ECT, NOT_ECT, false",
        "NOT_ECT, ECT_0,   NOT_ECT, true",
        "NOT_ECT, ECT_1,   NOT_ECT, true",
        "NOT_ECT, CE,      DROP,    true",
        "ECT_0,   NOT_ECT, ECT_0,   false",
        "ECT_0,   ECT_0,   ECT_0,   false",
        "ECT_0,   ECT_1,   ECT_1,   false",
        "ECT_0,   CE,      CE,      false",
        "ECT_1,   NOT_ECT, ECT_1,   false",
        "ECT_1,   ECT_0,   ECT_1,   true",
        "ECT_1,   ECT_1,   ECT_1,   false",
        "ECT_1,   CE,      CE,      false",
        "CE,      NOT_ECT, CE,      false",
        "CE,      ECT_0,   CE,      false",
        "CE,      ECT_1,   CE,      true",
        "CE,      CE,      CE,      false",
    })
    void decapsulatesAllCombinations(
            String inner, String outer, String expected, boolean unexpected) {
        assertThat(Ecn.decapsulate(field(inner), field(outer))).isEqualTo(field(expected));
        assertThat(Ecn.isUnexpected(field(inner), field(outer))).isEqualTo(unexpected);
    }

    /** RFC 6040 figure 3. */
    @ParameterizedTest(name = "{0}, {1} -> {2}")
    @CsvSource({
        "NORMAL,        NOT_ECT, NOT_ECT",
        "NORMAL,        ECT_0,   ECT_0",
        "NORMAL,        ECT_1,   ECT_1",
        "NORMAL,        CE,      CE",
        "COMPATIBILITY, NOT_ECT, NOT_ECT",
        "COMPATIBILITY, ECT_0,   NOT_ECT",
        "COMPATIBILITY, ECT_1,   NOT_ECT",
        "COMPATIBILITY, CE,      NOT_ECT",
    })
    void encapsulatesInBothModes(Ecn.Mode mode, String inner, String expected) {
        assertThat(Ecn.encapsulate(field(inner), mode)).isEqualTo(field(expected));
    }

    @Test
    void hasTheValuesOfTheHeaderField() {
        assertThat(Ecn.NOT_ECT).isZero();
        assertThat(Ecn.ECT_1).isEqualTo(0b01);
        assertThat(Ecn.ECT_0).isEqualTo(0b10);
        assertThat(Ecn.CE).isEqualTo(0b11);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 4, 255, Integer.MIN_VALUE})
    void refusesWhatIsNoField(int field) {
        assertThatThrownBy(() -> Ecn.encapsulate(field, Ecn.Mode.NORMAL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Integer.toString(field));
        assertThatThrownBy(() -> Ecn.decapsulate(field, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Ecn.decapsulate(0, field))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Ecn.isUnexpected(field, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Ecn.isUnexpected(0, field))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static int field(String name) {
        return switch (name) {
            case "NOT_ECT" -> 0;
            case "ECT_1" -> 1;
            case "ECT_0" -> 2;
            case "CE" -> 3;
            case "DROP" -> -1;
            default -> throw new IllegalArgumentException(name);
        };
    }
}
