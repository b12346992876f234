package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.io.sys.VirtioNet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Frames that are sent by one system call from where they lie: replies in the slots of a ring,
 * which go back to the kernel once they are sent, and frames of our own.
 *
 * <p>Each frame is a message, or neighbouring replies are one together, where {@link ReplyJoining}
 * allows it and they are a {@link ReplyRun}: headers of our own, and the payloads in their slots,
 * where the frames stay as they are. A run that the kernel refuses is sent once more, as single
 * frames. Whatever becomes of a run is counted for each of its replies.
 *
 * <p><b>Allocation:</b> none while all goes well. <b>Threads:</b> one. <b>Ownership:</b> borrows
 * the frames until {@link #flush}.
 */
final class SendBatch {
    private static final int NO_SLOT = -1;

    // Of each frame: room for the headers of a run, and for two parts, which are these and it
    private static final long HEADERS_STRIDE = 64;
    private static final long PARTS_STRIDE = 2 * Iovec.SIZE;

    private final SendCall kernel;
    private final int socket;
    private final FramePool pool;
    private final long poolAddress;
    private final boolean virtioHeaders;
    private final ReplyJoining joining;
    private final ReplyRun run;
    private final PortCounters counters;
    private final int headerLength;
    private final int capacity;
    private final MemorySegment messages;
    private final MemorySegment parts;
    private final MemorySegment runHeaders;
    private final MemorySegment nothing; // a virtio header
    private final MemorySegment made;
    private final int madeLength;
    private final int[] slots;
    private final int[] frames; // offsets in the ring, or in what was made
    private final int[] lengths;
    private final int[] firsts; // of each message, and the end
    private int size;
    private int count; // of messages
    private boolean composed; // the messages are those of all frames

    /**
     * Creates an empty batch.
     *
     * @param kernel sends
     * @param socket descriptor to send by
     * @param pool where the frames are
     * @param virtioHeaders whether the socket takes one with each message
     * @param joining whether replies may be joined; only with virtio headers
     * @param capacity most frames
     * @param maxLength most bytes of a frame of our own
     * @param counters told what becomes of the frames
     */
    SendBatch(
            SendCall kernel,
            int socket,
            FramePool pool,
            boolean virtioHeaders,
            ReplyJoining joining,
            int capacity,
            int maxLength,
            PortCounters counters) {
        this.kernel = kernel;
        this.socket = socket;
        this.pool = pool;
        this.poolAddress = pool.memory().address();
        this.virtioHeaders = virtioHeaders;
        this.joining = joining;
        this.run = new ReplyRun(pool.memory());
        this.counters = counters;
        this.headerLength = pool.frameHeaderLength();
        this.capacity = capacity;
        // One more than frames: the compiler checks before a loop that looks at the next frame
        // whether all of them have a next one, and a full batch would have it compile the loop anew
        this.slots = new int[capacity + 1];
        this.frames = new int[capacity + 1];
        this.lengths = new int[capacity + 1];
        this.firsts = new int[capacity + 1];
        this.madeLength = headerLength + maxLength + Long.BYTES - 1 & -Long.BYTES;
        Arena arena = Arena.ofAuto();
        this.messages = arena.allocate(capacity * Mmsghdr.SIZE, Long.BYTES);
        this.parts = arena.allocate(capacity * PARTS_STRIDE, Long.BYTES);
        this.runHeaders = arena.allocate(capacity * HEADERS_STRIDE, Long.BYTES);
        this.nothing = arena.allocate(VirtioNet.Header.SIZE, Long.BYTES);
        this.made = arena.allocate((long) capacity * madeLength, Long.BYTES);
    }

    /** {@return whether it has to be flushed before another frame is added} */
    boolean isFull() {
        return size == capacity;
    }

    /**
     * Adds a frame of the pool. Bytes before it may be overwritten, if the pool has such.
     *
     * @param slot what the pool knows the frame by, 0 or more
     * @param frame its offset in the pool's memory
     * @param length bytes of the frame
     */
    void add(int slot, int frame, int length) {
        if (headerLength > 0) {
            MemorySegment memory = pool.memory();
            memory.set(JAVA_LONG_UNALIGNED, (long) frame - VirtioNet.Header.SIZE, 0);
            memory.set(JAVA_SHORT_UNALIGNED, (long) frame - Short.BYTES, (short) 0);
        }
        put(slot, frame, length);
    }

    /** {@return memory for frames of our own} */
    MemorySegment made() {
        return made;
    }

    /** {@return where in {@link #made()} the next frame of our own goes} */
    int madeOffset() {
        return size * madeLength + headerLength;
    }

    /** Adds the frame of our own that was written at {@link #madeOffset()}. */
    void addMade(int length) {
        put(NO_SLOT, madeOffset(), length);
    }

    /** {@return whether there is nothing to send} */
    boolean isEmpty() {
        return size == 0;
    }

    /** {@return whether they leave as half as many messages, or fewer, as those that are joined} */
    boolean isWorthJoining() {
        compose(0);
        composed = true;
        return 2 * count <= size;
    }

    /** Forgets the frames, which the pool does not get back. */
    void clear() {
        size = 0;
        composed = false;
    }

    /**
     * Sends all of them, or counts why not, and gives the frames back to the pool.
     *
     * @param running whether the interface has a carrier; without, the kernel takes packets to drop
     *     them
     */
    void flush(boolean running) {
        if (!composed) {
            compose(0);
        }
        if (count < size && joining.look()) {
            compose(0);
        }
        int done = 0;
        boolean retried = false;
        while (done < count) {
            MemorySegment rest = done == 0 ? messages : messages.asSlice(done * Mmsghdr.SIZE);
            int result = kernel.send(socket, rest, count - done);
            if (result > 0) {
                done = countTaken(done, result, running);
            } else if (result == -Errno.ENETDOWN && !retried) {
                retried = true; // the socket remembers it from when the interface went down
            } else if (isRun(done) && isRefusal(-result)) {
                joining.refused(-result);
                compose(done);
            } else if (result != -Errno.EINTR) {
                done = countFailed(done, -result, running);
            }
        }
        clear();
    }

    private void put(int slot, int frame, int length) {
        composed = false;
        slots[size] = slot;
        frames[size] = frame;
        lengths[size++] = length;
    }

    /** Writes the messages for all frames from the first of that message on. */
    private void compose(int message) {
        boolean joins = virtioHeaders && joining.isOn();
        int maxLength = joins ? joining.maxFrameLength() : 0;
        int number = message;
        int first = firsts[message];
        while (first < size) {
            int end = joins ? endOfRun(first, maxLength) : first + 1;
            int used = end - first > 1 ? composeRun(first, end) : composeSingle(first);
            long at = number * Mmsghdr.SIZE;
            messages.set(JAVA_LONG, at + Mmsghdr.IOV, parts.address() + first * PARTS_STRIDE);
            messages.set(JAVA_LONG, at + Mmsghdr.IOV_LENGTH, used);
            firsts[number++] = first;
            first = end;
        }
        firsts[number] = size;
        count = number;
    }

    private int endOfRun(int first, int maxLength) {
        int next = first + 1;
        if (next < size
                && slots[first] != NO_SLOT
                && lengths[first] <= maxLength
                && run.begin(frames[first], lengths[first])) {
            while (next < size && slots[next] != NO_SLOT && run.add(frames[next], lengths[next])) {
                next++;
            }
        }
        return next;
    }

    /** With a header before it, which is all zeros: nothing is left to be done to the frame. */
    private int composeSingle(int i) {
        long memory = slots[i] == NO_SLOT ? made.address() : poolAddress;
        long part = i * PARTS_STRIDE;
        if (virtioHeaders && headerLength == 0) {
            part(part, nothing.address(), VirtioNet.Header.SIZE);
            part(part + Iovec.SIZE, memory + frames[i], lengths[i]);
            return 2;
        }
        part(part, memory + frames[i] - headerLength, lengths[i] + headerLength);
        return 1;
    }

    private int composeRun(int first, int end) {
        long headers = first * HEADERS_STRIDE;
        run.writeHeaders(runHeaders, headers);
        long part = first * PARTS_STRIDE;
        part(part, runHeaders.address() + headers, ReplyRun.HEADERS_LENGTH);
        for (int i = first; i < end; i++) {
            part += Iovec.SIZE;
            long payload = poolAddress + frames[i] + OuterFrame.HEADERS_LENGTH;
            part(part, payload, lengths[i] - OuterFrame.HEADERS_LENGTH);
        }
        return end - first + 1;
    }

    private void part(long part, long address, int length) {
        parts.set(JAVA_LONG, part + Iovec.BASE, address);
        parts.set(JAVA_LONG, part + Iovec.LENGTH, length);
    }

    private boolean isRun(int message) {
        return firsts[message + 1] - firsts[message] > 1;
    }

    private int countTaken(int from, int number, boolean running) {
        int end = from + number;
        for (int i = firsts[from]; i < firsts[end]; i++) {
            int slot = slots[i];
            if (!running) {
                counters.countFailed(SendFailure.LINK_DOWN);
            } else if (slot == NO_SLOT || pool.isOriginated(slot)) {
                counters.countOriginated();
            } else {
                counters.countReturned();
            }
            if (slot != NO_SLOT) {
                pool.release(slot);
            }
        }
        return end;
    }

    /** Where it is not for this message's own sake, the others would fare no better. */
    private int countFailed(int from, int errno, boolean running) {
        SendFailure cause = cause(errno, running);
        boolean alone = cause == SendFailure.REFUSED || errno == Errno.ENOBUFS;
        int end = alone ? from + 1 : count;
        for (int i = firsts[from]; i < firsts[end]; i++) {
            counters.countFailed(cause);
            if (slots[i] != NO_SLOT) {
                pool.release(slots[i]);
            }
        }
        return end;
    }

    private static boolean isRefusal(int errno) {
        return errno != Errno.EINTR && cause(errno, true) == SendFailure.REFUSED;
    }

    private static SendFailure cause(int errno, boolean running) {
        return switch (errno) {
            case Errno.ENETDOWN, Errno.ENXIO, Errno.ENODEV -> SendFailure.LINK_DOWN;
            case Errno.EAGAIN, Errno.ENOBUFS ->
                    running ? SendFailure.QUEUE_FULL : SendFailure.LINK_DOWN;
            default -> SendFailure.REFUSED;
        };
    }
}
