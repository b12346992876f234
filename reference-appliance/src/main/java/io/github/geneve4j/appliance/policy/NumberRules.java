package io.github.geneve4j.appliance.policy;

import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * For every number of a field, the rules whose condition about that field holds: as a row of bits,
 * one for each rule. One row more is for packets that do not have the field. Equal rows are kept
 * once.
 *
 * <p>Immutable. Sizes: 2 bytes a number, and an eighth of a byte for each rule and different row.
 */
final class NumberRules {
    private final char[] rowOf;
    private final long[][] rows;
    private final long[] none;

    private NumberRules(char[] rowOf, List<long[]> rows, long[] none) {
        this.rowOf = rowOf;
        this.rows = rows.toArray(long[][]::new);
        this.none = none;
    }

    /**
     * {@return the rules by number}
     *
     * @param rules all of a policy
     * @param ranges which numbers of a rule; none if the rule has no condition about them
     * @param numbers from 0 to one less, at most 65536
     */
    static NumberRules of(List<Rule> rules, Function<Match, List<Range>> ranges, int numbers) {
        int rowLength = Bits.words(rules.size());
        List<List<Integer>> begins = new ArrayList<>();
        List<List<Integer>> ends = new ArrayList<>();
        for (int i = 0; i <= numbers; i++) {
            begins.add(List.of());
            ends.add(List.of());
        }
        long[] current = new long[rowLength];
        int[] depth = new int[rules.size()]; // ranges of a rule that the number is in
        for (int i = 0; i < rules.size(); i++) {
            List<Range> own = ranges.apply(rules.get(i).match());
            if (own.isEmpty()) {
                Bits.set(current, i, true);
            }
            for (Range range : own) {
                note(begins, range.first(), i);
                note(ends, Math.min(range.last() + 1, numbers), i);
            }
        }
        long[] none = current.clone(); // no such field: those without a condition
        Map<LongBuffer, Integer> known = new HashMap<>();
        List<long[]> rows = new ArrayList<>();
        char[] rowOf = new char[numbers];
        for (int n = 0; n < numbers; n++) {
            boolean same = n > 0 && begins.get(n).isEmpty() && ends.get(n).isEmpty();
            for (int rule : begins.get(n)) {
                depth[rule]++;
                Bits.set(current, rule, true);
            }
            for (int rule : ends.get(n)) {
                depth[rule]--;
                Bits.set(current, rule, depth[rule] > 0);
            }
            rowOf[n] = same ? rowOf[n - 1] : number(current, known, rows);
        }
        return new NumberRules(rows.size() == 1 ? new char[0] : rowOf, rows, none);
    }

    private static void note(List<List<Integer>> at, int number, int rule) {
        if (at.get(number).isEmpty()) {
            at.set(number, new ArrayList<>());
        }
        at.get(number).add(rule);
    }

    private static char number(long[] bits, Map<LongBuffer, Integer> known, List<long[]> rows) {
        Integer number = known.get(LongBuffer.wrap(bits));
        if (number == null) {
            long[] copy = bits.clone();
            number = rows.size();
            known.put(LongBuffer.wrap(copy), number);
            rows.add(copy);
        }
        return (char) number.intValue(); // there are no more rows than numbers
    }

    /** {@return the row of a number; not to be changed} */
    long[] row(int number) {
        return rowOf.length == 0 ? rows[0] : rows[rowOf[number]];
    }

    /** {@return the row of packets that do not have the field; not to be changed} */
    long[] none() {
        return none;
    }

    /** {@return bytes, roughly} */
    long memoryLength() {
        return (long) rows.length * rows[0].length * Long.BYTES
                + (long) rowOf.length * Character.BYTES;
    }
}
