package io.github.geneve4j.io;

import static io.github.geneve4j.io.Cable.NODE_MAC;
import static io.github.geneve4j.io.Cable.OWN_MAC;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The interface gets another MTU while the port is open: nothing is cut, and all is counted. */
@Timeout(120)
class AfPacketMtuIT {
    private static final int PORT = 6081;
    private static final int MTU = 1500;
    private static final int HEADERS = 28;

    private Tap tap;
    private AfPacketPort port;

    @BeforeEach
    void open() throws Exception {
        tap = new Tap(MTU);
        port = tap.inside(AfPacketPort.builder(Tap.NAME)::open);
        assertThat(port.understandsOffloads()).as(port.toString()).isTrue();
    }

    @AfterEach
    void close() throws Exception {
        if (port != null) {
            port.close();
        }
        if (tap != null) {
            tap.close();
        }
    }

    private void mtu(int mtu) throws Exception {
        tap.run("ip link set " + Tap.NAME + " mtu " + mtu);
    }

    private static byte[] request(int sourcePort, int packetLength) {
        return packet(
                ethernet(OWN_MAC, NODE_MAC),
                ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS).ttl(255),
                udp(sourcePort, PORT),
                payload(counting(packetLength - HEADERS)));
    }

    private static byte[] reply(int sourcePort, int packetLength) {
        return packet(
                ethernet(NODE_MAC, OWN_MAC),
                ipv4(Cable.OWN_ADDRESS, Cable.NODE_ADDRESS),
                udp(sourcePort, PORT),
                payload(counting(packetLength - HEADERS)));
    }

    @Test
    void countsRepliesThatTheLinkNoLongerTakes() throws Exception {
        mtu(1400);
        assertThat(port.maxDatagramLength()).isEqualTo(MTU - HEADERS);
        int[] lengths = {100, 1401, 1400, 1500, 200}; // in one batch
        for (int i = 0; i < lengths.length; i++) {
            tap.send(request(1000 + i, lengths[i]));
        }
        assertThat(port.poll(PacketHandlers.unchanged(), 64)).isEqualTo(5);
        List<byte[]> received = tap.receive(3);
        assertThat(received).hasSize(3);
        assertThat(received.get(0)).isEqualTo(reply(1000, 100));
        assertThat(received.get(1)).isEqualTo(reply(1002, 1400));
        assertThat(received.get(2)).isEqualTo(reply(1004, 200));
        PortCounters counters = port.counters();
        assertThat(counters.failed(SendFailure.REFUSED)).isEqualTo(2);
        assertThat(counters.failed()).isEqualTo(2);
        assertThat(counters.skipped()).isZero();

        // Nor those of which a handler, or its owner, makes more than came
        ReturnPath path = new ReturnPath();
        ByteBuf made = Unpooled.copiedBuffer(counting(1401 - HEADERS));
        tap.send(request(1, 100));
        port.poll(
                (buffer, offset, length, source) -> {
                    port.returnPath(path);
                    buffer.setBytes(offset, made, 0, made.capacity());
                    return made.capacity();
                },
                1);
        port.send(path, made, 0, made.capacity());
        assertThat(counters.failed(SendFailure.REFUSED)).isEqualTo(4);
        assertThat(tap.receive(0)).isEmpty();

        mtu(MTU);
        tap.send(request(1, MTU));
        assertThat(port.poll(PacketHandlers.unchanged(), 1)).isEqualTo(1);
        assertThat(tap.receive(1).get(0)).isEqualTo(reply(1, MTU));
        assertThat(counters.failed()).isEqualTo(4);
    }

    @Test
    void countsRequestsThatItIsNotMadeFor() throws Exception {
        mtu(3000);
        assertThat(port.maxDatagramLength()).isEqualTo(MTU - HEADERS);
        int[] lengths = {1501, 1500, 1540, 1650, 3000, 100}; // up to where a slot ends, and beyond
        for (int i = 0; i < lengths.length; i++) {
            tap.send(request(1000 + i, lengths[i]));
        }
        assertThat(port.poll(PacketHandlers.unchanged(), 64)).isEqualTo(2);
        List<byte[]> received = tap.receive(2);
        assertThat(received).hasSize(2);
        assertThat(received.get(0)).isEqualTo(reply(1001, 1500));
        assertThat(received.get(1)).isEqualTo(reply(1005, 100));
        PortCounters counters = port.counters();
        assertThat(counters.skipped(ReceiveSkip.TRUNCATED)).isEqualTo(4);
        assertThat(counters.skipped()).isEqualTo(4);

        // A reply is still no longer than it could be at the start
        tap.send(request(1, 100));
        assertThatThrownBy(() -> port.poll(PacketHandlers.returning(MTU - HEADERS + 1), 1))
                .hasMessage("handler returned 1473: not 0 to 1472");

        port.close();
        port = tap.inside(AfPacketPort.builder(Tap.NAME)::open);
        tap.send(request(1, 3000));
        assertThat(port.poll(PacketHandlers.unchanged(), 1)).isEqualTo(1);
        assertThat(tap.receive(1).get(0)).isEqualTo(reply(1, 3000));
    }

    /** Every request is returned byte for byte, or counted for a reason that its length gives. */
    @Test
    void corruptsNothingWhileItGoesUpAndDown() throws Exception {
        Random random = new Random(3);
        long truncated = 0;
        long refused = 0;
        for (int change = 0; change < 60; change++) {
            int mtu = 1300 + random.nextInt(600);
            mtu(mtu);
            for (int i = 0; i < 200; i++) {
                int length = 1250 + random.nextInt(700);
                int sourcePort = 1 + random.nextInt(65_000);
                tap.send(request(sourcePort, length));
                int handled =
                        port.poll((i & 1) == 0 ? PacketHandlers.unchanged() : (b, o, l, s) -> l, 1);
                if (length > MTU) {
                    assertThat(handled).isZero();
                    truncated++;
                } else {
                    assertThat(handled).isEqualTo(1);
                }
                boolean leaves = length <= Math.min(mtu, MTU);
                List<byte[]> received = tap.receive(leaves ? 1 : 0);
                assertThat(received).hasSize(leaves ? 1 : 0);
                if (leaves) {
                    assertThat(received.get(0)).isEqualTo(reply(sourcePort, length));
                } else if (length <= MTU) {
                    refused++;
                }
            }
        }
        PortCounters counters = port.counters();
        assertThat(counters.skipped(ReceiveSkip.TRUNCATED)).isEqualTo(truncated).isPositive();
        assertThat(counters.failed(SendFailure.REFUSED)).isEqualTo(refused).isPositive();
        assertThat(counters.skipped()).isEqualTo(truncated);
        assertThat(counters.failed()).isEqualTo(refused);
        assertThat(counters.returned()).isEqualTo(counters.received() - refused).isPositive();
        assertThat(port.kernelDrops()).isZero();
    }
}
