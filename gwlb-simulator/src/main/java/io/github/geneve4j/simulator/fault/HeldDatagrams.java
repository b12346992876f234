package io.github.geneve4j.simulator.fault;

import io.github.geneve4j.simulator.Node;
import io.github.geneve4j.simulator.Target;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams on their way, in the order in which they arrive; of two at once, the first sent. There
 * is room for so many bytes: a long delay of many packets must not take all memory.
 */
final class HeldDatagrams {
    /** The most bytes that are held, of datagrams and of what each takes besides. */
    static final long ROOM = 128L << 20;

    private static final int LEAST_CAPACITY = 256;
    private static final int OVERHEAD = 256; // of the objects of one, about

    private final long room;
    private final PriorityQueue<Held> onTheirWay = new PriorityQueue<>();
    private final ArrayDeque<Held> unused = new ArrayDeque<>();
    private long added;
    private long taken; // bytes, of those that are unused too

    HeldDatagrams(long room) {
        this.room = room;
    }

    /**
     * Copies a datagram; what it is has to be told to the result.
     *
     * @return it, or {@code null} if there is no room
     */
    @Nullable Held add(long dueNanos, ByteBuf buffer, int offset, int length) {
        Held held = unused.poll();
        if (held != null && held.bytes.capacity() < length) {
            taken -= size(held.bytes.capacity());
            held = null;
        }
        if (held == null) {
            held = make(length);
        }
        if (held == null) {
            return null;
        }
        held.dueNanos = dueNanos;
        held.number = added++;
        held.length = length;
        held.bytes.clear().writeBytes(buffer, offset, length);
        onTheirWay.add(held);
        return held;
    }

    private @Nullable Held make(int length) {
        int capacity = Math.max(length, LEAST_CAPACITY);
        long size = size(capacity);
        while (taken + size > room && !unused.isEmpty()) {
            taken -= size(unused.pop().bytes.capacity());
        }
        if (taken + size > room) {
            return null;
        }
        taken += size;
        return new Held(capacity);
    }

    private static long size(int capacity) {
        return (long) OVERHEAD + capacity;
    }

    /** {@return whether there is none} */
    boolean isEmpty() {
        return onTheirWay.isEmpty();
    }

    /** {@return when the first arrives; MAX_VALUE if there is none} */
    long nextDeadline() {
        Held first = onTheirWay.peek();
        return first == null ? Long.MAX_VALUE : first.dueNanos;
    }

    /** {@return the first, which there is} */
    Held remove() {
        return onTheirWay.remove();
    }

    /** Takes back what {@link #remove} gave. */
    void giveBack(Held held) {
        held.target = null;
        unused.push(held);
    }

    /** One datagram. */
    static final class Held implements Comparable<Held> {
        final ByteBuf bytes;
        int length;
        @Nullable Target target; // null if it comes from one
        int sourceAddress;
        int sourcePort;
        int destinationPort;

        private @Nullable Node node;
        private long dueNanos;
        private long number;

        Held(int capacity) {
            this.bytes = Unpooled.buffer(capacity, capacity);
        }

        void towards(Node newNode, Target newTarget, int port) {
            node = newNode;
            target = newTarget;
            sourcePort = port;
        }

        void from(Node newNode, int address, int port, int toPort) {
            node = newNode;
            sourceAddress = address;
            sourcePort = port;
            destinationPort = toPort;
        }

        Node node() {
            return Objects.requireNonNull(node);
        }

        @Override
        public int compareTo(Held other) {
            int byTime = Long.compare(dueNanos, other.dueNanos);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }
}
