package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of packets when calls of all sorts end in all sorts of ways. */
class XskLinkTest {
    private static final int FRAMES = 1024;
    private static final int SPARES = FRAMES / 16;
    private static final int OF_A_CALL = 16;
    private static final ByteBuf BYTES = Unpooled.buffer().writeZero(100);

    private final FakeXskKernel kernel = new FakeXskKernel(FRAMES, 8192, -5);
    private final PortCounters counters = new PortCounters();
    private final Calls calls = new Calls();
    private final XskLink link = linkOf(new NetworkDevice("none", -1, 1500, 0, 1), -1);
    private final ReturnPath path =
            new ReturnPath()
                    .datagram(0x0a00_0002, 0x0a00_0001, 60_000)
                    .link(0x0200_0000_0002L, 0x0200_0000_0001L, 0, 0);

    @Test
    void sendsAllByOneCall() {
        make(SPARES);
        calls.answers.add(calls::sendAll);
        link.flush(calls);
        assertThat(calls.sends).isEqualTo(1);
        assertThat(calls.sent).isEqualTo(SPARES);
        assertThat(counters.originated()).isEqualTo(SPARES);
        assertThat(counters.failed()).isZero();
    }

    /** Before Linux 6.17 the index stays where it was until all is sent. */
    @Test
    void goesOnWhereTheKernelDoesNotTellWhatItHasSent() {
        calls.tellsSent = false;
        make(SPARES);
        for (int i = 0; i < SPARES / OF_A_CALL; i++) {
            calls.answers.add(calls::sendSome);
        }
        link.flush(calls);
        assertThat(calls.sent).isEqualTo(SPARES);
        assertThat(counters.originated()).isEqualTo(SPARES);
    }

    @Test
    void leavesTheRestForLaterWhereTheKernelTellsThatItSendsNothing() {
        make(10);
        calls.answers.add(() -> -Errno.EAGAIN);
        link.flush(calls);
        assertThat(calls.sends).isEqualTo(1);
        assertThat(calls.queue.untransmitted()).isEqualTo(10);
        calls.answers.add(calls::sendAll);
        link.flush(calls);
        assertThat(calls.sent).isEqualTo(10);
        assertThat(counters.originated()).isEqualTo(10);
    }

    @Test
    void doesNotCallForEverWhereTheKernelTellsNothing() {
        calls.tellsSent = false;
        make(SPARES);
        calls.always = () -> -Errno.EAGAIN;
        link.flush(calls);
        assertThat(calls.sends).isEqualTo(SPARES / OF_A_CALL + 1);
    }

    @Test
    void takesBackWhatFindsTheInterfaceDown() {
        for (int outage = 1; outage <= 3; outage++) {
            make(SPARES);
            calls.answers.add(() -> -Errno.ENETDOWN);
            link.flush(calls);
            assertThat(link.isUp()).isFalse();
            assertThat(counters.failed(SendFailure.LINK_DOWN)).isEqualTo(outage * SPARES);
            assertThat(kernel.transmit()).isNull();
            assertThat(calls.queue.discards()).isZero();
        }
        make(SPARES);
        calls.always = calls::sendAll;
        link.flush(calls);
        assertThat(link.isUp()).isTrue();
        assertThat(calls.sent).isEqualTo(SPARES);
    }

    /**
     * The first call takes some packets, and maybe does not tell; the second finds the interface
     * down. Whatever the kernel does with descriptors that it skips, each frame comes back once.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void discardsWhatACallCutShortHasLeft(int kind) {
        kernel.completeSkipped((kind & 1) != 0);
        calls.tellsSent = (kind & 2) == 0;
        if ((kind & 4) != 0) {
            kernel.skipBefore(3); // of somebody else's making
        }
        for (int outage = 1; outage <= 100; outage++) { // several times around the rings
            long sent = calls.sent;
            make(SPARES);
            calls.answers.add(calls::sendSome);
            calls.answers.add(() -> -Errno.ENETDOWN);
            link.flush(calls);
            assertThat(calls.sent - sent).isEqualTo(OF_A_CALL);
            assertThat(calls.queue.discards()).isPositive();
            assertThat(counters.failed(SendFailure.LINK_DOWN)).isPositive();

            calls.always = calls::sendAll;
            link.flush(calls); // it is up again, and skips
            calls.always = null;
            assertThat(calls.queue.discards()).isZero();
            assertThat(calls.sent - sent).isEqualTo(OF_A_CALL);
            calls.queue.poll(PacketHandlers.failing(), 1, outer(), true, counters); // recycles
        }
        make(SPARES); // all of them are there
    }

    /** The kernel drops a packet for that, and goes on. */
    @Test
    void countsWhatTheDriverRefuses() {
        make(SPARES);
        calls.answers.add(calls::refuseOne);
        calls.answers.add(calls::refuseOne);
        calls.answers.add(calls::sendAll);
        link.flush(calls);
        assertThat(calls.sent).isEqualTo(SPARES - 2);
        assertThat(counters.originated()).isEqualTo(SPARES - 2);
        assertThat(counters.failed()).isEqualTo(2);
    }

    /** There the driver goes on with them by itself. */
    @Test
    void losesNothingToABusyDriverThatDoesNotCopy() {
        calls.zeroCopy = true;
        make(10);
        calls.always = () -> -Errno.EBUSY;
        link.flush(calls);
        assertThat(calls.sends).isEqualTo(1);
        assertThat(counters.originated()).isEqualTo(10);
        assertThat(counters.failed()).isZero();
    }

    @Test
    void knowsAnInterfaceThatIsGoneFromADriverWithoutAProgram() throws Exception {
        try (Descriptor socket = Descriptor.udpSocket()) {
            XskLink there = linkOf(NetworkDevice.named("lo"), socket.number());
            calls.always = () -> -Errno.ENXIO;
            there.check(calls);
            assertThat(there.isUp()).isFalse();
            assertThat(there.isGone()).isFalse();
        }
        link.check(calls);
        assertThat(link.isGone()).isTrue();
    }

    private XskLink linkOf(NetworkDevice device, int descriptor) {
        return new XskLink(device, descriptor, counters);
    }

    private OuterFrame outer() {
        return new OuterFrame(kernel.memory(), new int[] {1}, 6081, 6081, 1500);
    }

    private void make(int count) {
        for (int i = 0; i < count; i++) {
            assertThat(calls.queue.make(path, 6081, BYTES, 0, 100)).isTrue();
        }
    }

    /** Calls that end as they are told to. */
    private final class Calls implements XskCalls {
        /** How a call ends, and what it does before. */
        private interface Answer {
            int result();
        }

        final XskQueue queue = kernel.queue(1472);
        final Deque<Answer> answers = new ArrayDeque<>();
        @Nullable Answer always;
        boolean tellsSent = true;
        boolean zeroCopy;
        int sends;
        long sent;

        int sendAll() {
            kernel.skipInvalid();
            while (kernel.transmitAway()) {
                sent++;
                kernel.skipInvalid();
            }
            return 0;
        }

        int sendSome() {
            for (int i = 0; i < OF_A_CALL; i++) {
                boolean done =
                        tellsSent || kernel.waiting() == 1
                                ? kernel.transmitAway()
                                : kernel.transmitUntold();
                assertThat(done).as("packet %d", i).isTrue();
                sent++;
            }
            return -Errno.EAGAIN;
        }

        int refuseOne() {
            assertThat(kernel.transmitAway()).isTrue();
            return -Errno.EBUSY;
        }

        @Override
        public XskQueue queue() {
            return queue;
        }

        @Override
        public boolean isZeroCopy() {
            return zeroCopy;
        }

        @Override
        public boolean tellsSent() {
            return tellsSent;
        }

        @Override
        public int send() {
            sends++;
            Answer next = answers.poll();
            if (next == null) {
                next = always;
            }
            assertThat(next).as("call %d", sends).isNotNull();
            return next.result();
        }

        @Override
        public int receive() {
            return always == null ? 0 : always.result();
        }

        @Override
        public int skipped() {
            return kernel.skipped();
        }
    }
}
