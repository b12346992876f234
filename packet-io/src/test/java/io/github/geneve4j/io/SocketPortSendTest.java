package io.github.geneve4j.io;

import static io.github.geneve4j.io.Wire.PEER_PORT;
import static io.github.geneve4j.io.Wire.PORT;
import static io.github.geneve4j.io.Wire.address;
import static io.github.geneve4j.io.Wire.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Datagrams that are not replies, and replies that nobody wrote to. */
abstract class SocketPortSendTest {
    private static final String LOCAL = "127.60.85.1";
    private static final int LOCAL_NUMBER = 0x7f3c5501;
    private static final String NODE = "127.60.85.2";
    private static final int NODE_NUMBER = 0x7f3c5502;
    private static final byte[] BYTES = Packets.counting(100);
    private static final ByteBuf MADE = Unpooled.copiedBuffer(Packets.counting(60));

    private final Wire wire = new Wire();
    private final ReturnPath path = new ReturnPath();
    private SocketPort port;

    /** {@return a builder of the port that is tested} */
    abstract SocketPortBuilder<?> builder(InetAddress address);

    @BeforeEach
    void open() throws IOException {
        wire.receiveAt(NODE);
        port = builder(address(LOCAL)).port(PORT).peerPort(PEER_PORT).open();
    }

    @AfterEach
    void close() throws IOException {
        wire.close();
        port.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, SocketPort.MAX_DATAGRAM_LENGTH})
    void returnsWhatIsUnchanged(int length) throws IOException {
        byte[] bytes = Packets.counting(length);
        request(bytes);
        port.poll((buffer, offset, size, source) -> PacketHandler.UNCHANGED, 1);
        checkReply(bytes);
        assertThat(port.counters().returned()).isEqualTo(1);
        assertThat(port.counters().freed()).isZero();
    }

    @Test
    void tellsThePathAndFollowsIt() throws IOException {
        request(BYTES);
        port.poll(
                (buffer, offset, length, source) -> {
                    port.returnPath(path);
                    send(buffer, offset + 10, 50); // out of the very datagram
                    return length;
                },
                1);
        assertThat(path.localAddress()).isEqualTo(LOCAL_NUMBER);
        assertThat(path.remoteAddress()).isEqualTo(NODE_NUMBER);
        assertThat(path.sourcePort()).isEqualTo(25_000);
        assertThat(path.localMac() | path.remoteMac() | path.outerTag() | path.innerTag()).isZero();
        checkReply(java.util.Arrays.copyOfRange(BYTES, 10, 60));
        checkReply(BYTES);
        send(MADE, 0, 60);
        checkReply(Packets.counting(60));
        assertThat(port.counters().originated()).isEqualTo(2);
        assertThat(port.counters().returned()).isEqualTo(1);
    }

    @Test
    void countsWhatCannotBeSent() throws IOException {
        path.datagram(LOCAL_NUMBER, NODE_NUMBER, 0);
        port.send(path, MADE, 0, 60);
        assertThat(port.counters().failed(SendFailure.SOURCE_PORT_UNAVAILABLE)).isEqualTo(1);
        assertThat(port.counters().failed()).isEqualTo(1);
        assertThat(port.counters().originated()).isZero();
    }

    @Test
    void refusesWhatCannotBe() throws IOException {
        path.datagram(LOCAL_NUMBER, NODE_NUMBER, 25_000);
        assertThatThrownBy(() -> port.send(path, MADE, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("length 0: not 1 to 65507");
        assertThatThrownBy(() -> port.send(path, MADE, 0, 65_508))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> port.send(path, MADE, 1, 60))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> port.send(path, MADE, -1, 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> port.returnPath(path)).isInstanceOf(IllegalStateException.class);
        path.datagram(NODE_NUMBER, NODE_NUMBER, 25_000);
        assertThatThrownBy(() -> port.send(path, MADE, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("path from an address that is not this port's");
        port.close();
        assertThatThrownBy(() -> port.send(path, MADE, 0, 1))
                .isInstanceOf(ClosedChannelException.class);
    }

    private void request(byte[] bytes) throws IOException {
        wire.send(at(NODE, 25_000), at(LOCAL, PORT), bytes);
        port.await(1_000_000_000);
    }

    private void send(ByteBuf bytes, int offset, int length) {
        try {
            port.send(path, bytes, offset, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void checkReply(byte[] bytes) throws IOException {
        Wire.Received reply = wire.receive(NODE);
        assertThat(reply).isNotNull();
        assertThat(reply.from()).isEqualTo(at(LOCAL, 25_000));
        assertThat(reply.bytes()).isEqualTo(bytes);
    }
}
