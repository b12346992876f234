package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.io.bpf.BpfMap;
import io.github.geneve4j.io.bpf.BpfProgram;
import io.github.geneve4j.io.bpf.Bytecode;
import io.github.geneve4j.io.bpf.MapType;
import io.github.geneve4j.io.bpf.ProgramRun;
import io.github.geneve4j.io.bpf.ProgramType;
import io.github.geneve4j.io.bpf.XdpContext;
import io.github.geneve4j.io.sys.Requirement;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The fast path's program, run by the kernel on one packet after the other. */
class FastPathIT {
    private static final int PORT = 6081;
    private static final int MTU = 1500;
    private static final int GENERATION = 3;

    private FastPath fast;
    private BpfProgram program;

    @BeforeAll
    static void root() {
        Requirement.root();
    }

    @BeforeEach
    void open() throws IOException {
        fast = FastPath.builder().flows(1024).allowFrom(0x0a01_0200, 0x0a01_027f).open();
        program =
                load(
                        fast.program(
                                PORT,
                                new int[] {1, FastPathPacket.OWN},
                                FastPathPacket.MAC,
                                MTU,
                                -1));
        fast.generation(GENERATION);
        fast.vouch(System.nanoTime());
    }

    private static BpfProgram load(Bytecode code) throws IOException {
        return BpfProgram.load(ProgramType.XDP, "fast", code);
    }

    @AfterEach
    void close() {
        program.close();
        fast.close();
    }

    @ParameterizedTest
    @CsvSource({"false, 17", "false, 6", "true, 17", "true, 6"})
    void returnsThePacketsOfAFlowInItsDirectionAlone(boolean ipv6, int protocol)
            throws IOException {
        FastPathPacket packet = new FastPathPacket();
        packet.ipv6 = ipv6;
        packet.protocol = protocol;
        packet.timeToLive = 254;
        passes(packet.bytes(), FastPathMiss.UNKNOWN);
        int flow = add(packet.bytes());
        assertThat(flow).isNotEqualTo(FastPath.NONE);
        for (int i = 1; i <= 3; i++) {
            packet.cookie += i;
            packet.payload = 100 * i;
            returns(packet.bytes());
        }
        int headers = (ipv6 ? 40 : 20) + (protocol == 6 ? 20 : 8);
        assertThat(fast.packets(flow)).isEqualTo(3);
        assertThat(fast.bytes(flow)).isEqualTo(3 * headers + 600);
        assertThat(fast.cookie(flow)).isEqualTo(packet.cookie);
        assertThat(fast.hits()).isEqualTo(3);
        assertThat(fast.hitBytes()).isEqualTo(3 * headers + 600);
        packet.source = 2;
        packet.destination = 1;
        packet.sourcePort = 443;
        packet.destinationPort = 40_000;
        passes(packet.bytes(), FastPathMiss.UNKNOWN);
        int back = add(packet.bytes());
        returns(packet.bytes());
        assertThat(fast.size()).isEqualTo(2);
        assertThat(fast.remove(flow, System.nanoTime())).isEqualTo(3);
        returns(packet.bytes());
        assertThat(fast.remove(back, System.nanoTime())).isEqualTo(2);
        passes(packet.bytes(), FastPathMiss.UNKNOWN);
        assertThat(fast.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyPartOfTheKeyCounts(boolean ipv6) throws IOException {
        FastPathPacket packet = new FastPathPacket();
        packet.ipv6 = ipv6;
        byte[] frame = packet.bytes();
        add(frame);
        int addresses = FastPathPacket.INNER + (ipv6 ? 8 : 12);
        int[] starts = {FastPathPacket.GENEVE + 12, addresses};
        int[] ends = {FastPathPacket.GENEVE + 20, addresses + (ipv6 ? 36 : 12)};
        for (int part = 0; part < starts.length; part++) {
            for (int i = starts[part]; i < ends[part]; i++) {
                byte[] other = frame.clone();
                other[i] ^= 1;
                passes(other, FastPathMiss.UNKNOWN);
            }
        }
        packet.protocol = 6;
        passes(packet.bytes(), FastPathMiss.UNKNOWN);
        returns(frame);
    }

    @Test
    void anotherGenerationEndsAllAtOnceUntilTheyAreRenewed() throws IOException {
        byte[] frame = new FastPathPacket().bytes();
        int flow = add(frame);
        returns(frame);
        fast.generation(GENERATION + 1);
        passes(frame, FastPathMiss.GENERATION);
        assertThat(fast.generationOf(flow)).isEqualTo(GENERATION);
        fast.renew(flow, GENERATION + 1);
        returns(frame);
        assertThat(fast.packets(flow)).isEqualTo(2);
        fast.generation(FastPath.MAX_GENERATION);
        passes(frame, FastPathMiss.GENERATION);
        fast.renew(flow, FastPath.MAX_GENERATION);
        returns(frame);
        assertThat(fast.remove(flow, System.nanoTime())).isEqualTo(3);
    }

    @Test
    void nothingPassesBeforeAGenerationHolds() throws IOException {
        try (FastPath fresh = FastPath.builder().flows(1).allowFrom(0, -1).open();
                BpfProgram own =
                        load(
                                fresh.program(
                                        PORT,
                                        new int[] {FastPathPacket.OWN},
                                        FastPathPacket.MAC,
                                        MTU,
                                        -1))) {
            fresh.vouch(System.nanoTime());
            byte[] frame = new FastPathPacket().bytes();
            int flow =
                    fresh.add(
                            Unpooled.wrappedBuffer(frame),
                            FastPathPacket.GENEVE,
                            frame.length - FastPathPacket.GENEVE,
                            1,
                            System.nanoTime());
            assertThat(ProgramRun.of(own, frame).result()).isEqualTo(XdpContext.PASS);
            fresh.generation(1);
            assertThat(ProgramRun.of(own, frame).result()).isEqualTo(XdpContext.TX);
            assertThat(fresh.packets(flow)).isEqualTo(1);
        }
    }

    @Test
    void limitsAreExact() throws IOException {
        FastPathPacket packet = new FastPathPacket();
        byte[] frame = packet.bytes();
        int flow = add(frame, 2, Long.MAX_VALUE);
        returns(frame);
        returns(frame);
        passes(frame, FastPathMiss.LIMIT);
        passes(frame, FastPathMiss.LIMIT);
        assertThat(fast.packets(flow)).isEqualTo(2);
        assertThat(fast.bytes(flow)).isEqualTo(2 * 38);
        packet.sourcePort++;
        byte[] other = packet.bytes();
        flow = add(other, 0xffff_ffffL, 2 * 38);
        returns(other);
        returns(other);
        passes(other, FastPathMiss.LIMIT);
        assertThat(fast.bytes(flow)).isEqualTo(2 * 38);
        packet.sourcePort++;
        add(packet.bytes(), 0, 0);
        passes(packet.bytes(), FastPathMiss.LIMIT);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSuspendedFlowKeepsItsPlaceAndItsCounts(boolean ipv6) throws IOException {
        FastPathPacket packet = new FastPathPacket();
        packet.ipv6 = ipv6;
        byte[] frame = packet.bytes();
        int length = frame.length - FastPathPacket.INNER;
        int flow = add(frame);
        assertThat(fast.suspend(flow)).isZero(); // and its slot is not free
        assertThat(fast.isSuspended(flow)).isTrue();
        packet.sourcePort++;
        for (int i = 0; i < 8; i++) {
            assertThat(add(packet.bytes())).isNotEqualTo(flow);
        }
        passes(frame, FastPathMiss.GENERATION);
        fast.renew(flow, GENERATION);
        assertThat(fast.isSuspended(flow)).isFalse();
        returns(frame);
        assertThat(fast.suspend(flow)).isEqualTo(1);
        assertThat(fast.suspend(flow)).isEqualTo(1);
        assertThat(fast.generationOf(flow)).isZero();
        passes(frame, FastPathMiss.GENERATION);
        assertThat(fast.packets(flow)).isEqualTo(1);
        assertThat(fast.bytes(flow)).isEqualTo(length);
        fast.renew(flow, GENERATION);
        returns(frame);
        assertThat(fast.suspend(flow)).isEqualTo(2);
        assertThat(fast.remove(flow, System.nanoTime())).isEqualTo(2);
        assertThat(fast.bytes(flow)).isEqualTo(2 * length);
    }

    @Test
    void laterLimitsBeginWithWhatHasPassed() throws IOException {
        byte[] frame = new FastPathPacket().bytes();
        int flow = add(frame, 1, Long.MAX_VALUE);
        returns(frame);
        passes(frame, FastPathMiss.LIMIT);
        fast.renew(flow, GENERATION, 2, Long.MAX_VALUE);
        returns(frame);
        returns(frame);
        passes(frame, FastPathMiss.LIMIT);
        fast.suspend(flow);
        fast.renew(flow, GENERATION, 0xffff_ffffL, 2 * 38);
        returns(frame);
        fast.renew(flow, GENERATION, 0xffff_ffffL, 38); // fewer than there were
        returns(frame);
        passes(frame, FastPathMiss.LIMIT);
        fast.renew(flow, GENERATION, 0, Long.MAX_VALUE);
        passes(frame, FastPathMiss.LIMIT);
        fast.renew(flow, GENERATION, 0xffff_ffffL, 37);
        passes(frame, FastPathMiss.LIMIT);
        fast.renew(flow, GENERATION, 0xffff_ffffL, Long.MAX_VALUE);
        returns(frame);
        assertThat(fast.packets(flow)).isEqualTo(6);
        assertThat(fast.bytes(flow)).isEqualTo(6 * 38);
        assertThatThrownBy(() -> fast.renew(flow, GENERATION, -1, 0))
                .hasMessage("limits of -1 packets, 0 bytes");
        assertThatThrownBy(() -> fast.renew(flow, GENERATION, 0, -1))
                .hasMessage("limits of 0 packets, -1 bytes");
        assertThatThrownBy(() -> fast.renew(flow, GENERATION, 1L << 32, 0))
                .hasMessage("limits of 4294967296 packets, 0 bytes");
        assertThatThrownBy(() -> fast.renew(flow, 0, 1, 1))
                .hasMessage("generation 0: not 1 to 2147483647");
    }

    @Test
    void nothingPassesWithoutAnOwnerThatVouches() throws Exception {
        try (FastPath leased =
                        FastPath.builder()
                                .flows(1)
                                .allowFrom(0, -1)
                                .lease(Duration.ofMillis(60))
                                .open();
                BpfProgram own =
                        load(
                                leased.program(
                                        PORT,
                                        new int[] {FastPathPacket.OWN},
                                        FastPathPacket.MAC,
                                        MTU,
                                        -1))) {
            byte[] frame = new FastPathPacket().bytes();
            leased.generation(1);
            leased.add(
                    Unpooled.wrappedBuffer(frame),
                    FastPathPacket.GENEVE,
                    frame.length - FastPathPacket.GENEVE,
                    1,
                    System.nanoTime());
            assertThat(ProgramRun.of(own, frame).result()).isEqualTo(XdpContext.PASS);
            leased.vouch(System.nanoTime());
            assertThat(ProgramRun.of(own, frame).result()).isEqualTo(XdpContext.TX);
            Thread.sleep(80);
            assertThat(ProgramRun.of(own, frame).result()).isEqualTo(XdpContext.PASS);
            assertThat(leased.misses(FastPathMiss.LEASE)).isEqualTo(2);
            leased.vouch(System.nanoTime());
            assertThat(ProgramRun.of(own, frame).result()).isEqualTo(XdpContext.TX);
        }
    }

    @Test
    void isSeenWhenThePacketsPass() throws Exception {
        byte[] frame = new FastPathPacket().bytes();
        int flow = add(frame);
        Thread.sleep(30);
        long before = System.nanoTime();
        returns(frame);
        assertThat(fast.lastSeenNs(flow)).isBetween(before, System.nanoTime());
    }

    @Test
    void aSlotRestsBeforeAnotherFlowGetsIt() throws IOException {
        try (FastPath small = FastPath.builder().flows(1).allowFrom(0, -1).open()) {
            byte[] frame = new FastPathPacket().bytes();
            long now = System.nanoTime();
            int room = 4; // the only bucket is both of a flow's
            for (int i = 0; i < room; i++) {
                assertThat(addTo(small, frame, now)).isNotEqualTo(FastPath.NONE);
            }
            assertThat(addTo(small, frame, now)).isEqualTo(FastPath.NONE);
            assertThat(small.refused()).isEqualTo(1);
            small.remove(0, now);
            assertThat(addTo(small, frame, now + 99_999_999)).isEqualTo(FastPath.NONE);
            assertThat(addTo(small, frame, now + 100_000_000)).isZero();
            assertThat(small.size()).isEqualTo(room);
        }
    }

    @Test
    void holdsWhatItIsMadeFor() throws IOException {
        FastPathPacket packet = new FastPathPacket();
        Map<Integer, byte[]> flows = new HashMap<>();
        for (int i = 0; i < fast.capacity(); i++) {
            packet.source = i;
            int flow = add(packet.bytes());
            if (flow != FastPath.NONE) {
                assertThat(flows.put(flow, packet.bytes())).isNull();
            }
        }
        assertThat(fast.capacity()).isEqualTo(2048);
        assertThat(flows).hasSizeGreaterThan(2000);
        for (byte[] frame : flows.values()) {
            returns(frame);
        }
        flows.keySet().forEach(flow -> assertThat(fast.packets(flow)).isEqualTo(1));
    }

    @ParameterizedTest(name = "{2}: byte {0} = {1}")
    @CsvSource({
        "14, 46, OUTER, IP options are not for it",
        "20, 20, OUTER",
        "20, 00, OUTER",
        "16, 01, OUTER",
        "24, ee, OUTER",
        "38, 01, OUTER",
        "42, 09, OUTER",
        "42, 48, OUTER",
        "43, 80, OUTER",
        "43, 40, OUTER",
        "43, 01, OUTER",
        "44, 65, OUTER",
        "46, 01, OUTER",
        "49, 01, OUTER",
        "50, 02, OUTER",
        "52, 81, OUTER",
        "53, 22, OUTER",
        "64, 03, OUTER",
        "76, 02, OUTER",
        "82, 46, INNER",
        "82, 65, INNER",
        "84, 01, INNER",
        "88, 20, INNER",
        "89, 01, INNER",
        "91, 84, INNER",
        "29, 80, ORIGIN",
    })
    void leavesWhatIsUnusual(int offset, String value, String cause) throws IOException {
        byte[] frame = new FastPathPacket().bytes();
        add(frame);
        frame[offset] = (byte) Integer.parseInt(value, 16);
        byte[] before = frame.clone();
        long counted = Arrays.stream(FastPathMiss.values()).mapToLong(fast::misses).sum();
        ProgramRun run = ProgramRun.of(program, frame);
        assertThat(run.result()).isEqualTo(XdpContext.PASS);
        assertThat(run.packet()).isEqualTo(before);
        boolean elsewhere = offset == 14; // what is not read as the port's is not counted
        assertThat(Arrays.stream(FastPathMiss.values()).mapToLong(fast::misses).sum() - counted)
                .isEqualTo(elsewhere ? 0 : 1);
        if (!elsewhere && offset != 20 && offset != 16) {
            String expected = offset == 29 ? "OUTER" : cause; // or the checksum, which comes later
            assertThat(
                            fast.misses(FastPathMiss.valueOf(cause))
                                    + fast.misses(FastPathMiss.valueOf(expected)))
                    .isPositive();
        }
    }

    /** Any packet, with some bits wrong or none, against what a port would do with it. */
    @Test
    void returnsExactlyWhatAPortWouldOfTheFlowsThatItHas() throws IOException {
        Random random = new Random(19);
        Map<FlowOf, Integer> flows = new HashMap<>();
        Map<FlowOf, Long> packets = new HashMap<>();
        int returned = 0;
        int rounds = Integer.getInteger("geneve4j.fastpath.packets", 60_000);
        for (int i = 0; i < rounds; i++) {
            if (i % 1000 == 0) {
                fast.vouch(System.nanoTime());
            }
            FastPathPacket packet = FastPathPacket.random(random);
            byte[] frame = packet.bytes();
            for (int wrong = random.nextInt(4) - 1; wrong > 0; wrong--) {
                frame[random.nextInt(Math.min(frame.length, 144))] ^=
                        (byte) (1 << random.nextInt(8));
            }
            if (random.nextInt(16) == 0) {
                frame = Arrays.copyOf(frame, 14 + random.nextInt(frame.length));
            }
            FlowOf key = FlowOf.usual(frame);
            ProgramRun run = ProgramRun.of(program, frame);
            boolean expected = key != null && flows.containsKey(key);
            assertThat(run.result())
                    .as("packet %d", i)
                    .isEqualTo(expected ? XdpContext.TX : XdpContext.PASS);
            if (expected) {
                assertThat(run.packet()).isEqualTo(FastPathPacket.reply(frame));
                packets.merge(key, 1L, Long::sum);
                returned++;
            } else {
                assertThat(run.packet()).isEqualTo(frame);
            }
            if (key != null && random.nextInt(8) == 0) {
                Integer flow = flows.remove(key);
                if (flow == null) {
                    int added = add(frame);
                    if (added != FastPath.NONE) { // all slots of its buckets may be at rest
                        flows.put(key, added);
                    }
                } else {
                    assertThat(fast.remove(flow, System.nanoTime()))
                            .isEqualTo(packets.getOrDefault(key, 0L));
                    packets.remove(key);
                }
            }
        }
        assertThat(returned).isGreaterThan(rounds / 20);
        flows.forEach(
                (key, flow) ->
                        assertThat(fast.packets(flow)).isEqualTo(packets.getOrDefault(key, 0L)));
    }

    @Test
    void leavesTheRestToTheSocketsOfItsPort() throws IOException {
        try (BpfMap sockets = BpfMap.create(MapType.XSKMAP, "sockets", 4, 4, 1);
                BpfProgram redirect =
                        load(
                                fast.program(
                                        PORT,
                                        new int[] {FastPathPacket.OWN},
                                        FastPathPacket.MAC,
                                        MTU,
                                        sockets.descriptor()))) {
            byte[] frame = new FastPathPacket().bytes();
            assertThat(ProgramRun.of(redirect, frame).result()).isEqualTo(XdpContext.PASS);
            add(frame);
            assertThat(ProgramRun.of(redirect, frame).result()).isEqualTo(XdpContext.TX);
        }
    }

    @Test
    void takesNoFlowThatTheKernelCannotReturn() throws IOException {
        byte[] frame = new FastPathPacket().bytes();
        for (int offset : new int[] {42, 46, 50, 62, 74, 82, 88, 91}) {
            byte[] other = frame.clone();
            other[offset] ^= 0x21;
            assertThat(add(other)).as("byte %d", offset).isEqualTo(FastPath.NONE);
        }
        assertThat(fast.add(Unpooled.wrappedBuffer(frame), 42, 67, GENERATION, 0))
                .isEqualTo(FastPath.NONE);
        assertThat(fast.size()).isZero();
        assertThat(fast.refused()).isZero();
    }

    @Test
    void refusesWhatMakesNoSense() {
        FastPath.Builder builder = FastPath.builder();
        assertThatThrownBy(builder::open).hasMessage("a fast path needs an origin");
        assertThatThrownBy(() -> builder.flows(0)).hasMessage("flows 0: not 1 to 4194304");
        assertThatThrownBy(() -> builder.allowFrom(-1, 1))
                .hasMessageEndingWith("the wrong way round");
        assertThatThrownBy(() -> builder.lease(Duration.ZERO))
                .hasMessage("lease PT0S: not above zero, to PT24H");
        assertThatThrownBy(() -> builder.lease(Duration.ofDays(1).plusNanos(1)))
                .hasMessage("lease PT24H0.000000001S: not above zero, to PT24H");
        assertThatThrownBy(() -> fast.generation(0))
                .hasMessage("generation 0: not 1 to 2147483647");
        assertThatThrownBy(() -> fast.packets(FastPath.NONE)).hasMessage("flow -1: none");
        assertThatThrownBy(() -> AfPacketPort.builder("lo").port(6082).fastPath(fast).open())
                .isInstanceOf(IOException.class);
        for (int i = 0; i < 64; i++) {
            builder.allowFrom(i, i);
        }
        assertThatThrownBy(() -> builder.allowFrom(1, 1)).hasMessageStartingWith("more than 64");
    }

    private int add(byte[] frame) {
        return addTo(fast, frame, System.nanoTime());
    }

    private int add(byte[] frame, long mostPackets, long mostBytes) {
        return fast.add(
                Unpooled.wrappedBuffer(frame),
                FastPathPacket.GENEVE,
                frame.length - FastPathPacket.GENEVE,
                GENERATION,
                System.nanoTime(),
                mostPackets,
                mostBytes);
    }

    private static int addTo(FastPath fast, byte[] frame, long nowNs) {
        return fast.add(
                Unpooled.wrappedBuffer(frame),
                FastPathPacket.GENEVE,
                frame.length - FastPathPacket.GENEVE,
                GENERATION,
                nowNs);
    }

    private void returns(byte[] frame) throws IOException {
        ProgramRun run = ProgramRun.of(program, frame);
        assertThat(run.result()).isEqualTo(XdpContext.TX);
        assertThat(run.packet()).isEqualTo(FastPathPacket.reply(frame));
    }

    private void passes(byte[] frame, FastPathMiss cause) throws IOException {
        long before = fast.misses(cause);
        ProgramRun run = ProgramRun.of(program, frame);
        assertThat(run.result()).isEqualTo(XdpContext.PASS);
        assertThat(run.packet()).isEqualTo(frame);
        assertThat(fast.misses(cause) - before).as("%s", cause).isEqualTo(1);
    }
}
