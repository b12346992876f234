package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The interface's MTU is changed under an open port, which keeps to the one that it found. */
@Timeout(60)
class AfXdpMtuIT {
    private static final int MTU = 1500;
    private static final int HIGHER_MTU = 3400; // the driver runs programs up to some 3500
    private static final int LOWER_MTU = 1000;
    private static final int MAX_LENGTH = MTU - 28;
    private static final int SOURCE_PORT = 60_000;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** The longest payload that comes in a frame of 2048 bytes, of which 256 are the kernel's. */
    private static final int FRAME_LENGTH = 2048 - 256 - OuterFrame.HEADERS_LENGTH;

    private Cable cable;
    private FrameSocket node;

    @BeforeEach
    void open() throws Exception {
        cable = new Cable();
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
    }

    @AfterEach
    void close() throws Exception {
        Cable.close(node, cable);
    }

    @ParameterizedTest
    @EnumSource
    void countsWhatIsLongerThanTheMtuThatItFound(AfXdpMode mode) throws Exception {
        try (AfXdpPort port = openPort(mode)) {
            setMtu(HIGHER_MTU);
            PortCounters counters = port.counters();
            for (int round = 1; round <= 300; round++) { // more than there are frames
                node.send(request(MAX_LENGTH + 1));
                node.send(request(FRAME_LENGTH));
                node.send(request(FRAME_LENGTH + 1));
                node.send(request(HIGHER_MTU - 28));
                answers(port, MAX_LENGTH, PacketHandler.UNCHANGED);
                assertThat(counters.skipped(ReceiveSkip.AGGREGATED)).isEqualTo(2L * round);
                assertThat(port.kernelDrops()).isEqualTo(2L * round);
            }
            assertThat(counters.skipped()).isEqualTo(2 * 300);
            assertThat(port.maxDatagramLength()).isEqualTo(MAX_LENGTH);
            setMtu(MTU);
            answers(port, MAX_LENGTH, PacketHandler.UNCHANGED);
        }
    }

    /** The kernel does not hold AF_XDP to the MTU: whoever is at the other end may. */
    @ParameterizedTest
    @EnumSource
    void sendsWhatTheMtuThatItFoundAllows(AfXdpMode mode) throws Exception {
        try (AfXdpPort port = openPort(mode)) {
            answers(port, MAX_LENGTH, PacketHandler.UNCHANGED);
            cable.runOnOwn("ip link set " + Cable.OWN + " mtu " + LOWER_MTU);
            answers(port, LOWER_MTU - 28, PacketHandler.UNCHANGED);
            answers(port, 100, MAX_LENGTH);
            cable.runOnOwn("ip link set " + Cable.OWN + " mtu " + MTU);
            answers(port, MAX_LENGTH, PacketHandler.UNCHANGED);
            assertThat(port.counters().skipped()).isZero();
            assertThat(port.counters().failed()).isZero();
            assertThat(port.kernelDrops()).isZero();
        }
    }

    /** This driver does not take what the other end would not. */
    @ParameterizedTest
    @EnumSource
    void countsWhatTheDriverRefuses(AfXdpMode mode) throws Exception {
        try (AfXdpPort port = openPort(mode)) {
            cable.runOnNode("ip link set " + Cable.NODE + " mtu " + LOWER_MTU);
            PortCounters counters = port.counters();
            for (int round = 1; round <= 300; round++) { // more than there are frames
                answers(port, LOWER_MTU - 28, PacketHandler.UNCHANGED);
                node.send(request(100));
                pollOne(port, PacketHandlers.returning(MAX_LENGTH));
                assertThat(counters.returned()).isEqualTo(round);
                assertThat(counters.failed(SendFailure.REFUSED)).isEqualTo(round);
            }
            assertThat(counters.failed()).isEqualTo(300);
            cable.runOnNode("ip link set " + Cable.NODE + " mtu " + MTU);
            answers(port, MAX_LENGTH, PacketHandler.UNCHANGED);
        }
    }

    private void setMtu(int mtu) throws Exception {
        cable.runOnNode("ip link set " + Cable.NODE + " mtu " + mtu);
        cable.runOnOwn("ip link set " + Cable.OWN + " mtu " + mtu);
    }

    private AfXdpPort openPort(AfXdpMode mode) throws Exception {
        return cable.onOwn(() -> AfXdpPort.builder(Cable.OWN).mode(mode).frames(256).open());
    }

    /** One request is answered, byte for byte, and nothing else. */
    private void answers(AfXdpPort port, int length, int answer) throws Exception {
        node.send(request(length));
        PacketHandler handler =
                (buffer, offset, received, sourceAddress) -> {
                    assertThat(received).isEqualTo(length);
                    if (answer != PacketHandler.UNCHANGED) {
                        count(buffer, offset, answer);
                    }
                    return answer;
                };
        pollOne(port, handler);
        List<byte[]> replies = node.receive(1);
        assertThat(replies)
                .containsExactly(reply(answer == PacketHandler.UNCHANGED ? length : answer));
    }

    private static void pollOne(AfXdpPort port, PacketHandler handler) throws IOException {
        for (long end = System.nanoTime() + PATIENCE_NANOS; port.poll(handler, 64) == 0; ) {
            assertThat(System.nanoTime() - end).isNegative();
        }
    }

    private static void count(ByteBuf buffer, int offset, int length) {
        for (int i = 0; i < length; i++) {
            buffer.setByte(offset + i, i);
        }
    }

    private static byte[] request(int length) {
        return packet(
                ethernet(Cable.OWN_MAC.replace(':', ' '), Cable.NODE_MAC.replace(':', ' ')),
                ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS).ttl(255),
                udp(SOURCE_PORT, NioPort.GENEVE_PORT),
                payload(counting(length)));
    }

    private static byte[] reply(int length) {
        return packet(
                ethernet(Cable.NODE_MAC.replace(':', ' '), Cable.OWN_MAC.replace(':', ' ')),
                ipv4(Cable.OWN_ADDRESS, Cable.NODE_ADDRESS).ttl(64),
                udp(SOURCE_PORT, NioPort.GENEVE_PORT),
                payload(counting(length)));
    }
}
