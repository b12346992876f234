package io.github.geneve4j.io;

import static io.github.geneve4j.io.Wire.PEER_PORT;
import static io.github.geneve4j.io.Wire.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernel refuses. */
class SendQueueTest {
    private static final Inet4Address LOCAL = Inet4Address.ofLiteral("127.60.88.1");
    private static final String NODE = "127.60.88.2";
    private static final int NODE_NUMBER = 0x7f3c5802;
    private static final int BROADCAST = -1; // refused where not asked for
    private static final int SO_NO_CHECK = 11; // without a checksum nothing can be cut
    private static final ByteBuf BYTES = Unpooled.copiedBuffer(new byte[1000]);

    private final PortCounters counters = new PortCounters();
    private final SendQueue queue = new SendQueue(PEER_PORT, counters);
    private PortSocket socket;
    private JoinedDatagrams receiver;

    @BeforeEach
    void open() throws IOException {
        socket = new PortSocket.Opener(1 << 20, false, queue).open(LOCAL, 25_000, 1);
        receiver = new JoinedDatagrams(at(NODE, PEER_PORT));
    }

    @AfterEach
    void close() {
        socket.close();
        receiver.close();
    }

    @Test
    void sendsOneByOneWhatIsRefusedJoined() throws IOException {
        refuseJoined(1);
        add(NODE_NUMBER, 100, 100, 100, 40);
        queue.flush();
        check(4, 0);
        assertThat(lengths())
                .containsExactly(List.of(100), List.of(100), List.of(100), List.of(40));
        assertThat(socket.joins).isFalse();

        refuseJoined(0); // it does not ask again
        add(NODE_NUMBER, 100, 100);
        queue.flush();
        check(6, 0);
        assertThat(lengths()).containsExactly(List.of(100), List.of(100));
    }

    @Test
    void whatIsRefusedEitherWayKeepsNobodyFromJoining() throws IOException {
        add(BROADCAST, 100, 100, 100);
        add(NODE_NUMBER, 200, 200);
        add(BROADCAST, 50);
        add(NODE_NUMBER, 30);
        queue.flush();
        check(3, 4);
        assertThat(lengths()).containsExactly(List.of(200, 200), List.of(30));
        assertThat(socket.joins).isTrue();
    }

    @Test
    void sendsWhatWaitsBeforeASocketCloses() throws IOException {
        add(NODE_NUMBER, 100, 100);
        socket.close();
        check(2, 0);
        assertThat(lengths()).containsExactly(List.of(100, 100));
        queue.flush();
        check(2, 0);
        assertThat(queue.isEmpty()).isTrue();
    }

    private void refuseJoined(int refuse) {
        assertThat(Libc.setsockopt(socket.number(), SocketHeader.SOL_SOCKET, SO_NO_CHECK, refuse))
                .isZero();
    }

    private void add(int peer, int... lengths) {
        for (int length : lengths) {
            queue.addMade(socket, peer, BYTES, 0, length);
        }
    }

    private List<List<Integer>> lengths() throws IOException {
        return receiver.receive().stream()
                .map(message -> message.stream().map(bytes -> bytes.length).toList())
                .toList();
    }

    private void check(int sent, int refused) {
        assertThat(counters.originated()).isEqualTo(sent);
        assertThat(counters.failed(SendFailure.REFUSED)).isEqualTo(refused);
        assertThat(counters.failed()).isEqualTo(refused);
    }
}
