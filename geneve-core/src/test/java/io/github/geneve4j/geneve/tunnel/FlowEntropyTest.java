package io.github.geneve4j.geneve.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FlowEntropyTest {
    private static final int FLOW_LABELS = 1 << 20;

    @Test
    void mixesAsPublished() {
        assertThat(FlowEntropy.mix(0)).isZero();
        assertThat(FlowEntropy.mix(1)).isEqualTo(0xb456bcfc34c2cb2cL);
    }

    @Test
    void neverGivesTheFlowLabelThatMeansNone() {
        assertThat(FlowEntropy.flowLabel(0)).isEqualTo(1);
        Random hashes = new Random(6437);
        for (int i = 0; i < 5_000_000; i++) {
            int label = FlowEntropy.flowLabel(hashes.nextLong());
            if (label <= 0 || label >= FLOW_LABELS) {
                assertThat(label).isBetween(1, FLOW_LABELS - 1);
            }
        }
    }

    @Test
    void everyBitOfTheHashMatters() {
        for (int bit = 0; bit < Long.SIZE; bit++) {
            assertThat(FlowEntropy.flowLabel(1L << bit)).isNotEqualTo(FlowEntropy.flowLabel(0));
        }
    }
}
