package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.ProgramRun;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.sys.Requirement;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernel runs the program on a flow's packets, one right after the other on one processor,
 * while the owner changes the flow on another.
 */
class FastPathRaceIT {
    private static final long RACE_NANOS =
            Long.getLong("geneve4j.fastpath.race.millis", 400) * 1_000_000;
    private static final int PACKETS_AT_ONCE = 20_000;
    private static final int ROOM = 4; // in the only bucket
    private static final long REST_NANOS = 100_000_000;

    private FastPath fast;
    private BpfProgram program;
    private byte[] frame;
    private volatile boolean running = true;

    @BeforeAll
    static void root() {
        Requirement.root();
    }

    @BeforeEach
    void open() throws IOException {
        fast = FastPath.builder().flows(1).allowFrom(0, -1).open();
        int[] addresses = {FastPathPacket.OWN};
        program =
                BpfProgram.load(
                        ProgramType.XDP,
                        "fast",
                        fast.program(6081, addresses, FastPathPacket.MAC, 1500, -1));
        FastPathPacket packet = new FastPathPacket();
        packet.node = FastPathPacket.OWN; // so that its reply is the same frame, and comes again
        frame = packet.bytes();
        System.arraycopy(frame, 0, frame, 6, 6);
    }

    @AfterEach
    void close() {
        program.close();
        fast.close();
    }

    @Test
    void whatPassesIsCountedAndNothingElseWhileGenerationsChange() throws Exception {
        int first = add(System.nanoTime(), 0xffff_ffffL);
        race(
                () -> {
                    int generation = 0;
                    for (long end = System.nanoTime() + RACE_NANOS; System.nanoTime() < end; ) {
                        fast.vouch(System.nanoTime());
                        fast.generation(++generation);
                        fast.renew(first, generation);
                    }
                    return generation;
                });
        assertThat(fast.hits()).isPositive();
        assertThat(fast.misses(FastPathMiss.GENERATION)).isPositive();
        assertThat(fast.remove(first, System.nanoTime())).isEqualTo(fast.hits());
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 0xffff_ffffL})
    void placesAreFreeAfterFlowsThatEndUnderTraffic(long mostPackets) throws Exception {
        fast.generation(1);
        long[] passed = new long[1];
        long rounds =
                race(
                        () -> {
                            long now = System.nanoTime();
                            long round = 0;
                            long end = System.nanoTime() + RACE_NANOS;
                            for (; System.nanoTime() < end; round++) {
                                fast.vouch(System.nanoTime());
                                now += REST_NANOS;
                                int flow = add(now, mostPackets);
                                assertThat(flow).as("round %d", round).isNotEqualTo(FastPath.NONE);
                                for (int i = 0; i < round % 16; i++) {
                                    Thread.onSpinWait();
                                }
                                long packets = fast.remove(flow, now);
                                assertThat(packets).isBetween(0L, mostPackets);
                                passed[0] += packets;
                            }
                            return round;
                        });
        assertThat(fast.hits()).isPositive().isEqualTo(passed[0]);
        long later = System.nanoTime() + (rounds + 1) * REST_NANOS;
        for (int i = 0; i < ROOM; i++) {
            assertThat(add(later, mostPackets)).isNotEqualTo(FastPath.NONE);
        }
    }

    /** The packet on the other processor may be counted, and its bytes not yet. */
    @ParameterizedTest
    @ValueSource(longs = {1, 7, 0xffff_ffffL})
    void noPacketPassesASuspendedFlowNorMoreThanItMay(long mostPackets) throws Exception {
        int length = frame.length - FastPathPacket.INNER;
        fast.generation(1);
        int flow = add(System.nanoTime(), 0);
        long rounds =
                race(
                        () -> {
                            long round = 0;
                            long before = 0;
                            long end = System.nanoTime() + RACE_NANOS;
                            for (; System.nanoTime() < end; round++) {
                                fast.vouch(System.nanoTime());
                                fast.renew(flow, 1, mostPackets, Long.MAX_VALUE);
                                for (int i = 0; i < round % 64; i++) {
                                    Thread.onSpinWait();
                                }
                                long packets = fast.suspend(flow);
                                long bytes = fast.bytes(flow);
                                assertThat(packets - before).isBetween(0L, mostPackets);
                                assertThat(packets * length - bytes).isBetween(0L, (long) length);
                                for (int i = 0; i < 100; i++) {
                                    Thread.onSpinWait();
                                }
                                assertThat(fast.packets(flow)).isEqualTo(packets);
                                before = packets;
                            }
                            return round;
                        });
        assertThat(rounds).isGreaterThan(100);
        assertThat(fast.hits()).isPositive().isEqualTo(fast.packets(flow));
        assertThat(fast.bytes(flow)).isEqualTo(fast.hits() * length);
        assertThat(fast.misses(FastPathMiss.GENERATION)).isPositive();
    }

    private int add(long nowNs, long mostPackets) {
        return fast.add(
                Unpooled.wrappedBuffer(frame),
                FastPathPacket.GENEVE,
                frame.length - FastPathPacket.GENEVE,
                1,
                nowNs,
                mostPackets,
                Long.MAX_VALUE);
    }

    private <T> T race(Callable<T> owner) throws Exception {
        try (ExecutorService kernel = Executors.newSingleThreadExecutor()) {
            Future<?> packets =
                    kernel.submit(
                            () -> {
                                while (running) {
                                    ProgramRun.of(program, frame, PACKETS_AT_ONCE);
                                }
                                return null;
                            });
            try {
                return owner.call();
            } finally {
                running = false;
                packets.get();
            }
        }
    }
}
