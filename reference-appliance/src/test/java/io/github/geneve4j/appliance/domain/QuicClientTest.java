package io.github.geneve4j.appliance.domain;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.firewall.Firewall;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FlowInspector;
import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuicClientTest {
    /** Each packet sees what the one before it of the same flow has stored, and no other's. */
    @Test
    void liesInAFlow() throws Exception {
        List<String> seen = new ArrayList<>();
        Firewall firewall =
                FirewallControl.builder(PolicyReader.parse("default: allow", "test"))
                        .inspector(() -> new Rememberer(seen))
                        .build()
                        .newFirewall();
        for (int port : new int[] {5, 5, 6, 5, 5, 6}) {
            firewall.inspect(place(packet(ipv4("10.0.0.1", "10.0.0.2"), udp(port, 443))));
        }
        String second = "[1] 4294967297";
        String third = "[1, 2] 8589934594";
        String fourth = "[1, 2, 3] 12884901891";
        assertThat(seen).containsExactly("[] 0", second, "[] 0", third, fourth, second);
    }

    @Test
    void forgets() {
        QuicClient client = new QuicClient();
        client.remember(new byte[] {1}, 1, 2);
        assertThat(client.isKnown()).isTrue();
        client.clear();
        assertThat(client.isKnown()).isFalse();
        assertThat(client.nextNumber()).isZero();
    }

    private static InspectedPacket place(byte[] inner) {
        byte[] datagram = Packets.concat(KnownPackets.awsHeader(), inner);
        return InspectedPacket.of(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
    }

    /** Makes the id longer by one byte with each packet. */
    private static final class Rememberer implements FlowInspector {
        private static final int INDEX = 3;

        private final List<String> seen;
        private final QuicClient client = new QuicClient();

        Rememberer(List<String> seen) {
            this.seen = seen;
        }

        @Override
        public int stateLength() {
            return INDEX + QuicClient.STATE_LENGTH;
        }

        @Override
        public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
            client.load(flow, INDEX);
            List<Byte> id = new ArrayList<>();
            for (int i = 0; i < client.idLength(); i++) {
                id.add(client.id()[i]);
            }
            seen.add(id + " " + client.nextNumber());
            int length = client.idLength() + 1;
            byte[] longer = new byte[length];
            for (int i = 0; i < length; i++) {
                longer[i] = (byte) (i + 1);
            }
            client.remember(longer, length, length * 0x1_0000_0001L);
            client.store(flow, INDEX);
            return Verdict.PASS;
        }
    }
}
