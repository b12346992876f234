package io.github.geneve4j.appliance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * What one worker has counted: packets received, returned, and dropped by reason.
 *
 * <p><b>Threads:</b> one writes, any may read. A reader sees each counter whole and never going
 * back, but not all counters at the same instant.
 */
public final class PacketCounters {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);

    private static final int RECEIVED = 0;
    private static final int RECEIVED_BYTES = 1;
    private static final int PASSED = 2;
    private static final int PASSED_BYTES = 3;
    private static final int FIRST_REASON = 4;

    private final long[] counts = new long[FIRST_REASON + DropReason.values().length];

    /** Creates counters that stand at zero. */
    public PacketCounters() {}

    /** {@return the datagrams that came from the port} */
    public long received() {
        return read(RECEIVED);
    }

    /** {@return their bytes, tunnel header included} */
    public long receivedBytes() {
        return read(RECEIVED_BYTES);
    }

    /** {@return the datagrams that were judged {@link Verdict#PASS} and handed back to the port} */
    public long passed() {
        return read(PASSED);
    }

    /** {@return their bytes, tunnel header included} */
    public long passedBytes() {
        return read(PASSED_BYTES);
    }

    /**
     * {@return the datagrams that were dropped for a reason}
     *
     * @param reason one of them
     */
    public long dropped(DropReason reason) {
        return read(FIRST_REASON + reason.ordinal());
    }

    /** {@return the datagrams that were dropped for any reason} */
    public long dropped() {
        return Arrays.stream(DropReason.values()).mapToLong(this::dropped).sum();
    }

    /**
     * Adds what another one has counted; for sums over workers.
     *
     * @param other read now
     */
    public void add(PacketCounters other) {
        for (int i = 0; i < counts.length; i++) {
            increase(i, other.read(i));
        }
    }

    void countReceived(int bytes) {
        increase(RECEIVED, 1);
        increase(RECEIVED_BYTES, bytes);
    }

    void countPassed(int bytes) {
        increase(PASSED, 1);
        increase(PASSED_BYTES, bytes);
    }

    void countDropped(DropReason reason) {
        increase(FIRST_REASON + reason.ordinal(), 1);
    }

    private void increase(int index, long by) {
        ELEMENT.setOpaque(counts, index, counts[index] + by);
    }

    private long read(int index) {
        return (long) ELEMENT.getOpaque(counts, index);
    }
}
