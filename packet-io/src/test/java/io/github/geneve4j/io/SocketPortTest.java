package io.github.geneve4j.io;

import static io.github.geneve4j.io.Wire.PEER_PORT;
import static io.github.geneve4j.io.Wire.PORT;
import static io.github.geneve4j.io.Wire.address;
import static io.github.geneve4j.io.Wire.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.geneve4j.testkit.Packets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every port of plain sockets does. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a wait may never end
abstract class SocketPortTest {
    private static final String LOCAL = "127.60.81.1";
    private static final String NODE = "127.60.81.2";
    private static final String OTHER_NODE = "127.60.81.3";

    private static final PacketHandler ECHO = (buffer, offset, length, source) -> length;
    private static final PacketHandler DROP =
            (buffer, offset, length, source) -> PacketHandler.DROP;
    private static final byte[] BYTES = Packets.counting(100);

    final Wire wire = new Wire();
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // it may wrap around
    private SocketPort port;

    /** {@return a builder of the port that is tested} */
    abstract SocketPortBuilder<?> builder(InetAddress address);

    @AfterEach
    void close() throws IOException {
        wire.close();
        if (port != null) {
            port.close();
        }
    }

    @Test
    void repliesFromTheAddressAndSourcePortOfTheRequest() throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        wire.send(at(NODE, 25_000), at(LOCAL, PORT), BYTES);

        assertThat(poll(ECHO, 1)).isEqualTo(1);

        checkReply(NODE, at(LOCAL, 25_000), BYTES);
        assertThat(port.counters().received()).isEqualTo(1);
        assertThat(port.counters().returned()).isEqualTo(1);
        assertThat(port.replyChannels()).isEqualTo(1);
        assertThat(port.addresses()).containsExactly((Inet4Address) address(LOCAL));
    }

    @Test
    void tellsTheHandlerWhatItNeeds() throws IOException {
        open(builder -> builder);
        List<Integer> sources = new ArrayList<>();
        for (String node : new String[] {NODE, OTHER_NODE, NODE, "127.255.255.254"}) {
            wire.send(at(node, 25_000), at(LOCAL, PORT), BYTES);
        }

        poll(
                (buffer, offset, length, source) -> {
                    sources.add(source);
                    assertThat(length).isEqualTo(100);
                    assertThat(buffer.getByte(offset + 99)).isEqualTo((byte) 99);
                    assertThat(buffer.capacity() - offset)
                            .isGreaterThanOrEqualTo(port.maxDatagramLength());
                    return PacketHandler.DROP;
                },
                4);

        assertThat(sources).containsExactly(0x7f3c5102, 0x7f3c5103, 0x7f3c5102, 0x7ffffffe);
        assertThat(port.counters().freed()).isEqualTo(4);
        assertThat(port.replyChannels()).isZero();
    }

    @Test
    void keepsTheSourcePortOfEveryFlow() throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        wire.receiveAt(OTHER_NODE);
        for (int round = 0; round < 2; round++) {
            for (int source = 25_000; source < 25_300; source++) {
                String node = source % 2 == 0 ? NODE : OTHER_NODE;
                wire.send(at(node, source), at(LOCAL, PORT), Packets.counting(source - 24_999));
            }
            poll(ECHO, 300);
            for (int source = 25_000; source < 25_300; source++) {
                String node = source % 2 == 0 ? NODE : OTHER_NODE;
                checkReply(node, at(LOCAL, source), Packets.counting(source - 24_999));
            }
        }
        assertThat(port.replyChannels()).isEqualTo(300);
        assertThat(port.counters().returned()).isEqualTo(600);
        assertThat(port.counters().failed()).isZero();
    }

    @Test
    void oneSourcePortServesSeveralNodes() throws IOException {
        open(builder -> builder);
        for (int i = 0; i < 3; i++) {
            for (String node : new String[] {NODE, OTHER_NODE}) {
                wire.receiveAt(node);
                wire.send(at(node, 25_000), at(LOCAL, PORT), BYTES);
            }
            poll(ECHO, 2);
            checkReply(NODE, at(LOCAL, 25_000), BYTES);
            checkReply(OTHER_NODE, at(LOCAL, 25_000), BYTES);
        }
        assertThat(port.replyChannels()).isEqualTo(1);
    }

    @Test
    void repliesFromTheListeningPortIfToldSo() throws IOException {
        open(builder -> builder.replyFromListeningPort(true));
        wire.receiveAt(NODE);
        wire.send(at(NODE, 25_000), at(LOCAL, PORT), BYTES);

        poll(ECHO, 1);

        checkReply(NODE, at(LOCAL, PORT), BYTES);
        assertThat(port.replyChannels()).isZero();
    }

    @Test
    void needsNoSecondSocketWhereSourceAndListeningPortAreTheSame() throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        wire.send(at(NODE, PORT), at(LOCAL, PORT), BYTES);

        poll(ECHO, 1);

        checkReply(NODE, at(LOCAL, PORT), BYTES);
        assertThat(port.replyChannels()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1472, 1473, 8973, 9001, 65_507})
    void returnsDatagramsOfAnyLength(int length) throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        wire.send(at(NODE, 25_000), at(LOCAL, PORT), Packets.counting(length));

        poll(ECHO, 1);

        checkReply(NODE, at(LOCAL, 25_000), Packets.counting(length));
    }

    @Test
    void handsOverAnEmptyDatagram() throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        wire.send(at(NODE, 25_000), at(LOCAL, PORT), new byte[0]);

        assertThat(poll(ECHO, 1)).isEqualTo(1);

        assertThat(wire.receive(NODE)).isNull();
        assertThat(port.counters().received()).isEqualTo(1);
        assertThat(port.counters().freed()).isEqualTo(1);
    }

    @ParameterizedTest(name = "{0} bytes of 100")
    @ValueSource(ints = {1, 60, 99, 101, 1400, 65_507})
    void sendsWhatTheHandlerMadeOfIt(int length) throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        wire.send(at(NODE, 25_000), at(LOCAL, PORT), BYTES);

        byte[] changed = new byte[length];
        changed[0] = 1;
        changed[length - 1] = 2;
        poll(
                (buffer, offset, received, source) -> {
                    buffer.setBytes(offset, changed);
                    return length;
                },
                1);

        checkReply(NODE, at(LOCAL, 25_000), changed);
    }

    @Test
    void stopsAtItsBudget() throws IOException {
        open(builder -> builder);
        for (int i = 0; i < 10; i++) {
            wire.send(at(NODE, 25_000), at(LOCAL, PORT), BYTES);
        }
        assertThat(port.poll(DROP, 3)).isEqualTo(3);
        assertThat(port.poll(DROP, 1)).isEqualTo(1);
        assertThat(port.poll(DROP, 6)).isEqualTo(6);
        assertThat(port.poll(DROP, 100)).isZero();
        assertThat(port.counters().freed()).isEqualTo(10);
        assertThatThrownBy(() -> port.poll(DROP, 0)).hasMessage("budget 0: not 1 or more");
    }

    @Test
    void closesReplyChannelsThatAreIdle() throws IOException {
        open(builder -> builder.idleNanos(100));
        wire.receiveAt(NODE);
        send(25_000, 25_001);
        poll(ECHO, 2);
        clock.addAndGet(99);
        send(25_001);
        poll(ECHO, 1);
        assertThat(port.replyChannels()).isEqualTo(2);

        clock.addAndGet(1);
        port.poll(ECHO, 1);
        assertThat(port.replyChannels()).isEqualTo(1);
        checkFree(25_000);
        checkTaken(25_001);

        clock.addAndGet(98);
        port.poll(ECHO, 1);
        assertThat(port.replyChannels()).isEqualTo(1);
        clock.addAndGet(1);
        port.poll(ECHO, 1);
        assertThat(port.replyChannels()).isZero();
        checkFree(25_001);

        send(25_000);
        poll(ECHO, 1);
        assertThat(port.counters().returned()).isEqualTo(4);
        assertThat(port.evictedReplyChannels()).isZero();
    }

    @Test
    void theReplyChannelUsedLongestAgoGivesWay() throws IOException {
        open(builder -> builder.maxReplyChannels(2));
        send(25_000, 25_001, 25_000, 25_002);
        poll(ECHO, 4);

        assertThat(port.counters().returned()).isEqualTo(4);
        assertThat(port.replyChannels()).isEqualTo(2);
        assertThat(port.evictedReplyChannels()).isEqualTo(1);
        checkTaken(25_000);
        checkFree(25_001);
        checkTaken(25_002);
    }

    @Test
    void countsRepliesWhoseSourcePortIsInUseAndTriesAgainAfterASecond() throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        InetSocketAddress taken = at(LOCAL, 25_000);
        wire.channel(taken);
        send(25_000, 25_000);
        poll(ECHO, 2);
        assertThat(port.counters().failed(SendFailure.SOURCE_PORT_UNAVAILABLE)).isEqualTo(2);

        wire.close(taken);
        clock.addAndGet(999_999_999);
        send(25_000);
        poll(ECHO, 1);
        assertThat(port.counters().failed(SendFailure.SOURCE_PORT_UNAVAILABLE)).isEqualTo(3);
        assertThat(port.counters().failed()).isEqualTo(3);
        assertThat(port.counters().returned()).isZero();
        assertThat(wire.receive(NODE)).isNull();
        assertThat(port.replyChannels()).isZero();

        clock.addAndGet(1);
        send(25_000);
        poll(ECHO, 1);
        assertThat(port.counters().failed()).isEqualTo(3);
        checkReply(NODE, at(LOCAL, 25_000), BYTES);
        assertThat(port.counters().received()).isEqualTo(4);
    }

    @Test
    void whatIsSentToAReplyChannelDoesNoHarm() throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        send(25_000);
        poll(ECHO, 1);
        for (int i = 0; i < 1000; i++) {
            wire.send(at(NODE, 25_000), at(LOCAL, 25_000), BYTES);
        }

        assertThat(port.poll(ECHO, 100)).isZero();
        send(25_000);
        poll(ECHO, 1);

        assertThat(port.counters().returned()).isEqualTo(2);
        assertThat(port.counters().received()).isEqualTo(2);
    }

    @Test
    void onTheWildcardRepliesFromTheAddressThatWasAsked() throws IOException {
        port = builder(address("0.0.0.0")).port(PORT).peerPort(PEER_PORT).open();
        assertThat(port.addresses())
                .contains((Inet4Address) address("127.0.0.1"))
                .noneMatch(InetAddress::isAnyLocalAddress);
        wire.receiveAt(NODE);
        for (Inet4Address local : port.addresses()) {
            wire.send(at(NODE, 25_000), new InetSocketAddress(local, PORT), BYTES);
            poll(ECHO, 1);
            checkReply(NODE, new InetSocketAddress(local, 25_000), BYTES);
        }
        assertThat(port.replyChannels()).isEqualTo(port.addresses().size());
    }

    @Test
    void severalPortsCanShareAnAddress() throws IOException {
        open(builder -> builder.reusePort(true));
        try (SocketPort second =
                builder(address(LOCAL)).port(PORT).peerPort(PEER_PORT).reusePort(true).open()) {
            for (int i = 0; i < 64; i++) { // flows with one source port, which both need
                String node = "127.60.81." + (100 + i);
                wire.receiveAt(node);
                wire.send(at(node, 25_000), at(LOCAL, PORT), BYTES);
            }
            int first = port.poll(ECHO, 100);
            assertThat(first).isBetween(1, 63);
            assertThat(second.poll(ECHO, 100)).isEqualTo(64 - first);
            for (int i = 0; i < 64; i++) {
                checkReply("127.60.81." + (100 + i), at(LOCAL, 25_000), BYTES);
            }
        }
    }

    @Test
    void aHandlerThatThrowsCostsItsDatagramOnly() throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        send(25_000, 25_001);
        PacketHandler broken =
                (buffer, offset, length, source) -> {
                    throw new ArithmeticException("broken");
                };

        assertThatThrownBy(() -> port.poll(broken, 2))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("broken");

        assertThat(port.counters().received()).isEqualTo(1);
        assertThat(port.counters().freed()).isEqualTo(1);
        assertThat(poll(ECHO, 1)).isEqualTo(1);
        checkReply(NODE, at(LOCAL, 25_001), BYTES);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_508, Integer.MIN_VALUE})
    void refusesAHandlersLengthOutOfItsRange(int length) throws IOException {
        open(builder -> builder);
        send(25_000);
        assertThatThrownBy(() -> port.poll((buffer, offset, received, source) -> length, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("handler returned " + length + ": not 0 to 65507");
        assertThat(port.counters().freed()).isEqualTo(1);
        assertThat(port.poll(ECHO, 1)).isZero();
    }

    @Test
    void refusesASecondCallerInside() throws Exception {
        open(builder -> builder);
        send(25_000);
        List<Throwable> thrown = new ArrayList<>();
        port.poll(
                (buffer, offset, length, source) -> {
                    Runnable inside =
                            () ->
                                    assertThatThrownBy(() -> port.poll(ECHO, 1))
                                            .isInstanceOf(IllegalStateException.class)
                                            .hasMessageStartingWith("this port is in use");
                    inside.run();
                    Thread other = new Thread(inside);
                    other.setUncaughtExceptionHandler((thread, e) -> thrown.add(e));
                    other.start();
                    join(other);
                    return length;
                },
                1);
        assertThat(thrown).isEmpty();
        assertThat(port.counters().returned()).isEqualTo(1);
    }

    @Test
    void awaitReturnsForADatagramThatIsThereOrComes() throws Exception {
        open(builder -> builder);
        send(25_000);
        port.await(Long.MAX_VALUE);
        assertThat(port.poll(DROP, 1)).isEqualTo(1);

        Thread sender = new Thread(() -> send(25_001));
        sender.start();
        port.await(Long.MAX_VALUE);
        assertThat(port.poll(DROP, 1)).isEqualTo(1);
        join(sender);
    }

    @Test
    void awaitReturnsWhenTheTimeIsOver() throws IOException {
        open(builder -> builder);
        port.await(0);
        port.await(-1);
        port.await(1);
        port.await(1_000_001);
        assertThat(port.poll(DROP, 1)).isZero();
    }

    @Test
    void wakeupEndsTheCurrentOrTheNextAwait() throws Exception {
        open(builder -> builder);
        port.wakeup();
        port.await(Long.MAX_VALUE);

        Thread waiter = new Thread(() -> await(Long.MAX_VALUE));
        waiter.start();
        while (waiter.getState() != Thread.State.RUNNABLE) {
            Thread.onSpinWait();
        }
        port.wakeup();
        join(waiter);
    }

    @Test
    void interruptionEndsAwaitAndClosesNothing() throws IOException {
        open(builder -> builder);
        Thread.currentThread().interrupt();
        port.await(Long.MAX_VALUE);
        send(25_000);
        assertThat(port.poll(ECHO, 1)).isEqualTo(1);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(port.counters().returned()).isEqualTo(1);
    }

    @Test
    void closingEndsAwaitInAnotherThread() throws Exception {
        open(builder -> builder);
        send(25_000);
        port.poll(ECHO, 1);
        Thread waiter = new Thread(() -> await(Long.MAX_VALUE));
        waiter.start();
        Thread.sleep(20); // so that it is inside, most of the time; either way it has to end
        port.close();
        join(waiter);
        checkClosed();
    }

    @Test
    void closingInTheHandlerTakesEffectAfterThePoll() throws IOException {
        open(builder -> builder);
        wire.receiveAt(NODE);
        send(25_000, 25_000);
        int done =
                port.poll(
                        (buffer, offset, length, source) -> {
                            closeQuietly(port);
                            return length;
                        },
                        2);
        assertThat(done).isEqualTo(2);
        checkReply(NODE, at(LOCAL, 25_000), BYTES);
        checkReply(NODE, at(LOCAL, 25_000), BYTES);
        checkClosed();
    }

    @Test
    void closesTwice() throws IOException {
        open(builder -> builder);
        send(25_000);
        port.poll(ECHO, 1);
        port.close();
        port.close();
        checkClosed();
    }

    private void checkClosed() throws IOException {
        assertThatThrownBy(() -> port.poll(ECHO, 1)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> port.await(1)).isInstanceOf(ClosedChannelException.class);
        port.wakeup();
        assertThat(port.replyChannels()).isZero();
        assertThat(port.counters().received()).isPositive();
        checkFree(25_000);
        checkFree(PORT);
    }

    @Test
    void asksTheKernelForItsDrops() throws IOException {
        assumeThat(Files.isReadable(Path.of("/proc/net/udp"))).isTrue();
        open(builder -> builder.receiveBufferLength(1));
        assertThat(port.kernelDrops()).isZero();
        for (int i = 0; i < 100; i++) {
            send(25_000);
        }
        long kept = port.poll(DROP, 1000);
        assertThat(kept).isLessThan(100);
        assertThat(port.kernelDrops()).isEqualTo(100 - kept);
        port.close();
        assertThat(port.kernelDrops()).as("after closing").isEqualTo(100 - kept);
    }

    @Test
    void remembersDropsWhenItsHandlerClosesIt() throws IOException {
        assumeThat(Files.isReadable(Path.of("/proc/net/udp"))).isTrue();
        open(builder -> builder.receiveBufferLength(1));
        for (int i = 0; i < 100; i++) {
            send(25_000);
        }
        long drops = port.kernelDrops();
        port.poll(
                (buffer, offset, length, senderAddress) -> {
                    try {
                        port.close();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return PacketHandler.DROP;
                },
                1);
        assertThat(drops).isPositive();
        assertThat(port.kernelDrops()).isEqualTo(drops);
    }

    @Test
    void leavesNothingOpenWhereItCannotOpen() throws IOException {
        InetSocketAddress taken = at(LOCAL, PORT);
        wire.channel(taken);
        assertThatThrownBy(() -> open(builder -> builder)).isInstanceOf(BindException.class);
        assertThatThrownBy(() -> builder(address("192.0.2.1")).port(PORT).open())
                .isInstanceOf(BindException.class);
        wire.close(taken);
        open(builder -> builder);
    }

    @Test
    void takesSettingsAtTheEndsOfTheirRange() throws IOException {
        port =
                builder(address(LOCAL))
                        .port(65_535)
                        .peerPort(65_535)
                        .maxReplyChannels(1)
                        .idleNanos(1)
                        .receiveBufferLength(1)
                        .sendBufferLength(1)
                        .open();
        wire.send(at(NODE, 1024), at(LOCAL, 65_535), BYTES);
        wire.channel(at(NODE, 65_535));
        assertThat(poll(ECHO, 1)).isEqualTo(1);
        assertThat(port.counters().returned()).isEqualTo(1);
        builder(address(LOCAL)).maxReplyChannels(65_536).port(1).peerPort(1);
    }

    @Test
    void refusesSettingsOutOfTheirRange() {
        assertThatThrownBy(() -> builder(address("::1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("address 0:0:0:0:0:0:0:1: not IPv4");
        SocketPortBuilder<?> builder = builder(address(LOCAL));
        assertThatThrownBy(() -> builder.port(0)).hasMessage("port 0: not 1 to 65535");
        assertThatThrownBy(() -> builder.port(65_536)).hasMessage("port 65536: not 1 to 65535");
        assertThatThrownBy(() -> builder.peerPort(0)).hasMessage("peer port 0: not 1 to 65535");
        assertThatThrownBy(() -> builder.maxReplyChannels(0))
                .hasMessage("reply channels 0: not 1 to 65536");
        assertThatThrownBy(() -> builder.idleNanos(0)).hasMessage("idle time 0 ns: not 1 or more");
        assertThatThrownBy(() -> builder.receiveBufferLength(0))
                .hasMessageStartingWith("receive buffer 0: not 1 to ");
        assertThatThrownBy(() -> builder.sendBufferLength(0))
                .hasMessageStartingWith("send buffer 0: not 1 to ");
    }

    @ParameterizedTest
    @EnumSource(SendFailure.class)
    void failuresHaveLabels(SendFailure failure) {
        assertThat(failure.label()).isEqualTo(failure.name().toLowerCase(Locale.ROOT));
    }

    private void open(UnaryOperator<SocketPortBuilder<?>> settings) throws IOException {
        port =
                settings.apply(
                                builder(address(LOCAL))
                                        .port(PORT)
                                        .peerPort(PEER_PORT)
                                        .nanoClock(clock::get))
                        .open();
    }

    private void send(int... sourcePorts) {
        for (int sourcePort : sourcePorts) {
            try {
                wire.send(at(NODE, sourcePort), at(LOCAL, PORT), BYTES);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Polls until so many datagrams were handed over. */
    private int poll(PacketHandler handler, int datagrams) throws IOException {
        int done = port.poll(handler, datagrams);
        while (done < datagrams) {
            port.await(Long.MAX_VALUE);
            done += port.poll(handler, datagrams - done);
        }
        return done;
    }

    private void checkReply(String node, InetSocketAddress from, byte[] bytes) throws IOException {
        Wire.Received reply = wire.receive(node);
        assertThat(reply).isNotNull();
        assertThat(reply.from()).isEqualTo(from);
        assertThat(reply.bytes()).isEqualTo(bytes);
    }

    private static void checkFree(int localPort) throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.bind(at(LOCAL, localPort));
        }
    }

    private static void checkTaken(int localPort) {
        assertThatThrownBy(() -> checkFree(localPort)).isInstanceOf(BindException.class);
    }

    private void await(long timeoutNanos) {
        try {
            port.await(timeoutNanos);
        } catch (ClosedChannelException expectedIfClosedFirst) {
            // The thread ends, and that is what the test waits for.
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void closeQuietly(SocketPort port) {
        try {
            port.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
