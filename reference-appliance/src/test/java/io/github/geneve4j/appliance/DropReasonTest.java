package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.geneve.DecodeStatus;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class DropReasonTest {
    /** Every status that a UDP payload can have, by decoder or policy. */
    @ParameterizedTest
    @EnumSource(
            value = DecodeStatus.class,
            names = {
                "TRUNCATED_HEADER",
                "UNSUPPORTED_VERSION",
                "TRUNCATED_OPTIONS",
                "OPTION_OVERRUN",
                "OPTIONS_TOO_LONG",
                "UNKNOWN_CRITICAL_OPTION",
                "CONTROL_PACKET"
            })
    void hasAReasonForEachStatusOfAPayload(DecodeStatus status) {
        assertThat(DropReason.of(status).label()).isEqualTo(status.label());
    }

    @Test
    void knowsNoReasonForWhatAPayloadCannotHave() {
        assertThatThrownBy(() -> DropReason.of(DecodeStatus.OK))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("OK");
    }

    @ParameterizedTest
    @EnumSource(value = DropReason.class, mode = Mode.MATCH_ALL, names = ".*")
    void labelsAreMetricNames(DropReason reason) {
        assertThat(reason.label()).matches("[a-z]+(_[a-z]+)*");
    }

    @Test
    void labelsAreUnique() {
        assertThat(Arrays.stream(DropReason.values()).map(DropReason::label))
                .doesNotHaveDuplicates();
    }
}
