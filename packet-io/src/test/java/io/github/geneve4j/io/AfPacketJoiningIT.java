package io.github.geneve4j.io;

import static io.github.geneve4j.io.Cable.NODE_MAC;
import static io.github.geneve4j.io.Cable.OWN_MAC;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Replies that the kernel is handed as one, on a cable: they are to be single frames there, all of
 * them complete. What was joined is told by identifications, which the kernel counts up from the
 * first one's; the requests' are all the same.
 */
@Timeout(120)
class AfPacketJoiningIT {
    private static final int PORT = 6081;
    private static final int MTU = 1500;
    private static final int ID = 0xfffe;
    private static final String NODE = Cable.NODE_ADDRESS;
    private static final String OWN = Cable.OWN_ADDRESS;
    private static final String CUT = "tx off tx-udp-segmentation off";
    private static final PacketHandler RETURN =
            (buffer, offset, length, source) -> PacketHandler.UNCHANGED;

    /** What a handler may do with the datagrams that it lets pass. */
    enum Answer {
        UNCHANGED,
        CHANGED;

        PacketHandler handler() {
            return (buffer, offset, length, source) -> {
                if (this == UNCHANGED) {
                    return PacketHandler.UNCHANGED;
                }
                buffer.setByte(offset, buffer.getByte(offset) ^ 0xff);
                return length;
            };
        }

        byte[] of(byte[] body) {
            byte[] changed = body.clone();
            if (this == CHANGED) {
                changed[0] ^= (byte) 0xff;
            }
            return changed;
        }
    }

    private Cable cable;
    private FrameSocket node;
    private AfPacketPort port;

    private void open(String features) throws Exception {
        open(features, AfPacketPort.builder(Cable.OWN));
    }

    private void open(String features, AfPacketPort.Builder builder) throws Exception {
        cable = new Cable();
        own("ethtool -K " + Cable.OWN + " " + features);
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
        port = cable.onOwn(builder::open);
    }

    private void own(String command) throws Exception {
        cable.runOnOwn(command);
    }

    @AfterEach
    void close() throws Exception {
        Cable.close(port, node, cable);
    }

    private static byte[] request(int sourcePort, byte[] body) {
        return packet(
                ethernet(OWN_MAC, NODE_MAC),
                ipv4(NODE, OWN).ttl(255).id(ID),
                udp(sourcePort, PORT),
                payload(body));
    }

    private static byte[] reply(int sourcePort, int id, byte[] body) {
        return packet(
                ethernet(NODE_MAC, OWN_MAC),
                ipv4(OWN, NODE).id(id & 0xffff),
                udp(sourcePort, PORT),
                payload(body));
    }

    /** A body of its own for each, so that none can be taken for another. */
    private static byte[] body(int number, int length) {
        byte[] body = counting(length);
        for (int i = 0; i < length && i < Integer.BYTES; i++) {
            body[i] = (byte) (number >> (Byte.SIZE * i));
        }
        return body;
    }

    private void poll(PacketHandler handler, int datagrams) throws IOException {
        long deadline = System.nanoTime() + 5_000_000_000L;
        for (int done = 0; done < datagrams; done += port.poll(handler, 1000)) {
            assertThat(System.nanoTime() - deadline).as("waiting for datagrams").isNegative();
        }
    }

    private void poll(int datagrams) throws IOException {
        poll(RETURN, datagrams);
    }

    private void compare(List<byte[]> replies) {
        List<byte[]> received = node.receive(replies.size());
        assertThat(received).hasSize(replies.size());
        for (int i = 0; i < replies.size(); i++) {
            assertThat(Hex.text(received.get(i)))
                    .as("reply %s", i)
                    .isEqualTo(Hex.text(replies.get(i)));
        }
    }

    /** Sends as many alike, and compares what comes back, joined or not. */
    private void exchange(int number, int length, boolean joined) throws IOException {
        List<byte[]> replies = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            byte[] body = body(i, length);
            node.send(request(60_000, body));
            replies.add(reply(60_000, joined ? ID + i : ID, body));
        }
        poll(number);
        compare(replies);
    }

    @ParameterizedTest
    @EnumSource
    void returnsRunsByteForByte(Answer answer) throws Exception {
        open(CUT);
        assertThat(port.joinsReplies()).as(port.toString()).isTrue();
        assertThat(port.toString()).contains("; replies joined where alike; ");
        int[][] runs = { // UDP source port, how many, bytes, bytes of a last one
            {60_000, 5, 100, 0},
            {60_001, 5, 100, 99},
            {60_001, 2, 1472, 1},
            {60_002, 1, 100, 0},
            {60_003, 3, 1, 0},
            {60_004, 44, 1472, 739}, // 65,507 bytes of payload: all that fit
            {60_005, 63, 40, 39},
            {60_006, 1, 1472, 1471},
        };
        List<byte[]> replies = new ArrayList<>();
        int sent = 0;
        for (int round = 0; round < 3; round++) {
            for (int[] run : runs) {
                int number = run[1] + (run[3] > 0 ? 1 : 0);
                for (int i = 0; i < number; i++) {
                    byte[] body = body(sent++, i < run[1] ? run[2] : run[3]);
                    node.send(request(run[0], body));
                    replies.add(reply(run[0], ID + i, answer.of(body)));
                }
                poll(answer.handler(), number);
                compare(replies);
                replies.clear();
            }
        }
        assertThat(port.counters().returned()).isEqualTo(sent);
        assertThat(port.counters().failed() + port.counters().skipped()).isZero();
        assertThat(port.joinsReplies()).isTrue();
    }

    /**
     * In one batch: runs of two flows, each ended by the other, and no run where they alternate.
     */
    @Test
    void keepsTheOrderOfFlows() throws Exception {
        open(CUT);
        List<byte[]> replies = new ArrayList<>();
        int[] ports = {1, 2, 1, 2, 2, 1, 1, 1, 2};
        int[] ids = {0, 0, 0, 0, 1, 0, 1, 2, 0};
        for (int i = 0; i < ports.length; i++) {
            byte[] body = body(i, 200);
            node.send(request(60_000 + ports[i], body));
            replies.add(reply(60_000 + ports[i], ID + ids[i], body));
        }
        poll(ports.length);
        compare(replies);
    }

    @Test
    void answersWithoutChecksumWhatCameWithoutOne() throws Exception {
        open(CUT);
        List<byte[]> replies = new ArrayList<>();
        int[] ids = {0, 1, 0, 0, 0, 1};
        for (int i = 0; i < ids.length; i++) {
            byte[] body = body(i, 200);
            boolean without = i == 2 || i == 3;
            byte[] request = request(60_000, body);
            byte[] reply = reply(60_000, ID + ids[i], body);
            if (without) {
                request[40] = request[41] = 0;
                reply[40] = reply[41] = 0;
            }
            node.send(request);
            replies.add(reply);
        }
        poll(ids.length);
        compare(replies);
    }

    @Test
    void sendsTagsSingly() throws Exception {
        open(CUT);
        own("ethtool -K " + Cable.OWN + " txvlan off rxvlan off");
        List<byte[]> replies = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            byte[] body = body(i, 200);
            byte[] request = packet(ipv4(NODE, OWN).id(ID), udp(60_000, PORT), payload(body));
            byte[] reply = packet(ipv4(OWN, NODE).id(ID), udp(60_000, PORT), payload(body));
            node.send(packet(ethernet(OWN_MAC, NODE_MAC), vlan(7), ip(request)));
            replies.add(packet(ethernet(NODE_MAC, OWN_MAC), vlan(7), ip(reply)));
        }
        poll(4);
        compare(replies);
    }

    @Test
    void sendsItsOwnBetweenRuns() throws Exception {
        open(CUT);
        ReturnPath path = new ReturnPath();
        List<byte[]> replies = new ArrayList<>();
        int[] ids = {0, 1, 2, 0, 1};
        for (int i = 0; i < 5; i++) {
            byte[] body = body(i, 200);
            node.send(request(60_000, body));
            replies.add(reply(60_000, ID + ids[i], body));
        }
        byte[] own = counting(200);
        byte[] made =
                packet(
                        ethernet(NODE_MAC, OWN_MAC),
                        ipv4(OWN, NODE).dontFragment(),
                        udp(60_000, PORT),
                        payload(own));
        replies.add(3, made);
        int[] seen = {0};
        poll(
                (buffer, offset, length, source) -> {
                    if (seen[0]++ == 3) {
                        port.returnPath(path);
                        send(path, own);
                    }
                    return PacketHandler.UNCHANGED;
                },
                5);
        compare(replies);
        assertThat(port.counters().originated()).isEqualTo(1);
    }

    private void send(ReturnPath path, byte[] own) {
        try {
            port.send(path, Unpooled.wrappedBuffer(own), 0, own.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tx on tx-udp-segmentation on, own0 passes joined packets on",
        "tx on tx-udp-segmentation off, own0 passes checksums on that are open",
    })
    void sendsSinglyWhereTheInterfacePassesOnWhatIsNotDone(String features, String whyNot)
            throws Exception {
        open(features);
        assertThat(port.joinsReplies()).as(port.toString()).isFalse();
        assertThat(port.toString()).contains("; replies sent singly (" + whyNot + "); ");
        exchange(10, 200, false);
    }

    /** As soon as the command has returned no joined frame is on the cable, and never again. */
    @ParameterizedTest
    @CsvSource({
        "tx on, own0 passes checksums on that are open",
        "tx on tx-udp-segmentation on, own0 passes joined packets on",
    })
    void stopsWhenTheInterfaceChanges(String features, String whyNot) throws Exception {
        open(CUT);
        exchange(10, 200, true);
        own("ethtool -K " + Cable.OWN + " " + features);
        exchange(10, 200, false);
        assertThat(port.joinsReplies()).isFalse();
        assertThat(port.toString()).contains("; replies sent singly (" + whyNot + "); ");
        own("ethtool -K " + Cable.OWN + " " + CUT);
        exchange(10, 200, false);
    }

    @Test
    void goesOnWhenSomethingElseChanges() throws Exception {
        open(CUT);
        own("ip link add another0 type veth peer name another1");
        own("ip link set another0 up");
        exchange(10, 200, true);
        own("ip link set " + Cable.OWN + " promisc on");
        own("ip link set " + Cable.OWN + " txqueuelen 77");
        exchange(10, 200, true);
        own("ip link delete another0");
        own("ip link set " + Cable.OWN + " down");
        own("ip link set " + Cable.OWN + " name other0");
        own("ip link set other0 up");
        own("ip neigh replace " + NODE + " lladdr " + NODE_MAC + " dev other0");
        exchange(10, 200, true);
        own("ethtool -K other0 tx on");
        exchange(10, 200, false);
        assertThat(port.toString()).contains("(other0 passes checksums on that are open)");
    }

    /** The kernel looks at the length of single frames only. */
    @Test
    void joinsNothingLongerThanTheMtu() throws Exception {
        open(CUT);
        exchange(5, MTU - 28, true);
        own("ip link set " + Cable.OWN + " mtu 1000");
        exchange(5, 1000 - 28, true);
        for (int i = 0; i < 5; i++) {
            node.send(request(60_000, body(i, 1001 - 28)));
        }
        poll(5);
        assertThat(node.receive(0)).isEmpty();
        assertThat(port.counters().failed(SendFailure.REFUSED)).isEqualTo(5);
        own("ip link set " + Cable.OWN + " mtu " + MTU);
        exchange(5, MTU - 28, false); // it hears of it where it joins
        exchange(5, 200, true);
        exchange(5, MTU - 28, true);
        assertThat(port.joinsReplies()).isTrue();
    }

    @Test
    void countsEachReplyThatALostLinkTakes() throws Exception {
        open(CUT);
        exchange(5, 200, true);
        for (int i = 0; i < 5; i++) {
            node.send(request(60_000, body(i, 200)));
        }
        own("ip link set " + Cable.OWN + " down");
        poll(5);
        assertThat(port.counters().failed(SendFailure.LINK_DOWN)).isEqualTo(5);
        assertThat(port.counters().returned()).isEqualTo(5);
        own("ip link set " + Cable.OWN + " up");
        own("ip neigh replace " + NODE + " lladdr " + NODE_MAC + " dev " + Cable.OWN);
        exchange(5, 200, true);
    }

    @ParameterizedTest
    @CsvSource({
        "joinReplies, not asked for",
        "understandOffloads, offloads not understood",
        "verifyChecksums, checksums not verified",
        "bypassQueue, without a queue",
    })
    void sendsSinglyByOption(String option, String whyNot) throws Exception {
        AfPacketPort.Builder builder = AfPacketPort.builder(Cable.OWN);
        switch (option) {
            case "joinReplies" -> builder.joinReplies(false);
            case "understandOffloads" -> builder.understandOffloads(false);
            case "verifyChecksums" -> builder.verifyChecksums(false);
            default -> builder.bypassQueue(true);
        }
        open(CUT, builder);
        assertThat(port.joinsReplies()).isFalse();
        assertThat(port.toString()).contains("; replies sent singly (" + whyNot + "); ");
        exchange(10, 200, false);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "64, 64", "100, 64", "1024, 64"})
    void joinsAsManyAsABatchHas(int batch, int together) throws Exception {
        open(CUT, AfPacketPort.builder(Cable.OWN).batch(batch));
        List<byte[]> replies = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            byte[] body = body(i, 60);
            node.send(request(60_000, body));
            int inBatch = i % batch;
            replies.add(reply(60_000, ID + inBatch % together, body));
        }
        poll(200);
        compare(replies);
    }

    @Test
    void allocatesNothing() throws Exception {
        open(CUT);
        MemorySegment frame = Arena.ofAuto().allocateFrom(JAVA_BYTE, request(60_000, body(1, 99)));
        long allocated =
                Allocations.of(
                        200_000,
                        () -> {
                            for (int i = 0; i < 4; i++) {
                                node.sendAgain(frame);
                                node.discard();
                            }
                            try {
                                return port.poll(RETURN, 64);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(port.counters().returned()).isGreaterThan(800_000);
        assertThat(port.counters().failed()).isZero();
        assertThat(port.joinsReplies()).isTrue();
    }
}
