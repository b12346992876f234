package io.github.geneve4j.geneve.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DscpModelTest {
    private static final int EXPEDITED = 46;
    private static final int BEST_EFFORT = 0;

    @Test
    void pipeHasAClassOfItsOwnAndLeavesTheInnerOne() {
        DscpModel pipe = DscpModel.pipe(EXPEDITED);
        assertThat(pipe.onEntry(BEST_EFFORT)).isEqualTo(EXPEDITED);
        assertThat(pipe.outer()).isEqualTo(EXPEDITED);
        assertThat(pipe.onExit(BEST_EFFORT, EXPEDITED)).isEqualTo(BEST_EFFORT);
    }

    @Test
    void uniformShowsTheInnerClassAndTakesTheOuterOne() {
        DscpModel uniform = DscpModel.uniform();
        assertThat(uniform.onEntry(EXPEDITED)).isEqualTo(EXPEDITED);
        assertThat(uniform.outer()).isZero();
        assertThat(uniform.onExit(EXPEDITED, BEST_EFFORT)).isEqualTo(BEST_EFFORT);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 63})
    void acceptsTheLimits(int dscp) {
        assertThat(DscpModel.pipe(dscp).outer()).isEqualTo(dscp);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 64, 184})
    void refusesWhatIsNoDscp(int dscp) {
        assertThatThrownBy(() -> DscpModel.pipe(dscp))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Integer.toString(dscp));
    }
}
