package io.github.geneve4j.io;

import java.io.Closeable;
import java.net.Inet4Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A local address that requests come to and replies leave from.
 *
 * @param <C> channel or socket
 */
final class Listener<C extends Closeable> {
    private static final int PORTS = 0x1_0000;

    final Inet4Address address;

    /** The address, big-endian. */
    final int number;

    final C channel;

    /** By source port; kept by {@link ReplyChannels}. */
    final @Nullable ReplyChannel<C>[] replies;

    @SuppressWarnings({"unchecked", "rawtypes"}) // Java makes no arrays of a generic type
    Listener(Inet4Address address, C channel) {
        this.address = address;
        this.number = number(address);
        this.channel = channel;
        this.replies = new @Nullable ReplyChannel[PORTS];
    }

    /** {@return an IPv4 address as a number, big-endian} */
    static int number(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes[0] << 24
                | (bytes[1] & 0xff) << 16
                | (bytes[2] & 0xff) << 8
                | (bytes[3] & 0xff);
    }
}
