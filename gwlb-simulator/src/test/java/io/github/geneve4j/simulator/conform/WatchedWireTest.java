package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.simulator.conform.Datagram.Checksum;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is noticed of arrivals, whoever asked for them. */
class WatchedWireTest {
    private static final int APPLIANCE = 0x7f3e_0b01;
    private static final int NODE = 0x7f3e_0b02;
    private static final int STRANGER = 0x7f3e_0b04;
    private static final int PORT = 6081;

    @Test
    void countsChecksumsOfTheTunnelOnly() throws Exception {
        try (WatchedWire wire = wire()) {
            for (Checksum checksum : Checksum.values()) {
                wire.look(Arrival.packet(packet(checksum, 60_000, PORT), false));
                wire.look(Arrival.packet(packet(checksum, 514, 514), false));
            }
            wire.look(Arrival.packet(packet(Checksum.WRONG, 60_000, PORT), true));

            assertThat(wire.right()).isEqualTo(1);
            assertThat(wire.without()).isEqualTo(1);
            assertThat(wire.unseen()).isEqualTo(1);
            assertThat(wire.damaged().count()).isEqualTo(1);
            assertThat(wire.damaged().first().checksum()).isEqualTo(Arrival.Checksum.WRONG);
        }
    }

    @Test
    void noticesAWrongIpv4Checksum() throws Exception {
        byte[] packet = packet(Checksum.RIGHT, 60_000, PORT);
        packet[Ipv4.TTL_OFFSET]--;
        try (WatchedWire wire = wire()) {
            wire.look(Arrival.packet(packet, false));

            assertThat(wire.damaged().count()).isEqualTo(1);
            assertThat(wire.right()).isZero();
        }
    }

    /** A stranger may be told that a port is closed, a node may not. */
    @Test
    void keepsWhatIsUnreachableForNodes() throws Exception {
        try (WatchedWire wire = wire()) {
            wire.look(Arrival.packet(unreachable(APPLIANCE, NODE), false));
            wire.look(Arrival.packet(unreachable(APPLIANCE, STRANGER), false));
            wire.look(Arrival.packet(unreachable(STRANGER, NODE), false));

            assertThat(wire.unreachables().count()).isEqualTo(1);
            assertThat(wire.unreachables().first().destination()).isEqualTo(NODE);

            wire.forget();
            assertThat(wire.unreachables().isEmpty()).isTrue();
        }
    }

    private static WatchedWire wire() throws IOException {
        Wire wire =
                UdpWire.open(
                        List.of(Probe.address(Inet4Address.ofLiteral("127.62.12.2"))),
                        APPLIANCE,
                        PORT);
        return new WatchedWire(wire, APPLIANCE, PORT, STRANGER);
    }

    private static byte[] packet(Checksum checksum, int sourcePort, int destinationPort) {
        Datagram datagram = new Datagram(APPLIANCE, sourcePort, checksum, new byte[41]);
        return RawWire.packet(datagram, NODE, destinationPort);
    }

    private static byte[] unreachable(int from, int to) {
        byte[] message = new byte[36];
        message[0] = 3;
        message[1] = 3;
        return Bytes.concat(
                Ipv4.header(from, to, Ipv4.ICMP, 64, new byte[0], message.length), message);
    }
}
