package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.packets.InnerChecksums;
import io.github.geneve4j.testkit.PacketArbitraries;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Any packet, any verdict, any mischief of the inspector: no exception, and the books balance. */
class WorkerPropertyTest {
    private static final int NODE = 0x0a00_0001;

    @Provide
    Arbitrary<byte[]> packets() {
        return PacketArbitraries.ip();
    }

    @Provide
    Arbitrary<List<Integer>> damage() {
        return Arbitraries.integers().between(0, 0xffff).list().ofMaxSize(3);
    }

    @Property(tries = 1000)
    void countsEveryPacketOnce(
            @ForAll("packets") byte[] whole,
            @ForAll("damage") List<Integer> damage,
            @ForAll("damage") List<Integer> changes,
            @ForAll Verdict verdict,
            @ForAll FailureMode onFailure,
            @ForAll boolean edits)
            throws IOException {
        byte[] inner = whole.clone();
        write(inner, damage);
        byte[] datagram = WorkerVerdictTest.datagram(inner);
        ScriptedPort port = new ScriptedPort();
        Worker worker =
                new Worker(
                        port,
                        OriginFilter.parse("10.0.0.1"),
                        EndpointPolicy.builder().build(),
                        packet -> {
                            if (edits) {
                                mischief(packet, changes);
                            }
                            return verdict;
                        },
                        onFailure,
                        FailureMode.CLOSED,
                        1000,
                        IdleMode.ADAPTIVE,
                        Worker.ANY_CPU);
        port.put(datagram, NODE);
        port.poll(worker, 1);

        PacketCounters counters = worker.counters();
        assertThat(counters.passed() + counters.rewritten() + counters.dropped()).isEqualTo(1);
        assertThat(port.returned)
                .hasSize(
                        (int)
                                (counters.passed()
                                        + counters.rewritten()
                                        + counters.answered()
                                        + counters.resetsOnward()));
        if (counters.passed() == 1) {
            assertThat(port.returned).containsExactly(datagram);
        }
        for (byte[] answer : port.returned) {
            assertThat(answer).startsWith(java.util.Arrays.copyOf(datagram, 40));
            if (counters.answered() == 1) {
                checkAnswer(answer, inner, counters);
            }
        }
    }

    private static void mischief(InspectedPacket packet, List<Integer> changes) {
        int before = packet.innerLength();
        for (int each : changes) {
            if (each % 3 == 0) {
                packet.resize(1 + each % 9000);
            }
            int most = Math.min(before, packet.innerLength());
            if (most > 0) {
                packet.edit().setByte(packet.innerOffset() + (each >>> 8) * 7 % most, each);
            }
        }
    }

    private static void checkAnswer(byte[] answer, byte[] inner, PacketCounters counters) {
        InspectedPacket made = InspectedPacket.of(Unpooled.wrappedBuffer(answer), 0, answer.length);
        InspectedPacket cause =
                InspectedPacket.of(
                        Unpooled.wrappedBuffer(WorkerVerdictTest.datagram(inner)),
                        0,
                        40 + inner.length);
        assertThat(made.flowStatus()).isEqualTo(FlowStatus.OK);
        assertThat(InnerChecksums.isValid(made.flow(), made.buffer(), made.innerOffset())).isTrue();
        assertThat(InnerChecksums.isValid(cause.flow(), cause.buffer(), cause.innerOffset()))
                .isTrue();
        assertThat(cause.flow().tcpFlags() & 4).isZero();
        assertThat(made.flow().isQuoted()).isEqualTo(counters.answered(Answer.TCP_RESET) == 0);
    }

    private static void write(byte[] bytes, List<Integer> damage) {
        for (int each : damage) {
            bytes[(each >>> 8) * 7 % bytes.length] = (byte) each;
        }
    }
}
