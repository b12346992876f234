package io.github.geneve4j.appliance.track;

/**
 * How many flows each of many keys has, for a limit. Open addressing, linear search; a key whose
 * count is back at 0 leaves its place.
 *
 * <p>Keys should be well-mixed under a seed, so that nobody can choose neighbours. Two things with
 * the same 64-bit key share a count, which never becomes wrong by that: it is the sum of both.
 *
 * <p><b>Memory:</b> 12 bytes on the heap for each of 1.33 to 2.67 times as many places as keys.
 * <b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class FlowCounts {
    private final int mostKeys;
    private final long[] keys;
    private final int[] counts; // 0 where there is no key
    private final int mask;
    private int size;

    /** Makes room for a number of keys, at least 1. */
    FlowCounts(int mostKeys) {
        this.mostKeys = mostKeys;
        int places = Math.max(2, Integer.highestOneBit((int) (mostKeys * 4L / 3)) << 1);
        this.keys = new long[places];
        this.counts = new int[places];
        this.mask = places - 1;
    }

    /** {@return how many flows a key has} */
    int count(long key) {
        return counts[place(key)];
    }

    /** {@return whether another flow of a key can be counted: there is room for so many keys} */
    boolean hasRoom(long key) {
        return size < mostKeys || counts[place(key)] != 0;
    }

    /** Counts a flow. */
    void add(long key) {
        int place = place(key);
        if (counts[place]++ == 0) {
            keys[place] = key;
            size++;
        }
    }

    /** Forgets a flow that was counted. */
    void subtract(long key) {
        int place = place(key);
        if (counts[place] == 0) {
            throw new IllegalStateException("key " + key + ": no flow of it was counted");
        }
        if (--counts[place] == 0) {
            size--;
            close(place);
        }
    }

    /** {@return how many keys have flows} */
    int size() {
        return size;
    }

    /** {@return the place of a key, or the free one where it belongs} */
    private int place(long key) {
        int place = home(key);
        while (counts[place] != 0 && keys[place] != key) {
            place = (place + 1) & mask;
        }
        return place;
    }

    /** Moves later keys up, so that none is behind a free place that its search begins before. */
    private void close(int free) {
        int hole = free;
        for (int at = (hole + 1) & mask; counts[at] != 0; at = (at + 1) & mask) {
            int searched = (at - home(keys[at])) & mask;
            if (searched >= ((at - hole) & mask)) {
                keys[hole] = keys[at];
                counts[hole] = counts[at];
                counts[at] = 0;
                hole = at;
            }
        }
    }

    private int home(long key) {
        return (int) key & mask;
    }
}
