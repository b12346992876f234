package io.github.geneve4j.appliance.policy;

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
}
