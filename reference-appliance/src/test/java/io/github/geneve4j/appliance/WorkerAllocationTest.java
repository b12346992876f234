package io.github.geneve4j.appliance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.inspect.AllowAll;
import io.github.geneve4j.appliance.inspect.DropPorts;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From the port's hand to the verdict and back: not a byte for each packet. */
class WorkerAllocationTest {
    private static final int PACKETS = 1_000_000;
    private static final int NODE = 0x0a00_0001;

    @ParameterizedTest
    @EnumSource(
            value = BufferKind.class,
            names = {"HEAP", "DIRECT"})
    void judgesWithoutAllocating(BufferKind kind) {
        for (Inspector inspector : new Inspector[] {new AllowAll(), new DropPorts(23)}) {
            Worker worker = worker(inspector);
            BufferKind.Placed good = kind.place(KnownPackets.awsDatagram());
            BufferKind.Placed bad = kind.place(Packets.cut(KnownPackets.awsDatagram(), 20));

            assertThat(
                            Allocations.of(
                                    PACKETS,
                                    () ->
                                            deliver(worker, good, NODE)
                                                    + deliver(worker, bad, NODE)
                                                    + deliver(worker, good, 1)))
                    .isLessThanOrEqualTo(Allocations.SLACK);
            assertThat(worker.counters().passed()).isGreaterThan(PACKETS);
            assertThat(worker.counters().dropped(DropReason.TRUNCATED_OPTIONS))
                    .isEqualTo(worker.counters().passed());
            assertThat(worker.counters().dropped(DropReason.ORIGIN_NOT_ALLOWED))
                    .isEqualTo(worker.counters().passed());
        }
    }

    private static int deliver(Worker worker, BufferKind.Placed packet, int source) {
        return worker.onDatagram(packet.buffer(), packet.offset(), packet.length(), source);
    }

    private static Worker worker(Inspector inspector) {
        return new Worker(
                new ScriptedPort(),
                OriginFilter.parse("10.0.0.0/24"),
                EndpointPolicy.builder().build(),
                inspector,
                IdleMode.ADAPTIVE,
                Worker.ANY_CPU);
    }
}
