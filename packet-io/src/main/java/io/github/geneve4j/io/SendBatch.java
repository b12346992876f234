package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.io.sys.VirtioNet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Frames that are sent by one system call from where they lie: replies in the slots of a ring,
 * which go back to the kernel once they are sent, and frames of our own.
 *
 * <p><b>Allocation:</b> none while all goes well. <b>Threads:</b> one. <b>Ownership:</b> borrows
 * the frames until {@link #flush}.
 */
final class SendBatch {
    private static final int NO_SLOT = -1;

    private final int socket;
    private final PacketRing ring;
    private final long ringAddress;
    private final PortCounters counters;
    private final int headerLength;
    private final int capacity;
    private final MemorySegment messages;
    private final MemorySegment parts;
    private final MemorySegment made;
    private final int madeLength;
    private final int[] slots;
    private int size;

    /**
     * Creates an empty batch.
     *
     * @param socket descriptor to send by
     * @param ring where slots are
     * @param capacity most frames
     * @param maxLength most bytes of a frame of our own
     * @param counters told what becomes of the frames
     */
    SendBatch(int socket, PacketRing ring, int capacity, int maxLength, PortCounters counters) {
        this.socket = socket;
        this.ring = ring;
        this.ringAddress = ring.memory().address();
        this.counters = counters;
        this.headerLength = ring.frameHeaderLength();
        this.capacity = capacity;
        this.slots = new int[capacity];
        this.madeLength = headerLength + maxLength + Long.BYTES - 1 & -Long.BYTES;
        Arena arena = Arena.ofAuto();
        this.messages = arena.allocate(capacity * Mmsghdr.SIZE, Long.BYTES);
        this.parts = arena.allocate(capacity * Iovec.SIZE, Long.BYTES);
        this.made = arena.allocate((long) capacity * madeLength, Long.BYTES);
        for (int i = 0; i < capacity; i++) {
            long message = i * Mmsghdr.SIZE;
            messages.set(JAVA_LONG, message + Mmsghdr.IOV, parts.address() + i * Iovec.SIZE);
            messages.set(JAVA_LONG, message + Mmsghdr.IOV_LENGTH, 1);
        }
    }

    /** {@return whether it has to be flushed before another frame is added} */
    boolean isFull() {
        return size == capacity;
    }

    /**
     * Adds a frame that lies in a slot. Bytes before it may be overwritten.
     *
     * @param slot offset of the slot in the ring
     * @param frame offset of the frame in the ring
     * @param length bytes of the frame
     */
    void add(int slot, long frame, int length) {
        if (headerLength > 0) {
            MemorySegment memory = ring.memory();
            memory.set(JAVA_LONG_UNALIGNED, frame - VirtioNet.Header.SIZE, 0);
            memory.set(JAVA_SHORT_UNALIGNED, frame - Short.BYTES, (short) 0);
        }
        add(slot, ringAddress + frame, (long) length);
    }

    /** {@return memory for frames of our own} */
    MemorySegment made() {
        return made;
    }

    /** {@return where in {@link #made()} the next frame of our own goes} */
    long madeOffset() {
        return (long) size * madeLength + headerLength;
    }

    /** Adds the frame of our own that was written at {@link #madeOffset()}. */
    void addMade(int length) {
        add(NO_SLOT, made.address() + madeOffset(), (long) length);
    }

    /** {@return whether there is nothing to send} */
    boolean isEmpty() {
        return size == 0;
    }

    /**
     * Sends all of them, or counts why not, and gives the slots back to the kernel.
     *
     * @param running whether the interface has a carrier; without, the kernel takes packets to drop
     *     them
     */
    void flush(boolean running) {
        int done = 0;
        boolean retried = false;
        while (done < size) {
            MemorySegment rest = done == 0 ? messages : messages.asSlice(done * Mmsghdr.SIZE);
            int result = Libc.sendmmsg(socket, rest, size - done, 0);
            if (result > 0) {
                done = countTaken(done, result, running);
            } else if (result == -Errno.ENETDOWN && !retried) {
                retried = true; // the socket remembers it from when the interface went down
            } else if (result != -Errno.EINTR) {
                done = countFailed(done, -result, running);
            }
        }
        size = 0;
    }

    /** With the header before it, which is all zeros: nothing is left to be done to the frame. */
    private void add(int slot, long address, long length) {
        long part = size * Iovec.SIZE;
        parts.set(JAVA_LONG, part + Iovec.BASE, address - headerLength);
        parts.set(JAVA_LONG, part + Iovec.LENGTH, length + headerLength);
        slots[size++] = slot;
    }

    private int countTaken(int from, int number, boolean running) {
        int end = from + number;
        for (int i = from; i < end; i++) {
            int slot = slots[i];
            if (!running) {
                counters.countFailed(SendFailure.LINK_DOWN);
            } else if (slot == NO_SLOT) {
                counters.countOriginated();
            } else {
                counters.countReturned();
            }
            if (slot != NO_SLOT) {
                ring.release(slot);
            }
        }
        return end;
    }

    /** Where it is not for this frame's own sake, the others in the batch would fare no better. */
    private int countFailed(int from, int errno, boolean running) {
        SendFailure cause =
                switch (errno) {
                    case Errno.ENETDOWN, Errno.ENXIO, Errno.ENODEV -> SendFailure.LINK_DOWN;
                    case Errno.EAGAIN, Errno.ENOBUFS ->
                            running ? SendFailure.QUEUE_FULL : SendFailure.LINK_DOWN;
                    default -> SendFailure.REFUSED;
                };
        boolean alone = cause == SendFailure.REFUSED || errno == Errno.ENOBUFS;
        int end = alone ? from + 1 : size;
        for (int i = from; i < end; i++) {
            counters.countFailed(cause);
            if (slots[i] != NO_SLOT) {
                ring.release(slots[i]);
            }
        }
        return end;
    }
}
