package io.github.geneve4j.io;

import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thread at a time into a port, and puts off the release of what the port holds until that
 * thread is out: nothing is closed or unmapped under its feet.
 */
final class PortGate {
    private static final int IDLE = 0;
    private static final int BUSY = 1;
    private static final int CLOSED = 2; // maybe with a thread inside still

    private final AtomicInteger state = new AtomicInteger(IDLE);

    /** Other threads may read anything, but not themselves. */
    private @Nullable Thread inside;

    /** Goes in; {@link #leave()} must follow. */
    void enter() throws ClosedChannelException {
        if (!state.compareAndSet(IDLE, BUSY)) {
            if (state.get() == CLOSED) {
                throw new ClosedChannelException();
            }
            throw new IllegalStateException(
                    "this port is in use by another thread, or called by its own handler");
        }
        inside = Thread.currentThread();
    }

    /** {@return whether this thread is inside already, and so in a handler that calls its port} */
    @SuppressWarnings("ReferenceEquality") // a thread is equal to itself only
    boolean isInside() {
        return inside == Thread.currentThread();
    }

    /** {@return whether the port was closed meanwhile, so that the caller now has to release it} */
    boolean leave() {
        inside = null;
        return !state.compareAndSet(BUSY, IDLE);
    }

    /**
     * {@return whether the caller has to release the port; if not, the thread inside will, or it is
     * done}
     */
    boolean close() {
        return state.getAndSet(CLOSED) == IDLE;
    }
}
