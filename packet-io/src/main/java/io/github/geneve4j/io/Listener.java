package io.github.geneve4j.io;

import java.net.Inet4Address;
import java.nio.channels.DatagramChannel;
import org.jspecify.annotations.Nullable;

/** A local address that requests come to and replies leave from. */
final class Listener {
    private static final int PORTS = 0x1_0000;

    final Inet4Address address;
    final DatagramChannel channel;

    /** By source port; kept by {@link ReplyChannels}. */
    final @Nullable ReplyChannel[] replies = new @Nullable ReplyChannel[PORTS];

    Listener(Inet4Address address, DatagramChannel channel) {
        this.address = address;
        this.channel = channel;
    }
}
