package io.github.geneve4j.flow;

import java.util.Arrays;
import java.util.List;

/**
 * Chooses a target for a flow by one read of a table (Eisenbud et al., "Maglev", NSDI 2016 §3.4).
 *
 * <p>Each target has an order of preference over all entries of the table; they take turns, each
 * taking the first entry it prefers that is free, a target of half the weight every other turn. So
 * shares are even to within an entry for each target, and a table made for other targets gives most
 * flows the same target as before. It is not minimal: besides the flows of a target that left, a
 * few others move. {@link RendezvousSelector} moves none, but looks at every target.
 *
 * <p>Tables made of the same targets, in any order, with the same size and seed are alike, on every
 * machine. Machines agree on a flow's target if they hash it alike, too: by a {@link FlowHash}
 * under one seed that they share and others do not know. Make a new one when targets change;
 * nothing in a table ever changes. That takes milliseconds for hundreds of targets; the time grows
 * with their number where one has nearly all the weight, to a second for five thousand.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> any, it is immutable.
 */
public final class MaglevTable {
    /** A prime that keeps shares within 1 % for up to some 650 targets of equal weight. */
    public static final int DEFAULT_SIZE = 65_537;

    /** The greatest number of entries. */
    public static final int MAX_SIZE = 16_777_213;

    private static final int FREE = -1;
    private static final long OFFSET = 1;
    private static final long SKIP = 2;

    private final List<Target> targets;
    private final int[] entries;

    private MaglevTable(List<Target> targets, int[] entries) {
        this.targets = targets;
        this.entries = entries;
    }

    /**
     * {@return a table of {@value #DEFAULT_SIZE} entries under seed 0}
     *
     * @param targets with different ids, at least one of them with a weight above 0
     */
    public static MaglevTable of(List<Target> targets) {
        return of(targets, DEFAULT_SIZE, 0);
    }

    /**
     * {@return a table}
     *
     * @param targets with different ids, at least one of them with a weight above 0
     * @param size entries of 4 bytes, a prime up to {@value #MAX_SIZE}, a hundred times the number
     *     of targets or more for even shares; at least that number
     * @param seed decides the orders of preference; the same on all machines that must agree
     */
    public static MaglevTable of(List<Target> targets, int size, long seed) {
        List<Target> checked = Targets.checked(targets);
        Ranges.within("size", size, Math.max(2, checked.size()), MAX_SIZE);
        if (!isPrime(size)) {
            throw new IllegalArgumentException("size " + size + ": not a prime");
        }
        return new MaglevTable(checked, fill(checked, size, FlowHash.seeded(seed)));
    }

    /**
     * {@return the index in {@link #targets()} of the target for a flow}
     *
     * @param hash of the flow, from {@link FlowHash}; its upper half counts
     */
    public int select(long hash) {
        return entries[(int) (((hash >>> Integer.SIZE) * entries.length) >>> Integer.SIZE)];
    }

    /** {@return the targets that the table was made of, in their order} */
    public List<Target> targets() {
        return targets;
    }

    /** {@return the number of entries} */
    public int size() {
        return entries.length;
    }

    private static int[] fill(List<Target> targets, int size, FlowHash hash) {
        // Turns go by id, so that the order of the list does not count
        Integer[] turns = new Integer[targets.size()];
        Arrays.setAll(turns, i -> i);
        Arrays.sort(turns, (a, b) -> Long.compare(targets.get(a).id(), targets.get(b).id()));

        long[] at = new long[turns.length];
        long[] skip = new long[turns.length];
        int[] credit = new int[turns.length];
        for (int i = 0; i < turns.length; i++) {
            long id = targets.get(i).id();
            at[i] = Long.remainderUnsigned(hash.mix(hash.mix(id, OFFSET), OFFSET), size);
            skip[i] = Long.remainderUnsigned(hash.mix(hash.mix(id, SKIP), SKIP), size - 1) + 1;
        }

        int heaviest = Targets.heaviest(targets);
        int[] entries = new int[size];
        Arrays.fill(entries, FREE);
        for (int filled = 0; filled < size; ) {
            for (int turn = 0; turn < turns.length && filled < size; turn++) {
                int i = turns[turn];
                credit[i] += targets.get(i).weight();
                if (credit[i] < heaviest) {
                    continue;
                }
                credit[i] -= heaviest;
                while (entries[(int) at[i]] != FREE) {
                    at[i] = (at[i] + skip[i]) % size;
                }
                entries[(int) at[i]] = i;
                filled++;
            }
        }
        return entries;
    }

    private static boolean isPrime(int number) {
        if (number % 2 == 0) {
            return number == 2;
        }
        for (int divisor = 3; divisor * divisor <= number; divisor += 2) {
            if (number % divisor == 0) {
                return false;
            }
        }
        return true;
    }
}
