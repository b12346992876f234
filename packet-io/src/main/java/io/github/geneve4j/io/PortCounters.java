package io.github.geneve4j.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What happened to the datagrams of a port, since it was opened. Between two polls every datagram
 * received was either returned, freed, or not sent for a {@link SendFailure}.
 *
 * <p><b>Allocation:</b> none. <b>Threads:</b> the port's thread counts, any thread reads: each
 * number is a recent one, but two numbers need not be of the same moment.
 */
public final class PortCounters {
    private static final VarHandle RECEIVED = field("received");
    private static final VarHandle RETURNED = field("returned");
    private static final VarHandle FREED = field("freed");
    private static final VarHandle FAILURES = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int CAUSES = SendFailure.values().length;

    private long received;
    private long returned;
    private long freed;
    private final long[] failures = new long[CAUSES];

    /** Creates counters that stand at zero, for a port. */
    public PortCounters() {}

    /** {@return the datagrams that were handed to the handler} */
    public long received() {
        return (long) RECEIVED.getOpaque(this);
    }

    /** {@return the datagrams that were sent back} */
    public long returned() {
        return (long) RETURNED.getOpaque(this);
    }

    /** {@return the datagrams that the handler dropped, those included on which it threw} */
    public long freed() {
        return (long) FREED.getOpaque(this);
    }

    /**
     * {@return the datagrams that were to be sent back and could not be}
     *
     * @param cause why
     */
    public long failed(SendFailure cause) {
        return (long) FAILURES.getOpaque(failures, index(cause));
    }

    /** {@return the datagrams that were to be sent back and could not be, for any cause} */
    public long failed() {
        long sum = 0;
        for (int i = 0; i < CAUSES; i++) {
            sum += (long) FAILURES.getOpaque(failures, i);
        }
        return sum;
    }

    /** Counts a datagram that is handed to the handler; the port's thread. */
    public void countReceived() {
        RECEIVED.setOpaque(this, received + 1);
    }

    /** Counts a datagram that was sent back; the port's thread. */
    public void countReturned() {
        RETURNED.setOpaque(this, returned + 1);
    }

    /** Counts a datagram that the handler dropped; the port's thread. */
    public void countFreed() {
        FREED.setOpaque(this, freed + 1);
    }

    /**
     * Counts a datagram that could not be sent back; the port's thread.
     *
     * @param cause why
     */
    public void countFailed(SendFailure cause) {
        int i = index(cause);
        FAILURES.setOpaque(failures, i, failures[i] + 1);
    }

    private static int index(SendFailure cause) {
        return cause.ordinal();
    }

    private static VarHandle field(String name) {
        try {
            return MethodHandles.lookup().findVarHandle(PortCounters.class, name, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
