package io.github.geneve4j.appliance.firewall;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.domain.DomainInspector;
import io.github.geneve4j.appliance.domain.DomainList;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.github.geneve4j.testkit.TcpLayer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Flows begin, go on, are refused, are told of and end: not a byte for each packet. */
class FirewallAllocationTest {
    private static final int PACKETS = 1_000_000;
    private static final int SOURCE_PORT = 20; // from the inner packet's first byte

    @ParameterizedTest
    @EnumSource(
            value = BufferKind.class,
            names = {"HEAP", "DIRECT"})
    void judgesWithoutAllocating(BufferKind kind) throws Exception {
        DomainList names = DomainList.of(List.of("ok.example"));
        FirewallControl control =
                FirewallControl.builder(
                                PolicyReader.parse(
                                        """
                                        default: drop
                                        rules:
                                          - {name: names, protocol: udp, destination-port: 53, action: allow, log: true}
                                          - {name: web, protocol: tcp, destination-port: 80, action: allow}
                                          - {name: no, protocol: udp, destination-port: 54, action: reject}
                                        """,
                                        "test"))
                        .flows(100_000) // fewer than begin, so that some are evicted
                        .inspector(() -> new DomainInspector(() -> names))
                        .logsFlows(true)
                        .build();
        Firewall firewall = control.newFirewall();
        InspectedPacket known = place(kind, packet(ipv4("10.0.0.1", "10.0.0.2"), udp(9, 53)));
        InspectedPacket fresh = place(kind, packet(ipv4("10.0.0.3", "10.0.0.2"), udp(9, 53)));
        InspectedPacket refused = place(kind, packet(ipv4("10.0.0.1", "10.0.0.2"), udp(9, 54)));
        InspectedPacket syn =
                place(
                        kind,
                        packet(
                                ipv4("10.0.0.4", "10.0.0.2"),
                                tcp(9, 80).flags(TcpLayer.SYN).sequence(0),
                                payload("474554"))); // the beginning of a request
        int[] port = {0};

        assertThat(
                        Allocations.of(
                                PACKETS,
                                () -> {
                                    port[0] = (port[0] + 1) & 0xffff;
                                    rename(fresh, port[0]);
                                    rename(syn, port[0]);
                                    return firewall.inspect(known).ordinal()
                                            + firewall.inspect(fresh).ordinal()
                                            + firewall.inspect(refused).ordinal()
                                            + firewall.inspect(syn).ordinal();
                                }))
                .isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(firewall.counters().count(Judgement.ALLOWED)).isGreaterThan(100_000);
        assertThat(firewall.counters().count(Judgement.KNOWN)).isPositive();
        assertThat(firewall.counters().count(Judgement.POLICY_REJECT)).isPositive();
        assertThat(control.drainLog((rule, action, endpoint, flow) -> {})).isPositive();
        assertThat(control.drainFlows(flow -> {})).isPositive();
    }

    @Test
    void pausesWithoutAllocating() throws Exception {
        long[] shown = {0};
        FirewallControl control =
                FirewallControl.builder(PolicyReader.parse("default: allow", "test"))
                        .flows(100)
                        .inspector(() -> new Pauser(shown))
                        .inspector(() -> new Pauser(shown))
                        .build();
        Firewall firewall = control.newFirewall();
        InspectedPacket packet =
                place(BufferKind.DIRECT, packet(ipv4("10.0.0.1", "10.0.0.2"), udp(9, 53)));
        assertThat(Allocations.of(PACKETS, () -> firewall.inspect(packet).ordinal()))
                .isLessThanOrEqualTo(Allocations.SLACK);
        long seen = firewall.counters().count(Judgement.KNOWN) + 1;
        assertThat(shown[0]).isEqualTo(2 * ((seen + 3) / 4));
    }

    /** Looks at each fourth packet. */
    private record Pauser(long[] shown) implements FlowInspector {
        @Override
        public boolean pauses() {
            return true;
        }

        @Override
        public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
            shown[0]++;
            flow.pause(true, 3, 1_000_000, InspectedFlow.NO_LIMIT);
            return Verdict.PASS;
        }
    }

    private static void rename(InspectedPacket packet, int port) {
        packet.buffer().setShort(packet.innerOffset() + SOURCE_PORT, port);
        packet.flow().wrap(packet.buffer(), packet.innerOffset(), packet.innerLength());
    }

    private static InspectedPacket place(BufferKind kind, byte[] inner) {
        byte[] datagram = Packets.concat(KnownPackets.awsHeader(), inner);
        BufferKind.Placed placed = kind.place(datagram);
        return InspectedPacket.of(placed.buffer(), placed.offset(), datagram.length);
    }
}
