package io.github.geneve4j.appliance.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * For every number of a field, the rules whose condition about that field holds: as a row of bits,
 * one for each rule. One row more is for packets that do not have the field. Equal rows are kept
 * once.
 *
 * <p>Immutable. Sizes: 2 bytes a number, and an eighth of a byte for each rule and different row.
 */
final class NumberRules {
    private static final int NUMBER_SHIFT = 32;
    private static final int END = 1;

    private final char[] rowOf;
    private final long[][] rows;
    private final long[] none;

    private NumberRules(char[] rowOf, List<long[]> rows, long[] none) {
        this.rowOf = rowOf;
        this.rows = rows.stream().map(Bits::withSummary).toArray(long[][]::new);
        this.none = Bits.withSummary(none);
    }

    /**
     * {@return the rules by number}
     *
     * @param rules all of a policy
     * @param ranges which numbers of a rule; none if the rule has no condition about them
     * @param numbers from 0 to one less, at most 65536
     */
    static NumberRules of(List<Rule> rules, Function<Match, List<Range>> ranges, int numbers) {
        long[] edges = edges(rules, ranges);
        long[] current = new long[Bits.words(rules.size())];
        int[] depth = new int[rules.size()]; // ranges of a rule that the number is in
        for (int i = 0; i < rules.size(); i++) {
            Bits.set(current, i, ranges.apply(rules.get(i).match()).isEmpty());
        }
        long[] none = current.clone(); // no such field: those without a condition
        Map<Bits.Row, Integer> known = new HashMap<>();
        List<long[]> rows = new ArrayList<>();
        char[] rowOf = new char[numbers];
        int next = 0;
        for (int n = 0; n < numbers; ) {
            for (; next < edges.length && edges[next] >>> NUMBER_SHIFT == n; next++) {
                int rule = (int) edges[next] >>> 1;
                depth[rule] += (edges[next] & END) == 0 ? 1 : -1;
                Bits.set(current, rule, depth[rule] > 0);
            }
            long behind = next < edges.length ? edges[next] >>> NUMBER_SHIFT : numbers;
            int end = (int) Math.min(behind, numbers);
            Arrays.fill(rowOf, n, end, number(current, known, rows));
            n = end;
        }
        return new NumberRules(rows.size() == 1 ? new char[0] : rowOf, rows, none);
    }

    /** {@return where ranges begin, and behind which number they end: number, rule, and which} */
    private static long[] edges(List<Rule> rules, Function<Match, List<Range>> ranges) {
        LongStream.Builder edges = LongStream.builder();
        for (int i = 0; i < rules.size(); i++) {
            for (Range range : ranges.apply(rules.get(i).match())) {
                edges.add((long) range.first() << NUMBER_SHIFT | (long) i << 1);
                edges.add((range.last() + 1L) << NUMBER_SHIFT | (long) i << 1 | END);
            }
        }
        return edges.build().sorted().toArray();
    }

    private static char number(long[] bits, Map<Bits.Row, Integer> known, List<long[]> rows) {
        Integer number = known.get(new Bits.Row(bits));
        if (number == null) {
            long[] copy = bits.clone();
            number = rows.size();
            known.put(new Bits.Row(copy), number);
            rows.add(copy);
        }
        return (char) number.intValue(); // there are no more rows than numbers
    }

    /**
     * {@return the row of a number, and behind it the row's summary, a bit for each of its words:
     * whether it is not 0; not to be changed}
     */
    long[] row(int number) {
        return rowOf.length == 0 ? rows[0] : rows[rowOf[number]];
    }

    /**
     * {@return the row of packets that do not have the field, and its summary; not to be changed}
     */
    long[] none() {
        return none;
    }

    /** {@return bytes, roughly} */
    long memoryLength() {
        return (long) rows.length * rows[0].length * Long.BYTES
                + (long) rowOf.length * Character.BYTES;
    }
}
