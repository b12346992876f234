package io.github.geneve4j.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.geneve4j.io.NetworkNamespace;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The generator on a cable in a namespace, against a hairpin that is right, or wrong on purpose.
 */
@Timeout(60)
@Isolated("counts the sockets of the whole process")
class LoadGeneratorIT {
    private static final String NAMESPACE = "g4j-load-" + ProcessHandle.current().pid();
    private static final long NODE_MAC = 0x0200_0000_0a01L;
    private static final long APPLIANCE_MAC = 0x0200_0000_0a02L;
    private static final Wire WIRE =
            new Wire("load0", NODE_MAC, APPLIANCE_MAC, 0x0a52_0001, 0x0a52_0002);
    private static final long RUN_NANOS = 200_000_000;
    private static final long PATIENCE_NANOS = 5_000_000_000L; // the machine may be busy

    @BeforeAll
    static void layTheCable() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            if (System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") != null) {
                fail("needs root, and must not be skipped here");
            }
            abort("needs root");
        }
        run("ip", "netns", "add", NAMESPACE);
        run("ip", "-n", NAMESPACE, "link", "add", "load0", "type", "veth", "peer", "name", "hair0");
        for (String feature : List.of("tx", "sg", "tx-udp-segmentation")) {
            run("ip", "netns", "exec", NAMESPACE, "ethtool", "-K", "load0", feature, "off");
        }
        for (String device : List.of("load0", "hair0", "lo")) {
            run("ip", "-n", NAMESPACE, "link", "set", device, "up");
        }
    }

    @AfterAll
    static void removeIt() throws Exception {
        new ProcessBuilder("ip", "netns", "delete", NAMESPACE).start().waitFor();
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
    }

    private static LoadGenerator open(Wire wire, InnerKind inner) throws Exception {
        return open(wire, new Load(inner, 200, 16));
    }

    private static LoadGenerator open(Wire wire, Load load) throws Exception {
        return NetworkNamespace.named(NAMESPACE)
                .call(() -> LoadGenerator.open(wire, load, ReplyRule.PORTS_KEPT, 64));
    }

    @ParameterizedTest
    @EnumSource
    void aRightApplianceIsFlawless(InnerKind inner) throws Exception {
        try (Hairpin hairpin = Hairpin.open(false);
                LoadGenerator generator = open(WIRE, inner)) {
            LoadResult result = generator.closedLoop(32, RUN_NANOS, PATIENCE_NANOS);

            assertThat(result.flaws()).isEmpty();
            assertThat(result.isFlawless()).isTrue();
            assertThat(result.sent()).isPositive().isEqualTo(hairpin.received);
            assertThat(result.rate()).isPositive();
            assertThat(result.latency().getTotalCount()).as("not of a full pipe").isZero();
        }
    }

    /** What the kernel cuts apart arrives as what it was, byte for byte, also after single ones. */
    @ParameterizedTest
    @CsvSource({"UDP4, 64, 16", "TCP6, 201, 8", "UDP4, 1400, 2", "TCP4, 333, 16"})
    void packetsHandedOverTogetherArriveAsThemselves(InnerKind inner, int length, int together)
            throws Exception {
        Load load = new Load(inner, length, 16, together);
        try (Hairpin hairpin = Hairpin.open(false);
                LoadGenerator generator = open(WIRE, load)) {
            for (int window : new int[] {64, 1, 31, 64}) {
                LoadResult result = generator.closedLoop(window, RUN_NANOS / 4, PATIENCE_NANOS);

                assertThat(result.flaws()).as("window of %d", window).isEmpty();
                assertThat(result.sent()).isPositive().isEqualTo(result.right());
            }
            assertThat(hairpin.changedIds).as("counted up by whoever cuts").isPositive();
        }
    }

    @Test
    void oneAtATimeTellsTheLatency() throws Exception {
        try (Hairpin _ = Hairpin.open(false);
                LoadGenerator generator = open(WIRE, InnerKind.UDP4)) {
            LoadResult result = generator.closedLoop(1, RUN_NANOS, PATIENCE_NANOS);

            assertThat(result.isFlawless()).isTrue();
            assertThat(result.latency().getTotalCount()).isEqualTo(result.right());
            assertThat(result.latency().getMaxValue()).isPositive();
        }
    }

    /** Everything that can become of a packet is counted as what it is, and as often as it was. */
    @Test
    void everyFaultIsCounted() throws Exception {
        try (Hairpin hairpin = Hairpin.open(true);
                LoadGenerator generator = open(WIRE, InnerKind.UDP4)) {
            LoadResult result = generator.openLoop(2_000, RUN_NANOS);

            assertThat(result.sent()).isEqualTo(hairpin.received).isGreaterThan(100);
            assertThat(result.doubled()).isEqualTo(hairpin.doubled).isPositive();
            assertThat(result.foreign()).isEqualTo(hairpin.foreign).isPositive();
            assertThat(result.corrupt())
                    .isEqualTo(hairpin.changed + hairpin.unreadable)
                    .isPositive();
            assertThat(result.lost()).isEqualTo(hairpin.dropped + hairpin.unreadable).isPositive();
            assertThat(result.right())
                    .isEqualTo(result.sent() - result.lost() - hairpin.changed)
                    .isPositive();
            assertThat(result.late() + result.reordered() + result.ringDrops()).isZero();
            assertThat(result.isFlawless()).isFalse();
        }
    }

    /** The loopback interface has an MTU of 65,536; and what is opened is closed. */
    @Test
    void opensAndClosesOnLoopback() throws Exception {
        Wire loopback = new Wire("lo", NODE_MAC, APPLIANCE_MAC, 0x7f00_0001, 0x7f00_0002);
        open(loopback, InnerKind.UDP4).close();
        long before = descriptors();
        for (int i = 0; i < 5; i++) {
            open(loopback, InnerKind.UDP4).close();
        }
        assertThat(descriptors()).isLessThanOrEqualTo(before); // others may go meanwhile
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.filter(LoadGeneratorIT::isSocket).count();
        }
    }

    private static boolean isSocket(Path file) {
        try {
            return Files.readSymbolicLink(file).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // that of the listing itself
        }
    }

    /** Swaps the addresses of each frame, at the cable's other end. */
    private static final class Hairpin implements AutoCloseable {
        private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
        private static final int STAMP = Frames.GENEVE + 40 + InnerKind.UDP4.headersLength();

        private final FrameRing ring;
        private final int socket;
        private final boolean faulty;
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private volatile boolean running = true;

        volatile long received;
        volatile long dropped;
        volatile long doubled;
        volatile long changed;
        volatile long unreadable;
        volatile long foreign;
        volatile long changedIds;

        private Hairpin(FrameRing ring, int socket, boolean faulty) {
            this.ring = ring;
            this.socket = socket;
            this.faulty = faulty;
        }

        static Hairpin open(boolean faulty) throws Exception {
            return NetworkNamespace.named(NAMESPACE)
                    .call(
                            () -> {
                                NetworkDevice device = NetworkDevice.named("hair0");
                                Hairpin hairpin =
                                        new Hairpin(
                                                FrameRing.open(device, 1024),
                                                PacketSocket.openToSend(device),
                                                faulty);
                                Thread.ofPlatform().name("hairpin").start(hairpin::serve);
                                return hairpin;
                            });
        }

        private void serve() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment frame = arena.allocate(2048);
                while (running) {
                    if (ring.hasFrame()) {
                        int length = ring.frameLength();
                        MemorySegment.copy(ring.memory(), ring.frame(), frame, 0, length);
                        ring.free();
                        answer(frame, length);
                    } else {
                        Thread.onSpinWait();
                    }
                }
                ended.complete(null);
            } catch (SystemCallException | RuntimeException e) {
                ended.completeExceptionally(e);
            }
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // this thread alone writes
        private void answer(MemorySegment frame, int length) throws SystemCallException {
            swap(frame, Frames.ETHERNET, 6);
            swap(frame, Frames.IP + 12, 4);
            changedIds += frame.get(BYTE, Frames.IP + 5) != 0 ? 1 : 0;
            int kind = faulty ? (int) (received % 10) : 0;
            received++;
            switch (kind) {
                case 1 -> {
                    dropped++;
                    return;
                }
                case 3 -> {
                    doubled++;
                    send(frame, length);
                }
                case 5 -> {
                    changed++;
                    flip(frame, length - 1);
                }
                case 7 -> {
                    unreadable++;
                    flip(frame, STAMP);
                }
                case 9 -> {
                    foreign++;
                    send(frame, length);
                    flip(frame, Frames.IP + 9); // the protocol
                }
                default -> {}
            }
            send(frame, length);
        }

        private static void swap(MemorySegment frame, int at, int length) {
            for (int i = at; i < at + length; i++) {
                byte one = frame.get(BYTE, i);
                frame.set(BYTE, i, frame.get(BYTE, i + length));
                frame.set(BYTE, i + length, one);
            }
        }

        private static void flip(MemorySegment frame, int at) {
            frame.set(BYTE, at, (byte) (frame.get(BYTE, at) ^ 0x40));
        }

        private void send(MemorySegment frame, int length) throws SystemCallException {
            long sent = Libc.write(socket, frame, length);
            SystemCallException.require((int) sent, "write(hair0)");
        }

        @Override
        public void close() {
            running = false;
            ended.orTimeout(10, TimeUnit.SECONDS).join();
            ring.close();
            Libc.close(socket);
        }
    }
}
