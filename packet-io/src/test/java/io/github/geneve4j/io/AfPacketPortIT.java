package io.github.geneve4j.io;

import static io.github.geneve4j.io.Cable.NODE_MAC;
import static io.github.geneve4j.io.Cable.OWN_MAC;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.ethernet;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.qinq;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.Packets.vlan;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.SystemCallException;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.Layer;
import io.github.geneve4j.testkit.UdpLayer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * On a virtual cable between network namespaces; replies are compared with frames that are built
 * from nothing.
 */
@Timeout(120)
class AfPacketPortIT {
    private static final int PORT = 6081;
    private static final long ALL_HAVE_COME_MILLIS = 100;
    private static final int MTU = 1500;
    private static final String NODE = Cable.NODE_ADDRESS;
    private static final String OWN = Cable.OWN_ADDRESS;
    private static final String OTHER_OWN = "10.82.0.3";
    private static final byte[] BODY = counting(150);
    private static final PacketHandler ECHO = (buffer, offset, length, source) -> length;
    private static final PacketHandler RETURN =
            (buffer, offset, length, source) -> PacketHandler.UNCHANGED;
    private static final PacketHandler FLIP =
            (buffer, offset, length, source) -> {
                buffer.setByte(offset + 7, buffer.getByte(offset + 7) ^ 0xff);
                return length;
            };

    private Cable cable;
    private FrameSocket node;
    private AfPacketPort port;

    private void open() throws Exception {
        open(AfPacketPort.builder(Cable.OWN), MTU);
    }

    private void open(AfPacketPort.Builder builder, int mtu) throws Exception {
        lay(mtu);
        port = cable.onOwn(builder::open);
    }

    private void lay(int mtu) throws Exception {
        cable = new Cable(2);
        cable.runOnNode("ip link set " + Cable.NODE + " mtu " + mtu);
        ip("link set " + Cable.OWN + " mtu " + mtu);
        ip("addr add " + OTHER_OWN + "/24 dev " + Cable.OWN);
        String neighbour = OTHER_OWN + " lladdr " + OWN_MAC + " dev " + Cable.NODE;
        cable.runOnNode("ip neigh replace " + neighbour);
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
    }

    @AfterEach
    void close() throws Exception {
        Cable.close(port, node, cable);
    }

    private void ip(String arguments) throws Exception {
        cable.runOnOwn("ip " + arguments);
    }

    private static byte[] request(Layer... inside) {
        return packet(join(ethernet(OWN_MAC, NODE_MAC), inside));
    }

    private static byte[] reply(Layer... inside) {
        return packet(join(ethernet(NODE_MAC, OWN_MAC), inside));
    }

    private static Layer[] join(Layer first, Layer... rest) {
        return Stream.concat(Stream.of(first), Arrays.stream(rest)).toArray(Layer[]::new);
    }

    private static byte[] request(int sourcePort, byte[] body) {
        return request(ipv4(NODE, OWN).ttl(255), udp(sourcePort, PORT), payload(body));
    }

    private static byte[] reply(int sourcePort, byte[] body) {
        return reply(ipv4(OWN, NODE), udp(sourcePort, PORT), payload(body));
    }

    /** Sends, polls until as many datagrams came, and compares all frames that come back. */
    private void exchange(PacketHandler handler, byte[] request, byte[]... replies)
            throws IOException {
        node.send(request);
        poll(handler, 1);
        List<byte[]> received = node.receive(replies.length);
        assertThat(received).hasSize(replies.length);
        for (int i = 0; i < replies.length; i++) {
            assertThat(received.get(i)).isEqualTo(replies[i]);
        }
    }

    private void poll(PacketHandler handler, int datagrams) throws IOException {
        long deadline = System.nanoTime() + 5_000_000_000L;
        for (int done = 0; done < datagrams; done += port.poll(handler, 64)) {
            assertThat(System.nanoTime() - deadline).as("waiting for datagrams").isNegative();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void returnsDatagramsByteForByte(boolean byProgram) throws Exception {
        open(AfPacketPort.builder(Cable.OWN).dropByProgram(byProgram), MTU);
        assertThat(port.dropsByProgram()).as(port.toString()).isEqualTo(byProgram);
        assertThat(port.maxDatagramLength()).isEqualTo(MTU - 28);
        for (int i = 0; i < 3000; i++) {
            int sourcePort = 1 + i * 21;
            byte[] body = counting(i % (MTU - 28 + 1));
            if (i % 3 == 0) {
                exchange(RETURN, request(sourcePort, body), reply(sourcePort, body));
            } else if (i % 3 == 1 && body.length > 7) {
                byte[] flipped = body.clone();
                flipped[7] ^= (byte) 0xff;
                exchange(FLIP, request(sourcePort, body), reply(sourcePort, flipped));
            } else if (body.length > 0) {
                exchange(ECHO, request(sourcePort, body), reply(sourcePort, body));
            }
        }
        PortCounters counters = port.counters();
        assertThat(counters.returned()).isEqualTo(counters.received()).isGreaterThan(2900);
        assertThat(counters.failed() + counters.skipped() + port.kernelDrops()).isZero();
    }

    @Test
    void keepsTypeOfServiceOptionsAndOtherAddresses() throws Exception {
        open();
        String options = "01440c05 00000000 00000000 00000000";
        exchange(
                ECHO,
                request(
                        ipv4(NODE, OTHER_OWN).tos(0xb9).id(7).dontFragment().options(options),
                        udp(60001, PORT),
                        payload(BODY)),
                reply(
                        ipv4(OTHER_OWN, NODE).tos(0xb9).id(7).dontFragment().options(options),
                        udp(60001, PORT),
                        payload(BODY)));
        exchange(
                RETURN,
                request(ipv4(NODE, OWN), udp(60001, PORT).checksum(0), payload(BODY)),
                reply(ipv4(OWN, NODE), udp(60001, PORT).checksum(0), payload(BODY)));
    }

    @Test
    void servesOneAddressIfTold() throws Exception {
        Inet4Address own = (Inet4Address) InetAddress.ofLiteral(OWN);
        open(AfPacketPort.builder(Cable.OWN).address(own).port(7001).peerPort(7002), MTU);
        assertThat(port.addresses()).containsExactly(own);
        exchange(
                RETURN,
                request(ipv4(NODE, OWN), udp(60001, 7001), payload(BODY)),
                reply(ipv4(OWN, NODE), udp(60001, 7002), payload(BODY)));
        node.send(request(ipv4(NODE, OTHER_OWN), udp(60001, 7001), payload(BODY)));
        assertThat(node.receive(1)).hasSize(1); // the kernel's: port unreachable
        assertThat(port.poll(RETURN, 1)).isZero();
        assertThat(port.counters().skipped(ReceiveSkip.NOT_FOR_US)).isEqualTo(1);
    }

    @Test
    void answersTagsWithTheSame() throws Exception {
        open();
        Layer ip = ipv4(NODE, OWN);
        Layer back = ipv4(OWN, NODE);
        Layer udp = udp(60001, PORT);
        Layer body = payload(BODY);
        Layer full = payload(counting(MTU - 28));
        exchange(
                RETURN, request(vlan(0xa064), ip, udp, body), reply(vlan(0xa064), back, udp, body));
        exchange(ECHO, request(vlan(100), ip, udp, full), reply(vlan(100), back, udp, full));
        exchange(
                ECHO,
                request(qinq(0x2007), vlan(5), ip, udp, body),
                reply(qinq(0x2007), vlan(5), back, udp, body));
        exchange(RETURN, request(qinq(9), ip, udp, body), reply(qinq(9), back, udp, body));

        ReturnPath path = new ReturnPath();
        ByteBuf made = Unpooled.copiedBuffer(counting(77));
        exchange(
                (buffer, offset, length, source) -> {
                    port.returnPath(path);
                    send(path, made);
                    return PacketHandler.DROP;
                },
                request(qinq(0x2007), vlan(5), ip, udp, body),
                reply(
                        qinq(0x2007),
                        vlan(5),
                        ipv4(OWN, NODE).dontFragment(),
                        udp,
                        payload(counting(77))));
    }

    @Test
    void carriesJumboFrames() throws Exception {
        open(AfPacketPort.builder(Cable.OWN), 9001);
        assertThat(port.maxDatagramLength()).isEqualTo(9001 - 28);
        for (int length : new int[] {9001 - 28, 8933, 8500, 1, 9001 - 29}) {
            byte[] body = counting(length);
            exchange(RETURN, request(60000, body), reply(60000, body));
            exchange(ECHO, request(60001, body), reply(60001, body));
        }
        // As long as the link allows, out of a short one
        byte[] longest = new byte[9001 - 28];
        Arrays.fill(longest, (byte) 0x5a);
        exchange(
                (buffer, offset, length, source) -> {
                    buffer.setBytes(offset, longest);
                    return longest.length;
                },
                request(60000, BODY),
                reply(60000, longest));
    }

    @Test
    void refusesToGrowBeyondTheLink() throws Exception {
        open();
        byte[] longest = counting(MTU - 28);
        exchange(
                (buffer, offset, length, source) -> {
                    buffer.setBytes(offset, longest);
                    return longest.length;
                },
                request(ipv4(NODE, OWN).options("01".repeat(40)), udp(1, PORT), payload(BODY)));
        assertThat(port.counters().failed(SendFailure.REFUSED)).isEqualTo(1);
        exchange(RETURN, request(60000, BODY), reply(60000, BODY));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void skipsAndCountsWhatIsNoDatagram(boolean byProgram) throws Exception {
        open(AfPacketPort.builder(Cable.OWN).dropByProgram(byProgram), MTU);
        UdpLayer udp = udp(60001, PORT);
        Map<ReceiveSkip, byte[]> bad = new HashMap<>();
        bad.put(
                ReceiveSkip.FRAGMENT,
                request(ipv4(NODE, OWN).fragment(0, true), udp, payload(BODY)));
        bad.put(
                ReceiveSkip.BAD_IP_CHECKSUM,
                request(ipv4(NODE, OWN).wrongChecksum(), udp, payload(BODY)));
        bad.put(
                ReceiveSkip.BAD_UDP_CHECKSUM,
                request(ipv4(NODE, OWN), udp(60001, PORT).wrongChecksum(), payload(BODY)));
        bad.put(
                ReceiveSkip.BAD_UDP_LENGTH,
                request(ipv4(NODE, OWN), udp(60001, PORT).length(7), payload(BODY)));
        bad.put(
                ReceiveSkip.TRUNCATED,
                request(ipv4(NODE, OWN).totalLength(179), udp, payload(BODY)));
        bad.put(
                ReceiveSkip.NOT_FOR_US,
                request(vlan(7), qinq(8), ipv4(NODE, "10.82.0.9"), udp, payload(BODY)));
        for (Map.Entry<ReceiveSkip, byte[]> each : bad.entrySet()) {
            node.send(each.getValue());
        }
        // Later fragments have no ports: they never get here
        node.send(request(ipv4(NODE, OWN).fragment(1480, false), payload(BODY)));
        exchange(RETURN, request(60000, BODY), reply(60000, BODY)); // and not one ICMP message
        for (ReceiveSkip reason : ReceiveSkip.values()) {
            assertThat(port.counters().skipped(reason))
                    .as(reason.label())
                    .isEqualTo(bad.containsKey(reason) ? 1 : 0);
        }
    }

    @Test
    void leavesEverythingElseToTheKernel() throws Exception {
        open();
        node.send(request(ipv4(NODE, OWN), udp(60001, 6082), payload(BODY)));
        List<byte[]> frames = node.receive(1);
        assertThat(frames).hasSize(1);
        assertThat(frames.get(0)[14 + 9]).as("ICMP").isEqualTo((byte) 1);
        assertThat(port.poll(RETURN, 1)).isZero();
        assertThat(port.counters().skipped()).isZero();
    }

    @Test
    void sendsDatagramsOfTheHandlersOwn() throws Exception {
        open(AfPacketPort.builder(Cable.OWN).batch(2), MTU);
        ReturnPath path = new ReturnPath();
        ByteBuf first = Unpooled.copiedBuffer(counting(33));
        ByteBuf second = Unpooled.directBuffer().writeBytes(counting(MTU - 28));
        byte[] firstFrame =
                reply(ipv4(OWN, NODE).dontFragment(), udp(60001, PORT), payload(counting(33)));
        byte[] secondFrame =
                reply(
                        ipv4(OWN, NODE).dontFragment(),
                        udp(60001, PORT),
                        payload(counting(MTU - 28)));
        exchange(
                (buffer, offset, length, source) -> {
                    port.returnPath(path);
                    send(path, first);
                    send(path, second);
                    send(path, first);
                    return length;
                },
                request(60001, BODY),
                firstFrame,
                secondFrame,
                firstFrame,
                reply(60001, BODY));
        assertThat(port.counters().originated()).isEqualTo(3);
        assertThat(path.localMac()).isEqualTo(0x028200000002L);

        send(path, second);
        assertThat(node.receive(1).get(0)).isEqualTo(secondFrame);
        assertThat(port.counters().originated()).isEqualTo(4);
        assertThatThrownBy(() -> port.returnPath(path)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> port.send(path, first, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("length 0: not 1 to 1472");
        assertThatThrownBy(() -> port.send(path, second, 0, MTU - 27))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> port.send(path, first, first.capacity(), 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    private void send(ReturnPath path, ByteBuf bytes) {
        try {
            port.send(path, bytes, 0, bytes.readableBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void dividesNothingTwiceAndKeepsFlowsTogether() throws Exception {
        lay(MTU);
        List<AfPacketPort> ports =
                cable.onOwn(() -> AfPacketPort.builder(Cable.OWN).slots(4096).open(2));
        try {
            Map<Integer, Integer> portOfFlow = new HashMap<>();
            int flows = 64;
            int rounds = 40; // in a load balancer's flow both directions look alike here
            int[] received = new int[2];
            for (int round = 0; round < rounds; round++) {
                for (int flow = 0; flow < flows; flow++) {
                    byte[] body = counting(100 + round);
                    node.send(request(50_000 + flow, body));
                }
            }
            for (int i = 0; i < 2; i++) {
                int member = i;
                PacketHandler note =
                        (buffer, offset, length, source) -> {
                            int flow = buffer.getUnsignedShort(offset - 8);
                            Integer known = portOfFlow.putIfAbsent(flow, member);
                            assertThat(known == null || known == member).isTrue();
                            return PacketHandler.UNCHANGED;
                        };
                for (int done = 1; done > 0; received[i] += done) {
                    done = ports.get(i).poll(note, 64);
                }
            }
            assertThat(received[0] + received[1]).isEqualTo(flows * rounds);
            assertThat(received[0]).isPositive();
            assertThat(received[1]).isPositive();
            Map<String, Integer> replies = new HashMap<>();
            for (byte[] frame : node.receive(flows * rounds)) {
                replies.merge(Arrays.toString(frame), 1, Integer::sum);
            }
            assertThat(replies).hasSize(flows * rounds);
            for (int round = 0; round < rounds; round++) {
                for (int flow = 0; flow < flows; flow++) {
                    byte[] expected = reply(50_000 + flow, counting(100 + round));
                    assertThat(replies).containsEntry(Arrays.toString(expected), 1);
                }
            }

            // The one that stays gets the other's share, and the kernel stays silent
            ports.get(0).close();
            port = ports.get(1);
            for (int flow = 0; flow < flows; flow++) {
                exchange(RETURN, request(50_000 + flow, BODY), reply(50_000 + flow, BODY));
            }
        } finally {
            ports.forEach(AfPacketPort::close);
        }
    }

    @Test
    void survivesItsInterfaceGoingDownAndUp() throws Exception {
        open();
        exchange(RETURN, request(60000, BODY), reply(60000, BODY));
        for (int i = 0; i < 2; i++) {
            ReturnPath path = new ReturnPath();
            node.send(request(60001, BODY));
            ip("link set " + Cable.OWN + " down");
            poll( // what came before is answered into the void
                    (buffer, offset, length, source) -> {
                        port.returnPath(path);
                        return length;
                    },
                    1);
            port.await(1_000_000);
            assertThat(port.isLinkUp()).isFalse();
            assertThat(port.counters().failed(SendFailure.LINK_DOWN)).isEqualTo(2 * i + 1);
            send(path, Unpooled.copiedBuffer(BODY));
            assertThat(port.counters().failed(SendFailure.LINK_DOWN)).isEqualTo(2 * i + 2);
            assertThat(port.poll(RETURN, 1)).isZero();

            ip("link set " + Cable.OWN + " up");
            ip("neigh replace " + NODE + " lladdr " + NODE_MAC + " dev " + Cable.OWN);
            exchange(RETURN, request(60000, BODY), reply(60000, BODY));
            port.await(1_000_000);
            assertThat(port.isLinkUp()).isTrue();
        }
    }

    /** The kernel takes what it is given then, and drops it. */
    @Test
    void countsRepliesWithoutACarrierAsLost() throws Exception {
        open();
        exchange(RETURN, request(60000, BODY), reply(60000, BODY));
        for (int i = 1; i <= 3; i++) {
            ReturnPath path = new ReturnPath();
            node.send(request(60001, BODY));
            cable.runOnNode("ip link set " + Cable.NODE + " down");
            awaitLink(false);
            poll(
                    (buffer, offset, length, source) -> {
                        port.returnPath(path);
                        return length;
                    },
                    1);
            assertThat(port.counters().failed(SendFailure.LINK_DOWN)).isEqualTo(2 * i - 1);
            send(path, Unpooled.copiedBuffer(BODY));
            assertThat(port.counters().failed(SendFailure.LINK_DOWN)).isEqualTo(2 * i);
            cable.runOnNode("ip link set " + Cable.NODE + " up");
            cable.runOnNode(
                    "ip neigh replace " + OWN + " lladdr " + OWN_MAC + " dev " + Cable.NODE);
            awaitLink(true);
            // Until then the kernel drops what is to be sent, at either end
            while (!cable.runOnOwn("cat /sys/class/net/" + Cable.OWN + "/operstate")
                            .startsWith("up")
                    || !cable.runOnNode("cat /sys/class/net/" + Cable.NODE + "/operstate")
                            .startsWith("up")) {
                Thread.sleep(10);
            }
            node.close(); // it remembers the outage
            node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
            exchange(RETURN, request(60000, BODY), reply(60000, BODY));
        }
        assertThat(port.counters().failed()).isEqualTo(6);
        assertThat(port.counters().returned()).isEqualTo(4);
    }

    /** The kernel tells of a carrier a little late. Nothing is there to be polled for long. */
    private void awaitLink(boolean up) throws Exception {
        long end = System.nanoTime() + 20_000_000_000L;
        while (port.isLinkUp() != up) {
            port.await(1_000_000);
            assertThat(System.nanoTime() - end).isNegative();
        }
    }

    /** Nobody waits or sends while it happens: the first reply meets the remembered error. */
    @Test
    void survivesAnUnnoticedOutage() throws Exception {
        open();
        ip("link set " + Cable.OWN + " down");
        ip("link set " + Cable.OWN + " up");
        exchange(RETURN, request(60000, BODY), reply(60000, BODY));
        assertThat(port.counters().failed()).isZero();
    }

    @Test
    void saysThatItsInterfaceIsGone() throws Exception {
        open();
        ip("link delete " + Cable.OWN);
        assertThatThrownBy(
                        () -> {
                            for (int i = 0; i < 100; i++) {
                                port.await(10_000_000);
                            }
                        })
                .isInstanceOf(IOException.class)
                .hasMessage("network interface own0 is gone");
        assertThat(port.isLinkUp()).isFalse();
        assertThatThrownBy(() -> port.poll(RETURN, 1)).hasMessageContaining("is gone");
    }

    @Test
    void noticesByPollingAloneThatItsInterfaceIsGone() throws Exception {
        open();
        ip("link delete " + Cable.OWN);
        assertThatThrownBy(
                        () -> {
                            for (int i = 0; i < 1_000_000; i++) {
                                port.poll(RETURN, 1);
                            }
                        })
                .hasMessage("network interface own0 is gone");
    }

    @Test
    void countsABurstAboveCapacityAndCorruptsNothing() throws Exception {
        open(AfPacketPort.builder(Cable.OWN).slots(200), MTU);
        int sent = 5000;
        for (int round = 1; round <= 3; round++) {
            for (int i = 0; i < sent; i++) {
                node.send(request(1 + i, counting(20 + i % 1000)));
            }
            List<Integer> seen = new ArrayList<>();
            PacketHandler note =
                    (buffer, offset, length, source) -> {
                        seen.add(buffer.getUnsignedShort(offset - 8));
                        return PacketHandler.UNCHANGED;
                    };
            int received = 0;
            for (int done = 1; done > 0; received += done) {
                done = port.poll(note, 64);
            }
            assertThat(received).isEqualTo(port.slots()).isLessThan(sent);
            assertThat(port.kernelDrops()).isEqualTo(round * (long) (sent - received));
            List<byte[]> replies = node.receive(received);
            assertThat(replies).hasSize(received);
            for (int i = 0; i < received; i++) {
                int sourcePort = seen.get(i);
                byte[] body = counting(20 + (sourcePort - 1) % 1000);
                assertThat(replies.get(i)).isEqualTo(reply(sourcePort, body));
            }
        }
        port.close();
        assertThat(port.kernelDrops()).isEqualTo(3L * (sent - port.slots()));
    }

    @Test
    void announcesWhatComesNext() throws Exception {
        open();
        for (int i = 0; i < 40; i++) {
            node.send(request(60_000 + i, counting(10 + i)));
        }
        Thread.sleep(ALL_HAVE_COME_MILLIS);
        Announced announced = new Announced();
        assertThat(port.poll(announced, 17)).isEqualTo(17);
        assertThat(announced.told).isEqualTo(Announced.inTurns(17));
        assertThat(port.poll(announced, 64)).isEqualTo(23);
        assertThat(announced.told).isEqualTo(Announced.inTurns(17) + Announced.inTurns(23));
    }

    /** The slots that wait to be sent are those that come next in so small a ring. */
    @Test
    void announcesOnceAroundAtMost() throws Exception {
        open(AfPacketPort.builder(Cable.OWN).slots(1).batch(64), MTU);
        int slots = port.slots();
        for (int i = 0; i < slots; i++) {
            node.send(request(60_000 + i, counting(10 + i)));
        }
        Thread.sleep(ALL_HAVE_COME_MILLIS);
        assertThatThrownBy(() -> port.poll(Announced.failing(), 64)).hasMessage("ahead");
        int[] announced = {0};
        poll(
                new PacketHandler() {
                    @Override
                    public void onAhead(ByteBuf buffer, int offset, int length) {
                        announced[0]++;
                    }

                    @Override
                    public int onDatagram(ByteBuf buffer, int offset, int length, int source) {
                        return UNCHANGED;
                    }
                },
                slots);
        assertThat(announced[0]).as("of %d", slots).isEqualTo(slots);
        List<byte[]> replies = node.receive(slots);
        assertThat(replies).hasSize(slots);
        for (int i = 0; i < slots; i++) {
            assertThat(replies.get(i)).isEqualTo(reply(60_000 + i, counting(10 + i)));
        }
    }

    /** The ring goes round many times, at every position, with slots given back out of order. */
    @Test
    void goesRoundTheRing() throws Exception {
        open(AfPacketPort.builder(Cable.OWN).slots(1).batch(3), MTU);
        int slots = port.slots();
        int number = 0;
        for (int burst = 1; number < 40 * slots; burst = burst % slots + 1) {
            int first = number;
            for (int i = 0; i < burst; i++, number++) {
                node.send(request(1 + number % 60_000, counting(20 + number % 50)));
            }
            int[] next = {first};
            PacketHandler everyOther =
                    (buffer, offset, length, source) -> {
                        int sourcePort = 1 + next[0] % 60_000;
                        assertThat(buffer.getUnsignedShort(offset - 8)).isEqualTo(sourcePort);
                        assertThat(length).isEqualTo(20 + next[0] % 50);
                        return next[0]++ % 2 == 0 ? length : PacketHandler.DROP;
                    };
            poll(everyOther, burst);
            List<byte[]> expected = new ArrayList<>();
            for (int i = first; i < number; i++) {
                if (i % 2 == 0) {
                    expected.add(reply(1 + i % 60_000, counting(20 + i % 50)));
                }
            }
            List<byte[]> replies = node.receive(expected.size());
            assertThat(replies).containsExactlyElementsOf(expected);
        }
        assertThat(port.kernelDrops()).isZero();
    }

    @Test
    void waitsUntilSomethingHappens() throws Exception {
        open();
        long begin = System.nanoTime();
        port.await(50_000_000);
        assertThat(System.nanoTime() - begin).isGreaterThan(40_000_000);
        port.wakeup();
        port.await(TimeUnit.MINUTES.toNanos(10)); // it is remembered
        node.send(request(60000, BODY));
        port.await(TimeUnit.MINUTES.toNanos(10));
        poll(RETURN, 1);
        port.await(0);

        Thread.currentThread().interrupt();
        port.await(TimeUnit.MINUTES.toNanos(10));
        assertThat(Thread.interrupted()).isTrue();
        wakeWhileWaiting(Thread::interrupt);
        assertThat(Thread.interrupted()).isTrue();
        wakeWhileWaiting(Thread::interrupt);
        assertThat(Thread.interrupted()).isTrue();
        wakeWhileWaiting(thread -> port.wakeup());
        assertThat(Thread.interrupted()).isFalse();
        assertThat(node.receive(1)).hasSize(1);
        exchange(RETURN, request(60000, BODY), reply(60000, BODY));
        wakeWhileWaiting(thread -> port.close());
        assertThatThrownBy(() -> port.await(1)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> port.poll(RETURN, 1)).isInstanceOf(ClosedChannelException.class);
        port.wakeup();
        port.close();
    }

    private void wakeWhileWaiting(java.util.function.Consumer<Thread> waker) throws Exception {
        Thread waiting = Thread.currentThread();
        Thread other =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    while (waiting.getStackTrace().length > 0
                                            && !isInPoll(waiting)) {
                                        Thread.onSpinWait();
                                    }
                                    waker.accept(waiting);
                                });
        port.await(TimeUnit.MINUTES.toNanos(10));
        boolean interrupted = Thread.interrupted();
        other.join();
        if (interrupted) {
            waiting.interrupt();
        }
    }

    private static boolean isInPoll(Thread thread) {
        return Arrays.stream(thread.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("ppoll"));
    }

    @Test
    void refusesASecondOpenAndFreesEverything() throws Exception {
        open();
        assertThatThrownBy(() -> cable.onOwn(AfPacketPort.builder(Cable.OWN)::open))
                .isInstanceOf(SystemCallException.class)
                .hasMessageStartingWith("bind(UDP 10.82.0.") // the one or the other address
                .hasMessageEndingWith(
                        ":6081): EADDRINUSE (Address already in use): another port or program is"
                                + " on it");
        try (AfPacketPort other = cable.onOwn(AfPacketPort.builder(Cable.OWN).port(6082)::open)) {
            exchange(RETURN, request(60000, BODY), reply(60000, BODY));
            assertThat(other.poll(RETURN, 1)).isZero();
        }
        port.close();
        node.send(request(60000, BODY));
        assertThat(node.receive(1).get(0)[14 + 9]).as("the kernel's again").isEqualTo((byte) 1);
        for (int i = 0; i < 50; i++) {
            port = cable.onOwn(AfPacketPort.builder(Cable.OWN)::open);
            exchange(RETURN, request(60000, BODY), reply(60000, BODY));
            port.close();
        }
    }

    @Test
    void saysWhyItCannotOpen() throws Exception {
        lay(MTU);
        assertThatThrownBy(() -> cable.onOwn(AfPacketPort.builder("nothing0")::open))
                .isInstanceOfSatisfying(
                        SystemCallException.class,
                        e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
        assertThatThrownBy(() -> cable.onOwn(AfPacketPort.builder("lo")::open))
                .hasMessage("lo is no Ethernet interface");
        ip("addr flush dev " + Cable.OWN);
        assertThatThrownBy(() -> cable.onOwn(AfPacketPort.builder(Cable.OWN)::open))
                .hasMessage("own0 has no IPv4 address that requests could be sent to");
    }

    @Test
    void aHandlerThatFailsCostsItsOwnDatagramOnly() throws Exception {
        open();
        for (int i = 0; i < 3; i++) {
            node.send(request(60000 + i, BODY));
        }
        int[] seen = {0};
        PacketHandler failing =
                (buffer, offset, length, source) -> {
                    if (seen[0]++ == 1) {
                        throw new IllegalArgumentException("on purpose");
                    }
                    return length;
                };
        assertThatThrownBy(() -> poll(failing, 3)).hasMessage("on purpose");
        poll(failing, 1);
        List<byte[]> replies = node.receive(2);
        assertThat(replies).hasSize(2);
        assertThat(replies.get(0)).isEqualTo(reply(60000, BODY));
        assertThat(replies.get(1)).isEqualTo(reply(60002, BODY));
        assertThat(port.counters().freed()).isEqualTo(1);

        for (int wrong : new int[] {-1, MTU - 27, Integer.MIN_VALUE}) {
            node.send(request(60000, BODY));
            assertThatThrownBy(() -> poll((buffer, offset, length, source) -> wrong, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("handler returned " + wrong + ": not 0 to 1472");
        }
        assertThat(port.counters().freed()).isEqualTo(4);
    }

    @Test
    void letsOneThreadInAndOutAgainWhenClosed() throws Exception {
        open();
        node.send(request(60000, BODY));
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        AtomicReference<Throwable> problem = new AtomicReference<>();
        Thread poller =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        poll(
                                                (buffer, offset, length, source) -> {
                                                    inside.countDown();
                                                    await(closed);
                                                    buffer.setByte(offset, buffer.getByte(offset));
                                                    return length;
                                                },
                                                1);
                                    } catch (Throwable e) {
                                        problem.set(e);
                                    }
                                });
        await(inside);
        ReturnPath path = new ReturnPath();
        assertThatThrownBy(() -> port.poll(RETURN, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> port.await(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> port.returnPath(path)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> port.send(path, Unpooled.copiedBuffer(BODY), 0, 1))
                .isInstanceOf(IllegalStateException.class);
        port.close();
        closed.countDown();
        poller.join();
        assertThat(problem.get()).isNull();
        assertThat(node.receive(1).get(0)).isEqualTo(reply(60000, BODY));
        assertThatThrownBy(() -> port.poll(RETURN, 1)).isInstanceOf(ClosedChannelException.class);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void allocatesNothing() throws Exception {
        open();
        byte[] request = request(60000, BODY);
        MemorySegment frame = Arena.ofAuto().allocateFrom(JAVA_BYTE, request);
        ReturnPath path = new ReturnPath();
        ByteBuf made = Unpooled.copiedBuffer(BODY); // no leak detection, which allocates
        int[] turn = {0};
        PacketHandler all =
                (buffer, offset, length, source) -> {
                    port.returnPath(path);
                    if (turn[0]++ % 4 == 0) {
                        send(path, made);
                    }
                    return turn[0] % 3 == 0 ? PacketHandler.UNCHANGED : length;
                };
        long allocated =
                Allocations.of(
                        1_000_000,
                        () -> {
                            node.sendAgain(frame);
                            node.discard();
                            try {
                                port.await(0);
                                return port.poll(all, 64);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
        assertThat(allocated).isLessThanOrEqualTo(Allocations.SLACK);
        PortCounters counters = port.counters();
        assertThat(counters.received()).isGreaterThan(1_000_000);
        assertThat(counters.returned()).isEqualTo(counters.received());
    }
}
