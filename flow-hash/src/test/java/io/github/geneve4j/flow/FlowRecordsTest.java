package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlowRecordsTest {
    /** Segments of one record, of two, of four, and one for all. */
    @ParameterizedTest
    @CsvSource({"1, 80", "5, 80", "5, 159", "5, 160", "5, 320", "4, 320", "5, 1000", "8, 320"})
    void spreadOverSegments(int capacity, int segmentLength) {
        FlowRecords records = new FlowRecords(capacity, 16, segmentLength);
        assertThat(records.stride()).isEqualTo(80);
        for (int record = 0; record < capacity; record++) {
            for (int offset = 0; offset < 80; offset += 8) {
                records.setLong(record, offset, record * 100L + offset);
            }
        }
        for (int record = 0; record < capacity; record++) {
            for (int offset = 0; offset < 80; offset += 8) {
                assertThat(records.getLong(record, offset)).isEqualTo(record * 100L + offset);
            }
        }
        assertThatThrownBy(() -> records.getLong(16, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** One bit of one field makes another flow; the state makes none. */
    @Test
    void matchTheKeyBitByBit() {
        FlowRecords records = new FlowRecords(1, 0);
        long[] key = {0x5555L, -1, 0, 0x123456789L, Long.MIN_VALUE, 0x2ff_ffff_ffffL};
        for (int field = 0; field < key.length; field++) {
            records.setLong(0, field * 8, key[field]);
        }
        records.setLong(0, FlowRecords.WORD_OFFSET, key[5] | 0xffffL << 48);
        assertThat(records.matches(0, key[0], key[1], key[2], key[3], key[4], key[5])).isTrue();
        for (int field = 0; field < key.length; field++) {
            for (int bit = 0; bit < (field == 5 ? 42 : 64); bit++) {
                key[field] ^= 1L << bit;
                assertThat(records.matches(0, key[0], key[1], key[2], key[3], key[4], key[5]))
                        .isFalse();
                key[field] ^= 1L << bit;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 64, 1000})
    void beginAtACacheLine(int length) {
        ByteBuffer memory = FlowRecords.allocate(length);
        assertThat(memory.capacity()).isEqualTo(length);
        assertThat(memory.alignmentOffset(0, 64)).isZero();
        for (int i = 0; i < length; i++) {
            assertThat(memory.get(i)).isZero();
        }
    }
}
