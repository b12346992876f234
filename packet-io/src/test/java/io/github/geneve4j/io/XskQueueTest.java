package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.testkit.Allocations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames go round, each is somewhere, and the rings' indices go through zero. */
@Timeout(60)
class XskQueueTest {
    private static final String NODE_MAC = "02 00 00 00 00 01";
    private static final String OWN_MAC = "02 00 00 00 00 02";
    private static final String NODE = "10.0.0.1";
    private static final String OWN = "10.0.0.2";
    private static final int NODE_NUMBER = 0x0a00_0001;
    private static final int OWN_NUMBER = 0x0a00_0002;
    private static final int PORT = 6081;
    private static final int PEER_PORT = 6082;
    private static final int MTU = 1500;
    private static final int MAX_LENGTH = MTU - 28;
    private static final int FRAMES = 64;
    private static final int SPARES = FRAMES / 16;
    private static final int BASE = 8192;
    private static final int NEAR_ZERO = -5;

    private final FakeXskKernel kernel = new FakeXskKernel(FRAMES, BASE, NEAR_ZERO);
    private final PortCounters counters = new PortCounters();
    private final OuterFrame outer =
            new OuterFrame(kernel.memory(), new int[] {OWN_NUMBER}, PORT, PEER_PORT, MTU);
    private final XskQueue queue = kernel.queue(MAX_LENGTH);

    @Test
    void fillsAllFramesButTheSpareOnes() {
        assertThat(kernel.free()).isEqualTo(FRAMES - SPARES);
        assertThat(queue.isFilled()).isFalse();
        assertThat(poll(PacketHandlers.failing(), 1)).isZero();
        assertThat(queue.untransmitted()).isZero();
        assertThat(queue.transmitNeedsWakeup()).isTrue();
        assertThat(queue.fillNeedsWakeup()).isTrue();
    }

    @Test
    void answersInTheRequestsFrame() {
        for (int i = 0; i < 3 * FRAMES; i++) { // through zero, and twice around
            byte[] bytes = counting(i);
            kernel.deliver(request(60_000 + i, bytes));
            assertThat(queue.isFilled()).isTrue();
            assertThat(poll(PacketHandlers.unchanged(), 64)).isEqualTo(1);
            assertThat(queue.untransmitted()).isEqualTo(1);
            assertThat(kernel.transmit()).isEqualTo(reply(60_000 + i, bytes));
            assertThat(queue.untransmitted()).isZero();
        }
        assertThat(kernel.drops()).isZero();
        assertThat(counters.received()).isEqualTo(3 * FRAMES);
        assertThat(counters.returned()).isEqualTo(3 * FRAMES);
    }

    @Test
    void handsOverWhatTheHandlerMayKnow() {
        kernel.deliver(request(60_000, counting(100)));
        poll(
                (buffer, offset, length, sourceAddress) -> {
                    assertThat(buffer).isSameAs(kernel.buffer());
                    assertThat(offset).isEqualTo(BASE + 256 + 14 + 20 + 8);
                    assertThat(length).isEqualTo(100);
                    assertThat(sourceAddress).isEqualTo(NODE_NUMBER);
                    assertThat(queue.isHandling()).isTrue();
                    return PacketHandler.DROP;
                },
                1);
        assertThat(queue.isHandling()).isFalse();
        assertThat(counters.freed()).isEqualTo(1);
        assertThat(kernel.transmit()).isNull();
        assertThat(kernel.free()).isEqualTo(FRAMES - SPARES);
    }

    @Test
    void answersWithFewerBytesOrMoreOrOthers() {
        kernel.deliver(request(60_000, counting(100)));
        kernel.deliver(request(60_001, counting(100)));
        poll(PacketHandlers.returning(99), 1);
        poll(
                (buffer, offset, length, sourceAddress) -> {
                    for (int i = 0; i < MAX_LENGTH; i++) {
                        buffer.setByte(offset + i, i);
                    }
                    return MAX_LENGTH;
                },
                1);
        assertThat(kernel.transmit()).isEqualTo(reply(60_000, counting(99)));
        assertThat(kernel.transmit()).isEqualTo(reply(60_001, counting(MAX_LENGTH)));
    }

    @Test
    void completesAPartialChecksum() {
        byte[] frame = request(60_000, counting(100));
        byte[] partial = frame.clone();
        int sum = 0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 17 + 108;
        partial[40] = (byte) (sum >> 8);
        partial[41] = (byte) sum;
        kernel.deliver(partial);
        poll(PacketHandlers.unchanged(), 1);
        assertThat(kernel.transmit()).isEqualTo(reply(60_000, counting(100)));
    }

    @Test
    void countsWhatIsNotForTheHandler() {
        byte[] wrongSum = request(60_000, counting(100));
        wrongSum[80] ^= 1;
        kernel.deliver(wrongSum);
        kernel.deliver(new byte[10]);
        assertThat(poll(PacketHandlers.failing(), 64)).isZero();
        assertThat(counters.skipped(ReceiveSkip.BAD_UDP_CHECKSUM)).isEqualTo(1);
        assertThat(counters.skipped(ReceiveSkip.TRUNCATED)).isEqualTo(1);
        assertThat(kernel.free()).isEqualTo(FRAMES - SPARES);

        kernel.deliver(wrongSum);
        int handed = queue.poll(PacketHandlers.dropping(), 64, outer, false, counters);
        assertThat(handed).isEqualTo(1);
    }

    @Test
    void refusesAnAnswerThatItsHeadersMakeTooLong() {
        byte[] options =
                packet(
                        ethernet(OWN_MAC, NODE_MAC),
                        ipv4(NODE, OWN).options("01 01 01 00"),
                        udp(60_000, PORT),
                        payload(counting(10)));
        kernel.deliver(options);
        poll(PacketHandlers.returning(MAX_LENGTH), 1);
        assertThat(counters.failed(SendFailure.REFUSED)).isEqualTo(1);
        assertThat(kernel.transmit()).isNull();
        assertThat(kernel.free()).isEqualTo(FRAMES - SPARES);
    }

    /** Each once, before those announced with it are handled, as long as a usual frame says. */
    @Test
    void announcesWhatComesNext() {
        for (int i = 0; i < 40; i++) {
            kernel.deliver(request(60_000 + i, counting(10 + i)));
        }
        Announced announced = new Announced();
        assertThat(poll(announced, 17)).isEqualTo(17);
        assertThat(announced.told).isEqualTo(Announced.inTurns(17));
        assertThat(poll(announced, 64)).isEqualTo(23);
        assertThat(announced.told).isEqualTo(Announced.inTurns(17) + Announced.inTurns(23));
    }

    /** A handler gets no bytes that are none of the frame's; it may be told of what is skipped. */
    @Test
    void announcesNoMoreThanThereIs() {
        kernel.deliver(new byte[42]);
        kernel.deliver(new byte[43]);
        kernel.deliver(new byte[3]);
        Announced announced = new Announced();
        assertThat(poll(announced, 64)).isZero();
        assertThat(announced.told).isEqualTo("a");
        assertThat(announced.lengths).containsExactly(1);
    }

    @Test
    void losesNoFrameToAnAnnouncementThatFails() {
        kernel.deliver(request(60_000, counting(10)));
        assertThatThrownBy(() -> poll(Announced.failing(), 64)).hasMessage("ahead");
        assertThat(poll(PacketHandlers.unchanged(), 64)).isEqualTo(1);
        assertThat(kernel.transmit()).isEqualTo(reply(60_000, counting(10)));
    }

    @Test
    void keepsToTheBudget() {
        for (int i = 0; i < 10; i++) {
            kernel.deliver(request(60_000 + i, counting(10)));
        }
        assertThat(poll(PacketHandlers.dropping(), 4)).isEqualTo(4);
        assertThat(poll(PacketHandlers.dropping(), 4)).isEqualTo(4);
        assertThat(poll(PacketHandlers.dropping(), 4)).isEqualTo(2);
        assertThat(poll(PacketHandlers.dropping(), 4)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, MAX_LENGTH + 1, PacketHandler.UNCHANGED - 1})
    void freesTheFrameOfAnAnswerOutOfRange(int answer) {
        kernel.deliver(request(60_000, counting(10)));
        kernel.deliver(request(60_001, counting(11)));
        assertThatThrownBy(() -> poll(PacketHandlers.returning(answer), 64))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("handler returned " + answer + ": not 0 to " + MAX_LENGTH);
        assertThat(queue.isHandling()).isFalse();
        assertThat(counters.freed()).isEqualTo(1);
        assertThat(kernel.free()).isEqualTo(FRAMES - SPARES - 1);
        assertThat(poll(PacketHandlers.unchanged(), 64)).isEqualTo(1);
        assertThat(kernel.transmit()).isEqualTo(reply(60_001, counting(11)));
    }

    @Test
    void losesNoFrameToAHandlerThatThrows() {
        for (int i = 0; i < 2 * FRAMES; i++) {
            assertThat(kernel.deliver(request(60_000, counting(10)))).isTrue();
            assertThatThrownBy(() -> poll(PacketHandlers.failing(), 64))
                    .isInstanceOf(AssertionError.class);
        }
        assertThat(kernel.free()).isEqualTo(FRAMES - SPARES);
    }

    @Test
    void dropsABurstThatIsMoreThanItsFrames() {
        int delivered = 0;
        for (int i = 0; i < 2 * FRAMES; i++) {
            delivered += kernel.deliver(request(60_000 + i, counting(10))) ? 1 : 0;
        }
        assertThat(delivered).isEqualTo(FRAMES - SPARES);
        assertThat(poll(PacketHandlers.unchanged(), Integer.MAX_VALUE)).isEqualTo(delivered);
        for (int i = 0; i < delivered; i++) {
            assertThat(kernel.transmit()).isEqualTo(reply(60_000 + i, counting(10)));
        }
        poll(PacketHandlers.failing(), 1); // gives back what was sent
        assertThat(kernel.free()).isEqualTo(FRAMES - SPARES);
    }

    @Test
    void makesFramesOfItsOwn() {
        ReturnPath path = new ReturnPath();
        kernel.deliver(request(60_000, counting(10)));
        ByteBuf made = Unpooled.wrappedBuffer(counting(1000));
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < SPARES; i++) {
                path.datagram(OWN_NUMBER, NODE_NUMBER, 50_000 + i)
                        .link(0x0200_0000_0002L, 1L, 0, 0);
                assertThat(queue.make(path, PEER_PORT, made, i, 100 + i)).isTrue();
            }
            assertThat(queue.make(path, PEER_PORT, made, 0, 100)).isFalse();
            assertThat(kernel.transmit()).isNull();
            queue.publish();
            for (int i = 0; i < SPARES; i++) {
                byte[] bytes = new byte[100 + i];
                made.getBytes(i, bytes);
                byte[] frame =
                        packet(
                                ethernet("00 00 00 00 00 01", OWN_MAC),
                                ipv4(OWN, NODE).dontFragment(),
                                udp(50_000 + i, PEER_PORT),
                                payload(bytes));
                assertThat(kernel.transmit()).isEqualTo(frame);
            }
        }
    }

    private SendBatch batch(CuttingKernel way, int capacity) {
        ReplyJoining joining =
                new ReplyJoining(null, -1, new NetworkDevice("own0", 1, MTU, 0, 1), "");
        return new SendBatch(way, -1, queue, true, joining, capacity, 0, counters);
    }

    /** Replies that are alike leave by another way than the ring, and their frames come back. */
    @Test
    void handsOverWhatWasNotSettled() {
        CuttingKernel way = new CuttingKernel(true);
        SendBatch batch = batch(way, FRAMES);
        ReturnPath path = new ReturnPath().datagram(OWN_NUMBER, NODE_NUMBER, 50_000);
        ByteBuf made = Unpooled.wrappedBuffer(counting(100));
        for (int round = 1; round <= 3 * FRAMES; round++) {
            for (int i = 0; i < 4; i++) {
                kernel.deliver(request(60_000, counting(50)));
            }
            queue.poll(PacketHandlers.unchanged(), 64, outer, true, counters);
            assertThat(queue.make(path, PEER_PORT, made, 0, 100)).isTrue();
            assertThat(queue.offer(batch, 42 + MAX_LENGTH)).isTrue();
            assertThat(batch.isWorthJoining()).isTrue();
            queue.handOver(batch);
            assertThat(way.sizes()).containsExactly(4, 1);
            assertThat(way.frames().get(0)).isEqualTo(reply(60_000, counting(50)));
            assertThat(queue.unsettled()).isZero();
            assertThat(kernel.free()).isEqualTo(FRAMES - SPARES);
            assertThat(queue.spares()).isEqualTo(SPARES);
            assertThat(counters.returned()).isEqualTo(4L * round);
            assertThat(counters.originated()).isEqualTo(round);
        }
        assertThat(queue.untransmitted()).isZero();
        assertThat(kernel.transmit()).isNull();
    }

    @Test
    void offersNothingThatWouldOvertakeOrDoesNotFit() {
        SendBatch batch = batch(new CuttingKernel(true), 2);
        kernel.deliver(request(60_000, counting(10)));
        poll(PacketHandlers.unchanged(), 1); // which is left to the kernel
        kernel.deliver(request(60_001, counting(11)));
        kernel.deliver(request(60_001, counting(11)));
        queue.poll(PacketHandlers.unchanged(), 64, outer, true, counters);
        assertThat(queue.offer(batch, 53)).isFalse();
        assertThat(kernel.transmit()).isEqualTo(reply(60_000, counting(10)));
        assertThat(queue.offer(batch, 52)).as("a byte too long").isFalse();
        assertThat(batch.isEmpty()).isTrue();
        assertThat(queue.offer(batch, 53)).isTrue();
        batch.clear();
        kernel.deliver(request(60_002, counting(11)));
        queue.poll(PacketHandlers.unchanged(), 64, outer, true, counters);
        assertThat(queue.offer(batch, 53)).as("three").isFalse();
        queue.publish(); // all of it is the ring's still
        for (int port : new int[] {60_001, 60_001, 60_002}) {
            assertThat(kernel.transmit()).isEqualTo(reply(port, counting(11)));
        }
        assertThat(kernel.transmit()).isNull();
    }

    @Test
    void takesBackWhatTheKernelHasNotSeen() {
        ReturnPath path = new ReturnPath().datagram(OWN_NUMBER, NODE_NUMBER, 50_000);
        ByteBuf made = Unpooled.wrappedBuffer(counting(100));
        kernel.deliver(request(60_000, counting(10)));
        poll(PacketHandlers.unchanged(), 1); // which is left to the kernel
        for (int round = 1; round <= 3 * FRAMES; round++) { // through zero
            kernel.deliver(request(60_001, counting(11)));
            kernel.deliver(request(60_002, counting(12)));
            queue.poll(PacketHandlers.unchanged(), 64, outer, true, counters);
            for (int i = 0; i < SPARES; i++) {
                assertThat(queue.make(path, PEER_PORT, made, 0, 100)).isTrue();
            }
            queue.publish();
            assertThat(queue.unsettled()).isEqualTo(2 + SPARES);
            queue.takeBack(SendFailure.LINK_DOWN, counters);
            assertThat(queue.unsettled()).isZero();
            assertThat(queue.untransmitted()).isEqualTo(1);
            assertThat(counters.failed(SendFailure.LINK_DOWN)).isEqualTo(round * (2L + SPARES));
            assertThat(kernel.free()).isEqualTo(FRAMES - SPARES - 1);
        }
        assertThat(counters.returned()).isEqualTo(1);
        assertThat(counters.originated()).isZero();
        assertThat(kernel.transmit()).isEqualTo(reply(60_000, counting(10)));
        assertThat(kernel.transmit()).isNull();
        kernel.deliver(request(60_003, counting(13)));
        poll(PacketHandlers.unchanged(), 1);
        assertThat(kernel.transmit()).isEqualTo(reply(60_003, counting(13)));
        assertThat(counters.returned()).isEqualTo(2);
    }

    @Test
    void countsWhatTheKernelLost() {
        ReturnPath path = new ReturnPath().datagram(OWN_NUMBER, NODE_NUMBER, 50_000);
        ByteBuf made = Unpooled.wrappedBuffer(counting(100));
        for (int i = 0; i < 3; i++) {
            kernel.deliver(request(60_000, counting(10)));
        }
        queue.poll(PacketHandlers.unchanged(), 64, outer, true, counters);
        queue.make(path, PEER_PORT, made, 0, 100);
        assertThat(counters.returned()).isZero();
        queue.publish();
        queue.settle(2, SendFailure.REFUSED, counters);
        assertThat(counters.failed(SendFailure.REFUSED)).isEqualTo(2);
        assertThat(counters.returned()).isEqualTo(2); // the last two did not leave
        assertThat(counters.originated()).isZero();
    }

    /** The kernel had taken some of it, and told only of some of these. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void reclaimsWhatTheKernelSkips(boolean completed) {
        kernel.completeSkipped(completed);
        SendBatch batch = batch(new CuttingKernel(true), FRAMES);
        ReturnPath path = new ReturnPath().datagram(OWN_NUMBER, NODE_NUMBER, 50_000);
        ByteBuf made = Unpooled.wrappedBuffer(counting(100));
        for (int round = 0; round < 3 * FRAMES; round++) { // through zero
            int untold = round % 4;
            for (int i = 0; i < 10; i++) {
                kernel.deliver(request(60_000 + i, counting(10)));
            }
            queue.poll(PacketHandlers.unchanged(), 64, outer, true, counters);
            queue.make(path, PEER_PORT, made, 0, 100);
            queue.publish();
            queue.settle(0, SendFailure.REFUSED, counters);
            for (int i = 0; i < 3; i++) {
                assertThat(kernel.transmit()).isEqualTo(reply(60_000 + i, counting(10)));
            }
            for (int i = 0; i < untold; i++) {
                assertThat(kernel.transmitUntold()).isTrue();
            }
            queue.discard();
            queue.discard(); // for the second time
            assertThat(queue.discards()).isEqualTo(8);
            assertThat(queue.unpassed()).isEqualTo(8);
            assertThat(kernel.transmit()).isNull();
            assertThat(queue.unpassed()).isZero();
            assertThat(kernel.skipped()).isEqualTo(8 - untold);
            queue.reclaim(8 - untold);
            assertThat(queue.discards()).isZero();
            poll(PacketHandlers.failing(), 1); // gives back what was sent
            assertThat(kernel.free()).isEqualTo(FRAMES - SPARES);
            assertThat(queue.make(path, PEER_PORT, made, 0, 100)).isTrue();
            assertThat(queue.offer(batch, MTU)).as("nothing is underway").isTrue();
            batch.clear();
            poll(PacketHandlers.failing(), 1); // which settles it
            long slow = kernel.transmitSlowly();
            queue.make(path, PEER_PORT, made, 0, 100);
            assertThat(queue.offer(batch, MTU)).as("one is underway").isFalse();
            queue.takeBack(SendFailure.LINK_DOWN, counters);
            kernel.completeSlowly(slow);
            assertThat(queue.spares()).isEqualTo(SPARES);
            for (int i = 0; i < SPARES; i++) {
                assertThat(queue.make(path, PEER_PORT, made, 0, 100)).isTrue();
            }
            queue.takeBack(SendFailure.LINK_DOWN, counters);
        }
        assertThat(kernel.drops()).isZero();
    }

    /** The frame at hand is not the kernel's before the handler is done with it. */
    @Test
    void makesFramesWhileHandling() {
        ByteBuf made = Unpooled.wrappedBuffer(counting(100));
        ReturnPath path = new ReturnPath().datagram(OWN_NUMBER, NODE_NUMBER, 50_000);
        List<Boolean> answers = new ArrayList<>();
        for (int i = 0; i < SPARES; i++) {
            queue.make(path, PEER_PORT, made, 0, 100);
        }
        queue.publish();
        kernel.deliver(request(60_000, counting(10)));
        poll(
                (buffer, offset, length, sourceAddress) -> {
                    while (kernel.transmitAway()) {
                        // all spare frames are sent, and not yet known to be
                    }
                    int free = kernel.free();
                    answers.add(queue.make(path, PEER_PORT, made, 0, 100));
                    assertThat(kernel.free()).isEqualTo(free);
                    return PacketHandler.UNCHANGED;
                },
                1);
        assertThat(answers).containsExactly(false);
        assertThat(kernel.transmit()).isEqualTo(reply(60_000, counting(10)));
        kernel.deliver(request(60_000, counting(10)));
        poll(
                (buffer, offset, length, sourceAddress) -> {
                    answers.add(queue.make(path, PEER_PORT, made, 0, 100));
                    return PacketHandler.UNCHANGED;
                },
                1);
        assertThat(answers).containsExactly(false, true);
        assertThat(kernel.transmit()).hasSize(14 + 20 + 8 + 100); // made first
        assertThat(kernel.transmit()).isEqualTo(reply(60_000, counting(10)));
    }

    @Test
    void allocatesNothing() {
        MemorySegment request = MemorySegment.ofArray(request(60_000, counting(100)));
        ReturnPath path = new ReturnPath().datagram(OWN_NUMBER, NODE_NUMBER, 50_000);
        ByteBuf made = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(100));
        PacketHandler handler =
                (buffer, offset, length, sourceAddress) -> {
                    int kind = buffer.getByte(offset) + (int) counters.received() & 3;
                    if (kind == 0) {
                        queue.make(path, PEER_PORT, made, 0, 100);
                    }
                    return kind == 1
                            ? PacketHandler.DROP
                            : kind == 2 ? length - 1 : PacketHandler.UNCHANGED;
                };
        long allocated =
                Allocations.of(
                        1_000_000,
                        () -> {
                            kernel.deliver(request);
                            int done = poll(handler, 64);
                            while (kernel.transmitAway()) {
                                done++;
                            }
                            return done;
                        });
        assertThat(kernel.drops()).isZero();
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
    }

    /** Two threads, as the kernel and the port are, while the indices go through zero. */
    @ParameterizedTest
    @ValueSource(ints = {0, -50_000, Integer.MAX_VALUE - 50_000})
    void losesAndMixesUpNothingUnderStress(int start) throws Exception {
        int count = 100_000;
        FakeXskKernel fake = new FakeXskKernel(FRAMES, BASE, start);
        XskQueue shared = fake.queue(MAX_LENGTH);
        OuterFrame reader =
                new OuterFrame(fake.memory(), new int[] {OWN_NUMBER}, PORT, PEER_PORT, MTU);
        try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
            Callable<Integer> port =
                    () -> {
                        int handed = 0;
                        while (handed < count) {
                            int done =
                                    shared.poll(
                                            PacketHandlers.unchanged(), 7, reader, true, counters);
                            shared.publish();
                            shared.settle(0, SendFailure.REFUSED, counters);
                            if (done == 0) {
                                Thread.onSpinWait();
                            }
                            handed += done;
                        }
                        return handed;
                    };
            Future<Integer> handed = threads.submit(port);
            int sent = 0;
            int back = 0;
            byte[][] requests = new byte[16][];
            byte[][] replies = new byte[16][];
            for (int i = 0; i < requests.length; i++) {
                requests[i] = request(60_000 + i, counting(20 * i));
                replies[i] = reply(60_000 + i, counting(20 * i));
            }
            while (back < count) {
                if (sent < count && fake.deliver(requests[sent & 15])) {
                    sent++;
                }
                byte[] frame = fake.transmit();
                if (frame != null) {
                    assertThat(frame).isEqualTo(replies[back & 15]);
                    back++;
                } else if (handed.isDone()) {
                    handed.get(); // throws what the port's thread threw
                }
            }
            assertThat(handed.get(10, TimeUnit.SECONDS)).isEqualTo(count);
        }
        assertThat(counters.skipped()).isZero();
        assertThat(counters.returned()).isEqualTo(count);
    }

    private int poll(PacketHandler handler, int budget) {
        try {
            return queue.poll(handler, budget, outer, true, counters);
        } finally {
            queue.publish();
            queue.settle(0, SendFailure.REFUSED, counters);
        }
    }

    private static byte[] request(int sourcePort, byte[] bytes) {
        return packet(
                ethernet(OWN_MAC, NODE_MAC),
                ipv4(NODE, OWN).ttl(255),
                udp(sourcePort, PORT),
                payload(bytes));
    }

    private static byte[] reply(int sourcePort, byte[] bytes) {
        return packet(
                ethernet(NODE_MAC, OWN_MAC),
                ipv4(OWN, NODE).ttl(64),
                udp(sourcePort, PEER_PORT),
                payload(bytes));
    }
}
