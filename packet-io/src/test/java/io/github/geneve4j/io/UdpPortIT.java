package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Requirement;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a cable between two namespaces: what loopback does not show. */
@Timeout(120)
class UdpPortIT {
    private static final InetAddress OWN = InetAddress.ofLiteral(Cable.OWN_ADDRESS);
    private static final InetAddress NODE = InetAddress.ofLiteral(Cable.NODE_ADDRESS);
    private static final int GENEVE = 6081;
    private static final int SOURCE_PORT = 60_000;
    private static final PacketHandler ECHO = (buffer, offset, length, source) -> length;

    private Cable cable;
    private UdpSocket node; // where replies come to

    @BeforeEach
    void lay() throws Exception {
        cable = new Cable();
        node = cable.onNode(() -> UdpSocket.builder(NODE, GENEVE).open());
    }

    @AfterEach
    void close() throws Exception {
        node.close();
        cable.close();
    }

    /** The same bytes, whoever cuts them and computes the checksums, on either end. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "tx-udp-segmentation on",
                "tx-udp-segmentation off",
                "tx off sg off tso off gso off tx-udp-segmentation off"
            })
    void returnsTheSameBytesWhateverTheInterfaceDoes(String offloads) throws Exception {
        cable.runOnOwn("ethtool -K " + Cable.OWN + " " + offloads);
        cable.runOnNode("ethtool -K " + Cable.NODE + " " + offloads);
        cable.runOnOwn("ethtool -K " + Cable.OWN + " gro on");
        try (UdpPort port = open();
                JoinedDatagrams sender =
                        cable.onNode(
                                () ->
                                        new JoinedDatagrams(
                                                new InetSocketAddress(NODE, SOURCE_PORT)))) {
            List<byte[]> requests = new ArrayList<>();
            for (int length : new int[] {1472, 1000, 60, 1}) {
                byte[] bytes = Packets.counting(40 * length - length / 2);
                sender.send(new InetSocketAddress(OWN, GENEVE), bytes, length);
                for (int at = 0; at < bytes.length; at += length) {
                    requests.add(
                            Arrays.copyOfRange(bytes, at, Math.min(at + length, bytes.length)));
                }
            }
            assertThat(poll(port, ECHO, requests.size())).isEqualTo(requests.size());
            List<byte[]> replies = receive(requests.size());
            assertThat(replies).hasSameSizeAs(requests);
            for (int i = 0; i < requests.size(); i++) {
                assertThat(replies.get(i)).as("reply %s", i).isEqualTo(requests.get(i));
            }
            assertThat(port.counters().returned()).isEqualTo(requests.size());
        }
    }

    /** None leaves in pieces; those that fit leave. */
    @Test
    void refusesWhatTheInterfaceDoesNotTake() throws Exception {
        try (UdpPort port = open()) {
            int[] lengths = {1473, 1473, 100, 1472, 1472, 9000, 1472};
            request(lengths.length, 64);
            int[] calls = new int[1];
            poll(port, (buffer, offset, length, source) -> lengths[calls[0]++], lengths.length);
            assertThat(receive(4))
                    .extracting(bytes -> bytes.length)
                    .containsExactly(100, 1472, 1472, 1472);
            assertThat(port.counters().returned()).isEqualTo(4);
            assertThat(port.counters().failed(SendFailure.REFUSED)).isEqualTo(3);
            assertThat(port.counters().failed()).isEqualTo(3);
        }
    }

    @Test
    void handsOverWhatCameInFragments() throws Exception {
        try (UdpPort port = open()) {
            cable.onNode(
                    () -> {
                        try (DatagramChannel sender = DatagramChannel.open()) {
                            return sender.send(
                                    ByteBuffer.wrap(Packets.counting(4000)),
                                    new InetSocketAddress(OWN, GENEVE));
                        }
                    });
            byte[] seen = new byte[4000];
            poll(
                    port,
                    (buffer, offset, length, source) -> {
                        assertThat(length).isEqualTo(4000);
                        buffer.getBytes(offset, seen);
                        return length;
                    },
                    1);
            assertThat(seen).isEqualTo(Packets.counting(4000));
            assertThat(port.counters().failed(SendFailure.REFUSED)).isEqualTo(1);
        }
    }

    /** An interface that sends slowly, and a socket that keeps next to nothing. */
    @Test
    void countsRepliesThatFindTheQueueFull() throws Exception {
        Requirement.command("tc");
        cable.runOnOwn(
                "tc qdisc replace dev "
                        + Cable.OWN
                        + " root tbf rate 8kbit burst 2000 limit 10000000");
        try (UdpPort port = open(UdpPort.builder(OWN).sendBufferLength(1))) {
            for (int round = 0; round < 3; round++) {
                request(60, 1000);
                poll(port, ECHO, 60);
            }
            PortCounters counters = port.counters();
            assertThat(counters.received()).isEqualTo(180);
            assertThat(counters.failed(SendFailure.QUEUE_FULL)).isGreaterThanOrEqualTo(60);
            assertThat(counters.returned() + counters.failed(SendFailure.QUEUE_FULL))
                    .isEqualTo(180);
        }
    }

    /** Those of one source port, whatever is between them. */
    @Test
    void repliesOfEachSourcePortLeaveInTheirOrder() throws Exception {
        try (UdpPort port = open()) {
            for (int i = 0; i < 300; i++) {
                int number = i;
                cable.onNode(
                        () -> {
                            try (UdpSocket sender =
                                    UdpSocket.builder(NODE, SOURCE_PORT + number % 7).open()) {
                                ByteBuf bytes = Unpooled.copyInt(number);
                                sender.send(Listener.number(OWN), GENEVE, bytes, 0, 4);
                                sender.flush();
                                return number;
                            }
                        });
            }
            poll(port, ECHO, 300);
            List<List<Integer>> byPort = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                byPort.add(new ArrayList<>());
            }
            for (byte[] reply : receive(300)) {
                int number = ByteBuffer.wrap(reply).getInt();
                byPort.get(number % 7).add(number);
            }
            assertThat(byPort).allSatisfy(numbers -> assertThat(numbers).isSorted());
            assertThat(byPort.stream().mapToInt(List::size).sum()).isEqualTo(300);
        }
    }

    private UdpPort open() throws Exception {
        return open(UdpPort.builder(OWN));
    }

    private UdpPort open(UdpPort.Builder builder) throws Exception {
        return cable.onOwn(builder::open);
    }

    private void request(int count, int length) throws Exception {
        cable.onNode(
                () -> {
                    try (UdpSocket sender = UdpSocket.builder(NODE, SOURCE_PORT).open()) {
                        ByteBuf bytes = Unpooled.wrappedBuffer(new byte[length]);
                        for (int i = 0; i < count; i++) {
                            sender.send(Listener.number(OWN), GENEVE, bytes, 0, length);
                        }
                        sender.flush();
                        assertThat(sender.datagramsSent()).isEqualTo(count);
                        return count;
                    }
                });
    }

    /** Polls until so many were handed over: in the namespace that sockets are opened in. */
    private int poll(UdpPort port, PacketHandler handler, int count) throws Exception {
        Callable<Integer> polls =
                () -> {
                    int done = 0;
                    long deadline = System.nanoTime() + 20_000_000_000L;
                    while (done < count && System.nanoTime() - deadline < 0) {
                        port.await(100_000_000);
                        done += port.poll(handler, 64);
                    }
                    return done;
                };
        return cable.onOwn(polls);
    }

    private List<byte[]> receive(int count) throws Exception {
        List<byte[]> seen = new ArrayList<>();
        try (PacketWaiter waiter = PacketWaiter.of(List.of(), List.of(node))) {
            long deadline = System.nanoTime() + 10_000_000_000L;
            while (seen.size() < count && System.nanoTime() - deadline < 0) {
                waiter.await(100_000_000L);
                node.poll(
                        (buffer, offset, length, address, port, reassembled) -> {
                            assertThat(reassembled).isFalse();
                            byte[] bytes = new byte[length];
                            buffer.getBytes(offset, bytes);
                            seen.add(bytes);
                        },
                        64);
            }
        }
        return seen;
    }
}
