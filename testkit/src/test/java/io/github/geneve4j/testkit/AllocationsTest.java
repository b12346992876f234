package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class AllocationsTest {
    @Test
    void seesOneObjectForEachOperation() {
        AtomicReference<byte[]> sink = new AtomicReference<>();

        long allocated =
                Allocations.of(
                        100_000,
                        () -> {
                            sink.set(new byte[8]);
                            return 1;
                        });

        assertThat(allocated).isBetween(25_000L * 16, 25_000L * 64);
    }

    @Test
    void seesNothingWhereThereIsNothing() {
        int[] counter = new int[1];

        assertThat(Allocations.of(1_000_000, () -> counter[0]++))
                .isLessThanOrEqualTo(Allocations.SLACK);
    }
}
