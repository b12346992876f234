package io.github.geneve4j.io.bpf;

/**
 * Where the fast path's program and its owner keep what they share: the slots of flows, the words
 * by which the owner rules all of them, and the counters.
 *
 * <p>All of it is in arrays that the owner has mapped, so that it learns and changes everything by
 * loads and stores. A flow has a slot for each direction, in one of two buckets, which a hash of
 * the packet's own bytes names. Keys are those bytes, as a little-endian machine loads them.
 *
 * <pre>
 * IPv4                                      IPv6
 *  0  generation:32 packets:32               0  generation:32 packets:32
 *  8  endpoint                               8  endpoint
 * 16  source, destination                   16  source
 * 24  ports:32 protocol:8 0:24              32  destination
 * 32  bytes                                 48  ports:32 protocol:8 0:24
 * 40  last seen, ns                         64  bytes
 * 48  most bytes                            72  last seen, ns
 * 56  most packets:32                       80  most bytes
 * 60  cookie:32                             88  most packets:32
 *                                           92  cookie:32
 * </pre>
 *
 * <p>The first word says whether the slot counts and how many packets it has let pass, in one: the
 * program adds a packet to just the word by which it was allowed to, or not at all, and the owner
 * ends a flow and learns how many had passed until then. The packets never overflow: they are
 * limited to 2^32 - 1 at most, and the program adds none beyond.
 */
public final class FastPathLayout {
    /** Slots of a bucket, one behind the other. */
    public static final int BUCKET_SLOTS = 4;

    /** 64 bits: generation, packets; 0 if the slot is free. */
    public static final int WORD = 0;

    /** {@link #WORD}: where the generation begins. */
    public static final int GENERATION_SHIFT = Integer.SIZE;

    /** 64 bits, big-endian as in the packet. */
    public static final int ENDPOINT = 8;

    /** 64 bits for IPv4, 256 for IPv6. */
    public static final int ADDRESSES = 16;

    /** From {@link Slot#counts}: 64 bits, of inner packets. */
    public static final int BYTES = 0;

    /** From {@link Slot#counts}: 64 bits, by CLOCK_MONOTONIC. */
    public static final int LAST_SEEN = 8;

    /** From {@link Slot#counts}: 64 bits. */
    public static final int MOST_BYTES = 16;

    /** From {@link Slot#counts}: 32 bits. */
    public static final int MOST_PACKETS = 24;

    /** From {@link Slot#counts}: 32 bits, of the last packet, big-endian as in the packet. */
    public static final int COOKIE = 28;

    /** In the owner's words: 64 bits, the generation that holds. */
    public static final int GENERATION = 0;

    /** In the owner's words: 64 bits, by CLOCK_MONOTONIC: until when it vouches for the slots. */
    public static final int LEASE = 8;

    /** Bytes of the owner's words. */
    public static final int CONTROL_LENGTH = 64;

    /** In a processor's counters: 64 bits, packets that passed. */
    public static final int HITS = 0;

    /** In a processor's counters: 64 bits, bytes of their inner packets. */
    public static final int HIT_BYTES = 8;

    /** In a processor's counters: 64 bits for each cause, in the order of {@link Miss}. */
    public static final int MISSES = 16;

    /** Bytes of a processor's counters. */
    public static final int COUNTERS_LENGTH = 128;

    /** Factors of the hash, all odd. */
    static final long FIRST_FACTOR = 0x9e37_79b9_7f4a_7c15L;

    static final long SECOND_FACTOR = 0xbf58_476d_1ce4_e5b9L;
    static final long THIRD_FACTOR = 0x94d0_49bb_1331_11ebL;

    private FastPathLayout() {}

    /** Why a packet goes to the owner. */
    public enum Miss {
        /** Not from the load balancer. */
        ORIGIN,
        /** Outer headers or tunnel header that are not what the load balancer sends. */
        OUTER,
        /** An inner packet that is no whole TCP segment or UDP datagram without extensions. */
        INNER,
        /** A segment that begins or ends a connection, or that no TCP sends. */
        TCP_FLAGS,
        /** A flow without a slot. */
        UNKNOWN,
        /** A flow that was judged by a policy that holds no more. */
        GENERATION,
        /** A flow that has passed as many packets or bytes as it may. */
        LIMIT,
        /** The owner has not vouched for the slots for too long. */
        LEASE
    }

    /**
     * How a slot lies.
     *
     * @param length bytes
     * @param addressWords words of 64 bits
     * @param ports offset of 64 bits: ports, protocol
     * @param counts offset of what the owner and the program count
     */
    public record Slot(int length, int addressWords, int ports, int counts) {
        /** A flow of IPv4: one cache line. */
        public static final Slot IPV4 = new Slot(64, 1, 24, 32);

        /** A flow of IPv6: two cache lines. */
        public static final Slot IPV6 = new Slot(128, 4, 48, 64);
    }

    /**
     * {@return the word that slots of a generation begin with, before any packet}
     *
     * @param generation 1 or more
     */
    public static long word(int generation) {
        return (long) generation << GENERATION_SHIFT;
    }

    /**
     * {@return the hash after another word of a key}
     *
     * @param hash before; the seed at first
     * @param word endpoint, then addresses
     */
    public static long mix(long hash, long word) {
        long mixed = (hash + word) * FIRST_FACTOR;
        return mixed ^ mixed >>> Integer.SIZE;
    }

    /**
     * {@return the hash of a key, whose lower and upper half name a bucket each}
     *
     * @param hash after the other words
     * @param ports the last word
     */
    public static long finish(long hash, long ports) {
        long mixed = (hash + ports) * SECOND_FACTOR;
        mixed = (mixed ^ mixed >>> 29) * THIRD_FACTOR;
        return mixed ^ mixed >>> Integer.SIZE;
    }
}
