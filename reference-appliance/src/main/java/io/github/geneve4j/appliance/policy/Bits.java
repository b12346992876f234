package io.github.geneve4j.appliance.policy;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Rows of bits, one for each rule of a policy, 64 in a word. */
final class Bits {
    private Bits() {}

    /** {@return how many words that many bits take, at least one} */
    static int words(int bits) {
        return Math.max(1, (bits + Long.SIZE - 1) / Long.SIZE);
    }

    /** Sets or clears a bit. */
    static void set(long[] row, int bit, boolean value) {
        if (value) {
            row[bit / Long.SIZE] |= 1L << bit;
        } else {
            row[bit / Long.SIZE] &= ~(1L << bit);
        }
    }

    /** {@return a row, and behind it a bit for each of its words: whether it is not 0} */
    static long[] withSummary(long[] row) {
        long[] both = Arrays.copyOf(row, row.length + words(row.length));
        for (int i = 0; i < row.length; i++) {
            if (row[i] != 0) {
                both[row.length + i / Long.SIZE] |= 1L << i;
            }
        }
        return both;
    }

    /**
     * A row as a key of a map. Its hash takes all bits of each word, unlike that of a {@link
     * java.nio.LongBuffer}.
     */
    static final class Row {
        private final long[] words;

        /** Takes the words as they are; whoever keeps the key does not change them. */
        Row(long[] words) {
            this.words = words;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Row row && Arrays.equals(words, row.words);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(words);
        }
    }
}
