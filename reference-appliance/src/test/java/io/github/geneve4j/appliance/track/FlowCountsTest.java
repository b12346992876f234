package io.github.geneve4j.appliance.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FlowCountsTest {
    @Test
    void countsAsAMapDoes() {
        Random random = new Random(1);
        FlowCounts counts = new FlowCounts(24); // 32 places
        Map<Long, Integer> expected = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            long key = random.nextInt(12) * 31L + random.nextInt(3) * 32L; // few homes, long runs
            int count = expected.getOrDefault(key, 0);
            assertThat(counts.count(key)).isEqualTo(count);
            assertThat(counts.hasRoom(key)).isEqualTo(count > 0 || expected.size() < 24);
            if (count > 0 && random.nextInt(5) < 3) {
                counts.subtract(key);
                expected.merge(key, -1, (a, b) -> a + b == 0 ? null : a + b);
            } else if (counts.hasRoom(key)) {
                counts.add(key);
                expected.merge(key, 1, Integer::sum);
            }
            assertThat(counts.size()).isEqualTo(expected.size());
        }
        assertThat(expected).hasSizeGreaterThan(10);
    }

    @Test
    void refusesToForgetWhatWasNotCounted() {
        assertThatThrownBy(() -> new FlowCounts(1).subtract(5)).hasMessageContaining("key 5");
    }
}
