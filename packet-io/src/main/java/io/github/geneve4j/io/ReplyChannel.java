package io.github.geneve4j.io;

import java.io.Closeable;
import org.jspecify.annotations.Nullable;

/**
 * A source port that replies leave from, or that could not be had; a link in the list of {@link
 * ReplyChannels}.
 *
 * @param <C> channel or socket
 */
final class ReplyChannel<C extends Closeable> {
    final Listener<C> listener;
    final int port;

    /** Null if the port could not be had, for the {@link #failure}. */
    final @Nullable C channel;

    final @Nullable SendFailure failure;
    final long openedNanos;

    long usedNanos;
    @Nullable ReplyChannel<C> older;
    @Nullable ReplyChannel<C> newer;

    ReplyChannel(
            Listener<C> listener,
            int port,
            @Nullable C channel,
            @Nullable SendFailure failure,
            long nowNanos) {
        this.listener = listener;
        this.port = port;
        this.channel = channel;
        this.failure = failure;
        this.openedNanos = nowNanos;
        this.usedNanos = nowNanos;
    }
}
