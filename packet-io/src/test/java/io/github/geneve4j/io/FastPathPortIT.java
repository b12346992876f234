package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.io.bpf.Assembler;
import io.github.geneve4j.io.bpf.BpfLink;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.Bytecode;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.Register;
import io.github.geneve4j.io.bpf.XdpContext;
import io.github.geneve4j.io.bpf.XdpMode;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The fast path below ports on a cable, where frames come back that no handler has seen. */
@Timeout(60)
class FastPathPortIT {
    private static final int GENERATION = 5;
    private static final int ICMP = 1;
    private static final int PROTOCOL = 14 + 9;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final List<AutoCloseable> opened = new ArrayList<>();
    private Cable cable;
    private FrameSocket node;
    private FastPath fast;
    private List<? extends PacketPort> ports;
    private int handled;
    private int lastAdded;

    /** What is above the program, and who runs it. */
    enum Above {
        AF_XDP,
        AF_XDP_BY_DRIVER,
        AF_PACKET;

        List<? extends PacketPort> open(FastPath fast, int count) throws IOException {
            return switch (this) {
                case AF_XDP -> AfXdpPort.builder(Cable.OWN).fastPath(fast).open(count);
                case AF_XDP_BY_DRIVER ->
                        AfXdpPort.builder(Cable.OWN)
                                .mode(AfXdpMode.DRIVER)
                                .fastPath(fast)
                                .open(count);
                case AF_PACKET -> AfPacketPort.builder(Cable.OWN).fastPath(fast).open(count);
            };
        }

        String mode() {
            return this == AF_XDP_BY_DRIVER ? " xdp " : " xdpgeneric ";
        }
    }

    private void open(Above above, int count) throws Exception {
        lay(count);
        if (above == Above.AF_XDP_BY_DRIVER) {
            // A veth leaves what a program sends where it is, unless the other end has one too
            opened.add(cable.onNode(FastPathPortIT::attachToNode));
        }
        fast =
                FastPath.builder()
                        .flows(256)
                        .allowFrom(FastPathPacket.NODE, FastPathPacket.NODE)
                        .open();
        opened.add(fast);
        ports = cable.onOwn(() -> above.open(fast, count));
        opened.addAll(ports);
        fast.generation(GENERATION);
        fast.vouch(System.nanoTime());
    }

    private static BpfLink attachToNode() throws IOException {
        Bytecode pass = new Assembler().mov(Register.R0, XdpContext.PASS).exit().assemble();
        try (BpfProgram program = BpfProgram.load(ProgramType.XDP, "pass", pass)) {
            return BpfLink.xdp(program, NetworkDevice.named(Cable.NODE).index(), XdpMode.DRIVER);
        }
    }

    /** A cable with the addresses that the packets of these tests have. */
    private void lay(int queues) throws Exception {
        cable = new Cable(queues);
        opened.add(cable);
        cable.runOnOwn("ip link set " + Cable.OWN + " address " + mac(FastPathPacket.MAC));
        cable.runOnOwn("ip addr add 10.1.2.200/24 dev " + Cable.OWN);
        String neighbour = "10.1.2.3 lladdr " + mac(FastPathPacket.PEER_MAC);
        cable.runOnOwn("ip neigh replace " + neighbour + " dev " + Cable.OWN);
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
        opened.add(node);
    }

    private static String mac(long mac) {
        return String.format("%012x", mac).replaceAll("..(?=.)", "$0:");
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void returnsWhatTheHandlerHasAddedAndHandsOutTheRest(Above above) throws Exception {
        open(above, 1);
        assertThat(ports.get(0).toString()).contains(", fast path");
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
        int expected = 0;
        for (int i = 0; i < 12; i++) {
            FastPathPacket packet = packet(i % 2 == 1, i % 4 < 2 ? 17 : 6, 1000 + i);
            byte[] first = packet.bytes();
            assertThat(byHandler(first, true)).isEqualTo(FastPathPacket.reply(first));
            int flow = lastAdded;
            long bytes = 0;
            for (int j = 1; j <= 40; j++) {
                packet.cookie = random.nextInt();
                packet.timeToLive = 1 + random.nextInt(255);
                packet.checksum = random.nextBoolean();
                packet.payload = random.nextInt(j == 1 ? 1 : 1350);
                byte[] frame = packet.bytes();
                assertThat(byKernel(frame)).isEqualTo(FastPathPacket.reply(frame));
                bytes += frame.length - FastPathPacket.INNER;
                expected++;
                if (j % 8 == 0) { // and what is not the flow's, although it looks like it
                    FastPathPacket other = packet(packet.ipv6, packet.protocol, 999);
                    other.endpoint = packet.endpoint;
                    byte[] strange = other.bytes();
                    assertThat(byHandler(strange, false)).isEqualTo(FastPathPacket.reply(strange));
                }
            }
            assertThat(fast.packets(flow)).isEqualTo(40);
            assertThat(fast.bytes(flow)).isEqualTo(bytes);
            assertThat(fast.cookie(flow)).isEqualTo(packet.cookie);
        }
        assertThat(fast.hits()).isEqualTo(expected).isEqualTo(12 * 40);
        assertThat(fast.misses(FastPathMiss.UNKNOWN)).isEqualTo(12 + 12 * 5);
        assertThat(ports.get(0).counters().received()).isEqualTo(handled).isEqualTo(12 + 12 * 5);
        assertThat(fast.size()).isEqualTo(12);
        assertThat(cable.unreachablesSent()).isZero();
    }

    /** Each for another cause; the port does with them as without a fast path. */
    @ParameterizedTest
    @EnumSource
    void comesUpForEveryCause(Above above) throws Exception {
        open(above, 1);
        FastPathPacket packet = packet(false, 6, 1000);
        byte[] frame = packet.bytes();
        byHandler(frame, true);
        int flow = lastAdded;
        byKernel(frame);

        packet.flags = 0x11; // FIN, ACK
        comesUp(packet.bytes(), FastPathMiss.TCP_FLAGS);
        packet.flags = 0x10;
        packet.node++;
        comesUp(packet.bytes(), FastPathMiss.ORIGIN);
        byte[] withOption = frame.clone();
        withOption[FastPathPacket.GENEVE + 11] ^= (byte) 0xe0; // reserved bits
        withOption[40] = 0; // no UDP checksum
        withOption[41] = 0;
        comesUp(withOption, FastPathMiss.OUTER);
        byte[] fragment = frame.clone();
        fragment[FastPathPacket.INNER + 6] ^= 0x20;
        fragment[40] = 0;
        fragment[41] = 0;
        comesUp(fragment, FastPathMiss.INNER);
        fast.generation(GENERATION + 1);
        comesUp(frame, FastPathMiss.GENERATION);
        fast.renew(flow, GENERATION + 1);
        byKernel(frame);
        fast.remove(flow, System.nanoTime());
        comesUp(frame, FastPathMiss.UNKNOWN);
        assertThat(fast.hits()).isEqualTo(2);
    }

    private void comesUp(byte[] frame, FastPathMiss cause) throws IOException {
        long before = fast.misses(cause);
        assertThat(byHandler(frame, false)).isEqualTo(FastPathPacket.reply(frame));
        assertThat(fast.misses(cause) - before).as("%s", cause).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void endsWithItsPort(Above above) throws Exception {
        open(above, 1);
        byte[] frame = packet(false, 17, 1000).bytes();
        byHandler(frame, true);
        byKernel(frame);
        assertThat(link()).contains(above.mode()).contains("prog/xdp");
        ports.get(0).close();
        assertThat(link()).doesNotContain("xdp");
        assertThat(exchange(frame)[PROTOCOL]).as("the kernel's again").isEqualTo((byte) ICMP);
        assertThat(fast.hits()).isEqualTo(1);
        assertThat(fast.packets(lastAdded)).as("what it has counted stays").isEqualTo(1);

        ports = cable.onOwn(() -> above.open(fast, 1)); // the same flows, for another port
        opened.addAll(ports);
        byKernel(frame);
        assertThat(fast.packets(lastAdded)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void isOneForAllPortsOfAnInterface(Above above) throws Exception {
        open(above, 2);
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            byte[] frame = packet(i % 2 == 1, 17, 1000 + i).bytes();
            frame[35] = (byte) i; // outer source port: the flow's worker
            frame[40] = 0;
            frame[41] = 0;
            frames.add(frame);
            assertThat(byHandler(frame, true)).isEqualTo(FastPathPacket.reply(frame));
        }
        assertThat(handled).isEqualTo(32);
        if (above != Above.AF_XDP) { // veth does not tell the stack of queues
            assertThat(ports).allMatch(port -> port.counters().received() > 0);
        }
        for (byte[] frame : frames) {
            assertThat(byKernel(frame)).isEqualTo(FastPathPacket.reply(frame));
        }
        ports.get(0).close();
        for (byte[] frame : frames) {
            assertThat(exchange(frame)).isEqualTo(FastPathPacket.reply(frame));
        }
        assertThat(fast.hits()).isEqualTo(2 * 32);
        assertThat(link()).contains("prog/xdp");
        ports.get(1).close();
        assertThat(link()).doesNotContain("xdp");
    }

    @ParameterizedTest
    @EnumSource
    void survivesTheInterfaceGoingDownAndUp(Above above) throws Exception {
        open(above, 1);
        byte[] frame = packet(true, 6, 1000).bytes();
        byHandler(frame, true);
        for (int i = 0; i < 2; i++) {
            byKernel(frame);
            cable.runOnOwn("ip link set " + Cable.OWN + " down");
            cable.runOnOwn("ip link set " + Cable.OWN + " up");
            fast.vouch(System.nanoTime());
        }
        byKernel(frame);
        byHandler(packet(true, 6, 1001).bytes(), true);
    }

    @ParameterizedTest
    @EnumSource(names = {"AF_XDP", "AF_PACKET"})
    void leavesNothingBehindWhenKilled(Above above) throws Exception {
        lay(1);
        FastPathPacket packet = packet(false, 17, 1000);
        byte[] frame = packet.bytes();
        try (PortProgram program =
                PortProgram.start(cable, FastPathPortProgram.class, above.name())) {
            assertThat(program.says()).contains(", fast path");
            assertThat(exchange(frame)).isEqualTo(FastPathPacket.reply(frame));
            program.signal("STOP"); // now it is the kernel that answers, for as long as it may
            assertThat(exchange(frame)).isEqualTo(FastPathPacket.reply(frame));
            Thread.sleep(FastPathPortProgram.LEASE);
            node.send(frame);
            assertThat(node.receive(0)).isEmpty();
            assertThat(link()).contains("prog/xdp");
            program.kill();
        }
        for (long end = deadline(); link().contains("xdp"); ) {
            assertThat(System.nanoTime() - end).as("the program goes").isNegative();
        }
        assertThat(exchange(frame)[PROTOCOL]).isEqualTo((byte) ICMP);
    }

    @ParameterizedTest
    @EnumSource(names = {"AF_XDP", "AF_PACKET"})
    void changesNoPortsAndSaysSo(Above above) throws Exception {
        lay(1);
        fast = FastPath.builder().flows(1).allowFrom(0, -1).open();
        opened.add(fast);
        assertThatThrownBy(
                        () ->
                                cable.onOwn(
                                        () ->
                                                above == Above.AF_XDP
                                                        ? AfXdpPort.builder(Cable.OWN)
                                                                .peerPort(6082)
                                                                .fastPath(fast)
                                                                .open()
                                                        : AfPacketPort.builder(Cable.OWN)
                                                                .peerPort(6082)
                                                                .fastPath(fast)
                                                                .open()))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "a fast path leaves UDP ports as they are, but requests come to 6081 and"
                                + " replies go to 6082");
        assertThat(link()).doesNotContain("xdp");
    }

    private static FastPathPacket packet(boolean ipv6, int protocol, int sourcePort) {
        FastPathPacket packet = new FastPathPacket();
        packet.ipv6 = ipv6;
        packet.protocol = protocol;
        packet.sourcePort = sourcePort;
        return packet;
    }

    /** {@return the reply to a frame that the kernel is to return by itself} */
    private byte[] byKernel(byte[] frame) throws IOException {
        long before = fast.hits();
        byte[] reply = exchange(frame);
        assertThat(fast.hits() - before).isEqualTo(1);
        for (PacketPort port : ports) {
            assertThat(port.poll(PacketHandlers.failing(), 64)).isZero();
        }
        return reply;
    }

    /** {@return the reply to a frame that is to come up to a handler, which may add its flow} */
    private byte[] byHandler(byte[] frame, boolean adds) throws IOException {
        PacketHandler handler =
                (buffer, offset, length, source) -> {
                    handled++;
                    if (adds) {
                        lastAdded = add(buffer, offset, length);
                    }
                    return PacketHandler.UNCHANGED;
                };
        long hits = fast.hits();
        node.send(frame);
        long end = deadline();
        for (int done = 0; done == 0; ) {
            for (PacketPort port : ports) {
                done += port.poll(handler, 64);
            }
            assertThat(System.nanoTime() - end).as("waiting for a datagram").isNegative();
        }
        assertThat(fast.hits()).isEqualTo(hits);
        return next();
    }

    private int add(ByteBuf buffer, int offset, int length) {
        int flow = fast.add(buffer, offset, length, GENERATION, System.nanoTime());
        assertThat(flow).isNotEqualTo(FastPath.NONE);
        return flow;
    }

    private byte[] exchange(byte[] frame) {
        node.send(frame);
        return next();
    }

    private byte[] next() {
        long end = deadline();
        while (true) {
            byte[] frame = node.receive();
            if (frame != null && !Arrays.equals(frame, 12, 14, new byte[] {8, 6}, 0, 2)) { // ARP
                return frame;
            }
            assertThat(System.nanoTime() - end).as("waiting for a frame").isNegative();
        }
    }

    private String link() throws Exception {
        return cable.runOnOwn("ip link show " + Cable.OWN);
    }

    private static long deadline() {
        return System.nanoTime() + PATIENCE_NANOS;
    }
}
