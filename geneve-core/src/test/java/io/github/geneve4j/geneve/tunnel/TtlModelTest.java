package io.github.geneve4j.geneve.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TtlModelTest {
    @Test
    void pipeCountsAsOneHop() {
        TtlModel pipe = TtlModel.pipe(64);
        assertThat(pipe.onEntry(3)).isEqualTo(64);
        assertThat(pipe.onExit(3, 60)).isEqualTo(3);
    }

    @Test
    void uniformCountsEveryHop() {
        TtlModel uniform = TtlModel.uniform();
        assertThat(uniform.onEntry(30)).isEqualTo(30);
        assertThat(uniform.onExit(30, 25)).isEqualTo(25);
        assertThat(uniform.outer()).isEqualTo(64);
    }

    @Test
    void uniformNeverRaisesATtl() {
        assertThat(TtlModel.uniform().onExit(5, 250)).isEqualTo(5);
    }

    @Test
    void uniformNeverSendsZero() {
        assertThat(TtlModel.uniform().onEntry(0)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 255})
    void acceptsTheLimits(int ttl) {
        assertThat(TtlModel.pipe(ttl).outer()).isEqualTo(ttl);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 256})
    void refusesWhatCannotBeSent(int ttl) {
        assertThatThrownBy(() -> TtlModel.pipe(ttl))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Integer.toString(ttl));
    }
}
