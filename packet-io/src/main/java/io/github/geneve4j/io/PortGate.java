package io.github.geneve4j.io;

import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets one thread at a time into a port, and puts off the release of what the port holds until that
 * thread is out: nothing is closed or unmapped under its feet.
 */
final class PortGate {
    private static final int IDLE = 0;
    private static final int BUSY = 1;
    private static final int CLOSING = 2; // busy, to be released on the way out
    private static final int CLOSED = 3;

    private final AtomicInteger state = new AtomicInteger(IDLE);

    /** Goes in; {@link #leave()} must follow. */
    void enter() throws ClosedChannelException {
        if (!state.compareAndSet(IDLE, BUSY)) {
            if (state.get() >= CLOSING) {
                throw new ClosedChannelException();
            }
            throw new IllegalStateException(
                    "this port is in use by another thread, or called by its own handler");
        }
    }

    /** {@return whether the port was closed meanwhile, so that the caller now has to release it} */
    boolean leave() {
        if (state.compareAndSet(BUSY, IDLE)) {
            return false;
        }
        state.set(CLOSED);
        return true;
    }

    /**
     * {@return whether the caller has to release the port; if not, the thread inside will, or it is
     * done}
     */
    boolean close() {
        while (true) {
            int now = state.get();
            if (now >= CLOSING) {
                return false;
            }
            if (state.compareAndSet(now, now == IDLE ? CLOSED : CLOSING)) {
                return now == IDLE;
            }
        }
    }
}
