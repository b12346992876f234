package io.github.geneve4j.flow;

import java.security.SecureRandom;

/**
 * Turns a flow into 64 well-mixed bits, the same for both of its directions, under a seed that
 * others do not know.
 *
 * <p>The two endpoints are put in order first, each address with its port, and then mixed by
 * multiplications of 64 by 64 bits whose halves are folded together. Nothing is combined by XOR
 * across endpoints, so flows between mirrored addresses, or with equal ports, stay apart as well as
 * any. All bits of a value are of equal worth: take any of them, or any remainder.
 *
 * <p><b>Seed:</b> with {@link #random()}, who sends packets cannot tell which of them will collide,
 * which is what a table needs against hostile traffic. It is no message authentication code: a
 * sender who sees the values may learn something about the seed.
 *
 * <p><b>Stability:</b> the same seed gives the same value for the same flow on every machine and
 * Java release, and in every release of this library with the same major version. Values may be
 * compared between machines that share a seed.
 *
 * <p><b>Allocation:</b> none. <b>Threads:</b> any, it is immutable.
 */
public final class FlowHash {
    private static final long GOLDEN_GAMMA = 0x9e37_79b9_7f4a_7c15L;
    private static final long MIX_1 = 0xbf58_476d_1ce4_e5b9L;
    private static final long MIX_2 = 0x94d0_49bb_1331_11ebL;

    private static final int PORT_BITS = 16;
    private static final int PORT_MASK = 0xffff;
    private static final int KIND_SHIFT = 32;
    private static final int IPV4_ENDPOINT_BITS = 48;

    private final long key0;
    private final long key1;
    private final long key2;
    private final long key3;
    private final long key4;
    private final long key5;
    private final long key6;

    private FlowHash(long seed) {
        key0 = expand(seed, 1);
        key1 = expand(seed, 2);
        key2 = expand(seed, 3);
        key3 = expand(seed, 4);
        key4 = expand(seed, 5);
        key5 = expand(seed, 6);
        key6 = expand(seed, 7);
    }

    /** {@return a hash under a seed that nobody knows} */
    public static FlowHash random() {
        return new FlowHash(new SecureRandom().nextLong());
    }

    /**
     * {@return a hash under a known seed, for tests and for machines that must agree}
     *
     * @param seed any
     */
    public static FlowHash seeded(long seed) {
        return new FlowHash(seed);
    }

    /**
     * {@return 64 bits for the flow, equal for both directions}
     *
     * @param tuple of a wrapped packet, within its scope
     */
    public long hash(FiveTuple tuple) {
        return hash(0, tuple);
    }

    /**
     * {@return 64 bits for the flow as seen at one endpoint of a load balancer, where networks
     * behind different endpoints may use the same addresses}
     *
     * @param endpointId any; with 0 the value is that of {@link #hash(FiveTuple)}
     * @param tuple of a wrapped packet, within its scope
     */
    public long hash(long endpointId, FiveTuple tuple) {
        long keyWord = tuple.keyWord(); // first: it checks that there is a flow
        return hash(
                endpointId,
                tuple.lowerHigh(),
                tuple.lowerLow(),
                tuple.upperHigh(),
                tuple.upperLow(),
                keyWord);
    }

    /** {@return the hash of a key as {@link FiveTuple} forms it} */
    long hash(
            long endpointId,
            long lowerHigh,
            long lowerLow,
            long upperHigh,
            long upperLow,
            long keyWord) {
        long mixed;
        if (FiveTuple.isIpv6(keyWord)) {
            mixed =
                    fold(
                            fold(lowerHigh ^ key0, lowerLow ^ key1) ^ keyWord,
                            fold(upperHigh ^ key2, upperLow ^ key3) ^ key4);
        } else {
            int ports = (int) keyWord;
            long kind = keyWord >>> KIND_SHIFT;
            long lower = (lowerLow << PORT_BITS) | (ports >>> PORT_BITS);
            long upper = (upperLow << PORT_BITS) | (ports & PORT_MASK);
            mixed = fold(lower ^ key0, upper ^ (kind << IPV4_ENDPOINT_BITS) ^ key1);
        }
        return mix(mixed, endpointId);
    }

    /**
     * {@return two words mixed under the seed; which is which counts}
     *
     * <p>For tables that are keyed by something else than a flow, such as an address.
     *
     * @param a any
     * @param b any
     */
    public long mix(long a, long b) {
        return fold(a ^ key5, b ^ key6);
    }

    /**
     * {@return both halves of the unsigned 128-bit product, folded into one}
     *
     * <p>Signed, {@code -a} times {@code -b} would be {@code a} times {@code b}: flows whose words
     * differ in all bits but the last would collide under many seeds.
     */
    private static long fold(long a, long b) {
        long high = Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
        return high ^ (a * b);
    }

    /** {@return the nth output of a SplitMix64 generator (Steele, Lea, Flood 2014)} */
    private static long expand(long seed, int n) {
        long z = seed + n * GOLDEN_GAMMA;
        z = (z ^ (z >>> 30)) * MIX_1;
        z = (z ^ (z >>> 27)) * MIX_2;
        return z ^ (z >>> 31);
    }
}
