package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.FlowRecords.LAST_SEEN_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.NEXT_OFFSET;
import static io.github.geneve4j.flow.FlowRecords.PREVIOUS_OFFSET;

import java.util.Arrays;

/**
 * Keeps records roughly in the order in which they were last seen, in several groups: a timer wheel
 * that turns once for each group's timeout (Varghese and Lauck 1987), and tells whom to evict.
 *
 * <p>A group is a ring of buckets, one for each tick of some 1.07 s; a bucket is a list of records.
 * A record enters the bucket of the tick in which it was last seen. When it is seen again it stays
 * where it is: only when its bucket is the oldest, and it matters, is it moved on to where it
 * belongs by then. So a packet costs one store, and a record moves at most once for each timeout.
 * As everything is ordered by when it was seen, a timeout may change at any time.
 *
 * <p>Ticks are counted from the first record's, so that they stay in order when the clock passes
 * from the greatest long to the least.
 *
 * <p>Lists are linked through the records. A link that is negative leads to the bucket itself.
 */
final class IdleOrder {
    static final int NONE = -1;

    /** How many refreshed records a search for the oldest passes over before it settles. */
    static final int MAX_PASSED_OVER = 32;

    /** A tick is 2^30 ns; a ring of them is longer than any timeout. */
    static final int TICK_SHIFT = 30;

    private static final int RING = 8192; // ticks, 2.4 hours
    private static final int RING_MASK = RING - 1;

    private final FlowRecords records;
    private final int[] heads;
    private final int[] tails;
    private final long[] oldestTick; // no record of the group is in an older bucket
    private final int[] sizes;
    private long originNs; // when tick 0 began
    private boolean hasOrigin;
    private int budget;

    IdleOrder(FlowRecords records, int groups) {
        this.records = records;
        this.heads = new int[groups * RING];
        this.tails = new int[groups * RING];
        this.oldestTick = new long[groups];
        this.sizes = new int[groups];
        Arrays.fill(heads, NONE);
        Arrays.fill(tails, NONE);
    }

    /** Adds a record, by the instant at which it was last seen. */
    void add(int record, int group) {
        if (!hasOrigin) {
            originNs = records.getWord(record, LAST_SEEN_OFFSET) & -(1L << TICK_SHIFT);
            hasOrigin = true;
        }
        long tick = tickOf(record);
        if (sizes[group]++ == 0) {
            oldestTick[group] = tick;
        }
        catchUp(group, tick - RING_MASK);
        append(record, group, tick);
    }

    /** Takes a record out. */
    void remove(int record, int group) {
        sizes[group]--;
        unlink(record);
    }

    /** {@return how many records a group has} */
    int size(int group) {
        return sizes[group];
    }

    /** Sets how many records the following calls of {@link #due} may look at together. */
    void allow(int records) {
        budget = records;
    }

    /** {@return how many records further calls of {@link #due} may look at} */
    int allowed() {
        return budget;
    }

    /**
     * {@return a record that has been idle for the timeout, or NONE if there is none or the budget
     * is used up}
     *
     * <p>A bucket is looked at when all in it are due, so a record is found at most a tick late.
     */
    int due(int group, long nowNs, long timeoutNs) {
        while (sizes[group] > 0) {
            long tick = oldestTick[group];
            if (nowNs - originNs - ((tick + 1) << TICK_SHIFT) < timeoutNs) {
                return NONE;
            }
            int head = heads[bucket(group, tick)];
            if (head == NONE) {
                oldestTick[group]++;
                continue;
            }
            if (budget == 0) {
                return NONE;
            }
            budget--;
            if (tickOf(head) <= tick) {
                return head;
            }
            moveOn(head, group);
        }
        return NONE;
    }

    /**
     * {@return a record of a group that has been idle for longest, to within a tick; NONE if the
     * group is empty}
     *
     * <p>If more than {@link #MAX_PASSED_OVER} records before it were refreshed, the oldest of
     * these is taken for it.
     */
    int oldest(int group) {
        int oldest = NONE;
        for (int passed = 0; sizes[group] > 0 && passed < MAX_PASSED_OVER; ) {
            long tick = oldestTick[group];
            int head = heads[bucket(group, tick)];
            if (head == NONE) {
                oldestTick[group]++;
            } else if (tickOf(head) <= tick) {
                return head;
            } else {
                if (oldest == NONE || isOlder(head, oldest)) {
                    oldest = head;
                }
                moveOn(head, group);
                passed++;
            }
        }
        return oldest;
    }

    /** {@return whether a record was last seen before another} */
    boolean isOlder(int record, int other) {
        return records.getWord(record, LAST_SEEN_OFFSET) - records.getWord(other, LAST_SEEN_OFFSET)
                < 0;
    }

    /** Moves a record that was seen after it was put into the oldest bucket. */
    private void moveOn(int record, int group) {
        unlink(record);
        append(record, group, tickOf(record));
    }

    /**
     * Makes the ring begin no earlier than at a tick, after a pause that is longer than it: what is
     * older goes into the bucket of that tick, and has long expired.
     */
    private void catchUp(int group, long tick) {
        long oldest = oldestTick[group];
        if (tick <= oldest) {
            return;
        }
        int head = NONE;
        int tail = NONE;
        for (long at = oldest; at < tick && at <= oldest + RING_MASK; at++) {
            int bucket = bucket(group, at);
            if (heads[bucket] != NONE) {
                if (head == NONE) {
                    head = heads[bucket];
                } else {
                    records.setInt(tail, NEXT_OFFSET, heads[bucket]);
                    records.setInt(heads[bucket], PREVIOUS_OFFSET, tail);
                }
                tail = tails[bucket];
                heads[bucket] = NONE;
                tails[bucket] = NONE;
            }
        }
        oldestTick[group] = tick;
        if (head != NONE) {
            prepend(head, tail, bucket(group, tick));
        }
    }

    /** Puts a chain of records before those that a bucket has. */
    private void prepend(int head, int tail, int bucket) {
        int first = heads[bucket];
        if (first == NONE) {
            tails[bucket] = tail;
            records.setInt(tail, NEXT_OFFSET, ~bucket);
        } else {
            records.setInt(tail, NEXT_OFFSET, first);
            records.setInt(first, PREVIOUS_OFFSET, tail);
        }
        heads[bucket] = head;
        records.setInt(head, PREVIOUS_OFFSET, ~bucket);
    }

    private void append(int record, int group, long tick) {
        long oldest = oldestTick[group];
        // Before the oldest: the clock went back. Past the ring: it was seen during a long pause.
        long within = Math.min(Math.max(tick, oldest), oldest + RING_MASK);
        int bucket = bucket(group, within);
        int tail = tails[bucket];
        if (tail == NONE) {
            heads[bucket] = record;
            records.setInt(record, PREVIOUS_OFFSET, ~bucket);
        } else {
            records.setInt(tail, NEXT_OFFSET, record);
            records.setInt(record, PREVIOUS_OFFSET, tail);
        }
        records.setInt(record, NEXT_OFFSET, ~bucket);
        tails[bucket] = record;
    }

    private void unlink(int record) {
        int next = records.getInt(record, NEXT_OFFSET);
        int previous = records.getInt(record, PREVIOUS_OFFSET);
        if (previous < 0) {
            heads[~previous] = next < 0 ? NONE : next;
        } else {
            records.setInt(previous, NEXT_OFFSET, next);
        }
        if (next < 0) {
            tails[~next] = previous < 0 ? NONE : previous;
        } else {
            records.setInt(next, PREVIOUS_OFFSET, previous);
        }
    }

    private long tickOf(int record) {
        return (records.getWord(record, LAST_SEEN_OFFSET) - originNs) >> TICK_SHIFT;
    }

    private static int bucket(int group, long tick) {
        return group * RING + ((int) tick & RING_MASK);
    }
}
