package io.github.geneve4j.appliance.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Sets of numbers, for the analysis of rules: the first and last of each span, ascending, with a
 * gap between any two. So a span is in a set only if it is in one span of it. Nobody changes such
 * an array.
 */
final class Spans {
    private Spans() {}

    /** {@return the set of all numbers from one to another, both included} */
    static long[] of(long first, long last) {
        return new long[] {first, last};
    }

    /** {@return what is in at least one of the sets} */
    static long[] union(List<long[]> sets) {
        List<long[]> spans = new ArrayList<>();
        for (long[] set : sets) {
            for (int i = 0; i < set.length; i += 2) {
                spans.add(of(set[i], set[i + 1]));
            }
        }
        spans.sort(Comparator.comparingLong(span -> span[0]));
        long[] union = new long[2 * spans.size()];
        int end = 0;
        for (long[] span : spans) {
            if (end > 0 && span[0] <= union[end - 1] + 1) {
                union[end - 1] = Math.max(union[end - 1], span[1]);
            } else {
                union[end++] = span[0];
                union[end++] = span[1];
            }
        }
        return Arrays.copyOf(union, end);
    }

    /** {@return what is in both sets} */
    static long[] intersection(long[] a, long[] b) {
        long[] common = new long[a.length + b.length];
        int end = 0;
        for (int i = 0, j = 0; i < a.length && j < b.length; ) {
            long first = Math.max(a[i], b[j]);
            long last = Math.min(a[i + 1], b[j + 1]);
            if (first <= last) {
                common[end++] = first;
                common[end++] = last;
            }
            if (a[i + 1] < b[j + 1]) {
                i += 2;
            } else {
                j += 2;
            }
        }
        return Arrays.copyOf(common, end);
    }

    /** {@return what is in the first set and not in the second} */
    static long[] difference(long[] a, long[] b) {
        long[] rest = new long[a.length + b.length];
        int end = 0;
        int from = 0;
        for (int i = 0; i < a.length; i += 2) {
            long first = a[i];
            long last = a[i + 1];
            while (from < b.length && b[from + 1] < first) {
                from += 2;
            }
            for (int j = from; j < b.length && b[j] <= last; j += 2) {
                if (b[j] > first) {
                    rest[end++] = first;
                    rest[end++] = b[j] - 1;
                }
                first = b[j + 1] + 1;
            }
            if (first <= last) {
                rest[end++] = first;
                rest[end++] = last;
            }
        }
        return Arrays.copyOf(rest, end);
    }

    /** {@return whether the sets have a number in common} */
    static boolean intersect(long[] a, long[] b) {
        for (int i = 0, j = 0; i < a.length && j < b.length; ) {
            if (a[i] <= b[j + 1] && b[j] <= a[i + 1]) {
                return true;
            }
            if (a[i + 1] < b[j + 1]) {
                i += 2;
            } else {
                j += 2;
            }
        }
        return false;
    }

    /** {@return whether all of the second set is in the first} */
    @SuppressWarnings("ReferenceEquality") // only spares the comparison
    static boolean contains(long[] a, long[] b) {
        if (a == b) {
            return true; // one set that two rules name, however long it is
        }
        int i = 0;
        for (int j = 0; j < b.length; j += 2) {
            while (i < a.length && a[i + 1] < b[j + 1]) {
                i += 2;
            }
            if (i == a.length || a[i] > b[j]) {
                return false;
            }
        }
        return true;
    }
}
