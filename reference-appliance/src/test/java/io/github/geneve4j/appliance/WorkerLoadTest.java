package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.inspect.AllowAll;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.ReturnPath;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Under load an idle moment is the kernel's; without load it is nobody's business. */
class WorkerLoadTest {
    private static final int BURSTS = 2000;
    private static final int EMPTY_POLLS = 40;
    private static final long MUST_BE_QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long FLOOD_NANOS = TimeUnit.MILLISECONDS.toNanos(350);
    private static final long END_NANOS = TimeUnit.MILLISECONDS.toNanos(40);

    private int yields;

    @Test
    void givesWayBetweenBursts() {
        run(new Bursts(Worker.LOAD));
        assertThat(yields).isBetween(BURSTS / 10, BURSTS * (EMPTY_POLLS / 16));
    }

    @Test
    void keepsTheProcessorBetweenSinglePackets() {
        run(new Bursts(Worker.LOAD - 1));
        assertThat(yields).isZero();
    }

    /** However long it spins after the last burst. */
    @Test
    void keepsTheProcessorWhenTheLoadIsOver() {
        Silence silence = new Silence();
        run(silence);
        assertThat(silence.yieldsOfLoad).isPositive();
        assertThat(yields).isEqualTo(silence.yieldsOfLoad);
    }

    /** Such as packets from strangers, of which the inspector never hears. */
    @Test
    void packetsThatNobodyInspectsDoNotKeepTheInspectorFromItsDuties() {
        int[] idle = new int[1];
        Inspector inspector =
                new Inspector() {
                    @Override
                    public Verdict inspect(InspectedPacket packet) {
                        return Verdict.PASS;
                    }

                    @Override
                    public void onIdle(long nowNs) {
                        idle[0]++;
                    }
                };
        run(new Flood(), inspector);
        assertThat(idle[0]).isBetween(1, 4);
    }

    private void run(Script script) {
        run(script, new AllowAll());
    }

    private void run(Script script, Inspector inspector) {
        Worker worker =
                new Worker(
                        script,
                        OriginFilter.parse("0.0.0.0/0"),
                        EndpointPolicy.builder().build(),
                        inspector,
                        FailureMode.CLOSED,
                        FailureMode.CLOSED,
                        0,
                        IdleMode.SPIN,
                        Worker.ANY_CPU,
                        System::nanoTime,
                        () -> yields++);
        script.worker = worker;
        worker.run();
        assertThat(worker.failure()).isNull();
    }

    /** Polls that bring a number of packets, and others that bring none. */
    private static final class Bursts extends Script {
        private final int packets;
        private int polls;

        Bursts(int packets) {
            this.packets = packets;
        }

        @Override
        int packets() {
            int at = polls++ % (EMPTY_POLLS + 1);
            if (polls >= BURSTS * (EMPTY_POLLS + 1)) {
                worker().stop();
            }
            return at == 0 ? packets : 0;
        }
    }

    /** Bursts, and then nothing for a long time. */
    private final class Silence extends Script {
        private final Bursts bursts = new Bursts(Worker.LOAD);
        private int polls;
        private long begin;
        private int yieldsOfLoad;

        @Override
        int packets() {
            if (polls++ < BURSTS) {
                begin = System.nanoTime();
                return bursts.packets();
            }
            long silent = System.nanoTime() - begin;
            if (silent < MUST_BE_QUIET_NANOS) {
                yieldsOfLoad = yields;
            } else if (silent > END_NANOS) {
                worker().stop();
            }
            return 0;
        }
    }

    /** Packets at every poll. */
    private static final class Flood extends Script {
        private final long begin = System.nanoTime();

        @Override
        int packets() {
            if (System.nanoTime() - begin > FLOOD_NANOS) {
                worker().stop();
            }
            return Worker.LOAD;
        }
    }

    /** A port that only says how many packets there were. */
    private abstract static class Script extends SilentPort {
        private Worker worker;

        abstract int packets();

        final Worker worker() {
            return worker;
        }

        @Override
        public int poll(PacketHandler handler, int budget) {
            return packets();
        }

        @Override
        public void returnPath(ReturnPath into) {
            throw new IllegalStateException("there is no datagram");
        }

        @Override
        public void send(ReturnPath path, ByteBuf payload, int offset, int length) {
            throw new IllegalStateException("nothing is sent");
        }

        @Override
        public void await(long timeoutNanos) {
            throw new IllegalStateException("a worker that spins does not wait");
        }
    }
}
