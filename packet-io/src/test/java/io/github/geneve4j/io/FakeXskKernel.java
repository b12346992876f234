package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's side of an AF_XDP socket's rings, in plain memory. It knows for each frame who has
 * it, and fails when it is given one that it has already.
 */
final class FakeXskKernel {
    static final int HEADROOM = 256;

    private static final int PRODUCER = 0;
    private static final int CONSUMER = 64;
    private static final int FLAGS = 128;
    private static final int ELEMENTS = 192;
    private static final int DESCRIPTOR = 16;

    private final XskSizes sizes;
    private final long base;
    private final MemorySegment memory;
    private final ByteBuf buffer;
    private final XskRing receive;
    private final XskRing transmit;
    private final XskRing fill;
    private final XskRing completion;
    private final boolean[] withKernel;

    private int received;
    private int transmitted;
    private int filled;
    private int completed;
    private long drops;
    private int skipped;
    private boolean completesSkipped;

    /**
     * @param frames and places of each ring
     * @param base where the frames begin in the memory
     * @param start where all indices begin
     */
    FakeXskKernel(int frames, int base, int start) {
        this.sizes = new XskSizes(frames, 2048, frames / 16);
        this.base = base;
        this.memory = Arena.ofAuto().allocate(base + sizes.length(), 4096);
        this.buffer = Unpooled.wrappedBuffer(memory.asByteBuffer());
        this.receive = ring(frames, start);
        this.transmit = ring(frames, start);
        this.fill = ring(frames, start);
        this.completion = ring(frames, start);
        this.withKernel = new boolean[frames];
        received = start;
        transmitted = start;
        filled = start;
        completed = start;
    }

    private static XskRing ring(int size, int start) {
        MemorySegment memory = Arena.ofAuto().allocate(ELEMENTS + (long) size * DESCRIPTOR, 64);
        memory.set(JAVA_INT, PRODUCER, start);
        memory.set(JAVA_INT, CONSUMER, start);
        memory.set(JAVA_INT, FLAGS, 1);
        return new XskRing(memory, PRODUCER, CONSUMER, ELEMENTS, FLAGS, size);
    }

    XskQueue queue(int maxDatagramLength) {
        return new XskQueue(
                memory,
                buffer,
                base,
                sizes,
                maxDatagramLength,
                receive,
                transmit,
                fill,
                completion);
    }

    MemorySegment memory() {
        return memory;
    }

    ByteBuf buffer() {
        return buffer;
    }

    XskSizes sizes() {
        return sizes;
    }

    /** Receives a frame, or drops it; {@return whether it did} */
    boolean deliver(byte[] frame) {
        return deliver(MemorySegment.ofArray(frame));
    }

    /** Receives a frame, or drops it; {@return whether it did} */
    boolean deliver(MemorySegment frame) {
        if (filled == fill.producer() || received - receive.consumer() == receive.size()) {
            drops++;
            return false;
        }
        long address = take(fill.address(filled)) + HEADROOM;
        fill.consumer(++filled);
        MemorySegment.copy(frame, 0, memory, base + address, frame.byteSize());
        give(address);
        receive.packet(received, address, (int) frame.byteSize());
        receive.producer(++received);
        return true;
    }

    /** {@return a frame that was to be sent, or null; skips what is invalid} */
    byte @Nullable [] transmit() {
        skipInvalid();
        if (transmitted == transmit.producer()) {
            return null;
        }
        long address = transmit.packetAddress(transmitted);
        int length = transmit.packetLength(transmitted);
        take(address);
        byte[] frame = memory.asSlice(base + address, length).toArray(JAVA_BYTE);
        complete(address);
        return frame;
    }

    /** Sends a frame to nowhere, allocating nothing; {@return whether there was one} */
    boolean transmitAway() {
        if (transmitted == transmit.producer()) {
            return false;
        }
        long address = transmit.packetAddress(transmitted);
        take(address);
        complete(address);
        return true;
    }

    /** Has sent a frame, but not given it back; {@return its address} */
    long transmitSlowly() {
        long address = transmit.packetAddress(transmitted);
        transmit.consumer(++transmitted);
        return address;
    }

    /** Gives a frame back that was sent slowly. */
    void completeSlowly(long address) {
        take(address);
        give(address);
        completion.address(completed, address);
        completion.producer(++completed);
    }

    /** As {@link #transmitAway}, but the ring's index tells only when the next frame's does. */
    boolean transmitUntold() {
        int told = transmit.consumer();
        boolean done = transmitAway();
        transmit.consumer(told);
        return done;
    }

    /** Says whether addresses of invalid descriptors are completed as well: kernels differ. */
    void completeSkipped(boolean complete) {
        completesSkipped = complete;
    }

    /** {@return how many descriptors were invalid since this was asked last} */
    int skipped() {
        int before = skipped;
        skipped = 0;
        return before;
    }

    /** Has skipped so many already, which were not this queue's doing. */
    void skipBefore(int descriptors) {
        skipped += descriptors;
    }

    /** {@return descriptors that it has not looked at} */
    int waiting() {
        return transmit.producer() - transmitted;
    }

    /** Passes what is invalid at the head of the transmit ring. */
    void skipInvalid() {
        while (transmitted != transmit.producer()
                && transmit.packetAddress(transmitted) >= sizes.length()) {
            skipped++;
            if (completesSkipped) {
                completion.address(completed, transmit.packetAddress(transmitted));
                completion.producer(++completed);
            }
            transmit.consumer(++transmitted);
        }
    }

    private void complete(long address) {
        transmit.consumer(++transmitted);
        give(address);
        completion.address(completed, address);
        completion.producer(++completed);
    }

    /** {@return how many frames could be received now} */
    int free() {
        return fill.producer() - filled;
    }

    long drops() {
        return drops;
    }

    private long take(long address) {
        int frame = frame(address);
        if (withKernel[frame]) {
            throw new AssertionError("frame " + frame + " given twice");
        }
        withKernel[frame] = true;
        return (long) frame * sizes.frameLength();
    }

    private void give(long address) {
        withKernel[frame(address)] = false;
    }

    private int frame(long address) {
        return Math.toIntExact(address / sizes.frameLength());
    }
}
