package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A worker whose inspector takes too long, by a clock that only its work moves: what comes, what
 * passes judged or unjudged, and what is lost.
 */
class WorkerOverloadTest {
    private static final long US = 1_000;
    private static final long MS = 1_000_000;
    private static final long SECOND = 1_000_000_000;
    private static final int NODE = 0x0a00_0001;
    private static final int STRANGER = 0x0a00_0002;

    private static final long HANDLING = US; // of any packet
    private static final long JUDGING = 19 * US; // so that 50,000 can be judged in a second
    private static final int CAPACITY = 50_000;
    private static final int ROOM = 1024;

    private static final byte[] GOOD = KnownPackets.awsDatagram();
    private static final byte[][] BAD = {
        Packets.cut(GOOD, 7), // no header
        Packets.cut(GOOD, 20), // options cut
        with(0, 0x40), // another version
        with(1, 0x80), // for the control plane
        with(10, 0x83), // an option that has to be known
    };

    private long now = 99;
    private long stallAt = Long.MAX_VALUE;
    private long unjudgedTold;
    private long judged;
    private Line line = new Line();

    private final Inspector inspector =
            new Inspector() {
                @Override
                public Verdict inspect(InspectedPacket packet) {
                    now += JUDGING;
                    if (now >= stallAt) {
                        stallAt = Long.MAX_VALUE;
                        now += 2 * SECOND;
                    }
                    judged++;
                    assertThat(line.unjudgedOfPoll()).as("before it in this poll").isZero();
                    return Verdict.PASS;
                }

                @Override
                public void onUnjudged(long nowNs, int packets) {
                    assertThat(packets).isPositive();
                    unjudgedTold += packets;
                }
            };

    @Test
    void closedLosesWhatIsTooMuch() {
        line.rate(0, 2 * SECOND, 3 * CAPACITY).until(4 * SECOND);
        Worker worker = run(FailureMode.CLOSED);
        assertThat(line.lost).isBetween(190_000L, 200_000L);
        assertThat(line.lostAfter(2 * SECOND + MS)).isZero();
        assertThat(worker.counters().unjudged()).isZero();
        assertThat(worker.counters().overloads()).isEqualTo(1);
        assertThat(worker.isOverloaded()).isFalse();
    }

    /** However the port shows what comes while it is polled: at once, or by the next poll. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void openReturnsWhatIsTooMuchAndJudgesTheRest(boolean live) {
        line.live = live;
        line.rate(0, 4 * SECOND, 2 * CAPACITY).rate(6 * SECOND, SECOND, CAPACITY / 2);
        line.until(7 * SECOND);
        Worker worker = run(FailureMode.OPEN);
        PacketCounters counters = worker.counters();
        assertThat(counters.overloads()).isEqualTo(1);
        assertThat(line.lost).as("until it is an overload").isBetween(1L, CAPACITY / 5L);
        assertThat(line.lostAfter(SECOND / 4)).isZero();
        assertThat(counters.unjudged()).isGreaterThan(100_000);
        assertThat(line.judgedBefore4Seconds).as("most of what can be").isGreaterThan(160_000);
        assertThat(line.unjudgedAfter6Seconds).as("judged again").isZero();
        assertThat(worker.isOverloaded()).isFalse();
    }

    @Test
    void aLongOverloadIsOne() {
        line.rate(0, 30 * SECOND, 2 * CAPACITY).until(32 * SECOND);
        Worker worker = run(FailureMode.OPEN);
        assertThat(worker.counters().overloads()).isEqualTo(1);
        assertThat(line.lostAfter(SECOND / 4)).isZero();
    }

    @Test
    void whatIsNoPacketOfAnAllowedOriginIsNeverReturned() {
        line.bad = true;
        line.rate(0, 2 * SECOND, 3 * CAPACITY).until(4 * SECOND);
        PacketCounters counters = run(FailureMode.OPEN).counters();
        assertThat(counters.unjudged()).isGreaterThan(50_000);
        assertThat(counters.dropped(DropReason.ORIGIN_NOT_ALLOWED)).isGreaterThan(10_000);
        for (DropReason reason :
                new DropReason[] {
                    DropReason.TRUNCATED_HEADER,
                    DropReason.TRUNCATED_OPTIONS,
                    DropReason.UNSUPPORTED_VERSION,
                    DropReason.CONTROL_PACKET,
                    DropReason.UNKNOWN_CRITICAL_OPTION
                }) {
            assertThat(counters.dropped(reason)).as(reason.label()).isGreaterThan(1_000);
        }
    }

    @Test
    void burstsWaitAndAreJudged() {
        for (int i = 0; i < 20; i++) { // for 20 ms more than can be judged, then the rest of it
            line.rate(i * 100 * MS, 20 * MS, 2 * CAPACITY);
        }
        line.until(2 * SECOND);
        assertKeptUp(0);
    }

    @Test
    void nearlyAsMuchAsCanBeJudgedIsNotTooMuch() {
        line.rate(0, 5 * SECOND, CAPACITY * 98 / 100).until(5 * SECOND);
        assertKeptUp(0);
    }

    /** What the kernel had no room for meanwhile is lost, and what it had is judged. */
    @Test
    void aThreadThatWasKeptFromRunningJudgesWhatWaits() {
        line.rate(0, 5 * SECOND, CAPACITY / 2).until(5 * SECOND);
        stallAt = SECOND;
        assertKeptUp(CAPACITY);
    }

    private void assertKeptUp(long mostLost) {
        Worker worker = run(FailureMode.OPEN);
        assertThat(line.lost).isBetween(mostLost / 2, mostLost);
        assertThat(worker.counters().unjudged()).isZero();
        assertThat(worker.counters().overloads()).isZero();
    }

    private Worker run(FailureMode onOverload) {
        Worker worker =
                new Worker(
                        line,
                        OriginFilter.parse("10.0.0.1"),
                        EndpointPolicy.builder().build(),
                        inspector,
                        FailureMode.CLOSED,
                        onOverload,
                        0,
                        IdleMode.SPIN,
                        Worker.ANY_CPU,
                        () -> now,
                        () -> {});
        line.worker = worker;
        worker.run();
        assertThat(worker.failure()).isNull();
        assertThat(worker.inspectorFailure()).isNull();
        PacketCounters counters = worker.counters();
        assertThat(line.came).isEqualTo(counters.received() + line.lost + line.waiting);
        assertThat(counters.received()).isEqualTo(counters.passed() + counters.dropped());
        assertThat(counters.passed()).isEqualTo(judged + counters.unjudged());
        assertThat(line.returned).isEqualTo(counters.passed());
        assertThat(unjudgedTold).isEqualTo(counters.unjudged());
        return worker;
    }

    private static byte[] with(int index, int value) {
        byte[] bytes = GOOD.clone();
        bytes[index] = (byte) value;
        return bytes;
    }

    /** A port with so much room, to which packets come by the clock. */
    private final class Line extends SilentPort {
        private final ByteBuf good = Unpooled.wrappedBuffer(GOOD);
        private final ByteBuf[] others = new ByteBuf[BAD.length];
        private final long begin = now;
        private final long[] begins = new long[32];
        private final long[] lengths = new long[32];
        private final long[] rates = new long[32];
        private int parts;
        private long end;
        private boolean live = true;
        private boolean bad;
        private Worker worker;

        private long came;
        private long waiting;
        private long lost;
        private long lostLast;
        private long returned;
        private long unjudgedAtPoll;
        private long judgedBefore4Seconds;
        private long unjudgedAt6Seconds;
        private long unjudgedAfter6Seconds;

        Line() {
            for (int i = 0; i < BAD.length; i++) {
                others[i] = Unpooled.wrappedBuffer(BAD[i]);
            }
        }

        Line rate(long from, long length, long perSecond) {
            begins[parts] = from;
            lengths[parts] = length;
            rates[parts++] = perSecond;
            return this;
        }

        void until(long end) {
            this.end = end;
        }

        long unjudgedOfPoll() {
            return worker.counters().unjudged() - unjudgedAtPoll;
        }

        /** {@return 0 if nothing was lost after an instant, else some number} */
        long lostAfter(long instant) {
            return lostLast > instant ? lostLast : 0;
        }

        private void arrive() {
            long at = now - begin;
            long sum = 0;
            for (int i = 0; i < parts; i++) {
                long in = Math.clamp(at - begins[i], 0, lengths[i]);
                sum += in * rates[i] / SECOND;
            }
            waiting += sum - came;
            came = sum;
            if (waiting > ROOM) {
                lost += waiting - ROOM;
                waiting = ROOM;
                lostLast = at;
            }
        }

        @Override
        public int poll(PacketHandler handler, int budget) {
            unjudgedAtPoll = worker.counters().unjudged();
            arrive();
            long most = live ? Long.MAX_VALUE : waiting;
            int done = 0;
            while (waiting > 0 && done < Math.min(most, budget)) {
                waiting--;
                done++;
                deliver(handler);
                if (live) {
                    arrive();
                }
            }
            if (done == 0) {
                now += 10 * US;
            }
            note();
            return done;
        }

        private void deliver(PacketHandler handler) {
            now += HANDLING;
            long number = worker.counters().received();
            boolean isBad = bad && number % 3 == 0;
            int which = (int) (number / 3 % (BAD.length + 1));
            boolean isStranger = isBad && which == BAD.length;
            ByteBuf buffer = isBad && !isStranger ? others[which] : good;
            int source = isStranger ? STRANGER : NODE;
            int answer = handler.onDatagram(buffer, 0, buffer.capacity(), source);
            assertThat(answer).isEqualTo(isBad ? PacketHandler.DROP : PacketHandler.UNCHANGED);
            if (answer == PacketHandler.UNCHANGED) {
                returned++;
            }
        }

        private void note() {
            long at = now - begin;
            if (at < 4 * SECOND) {
                judgedBefore4Seconds = judged;
            }
            long unjudged = worker.counters().unjudged();
            if (at < 6 * SECOND) {
                unjudgedAt6Seconds = unjudged;
            }
            unjudgedAfter6Seconds = unjudged - unjudgedAt6Seconds;
            if (at >= end) {
                worker.stop();
            }
        }
    }
}
