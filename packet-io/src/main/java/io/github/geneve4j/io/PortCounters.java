package io.github.geneve4j.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What happened to the datagrams of a port, since it was opened. Between two polls every datagram
 * received was either returned, freed, or not sent for a {@link SendFailure}; and every datagram
 * given to {@link PacketPort#send} either left or was not sent for one. Frames that were no
 * datagram for the handler are counted by {@link ReceiveSkip}, and nowhere else.
 *
 * <p><b>Allocation:</b> none. <b>Threads:</b> the port's thread counts, any thread reads: each
 * number is a recent one, but two numbers need not be of the same moment.
 */
public final class PortCounters {
    private static final VarHandle RECEIVED = field("received");
    private static final VarHandle RETURNED = field("returned");
    private static final VarHandle FREED = field("freed");
    private static final VarHandle ORIGINATED = field("originated");
    private static final VarHandle ELEMENTS = MethodHandles.arrayElementVarHandle(long[].class);

    private long received;
    private long returned;
    private long freed;
    private long originated;
    private final long[] failures = new long[SendFailure.values().length];
    private final long[] skips = new long[ReceiveSkip.values().length];

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

    /** {@return the datagrams that {@link PacketPort#send} sent} */
    public long originated() {
        return (long) ORIGINATED.getOpaque(this);
    }

    /**
     * {@return the datagrams that were to be sent and could not be}
     *
     * @param cause why
     */
    public long failed(SendFailure cause) {
        return (long) ELEMENTS.getOpaque(failures, index(cause));
    }

    /** {@return the datagrams that were to be sent and could not be, for any cause} */
    public long failed() {
        return sum(failures);
    }

    /**
     * {@return the frames that were not handed to the handler}
     *
     * @param reason why
     */
    public long skipped(ReceiveSkip reason) {
        return (long) ELEMENTS.getOpaque(skips, index(reason));
    }

    /** {@return the frames that were not handed to the handler, for any reason} */
    public long skipped() {
        return sum(skips);
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

    /** Counts a datagram that {@link PacketPort#send} sent; the port's thread. */
    public void countOriginated() {
        ORIGINATED.setOpaque(this, originated + 1);
    }

    /**
     * Counts a datagram that could not be sent; the port's thread.
     *
     * @param cause why
     */
    public void countFailed(SendFailure cause) {
        count(failures, index(cause));
    }

    /**
     * Counts a frame that is not handed to the handler; the port's thread.
     *
     * @param reason why
     */
    public void countSkipped(ReceiveSkip reason) {
        count(skips, index(reason));
    }

    /** Counts as many frames that were not handed to the handler; the port's thread. */
    void countSkipped(ReceiveSkip reason, long frames) {
        int i = index(reason);
        ELEMENTS.setOpaque(skips, i, skips[i] + frames);
    }

    private static void count(long[] counters, int i) {
        ELEMENTS.setOpaque(counters, i, counters[i] + 1);
    }

    private static long sum(long[] counters) {
        long sum = 0;
        for (int i = 0; i < counters.length; i++) {
            sum += (long) ELEMENTS.getOpaque(counters, i);
        }
        return sum;
    }

    private static int index(SendFailure cause) {
        return cause.ordinal();
    }

    private static int index(ReceiveSkip reason) {
        return reason.ordinal();
    }

    private static VarHandle field(String name) {
        try {
            return MethodHandles.lookup().findVarHandle(PortCounters.class, name, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
