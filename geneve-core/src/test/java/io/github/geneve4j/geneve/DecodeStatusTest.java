package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.NaiveGeneveDecoder;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DecodeStatusTest {
    @ParameterizedTest
    @EnumSource
    void labelIsTheNameInLowerCase(DecodeStatus status) {
        assertThat(status.label())
                .matches("[a-z]+(_[a-z]+)*")
                .isEqualTo(status.name().toLowerCase(Locale.ROOT));
    }

    @Test
    void labelsAreUnique() {
        assertThat(Arrays.stream(DecodeStatus.values()).map(DecodeStatus::label))
                .doesNotHaveDuplicates();
    }

    @Test
    void labelsOfTheCodecAreThoseOfTheNaiveDecoder() {
        assertThat(Arrays.stream(DecodeStatus.values()).map(DecodeStatus::label))
                .contains(
                        NaiveGeneveDecoder.OK,
                        NaiveGeneveDecoder.TRUNCATED_HEADER,
                        NaiveGeneveDecoder.UNSUPPORTED_VERSION,
                        NaiveGeneveDecoder.TRUNCATED_OPTIONS,
                        NaiveGeneveDecoder.OPTION_OVERRUN);
    }

    @Test
    void theCodecsConstantsStandInTheOrderOfTheBytes() {
        assertThat(DecodeStatus.OK).isLessThan(DecodeStatus.TRUNCATED_HEADER);
        assertThat(DecodeStatus.TRUNCATED_HEADER).isLessThan(DecodeStatus.UNSUPPORTED_VERSION);
        assertThat(DecodeStatus.UNSUPPORTED_VERSION).isLessThan(DecodeStatus.TRUNCATED_OPTIONS);
        assertThat(DecodeStatus.TRUNCATED_OPTIONS).isLessThan(DecodeStatus.OPTION_OVERRUN);
    }
}
