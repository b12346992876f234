package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Condition.EQ;
import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R1;
import static io.github.geneve4j.io.bpf.Register.R10;
import static io.github.geneve4j.io.bpf.Register.R2;
import static io.github.geneve4j.io.bpf.Register.R3;
import static io.github.geneve4j.io.bpf.Size.U16;
import static io.github.geneve4j.io.bpf.Size.U32;
import static io.github.geneve4j.io.bpf.Size.U64;
import static io.github.geneve4j.io.bpf.Size.U8;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.io.sys.Requirement;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs as the kernel takes and runs them. */
class BpfIT {
    private static final int PORT = 6081;
    private static final int OWN = 0x0a01_02c8; // 10.1.2.200
    private static final int[] ADDRESSES = {0xac10_0001, OWN};

    private static final int LOOPBACK = 1; // number of lo, in every namespace
    private static final int TCX_NEXT = -1;

    private static final String ETHERNET = "02 00 00 00 0a 01  02 00 00 00 0b 02 ";
    private static final String IPV4 = "08 00 ";
    private static final String REQUEST =
            "45 00 00 24 00 00 00 00 ff 11 00 00  0a 01 02 03  0a 01 02 c8 " // IPv4
                    + "ea 60 17 c1 00 10 00 00  " // UDP 60000 -> 6081
                    + "00 00 08 00 00 00 00 00";
    private static final long MAC = 0x020000000a01L;
    private static final String PLAIN = ETHERNET + IPV4 + REQUEST;

    @BeforeAll
    static void root() {
        Requirement.root();
    }

    @Test
    void swapsAddressesInTheKernel() throws IOException {
        try (BpfProgram hairpin = hairpin()) {
            ProgramRun run = ProgramRun.of(hairpin, bytes(PLAIN));
            assertThat(run.result()).isEqualTo(XdpContext.TX);
            assertThat(run.packet())
                    .isEqualTo(
                            bytes(
                                    "02 00 00 00 0b 02  02 00 00 00 0a 01  08 00 "
                                            + "45 00 00 24 00 00 00 00 ff 11 00 00 "
                                            + "0a 01 02 c8  0a 01 02 03 "
                                            + "ea 60 17 c1 00 10 00 00 00 00 08 00 00 00 00 00"));
        }
    }

    @ParameterizedTest(name = "byte {0} = {1}: {2}")
    @CsvSource({
        "12, 86, another protocol",
        "14, 46, IP options",
        "20, 20, more fragments",
        "21, 01, a later fragment",
        "23, 06, TCP",
        "37, c2, another port",
    })
    void passesWhatTheHairpinIsNotFor(int offset, String value, String what) throws IOException {
        byte[] packet = bytes(PLAIN);
        packet[offset] = (byte) Integer.parseInt(value, 16);
        try (BpfProgram hairpin = hairpin()) {
            ProgramRun run = ProgramRun.of(hairpin, packet);
            assertThat(run.result()).as(what).isEqualTo(XdpContext.PASS);
            assertThat(run.packet()).isEqualTo(packet);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                PLAIN,
                ETHERNET + "81 00 00 64 " + IPV4 + REQUEST,
                ETHERNET + "88 a8 00 64 81 00 00 65 " + IPV4 + REQUEST,
            })
    void redirectsDatagramsToOwnAddresses(String packet) throws IOException {
        assertThat(redirected(bytes(packet))).isTrue();
    }

    @Test
    void redirectsWhateverTheKernelWouldAnswer() throws IOException {
        byte[] firstFragment = bytes(PLAIN);
        firstFragment[20] = 0x20;
        assertThat(redirected(firstFragment)).isTrue();
        String options =
                "47 00 00 2c 00 00 00 00 ff 11 00 00  0a 01 02 03  ac 10 00 01 "
                        + "01 01 01 01 01 01 01 00 ea 60 17 c1 00 10 00 00 00 00 08 00 00 00 00 00";
        assertThat(redirected(bytes(ETHERNET + IPV4 + options))).isTrue();
    }

    @ParameterizedTest(name = "byte {0} = {1}: {2}")
    @CsvSource({
        "12, 86, another protocol",
        "14, 65, not IPv4",
        "14, 44, a header too short",
        "14, 4f, a header beyond the packet",
        "21, 01, a later fragment",
        "23, 06, TCP",
        "33, c9, another address",
        "37, c2, another port",
    })
    void passesWhatIsNotForThePort(int offset, String value, String what) throws IOException {
        byte[] packet = bytes(PLAIN);
        packet[offset] = (byte) Integer.parseInt(value, 16);
        assertThat(redirected(packet)).as(what).isFalse();
    }

    @Test
    void passesThreeTagsAndEveryTruncation() throws IOException {
        String tags = "81 00 00 64 81 00 00 65 81 00 00 66 ";
        assertThat(redirected(bytes(ETHERNET + tags + IPV4 + REQUEST))).isFalse();
        byte[] packet = bytes(ETHERNET + "81 00 00 64 " + IPV4 + REQUEST);
        int headers = OuterHeaders.TAG_LENGTH + OuterHeaders.UDP + OuterHeaders.UDP_LENGTH;
        for (int length = OuterHeaders.ETHERNET_LENGTH; length < packet.length; length++) {
            byte[] shorter = Arrays.copyOf(packet, length);
            assertThat(redirected(shorter)).as("length %d", length).isEqualTo(length >= headers);
        }
    }

    @Test
    void leavesFramesForOthersAlone() throws IOException {
        assertThat(redirected(bytes(PLAIN))).isTrue();
        for (int index = 0; index < 6; index++) {
            byte[] other = bytes(PLAIN);
            other[index] ^= 0x10;
            assertThat(redirected(other)).as("byte %d of the address", index).isFalse();
        }
        byte[] broadcast = bytes(PLAIN);
        java.util.Arrays.fill(broadcast, 0, 6, (byte) 0xff);
        assertThat(redirected(broadcast)).isFalse();
    }

    @Test
    void passesWhatComesByAQueueWithoutASocket() throws IOException {
        try (BpfMap sockets = BpfMap.create(MapType.XSKMAP, "sockets", 4, 4, 1);
                BpfProgram redirect =
                        BpfProgram.load(
                                ProgramType.XDP,
                                "redirect",
                                XdpRedirect.assemble(sockets.descriptor(), PORT, ADDRESSES, MAC))) {
            assertThat(ProgramRun.of(redirect, bytes(PLAIN)).result()).isEqualTo(XdpContext.PASS);
        }
    }

    @Test
    void tellsWhyTheVerifierRefusedAProgram() {
        Bytecode code = new Assembler().load(U32, R0, R1, 4000).exit().assemble();
        assertThatThrownBy(() -> BpfProgram.load(ProgramType.XDP, "wrong", code))
                .isInstanceOf(SystemCallException.class)
                .hasMessageStartingWith("bpf(BPF_PROG_LOAD, wrong): EACCES (Permission denied): ")
                .hasMessageContaining("invalid bpf_context access off=4000 size=4");
    }

    @Test
    void keepsTheEndOfALongLog() {
        Assembler a = new Assembler();
        for (int i = 0; i < 1000; i++) {
            a.mov(R0, i);
        }
        Bytecode code = a.mov(R0, R3).exit().assemble();
        assertThatThrownBy(() -> BpfProgram.load(ProgramType.TRAFFIC_CONTROL, "wrong", code))
                .isInstanceOf(SystemCallException.class)
                .hasMessageContaining("the verifier said at last:\n...")
                .hasMessageContaining("R3 !read_ok")
                .message()
                .hasSizeLessThan(2200);
    }

    /** Every kind of instruction that no program above has, in one that computes a known number. */
    @Test
    void computesAsTheAssemblerSays() throws IOException {
        Assembler a = new Assembler();
        Label loop = a.label("loop");
        a.mov64(R1, 0x1122_3344_5566_7788L);
        a.store(U64, R10, -8, R1);
        a.load(U8, R0, R10, -8); //                     0x88
        a.load(U16, R2, R10, -6); //                    0x5566
        a.alu32(Alu.ADD, R0, R2); //                    0x55ee
        a.swapBytes(U16, R0); //                        0xee55
        a.store(U64, R10, -16, 5);
        a.mov(R2, 2);
        a.atomicAdd(U64, R10, -16, R2);
        a.load(U32, R3, R10, -16).and(R3, 0xf); //      7
        a.bind(loop);
        a.add(R0, 1);
        a.alu(Alu.SUB, R3, 1);
        a.jumpIf(Condition.SGT, R3, 0, loop); //        0xee5c
        a.alu(Alu.NEG, R3, 0); //                       0
        a.alu(Alu.SUB, R3, 64); //                      -64
        a.alu(Alu.SAR, R3, 4); //                       -4
        a.alu(Alu.SUB, R0, R3); //                      0xee60
        a.shl(R0, 4).shr(R0, 8).and(R0, 0xff); //       0xe6
        a.alu(Alu.MUL, R0, 3).alu(Alu.DIV, R0, 7); //   98
        a.mov(R2, 50).alu(Alu.MOD, R0, R2); //          48
        a.alu(Alu.OR, R0, 1).alu(Alu.XOR, R0, 0x11); // 0x20
        a.exit();
        try (BpfProgram program = BpfProgram.load(ProgramType.XDP, "compute", a.assemble())) {
            assertThat(ProgramRun.of(program, new byte[14]).result()).isEqualTo(0x20);
        }
    }

    @Test
    void sharesMapsWithPrograms() throws IOException {
        try (BpfMap counts = BpfMap.create(MapType.HASH, "counts", 4, 8, 16);
                Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocateFrom(JAVA_INT, 7);
            MemorySegment value = arena.allocateFrom(JAVA_LONG, 40L);
            assertThat(counts.find(key, value)).isFalse();
            counts.put(key, value);
            try (BpfProgram program =
                    BpfProgram.load(ProgramType.XDP, "count", counting(counts.descriptor()))) {
                assertThat(ProgramRun.of(program, new byte[14]).result()).isEqualTo(1);
                assertThat(ProgramRun.of(program, new byte[14]).result()).isEqualTo(1);
            }
            assertThat(counts.find(key, value)).isTrue();
            assertThat(value.get(JAVA_LONG, 0)).isEqualTo(42);
            assertThat(counts.remove(key)).isTrue();
            assertThat(counts.remove(key)).isFalse();
            assertThatThrownBy(() -> counts.find(value, value))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("key of 8: not 4");
        }
    }

    private static Bytecode counting(int map) {
        Assembler a = new Assembler();
        Label none = a.label("none");
        a.store(U32, R10, -4, 7); //                u32 key = 7
        a.movMap(R1, map);
        a.mov(R2, R10).add(R2, -4);
        a.call(Helper.MAP_LOOKUP_ELEM); //          u64 *count = lookup(map, &key)
        a.jumpIf(EQ, R0, 0, none); //               if (count == null) return 0
        a.mov(R1, 1);
        a.atomicAdd(U64, R0, 0, R1); //             *count += 1
        a.mov(R0, 1).exit();
        a.bind(none);
        a.mov(R0, 0).exit();
        return a.assemble();
    }

    @Test
    void refusesNamesThatTheKernelWouldNotShow() {
        assertThatThrownBy(() -> BpfMap.create(MapType.ARRAY, "sixteen.letters.", 4, 4, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("name sixteen.letters.: not [A-Za-z0-9_.]{1,15}");
    }

    @Test
    void attachesToTheTrafficControlLayer() throws IOException {
        Bytecode next = new Assembler().mov(R0, TCX_NEXT).exit().assemble();
        try (BpfProgram program = BpfProgram.load(ProgramType.TRAFFIC_CONTROL, "next", next)) {
            BpfLink link = BpfLink.trafficControlIngress(program, LOOPBACK);
            assertThatThrownBy(() -> BpfLink.trafficControlIngress(program, LOOPBACK))
                    .isInstanceOf(SystemCallException.class)
                    .hasMessageContaining("EEXIST");
            link.close();
            BpfLink.trafficControlIngress(program, LOOPBACK).close();
        }
    }

    @Test
    void attachesOnlyWhereTheProgramBelongs() throws IOException {
        try (BpfProgram hairpin = hairpin()) {
            assertThatThrownBy(() -> BpfLink.trafficControlIngress(hairpin, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("program of type XDP: not TRAFFIC_CONTROL");
            assertThatThrownBy(() -> BpfLink.xdp(hairpin, 0x7fff_0000, XdpMode.GENERIC))
                    .isInstanceOf(SystemCallException.class)
                    .hasMessageStartingWith("bpf(BPF_LINK_CREATE, XDP, GENERIC): E");
        }
    }

    private static BpfProgram hairpin() throws IOException {
        return BpfProgram.load(ProgramType.XDP, "hairpin", XdpTxHairpin.assemble(PORT));
    }

    /** With an action that says that the map was asked, since it is empty. */
    private static boolean redirected(byte[] packet) throws IOException {
        try (BpfMap sockets = BpfMap.create(MapType.XSKMAP, "sockets", 4, 4, 1);
                BpfProgram redirect =
                        BpfProgram.load(
                                ProgramType.XDP,
                                "redirect",
                                XdpRedirect.assemble(
                                        sockets.descriptor(),
                                        PORT,
                                        ADDRESSES,
                                        MAC,
                                        XdpContext.DROP))) {
            ProgramRun run = ProgramRun.of(redirect, packet);
            assertThat(run.packet()).isEqualTo(packet);
            assertThat(run.result()).isIn(XdpContext.DROP, XdpContext.PASS);
            return run.result() == XdpContext.DROP;
        }
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
