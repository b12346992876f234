package io.github.geneve4j.simulator.fault;

import io.github.geneve4j.simulator.Node;
import io.github.geneve4j.simulator.Target;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Datagrams on their way, in the order in which they arrive; of two at once, the first sent. */
final class HeldDatagrams {
    private final PriorityQueue<Held> onTheirWay = new PriorityQueue<>();
    private final ArrayDeque<Held> unused = new ArrayDeque<>();
    private long added;

    /** Copies a datagram; what it is has to be told to the result. */
    Held add(long dueNanos, ByteBuf buffer, int offset, int length) {
        Held held = unused.isEmpty() ? new Held() : unused.pop();
        held.dueNanos = dueNanos;
        held.number = added++;
        held.length = length;
        held.bytes.clear().writeBytes(buffer, offset, length);
        onTheirWay.add(held);
        return held;
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
        final ByteBuf bytes = Unpooled.buffer();
        int length;
        @Nullable Target target; // null if it comes from one
        int sourceAddress;
        int sourcePort;
        int destinationPort;

        private @Nullable Node node;
        private long dueNanos;
        private long number;

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
