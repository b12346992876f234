package io.github.geneve4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.OriginFilter;
import io.github.geneve4j.io.NioPort;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The inspector in a running appliance, asked with packets over loopback. */
@Timeout(60)
class DnsGuardTest {
    private static final int PORT = 26_081;
    private static final InetSocketAddress NODE =
            new InetSocketAddress(InetAddress.ofLiteral("127.63.81.2"), PORT);
    private static final InetSocketAddress LISTEN =
            new InetSocketAddress(InetAddress.ofLiteral("127.63.81.1"), PORT);

    private static final String TO_RESOLVER = udp("0a000105", "0a000002", 40_000, 53);
    private static final String FROM_RESOLVER = udp("0a000002", "0a000105", 53, 40_000);
    private static final String TO_ANOTHER = udp("0a000105", "08080808", 40_000, 53);
    private static final String FROM_ANOTHER = udp("08080808", "0a000105", 53, 40_000);
    private static final String TO_WEB = udp("0a000105", "08080808", 40_000, 443);
    private static final String RUBBISH = "ff";

    @Test
    void letsLookUpsGoToOneResolverOnly() throws Exception {
        try (Appliance appliance =
                        Appliance.builder()
                                .port(
                                        NioPort.builder(LISTEN.getAddress())
                                                .port(PORT)
                                                .peerPort(PORT)
                                                .replyFromListeningPort(true)
                                                .open())
                                .allowFrom(OriginFilter.parse("127.63.81.2"))
                                .inspector(() -> new DnsGuard(0x0a00_0002))
                                .start();
                DatagramChannel node = DatagramChannel.open().bind(NODE)) {
            List<String> inners =
                    List.of(TO_ANOTHER, TO_RESOLVER, FROM_ANOTHER, RUBBISH, FROM_RESOLVER, TO_WEB);
            for (String inner : inners) {
                node.send(packet(inner), LISTEN);
            }
            // Replies come in order, so a dropped packet is one whose successor comes first.
            for (String expected : List.of(TO_RESOLVER, FROM_RESOLVER, TO_WEB)) {
                ByteBuffer reply = ByteBuffer.allocate(2048);
                node.receive(reply);
                assertThat(reply.flip()).isEqualTo(packet(expected));
            }
            assertThat(appliance.counters().dropped()).isEqualTo(3);
        }
    }

    private static ByteBuffer packet(String inner) {
        return ByteBuffer.wrap(HexFormat.of().parseHex("0000080000000000" + inner));
    }

    /** {@return an IPv4 packet with an empty UDP datagram; nobody here looks at checksums} */
    private static String udp(String source, String destination, int from, int to) {
        return "4500001c000000004011"
                + "0000"
                + source
                + destination
                + String.format("%04x%04x00080000", from, to);
    }
}
