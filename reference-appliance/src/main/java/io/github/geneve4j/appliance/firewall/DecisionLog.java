package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.flow.FiveTuple;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Hands decisions that are to be told of from a packet thread to whoever tells them: a ring of a
 * fixed size. When it is full, decisions are counted as lost; the packet thread never waits.
 *
 * <p><b>Allocation:</b> none by {@link #add}. <b>Threads:</b> one adds, one other reads.
 */
final class DecisionLog {
    private static final VarHandle HEAD;
    private static final VarHandle TAIL;
    private static final VarHandle LOST;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(DecisionLog.class, "head", long.class);
            TAIL = lookup.findVarHandle(DecisionLog.class, "tail", long.class);
            LOST = lookup.findVarHandle(DecisionLog.class, "lost", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int WORDS = 8; // of an entry
    private static final int DECISION = 0;
    private static final int ENDPOINT = 1;
    private static final int SOURCE = 2;
    private static final int DESTINATION = 4;
    private static final int PROTOCOL = 6; // with IPV6 and PORTS
    private static final int NUMBERS = 7; // of ports, the source's in the upper 16 of 32 bits
    private static final int IPV6 = 1 << 8;
    private static final int PORTS = 1 << 9;

    private final int mask;
    private final long[] words;
    private final @Nullable Generation[] generations;
    private final FiveTuple flow = new FiveTuple(); // the reader's

    @SuppressWarnings("unused") // through HEAD
    private long head; // entries ever added

    @SuppressWarnings("unused") // through TAIL
    private long tail; // entries ever read

    @SuppressWarnings("unused") // through LOST
    private long lost;

    /**
     * Creates an empty log.
     *
     * @param entries how many there is room for, a power of two
     */
    DecisionLog(int entries) {
        this.mask = entries - 1;
        this.words = new long[entries * WORDS];
        this.generations = new Generation[entries];
    }

    /** Adds a decision about a packet's flow, if there is room. */
    void add(Generation generation, int decision, long endpointId, FiveTuple packet) {
        long at = (long) HEAD.getOpaque(this);
        if (at - (long) TAIL.getAcquire(this) > mask) {
            LOST.setOpaque(this, (long) LOST.getOpaque(this) + 1);
            return;
        }
        int entry = (int) at & mask;
        int i = entry * WORDS;
        generations[entry] = generation;
        words[i + DECISION] = decision;
        words[i + ENDPOINT] = endpointId;
        words[i + SOURCE] = packet.sourceHigh();
        words[i + SOURCE + 1] = packet.sourceLow();
        words[i + DESTINATION] = packet.destinationHigh();
        words[i + DESTINATION + 1] = packet.destinationLow();
        words[i + PROTOCOL] =
                packet.protocol()
                        | (packet.isIpv6() ? IPV6 : 0)
                        | (packet.hasPorts() ? PORTS : 0);
        words[i + NUMBERS] = (long) packet.sourcePort() << Short.SIZE | packet.destinationPort();
        HEAD.setRelease(this, at + 1);
    }

    /** Tells all decisions that were added since the last time. */
    void drain(DecisionListener listener) {
        long at = (long) TAIL.getOpaque(this);
        long end = (long) HEAD.getAcquire(this);
        for (; at < end; at++) {
            int entry = (int) at & mask;
            try {
                tell(entry, listener);
            } finally {
                generations[entry] = null;
                TAIL.setRelease(this, at + 1);
            }
        }
    }

    /** {@return the decisions that there was no room for} */
    long lost() {
        return (long) LOST.getOpaque(this);
    }

    private void tell(int entry, DecisionListener listener) {
        Generation generation = generations[entry];
        if (generation == null) {
            throw new IllegalStateException("entry " + entry + " was not written");
        }
        int i = entry * WORDS;
        long protocol = words[i + PROTOCOL];
        int source = (int) (words[i + NUMBERS] >>> Short.SIZE);
        int destination = (int) words[i + NUMBERS] & 0xffff;
        int number = (int) protocol & 0xff;
        boolean ports = (protocol & PORTS) != 0;
        if ((protocol & IPV6) == 0) {
            int from = (int) words[i + SOURCE + 1];
            int to = (int) words[i + DESTINATION + 1];
            if (ports) {
                flow.setIpv4(from, to, number, source, destination);
            } else {
                flow.setIpv4(from, to, number);
            }
        } else {
            long high = words[i + SOURCE];
            long low = words[i + SOURCE + 1];
            long toHigh = words[i + DESTINATION];
            long toLow = words[i + DESTINATION + 1];
            if (ports) {
                flow.setIpv6(high, low, toHigh, toLow, number, source, destination);
            } else {
                flow.setIpv6(high, low, toHigh, toLow, number);
            }
        }
        listener.decided(
                generation.ruleName((int) words[i + DECISION]),
                generation.policy().action((int) words[i + DECISION]),
                words[i + ENDPOINT],
                flow);
    }
}
