package io.github.geneve4j.simulator;

import java.util.SplittableRandom;

/**
 * Names flows by 32 bits that look random and never repeat among live flows: a place in the flow
 * table and how often it was used, sent through a seeded permutation.
 *
 * <p>So a cookie leads back to its place without a search, which tells what a wrong one once was. A
 * place takes all its numbers before one comes again: 1024 of them in the largest table.
 */
final class FlowCookies {
    private static final int HALF = 16;
    private static final int SHIFT = 15;

    private final int keyBefore;
    private final int keyAfter;
    private final int multiplier;
    private final int secondMultiplier;
    private final int inverse;
    private final int secondInverse;
    private final int placeBits;
    private final int[] latest;

    FlowCookies(long seed, int places) {
        SplittableRandom random = new SplittableRandom(seed);
        keyBefore = random.nextInt();
        keyAfter = random.nextInt();
        multiplier = random.nextInt() | 1;
        secondMultiplier = random.nextInt() | 1;
        inverse = inverse(multiplier);
        secondInverse = inverse(secondMultiplier);
        placeBits = Integer.SIZE - Integer.numberOfLeadingZeros(places - 1);
        latest = new int[places];
    }

    /** {@return a cookie for a flow that begins at a place; not the one before} */
    int begin(int place) {
        latest[place]++;
        return latest(place);
    }

    /** {@return the cookie of the last flow that began at a place} */
    int latest(int place) {
        return permute(latest[place] << placeBits | place);
    }

    /** {@return the place that a cookie names, or -1 if there is no such place} */
    int place(int cookie) {
        int place = undo(cookie) & ((1 << placeBits) - 1);
        return place < latest.length ? place : -1;
    }

    /** {@return whether a cookie of a place was given before its latest} */
    boolean isEarlier(int cookie, int place) {
        int uses = undo(cookie) >>> placeBits;
        return uses != 0 && uses < latest[place];
    }

    private int permute(int number) {
        int x = (number ^ keyBefore) * multiplier;
        x ^= x >>> HALF;
        x *= secondMultiplier;
        x ^= x >>> SHIFT;
        return x ^ keyAfter;
    }

    private int undo(int cookie) {
        int x = cookie ^ keyAfter;
        x ^= (x >>> SHIFT) ^ (x >>> (2 * SHIFT));
        x *= secondInverse;
        x ^= x >>> HALF;
        return (x * inverse) ^ keyBefore;
    }

    /** {@return what an odd number must be multiplied by to give 1, by Newton's method} */
    private static int inverse(int odd) {
        int inverse = odd; // right in 3 bits, and each step doubles them
        for (int bits = 3; bits < Integer.SIZE; bits *= 2) {
            inverse *= 2 - odd * inverse;
        }
        return inverse;
    }
}
