package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RingLayoutTest {
    @Test
    void refusesMoreThanAnOffsetCanReach() {
        assertThatThrownBy(() -> RingLayout.of(65535, 65536, 4096, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("65536 slots of 65728 bytes: more than 1 GiB");
    }

    @ParameterizedTest
    @CsvSource({
        "68, 1, 4096, false",
        "1500, 1, 4096, true",
        "1500, 2048, 4096, false",
        "1500, 2048, 4096, true",
        "1500, 2048, 65536, true",
        "9001, 2048, 4096, true",
        "9001, 65536, 4096, true",
        "65535, 100, 4096, false",
    })
    void visitsEverySlotOnce(int mtu, int slots, int page, boolean virtioHeaders) {
        RingLayout layout = RingLayout.of(mtu, slots, page, virtioHeaders);
        assertThat(layout.slots()).isGreaterThanOrEqualTo(slots);
        assertThat(layout.length()).isLessThan(Integer.MAX_VALUE);
        assertThat(layout.blockLength() % page).isZero();
        assertThat(Integer.bitCount(layout.blockLength())).isEqualTo(1);
        assertThat(layout.slotLength() % 16).isZero();
        // Headers of the kernel and ours, a tag in the frame, the longest options, the packet
        int before = virtioHeaders ? 96 : 80;
        assertThat(layout.slotLength()).isGreaterThanOrEqualTo(before + 4 + 40 + mtu);
        assertThat(layout.frameHeaderLength()).isEqualTo(virtioHeaders ? 10 : 0);

        Set<Integer> seen = new HashSet<>();
        int slot = 0;
        for (int i = 0; i < layout.slots(); i++) {
            // Where the kernel has slot i: packet_lookup_frame()
            int block = i / layout.slotsPerBlock();
            int inBlock = i % layout.slotsPerBlock();
            assertThat(slot)
                    .isEqualTo(block * layout.blockLength() + inBlock * layout.slotLength());
            assertThat(slot % layout.blockLength() + layout.slotLength())
                    .isLessThanOrEqualTo(layout.blockLength());
            assertThat(seen.add(slot)).isTrue();
            slot = layout.following(slot);
        }
        assertThat(slot).isZero();

        var request = layout.request(Arena.ofAuto());
        assertThat(request.toArray(JAVA_INT))
                .containsExactly(
                        layout.blockLength(), layout.blocks(), layout.slotLength(), layout.slots());
    }
}
