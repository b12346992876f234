package io.github.geneve4j.io;

import static io.github.geneve4j.io.Wire.PEER_PORT;
import static io.github.geneve4j.io.Wire.PORT;
import static io.github.geneve4j.io.Wire.address;
import static io.github.geneve4j.io.Wire.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Packets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Datagrams that go through the kernel as one message. */
@Timeout(60)
class UdpPortJoinedTest {
    private static final String LOCAL = "127.60.87.1";
    private static final String NODE = "127.60.87.2";
    private static final String OTHER_NODE = "127.60.87.3";
    private static final int SOURCE_PORT = 25_000;

    private static final PacketHandler ECHO = (buffer, offset, length, source) -> length;
    private static final PacketHandler UNCHANGED =
            (buffer, offset, length, source) -> PacketHandler.UNCHANGED;

    private final Wire wire = new Wire();
    private UdpPort port;
    private JoinedDatagrams sender;
    private JoinedDatagrams receiver;

    @BeforeEach
    void open() throws IOException {
        port = UdpPort.builder(address(LOCAL)).port(PORT).peerPort(PEER_PORT).open();
        sender = new JoinedDatagrams(at(NODE, SOURCE_PORT));
        receiver = new JoinedDatagrams(at(NODE, PEER_PORT));
    }

    @AfterEach
    void close() throws IOException {
        wire.close();
        sender.close();
        receiver.close();
        port.close();
    }

    @Test
    void handsOverEachOfThoseThatCameJoined() throws IOException {
        sender.send(at(LOCAL, PORT), Packets.counting(1000), 300);
        List<byte[]> seen = new ArrayList<>();
        ReturnPath path = new ReturnPath();

        int done =
                port.poll(
                        (buffer, offset, length, source) -> {
                            assertThat(source).isEqualTo(Listener.number(address(NODE)));
                            port.returnPath(path);
                            assertThat(path.sourcePort()).isEqualTo(SOURCE_PORT);
                            assertThat(buffer.capacity() - offset)
                                    .isGreaterThanOrEqualTo(port.maxDatagramLength());
                            byte[] bytes = new byte[length];
                            buffer.getBytes(offset, bytes);
                            seen.add(bytes);
                            return PacketHandler.UNCHANGED;
                        },
                        64);

        assertThat(done).isEqualTo(4);
        assertThat(seen).containsExactly(cut(Packets.counting(1000), 300));
        assertThat(port.counters().received()).isEqualTo(4);
        assertThat(port.counters().returned()).isEqualTo(4);
        List<List<byte[]>> replies = receiver.receive();
        assertThat(replies).hasSize(1); // and they leave as they came
        assertThat(replies.get(0)).containsExactly(cut(Packets.counting(1000), 300));
    }

    @Test
    void tellsOneThatIsAloneFromSeveral() throws IOException {
        sender.send(at(LOCAL, PORT), Packets.counting(300), 300);
        sender.send(at(LOCAL, PORT), Packets.counting(301), 300);
        sender.send(at(LOCAL, PORT), Packets.counting(299), 300);
        assertThat(lengthsSeen(64)).containsExactly(300, 300, 1, 299);
    }

    @Test
    void keepsWhatIsBeyondItsBudget() throws IOException {
        sender.send(at(LOCAL, PORT), Packets.counting(1000), 300);
        sender.send(at(LOCAL, PORT), Packets.counting(20), 20);
        assertThat(lengthsSeen(1)).containsExactly(300);
        port.await(Long.MAX_VALUE); // there is more
        assertThat(lengthsSeen(2)).containsExactly(300, 300);
        assertThat(lengthsSeen(64)).containsExactly(100, 20);
        assertThat(lengthsSeen(1)).isEmpty();
    }

    @Test
    void aHandlerThatThrowsCostsItsDatagramOnly() throws IOException {
        sender.send(at(LOCAL, PORT), Packets.counting(1000), 300);
        int[] calls = new int[1];
        assertThatThrownBy(
                        () ->
                                port.poll(
                                        (buffer, offset, length, source) -> {
                                            if (++calls[0] == 2) {
                                                throw new ArithmeticException("broken");
                                            }
                                            return length;
                                        },
                                        64))
                .isInstanceOf(ArithmeticException.class);
        byte[][] parts = cut(Packets.counting(1000), 300);
        assertThat(flat(receiver.receive())).containsExactly(parts[0]);
        assertThat(port.counters().freed()).isEqualTo(1);

        assertThat(port.poll(ECHO, 64)).isEqualTo(2);
        assertThat(flat(receiver.receive())).containsExactly(parts[2], parts[3]);
        assertThat(port.counters().returned()).isEqualTo(3);
    }

    /** There is another datagram behind each, where it came. */
    @Test
    void whatIsMadeLongerDoesNotSpoilTheNext() throws IOException {
        byte[] bytes = Packets.counting(1000);
        sender.send(at(LOCAL, PORT), bytes, 100);
        List<byte[]> expected = new ArrayList<>();
        int[] calls = new int[1];

        port.poll(
                (buffer, offset, length, source) -> {
                    int i = calls[0]++;
                    byte[] own = Arrays.copyOfRange(bytes, i * 100, i * 100 + 100);
                    byte[] now = new byte[100];
                    buffer.getBytes(offset, now);
                    assertThat(now).as("datagram %s", i).isEqualTo(own);
                    int answer = new int[] {100, 1400, 0, 40, 101}[i % 5];
                    buffer.setZero(offset + 50, Math.max(answer - 50, 0));
                    if (answer > 0) {
                        byte[] reply = Arrays.copyOf(own, answer);
                        Arrays.fill(reply, Math.min(50, answer), answer, (byte) 0);
                        expected.add(reply);
                    }
                    return answer;
                },
                64);

        assertThat(calls[0]).isEqualTo(10);
        assertThat(flat(receiver.receive())).containsExactlyElementsOf(expected);
        assertThat(port.counters().freed()).isEqualTo(2);
        assertThat(port.counters().returned()).isEqualTo(8);
    }

    /** More than there is memory for: some leave before the batch is at its end. */
    @Test
    void sendsInBetweenWhereRepliesNeedMoreRoom() throws IOException {
        sender.send(at(LOCAL, PORT), Packets.counting(64 * 10), 10);
        List<byte[]> replies = new ArrayList<>();
        int[] calls = new int[1];
        int done =
                port.poll(
                        (buffer, offset, length, source) -> {
                            collect(replies);
                            buffer.setByte(offset + 60_000, calls[0]);
                            buffer.setByte(offset + port.maxDatagramLength() - 1, calls[0]++);
                            return port.maxDatagramLength();
                        },
                        64);
        collect(replies);
        assertThat(done).isEqualTo(64);
        assertThat(replies).hasSize(64);
        for (int i = 0; i < 64; i++) {
            byte[] reply = replies.get(i);
            assertThat(reply).hasSize(port.maxDatagramLength());
            assertThat(Arrays.copyOf(reply, 10)).isEqualTo(cut(Packets.counting(64 * 10), 10)[i]);
            assertThat(reply[60_000]).isEqualTo((byte) i);
            assertThat(reply[reply.length - 1]).isEqualTo((byte) i);
        }
    }

    @Test
    void takesAFullBatchOfTheLongestMessages() throws IOException {
        byte[] bytes = Packets.counting(65_000);
        for (int i = 0; i < 30; i++) {
            sender.send(at(LOCAL, PORT), bytes, 1300);
        }
        List<byte[]> replies = new ArrayList<>();
        int done = 0;
        while (done < 30 * 50) {
            int more = port.poll(UNCHANGED, 64);
            assertThat(more).isPositive();
            done += more;
            collect(replies);
        }
        assertThat(done).isEqualTo(30 * 50);
        byte[][] parts = cut(bytes, 1300);
        assertThat(replies).hasSize(done);
        for (int i = 0; i < done; i++) {
            assertThat(replies.get(i)).isEqualTo(parts[i % 50]);
        }
    }

    /** One message for a run of one length, of which the last may be shorter. */
    @Test
    void joinsRepliesOfOneLength() throws IOException {
        for (int length : new int[] {100, 100, 50, 100, 200, 200, 200, 30, 40}) {
            request(NODE, length);
        }
        port.poll(UNCHANGED, 64);
        assertThat(receiver.receive().stream().map(UdpPortJoinedTest::lengths))
                .containsExactly(
                        List.of(100, 100, 50),
                        List.of(100),
                        List.of(200, 200, 200, 30),
                        List.of(40));
        assertThat(port.counters().returned()).isEqualTo(9);
    }

    @Test
    void joinsNoMoreThanTheKernelCuts() throws IOException {
        for (int i = 0; i < 100; i++) {
            request(NODE, 20);
        }
        port.poll(UNCHANGED, 64); // what one system call takes
        port.poll(UNCHANGED, 64);
        assertThat(receiver.receive()).extracting(List::size).containsExactly(64, 36);

        sender.send(at(LOCAL, PORT), Packets.counting(64 * 20), 20);
        sender.send(at(LOCAL, PORT), Packets.counting(64 * 20), 20);
        port.poll(UNCHANGED, 128);
        assertThat(receiver.receive()).extracting(List::size).containsExactly(64, 64);
    }

    @Test
    void joinsNoMoreThanADatagramMayHave() throws IOException {
        for (int i = 0; i < 10; i++) {
            request(NODE, 8000);
        }
        port.poll(UNCHANGED, 64);
        assertThat(receiver.receive()).extracting(List::size).containsExactly(8, 2);
        assertThat(port.counters().returned()).isEqualTo(10);
    }

    @Test
    void joinsNothingOfDifferentPeers() throws IOException {
        for (int i = 0; i < 3; i++) {
            request(NODE, 100);
            request(OTHER_NODE, 100);
        }
        wire.receiveAt(OTHER_NODE);
        port.poll(UNCHANGED, 64);
        assertThat(receiver.receive()).extracting(List::size).containsExactly(1, 1, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(wire.receive(OTHER_NODE).bytes()).isEqualTo(Packets.counting(100));
        }
    }

    @Test
    void sendsMadeDatagramsAmongReplies() throws IOException {
        request(NODE, 100);
        request(NODE, 100);
        ReturnPath path = new ReturnPath();
        port.poll(
                (buffer, offset, length, source) -> {
                    port.returnPath(path);
                    try {
                        port.send(path, buffer, offset, 100);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return 60;
                },
                64);
        assertThat(receiver.receive().stream().map(UdpPortJoinedTest::lengths))
                .containsExactly(List.of(100, 60), List.of(100, 60));
        assertThat(port.counters().originated()).isEqualTo(2);
        assertThat(port.counters().returned()).isEqualTo(2);
    }

    @Test
    void makesMoreThanThereIsRoomFor() throws IOException {
        request(NODE, 100);
        ReturnPath path = new ReturnPath();
        List<byte[]> got = new ArrayList<>();
        port.poll(
                (buffer, offset, length, source) -> {
                    port.returnPath(path);
                    try {
                        for (int i = 0; i < 2000; i++) {
                            port.send(path, buffer, offset, 1 + i % 100);
                            if (i % 100 == 99) {
                                collect(got);
                            }
                        }
                        for (int i = 0; i < 12; i++) {
                            port.send(path, buffer, offset, 60_000);
                            collect(got);
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return PacketHandler.UNCHANGED;
                },
                64);
        collect(got);
        assertThat(got).hasSize(2013);
        for (int i = 0; i < 2000; i++) {
            assertThat(got.get(i)).isEqualTo(Packets.counting(1 + i % 100));
        }
        assertThat(got.subList(2000, 2012)).allSatisfy(made -> assertThat(made).hasSize(60_000));
        assertThat(got.get(2012)).isEqualTo(Packets.counting(100));
        assertThat(port.counters().originated()).isEqualTo(2012);
    }

    private void request(String node, int length) throws IOException {
        if (node.equals(NODE)) {
            sender.send(at(LOCAL, PORT), Packets.counting(length), 0);
        } else {
            wire.send(at(node, SOURCE_PORT), at(LOCAL, PORT), Packets.counting(length));
        }
    }

    private List<Integer> lengthsSeen(int budget) throws IOException {
        List<Integer> lengths = new ArrayList<>();
        int done =
                port.poll(
                        (buffer, offset, length, source) -> {
                            lengths.add(length);
                            return PacketHandler.DROP;
                        },
                        budget);
        assertThat(lengths).hasSize(done);
        return lengths;
    }

    private void collect(List<byte[]> into) {
        try {
            into.addAll(flat(receiver.receive()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<byte[]> flat(List<List<byte[]>> messages) {
        return messages.stream().flatMap(List::stream).toList();
    }

    private static List<Integer> lengths(List<byte[]> message) {
        return message.stream().map(bytes -> bytes.length).toList();
    }

    private static byte[][] cut(byte[] bytes, int length) {
        List<byte[]> parts = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += length) {
            parts.add(Arrays.copyOfRange(bytes, at, Math.min(at + length, bytes.length)));
        }
        return parts.toArray(new byte[0][]);
    }
}
