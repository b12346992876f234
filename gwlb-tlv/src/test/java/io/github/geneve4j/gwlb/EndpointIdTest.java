package io.github.geneve4j.gwlb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointIdTest {
    @ParameterizedTest
    @CsvSource({
        "vpce-02356de92d389839c, 2356de92d389839c",
        "vpce-0f583215d2e66b39c, f583215d2e66b39c",
        "vpce-00000000000000000, 0",
        "vpce-0ffffffffffffffff, ffffffffffffffff",
        "vpce-08000000000000000, 8000000000000000",
        "vpce-00123456789abcdef, 0123456789abcdef",
    })
    void readsAndWrites17Digits(String text, String hex) {
        EndpointId id = new EndpointId(Long.parseUnsignedLong(hex, 16));

        assertThat(EndpointId.parse(text)).isEqualTo(id);
        assertThat(id).hasToString(text);
        assertThat(EndpointId.append(new StringBuilder("endpoint "), id.value()))
                .hasToString("endpoint " + text);
    }

    @ParameterizedTest
    @CsvSource({
        "vpce-1a2b3c4d, vpce-0000000001a2b3c4d, 1a2b3c4d",
        "vpce-00000000, vpce-00000000000000000, 0",
        "vpce-ffffffff, vpce-000000000ffffffff, ffffffff",
    })
    void readsAndWrites8Digits(String text, String longText, String hex) {
        EndpointId id = EndpointId.parse(text);

        assertThat(id.value()).isEqualTo(Long.parseUnsignedLong(hex, 16));
        assertThat(id.toShortString()).isEqualTo(text);
        assertThat(id).hasToString(longText).isEqualTo(EndpointId.parse(longText));
    }

    @ParameterizedTest
    @ValueSource(longs = {0x1_0000_0000L, 0x1_1a2b_3c4dL, Long.MIN_VALUE, -1})
    void hasNoShortTextAbove32Bits(long value) {
        EndpointId id = new EndpointId(value);

        assertThatIllegalStateException()
                .isThrownBy(id::toShortString)
                .withMessageContaining(id.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "vpce-",
                "vpce-1a2b3c4", // 7
                "vpce-1a2b3c4d5", // 9
                "vpce-02356de92d389839", // 16
                "vpce-002356de92d389839c", // 18
                "vpce-02356DE92D389839C",
                "vpce-1A2B3C4D",
                "VPCE-1a2b3c4d",
                "vpc-e1a2b3c4d",
                "vpce_1a2b3c4d",
                "eni-1a2b3c4d",
                "1a2b3c4d",
                "vpce-1a2b3c4g",
                "vpce-1a2b3c4`", // before 'a'
                "vpce-1a2b3c4:", // after '9'
                "vpce-1a2b3c4/", // before '0'
                "vpce-+1a2b3c4",
                "vpce-1a2b3c4\u0664", // a digit, but not ours
                "vpce-1a2b3c4\uff14", // a digit, but not ours
                " vpce-1a2b3c4d",
                "vpce-1a2b3c4d ",
                "vpce-x2356de92d389839c",
            })
    void refusesOtherTexts(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EndpointId.parse(text))
                .withMessageContaining("'" + text + "'")
                .withMessageContaining("17 or 8 lower-case hex digits");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vpce-12356de92d389839c", "vpce-f0000000000000000"})
    void refusesMoreThan64Bits(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EndpointId.parse(text))
                .withMessageContaining("'" + text + "'")
                .withMessageContaining("more than 64 bits");
    }

    @Test
    void isAValue() {
        assertThat(new EndpointId(7)).isEqualTo(new EndpointId(7)).isNotEqualTo(new EndpointId(8));
    }
}
