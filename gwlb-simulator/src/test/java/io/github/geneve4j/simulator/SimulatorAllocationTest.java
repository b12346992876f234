package io.github.geneve4j.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.FlowScope;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulatorAllocationTest {
    private static final int OPERATIONS = 400_000;

    /** Sends every datagram back at once. */
    private static final class Hairpin implements SimulatorOutput {
        GwlbSimulator lb;
        long returned;
        long events;
        boolean isListening = true;

        @Override
        public void toTarget(
                Node node, Target target, int port, ByteBuf buffer, int at, int length, long now) {
            lb.fromTarget(node, target.address(), port, 6081, buffer, at, length, now);
        }

        @Override
        public void fromEndpoint(
                Endpoint endpoint, Side side, ByteBuf buffer, int at, int length, long now) {
            returned++;
        }

        @Override
        public void probe(HealthProbe probe, long now) {}

        @Override
        public boolean isListening() {
            return isListening;
        }

        @Override
        public void event(SimulatorEvent event) {
            events++;
        }
    }

    private int next;
    private long now;

    @ParameterizedTest
    @EnumSource
    void packetsOfKnownFlowsCostNothing(FlowScope scope) {
        Hairpin output = new Hairpin();
        GwlbSimulator lb =
                GwlbSimulator.builder()
                        .node("zone-a", Rig.NODE_A)
                        .target("fw-1", Rig.FW_1, "zone-a")
                        .target("fw-2", Rig.FW_2, "zone-a")
                        .targetGroup(Rig.withoutChecks().withStickiness(scope))
                        .output(output)
                        .build(0);
        output.lb = lb;
        Endpoint endpoint = lb.service("svc", false).createEndpoint(new EndpointId(1), "zone-a", 0);
        byte[] udp = Rig.udp(1);
        List<byte[]> packets =
                List.of(
                        Rig.syn(1),
                        Rig.tcp(1, 0x10),
                        udp,
                        Packets.packet(
                                Packets.ipv6("2001:db8::1", "2001:db8::2"), Packets.udp(1, 2)),
                        Packets.packet(
                                Packets.ipv4("10.1.0.1", "192.0.2.1"), Packets.echoRequest(1, 2)),
                        Packets.packet(
                                Packets.ipv6("2001:db8::1", "2001:db8::2"),
                                Packets.echoRequestV6(1, 2)),
                        Packets.packet(
                                Packets.ipv4("192.0.2.9", "10.1.0.1"),
                                Packets.icmp(11, 0),
                                Packets.payload(udp)),
                        Packets.packet(
                                Packets.ipv4("10.1.0.1", "192.0.2.1").id(5).fragment(0, true),
                                Packets.udp(1, 53),
                                Packets.payload(Packets.counting(8))),
                        Packets.packet(
                                Packets.ipv4("10.1.0.1", "192.0.2.1")
                                        .id(5)
                                        .protocol(17)
                                        .fragment(16, false),
                                Packets.payload(Packets.counting(8))));
        ByteBuf[] buffers =
                packets.stream()
                        .map(
                                p ->
                                        BufferKind.DIRECT
                                                .room(GwlbSimulator.HEADROOM + p.length)
                                                .buffer()
                                                .setBytes(GwlbSimulator.HEADROOM, p))
                        .toArray(ByteBuf[]::new);
        long allocated =
                Allocations.of(
                        OPERATIONS,
                        () -> {
                            int i = next++ % buffers.length;
                            now += 1_000_000;
                            lb.fromEndpoint(
                                    endpoint,
                                    Side.INSIDE,
                                    buffers[i],
                                    GwlbSimulator.HEADROOM,
                                    packets.get(i).length,
                                    now);
                            return output.returned;
                        });
        assertThat(allocated).isLessThan(Allocations.SLACK);
        assertThat(output.returned).isEqualTo(next);
    }

    /** Each begins a flow, and ends an old one; every other one is dropped instead. */
    @Test
    void newFlowsAndDropsCostNothingIfNobodyListens() {
        Hairpin output = new Hairpin();
        GwlbSimulator lb =
                GwlbSimulator.builder()
                        .node("zone-a", Rig.NODE_A)
                        .target("fw-1", Rig.FW_1, "zone-a")
                        .targetGroup(Rig.withoutChecks())
                        .output(output)
                        .build(0);
        output.lb = lb;
        output.isListening = false;
        Endpoint endpoint = lb.service("svc", false).createEndpoint(new EndpointId(1), "zone-a", 0);
        long before = output.events;
        byte[] udp = Rig.udp(1);
        byte[] ack = Rig.tcp(1, 0x10);
        ByteBuf buffer = BufferKind.DIRECT.room(GwlbSimulator.HEADROOM + 100).buffer();
        long allocated =
                Allocations.of(
                        OPERATIONS,
                        () -> {
                            int i = next++;
                            now += 10_000_000_000L;
                            byte[] packet = i % 2 == 0 ? udp : ack;
                            buffer.setBytes(GwlbSimulator.HEADROOM, packet);
                            buffer.setShort(GwlbSimulator.HEADROOM + 20, 1 + i % 1000);
                            lb.fromEndpoint(
                                    endpoint,
                                    Side.INSIDE,
                                    buffer,
                                    GwlbSimulator.HEADROOM,
                                    packet.length,
                                    now);
                            return output.returned;
                        });
        assertThat(allocated).isLessThan(Allocations.SLACK);
        assertThat(output.returned).isEqualTo((next + 1) / 2);
        assertThat(lb.counters().get(CloudWatchMetric.NEW_FLOW_COUNT)).isEqualTo(output.returned);
        assertThat(lb.counters().get(DropReason.TCP_WITHOUT_FLOW)).isEqualTo(next / 2);
        assertThat(output.events).isEqualTo(before);
    }
}
