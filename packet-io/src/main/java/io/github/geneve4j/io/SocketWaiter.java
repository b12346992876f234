package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.PollHeader;
import io.github.geneve4j.io.sys.PollHeader.Pollfd;
import io.github.geneve4j.io.sys.PollHeader.Timespec;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.util.concurrent.TimeUnit;

/**
 * Waits for sockets, such that other threads can end the wait, by {@link #wakeup()} or by
 * interrupting.
 *
 * <p><b>Allocation:</b> none for a wait that is not interrupted. <b>Threads:</b> one waits, any
 * wakes up.
 */
final class SocketWaiter implements AutoCloseable {
    private static final long NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Descriptor event;
    private final int count;
    private final MemorySegment polled;
    private final MemorySegment time;
    private final MemorySegment read;
    private final MemorySegment one;
    private Interruption interruption = new Interruption();
    private boolean closed; // guarded by this

    private SocketWaiter(Descriptor event, int... sockets) {
        this.event = event;
        Arena arena = Arena.ofAuto();
        this.count = sockets.length;
        this.polled = arena.allocate((count + 1) * Pollfd.SIZE, Long.BYTES);
        this.time = arena.allocate(Timespec.SIZE, Long.BYTES);
        this.read = arena.allocate(JAVA_LONG);
        this.one = arena.allocateFrom(JAVA_LONG, 1L);
        for (int i = 0; i <= count; i++) {
            long at = i * Pollfd.SIZE;
            polled.set(JAVA_INT, at + Pollfd.FD, i < count ? sockets[i] : event.number());
            polled.set(JAVA_SHORT, at + Pollfd.EVENTS, (short) PollHeader.POLLIN);
        }
    }

    /** {@return what waits for any of the sockets of those descriptors} */
    static SocketWaiter open(int... sockets) throws IOException {
        int flags = SocketHeader.EFD_NONBLOCK | SocketHeader.EFD_CLOEXEC;
        Descriptor event = Descriptor.of(Libc.eventfd(0, flags), "eventfd");
        try {
            return new SocketWaiter(event, sockets);
        } catch (Throwable e) {
            event.close();
            throw e;
        }
    }

    /**
     * Waits until there is something to read, the time is over, or another thread ends it.
     *
     * @param timeoutNanos at most; 0 or less looks only
     * @return {@code POLL...} of the sockets, of all together
     */
    int await(long timeoutNanos) throws IOException {
        long nanos = Thread.currentThread().isInterrupted() ? 0 : Math.max(timeoutNanos, 0);
        time.set(JAVA_LONG, Timespec.SECONDS, nanos / NANOS);
        time.set(JAVA_LONG, Timespec.NANOS, nanos % NANOS);
        if (nanos > 0) {
            interruption.allow();
        }
        int result = Libc.ppoll(polled, count + 1, time);
        if (nanos > 0 && interruption.happened()) {
            interruption = new Interruption();
        }
        if (result < 0 && result != -Errno.EINTR) {
            throw new SystemCallException("ppoll", -result, null);
        }
        if (result <= 0) {
            return 0;
        }
        if (polled.get(JAVA_SHORT, count * Pollfd.SIZE + Pollfd.REVENTS) != 0) {
            Libc.read(event.number(), read);
        }
        return events();
    }

    /** {@return whether that socket was among those that the last {@link #await} found} */
    boolean isReady(int index) {
        return polled.get(JAVA_SHORT, index * Pollfd.SIZE + Pollfd.REVENTS) != 0;
    }

    /** {@return {@code POLL...} of the sockets, at once; a wakeup is kept for the next wait} */
    int look() {
        time.set(JAVA_LONG, Timespec.SECONDS, 0);
        time.set(JAVA_LONG, Timespec.NANOS, 0);
        return Libc.ppoll(polled, count, time) <= 0 ? 0 : events();
    }

    /** Ends the current or else the next wait. Does nothing when closed. */
    synchronized void wakeup() {
        if (!closed) {
            Libc.write(event.number(), one);
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        event.close();
    }

    private int events() {
        int events = 0;
        for (int i = 0; i < count; i++) {
            events |= polled.get(JAVA_SHORT, i * Pollfd.SIZE + Pollfd.REVENTS);
        }
        return events;
    }

    /**
     * How a thread inside a system call of ours hears that it is interrupted: as a channel, which
     * the platform closes then.
     */
    private final class Interruption extends AbstractInterruptibleChannel {
        void allow() {
            begin();
        }

        boolean happened() throws IOException {
            try {
                end(true);
                return !isOpen();
            } catch (ClosedByInterruptException e) {
                return true; // the interrupt status stays set, for the caller to see
            }
        }

        @Override
        protected void implCloseChannel() {
            wakeup();
        }
    }
}
