package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.NetworkDevice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The interface goes down, or loses its carrier, and comes back: nothing leaves late. */
@Timeout(120)
class AfXdpOutageIT {
    private static final int FRAMES = 256;
    private static final int CAPACITY = FRAMES - FRAMES / 16;
    private static final int REQUESTS = 100;
    private static final int REQUEST = 0x0ddba11;
    private static final int FIRST_PORT = 50_000;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long LATE_MILLIS = 300;

    private Cable cable;
    private FrameSocket node;

    @BeforeEach
    void open() throws Exception {
        cable = new Cable();
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
    }

    @AfterEach
    void close() throws Exception {
        Cable.close(node, cable);
    }

    @ParameterizedTest
    @EnumSource
    void dropsRepliesOfTheTimeThatTheInterfaceIsDown(AfXdpMode mode) throws Exception {
        try (AfXdpPort port = openPort(mode)) {
            for (int outage = 1; outage <= 5; outage++) {
                sendAndLetWait(REQUESTS);
                cable.runOnOwn("ip link set " + Cable.OWN + " down");
                answersInVain(port, outage);
                assertThat(port.isLinkUp()).isFalse();
                cable.runOnOwn("ip link set " + Cable.OWN + " up");
                port.await(0);
                assertThat(port.isLinkUp()).isTrue();
                assertThat(repliesLater(port)).isEmpty();
                answersAll(port);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void dropsRepliesOfTheTimeThatThereIsNoCarrier(AfXdpMode mode) throws Exception {
        try (AfXdpPort port = openPort(mode)) {
            for (int outage = 1; outage <= 5; outage++) {
                sendAndLetWait(REQUESTS);
                cable.runOnNode("ip link set " + Cable.NODE + " down");
                answersInVain(port, outage);
                awaitLink(port, false);
                cable.runOnNode("ip link set " + Cable.NODE + " up");
                assertThat(repliesLater(port)).isEmpty();
                awaitLink(port, true);
                answersAll(port);
            }
        }
    }

    /** Whatever the moment: what was asked before the interface went down is not answered after. */
    @ParameterizedTest
    @EnumSource
    void answersNothingLateUnderLoad(AfXdpMode mode) throws Exception {
        AtomicBoolean running = new AtomicBoolean(true);
        try (AfXdpPort port = openPort(mode)) {
            CompletableFuture<Void> polling =
                    CompletableFuture.runAsync(() -> pollWhile(running, port));
            int asked = 0;
            try {
                for (int outage = 0; outage < 10; outage++) {
                    Process down =
                            new ProcessBuilder(
                                            cable.commandOnOwn(
                                                    List.of(
                                                            "ip", "link", "set", Cable.OWN,
                                                            "down")))
                                    .inheritIO()
                                    .start();
                    while (down.isAlive()) { // at some moment of this it is down
                        trySend(request(asked++));
                    }
                    letItNotice(port);
                    drain();
                    cable.runOnOwn("ip link set " + Cable.OWN + " up");
                    assertThat(repliesWithin(LATE_MILLIS)).as("outage %d", outage).hasSize(0);
                    int first = asked;
                    long end = System.nanoTime() + PATIENCE_NANOS;
                    for (byte[] reply = null; reply == null; reply = node.receive()) {
                        assertThat(System.nanoTime() - end).isNegative();
                        trySend(request(asked++));
                        assertThat(polling).isNotCompletedExceptionally();
                    }
                    for (byte[] reply : repliesWithin(LATE_MILLIS)) {
                        assertThat(number(reply)).isGreaterThanOrEqualTo(first);
                    }
                }
            } finally {
                running.set(false);
                port.wakeup();
                polling.join();
            }
            PortCounters counters = port.counters();
            assertThat(counters.received()).isEqualTo(counters.returned() + counters.failed());
            answersAll(port);
        }
    }

    /** What the rest stands on, without an outage that comes at the right moment. */
    @Test
    void theKernelSkipsWhatIsDiscarded() throws Exception {
        PortCounters counters = new PortCounters();
        ReturnPath path =
                new ReturnPath()
                        .datagram(0x0a52_0002, 0x0a52_0001, FIRST_PORT)
                        .link(0x0282_0000_0002L, 0x0282_0000_0001L, 0, 0);
        int spares = FRAMES / 16;
        try (XskSockets sockets = cable.onOwn(AfXdpOutageIT::openSockets)) {
            XskSocket socket = sockets.get(0);
            XskQueue queue = socket.queue();
            NetworkDevice own = cable.onOwn(() -> NetworkDevice.named(Cable.OWN));
            XskLink link = new XskLink(own, -1, counters);
            for (int round = 1; round <= 100; round++) { // several times around the rings
                make(queue, path, spares - 1, round);
                queue.publish();
                queue.settle(0, SendFailure.REFUSED, counters);
                queue.discard();
                make(queue, path, 1, -round);
                link.flush(socket);
                assertThat(queue.discards()).isZero();
                assertThat(queue.untransmitted()).isZero();
                List<byte[]> sent = new ArrayList<>();
                for (long end = System.nanoTime() + PATIENCE_NANOS; sent.isEmpty(); ) {
                    add(node.receive(), sent);
                    assertThat(System.nanoTime() - end).isNegative();
                }
                assertThat(number(sent.get(0))).isEqualTo(-round);
                queue.poll(PacketHandlers.failing(), 1, outer(sockets), true, counters);
            }
            assertThat(repliesWithin(LATE_MILLIS)).isEmpty();
            assertThat(counters.failed()).isZero();
        }
    }

    private static XskSockets openSockets() throws IOException {
        return XskSockets.open(
                NetworkDevice.named(Cable.OWN).index(),
                List.of(0),
                XskSizes.of(FRAMES, FRAMES / 16, 1500),
                new XskOptions(true, 0, 1, 1472));
    }

    private static OuterFrame outer(XskSockets sockets) {
        return new OuterFrame(sockets.memory().segment(), new int[] {1}, 1, 1, 1500);
    }

    private static void make(XskQueue queue, ReturnPath path, int count, int number) {
        ByteBuf bytes = Unpooled.wrappedBuffer(numbered(number));
        for (int i = 0; i < count; i++) {
            assertThat(queue.make(path, NioPort.GENEVE_PORT, bytes, 0, 100)).isTrue();
        }
    }

    private AfXdpPort openPort(AfXdpMode mode) throws Exception {
        return cable.onOwn(() -> AfXdpPort.builder(Cable.OWN).mode(mode).frames(FRAMES).open());
    }

    private void sendAndLetWait(int requests) throws Exception {
        long before = received();
        for (int i = 0; i < requests; i++) {
            node.send(request(i));
        }
        for (long end = System.nanoTime() + PATIENCE_NANOS; received() - before < requests; ) {
            assertThat(System.nanoTime() - end).isNegative();
        }
    }

    /** Waits until the polling thread, which may be slow, has answered all that it has. */
    private static void letItNotice(AfXdpPort port) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        for (long seen = -1; port.isLinkUp() || port.counters().received() != seen; ) {
            assertThat(System.nanoTime() - end).isNegative();
            seen = port.counters().received();
            Thread.sleep(50);
        }
    }

    /** The kernel tells of a carrier a little late. */
    private static void awaitLink(AfXdpPort port, boolean up) throws IOException {
        for (long end = System.nanoTime() + PATIENCE_NANOS; port.isLinkUp() != up; ) {
            port.await(1_000_000);
            assertThat(System.nanoTime() - end).isNegative();
        }
    }

    /** Sends, if there is a carrier. */
    private void trySend(byte[] frame) {
        try (Arena arena = Arena.ofConfined()) {
            node.sendAgain(arena.allocateFrom(JAVA_BYTE, frame));
        }
    }

    private long received() throws Exception {
        String path = "/sys/class/net/" + Cable.OWN + "/statistics/rx_packets";
        return Long.parseLong(cable.runOnOwn("cat " + path).strip());
    }

    /** All that waits, and one datagram of its own with each; and one more. */
    private static void answersInVain(AfXdpPort port, int outage) throws IOException {
        PortCounters counters = port.counters();
        long returned = counters.returned();
        long originated = counters.originated();
        ReturnPath path = new ReturnPath();
        PacketHandler handler =
                (buffer, offset, length, sourceAddress) -> {
                    port.returnPath(path);
                    send(port, path);
                    return PacketHandler.UNCHANGED;
                };
        for (int done = 0; done < REQUESTS; ) {
            int more = port.poll(handler, 10);
            assertThat(more).isPositive();
            done += more;
        }
        send(port, path);
        assertThat(counters.returned()).isEqualTo(returned);
        assertThat(counters.originated()).isEqualTo(originated);
        assertThat(counters.failed(SendFailure.LINK_DOWN))
                .isEqualTo((long) outage * (2 * REQUESTS + 1));
        assertThat(counters.failed()).isEqualTo(counters.failed(SendFailure.LINK_DOWN));
    }

    private static void send(AfXdpPort port, ReturnPath path) {
        try {
            port.send(path, Unpooled.wrappedBuffer(counting(30)), 0, 30);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** {@return replies that come though nothing was asked, while the port is polled} */
    private List<byte[]> repliesLater(AfXdpPort port) throws IOException {
        List<byte[]> replies = new ArrayList<>();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LATE_MILLIS);
        while (System.nanoTime() - end < 0) {
            assertThat(port.poll(PacketHandlers.failing(), 64)).isZero();
            port.await(1_000_000);
            add(node.receive(), replies);
        }
        return replies;
    }

    private List<byte[]> repliesWithin(long millis) {
        List<byte[]> replies = new ArrayList<>();
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (System.nanoTime() - end < 0) {
            add(node.receive(), replies);
        }
        return replies;
    }

    private void drain() {
        while (node.receive() != null) {
            // from before
        }
    }

    private static void add(byte[] frame, List<byte[]> replies) {
        if (frame != null && !(frame[12] == 8 && frame[13] == 6)) { // ARP
            replies.add(frame);
        }
    }

    /** As many at once as there are frames to fill: none was lost. */
    private void answersAll(AfXdpPort port) throws Exception {
        port.poll(PacketHandlers.failing(), 1);
        drain();
        long drops = port.kernelDrops();
        sendAndLetWait(CAPACITY);
        for (int done = 0; done < CAPACITY; ) {
            int more = port.poll(PacketHandlers.unchanged(), 64);
            assertThat(more).isPositive();
            done += more;
        }
        assertThat(port.kernelDrops()).isEqualTo(drops);
        List<byte[]> replies = new ArrayList<>();
        for (long end = System.nanoTime() + PATIENCE_NANOS; replies.size() < CAPACITY; ) {
            add(node.receive(), replies);
            assertThat(System.nanoTime() - end).as("%d", replies.size()).isNegative();
        }
        for (int i = 0; i < CAPACITY; i++) {
            assertThat(replies.get(i)).isEqualTo(reply(i));
        }
        port.await(0);
    }

    private static void pollWhile(AtomicBoolean running, AfXdpPort port) {
        try {
            while (running.get()) {
                if (port.poll(PacketHandlers.unchanged(), 64) == 0) {
                    port.await(1_000_000);
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] request(int number) {
        return packet(
                ethernet(Cable.OWN_MAC.replace(':', ' '), Cable.NODE_MAC.replace(':', ' ')),
                ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS).ttl(255),
                udp(FIRST_PORT, NioPort.GENEVE_PORT),
                payload(numbered(number)));
    }

    private static byte[] reply(int number) {
        return packet(
                ethernet(Cable.NODE_MAC.replace(':', ' '), Cable.OWN_MAC.replace(':', ' ')),
                ipv4(Cable.OWN_ADDRESS, Cable.NODE_ADDRESS).ttl(64),
                udp(FIRST_PORT, NioPort.GENEVE_PORT),
                payload(numbered(number)));
    }

    private static byte[] numbered(int number) {
        return ByteBuffer.allocate(100).putInt(REQUEST).putInt(number).array();
    }

    private static int number(byte[] frame) {
        ByteBuffer bytes = ByteBuffer.wrap(frame, OuterFrame.HEADERS_LENGTH, 8);
        assertThat(bytes.getInt()).isEqualTo(REQUEST);
        return bytes.getInt();
    }
}
