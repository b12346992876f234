package io.github.geneve4j.io;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Has a port's interface receive in the port's thread (busy polling), when and by whom it is best:
 * by its own sockets, or by one that stands in for them.
 *
 * <p><b>Allocation:</b> none, once it is known what to poll. <b>Threads:</b> one, any for {@link
 * #toString()}.
 */
final class XskPolling implements AutoCloseable {
    private final XskSockets sockets;
    private final XskLink link;
    private final @Nullable NapiPoll napi; // where the sockets cannot do it themselves
    private final String bySockets; // why they do, if they do
    private final LookPace pace;

    /**
     * @param sockets of the port
     * @param link of their interface
     * @param budget most packets that the driver takes in one go; a look has it do so twice
     * @param napi polls for the sockets, which cannot; or null
     * @param bySockets who polls otherwise, for people
     */
    XskPolling(
            XskSockets sockets,
            XskLink link,
            int budget,
            @Nullable NapiPoll napi,
            String bySockets) {
        this.sockets = sockets;
        this.link = link;
        this.napi = napi;
        this.bySockets = bySockets;
        this.pace = new LookPace(budget);
    }

    /** Notes that datagrams have come to the port. */
    void came() {
        if (napi != null) {
            napi.came();
        }
    }

    /** {@return whether the last look brought so much that more may wait} */
    boolean wasFull() {
        return isPolling() && pace.wasFull();
    }

    /** Has the interface receive, here and now. */
    void look(XskSocket socket) throws IOException {
        boolean polls = isPolling();
        if (polls && sockets.count() == 1) {
            awaitTurn();
        }
        if (napi != null) {
            napi.look();
        }
        if (napi == null || napi.isNeedless() || socket.queue().fillNeedsWakeup()) {
            link.receive(socket);
        }
        if (polls) {
            pace.looked(System.nanoTime());
            pace.brought(socket.queue().available());
        }
    }

    /** {@return whether nothing comes for a moment, so that waiting is to be short} */
    boolean isLearning() {
        return napi != null && napi.isLearning();
    }

    /** Leaves the interface to interrupts, since the thread is about to sleep. */
    void letGo() throws IOException {
        if (napi == null || napi.isNeedless()) {
            sockets.letGo();
        } else {
            napi.letGo();
        }
    }

    /** Looks after what is polled; to be called now and then. */
    void check() throws IOException {
        if (napi != null) {
            napi.check();
        }
    }

    /** {@return who polls, or why nobody can; for people} */
    @Override
    public String toString() {
        return napi == null ? bySockets : napi.toString();
    }

    @Override
    public void close() {
        if (napi != null) {
            napi.close();
        }
    }

    private boolean isPolling() {
        return napi == null || napi.isPolling();
    }

    private void awaitTurn() {
        long now = System.nanoTime();
        long until = now + pace.waitNanos(now);
        while (now - until < 0) {
            Thread.onSpinWait();
            now = System.nanoTime();
        }
    }
}
