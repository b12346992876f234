package io.github.geneve4j.io;

import static io.github.geneve4j.io.Wire.PEER_PORT;
import static io.github.geneve4j.io.Wire.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel refuses. */
class SendQueueTest {
    private static final Inet4Address LOCAL = Inet4Address.ofLiteral("127.60.88.1");
    private static final String NODE = "127.60.88.2";
    private static final int NODE_NUMBER = 0x7f3c5802;
    private static final int BROADCAST = -1; // refused where not asked for
    private static final int SO_NO_CHECK = 11; // without a checksum nothing can be cut
    private static final ByteBuf BYTES = Unpooled.copiedBuffer(new byte[1000]);

    private final PortCounters counters = new PortCounters();
    private final SendQueue queue = new SendQueue(PEER_PORT, counters, this::send);
    private final Queue<Integer> errors = new ArrayDeque<>(); // of the next calls
    private int most = 1024; // messages of a call
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

    /** A filter that drops some, a route that comes and goes, a moment without memory. */
    @ParameterizedTest
    @ValueSource(ints = {Errno.EPERM, Errno.ENETDOWN, Errno.ENOBUFS, Errno.ENOMEM})
    void joinsAgainAfterARefusalThatWasNotOfJoining(int errno) throws IOException {
        errors.add(errno);
        add(NODE_NUMBER, 100, 100, 40);
        queue.flush();
        assertThat(lengths()).containsExactly(List.of(100), List.of(100), List.of(40));
        add(NODE_NUMBER, 100, 100);
        queue.flush();
        assertThat(lengths()).containsExactly(List.of(100, 100));
        check(5, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EINVAL, Errno.EIO})
    void joinsNoMoreWhereNobodyCuts(int errno) throws IOException {
        errors.add(errno);
        add(NODE_NUMBER, 100, 100);
        add(NODE_NUMBER, 50, 50);
        queue.flush();
        add(NODE_NUMBER, 30, 30);
        queue.flush();
        assertThat(lengths())
                .containsExactly(
                        List.of(100),
                        List.of(100),
                        List.of(50),
                        List.of(50),
                        List.of(30),
                        List.of(30));
        check(6, 0);
    }

    @Test
    void sendsOnAfterAnInterruption() throws IOException {
        errors.addAll(List.of(Errno.EINTR, Errno.EINTR, Errno.EINVAL, Errno.EINTR));
        add(NODE_NUMBER, 100, 100);
        queue.flush();
        assertThat(lengths()).containsExactly(List.of(100), List.of(100));
        check(2, 0);
    }

    /** As when a signal comes, or the buffer is full, after some of them. */
    @Test
    void countsEachOnceWhenSomeWereSent() throws IOException {
        most = 1;
        add(NODE_NUMBER, 100, 100);
        add(NODE_NUMBER, 200, 200, 50);
        add(NODE_NUMBER, 300);
        queue.flush();
        check(6, 0);
        assertThat(lengths())
                .containsExactly(List.of(100, 100), List.of(200, 200, 50), List.of(300));

        errors.addAll(List.of(0, Errno.EAGAIN)); // the second call
        add(NODE_NUMBER, 100, 100);
        add(NODE_NUMBER, 200, 200, 50);
        queue.flush();
        assertThat(lengths()).containsExactly(List.of(100, 100));
        assertThat(counters.originated()).isEqualTo(8);
        assertThat(counters.failed(SendFailure.QUEUE_FULL)).isEqualTo(3);
        assertThat(counters.failed()).isEqualTo(3);
        assertThat(socket.joins).isTrue();
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

    private int send(int descriptor, MemorySegment messages, int count) {
        Integer error = errors.poll();
        return error == null || error == 0
                ? Libc.sendmmsg(
                        descriptor, messages, Math.min(count, most), SocketHeader.MSG_DONTWAIT)
                : -error;
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
