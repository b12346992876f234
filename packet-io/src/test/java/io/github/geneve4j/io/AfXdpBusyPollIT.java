package io.github.geneve4j.io;

import static io.github.geneve4j.io.Cable.NODE_MAC;
import static io.github.geneve4j.io.Cable.OWN_MAC;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.Hex;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The port receives in the thread that polls, where the driver does not tell it what to poll. */
@Timeout(120)
class AfXdpBusyPollIT {
    private static final int PORT = NioPort.GENEVE_PORT;
    private static final int ID = 0xfffe;
    private static final int BUDGET = 64;
    private static final int FRAMES = 1024; // of the port, if nobody says otherwise
    private static final String UNLEARNT = ", busy polling as soon as datagrams come;";
    private static final String LEARNT = ", busy polling by a UDP socket;";
    private static final String ELSEWHERE =
            ", busy polling not possible (its thread is in another network namespace);";
    private static final String OTHER_ADDRESS = "10.82.0.3";
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long UNPOLLED_NANOS = 10 * SECOND; // that a datagram would wait
    private static final long FAST_NANOS = UNPOLLED_NANOS / 2;
    private static final int EMPTY_POLLS = 20_000; // enough to look after the interface

    private Cable cable;
    private FrameSocket node;
    private AfXdpPort port;

    private void open(AfXdpMode mode) throws Exception {
        cable = new Cable();
        open(builder().mode(mode));
    }

    private void open(AfXdpPort.Builder builder) throws Exception {
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
        port = cable.onOwn(builder::open);
    }

    private static AfXdpPort.Builder builder() {
        return AfXdpPort.builder(Cable.OWN).busyPoll(20, BUDGET);
    }

    @AfterEach
    void close() throws Exception {
        Cable.close(port, node, cable);
    }

    @Test
    void learnsFromOneDatagramAndServesTheOthers() throws Exception {
        open(AfXdpMode.DRIVER);
        assertThat(port.toString()).contains(UNLEARNT);
        pollInVain();
        answersOne(0);
        assertThat(port.toString()).contains(UNLEARNT);
        long first = port.counters().received();
        int sent = learn();
        assertThat(port.toString()).contains(LEARNT);
        long lost = port.counters().skipped(ReceiveSkip.LESSON);
        assertThat(lost).isPositive();
        assertThat(port.counters().received() + lost).isEqualTo(first + sent);
        long before = port.counters().received();
        for (int i = 0; i < 1000; i++) {
            answersOne(i);
        }
        assertThat(port.counters().received()).isEqualTo(before + 1000);
        assertThat(port.counters().returned()).isEqualTo(first + 1000);
        assertThat(port.counters().skipped()).isEqualTo(lost);
        assertThat(port.kernelDrops()).isZero();
        assertThat(port.toString()).contains(LEARNT);
    }

    /** Or a lesson would last for as long as it takes to handle what came before. */
    @Test
    void learnsThoughMuchWaitsToBeHandled() throws Exception {
        open(AfXdpMode.DRIVER);
        int waiting = FRAMES / 2;
        for (int i = 0; i < waiting; i++) {
            node.send(request(60_000, ID, counting(10)));
        }
        int polls = 0;
        for (; !port.toString().contains(LEARNT); polls++) {
            assertThat(port.poll(PacketHandlers.dropping(), 1)).as("poll %d", polls).isEqualTo(1);
            node.send(request(60_000, ID, counting(10)));
        }
        assertThat(polls).isLessThan(waiting);
        assertThat(port.counters().skipped(ReceiveSkip.LESSON)).isPositive();
    }

    /** Which of its sockets hears first, and what the others hear meanwhile. */
    @Test
    void learnsForAllAddressesAtOnce() throws Exception {
        cable = new Cable();
        cable.runOnOwn("ip addr add " + OTHER_ADDRESS + "/24 dev " + Cable.OWN);
        cable.runOnNode(
                "ip neigh replace " + OTHER_ADDRESS + " lladdr " + OWN_MAC + " dev " + Cable.NODE);
        open(builder().mode(AfXdpMode.DRIVER));
        assertThat(port.addresses()).hasSize(2);
        assertThat(udpSockets()).isEqualTo(4);
        int sent = 0;
        for (long end = deadline(); !port.busyPolling().equals("by a UDP socket"); sent += 2) {
            node.send(request(OTHER_ADDRESS, 60_000, ID, counting(10)));
            node.send(request(60_000, ID, counting(10)));
            port.poll(PacketHandlers.dropping(), BUDGET);
            assertThat(System.nanoTime() - end).as(port.toString()).isNegative();
        }
        drain();
        long lost = port.counters().skipped(ReceiveSkip.LESSON);
        assertThat(lost).isGreaterThan(1);
        assertThat(port.counters().received() + lost).isEqualTo(sent);
        assertThat(udpSockets()).isEqualTo(3); // and two of these are deaf from the beginning
        answersOne(0);
        node.send(request(OTHER_ADDRESS, 60_000, ID, counting(10)));
        pollUntil(PacketHandlers.unchanged(), 1);
        assertThat(node.receive(1)).hasSize(1);
        assertThat(cable.unreachablesSent()).isZero();
    }

    private long udpSockets() throws Exception {
        String port = String.format(":%04X ", PORT);
        return cable.runOnOwn("cat /proc/net/udp").lines().filter(l -> l.contains(port)).count();
    }

    @Test
    void receivesByPolling() throws Exception {
        open(AfXdpMode.DRIVER);
        learn();
        waitForPolls();
        answersFast();
    }

    /** Whatever its budget is. */
    @Test
    void comesBackFromAPollThoughMoreComes() throws Exception {
        open(AfXdpMode.DRIVER);
        learn();
        waitForPolls();
        MemorySegment frame =
                Arena.ofAuto().allocateFrom(JAVA_BYTE, request(60_000, ID, counting(10)));
        AtomicBoolean running = new AtomicBoolean(true);
        CompletableFuture<Void> sending =
                CompletableFuture.runAsync(
                        () -> {
                            long end = System.nanoTime() + 3 * SECOND;
                            while (running.get() && System.nanoTime() - end < 0) {
                                node.sendAgain(frame);
                            }
                        });
        PacketHandler slow =
                (buffer, offset, length, source) -> {
                    long end = System.nanoTime() + 20_000;
                    while (System.nanoTime() - end < 0) {
                        Thread.onSpinWait();
                    }
                    return PacketHandler.DROP;
                };
        pollUntil(slow, 10 * FRAMES); // and from here on it is late
        assertThat(port.poll(slow, Integer.MAX_VALUE)).isLessThan(3 * FRAMES);
        running.set(false);
        sending.join();
    }

    @Test
    void letsGoBeforeItSleeps() throws Exception {
        open(AfXdpMode.DRIVER);
        learn();
        waitForPolls();
        for (int round = 0; round < 5; round++) {
            answersFast();
            pollInVain();
            byte[] request = request(60_000, ID, counting(round));
            CompletableFuture<Void> sending = sendLater(request, 200);
            long begin = System.nanoTime();
            port.await(2 * UNPOLLED_NANOS);
            sending.join();
            pollUntil(PacketHandlers.unchanged(), 1);
            assertThat(next()).isEqualTo(reply(60_000, ID, counting(round)));
            assertThat(System.nanoTime() - begin).isLessThan(FAST_NANOS);
        }
    }

    /** The thread is in the interface's namespace, since it opens sockets. */
    @Test
    void learnsAnewAfterTheInterfaceWasDown() throws Exception {
        open(AfXdpMode.DRIVER);
        learn();
        for (int outage = 0; outage < 5; outage++) {
            waitForPolls();
            answersFast();
            cable.runOnOwn("ip link set " + Cable.OWN + " down");
            if (outage % 2 == 0) { // or it sees that it was down when it is up again
                cable.onOwn(this::awaitUnlearnt);
            }
            cable.runOnOwn("ip link set " + Cable.OWN + " up");
            defer(0, 0); // or a lesson lasts longer than its time
            cable.onOwn(this::awaitUnlearnt);
            cable.onOwn(this::learn);
            assertThat(port.toString()).contains(LEARNT);
        }
        waitForPolls();
        answersFast();
        assertThat(port.kernelDrops()).isZero();
        assertThat(cable.unreachablesSent()).isZero();
    }

    @Test
    void learnsAnewWhenItWaitsInsteadOfPolling() throws Exception {
        open(AfXdpMode.DRIVER);
        learn();
        for (int outage = 0; outage < 3; outage++) {
            goesDown();
            cable.onOwn(
                    () -> {
                        port.await(0);
                        return null;
                    });
            assertThat(port.toString()).contains(UNLEARNT);
            AtomicBoolean running = new AtomicBoolean(true);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendWhile(running));
            long begin = System.nanoTime();
            while (port.toString().contains(UNLEARNT)) { // no wait of a lesson is a long one
                port.await(2 * UNPOLLED_NANOS);
                port.poll(PacketHandlers.dropping(), BUDGET);
                assertThat(System.nanoTime() - begin).isLessThan(FAST_NANOS);
            }
            running.set(false);
            sending.join();
            drain();
            assertThat(port.toString()).contains(LEARNT);
            answersOne(outage);
        }
    }

    @Test
    void doesWithoutWhereTheStackReceives() throws Exception {
        open(AfXdpMode.GENERIC);
        assertThat(port.toString()).contains(UNLEARNT);
        for (long end = deadline(); port.toString().contains(UNLEARNT); ) {
            node.send(request(60_000, ID, counting(10)));
            port.poll(PacketHandlers.dropping(), BUDGET);
            assertThat(System.nanoTime() - end).isNegative();
        }
        drain();
        long before = port.counters().received();
        assertThat(port.toString())
                .contains(", busy polling not possible (it receives without NAPI);");
        for (int i = 0; i < 100; i++) {
            answersOne(i);
        }
        assertThat(port.counters().received()).isEqualTo(before + 100);
        assertThat(cable.unreachablesSent()).isZero();
    }

    /** Where a firewall keeps all that is left to the stack from the UDP socket. */
    @Test
    void goesOnServingWhereItCannotLearn() throws Exception {
        open(AfXdpMode.DRIVER);
        cable.runOnOwn("iptables -A INPUT -p udp --dport 6081 -j DROP");
        servesWithoutLearning(request(60_000, ID, counting(10)));
        cable.runOnOwn("iptables -F INPUT");
        learn();
        answersOne(0);
    }

    /** The stack takes no frame of a virtual network that it has no interface for. */
    @Test
    void goesOnServingWhatHasTags() throws Exception {
        open(AfXdpMode.DRIVER);
        servesWithoutLearning(
                packet(
                        ethernet(OWN_MAC, NODE_MAC),
                        vlan(5),
                        ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS).ttl(255),
                        udp(60_000, PORT),
                        payload(counting(10))));
        assertThat(port.counters().skipped()).isZero();
    }

    private void servesWithoutLearning(byte[] request) throws Exception {
        int sent = 0;
        for (long end = System.nanoTime() + 3 * SECOND; System.nanoTime() - end < 0; sent++) {
            node.send(request);
            long next = System.nanoTime() + SECOND / 1000;
            while (System.nanoTime() - next < 0) {
                port.poll(PacketHandlers.dropping(), BUDGET);
            }
        }
        assertThat(port.counters().received()).isGreaterThan(sent * 9L / 10).isLessThan(sent);
        assertThat(port.toString()).contains(UNLEARNT);
    }

    /** A thread elsewhere would learn there, or never, whether or not it has that address. */
    @Test
    void learnsInItsNetworkNamespaceOnly() throws Exception {
        open(AfXdpMode.DRIVER);
        learn();
        goesDown();
        assertThat(awaitHopeless().toString()).contains(ELSEWHERE);
        servesAndLearnsAfterAnOutage();
        cable.runOnNode("ip addr add " + Cable.OWN_ADDRESS + "/32 dev lo");
        cable.runOnNode("ip link set lo up");
        goesDown();
        assertThat(cable.onNode(this::awaitHopeless).toString()).contains(ELSEWHERE);
        servesAndLearnsAfterAnOutage();
    }

    private void servesAndLearnsAfterAnOutage() throws Exception {
        for (int i = 0; i < 100; i++) {
            answersOne(i);
        }
        assertThat(cable.unreachablesSent()).isZero();
        goesDown();
        cable.onOwn(this::awaitUnlearnt);
        cable.onOwn(this::learn);
    }

    private void goesDown() throws Exception {
        cable.runOnOwn("ip link set " + Cable.OWN + " down");
        cable.runOnOwn("ip link set " + Cable.OWN + " up");
    }

    private AfXdpPort awaitHopeless() throws IOException {
        for (long end = deadline(); !port.toString().contains("not possible"); ) {
            port.poll(PacketHandlers.dropping(), BUDGET);
            assertThat(System.nanoTime() - end).isNegative();
        }
        return port;
    }

    /** The port is nobody else's at any moment, and back when the address is. */
    @Test
    void keepsThePortWhileTheAddressIsGone() throws Exception {
        open(AfXdpMode.DRIVER);
        learn();
        cable.runOnOwn("ip addr flush dev " + Cable.OWN);
        goesDown();
        cable.onOwn(this::awaitHopeless);
        assertThat(port.toString()).contains("not possible (bind(UDP ");
        cable.runOnOwn("ip addr add " + Cable.OWN_ADDRESS + "/24 dev " + Cable.OWN);
        cable.onOwn(this::awaitUnlearnt);
        cable.onOwn(this::learn);
        answersOne(0);
        assertThat(cable.unreachablesSent()).isZero();
    }

    @Test
    void isNotWaitedForByOthers() throws Exception {
        open(AfXdpMode.DRIVER);
        assertThatThrownBy(() -> PacketWaiter.of(List.of(), List.of(), List.of(port)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("one that polls cannot be waited for");
    }

    @Test
    void doesWithoutWhereThereAreTwoQueues() throws Exception {
        cable = new Cable(2);
        open(builder().mode(AfXdpMode.DRIVER));
        servesFromTheFirstOn("there are 2 queues");
    }

    @Test
    void doesWithoutBesideASocket() throws Exception {
        cable = new Cable();
        open(builder().mode(AfXdpMode.DRIVER).besideSocket(true));
        servesFromTheFirstOn("the UDP port is somebody else's");
    }

    private void servesFromTheFirstOn(String whyNot) throws Exception {
        String told = ", busy polling by its sockets, if they are told what (" + whyNot + ");";
        assertThat(port.toString()).contains(told);
        for (int i = 0; i < 100; i++) {
            answersOne(i);
        }
        assertThat(port.counters().received()).isEqualTo(100);
        assertThat(port.toString()).contains(told);
    }

    /** Whatever comes while it begins, again and again. */
    @Test
    void neverSaysThatNobodyIsThere() throws Exception {
        open(AfXdpMode.DRIVER);
        for (int outage = 0; outage < 5; outage++) {
            cable.onOwn(this::awaitUnlearnt);
            CompletableFuture<Void> sending =
                    CompletableFuture.runAsync(
                            () -> {
                                for (int i = 0; i < 2000; i++) {
                                    node.send(request(60_000, ID, counting(10)));
                                }
                            });
            while (!sending.isDone()) {
                port.poll(PacketHandlers.dropping(), BUDGET);
            }
            sending.join();
            assertThat(port.toString()).contains(LEARNT);
            while (port.poll(PacketHandlers.dropping(), BUDGET) > 0) {
                // until none is left
            }
            answersOne(outage);
            assertThat(node.receive()).isNull();
            assertThat(cable.unreachablesSent()).isZero();
            goesDown();
        }
        assertThat(port.counters().received()).isPositive();
    }

    @Test
    void learnsNothingFromWhatComesByAnotherInterface() throws Exception {
        open(AfXdpMode.DRIVER);
        cable.runOnOwn(
                "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0");
        cable.runOnOwn(
                "ip link add other0 address "
                        + OWN_MAC
                        + " type veth peer name other1 address "
                        + NODE_MAC);
        cable.runOnOwn("ip link set other0 up");
        cable.runOnOwn("ip link set other1 up");
        try (Wire wire = new Wire();
                FrameSocket other = cable.onOwn(() -> FrameSocket.open("other1"))) {
            for (int lesson = 0; lesson < 3; lesson++) {
                answersOne(lesson); // with which it begins
                for (int i = 0; i < 20; i++) {
                    cable.onOwn(
                            () -> {
                                wire.send(
                                        Wire.at(Cable.OWN_ADDRESS, 60_000),
                                        Wire.at(Cable.OWN_ADDRESS, PORT),
                                        counting(10));
                                return null;
                            });
                    other.send(request(60_000, ID, counting(10)));
                    port.poll(PacketHandlers.failing(), BUDGET);
                }
                long end = System.nanoTime() + (SECOND / 5 << lesson); // until the next may begin
                while (System.nanoTime() - end < 0) {
                    port.poll(PacketHandlers.failing(), BUDGET);
                }
                assertThat(port.toString()).contains(UNLEARNT);
            }
            assertThat(port.counters().skipped()).isZero();
        }
        learn();
        answersOne(0);
        assertThat(cable.unreachablesSent()).isZero();
    }

    @Test
    void allocatesNothing() throws Exception {
        open(AfXdpMode.DRIVER);
        learn();
        MemorySegment frame =
                Arena.ofAuto().allocateFrom(JAVA_BYTE, request(60_000, ID, counting(99)));
        PacketHandler handler = PacketHandlers.unchanged();
        long datagrams =
                Allocations.of(
                        100_000,
                        () -> {
                            node.sendAgain(frame);
                            node.discard();
                            return poll(handler) + poll(handler);
                        });
        assertThat(datagrams).isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(port.counters().returned()).isGreaterThan(100_000);
        assertThat(port.counters().failed()).isZero();
        long emptyPolls = Allocations.of(100_000, () -> poll(handler));
        assertThat(emptyPolls).isLessThanOrEqualTo(Allocations.SLACK);
        long waits = Allocations.of(100_000, () -> poll(handler) + await());
        assertThat(waits).isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(port.toString()).contains(LEARNT);
    }

    private int poll(PacketHandler handler) {
        try {
            return port.poll(handler, BUDGET);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int await() {
        try {
            port.await(0);
            return 1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Identifications count up from a run's first: its replies were joined. */
    @Test
    void joinsRepliesInTheirOrder() throws Exception {
        cable = new Cable();
        cable.runOnOwn("ethtool -K " + Cable.OWN + " tx off tx-udp-segmentation off");
        open(builder().mode(AfXdpMode.DRIVER));
        assertThat(port.joinsReplies()).as(port.toString()).isTrue();
        learn();
        waitForPolls();
        answersFast(); // and from here on all that was sent comes by one look
        for (int round = 0; round < 200; round++) { // many times all frames
            List<String> replies = new ArrayList<>();
            int run = round % 30 + 4;
            for (int i = 0; i < run; i++) {
                byte[] body = counting(100);
                body[0] = (byte) i;
                body[1] = (byte) round;
                node.send(request(60_000 + round, ID, body));
                replies.add(Hex.text(reply(60_000 + round, ID + i, body)));
            }
            pollUntil(PacketHandlers.unchanged(), run);
            assertThat(node.receive(run).stream().map(Hex::text))
                    .containsExactlyElementsOf(replies);
        }
        assertThat(port.joinsReplies()).isTrue();
        assertThat(port.counters().failed()).isZero();
        assertThat(port.kernelDrops()).isZero();
    }

    /** {@return how many datagrams it took} */
    private int learn() throws IOException {
        int sent = 0;
        for (long end = deadline(); !port.toString().contains(LEARNT); sent++) {
            node.send(request(60_000, ID, counting(10)));
            port.poll(PacketHandlers.dropping(), BUDGET);
            assertThat(System.nanoTime() - end).as(port.toString()).isNegative();
        }
        drain();
        return sent;
    }

    private void drain() throws IOException {
        for (int empty = 0; empty < EMPTY_POLLS; empty++) {
            if (port.poll(PacketHandlers.dropping(), BUDGET) > 0) {
                empty = 0;
            }
        }
        assertThat(node.receive()).isNull();
    }

    private void sendWhile(AtomicBoolean running) {
        while (running.get()) {
            node.send(request(60_000, ID, counting(10)));
            LockSupport.parkNanos(SECOND / 1000);
        }
    }

    private AfXdpPort awaitUnlearnt() throws IOException {
        for (long end = deadline(); !port.toString().contains(UNLEARNT); ) {
            assertThat(port.poll(PacketHandlers.failing(), BUDGET)).isZero();
            assertThat(System.nanoTime() - end).as(port.toString()).isNegative();
        }
        return port;
    }

    private void pollInVain() throws IOException {
        for (int i = 0; i < EMPTY_POLLS; i++) {
            assertThat(port.poll(PacketHandlers.failing(), BUDGET)).isZero();
        }
    }

    /** Has the interface wait for polls, far longer than for this test's patience. */
    private void waitForPolls() throws Exception {
        defer(2, UNPOLLED_NANOS);
    }

    private void defer(int looks, long nanos) throws Exception {
        String directory = "/sys/class/net/" + Cable.OWN;
        String script =
                "echo %d > %s/napi_defer_hard_irqs && echo %d > %s/gro_flush_timeout"
                        .formatted(looks, directory, nanos, directory);
        Process process =
                new ProcessBuilder(cable.commandOnOwn(List.of("sh", "-c", script)))
                        .inheritIO()
                        .start();
        assertThat(process.waitFor()).isZero();
    }

    private CompletableFuture<Void> sendLater(byte[] frame, int millis) {
        return CompletableFuture.runAsync(
                () -> node.send(frame),
                CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS));
    }

    /** One at a time, all of them in less time than a single one would wait. */
    private void answersFast() throws IOException {
        long begin = System.nanoTime();
        for (int i = 0; i < 200; i++) {
            answersOne(i);
            assertThat(System.nanoTime() - begin).isLessThan(FAST_NANOS);
        }
    }

    private void answersOne(int number) throws IOException {
        byte[] body = counting(number % 1000);
        node.send(request(50_000 + number, ID, body));
        pollUntil(PacketHandlers.unchanged(), 1);
        assertThat(next()).isEqualTo(reply(50_000 + number, ID, body));
    }

    private void pollUntil(PacketHandler handler, int datagrams) throws IOException {
        long end = deadline();
        for (int done = 0; done < datagrams; ) {
            done += port.poll(handler, BUDGET);
            assertThat(System.nanoTime() - end).as("%d datagrams came", done).isNegative();
        }
    }

    private byte[] next() {
        List<byte[]> frames = node.receive(1);
        assertThat(frames).hasSize(1);
        return frames.get(0);
    }

    private static long deadline() {
        return System.nanoTime() + 3 * UNPOLLED_NANOS;
    }

    private static byte[] request(int sourcePort, int id, byte[] bytes) {
        return request(Cable.OWN_ADDRESS, sourcePort, id, bytes);
    }

    private static byte[] request(String address, int sourcePort, int id, byte[] bytes) {
        return packet(
                ethernet(OWN_MAC, NODE_MAC),
                ipv4(Cable.NODE_ADDRESS, address).ttl(255).id(id),
                udp(sourcePort, PORT),
                payload(bytes));
    }

    private static byte[] reply(int sourcePort, int id, byte[] bytes) {
        return packet(
                ethernet(NODE_MAC, OWN_MAC),
                ipv4(Cable.OWN_ADDRESS, Cable.NODE_ADDRESS).ttl(64).id(id & 0xffff),
                udp(sourcePort, PORT),
                payload(bytes));
    }
}
