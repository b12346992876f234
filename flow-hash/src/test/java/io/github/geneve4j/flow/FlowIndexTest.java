package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class FlowIndexTest {
    /** As when a share of the hash was taken to choose a thread, which leaves one residue. */
    @Test
    void usesAllSlotsForHashesOfOneRemainder() {
        FlowIndex index = new FlowIndex(3 << 10, ByteBuffer::allocateDirect);
        BitSet homes = new BitSet();
        for (int i = 0; i < 1 << 20; i++) {
            homes.set(index.home((i * 0x9e37_79b9L << 6) + 5));
        }
        assertThat(homes.cardinality()).isEqualTo(4096);
        assertThat(homes.length()).isEqualTo(4096);
    }

    @Test
    void wrapsAround() {
        FlowIndex index = new FlowIndex(5, ByteBuffer::allocateDirect);
        assertThat(index.length()).isEqualTo(64);
        assertThat(index.home(-1)).isEqualTo(7);
        assertThat(index.after(7)).isZero();
        assertThat(index.home(1L << 32)).isZero(); // the upper half does not count
    }
}
