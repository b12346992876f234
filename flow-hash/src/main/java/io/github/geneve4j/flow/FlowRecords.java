package io.github.geneve4j.flow;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.function.IntFunction;

/**
 * The memory of a {@link FlowTable}: records of equal length, off the heap, each at the same place
 * from its flow's beginning to its end.
 *
 * <pre>
 *  0 +---------------------------------------------------------------+
 *    |                          endpoint id                          |
 *  8 +---------------------------------------------------------------+
 *    |            lower endpoint's address, upper half               |
 * 16 |            lower endpoint's address, lower half               |
 * 24 |            upper endpoint's address, upper half               |
 * 32 |            upper endpoint's address, lower half               |
 * 40 +---------------+---------------+---------------+---------------+
 *    |  awaited:12   |   state:10    |    kind:10    |   ports:32    |
 * 48 +---------------+---------------+---------------+---------------+
 *    |                        last seen, in ns                       |
 * 56 +-------------------------------+-------------------------------+
 *    |       next in idle order      |     previous in idle order    |
 * 64 +-------------------------------+-------------------------------+
 *    |                  the caller's value, 0 or more                |
 *    +---------------------------------------------------------------+
 * </pre>
 *
 * <p>What a lookup and a refresh touch is 64 bytes long, which is one cache line if the value's
 * length is a multiple of it, and at most two. Numbers are in the machine's byte order. The memory
 * is a list of segments, as no buffer may exceed 2 GiB.
 */
final class FlowRecords {
    static final int ENDPOINT_ID_OFFSET = 0;
    static final int LOWER_HIGH_OFFSET = 8;
    static final int LOWER_LOW_OFFSET = 16;
    static final int UPPER_HIGH_OFFSET = 24;
    static final int UPPER_LOW_OFFSET = 32;
    static final int WORD_OFFSET = 40; // state and key word
    static final int LAST_SEEN_OFFSET = 48;
    static final int NEXT_OFFSET = 56;
    static final int PREVIOUS_OFFSET = 60;
    static final int VALUE_OFFSET = 64;

    private static final int LONG_SHIFT = 3;
    private static final int CACHE_LINE = 64;

    /** No buffer can have 2 GiB. */
    static final int SEGMENT_LENGTH = 1 << 30;

    private final int stride;
    private final int segmentShift;
    private final int segmentMask;
    private final ByteBuffer[] segments;

    // The same memory by words: the compiler need not ask about byte order at each access
    private final LongBuffer[] longs;
    private final IntBuffer[] ints;

    FlowRecords(int capacity, int valueLength, IntFunction<ByteBuffer> memory) {
        this(capacity, valueLength, memory, SEGMENT_LENGTH);
    }

    /** Takes memory in pieces of a given greatest length, which holds one record at least. */
    FlowRecords(int capacity, int valueLength, IntFunction<ByteBuffer> memory, int segmentLength) {
        this.stride = VALUE_OFFSET + valueLength;
        int perSegment = Integer.highestOneBit(segmentLength / stride);
        this.segmentShift = Integer.numberOfTrailingZeros(perSegment);
        this.segmentMask = perSegment - 1;
        this.segments = new ByteBuffer[(capacity + perSegment - 1) >>> segmentShift];
        this.longs = new LongBuffer[segments.length];
        this.ints = new IntBuffer[segments.length];
        for (int i = 0, left = capacity; i < segments.length; i++, left -= perSegment) {
            segments[i] = allocate(Math.min(left, perSegment) * stride, memory);
            longs[i] = segments[i].asLongBuffer();
            ints[i] = segments[i].asIntBuffer();
        }
    }

    /** {@return zeroed memory off the heap, of a source, that begins at a cache line} */
    static ByteBuffer allocate(int length, IntFunction<ByteBuffer> memory) {
        int wanted = length + CACHE_LINE;
        ByteBuffer given = memory.apply(wanted);
        if (!given.isDirect() || given.isReadOnly() || given.capacity() < wanted) {
            throw new IllegalArgumentException(
                    "memory " + given + ": not " + wanted + " bytes off the heap, to write to");
        }
        int past = given.alignmentOffset(0, CACHE_LINE);
        return given.slice((CACHE_LINE - past) % CACHE_LINE, length).order(ByteOrder.nativeOrder());
    }

    /** {@return the bytes that a record takes} */
    int stride() {
        return stride;
    }

    /** {@return 8 bytes in front of the caller's value} */
    long getWord(int record, int offset) {
        return longs(record).get(wordIndex(record, offset));
    }

    /** Sets 8 bytes in front of the caller's value. */
    void setWord(int record, int offset, long value) {
        longs(record).put(wordIndex(record, offset), value);
    }

    long getLong(int record, int offset) {
        return segment(record).getLong(base(record) + offset);
    }

    void setLong(int record, int offset, long value) {
        segment(record).putLong(base(record) + offset, value);
    }

    int getInt(int record, int offset) {
        return segment(record).getInt(base(record) + offset);
    }

    void setInt(int record, int offset, int value) {
        segment(record).putInt(base(record) + offset, value);
    }

    byte getByte(int record, int offset) {
        return segment(record).get(base(record) + offset);
    }

    void setByte(int record, int offset, byte value) {
        segment(record).put(base(record) + offset, value);
    }

    /** {@return whether the record is of this flow, and the flow has not ended} */
    boolean matches(
            int record,
            long endpointId,
            long lowerHigh,
            long lowerLow,
            long upperHigh,
            long upperLow,
            long keyWord) {
        LongBuffer words = longs(record);
        int base = wordIndex(record, 0);
        long difference =
                (words.get(base + ENDPOINT_ID_OFFSET / Long.BYTES) ^ endpointId)
                        | (words.get(base + LOWER_HIGH_OFFSET / Long.BYTES) ^ lowerHigh)
                        | (words.get(base + LOWER_LOW_OFFSET / Long.BYTES) ^ lowerLow)
                        | (words.get(base + UPPER_HIGH_OFFSET / Long.BYTES) ^ upperHigh)
                        | (words.get(base + UPPER_LOW_OFFSET / Long.BYTES) ^ upperLow)
                        | ((words.get(base + WORD_OFFSET / Long.BYTES) & FlowState.LIVE_KEY_MASK)
                                ^ (keyWord | FlowState.LIVE));
        return difference == 0;
    }

    /** {@return the sum of a word of each cache line} */
    long sum(int record) {
        LongBuffer words = longs(record);
        int first = wordIndex(record, 0);
        int last = first + (stride >>> LONG_SHIFT) - 1;
        long sum = words.get(last);
        for (int at = first; at < last; at += CACHE_LINE >>> LONG_SHIFT) {
            sum += words.get(at);
        }
        return sum;
    }

    /** Zeroes the caller's value. */
    void clearValue(int record) {
        ByteBuffer segment = segment(record);
        int base = base(record);
        for (int offset = VALUE_OFFSET; offset < stride; offset += Long.BYTES) {
            segment.putLong(base + offset, 0);
        }
    }

    /** {@return the memory that a record lies in, by words} */
    LongBuffer longs(int record) {
        return longs[record >>> segmentShift];
    }

    /** {@return the same memory by half words} */
    IntBuffer ints(int record) {
        return ints[record >>> segmentShift];
    }

    /** {@return where a word of a record lies in its memory by words} */
    private int wordIndex(int record, int offset) {
        return (base(record) + offset) >>> LONG_SHIFT;
    }

    private ByteBuffer segment(int record) {
        return segments[record >>> segmentShift];
    }

    /** {@return where a record begins in its memory} */
    int base(int record) {
        return (record & segmentMask) * stride;
    }
}
