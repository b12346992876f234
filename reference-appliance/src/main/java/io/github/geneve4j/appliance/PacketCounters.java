package io.github.geneve4j.appliance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * What one worker has counted: packets received, returned, and dropped by reason.
 *
 * <p>Each packet is counted once: {@code received = passed + rewritten + dropped}. Of the dropped
 * ones, those that were {@linkplain DropReason#REJECTED rejected} or {@linkplain
 * DropReason#TOO_LONG too long} are counted a second time by their {@link Answer}.
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
    private static final int REWRITTEN = 4;
    private static final int REWRITTEN_BYTES = 5;
    private static final int UNINSPECTED = 6;
    private static final int RESETS_ONWARD = 7;
    private static final int UNJUDGED = 8;
    private static final int OVERLOADS = 9;
    private static final int FIRST_ANSWER = 10;
    private static final int FIRST_REASON = FIRST_ANSWER + Answer.values().length;

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

    /**
     * {@return the datagrams that were handed back to the port as they came: judged {@link
     * Verdict#PASS}, or {@link #uninspected()}, or {@link #unjudged()}}
     */
    public long passed() {
        return read(PASSED);
    }

    /** {@return their bytes, tunnel header included} */
    public long passedBytes() {
        return read(PASSED_BYTES);
    }

    /** {@return the passed datagrams whose inspector failed, under {@link FailureMode#OPEN}} */
    public long uninspected() {
        return read(UNINSPECTED);
    }

    /**
     * {@return the passed datagrams that were shown to no inspector, as more came than could be
     * judged, under {@link FailureMode#OPEN}}
     */
    public long unjudged() {
        return read(UNJUDGED);
    }

    /**
     * {@return how often a worker fell behind what came, for longer than a burst takes; no packets}
     */
    public long overloads() {
        return read(OVERLOADS);
    }

    /** {@return the datagrams that were judged {@link Verdict#REWRITE} and handed to the port} */
    public long rewritten() {
        return read(REWRITTEN);
    }

    /** {@return their bytes, tunnel header included, as they were handed to the port} */
    public long rewrittenBytes() {
        return read(REWRITTEN_BYTES);
    }

    /**
     * {@return the datagrams that were dropped and whose sender was told this}
     *
     * @param answer one of them
     */
    public long answered(Answer answer) {
        return read(FIRST_ANSWER + answer.ordinal());
    }

    /** {@return the datagrams that were dropped and whose sender was sent something} */
    public long answered() {
        return Arrays.stream(Answer.values())
                .filter(Answer::isSent)
                .mapToLong(this::answered)
                .sum();
    }

    /** {@return the resets for receivers, by {@link Verdict#REJECT_BOTH_ENDS}} */
    public long resetsOnward() {
        return read(RESETS_ONWARD);
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

    void countUninspected() {
        increase(UNINSPECTED, 1);
    }

    void countUnjudged() {
        increase(UNJUDGED, 1);
    }

    void countOverload() {
        increase(OVERLOADS, 1);
    }

    void countRewritten(int bytes) {
        increase(REWRITTEN, 1);
        increase(REWRITTEN_BYTES, bytes);
    }

    void countAnswer(Answer answer) {
        increase(FIRST_ANSWER + answer.ordinal(), 1);
    }

    void countResetOnward() {
        increase(RESETS_ONWARD, 1);
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
