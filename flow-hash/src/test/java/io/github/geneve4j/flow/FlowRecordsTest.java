package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlowRecordsTest {
    /** Segments of one record, of two, of four, and one for all. */
    @ParameterizedTest
    @CsvSource({"1, 80", "5, 80", "5, 159", "5, 160", "5, 320", "4, 320", "5, 1000", "8, 320"})
    void spreadOverSegments(int capacity, int segmentLength) {
        FlowRecords records =
                new FlowRecords(capacity, 16, ByteBuffer::allocateDirect, segmentLength);
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

    /** One bit of one field makes another flow; the state makes none, unless it is over. */
    @Test
    void matchTheKeyBitByBit() {
        FlowRecords records = new FlowRecords(1, 0, ByteBuffer::allocateDirect);
        long[] key = {0x5555L, -1, 0, 0x123456789L, Long.MIN_VALUE, 0x2ff_ffff_ffffL};
        for (int field = 0; field < key.length; field++) {
            records.setLong(0, field * 8, key[field]);
        }
        records.setLong(0, FlowRecords.WORD_OFFSET, key[5] | FlowState.LIVE | 0xffffL << 48);
        assertThat(records.matches(0, key[0], key[1], key[2], key[3], key[4], key[5])).isTrue();
        for (int field = 0; field < key.length; field++) {
            for (int bit = 0; bit < (field == 5 ? 42 : 64); bit++) {
                key[field] ^= 1L << bit;
                assertThat(records.matches(0, key[0], key[1], key[2], key[3], key[4], key[5]))
                        .isFalse();
                key[field] ^= 1L << bit;
            }
        }
        records.setLong(0, FlowRecords.WORD_OFFSET, key[5] | 0xffffL << 48);
        assertThat(records.matches(0, key[0], key[1], key[2], key[3], key[4], key[5])).isFalse();
    }

    /** Whatever the length of a record, and wherever it begins. */
    @ParameterizedTest
    @ValueSource(ints = {0, 8, 56, 64, 72, 80, 128})
    void sumAWordOfEachCacheLine(int valueLength) {
        FlowRecords records = new FlowRecords(9, valueLength, ByteBuffer::allocateDirect);
        int stride = records.stride();
        for (int record = 0; record < 9; record++) {
            for (int line = record * stride / 64;
                    line <= (record * stride + stride - 1) / 64;
                    line++) {
                int from = Math.max(line * 64, record * stride);
                int end = Math.min(line * 64 + 64, record * stride + stride);
                for (int at = from; at < end; at += 8) {
                    records.setLong(record, at - record * stride, 1);
                }
                assertThat(records.sum(record)).as("%d, line %d", record, line).isPositive();
                for (int at = from; at < end; at += 8) {
                    records.setLong(record, at - record * stride, 0);
                }
            }
            assertThat(records.sum(record)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 64, 1000})
    void beginAtACacheLine(int length) {
        ByteBuffer memory = FlowRecords.allocate(length, ByteBuffer::allocateDirect);
        assertThat(memory.capacity()).isEqualTo(length);
        assertThat(memory.alignmentOffset(0, 64)).isZero();
        for (int i = 0; i < length; i++) {
            assertThat(memory.get(i)).isZero();
        }
    }

    /** A source may give more than was asked for, in any byte order. */
    @Test
    void takeWhatASourceGives() {
        List<ByteBuffer> given = new ArrayList<>();
        IntFunction<ByteBuffer> source =
                length -> {
                    given.add(ByteBuffer.allocateDirect(length + 100));
                    return given.get(given.size() - 1);
                };
        FlowRecords records = new FlowRecords(5, 16, source, 160);
        assertThat(given).hasSize(3); // two records each
        for (int record = 0; record < 5; record++) {
            records.setLong(record, 72, ~record);
        }
        assertThat(records.getWord(4, 72)).isEqualTo(~4L);
        assertThat(given)
                .allSatisfy(memory -> assertThat(memory).isNotEqualTo(zeros(memory.capacity())));
    }

    @Test
    void refuseMemoryThatDoesNotDo() {
        List<IntFunction<ByteBuffer>> sources =
                List.of(
                        ByteBuffer::allocate,
                        length -> ByteBuffer.allocateDirect(length - 1),
                        length -> ByteBuffer.allocateDirect(length).asReadOnlyBuffer());
        for (IntFunction<ByteBuffer> source : sources) {
            assertThatThrownBy(() -> FlowRecords.allocate(100, source))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("memory java.nio.")
                    .hasMessageEndingWith(": not 164 bytes off the heap, to write to");
        }
    }

    private static ByteBuffer zeros(int length) {
        return ByteBuffer.allocate(length);
    }
}
