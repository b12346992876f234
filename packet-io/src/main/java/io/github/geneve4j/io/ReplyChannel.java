package io.github.geneve4j.io;

import java.nio.channels.DatagramChannel;
import org.jspecify.annotations.Nullable;

/**
 * A source port that replies leave from, or that could not be had; a link in the list of {@link
 * ReplyChannels}.
 */
final class ReplyChannel {
    final Listener listener;
    final int port;

    /** Null if the port could not be had, for the {@link #failure}. */
    final @Nullable DatagramChannel channel;

    final @Nullable SendFailure failure;
    final long openedNanos;

    long usedNanos;
    @Nullable ReplyChannel older;
    @Nullable ReplyChannel newer;

    ReplyChannel(
            Listener listener,
            int port,
            @Nullable DatagramChannel channel,
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
