package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.bpf.BpfMap;
import io.github.geneve4j.io.bpf.FastPathLayout;
import io.github.geneve4j.io.bpf.FastPathLayout.Slot;
import io.github.geneve4j.io.sys.MappedMemory;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The slots of one IP version, which the program reads and counts in while this writes.
 *
 * <p>A slot is claimed, filled, and then shown to the program by its first word. When it is freed,
 * it rests for a while, so that a program that had just found it does not find another flow there.
 *
 * <p><b>Allocation:</b> none after opening. <b>Threads:</b> any, but each slot has one that added
 * it, and only that one may use it until it has removed it.
 */
final class FastPathTable implements AutoCloseable {
    static final int NONE = -1;

    private static final VarHandle WORDS = JAVA_LONG.varHandle();
    private static final long CLAIMED = 1; // generation 0, which never holds
    private static final long SUSPENDED = Long.MIN_VALUE; // nor does this one, 2^31
    private static final long REST_NANOS = 100_000_000;
    private static final long PACKETS = 0xffff_ffffL;

    private final Slot slot;
    private final int buckets;
    private final long seed;
    private final BpfMap map;
    private final MappedMemory memory;
    private final MemorySegment slots;

    private FastPathTable(Slot slot, int buckets, long seed, BpfMap map, MappedMemory memory) {
        this.slot = slot;
        this.buckets = buckets;
        this.seed = seed;
        this.map = map;
        this.memory = memory;
        this.slots = memory.segment();
    }

    /**
     * {@return an empty table}
     *
     * @param name for administrators
     * @param slot how its slots lie
     * @param buckets a power of two
     * @param seed of the hash
     */
    static FastPathTable open(String name, Slot slot, int buckets, long seed) throws IOException {
        int length = slot.length() * FastPathLayout.BUCKET_SLOTS;
        BpfMap map = BpfMap.createShared(name, length, buckets);
        try {
            MappedMemory memory = map.mapValues((long) length * buckets);
            return new FastPathTable(slot, buckets, seed, map, memory);
        } catch (Throwable e) {
            map.close();
            throw e;
        }
    }

    /** {@return the map's descriptor} */
    int descriptor() {
        return map.descriptor();
    }

    int buckets() {
        return buckets;
    }

    /**
     * {@return the slot of a new flow, or NONE if both of its buckets are full}
     *
     * @param buffer holds the packet whose flow it is, in its direction
     * @param endpoint index of the endpoint's identifier
     * @param addresses index of the inner source address
     * @param ports the last word of the key
     * @param generation that lets it pass
     * @param mostPackets unsigned
     * @param mostBytes 0 or more
     * @param nowNs by {@link System#nanoTime}
     */
    int add(
            ByteBuf buffer,
            int endpoint,
            int addresses,
            long ports,
            int generation,
            int mostPackets,
            long mostBytes,
            long nowNs) {
        long hash = FastPathLayout.mix(seed, buffer.getLongLE(endpoint));
        for (int i = 0; i < slot.addressWords(); i++) {
            hash = FastPathLayout.mix(hash, buffer.getLongLE(addresses + i * Long.BYTES));
        }
        hash = FastPathLayout.finish(hash, ports);
        int index = claim((int) hash & (buckets - 1), nowNs);
        if (index == NONE) {
            index = claim((int) (hash >>> Integer.SIZE) & (buckets - 1), nowNs);
            if (index == NONE) {
                return NONE;
            }
        }
        long at = at(index);
        slots.set(JAVA_LONG, at + FastPathLayout.ENDPOINT, buffer.getLongLE(endpoint));
        for (int i = 0; i < slot.addressWords(); i++) {
            int word = i * Long.BYTES;
            slots.set(
                    JAVA_LONG,
                    at + FastPathLayout.ADDRESSES + word,
                    buffer.getLongLE(addresses + word));
        }
        slots.set(JAVA_LONG, at + slot.ports(), ports);
        long counts = at + slot.counts();
        slots.set(JAVA_LONG, counts + FastPathLayout.BYTES, 0L);
        slots.set(JAVA_LONG, counts + FastPathLayout.LAST_SEEN, nowNs);
        slots.set(JAVA_LONG, counts + FastPathLayout.MOST_BYTES, mostBytes);
        slots.set(JAVA_INT, counts + FastPathLayout.MOST_PACKETS, mostPackets);
        WORDS.setRelease(slots, at + FastPathLayout.WORD, FastPathLayout.word(generation));
        return index;
    }

    /** Lets a slot hold under another generation; it keeps what it has counted. */
    void renew(int index, int generation) {
        long at = at(index) + FastPathLayout.WORD;
        long next = FastPathLayout.word(generation);
        long word;
        do {
            word = (long) WORDS.getOpaque(slots, at);
        } while (!WORDS.compareAndSet(slots, at, word, next | (word & PACKETS)));
    }

    /** Lets a slot hold within other limits, which begin with what has passed. */
    void renew(int index, int generation, long mostPackets, long mostBytes) {
        long packets = suspend(index); // until it holds again, nothing is counted
        long at = at(index);
        long counts = at + slot.counts();
        long bytes = (long) WORDS.getOpaque(slots, counts + FastPathLayout.BYTES);
        long lastByte = mostBytes > Long.MAX_VALUE - bytes ? Long.MAX_VALUE : bytes + mostBytes;
        int lastPacket = (int) Math.min(packets + mostPackets, PACKETS);
        slots.set(JAVA_LONG, counts + FastPathLayout.MOST_BYTES, lastByte);
        slots.set(JAVA_INT, counts + FastPathLayout.MOST_PACKETS, lastPacket);
        long word = FastPathLayout.word(generation) | packets;
        WORDS.setRelease(slots, at + FastPathLayout.WORD, word);
    }

    /**
     * Has a slot hold no more until it is renewed.
     *
     * @return the packets that had passed by it
     */
    long suspend(int index) {
        long at = at(index) + FastPathLayout.WORD;
        long word;
        do {
            word = (long) WORDS.getOpaque(slots, at);
        } while (!WORDS.compareAndSet(slots, at, word, SUSPENDED | (word & PACKETS)));
        return word & PACKETS;
    }

    /** {@return whether a slot waits to be renewed} */
    boolean isSuspended(int index) {
        long word = (long) WORDS.getOpaque(slots, at(index) + FastPathLayout.WORD);
        return (word & ~PACKETS) == SUSPENDED;
    }

    /**
     * Frees a slot. Nothing of its key stays: the flow, if it is added again, is not found here,
     * and a program that reads while the next key is written sees parts of that one and zeros, not
     * of two flows.
     *
     * @return the packets that had passed by it
     */
    long remove(int index, long nowNs) {
        long at = at(index);
        long counts = at + slot.counts();
        long word = (long) WORDS.getAndSet(slots, at + FastPathLayout.WORD, CLAIMED);
        for (int key = FastPathLayout.ENDPOINT; key <= slot.ports(); key += Long.BYTES) {
            slots.set(JAVA_LONG, at + key, 0L);
        }
        slots.set(JAVA_LONG, counts + FastPathLayout.MOST_BYTES, nowNs);
        WORDS.setRelease(slots, at + FastPathLayout.WORD, 0L);
        return word & PACKETS;
    }

    /** {@return the packets that have passed by a slot} */
    long packets(int index) {
        return (long) WORDS.getOpaque(slots, at(index) + FastPathLayout.WORD) & PACKETS;
    }

    /** {@return the generation that a slot holds under; 0 if suspended, or full of packets} */
    int generation(int index) {
        long word = (long) WORDS.getOpaque(slots, at(index) + FastPathLayout.WORD);
        boolean isOut = (word & PACKETS) == PACKETS || (word & ~PACKETS) == SUSPENDED;
        return isOut ? 0 : (int) (word >>> FastPathLayout.GENERATION_SHIFT);
    }

    /** {@return one of the counts of a slot, of 64 bits} */
    long count(int index, int offset) {
        return (long) WORDS.getOpaque(slots, at(index) + slot.counts() + offset);
    }

    /** {@return the cookie of the last packet} */
    int cookie(int index) {
        int cookie = slots.get(JAVA_INT, at(index) + slot.counts() + FastPathLayout.COOKIE);
        return Integer.reverseBytes(cookie);
    }

    /** Unmaps the slots; no thread may use them any more. */
    @Override
    public void close() {
        memory.close();
        map.close();
    }

    private int claim(int bucket, long nowNs) {
        int first = bucket * FastPathLayout.BUCKET_SLOTS;
        for (int index = first; index < first + FastPathLayout.BUCKET_SLOTS; index++) {
            long at = at(index);
            if ((long) WORDS.getAcquire(slots, at) == 0
                    && isRested(at, nowNs)
                    && WORDS.compareAndSet(slots, at, 0L, CLAIMED)) {
                return index;
            }
        }
        return NONE;
    }

    /** {@return whether a free slot has been so for long enough} */
    private boolean isRested(long at, long nowNs) {
        long freed = slots.get(JAVA_LONG, at + slot.counts() + FastPathLayout.MOST_BYTES);
        return freed == 0 || nowNs - freed >= REST_NANOS;
    }

    private long at(int index) {
        return (long) index * slot.length();
    }
}
