package io.github.geneve4j.flow;

import static io.github.geneve4j.testkit.Packets.authentication;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FlowAllocationTest {
    private static final int OPERATIONS = 1_000_000;

    private final FiveTuple tuple = new FiveTuple();
    private final FlowHash hash = FlowHash.random();
    private int next;
    private long now;

    private static List<byte[]> packets() {
        byte[] tcp = packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2), payload(counting(40)));
        byte[] udp6 = packet(ipv6("::1", "::2"), udp(1, 2), payload(counting(40)));
        return List.of(
                tcp,
                udp6,
                packet(ipv4("10.0.0.2", "10.0.0.1").options("01020300"), udp(1, 2)),
                packet(ipv6("::2", "::1"), hopByHop(8), authentication(16), tcp(1, 2)),
                packet(ipv4("10.0.0.1", "10.0.0.2"), echoRequest(1, 2)),
                packet(ipv4("10.0.0.1", "10.0.0.2").fragment(0, true), udp(1, 2)),
                packet(ipv6("::1", "::2"), fragment(0, true, 5), udp(1, 2)),
                packet(ipv6("::1", "::2"), fragment(8, false, 5).nextHeader(17)),
                packet(ipv4("10.0.0.9", "10.0.0.1"), icmp(3, 1), payload(tcp)),
                packet(ipv6("::9", "::1"), icmpv6(1, 1), payload(udp6)),
                packet(ipv4("10.0.0.1", "10.0.0.2").totalLength(30), tcp(1, 2)),
                packet(ipv4("10.0.0.1", "10.0.0.2").version(7), tcp(1, 2)));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "COMPOSITE")
    void packetsCostNothing(BufferKind kind) {
        BufferKind.Placed[] placed =
                packets().stream().map(kind::place).toArray(BufferKind.Placed[]::new);
        FragmentTracker tracker = new FragmentTracker(64, FragmentTracker.DEFAULT_TIMEOUT_NS);
        ToeplitzHash toeplitz = ToeplitzHash.microsoft();
        FlowTable table = FlowTable.builder(4).valueLength(8).build();
        long allocated =
                Allocations.of(
                        OPERATIONS,
                        () -> {
                            BufferKind.Placed packet = placed[next++ % placed.length];
                            now += 20_000_000_000L;
                            FlowStatus status =
                                    tuple.wrap(packet.buffer(), packet.offset(), packet.length());
                            if (status != FlowStatus.OK) {
                                return status.ordinal();
                            }
                            long sum = tracker.join(1, tuple, now) ? 1 : 0;
                            sum += hash.hash(tuple) + toeplitz.hash(tuple) + tuple.tcpFlags();
                            int flow = table.find(1, tuple, now);
                            if (flow == FlowTable.NONE) {
                                flow = table.insert(1, tuple, now);
                            }
                            if (flow != FlowTable.NONE) { // as for an ICMP error
                                table.setLong(flow, 0, sum);
                            }
                            return table.expire(now, 10) + sum + tuple.sourcePort();
                        });
        assertThat(allocated).isLessThan(Allocations.SLACK);
        assertThat(table.counters().evicted()).isPositive();
        assertThat(table.counters().expired()).isPositive();
        assertThat(tracker.joined()).isPositive();
    }

    @Test
    void stateOfManyFlowsCostsNothing() {
        FlowTable table = FlowTable.builder(10_000).valueLength(16).build();
        FiveTuple shown = new FiveTuple();
        long allocated =
                Allocations.of(
                        OPERATIONS,
                        () -> {
                            next++;
                            now += 10_000_000L;
                            tuple.setIpv4(next % 15_013, 5, 17, 1, 2);
                            int flow = table.insert(next % 3, tuple, now);
                            table.setInt(flow, 4, next);
                            if (next % 50 == 0) {
                                table.remove(flow);
                                flow = table.next(FlowTable.NONE);
                            }
                            table.read(flow, shown);
                            return shown.sourceLow() + table.expire(now, 3);
                        });
        assertThat(allocated).isLessThan(Allocations.SLACK);
        assertThat(table.counters().inserted()).isGreaterThan(10_000);
    }

    @Test
    void selectionCostsNothing() {
        List<Target> targets = LongStream.range(0, 10).mapToObj(Target::of).toList();
        MaglevTable maglev = MaglevTable.of(targets);
        RendezvousSelector uniform = RendezvousSelector.of(targets);
        RendezvousSelector weighted =
                RendezvousSelector.of(List.of(new Target(1, 1), new Target(2, 9)));
        long allocated =
                Allocations.of(
                        OPERATIONS,
                        () -> {
                            long flow = hash.hash(tuple.setIpv4(next++, 2, 6, 3, 4));
                            return maglev.select(flow)
                                    + uniform.select(flow)
                                    + weighted.select(flow);
                        });
        assertThat(allocated).isLessThan(Allocations.SLACK);
    }
}
