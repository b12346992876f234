package io.github.geneve4j.io;

import static io.github.geneve4j.io.Cable.NODE_MAC;
import static io.github.geneve4j.io.Cable.OWN_MAC;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
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
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Replies that leave an AF_XDP port by its packet socket, joined, and by its ring, in turn: single
 * frames on the cable, in their order. Which way they took is told by identifications: those of a
 * run count up from the first one's, and the requests' are all the same.
 */
@Timeout(120)
class AfXdpJoiningIT {
    private static final int PORT = 6081;
    private static final int ID = 0xfffe;
    private static final int FRAMES = 128; // more than two bursts of a test
    private static final String NODE = Cable.NODE_ADDRESS;
    private static final String OWN = Cable.OWN_ADDRESS;
    private static final String CUT = "tx off tx-udp-segmentation off";
    private static final PacketHandler RETURN =
            (buffer, offset, length, source) -> PacketHandler.UNCHANGED;

    private Cable cable;
    private FrameSocket node;
    private AfXdpPort port;
    private int sent;
    private int frames = FRAMES;
    private final List<byte[]> replies = new ArrayList<>();

    private void open(AfXdpMode mode, String features) throws Exception {
        open(features, AfXdpPort.builder(Cable.OWN).mode(mode));
    }

    private void open(String features, AfXdpPort.Builder builder) throws Exception {
        cable = new Cable();
        own("ethtool -K " + Cable.OWN + " " + features);
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
        port = cable.onOwn(() -> builder.frames(frames).open());
    }

    private void own(String command) throws Exception {
        cable.runOnOwn(command);
    }

    @AfterEach
    void close() throws Exception {
        Cable.close(port, node, cable);
    }

    /** Sends as many requests alike; whether their replies will be a run of so many. */
    private void send(int sourcePort, int number, int length, boolean joined) {
        for (int i = 0; i < number; i++) {
            byte[] body = counting(length);
            for (int at = 0; at < length && at < Integer.BYTES; at++) {
                body[at] = (byte) (sent >> (Byte.SIZE * at));
            }
            sent++;
            node.send(
                    packet(
                            ethernet(OWN_MAC, NODE_MAC),
                            ipv4(NODE, OWN).ttl(255).id(ID),
                            udp(sourcePort, PORT),
                            payload(body)));
            expect(sourcePort, joined ? ID + i : ID, body);
        }
    }

    private void expect(int sourcePort, int id, byte[] body) {
        replies.add(
                packet(
                        ethernet(NODE_MAC, OWN_MAC),
                        ipv4(OWN, NODE).id(id & 0xffff),
                        udp(sourcePort, PORT),
                        payload(body)));
    }

    /** Has the port answer all, and compares what comes back. */
    private void exchange(PacketHandler handler) throws IOException {
        long deadline = System.nanoTime() + 5_000_000_000L;
        long before = port.counters().received();
        int count = replies.size();
        while (port.counters().received() - before + port.counters().originated() < count) {
            port.poll(handler, FRAMES);
            assertThat(System.nanoTime() - deadline).as(this::told).isNegative();
        }
        List<byte[]> received = node.receive(count);
        assertThat(received).hasSize(count);
        for (int i = 0; i < count; i++) {
            assertThat(Hex.text(received.get(i)))
                    .as("reply %s", i)
                    .isEqualTo(Hex.text(replies.get(i)));
        }
        replies.clear();
    }

    @ParameterizedTest
    @EnumSource
    void returnsRunsByteForByte(AfXdpMode mode) throws Exception {
        open(mode, CUT);
        assertThat(port.joinsReplies()).as(port.toString()).isTrue();
        assertThat(port.toString()).endsWith("; replies joined where alike");
        for (int round = 0; round < 20; round++) { // many times all frames
            send(60_000, 5, 100, true);
            exchange(RETURN);
            send(60_001, 2, 1472, true);
            exchange(RETURN);
            send(60_002, 44, 1472, true);
            exchange(RETURN);
            send(60_003, 59, 1, true);
            exchange(RETURN);
        }
        assertThat(port.counters().returned()).isEqualTo(sent);
        assertThat(port.counters().failed() + port.counters().skipped()).isZero();
        assertThat(port.kernelDrops()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void leavesWhatIsNotAlikeToTheRing(AfXdpMode mode) throws Exception {
        open(mode, CUT);
        for (int round = 0; round < 50; round++) {
            send(60_000, 1, 100, false);
            exchange(RETURN);
            send(60_000, 4, 100, true);
            exchange(RETURN);
            send(60_000, 1, 100, false);
            send(60_001, 1, 100, false);
            send(60_000, 2, 100, false); // a run, but three of four are too many
            exchange(RETURN);
            send(60_000, 3, 100, true);
            send(60_001, 1, 100, false); // by the way of those before it
            exchange(RETURN);
        }
        assertThat(port.counters().returned()).isEqualTo(sent);
        assertThat(port.kernelDrops()).isZero();
    }

    /** Whatever way batches take, and wherever they end. */
    @ParameterizedTest
    @EnumSource
    void keepsTheOrder(AfXdpMode mode) throws Exception {
        open(mode, CUT);
        Random random = new Random(20_261_130);
        for (int round = 0; round < 300; round++) {
            int most = random.nextInt(2, 50);
            int ports = random.nextInt(1, 4);
            for (int i = 0; i < most; i++) {
                send(60_000 + random.nextInt(ports), 1, 200, false);
            }
            List<byte[]> bodies = replies.stream().map(AfXdpJoiningIT::withoutId).toList();
            long deadline = System.nanoTime() + 5_000_000_000L;
            while (port.counters().received() < sent) {
                port.poll(RETURN, random.nextInt(1, FRAMES));
                assertThat(System.nanoTime() - deadline).as(this::told).isNegative();
            }
            List<byte[]> received = node.receive(most);
            assertThat(received.stream().map(AfXdpJoiningIT::withoutId))
                    .containsExactlyElementsOf(bodies);
            replies.clear();
        }
        assertThat(port.counters().returned()).isEqualTo(sent);
    }

    private String told() {
        return "%d sent, %d dropped, %s".formatted(sent, port.kernelDrops(), port.counters());
    }

    /** But for what the kernel counts up, and the checksum that goes with it. */
    private static byte[] withoutId(byte[] frame) {
        byte[] without = frame.clone();
        without[18] = without[19] = without[24] = without[25] = 0;
        return without;
    }

    @ParameterizedTest
    @EnumSource
    void sendsItsOwnAmongReplies(AfXdpMode mode) throws Exception {
        open(mode, CUT);
        byte[] own = counting(33);
        ReturnPath path = new ReturnPath();
        for (int round = 1; round <= 3 * FRAMES; round++) { // more than there are frames for it
            send(60_000, 5, 200, true);
            replies.add(
                    4,
                    packet(
                            ethernet(NODE_MAC, OWN_MAC),
                            ipv4(OWN, NODE).dontFragment(),
                            udp(60_000, PORT),
                            payload(own)));
            int[] seen = {0};
            long before = port.counters().received();
            long deadline = System.nanoTime() + 5_000_000_000L;
            while (port.counters().received() - before < 5) {
                assertThat(System.nanoTime() - deadline).as(this::told).isNegative();
                port.poll(
                        (buffer, offset, length, source) -> {
                            if (seen[0]++ == 4) {
                                port.returnPath(path);
                                send(path, own);
                            }
                            return PacketHandler.UNCHANGED;
                        },
                        FRAMES);
            }
            List<byte[]> received = node.receive(6);
            assertThat(received.stream().map(AfXdpJoiningIT::withoutId))
                    .containsExactlyElementsOf(
                            replies.stream().map(AfXdpJoiningIT::withoutId).toList());
            replies.clear();
            assertThat(port.counters().originated()).isEqualTo(round);
        }
        assertThat(port.counters().returned()).isEqualTo(sent);
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
        "DRIVER, tx on tx-udp-segmentation on, own0 passes joined packets on",
        "GENERIC, tx on tx-udp-segmentation off, own0 passes checksums on that are open",
    })
    void sendsSinglyWhereTheInterfacePassesOnWhatIsNotDone(
            AfXdpMode mode, String features, String whyNot) throws Exception {
        open(mode, features);
        assertThat(port.joinsReplies()).as(port.toString()).isFalse();
        assertThat(port.toString()).endsWith("; replies sent singly (" + whyNot + ")");
        send(60_000, 10, 200, false);
        exchange(RETURN);
    }

    @ParameterizedTest
    @EnumSource
    void stopsWhenTheInterfaceChanges(AfXdpMode mode) throws Exception {
        open(mode, CUT);
        send(60_000, 10, 200, true);
        exchange(RETURN);
        own("ethtool -K " + Cable.OWN + " tx on");
        send(60_000, 10, 200, false);
        exchange(RETURN);
        assertThat(port.joinsReplies()).isFalse();
        own("ethtool -K " + Cable.OWN + " " + CUT);
        send(60_000, 10, 200, false);
        exchange(RETURN);
        assertThat(port.counters().returned()).isEqualTo(30);
    }

    @ParameterizedTest
    @CsvSource({"joinReplies, not asked for", "verifyChecksums, checksums not verified"})
    void sendsSinglyByOption(String option, String whyNot) throws Exception {
        AfXdpPort.Builder builder = AfXdpPort.builder(Cable.OWN);
        if (option.equals("joinReplies")) {
            builder.joinReplies(false);
        } else {
            builder.verifyChecksums(false);
        }
        open(CUT, builder);
        assertThat(port.joinsReplies()).isFalse();
        assertThat(port.toString()).endsWith("; replies sent singly (" + whyNot + ")");
        send(60_000, 10, 200, false);
        exchange(RETURN);
    }

    @ParameterizedTest
    @EnumSource
    void countsEachReplyThatALostLinkTakes(AfXdpMode mode) throws Exception {
        open(mode, CUT);
        for (int round = 1; round <= FRAMES; round++) { // and gets each frame back
            send(60_000, 5, 200, true);
            exchange(RETURN);
            if (round % 16 != 0) {
                continue;
            }
            send(60_000, 5, 200, true);
            replies.clear();
            sent -= 5;
            own("ip link set " + Cable.OWN + " down");
            port.poll(RETURN, FRAMES);
            own("ip link set " + Cable.OWN + " up");
            own("ip neigh replace " + NODE + " lladdr " + NODE_MAC + " dev " + Cable.OWN);
            port.await(0);
        }
        assertThat(port.counters().failed(SendFailure.LINK_DOWN)).isEqualTo(5 * FRAMES / 16);
        assertThat(port.counters().returned()).isEqualTo(sent);
    }

    /** What the socket holds is not overtaken: not by what is unlike, nor by a tagged frame. */
    @ParameterizedTest
    @EnumSource
    void followsWhatIsHeld(AfXdpMode mode) throws Exception {
        open(mode, CUT);
        own("tc qdisc add dev " + Cable.OWN + " root tbf rate 2mbit burst 70000 limit 1000000");
        for (int round = 0; round < 3; round++) {
            send(60_000, 44, 1400, true);
            pollAll();
            send(60_000, 44, 1400, true); // more than the burst: held
            pollAll();
            send(60_001, 1, 100, false);
            pollAll();
            byte[] body = counting(1472);
            node.send(
                    packet(
                            ethernet(OWN_MAC, NODE_MAC),
                            vlan(5),
                            ipv4(NODE, OWN).ttl(255).id(ID),
                            udp(60_002, PORT),
                            payload(body)));
            replies.add(
                    packet(
                            ethernet(NODE_MAC, OWN_MAC),
                            vlan(5),
                            ipv4(OWN, NODE).id(ID),
                            udp(60_002, PORT),
                            payload(body)));
            sent++;
            pollAll();
            List<byte[]> received = node.receive(replies.size());
            assertThat(received.stream().map(Hex::text))
                    .containsExactlyElementsOf(replies.stream().map(Hex::text).toList());
            replies.clear();
        }
        assertThat(port.counters().returned()).isEqualTo(sent);
    }

    private void pollAll() throws IOException {
        long deadline = System.nanoTime() + 5_000_000_000L;
        while (port.counters().received() < sent) {
            port.poll(RETURN, 4096);
            assertThat(System.nanoTime() - deadline).as(this::told).isNegative();
        }
    }

    /** More messages than the kernel takes by one call. */
    @ParameterizedTest
    @EnumSource
    void joinsAndKeepsTheOrderOfLargeBatches(AfXdpMode mode) throws Exception {
        frames = 4096;
        open(mode, CUT);
        own("ip link set " + Cable.OWN + " txqueuelen 10000");
        for (int i = 0; i < 1200; i++) {
            send(60_000 + i / 2 % 2, 1, 20, false);
        }
        pollAll();
        List<byte[]> received = node.receive(replies.size());
        assertThat(received.stream().map(AfXdpJoiningIT::withoutId).map(Hex::text))
                .containsExactlyElementsOf(
                        replies.stream().map(AfXdpJoiningIT::withoutId).map(Hex::text).toList());
        assertThat(received.stream().map(Hex::text).toList())
                .as("joined: identifications differ")
                .isNotEqualTo(replies.stream().map(Hex::text).toList());
        assertThat(port.counters().returned()).isEqualTo(1200);
    }

    @ParameterizedTest
    @EnumSource
    void joinsAgainOnceThereIsACarrier(AfXdpMode mode) throws Exception {
        open(mode, CUT);
        cable.runOnNode("ip link set " + Cable.NODE + " down");
        long deadline = System.nanoTime() + 5_000_000_000L;
        while (port.isLinkUp()) { // the kernel's flags follow the carrier a little later
            port.await(0);
            assertThat(System.nanoTime() - deadline).as(this::told).isNegative();
        }
        cable.runOnNode("ip link set " + Cable.NODE + " up");
        cable.runOnNode("ip neigh replace " + OWN + " lladdr " + OWN_MAC + " dev " + Cable.NODE);
        node.close(); // which remembers it
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
        Thread.sleep(200); // as long as the driver is not asked again
        send(60_000, 5, 200, true);
        exchange(RETURN); // with no poll in vain, and no await
    }

    @ParameterizedTest
    @EnumSource
    void allocatesNothing(AfXdpMode mode) throws Exception {
        open(mode, CUT);
        send(60_000, 4, 99, true);
        exchange(RETURN);
        MemorySegment frame =
                Arena.ofAuto()
                        .allocateFrom(
                                JAVA_BYTE,
                                packet(
                                        ethernet(OWN_MAC, NODE_MAC),
                                        ipv4(NODE, OWN).id(ID),
                                        udp(60_000, PORT),
                                        payload(counting(99))));
        int[] turn = {0};
        long allocated =
                Allocations.of(
                        100_000,
                        () -> {
                            int together = turn[0]++ % 2 == 0 ? 4 : 1; // both ways in turn
                            for (int i = 0; i < together; i++) {
                                node.sendAgain(frame);
                                node.discard();
                            }
                            try {
                                return port.poll(RETURN, FRAMES);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(port.counters().returned()).isGreaterThan(200_000);
        assertThat(port.counters().failed()).isZero();
        assertThat(port.joinsReplies()).isTrue();
    }
}
