package io.github.geneve4j.io;

import static io.github.geneve4j.io.Wire.PEER_PORT;
import static io.github.geneve4j.io.Wire.PORT;
import static io.github.geneve4j.io.Wire.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Allocations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Request, poll and reply in one thread, so that nothing escapes the measuring. */
class NioPortAllocationTest {
    private static final String LOCAL = "127.60.84.1";
    private static final String NODE = "127.60.84.2";
    private static final String OTHER_NODE = "127.60.84.3";
    private static final int DATAGRAMS = 100_000;

    /** What the JDK makes of a sender that is not the one before: five objects. */
    private static final int ADDRESS_OBJECTS = 120;

    /** An array of four bytes, which the compiler may or may not do away with. */
    private static final int ADDRESS_BYTES = 24;

    private static final PacketHandler ECHO = (buffer, offset, length, source) -> length;

    private final Wire wire = new Wire();
    private final ByteBuffer request = ByteBuffer.allocateDirect(200);
    private final ByteBuffer reply = ByteBuffer.allocateDirect(200);
    private NioPort port;
    private DatagramChannel replies;

    @BeforeEach
    void open() throws IOException {
        port = NioPort.builder(Wire.address(LOCAL)).port(PORT).peerPort(PEER_PORT).open();
        replies = wire.channel(at(NODE, PEER_PORT));
        replies.connect(at(LOCAL, 25_000));
    }

    @AfterEach
    void close() throws IOException {
        wire.close();
        port.close();
    }

    @Test
    void oneSenderCostsNothing() throws IOException {
        DatagramChannel sender = sender(NODE, 25_000);
        long allocated = Allocations.of(DATAGRAMS, () -> exchange(sender));
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(port.counters().returned()).isEqualTo(port.counters().received());
    }

    /**
     * At most the figure that the documentation of {@link NioPort} states; the JIT may save some.
     */
    @Test
    void alternatingSendersCostAtMostTheirAddressObjects() throws IOException {
        DatagramChannel[] senders = {sender(NODE, 25_000), sender(OTHER_NODE, 25_000)};
        int[] turn = new int[1];
        long allocated = Allocations.of(DATAGRAMS, () -> exchange(senders[turn[0]++ & 1]));
        assertThat(allocated / DATAGRAMS).isLessThanOrEqualTo(ADDRESS_OBJECTS + ADDRESS_BYTES);
        assertThat(port.counters().returned()).isEqualTo(port.counters().received());
    }

    @Test
    void nothingToDoCostsNothing() {
        long allocated = Allocations.of(DATAGRAMS, () -> poll() + await());
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
    }

    private DatagramChannel sender(String node, int sourcePort) throws IOException {
        InetSocketAddress local = at(node, sourcePort);
        return wire.channel(local).connect(at(LOCAL, PORT));
    }

    private long exchange(DatagramChannel sender) {
        try {
            sender.write(request.clear());
            int polled = port.poll(ECHO, 1);
            replies.read(reply.clear());
            return polled;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long poll() {
        try {
            return port.poll(ECHO, 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long await() {
        try {
            port.await(0);
            return 1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
