package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The load balancer's side of a test: sends from any address and port, receives at the tunnel's.
 */
final class Wire implements Closeable {
    /** Where the ports of these tests listen, and where they send replies to. */
    static final int PORT = 20_081;

    static final int PEER_PORT = 20_082;

    private static final int RECEIVE_BUFFER_LENGTH = 4 << 20;

    private final Map<InetSocketAddress, DatagramChannel> channels = new HashMap<>();

    /** One datagram as it came. */
    record Received(InetSocketAddress from, byte[] bytes) {}

    static InetAddress address(String literal) {
        return InetAddress.ofLiteral(literal);
    }

    static InetSocketAddress at(String literal, int port) {
        return new InetSocketAddress(address(literal), port);
    }

    /** Opens the socket that replies to that address come to. */
    void receiveAt(String node) throws IOException {
        channel(at(node, PEER_PORT));
    }

    void send(InetSocketAddress from, InetSocketAddress to, byte[] bytes) throws IOException {
        assertThat(channel(from).send(ByteBuffer.wrap(bytes), to)).isEqualTo(bytes.length);
    }

    /**
     * {@return the next reply to that address, or null: on loopback it is there once it is sent}
     */
    @Nullable Received receive(String node) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(0xffff);
        InetSocketAddress from = (InetSocketAddress) channel(at(node, PEER_PORT)).receive(buffer);
        if (from == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.position()];
        buffer.flip().get(bytes);
        return new Received(from, bytes);
    }

    /** Frees the address and port again. */
    void close(InetSocketAddress from) throws IOException {
        DatagramChannel channel = channels.remove(from);
        if (channel != null) {
            channel.close();
        }
    }

    DatagramChannel channel(InetSocketAddress local) throws IOException {
        DatagramChannel channel = channels.get(local);
        if (channel == null) {
            channel = DatagramChannel.open(StandardProtocolFamily.INET);
            channels.put(local, channel);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER_LENGTH);
            channel.configureBlocking(false);
            channel.bind(local);
        }
        return channel;
    }

    @Override
    public void close() throws IOException {
        for (DatagramChannel channel : channels.values()) {
            channel.close();
        }
    }
}
