package io.github.geneve4j.io;

import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The local addresses that a port of sockets listens on, in turn, and the source ports that its
 * replies leave from.
 *
 * @param <C> channel or socket
 */
final class Listeners<C extends Closeable> implements Closeable {
    private final List<Listener<C>> listeners; // asked by index: an iterator would be an object
    private final ReplyChannels<C> replies;
    private final int port;
    private final boolean replyFromListeningPort;
    private int first; // whose turn it is

    Listeners(List<Listener<C>> listeners, SocketPortBuilder<?> builder, ReplyChannels<C> replies) {
        this.listeners = List.copyOf(listeners);
        this.replies = replies;
        this.port = builder.port;
        this.replyFromListeningPort = builder.replyFromListeningPort;
    }

    /** {@return all of them; any thread} */
    List<Listener<C>> all() {
        return listeners;
    }

    /** {@return how many there are} */
    int size() {
        return listeners.size();
    }

    /**
     * {@return one of them, counted from the one whose turn it is}
     *
     * @param i 0 to {@link #size()}, exclusive
     */
    Listener<C> get(int i) {
        int at = first + i;
        return listeners.get(at < listeners.size() ? at : at - listeners.size());
    }

    /** Makes it the turn of the next one. */
    void rotate() {
        first = first + 1 == listeners.size() ? 0 : first + 1;
    }

    /**
     * {@return the one with that address}
     *
     * @param address big-endian
     * @throws IllegalArgumentException if there is none
     */
    Listener<C> at(int address) {
        for (int i = 0; i < listeners.size(); i++) {
            Listener<C> listener = listeners.get(i);
            if (listener.number == address) {
                return listener;
            }
        }
        throw new IllegalArgumentException("path from an address that is not this port's");
    }

    /**
     * {@return what a reply leaves by, or null if that cannot be had, which is counted}
     *
     * @param listener whose address the request came to
     * @param sourcePort of the request, 0 to 65535
     * @param nowNanos the time
     */
    @Nullable C replyChannel(Listener<C> listener, int sourcePort, long nowNanos) {
        return replyFromListeningPort || sourcePort == port
                ? listener.channel
                : replies.use(listener, sourcePort, nowNanos);
    }

    /** {@return the addresses; any thread} */
    List<Inet4Address> addresses() {
        return listeners.stream().map(listener -> listener.address).toList();
    }

    /** Closes them, and what replies leave by. */
    @Override
    public void close() throws IOException {
        replies.closeAll();
        closeAll(listeners);
    }

    /** Closes listeners, each whatever becomes of the others. */
    static void closeAll(List<? extends Listener<?>> listeners) throws IOException {
        IOException failure = null;
        for (Listener<?> listener : listeners) {
            try {
                listener.channel.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
