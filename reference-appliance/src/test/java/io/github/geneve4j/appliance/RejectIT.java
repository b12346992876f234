package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.TcpLayer.ACK;
import static io.github.geneve4j.testkit.TcpLayer.RST;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.NioPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers through a real port to a real sender: from the right address and port, at once. */
@Timeout(60)
class RejectIT {
    private static final String LOCAL = "127.63.91.1";
    private static final String NODE = "127.63.91.2";
    private static final int PORT = 26_081;
    private static final int NODE_PORT = 26_082;
    private static final int SOURCE_PORT = 26_001;
    private static final String A = "10.1.0.1";
    private static final String B = "192.0.2.1";

    private DatagramChannel sender;
    private DatagramChannel receiver;
    private Appliance appliance;

    @BeforeEach
    void start() throws IOException {
        receiver = channel(NODE_PORT);
        sender = channel(SOURCE_PORT);
        appliance =
                Appliance.builder()
                        .port(
                                NioPort.builder(InetAddress.ofLiteral(LOCAL))
                                        .port(PORT)
                                        .peerPort(NODE_PORT)
                                        .open())
                        .allowFrom(OriginFilter.parse(NODE))
                        .inspector(() -> packet -> Verdict.REJECT_BOTH_ENDS)
                        .start();
    }

    @AfterEach
    void close() throws IOException {
        appliance.close();
        sender.close();
        receiver.close();
    }

    @Test
    void tellsTheSenderAtOnce() throws Exception {
        send(packet(ipv4(A, B), tcp(40_000, 443).sequence(99)));
        receive(
                packet(
                        ipv4(B, A).dontFragment(),
                        tcp(443, 40_000).flags(RST | ACK).acknowledgment(100).window(0)));
        byte[] v4 = packet(ipv4(A, B), udp(40_000, 53), payload("00"));
        send(v4);
        receive(packet(ipv4(B, A).dontFragment().tos(0xc0), icmp(3, 13), payload(v4)));
        byte[] v6 = packet(ipv6("2001:db8::1", "2001:db8::2"), udp(40_000, 53), payload("00"));
        send(v6);
        receive(packet(ipv6("2001:db8::2", "2001:db8::1"), icmpv6(1, 1), payload(v6)));
    }

    @Test
    void tellsBothEnds() throws Exception {
        send(packet(ipv4(A, B), tcp(40_000, 443).flags(ACK).sequence(5).acknowledgment(9)));
        receive(
                packet(
                        ipv4(A, B).dontFragment(),
                        tcp(40_000, 443).flags(RST | ACK).sequence(5).acknowledgment(9).window(0)));
        receive(
                packet(
                        ipv4(B, A).dontFragment(),
                        tcp(443, 40_000).flags(RST).sequence(9).window(0)));
        assertThat(appliance.counters().resetsOnward()).isEqualTo(1);
        assertThat(appliance.ports().getFirst().counters().originated()).isEqualTo(1);
    }

    private void send(byte[] inner) throws IOException {
        sender.send(
                ByteBuffer.wrap(WorkerVerdictTest.datagram(inner)),
                new InetSocketAddress(LOCAL, PORT));
    }

    private void receive(byte[] inner) throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate(0xffff);
        InetSocketAddress from = null;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (from == null && System.nanoTime() - deadline < 0) {
            from = (InetSocketAddress) receiver.receive(buffer);
            Thread.sleep(1);
        }
        assertThat(from).isEqualTo(new InetSocketAddress(LOCAL, SOURCE_PORT));
        byte[] bytes = new byte[buffer.flip().remaining()];
        buffer.get(bytes);
        assertThat(bytes).isEqualTo(WorkerVerdictTest.datagram(inner));
    }

    private static DatagramChannel channel(int port) throws IOException {
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        channel.configureBlocking(false);
        return channel.bind(new InetSocketAddress(NODE, port));
    }
}
