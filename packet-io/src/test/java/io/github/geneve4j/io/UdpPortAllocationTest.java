package io.github.geneve4j.io;

import static io.github.geneve4j.io.Wire.PEER_PORT;
import static io.github.geneve4j.io.Wire.PORT;
import static io.github.geneve4j.io.Wire.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Allocations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Request, poll and reply in one thread, so that nothing escapes the measuring. */
class UdpPortAllocationTest {
    private static final String LOCAL = "127.60.89.1";
    private static final String NODE = "127.60.89.2";
    private static final String OTHER_NODE = "127.60.89.3";
    private static final int DATAGRAMS = 100_000;
    private static final int JOINED = 8;

    private static final PacketHandler ECHO = (buffer, offset, length, source) -> length;

    private final Wire wire = new Wire();
    private final ByteBuffer request = ByteBuffer.allocateDirect(200);
    private final ByteBuffer reply = ByteBuffer.allocateDirect(200);
    private final ReturnPath path = new ReturnPath();
    private UdpPort port;
    private DatagramChannel replies;

    @BeforeEach
    void open() throws IOException {
        port = UdpPort.builder(Wire.address(LOCAL)).port(PORT).peerPort(PEER_PORT).open();
        replies = wire.channel(at(NODE, PEER_PORT));
        replies.connect(at(LOCAL, 25_000));
    }

    @AfterEach
    void close() throws IOException {
        wire.close();
        port.close();
    }

    @Test
    void everChangingSendersCostNothing() throws IOException {
        DatagramChannel[] senders = {
            sender(NODE, 25_000), sender(OTHER_NODE, 25_000), sender(NODE, 25_001)
        };
        int[] turn = new int[1];
        long allocated =
                Allocations.of(
                        DATAGRAMS,
                        () -> {
                            turn[0] = turn[0] == 2 ? 0 : turn[0] + 1;
                            return exchange(senders[turn[0]], 1, 1);
                        });
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(port.counters().returned()).isEqualTo(port.counters().received());
    }

    @Test
    void batchesCostNothing() throws IOException {
        DatagramChannel[] senders = {sender(NODE, 25_000), sender(NODE, 25_001)};
        long allocated =
                Allocations.of(
                        DATAGRAMS / JOINED,
                        () -> {
                            exchange(senders[0], JOINED / 2, 0);
                            return exchange(senders[1], JOINED / 2, JOINED);
                        });
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(port.counters().returned()).isEqualTo(port.counters().received());
    }

    @Test
    void joinedDatagramsCostNothing() throws IOException {
        try (JoinedDatagrams sender = new JoinedDatagrams(at(NODE, 25_000))) {
            sender.connectAndCut(at(LOCAL, PORT), request.capacity() / JOINED);
            MemorySegment message = MemorySegment.ofBuffer(request.clear());
            long allocated =
                    Allocations.of(
                            DATAGRAMS / JOINED,
                            () -> {
                                sender.write(message);
                                return answer(ECHO, JOINED);
                            });
            assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
            assertThat(port.counters().returned()).isEqualTo(port.counters().received());
        }
    }

    @Test
    void datagramsOfOurOwnCostNothing() throws IOException {
        DatagramChannel sender = sender(NODE, 25_000);
        ByteBuf heap = Unpooled.wrappedBuffer(new byte[100]);
        PacketHandler answersTwice =
                (buffer, offset, length, source) -> {
                    try {
                        port.returnPath(path);
                        port.send(path, buffer, offset, 61);
                        port.send(path, heap, 0, 100);
                        return length;
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                };
        long allocated =
                Allocations.of(
                        DATAGRAMS,
                        () -> {
                            write(sender);
                            return answer(answersTwice, 1);
                        });
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(port.counters().originated()).isEqualTo(2 * port.counters().received());
    }

    @Test
    void nothingToDoCostsNothing() {
        long allocated = Allocations.of(DATAGRAMS, () -> poll(ECHO, 1) + await());
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
    }

    private DatagramChannel sender(String node, int sourcePort) throws IOException {
        return wire.channel(at(node, sourcePort)).connect(at(LOCAL, PORT));
    }

    private long exchange(DatagramChannel sender, int requests, int expected) {
        for (int i = 0; i < requests; i++) {
            write(sender);
        }
        return expected == 0 ? 0 : answer(ECHO, expected);
    }

    private void write(DatagramChannel sender) {
        try {
            sender.write(request.clear());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long answer(PacketHandler handler, int expected) {
        int polled = poll(handler, expected);
        try {
            while (replies.read(reply.clear()) > 0) {
                polled++;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return polled;
    }

    private int poll(PacketHandler handler, int budget) {
        try {
            return port.poll(handler, budget);
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
