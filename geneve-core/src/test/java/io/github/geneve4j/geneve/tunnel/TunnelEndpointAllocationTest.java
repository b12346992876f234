package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.geneve.tunnel.Endpoints.address;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.EtherType;
import io.github.geneve4j.geneve.GeneveDecoder;
import io.github.geneve4j.geneve.GeneveOption;
import io.github.geneve4j.geneve.OptionCursor;
import io.github.geneve4j.geneve.OptionRegistry;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Layer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing on the packet path allocates, whatever the packet is. */
class TunnelEndpointAllocationTest {
    private static final int OPERATIONS = 1_000_000;

    private static final ZeroChecksumTunnels TUNNELS =
            ZeroChecksumTunnels.builder()
                    .allow(address("2001:db8::1"), address("2001:db8::2"))
                    .build();

    private static final EndpointPolicy POLICY =
            EndpointPolicy.builder()
                    .knownOptions(OptionRegistry.builder().know(0xff00, 0x81).build())
                    .zeroChecksumTunnels(TUNNELS)
                    .dscp(DscpModel.uniform())
                    .ttl(TtlModel.uniform())
                    .build();

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void receivesWithoutAllocation(BufferKind kind) {
        Layer v6 = ipv6("2001:db8::1", "2001:db8::2").trafficClass(Ecn.CE);
        Layer critical = geneve().option(0xff00, 0x81, "01020304");
        BufferKind.Placed[] packets = {
            kind.place(KnownPackets.awsRequest()),
            kind.place(packet(v6, udp(1, 6081), critical, ipv4("10.0.0.1", "10.0.0.2").tos(2))),
            kind.place(packet(v6, udp(1, 6081).checksum(0), critical, ipv6("fd00::1", "fd00::2"))),
            kind.place(packet(v6, udp(1, 6081), geneve().control(true), payload("00"))),
            kind.place(packet(v6, udp(1, 6081), geneve().version(1), payload("00"))),
            kind.place(packet(v6, udp(1, 6081), geneve().option(1, 0x80, ""), payload("00"))),
            kind.place(packet(ipv4("10.0.0.1", "10.0.0.2").wrongChecksum(), udp(1, 6081))),
        };
        TunnelReceiver receiver = new TunnelReceiver(POLICY);
        int[] next = new int[1];
        assertAllocatesNothing(
                () -> {
                    BufferKind.Placed packet = packets[next[0]++ % packets.length];
                    DecodeStatus status =
                            receiver.receive(packet.buffer(), packet.offset(), packet.length());
                    return status == DecodeStatus.OK ? receiver.innerOffset() : status.ordinal();
                });
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void sendsWithoutAllocation(BufferKind kind) {
        TunnelSender[] senders = {
            TunnelSender.builder(address("10.0.0.1"), address("10.0.0.2"))
                    .option(new GeneveOption(0xff00, 0x81, new byte[8]))
                    .build(),
            TunnelSender.builder(address("2001:db8::1"), address("2001:db8::2"))
                    .dscp(DscpModel.uniform())
                    .ttl(TtlModel.uniform())
                    .build(),
            TunnelSender.builder(address("2001:db8::1"), address("2001:db8::2"))
                    .zeroChecksumTunnels(TUNNELS)
                    .withoutUdpChecksum()
                    .build(),
        };
        byte[] inner = KnownPackets.innerEchoRequest();
        BufferKind.Placed room = kind.room(100 + inner.length);
        int innerOffset = room.offset() + 100;
        room.buffer().setBytes(innerOffset, inner);
        int[] next = new int[1];
        assertAllocatesNothing(
                () -> {
                    int flow = next[0]++;
                    return senders[flow % senders.length].encapsulate(
                            room.buffer(), innerOffset, inner.length, EtherType.IPV4, flow);
                });
    }

    @ParameterizedTest
    @EnumSource(names = {"HEAP", "DIRECT"})
    void checksSocketDatagramsWithoutAllocation(BufferKind kind) {
        BufferKind.Placed datagram =
                kind.place(packet(geneve().option(0xff00, 0x81, "").option(1, 1, "")));
        GeneveDecoder geneve = new GeneveDecoder();
        OptionCursor scratch = new OptionCursor();
        assertAllocatesNothing(
                () -> {
                    geneve.wrap(datagram.buffer(), datagram.offset(), datagram.length());
                    return POLICY.check(geneve, scratch).ordinal();
                });
    }

    private static void assertAllocatesNothing(Allocations.Operation operation) {
        assertThat(Allocations.of(OPERATIONS, operation)).isLessThanOrEqualTo(Allocations.SLACK);
    }
}
