package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.geneve4j.io.sys.IfPacket.TpacketReq;
import io.github.geneve4j.io.sys.VirtioNet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * How the receive ring of a packet socket is laid out: blocks of slots, a frame in each slot. What
 * is left at the end of a block is not used.
 *
 * @param blockLength bytes of a block, a power of two and a multiple of the page size
 * @param blocks number of blocks
 * @param slotLength bytes of a slot, a multiple of 16
 * @param slotsPerBlock slots of a block
 * @param virtioHeaders whether a {@link VirtioNet.Header} lies before each frame
 */
record RingLayout(
        int blockLength, int blocks, int slotLength, int slotsPerBlock, boolean virtioHeaders) {
    /**
     * Where the kernel puts the IPv4 header, or a VLAN tag before it, in a slot: behind its own
     * headers, of 52 bytes, and at least 16 more, at a multiple of 16. {@link #RESERVE} and a
     * {@link VirtioNet.Header} come on top.
     */
    static final int NETWORK_OFFSET = 80;

    /** Bytes that bring the IPv4 header back to a multiple of 16 behind the virtio header. */
    static final int RESERVE = 16 - VirtioNet.Header.SIZE;

    // Of two tags the outer one has its place before the frame; the kernel has taken it out
    private static final int MAX_TAG_LENGTH = OuterFrame.TAG_LENGTH;
    private static final int MAX_OPTIONS_LENGTH = 40; // a reply may grow behind them
    private static final long MAX_LENGTH = 1 << 30;
    private static final int CACHE_LINE = 64;
    private static final int MIN_SLOTS_PER_BLOCK = 32;

    /**
     * {@return a ring for packets of that length}
     *
     * <p>Slots are multiples of a cache line and not powers of two: their headers would all fall
     * into the same few places of the processor's caches.
     *
     * @param mtu most bytes of an IPv4 packet
     * @param slots least number of slots
     * @param pageLength bytes of a page of memory, a power of two
     * @param virtioHeaders whether a {@link VirtioNet.Header} lies before each frame
     * @throws IllegalArgumentException if that is more than 1 GiB
     */
    static RingLayout of(int mtu, int slots, int pageLength, boolean virtioHeaders) {
        int network = NETWORK_OFFSET + (virtioHeaders ? RESERVE + VirtioNet.Header.SIZE : 0);
        int needed = network + MAX_TAG_LENGTH + MAX_OPTIONS_LENGTH + mtu;
        int lines = (needed + CACHE_LINE - 1) / CACHE_LINE;
        int slotLength = CACHE_LINE * (lines | 1);
        int blockLength = pageLength;
        while (blockLength < MIN_SLOTS_PER_BLOCK * slotLength) {
            blockLength *= 2;
        }
        int slotsPerBlock = blockLength / slotLength;
        int blocks = (slots + slotsPerBlock - 1) / slotsPerBlock;
        if ((long) blockLength * blocks > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    slots + " slots of " + slotLength + " bytes: more than 1 GiB");
        }
        return new RingLayout(blockLength, blocks, slotLength, slotsPerBlock, virtioHeaders);
    }

    /** {@return bytes of what lies right before each frame, received or to be sent} */
    int frameHeaderLength() {
        return virtioHeaders ? VirtioNet.Header.SIZE : 0;
    }

    /** {@return the number of slots} */
    int slots() {
        return blocks * slotsPerBlock;
    }

    /** {@return bytes of the ring} */
    long length() {
        return (long) blockLength * blocks;
    }

    /** {@return the offset of the slot behind one at that offset} */
    int following(int slot) {
        int next = slot + slotLength;
        if ((next & (blockLength - 1)) > blockLength - slotLength) {
            next = (next | (blockLength - 1)) + 1;
        }
        return next == length() ? 0 : next;
    }

    /** {@return what the kernel is told} */
    MemorySegment request(Arena arena) {
        MemorySegment request = arena.allocate(TpacketReq.SIZE, Integer.BYTES);
        request.set(JAVA_INT, TpacketReq.BLOCK_SIZE, blockLength);
        request.set(JAVA_INT, TpacketReq.BLOCK_NR, blocks);
        request.set(JAVA_INT, TpacketReq.FRAME_SIZE, slotLength);
        request.set(JAVA_INT, TpacketReq.FRAME_NR, slots());
        return request;
    }
}
