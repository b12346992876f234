package io.github.geneve4j.appliance.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * For every address of one family, the rules that name a network that it is in: as a row of bits,
 * one for each rule, of which only the words that are not 0 are kept.
 *
 * <p>All networks together cut the addresses into intervals with one row each; few networks hold
 * any one address, so rows are short. Equal rows are kept once.
 *
 * <p>Immutable. Sizes: 16 bytes for an interval, at most two intervals a network and one more, and
 * for a row 8 bytes for each word that is not 0, and as much for each 64 words.
 */
final class AddressRules {
    private static final int PREFIX_BITS = 16; // of IPv4, to begin the search with
    private static final int PREFIXES = 1 << PREFIX_BITS;

    private final boolean ipv6;
    private final long[] highs; // of first addresses of intervals, ascending, unsigned
    private final long[] lows;
    private final int[] rows; // of intervals
    private final int[] prefixes; // the interval that the first address of each prefix is in
    private final int summaryLength; // words of a row's summary
    private final long[] summaries; // by row, a bit for each word: whether it is not 0
    private final int[] starts; // by row, of its words
    private final long[] words;

    private record Boundary(long high, long low, int list, int change) {}

    private AddressRules(
            boolean ipv6, int summaryLength, long[] highs, long[] lows, int[] rows, Rows made) {
        this.ipv6 = ipv6;
        this.summaryLength = summaryLength;
        this.highs = highs;
        this.lows = lows;
        this.rows = rows;
        this.summaries = made.summaries();
        this.starts = made.starts();
        this.words = made.words();
        this.prefixes = ipv6 ? new int[0] : prefixes();
    }

    /**
     * {@return the rules by address}
     *
     * @param rules the networks of each rule; a rule without any is in no row
     * @param ipv6 the family
     */
    static AddressRules of(List<List<Network>> rules, boolean ipv6) {
        List<List<Network>> lists = new ArrayList<>(); // each once, as many rules name one set
        List<List<Integer>> rulesOf = new ArrayList<>();
        group(rules, lists, rulesOf);
        int[] holding = new int[rules.size()]; // lists of a rule that the address is in
        List<Boundary> boundaries = boundaries(lists, ipv6);
        int rowLength = Bits.words(rules.size());
        long[] current = new long[rowLength];
        int[] depth = new int[lists.size()]; // networks of a list that the address is in
        Rows made = new Rows(Bits.words(rowLength));
        long[] highs = new long[boundaries.size() + 1];
        long[] lows = new long[boundaries.size() + 1];
        int[] rows = new int[boundaries.size() + 1];
        int intervals = 0;
        int next = 0;
        long high = 0;
        long low = 0;
        while (true) {
            while (next < boundaries.size()
                    && boundaries.get(next).high() == high
                    && boundaries.get(next).low() == low) {
                Boundary boundary = boundaries.get(next++);
                int list = boundary.list();
                boolean was = depth[list] > 0;
                depth[list] += boundary.change();
                boolean is = depth[list] > 0;
                if (is == was) {
                    continue;
                }
                for (int rule : rulesOf.get(list)) {
                    holding[rule] += is ? 1 : -1;
                    Bits.set(current, rule, holding[rule] > 0);
                }
            }
            int row = made.row(current);
            if (intervals == 0 || rows[intervals - 1] != row) {
                highs[intervals] = high;
                lows[intervals] = low;
                rows[intervals++] = row;
            }
            if (next == boundaries.size()) {
                break;
            }
            high = boundaries.get(next).high();
            low = boundaries.get(next).low();
        }
        return new AddressRules(
                ipv6,
                Bits.words(rowLength),
                Arrays.copyOf(highs, intervals),
                Arrays.copyOf(lows, intervals),
                Arrays.copyOf(rows, intervals),
                made);
    }

    /** Finds the lists that rules share, and the rules of each; a rule may have several. */
    private static void group(
            List<List<Network>> rules, List<List<Network>> lists, List<List<Integer>> rulesOf) {
        IdentityHashMap<List<Network>, Integer> known = new IdentityHashMap<>();
        for (int rule = 0; rule < rules.size(); rule++) {
            for (List<Network> part : JoinedNetworks.parts(rules.get(rule))) {
                Integer list = known.putIfAbsent(part, lists.size());
                if (list == null) {
                    list = lists.size();
                    lists.add(part);
                    rulesOf.add(new ArrayList<>());
                }
                rulesOf.get(list).add(rule);
            }
        }
    }

    private static List<Boundary> boundaries(List<List<Network>> lists, boolean ipv6) {
        List<Boundary> boundaries = new ArrayList<>();
        for (int i = 0; i < lists.size(); i++) {
            for (Network network : lists.get(i)) {
                if (network.ipv6() == ipv6) {
                    boundaries.add(new Boundary(network.high(), network.low(), i, 1));
                    long low = network.lastLow() + 1;
                    long high = network.lastHigh() + (low == 0 ? 1 : 0);
                    if (low != 0 || high != 0) { // else there is nothing behind it
                        boundaries.add(new Boundary(high, low, i, -1));
                    }
                }
            }
        }
        Comparator<Boundary> order =
                (a, b) ->
                        a.high() == b.high()
                                ? Long.compareUnsigned(a.low(), b.low())
                                : Long.compareUnsigned(a.high(), b.high());
        boundaries.sort(order);
        return boundaries;
    }

    private int[] prefixes() {
        int[] first = new int[PREFIXES + 1];
        int interval = 0;
        for (int prefix = 0; prefix < PREFIXES; prefix++) {
            long address = (long) prefix << PREFIX_BITS;
            while (interval + 1 < lows.length && lows[interval + 1] <= address) {
                interval++;
            }
            first[prefix] = interval;
        }
        first[PREFIXES] = lows.length - 1;
        return first;
    }

    /** {@return the row of an address} */
    int row(long high, long low) {
        int from = 0;
        int to = rows.length - 1;
        if (!ipv6) {
            int prefix = (int) (low >>> PREFIX_BITS);
            from = prefixes[prefix];
            to = prefixes[prefix + 1];
        }
        while (from < to) { // the last interval that does not begin behind the address
            int middle = (from + to + 1) >>> 1;
            if (isAtOrBehind(middle, high, low)) {
                from = middle;
            } else {
                to = middle - 1;
            }
        }
        return rows[from];
    }

    private boolean isAtOrBehind(int interval, long high, long low) {
        long first = highs[interval];
        return first == high
                ? Long.compareUnsigned(low, lows[interval]) >= 0
                : Long.compareUnsigned(high, first) > 0;
    }

    /** {@return a bit for each of 64 words of a row: whether it is not 0} */
    long summary(int row, int group) {
        return summaries[row * summaryLength + group];
    }

    /** {@return where a row's first word that is not 0 is} */
    int start(int row) {
        return starts[row];
    }

    /** {@return one of a row's words that are not 0} */
    long word(int index) {
        return words[index];
    }

    /** {@return bytes, roughly} */
    long memoryLength() {
        return Long.BYTES * ((long) highs.length + lows.length + summaries.length + words.length)
                + Integer.BYTES * ((long) rows.length + prefixes.length + starts.length);
    }

    /** Rows while they are made. */
    private static final class Rows {
        private final int summaryLength;
        private final Map<Bits.Row, Integer> known = new HashMap<>();
        private final List<long[]> inOrder = new ArrayList<>();

        Rows(int summaryLength) {
            this.summaryLength = summaryLength;
        }

        /** {@return the number of a row like this one} */
        int row(long[] bits) {
            Integer number = known.get(new Bits.Row(bits));
            if (number == null) {
                long[] copy = bits.clone();
                number = inOrder.size();
                known.put(new Bits.Row(copy), number);
                inOrder.add(copy);
            }
            return number;
        }

        long[] summaries() {
            long[] summaries = new long[inOrder.size() * summaryLength];
            for (int row = 0; row < inOrder.size(); row++) {
                long[] bits = inOrder.get(row);
                for (int i = 0; i < bits.length; i++) {
                    if (bits[i] != 0) {
                        summaries[row * summaryLength + i / Long.SIZE] |= 1L << i;
                    }
                }
            }
            return summaries;
        }

        int[] starts() {
            int[] starts = new int[inOrder.size()];
            int start = 0;
            for (int row = 0; row < starts.length; row++) {
                starts[row] = start;
                start += (int) Arrays.stream(inOrder.get(row)).filter(word -> word != 0).count();
            }
            return starts;
        }

        long[] words() {
            return inOrder.stream()
                    .flatMapToLong(Arrays::stream)
                    .filter(word -> word != 0)
                    .toArray();
        }
    }
}
