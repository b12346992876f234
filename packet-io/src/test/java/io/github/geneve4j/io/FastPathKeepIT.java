package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.io.sys.Requirement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A fast path that outlives its process: for how long, for whom, and who takes over. */
@Timeout(60)
class FastPathKeepIT {
    @TempDir private Path folder;
    private Cable cable;
    private FrameSocket node;

    @BeforeEach
    void open() throws Exception {
        Requirement.root();
        Cable.run("mount -t bpf bpf " + folder);
        cable = new Cable();
        node = cable.onNode(() -> FrameSocket.open(Cable.NODE));
    }

    @AfterEach
    void close() throws Exception {
        Cable.close(node, cable);
        Cable.run("umount " + folder);
    }

    @Test
    void returnsJudgedFlowsUntilTheLeaseIsOverOrAnotherTakesOver() throws Exception {
        byte[] judged = frame(1);
        byte[] unknown = frame(2);
        PortProgram first = start();
        assertThat(exchange(judged)).hasSize(1); // by the process, which adds its flow
        assertThat(exchange(judged)).hasSize(1);
        first.kill();
        assertThat(exchange(judged)).hasSize(1);
        assertThat(exchange(unknown)).as("nobody, not even the kernel by ICMP").isEmpty();
        assertThat(names()).hasSize(1);

        PortProgram second = start();
        assertThat(exchange(unknown)).hasSize(1);
        assertThat(exchange(judged)).hasSize(1);
        assertThat(exchange(judged)).hasSize(1);
        second.kill();
        assertThat(exchange(judged)).hasSize(1);
        Thread.sleep(FastPathPortProgram.LEASE.toMillis() + 100);
        long unreachables = cable.unreachablesSent();
        node.send(judged);
        assertThat(node.receive(1)).doesNotContain(reply(judged));
        assertThat(cable.unreachablesSent())
                .as("as if nothing was there")
                .isGreaterThan(unreachables);
        assertThat(cable.runOnOwn("ip -details link show " + Cable.OWN)).contains("prog/xdp");
        try (PortProgram other = PortProgram.start(cable)) {
            assertThat(other.says()).startsWith("AF_PACKET");
            assertThat(exchange(unknown)).as("another kind of port").hasSize(1);
        }
    }

    @Test
    void takesTheProgramAwayWhenItIsClosed() throws Exception {
        try (FastPath fast = FastPathPortProgram.kept(folder)) {
            AfXdpPort port = cable.onOwn(() -> AfXdpPort.builder(Cable.OWN).fastPath(fast).open());
            assertThat(names()).hasSize(1).allMatch(name -> name.endsWith("-" + Cable.OWN));
            port.close();
        }
        assertThat(names()).isEmpty();
        assertThat(cable.runOnOwn("ip -details link show " + Cable.OWN)).doesNotContain("xdp");
    }

    @Test
    void aNameThatIsLeftOfAnInterfaceThatIsGoneIsTakenAgain() throws Exception {
        start().kill();
        cable.runOnOwn("ip link delete " + Cable.OWN);
        cable.runOnOwn(
                "ip link add "
                        + Cable.OWN
                        + " address "
                        + Cable.OWN_MAC
                        + " type veth peer name x");
        cable.runOnOwn("ip addr add " + Cable.OWN_ADDRESS + "/24 dev " + Cable.OWN);
        cable.runOnOwn("ip link set " + Cable.OWN + " up");
        try (FastPath fast = FastPathPortProgram.kept(folder);
                AfXdpPort port =
                        cable.onOwn(() -> AfXdpPort.builder(Cable.OWN).fastPath(fast).open())) {
            assertThat(port.toString()).contains("fast path");
            assertThat(cable.runOnOwn("ip -details link show " + Cable.OWN)).contains("prog/xdp");
        }
    }

    @Test
    void aNameThatIsLeftOfAnInterfaceThatIsCalledOtherwiseNowIsTakenAgain() throws Exception {
        start().kill();
        rename("other0");
        cable.runOnOwn("ip link add " + Cable.OWN + " type veth peer name x");
        cable.runOnOwn("ip addr add 10.82.1.2/24 dev " + Cable.OWN);
        cable.runOnOwn("ip link set " + Cable.OWN + " up");
        try (FastPath fast = FastPathPortProgram.kept(folder);
                AfXdpPort port =
                        cable.onOwn(() -> AfXdpPort.builder(Cable.OWN).fastPath(fast).open())) {
            assertThat(port.toString()).contains("fast path");
            assertThat(cable.runOnOwn("ip -details link show " + Cable.OWN)).contains("prog/xdp");
            assertThat(cable.runOnOwn("ip -details link show other0")).doesNotContain("xdp");
            assertThat(names()).hasSize(1);
        }
    }

    /** As VLANs have it; the file system takes none. */
    @Test
    void anInterfaceMayHaveADotInItsName() throws Exception {
        rename("own0.7");
        try (FastPath fast = FastPathPortProgram.kept(folder)) {
            AfXdpPort port = cable.onOwn(() -> AfXdpPort.builder("own0.7").fastPath(fast).open());
            assertThat(names()).hasSize(1).allMatch(name -> name.endsWith("-own0:7"));
            port.close();
        }
        assertThat(names()).isEmpty();
    }

    private void rename(String name) throws Exception {
        cable.runOnOwn("ip link set " + Cable.OWN + " down");
        cable.runOnOwn("ip link set " + Cable.OWN + " name " + name);
        cable.runOnOwn("ip link set " + name + " up");
    }

    @Test
    void saysWhatTheFolderHasToBe(@TempDir Path ordinary) throws Exception {
        try (FastPath fast = FastPathPortProgram.kept(ordinary)) {
            assertThatThrownBy(
                            () ->
                                    cable.onOwn(
                                            () ->
                                                    AfXdpPort.builder(Cable.OWN)
                                                            .fastPath(fast)
                                                            .open()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("needs a file system of type bpf there");
            assertThatThrownBy(
                            () ->
                                    cable.onOwn(
                                            () ->
                                                    AfPacketPort.builder(Cable.OWN)
                                                            .fastPath(fast)
                                                            .open()))
                    .hasMessage("keeps no program when the process ends; af_xdp does");
        }
        assertThat(cable.runOnOwn("ip -details link show " + Cable.OWN)).doesNotContain("xdp");
    }

    private PortProgram start() throws IOException {
        PortProgram program =
                PortProgram.start(
                        cable,
                        FastPathPortProgram.class,
                        PortKind.AF_XDP.name(),
                        folder.toString());
        assertThat(program.says()).contains(", GENERIC, fast path; ");
        return program;
    }

    private List<String> names() throws IOException {
        try (Stream<Path> names = Files.list(folder)) {
            return names.map(name -> name.getFileName().toString())
                    .filter(name -> name.startsWith("geneve4j"))
                    .toList();
        }
    }

    private List<byte[]> exchange(byte[] frame) throws IOException {
        node.send(frame);
        List<byte[]> frames = node.receive(1);
        frames.forEach(back -> assertThat(back).isEqualTo(reply(frame)));
        return frames;
    }

    private static byte[] frame(int source) {
        FastPathPacket packet = new FastPathPacket();
        packet.checksum = false;
        packet.source = source;
        ByteBuffer frame = ByteBuffer.wrap(packet.bytes());
        frame.putShort(0, (short) 0x0282).putInt(2, 2).putShort(6, (short) 0x0282).putInt(8, 1);
        frame.putInt(26, 0x0a52_0001).putInt(30, 0x0a52_0002).putShort(24, (short) 0);
        int sum = 0;
        for (int i = 14; i < 34; i += 2) {
            sum += Short.toUnsignedInt(frame.getShort(i));
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return frame.putShort(24, (short) ~(sum + (sum >>> 16))).array();
    }

    /** The time to live is a port's already. */
    private static byte[] reply(byte[] request) {
        ByteBuffer frame = ByteBuffer.wrap(request.clone());
        frame.putInt(8, 2).putInt(2, 1);
        frame.putInt(26, 0x0a52_0002).putInt(30, 0x0a52_0001);
        return frame.array();
    }
}
