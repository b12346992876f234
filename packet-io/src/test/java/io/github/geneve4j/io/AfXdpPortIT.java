package io.github.geneve4j.io;

import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The port on a cable, with the kernel's own programs, sockets and rings. */
@Timeout(120)
class AfXdpPortIT {
    private static final int PORT = NioPort.GENEVE_PORT;
    private static final String NODE_MAC = Cable.NODE_MAC.replace(':', ' ');
    private static final String OWN_MAC = Cable.OWN_MAC.replace(':', ' ');
    private static final int MAX_LENGTH = 1472;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @ParameterizedTest
    @EnumSource
    void answersEveryByteRight(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = open(cable, mode);
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            assertThat(port.mode()).isEqualTo(mode);
            assertThat(port.driverRefusal()).isNull();
            assertThat(port.isZeroCopy()).isFalse();
            assertThat(port.queues()).containsExactly(0);
            assertThat(port.addresses()).containsExactly(Inet4Address.ofLiteral(Cable.OWN_ADDRESS));
            assertThat(port.maxDatagramLength()).isEqualTo(MAX_LENGTH);
            for (int round = 0; round < 3; round++) {
                for (int length = 0; length <= MAX_LENGTH; length += 23) {
                    node.send(request(60_000 + length, counting(length)));
                }
                pollUntil(port, PacketHandlers.unchanged(), 65);
                for (int length = 0; length <= MAX_LENGTH; length += 23) {
                    assertThat(next(node)).isEqualTo(reply(60_000 + length, counting(length)));
                }
            }
            assertThat(port.counters().returned()).isEqualTo(3 * 65);
            assertThat(port.kernelDrops()).isZero();
            assertThat(cable.unreachablesSent()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void answersWhatTheNodesKernelSends(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = cable.onOwn(() -> atWirePorts(mode).open());
                Wire wire = new Wire()) {
            // Checksums are left to the network card that there is none of
            assertThat(exchange(cable, wire, port, PacketHandlers.unchanged())).hasSize(1000);
            assertThat(exchange(cable, wire, port, PacketHandlers.returning(700))).hasSize(700);
            cable.runOnNode("ethtool -K " + Cable.NODE + " tx off");
            assertThat(exchange(cable, wire, port, PacketHandlers.unchanged())).hasSize(1000);
            assertThat(exchange(cable, wire, port, PacketHandlers.returning(1400))).hasSize(1400);
            assertThat(port.counters().skipped()).isZero();
            assertThat(cable.unreachablesSent()).isZero();
        }
    }

    private static byte[] exchange(Cable cable, Wire wire, AfXdpPort port, PacketHandler handler)
            throws Exception {
        InetSocketAddress from = Wire.at(Cable.NODE_ADDRESS, 60_000);
        cable.onNode(
                () -> {
                    wire.receiveAt(Cable.NODE_ADDRESS);
                    wire.send(from, Wire.at(Cable.OWN_ADDRESS, Wire.PORT), counting(1000));
                    return null;
                });
        pollUntil(port, handler, 1);
        Wire.Received reply = null;
        for (long end = deadline(); reply == null && System.nanoTime() - end < 0; ) {
            reply = wire.receive(Cable.NODE_ADDRESS);
        }
        assertThat(reply).isNotNull();
        assertThat(reply.from()).isEqualTo(Wire.at(Cable.OWN_ADDRESS, 60_000));
        assertThat(reply.bytes()).startsWith(counting(Math.min(reply.bytes().length, 1000)));
        return reply.bytes();
    }

    @ParameterizedTest
    @EnumSource
    void answersWithTheRequestsTags(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = open(cable, mode);
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            node.send(tagged(request(60_000, counting(100)), "81 00 20 64"));
            node.send(tagged(request(60_001, counting(200)), "88 a8 00 65 81 00 00 66"));
            node.send(
                    tagged(request(60_002, counting(300)), "88 a8 00 65 81 00 00 66 81 00 00 67"));
            pollUntil(port, PacketHandlers.unchanged(), 2);
            assertThat(next(node)).isEqualTo(tagged(reply(60_000, counting(100)), "81 00 20 64"));
            assertThat(next(node))
                    .isEqualTo(tagged(reply(60_001, counting(200)), "88 a8 00 65 81 00 00 66"));
            assertThat(port.poll(PacketHandlers.failing(), 64)).isZero();
        }
    }

    private static byte[] tagged(byte[] frame, String tags) {
        byte[] macs = Arrays.copyOf(frame, 12);
        byte[] rest = Arrays.copyOfRange(frame, 12, frame.length);
        return concat(concat(macs, Hex.bytes(tags)), rest);
    }

    @Test
    void countsWhatItCannotHandOver() throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = open(cable, AfXdpMode.GENERIC);
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            byte[] good = request(60_000, counting(100));
            node.send(changed(good, 50, 1)); // UDP checksum
            node.send(changed(good, 24, 1)); // IP checksum
            node.send(
                    packet(
                            ethernet(OWN_MAC, NODE_MAC),
                            ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS).fragment(0, true),
                            udp(60_000, PORT),
                            payload(counting(100))));
            node.send(
                    packet(
                            ethernet(OWN_MAC, NODE_MAC),
                            ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS),
                            udp(60_000, PORT).length(200),
                            payload(counting(100))));
            node.send(good);
            pollUntil(port, PacketHandlers.unchanged(), 1);
            PortCounters counters = port.counters();
            assertThat(counters.skipped(ReceiveSkip.BAD_UDP_CHECKSUM)).isEqualTo(1);
            assertThat(counters.skipped(ReceiveSkip.BAD_IP_CHECKSUM)).isEqualTo(1);
            assertThat(counters.skipped(ReceiveSkip.FRAGMENT)).isEqualTo(1);
            assertThat(counters.skipped(ReceiveSkip.BAD_UDP_LENGTH)).isEqualTo(1);
            assertThat(counters.received()).isEqualTo(1);
            assertThat(next(node)).isEqualTo(reply(60_000, counting(100)));
            assertThat(cable.unreachablesSent()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void leavesOtherTrafficToTheKernel(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = open(cable, mode);
                ServerSocket server = cable.onOwn(() -> new ServerSocket(PORT));
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            node.send(
                    packet(
                            ethernet(OWN_MAC, NODE_MAC),
                            ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS),
                            echoRequest(1, 2),
                            payload(counting(100))));
            assertThat(Arrays.copyOfRange(next(node), 34, 142))
                    .isEqualTo(packet(echoReply(1, 2), payload(counting(100))));
            try (Socket client = cable.onNode(() -> new Socket(Cable.OWN_ADDRESS, PORT));
                    Socket accepted = server.accept()) {
                client.getOutputStream().write(counting(100_000));
                client.shutdownOutput();
                assertThat(accepted.getInputStream().readAllBytes()).isEqualTo(counting(100_000));
            }
            // Another address, another port: the kernel knows neither, and says so for the port
            // only
            node.send(
                    packet(
                            ethernet(OWN_MAC, NODE_MAC),
                            ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS),
                            udp(60_000, PORT + 1),
                            payload(counting(10))));
            assertThat(cable.unreachablesSent()).isEqualTo(1);
            assertThat(port.poll(PacketHandlers.failing(), 64)).isZero();
            assertThat(port.counters().skipped()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void bringsBothDirectionsOfAFlowToOnePort(AfXdpMode mode) throws Exception {
        int flows = 64;
        try (Cable cable = new Cable(2);
                Wire wire = new Wire()) {
            List<AfXdpPort> ports = cable.onOwn(() -> atWirePorts(mode).open(2));
            try {
                assertThat(ports.get(0).queues()).containsExactly(0);
                assertThat(ports.get(1).queues()).containsExactly(1);
                cable.onNode(
                        () -> {
                            wire.receiveAt(Cable.NODE_ADDRESS);
                            for (int round = 0; round < 2; round++) { // there and back
                                for (int i = 0; i < flows; i++) {
                                    wire.send(
                                            Wire.at(Cable.NODE_ADDRESS, 50_000 + i),
                                            Wire.at(Cable.OWN_ADDRESS, Wire.PORT),
                                            new byte[] {(byte) i, (byte) round});
                                }
                            }
                            return null;
                        });
                Map<Integer, Integer> portOf = new HashMap<>();
                int[] handed = new int[ports.size()];
                for (long end = deadline(); handed[0] + handed[1] < 2 * flows; ) {
                    assertThat(System.nanoTime() - end)
                            .as("%d, %d", handed[0], handed[1])
                            .isNegative();
                    for (int i = 0; i < ports.size(); i++) {
                        int id = i;
                        PacketHandler handler =
                                (buffer, offset, length, sourceAddress) -> {
                                    int flow = buffer.getByte(offset);
                                    assertThat(portOf.merge(flow, id, (a, b) -> a)).isEqualTo(id);
                                    return PacketHandler.UNCHANGED;
                                };
                        handed[i] += ports.get(i).poll(handler, 64);
                    }
                }
                assertThat(handed[0]).isPositive();
                if (mode == AfXdpMode.DRIVER) { // veth does not tell the stack of queues
                    assertThat(handed[1]).isPositive();
                }
                for (int i = 0; i < 2 * flows; i++) {
                    assertThat(wire.receive(Cable.NODE_ADDRESS)).isNotNull();
                }
                assertThat(cable.unreachablesSent()).isZero();
            } finally {
                for (AfXdpPort port : ports) {
                    port.close();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void servesAllQueuesByOnePort(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable(2);
                AfXdpPort port = cable.onOwn(() -> builder(mode).open());
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            assertThat(port.queues()).containsExactly(0, 1);
            for (int i = 0; i < 100; i++) {
                node.send(request(60_000 + i, counting(i)));
            }
            pollUntil(port, PacketHandlers.unchanged(), 100);
            Map<Integer, byte[]> replies = new HashMap<>();
            for (int i = 0; i < 100; i++) {
                byte[] frame = next(node);
                replies.put((frame[34] & 0xff) << 8 | frame[35] & 0xff, frame);
            }
            for (int i = 0; i < 100; i++) {
                assertThat(replies.get(60_000 + i)).isEqualTo(reply(60_000 + i, counting(i)));
            }
        }
    }

    @Test
    void refusesMorePortsThanQueues() throws Exception {
        try (Cable cable = new Cable(2)) {
            assertThatThrownBy(() -> cable.onOwn(() -> builder(AfXdpMode.GENERIC).open(3)))
                    .isInstanceOf(IOException.class)
                    .hasMessage(
                            "3 ports, but own0 receives by 2 queues: open fewer, or have more with"
                                    + " ethtool -L");
        }
    }

    @Test
    void refusesQueuesThatCannotAnswer() throws Exception {
        try (Cable cable = new Cable(1, 2)) {
            assertThatThrownBy(() -> cable.onOwn(() -> builder(AfXdpMode.GENERIC).open()))
                    .isInstanceOf(IOException.class)
                    .hasMessage(
                            "own0 receives by 2 queues, but sends by 1, and AF_XDP answers by the"
                                    + " queue that asked: have as many of both with ethtool -L");
        }
    }

    @Test
    void refusesJumboFramesWithAHint() throws Exception {
        try (Cable cable = new Cable()) {
            cable.runOnOwn("ip link set " + Cable.OWN + " mtu 9001");
            assertThatThrownBy(() -> cable.onOwn(() -> builder(AfXdpMode.GENERIC).open()))
                    .isInstanceOf(IOException.class)
                    .hasMessage("MTU 9001 is above what one AF_XDP frame holds; use af_packet");
        }
    }

    @Test
    void refusesInterfacesThatAreNone() throws Exception {
        try (Cable cable = new Cable()) {
            assertThatThrownBy(() -> cable.onOwn(() -> AfXdpPort.builder("lo").open()))
                    .isInstanceOf(IOException.class)
                    .hasMessage("lo is no Ethernet interface");
            assertThatThrownBy(() -> cable.onOwn(() -> AfXdpPort.builder("none").open()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("there is no such network interface");
            cable.runOnOwn("ip addr flush dev " + Cable.OWN);
            assertThatThrownBy(() -> cable.onOwn(() -> AfXdpPort.builder(Cable.OWN).open()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("has no IPv4 address");
        }
    }

    /** An MTU that takes long frames, and that veth's driver runs no programs with. */
    @Test
    void hasTheStackRunTheProgramWhereTheDriverDoesNot() throws Exception {
        try (Cable cable = new Cable()) {
            cable.runOnNode("ip link set " + Cable.NODE + " mtu 3800");
            cable.runOnOwn("ip link set " + Cable.OWN + " mtu 3800");
            try (AfXdpPort port = cable.onOwn(() -> AfXdpPort.builder(Cable.OWN).open());
                    FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
                assertThat(port.mode()).isEqualTo(AfXdpMode.GENERIC);
                assertThat(port.driverRefusal())
                        .hasMessageContaining("bpf(BPF_LINK_CREATE, XDP, DRIVER)");
                node.send(request(60_000, counting(3772)));
                pollUntil(port, PacketHandlers.unchanged(), 1);
                assertThat(next(node)).isEqualTo(reply(60_000, counting(3772)));
            }
            assertThatThrownBy(() -> open(cable, AfXdpMode.DRIVER)).isInstanceOf(IOException.class);

            OpenPorts best = cable.onOwn(() -> PortOpener.on(Cable.OWN).openBest());
            try {
                assertThat(best.kind()).isEqualTo(PortKind.AF_XDP);
                assertThat(best.refusals()).hasSize(1);
                assertThat(best.refusals().get(0))
                        .startsWith("af_xdp by the driver, but by the stack: bpf(BPF_LINK_CREATE");
            } finally {
                best.ports().get(0).close();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void survivesTheInterfaceGoingDownAndUp(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = open(cable, mode);
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            for (int round = 0; round < 3; round++) {
                answersOne(port, node);
                cable.runOnOwn("ip link set " + Cable.OWN + " down");
                port.await(0);
                assertThat(port.isLinkUp()).isFalse();
                assertThat(port.poll(PacketHandlers.failing(), 64)).isZero();
                cable.runOnOwn("ip link set " + Cable.OWN + " up");
                port.await(0);
                assertThat(port.isLinkUp()).isTrue();
            }
            answersOne(port, node);
        }
    }

    @ParameterizedTest
    @EnumSource
    void saysThatTheInterfaceIsGone(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort waiting = open(cable, mode)) {
            cable.runOnOwn("ip link delete " + Cable.OWN);
            assertThatThrownBy(() -> waiting.await(SECOND / 10))
                    .isInstanceOf(IOException.class)
                    .hasMessage("network interface own0 is gone");
        }
        try (Cable cable = new Cable();
                AfXdpPort polling = open(cable, mode)) {
            cable.runOnOwn("ip link delete " + Cable.OWN);
            assertThatThrownBy(() -> pollUntil(polling, PacketHandlers.failing(), 1))
                    .isInstanceOf(IOException.class)
                    .hasMessage("network interface own0 is gone");
        }
    }

    @ParameterizedTest
    @EnumSource
    void countsABurstAboveItsCapacity(AfXdpMode mode) throws Exception {
        int frames = 256;
        int burst = 2000;
        try (Cable cable = new Cable();
                AfXdpPort port = cable.onOwn(() -> builder(mode).frames(frames).open());
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            int fits = frames - frames / 16;
            for (int round = 1; round <= 3; round++) {
                for (int i = 0; i < burst; i++) {
                    node.send(request(10_000 + i, counting(i % 1000)));
                }
                pollUntil(port, PacketHandlers.unchanged(), fits);
                for (int i = 0; i < fits; i++) {
                    assertThat(next(node)).isEqualTo(reply(10_000 + i, counting(i)));
                }
                assertThat(port.poll(PacketHandlers.failing(), 64)).isZero();
                assertThat(port.kernelDrops()).isEqualTo((long) round * (burst - fits));
            }
            answersOne(port, node);
        }
    }

    @ParameterizedTest
    @EnumSource
    void losesNothingBelowItsCapacity(AfXdpMode mode) throws Exception {
        int window = 128;
        int count = 50_000;
        byte[][] requests = new byte[64][];
        byte[][] replies = new byte[64][];
        for (int i = 0; i < requests.length; i++) {
            requests[i] = request(60_000 + i, counting(20 * i));
            replies[i] = reply(60_000 + i, counting(20 * i));
        }
        try (Cable cable = new Cable();
                AfXdpPort port = cable.onOwn(() -> builder(mode).frames(256).open());
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            Thread poller =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        try {
                                            pollUntil(port, PacketHandlers.unchanged(), count);
                                        } catch (IOException e) {
                                            throw new AssertionError(e);
                                        }
                                    });
            int sent = 0;
            for (int back = 0; back < count; back++) {
                while (sent < count && sent - back < window) {
                    node.send(requests[sent++ & 63]);
                }
                assertThat(next(node)).isEqualTo(replies[back & 63]);
            }
            poller.join();
            assertThat(port.counters().returned()).isEqualTo(count);
            assertThat(port.kernelDrops()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void sendsDatagramsOfItsOwn(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = open(cable, mode);
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            ReturnPath path = new ReturnPath();
            ByteBuf made = Unpooled.wrappedBuffer(counting(200));
            assertThatThrownBy(() -> port.returnPath(path))
                    .isInstanceOf(IllegalStateException.class);
            node.send(request(60_000, counting(100)));
            pollUntil(
                    port,
                    (buffer, offset, length, sourceAddress) -> {
                        port.returnPath(path);
                        send(port, path, made, 50);
                        return PacketHandler.UNCHANGED;
                    },
                    1);
            assertThat(path.sourcePort()).isEqualTo(60_000);
            assertThat(next(node)).isEqualTo(own(60_000, counting(50)));
            assertThat(next(node)).isEqualTo(reply(60_000, counting(100)));
            for (int i = 1; i <= 200; i++) { // without a poll in between
                send(port, path, made, i);
                assertThat(next(node)).isEqualTo(own(60_000, counting(i)));
            }
            for (int i = 0; i < 1000; i++) {
                send(port, path, made, 200);
            }
            assertThat(port.counters().originated() + port.counters().failed()).isEqualTo(1201);
            for (int i = 0; i < port.counters().originated() - 201; i++) {
                assertThat(next(node)).isEqualTo(own(60_000, counting(200)));
            }
            assertThatThrownBy(() -> port.send(path, made, 0, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("length 0: not 1 to 1472");
            assertThatThrownBy(() -> port.send(path, made, 1, 200))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    /** Nothing has come before, and all that is enqueued leaves at once. */
    @ParameterizedTest
    @EnumSource
    void beginsByItself(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port =
                        cable.onOwn(
                                () ->
                                        AfXdpPort.builder(Cable.OWN)
                                                .mode(mode)
                                                .frames(512)
                                                .originated(300)
                                                .open());
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            ReturnPath path = new ReturnPath();
            node.send(request(60_000, counting(10)));
            pollUntil(
                    port,
                    (buffer, offset, length, sourceAddress) -> {
                        port.returnPath(path);
                        return PacketHandler.DROP;
                    },
                    1);
            ReturnPath same =
                    new ReturnPath()
                            .datagram(path.localAddress(), path.remoteAddress(), 60_007)
                            .link(path.localMac(), path.remoteMac(), 0, 0);
            ByteBuf made = Unpooled.wrappedBuffer(counting(300));
            for (int round = 0; round < 3; round++) {
                long deadline = System.nanoTime() + 20 * SECOND;
                while (port.room() < 300) { // a frame is back once its reader has it
                    assertThat(System.nanoTime() - deadline).isNegative();
                    Thread.onSpinWait();
                }
                for (int i = 1; i <= 100; i++) {
                    port.enqueue(same, made, 0, i);
                }
                assertThat(port.room()).isEqualTo(200);
                assertThat(port.counters().originated()).isEqualTo(round * 100);
                port.flush();
                assertThat(port.counters().originated()).isEqualTo(round * 100 + 100);
                for (int i = 1; i <= 100; i++) {
                    assertThat(next(node)).isEqualTo(own(60_007, counting(i)));
                }
            }
            for (int i = 0; i < 400; i++) { // more than there are frames for
                port.enqueue(same, made, 0, 1);
            }
            assertThat(port.counters().failed(SendFailure.QUEUE_FULL)).isBetween(1L, 400L);
            assertThatThrownBy(() -> port.enqueue(same, made, 0, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("length 0: not 1 to 1472");
        }
    }

    @Test
    void refusesToKeepNoFrameForWhatComes() {
        AfXdpPort.Builder builder = AfXdpPort.builder("lo").frames(64).originated(64);
        assertThatThrownBy(builder::open)
                .hasMessageContaining("originated 64: not fewer than the frames, 64");
        assertThatThrownBy(() -> builder.originated(0)).hasMessageContaining("originated 0");
        assertThatThrownBy(() -> builder.addresses(List.of()))
                .hasMessageContaining("addresses: none");
    }

    private static void send(AfXdpPort port, ReturnPath path, ByteBuf made, int length) {
        try {
            port.send(path, made, 0, length);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void waitsForDatagramsAndCalls() throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = open(cable, AfXdpMode.GENERIC);
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            port.await(0);
            port.await(1_000_000);
            port.wakeup();
            port.await(100 * SECOND);
            node.send(request(60_000, counting(100)));
            port.await(100 * SECOND);
            port.await(100 * SECOND); // it is still there
            assertThat(port.poll(PacketHandlers.unchanged(), 64)).isEqualTo(1);
            assertThat(next(node)).isEqualTo(reply(60_000, counting(100)));
            Thread.currentThread().interrupt();
            port.await(100 * SECOND);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void closesUnderAWaitingThread() throws Exception {
        try (Cable cable = new Cable()) {
            AfXdpPort port = open(cable, AfXdpMode.GENERIC);
            Thread closer =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        try {
                                            Thread.sleep(200);
                                            port.close();
                                        } catch (IOException | InterruptedException e) {
                                            throw new AssertionError(e);
                                        }
                                    });
            port.await(100 * SECOND);
            closer.join();
            assertThatThrownBy(() -> port.poll(PacketHandlers.failing(), 1))
                    .isInstanceOf(ClosedChannelException.class);
            assertThatThrownBy(() -> port.await(0)).isInstanceOf(ClosedChannelException.class);
            assertThat(port.kernelDrops()).isZero();
            port.wakeup();
            port.close();
            assertThat(isProgramAttached(cable)).isFalse();
        }
    }

    @Test
    void keepsOthersOffTheInterface() throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = open(cable, AfXdpMode.GENERIC);
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            assertThat(isProgramAttached(cable)).isTrue();
            assertThatThrownBy(() -> open(cable, AfXdpMode.GENERIC))
                    .isInstanceOf(IOException.class)
                    .hasMessage(
                            "bind(AF_XDP, queue 0): EBUSY (Device or resource busy): another AF_XDP"
                                    + " socket is bound to this queue");
            answersOne(port, node);
        }
    }

    @ParameterizedTest
    @EnumSource
    void openedAgainAtOnce(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            for (int i = 0; i < 10; i++) {
                try (AfXdpPort port = open(cable, mode)) {
                    answersOne(port, node);
                }
                assertThat(isProgramAttached(cable)).isFalse();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void leavesNothingBehindWhenKilled(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            List<String> command =
                    List.of(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            HairpinProgram.class.getName(),
                            Cable.OWN,
                            mode.name());
            Process process =
                    new ProcessBuilder(cable.commandOnOwn(command))
                            .redirectErrorStream(true)
                            .start();
            try (BufferedReader output = process.inputReader()) {
                assertThat(output.readLine()).isEqualTo("open");
                node.send(request(60_000, counting(100)));
                assertThat(next(node)).isEqualTo(reply(60_000, counting(100)));
                assertThat(isProgramAttached(cable)).isTrue();
            } finally {
                process.destroyForcibly(); // SIGKILL
                assertThat(process.waitFor()).isEqualTo(128 + 9);
            }
            for (long end = deadline(); isProgramAttached(cable); ) {
                assertThat(System.nanoTime() - end).isNegative();
            }
            try (AfXdpPort port = open(cable, mode)) {
                answersOne(port, node);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void allocatesNothing(AfXdpMode mode) throws Exception {
        try (Cable cable = new Cable();
                AfXdpPort port = open(cable, mode);
                FrameSocket node = cable.onNode(() -> FrameSocket.open(Cable.NODE))) {
            byte[] request = request(60_000, counting(100));
            PacketHandler handler = PacketHandlers.unchanged();
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 40; round++) {
                for (int i = 0; i < 500; i++) {
                    node.send(request);
                }
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int done = 0; done < 500; ) {
                    done += port.poll(handler, 64);
                    port.await(0);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(port.counters().returned()).isEqualTo(40 * 500);
            assertThat(least).isLessThanOrEqualTo(Allocations.SLACK);
        }
    }

    private static boolean isProgramAttached(Cable cable) throws Exception {
        return cable.runOnOwn("ip link show " + Cable.OWN).contains("prog/xdp");
    }

    private static void answersOne(AfXdpPort port, FrameSocket node) throws IOException {
        while (node.receive() != null) {
            // what came before, such as ARP
        }
        node.send(request(60_000, counting(100)));
        pollUntil(port, PacketHandlers.unchanged(), 1);
        assertThat(next(node)).isEqualTo(reply(60_000, counting(100)));
    }

    private static void pollUntil(AfXdpPort port, PacketHandler handler, int datagrams)
            throws IOException {
        long end = deadline();
        for (int done = 0; done < datagrams; ) {
            int more = port.poll(handler, 64);
            done += more;
            if (more > 0) {
                end = deadline();
            } else {
                assertThat(System.nanoTime() - end).as("%d datagrams came", done).isNegative();
            }
        }
    }

    private static byte[] next(FrameSocket node) {
        long end = deadline();
        while (true) {
            byte[] frame = node.receive();
            if (frame != null && !(frame[12] == 8 && frame[13] == 6)) { // ARP
                return frame;
            }
            assertThat(System.nanoTime() - end).as("waiting for a frame").isNegative();
        }
    }

    private static long deadline() {
        return System.nanoTime() + 20 * SECOND;
    }

    private static AfXdpPort open(Cable cable, AfXdpMode mode) throws Exception {
        return cable.onOwn(() -> builder(mode).open());
    }

    private static AfXdpPort.Builder builder(AfXdpMode mode) {
        return AfXdpPort.builder(Cable.OWN).mode(mode);
    }

    private static AfXdpPort.Builder atWirePorts(AfXdpMode mode) {
        return builder(mode).port(Wire.PORT).peerPort(Wire.PEER_PORT);
    }

    private static byte[] changed(byte[] frame, int offset, int bits) {
        byte[] other = frame.clone();
        other[offset] ^= (byte) bits;
        return other;
    }

    private static byte[] request(int sourcePort, byte[] bytes) {
        return packet(
                ethernet(OWN_MAC, NODE_MAC),
                ipv4(Cable.NODE_ADDRESS, Cable.OWN_ADDRESS).ttl(255),
                udp(sourcePort, PORT),
                payload(bytes));
    }

    private static byte[] reply(int sourcePort, byte[] bytes) {
        return packet(
                ethernet(NODE_MAC, OWN_MAC),
                ipv4(Cable.OWN_ADDRESS, Cable.NODE_ADDRESS).ttl(64),
                udp(sourcePort, PORT),
                payload(bytes));
    }

    private static byte[] own(int sourcePort, byte[] bytes) {
        return packet(
                ethernet(NODE_MAC, OWN_MAC),
                ipv4(Cable.OWN_ADDRESS, Cable.NODE_ADDRESS).ttl(64).dontFragment(),
                udp(sourcePort, PORT),
                payload(bytes));
    }
}
