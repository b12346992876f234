package io.github.geneve4j.io;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The source ports that replies leave from: one channel for each, opened when the first reply needs
 * it, closed when none has needed it for long, or when its place is needed by another.
 *
 * <p>A port that cannot be had is remembered as well, so that a flow that uses it does not cost a
 * system call and an exception for each of its datagrams.
 *
 * @param <C> channel or socket
 */
final class ReplyChannels<C extends Closeable> {
    private static final long RETRY_NANOS = 1_000_000_000;
    private static final int RECEIVE_BUFFER_LENGTH = 1; // nobody reads: as little as can be
    private static final int CLOSES_AT_ONCE = 8; // so that no poll is held up for long

    /**
     * Opens what replies leave by.
     *
     * @param <C> channel or socket
     */
    @FunctionalInterface
    interface Opener<C extends Closeable> {
        /**
         * {@return a non-blocking channel that is bound}
         *
         * @param address to bind
         * @param port to bind, not 0
         * @param receiveBufferLength bytes that the kernel keeps of what is still to be read
         * @throws BindException if address and port cannot be had
         * @throws IOException if there is no channel to be had
         */
        C open(Inet4Address address, int port, int receiveBufferLength) throws IOException;
    }

    private final PortCounters counters;
    private final Opener<C> opener;
    private final int max;
    private final long idleNanos;

    // From the least to the most recently used.
    private @Nullable ReplyChannel<C> oldest;
    private @Nullable ReplyChannel<C> newest;
    private int size;

    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong evicted = new AtomicLong();

    ReplyChannels(PortCounters counters, Opener<C> opener, int max, long idleNanos) {
        this.counters = counters;
        this.opener = opener;
        this.max = max;
        this.idleNanos = idleNanos;
    }

    /**
     * {@return the channel that replies from this port leave by, or null if it cannot be had, which
     * is counted}
     *
     * @param listener whose address the request came to
     * @param port source port of the request, 0 to 65535
     * @param nowNanos the time
     */
    @Nullable C use(Listener<C> listener, int port, long nowNanos) {
        ReplyChannel<C> reply = listener.replies[port];
        if (reply != null && reply.failure != null && nowNanos - reply.openedNanos >= RETRY_NANOS) {
            remove(reply);
            reply = null;
        }
        if (reply == null) {
            reply = add(listener, port, nowNanos);
        } else if (reply != newest) {
            unlink(reply);
            link(reply);
        }
        reply.usedNanos = nowNanos;
        if (reply.failure != null) {
            counters.countFailed(reply.failure);
        }
        return reply.channel;
    }

    /** Closes some of those that have been idle for too long. */
    void closeIdle(long nowNanos) {
        ReplyChannel<C> reply = oldest;
        for (int i = 0;
                i < CLOSES_AT_ONCE && reply != null && nowNanos - reply.usedNanos >= idleNanos;
                i++) {
            remove(reply);
            reply = oldest;
        }
    }

    void closeAll() {
        while (oldest != null) {
            remove(oldest);
        }
    }

    /** {@return the channels that are open; any thread} */
    int open() {
        return open.get();
    }

    /** {@return how many were closed before their time; any thread} */
    long evicted() {
        return evicted.get();
    }

    private ReplyChannel<C> add(Listener<C> listener, int port, long nowNanos) {
        if (size == max && oldest != null) {
            evict(oldest);
        }
        C channel = null;
        SendFailure failure = null;
        try {
            channel = openOrEvict(listener.address, port);
        } catch (BindException e) {
            failure = SendFailure.SOURCE_PORT_UNAVAILABLE;
        } catch (IOException e) {
            failure = SendFailure.NO_SOCKET;
        }
        ReplyChannel<C> reply = new ReplyChannel<>(listener, port, channel, failure, nowNanos);
        listener.replies[port] = reply;
        link(reply);
        size++;
        if (channel != null) {
            open.incrementAndGet();
        }
        return reply;
    }

    /** The process may be out of descriptors; the channel used longest ago has one to give. */
    private C openOrEvict(Inet4Address address, int port) throws IOException {
        try {
            return open(address, port);
        } catch (BindException e) {
            throw e;
        } catch (IOException e) {
            ReplyChannel<C> victim = oldest;
            while (victim != null && victim.channel == null) {
                victim = victim.newer;
            }
            if (victim == null) {
                throw e;
            }
            evict(victim);
            return open(address, port);
        }
    }

    private C open(Inet4Address address, int port) throws IOException {
        if (port == 0) {
            throw new BindException("port 0 means any port");
        }
        return opener.open(address, port, RECEIVE_BUFFER_LENGTH);
    }

    private void evict(ReplyChannel<C> victim) {
        remove(victim);
        if (victim.channel != null) {
            evicted.incrementAndGet();
        }
    }

    private void remove(ReplyChannel<C> reply) {
        unlink(reply);
        size--;
        reply.listener.replies[reply.port] = null;
        C channel = reply.channel;
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException ignored) {
                // The descriptor is gone either way, and there was nothing left to send.
            }
            open.decrementAndGet();
        }
    }

    private void link(ReplyChannel<C> reply) {
        ReplyChannel<C> last = newest;
        reply.older = last;
        if (last == null) {
            oldest = reply;
        } else {
            last.newer = reply;
        }
        newest = reply;
    }

    private void unlink(ReplyChannel<C> reply) {
        ReplyChannel<C> before = reply.older;
        ReplyChannel<C> after = reply.newer;
        if (before == null) {
            oldest = after;
        } else {
            before.newer = after;
        }
        if (after == null) {
            newest = before;
        } else {
            after.older = before;
        }
        reply.older = null;
        reply.newer = null;
    }
}
