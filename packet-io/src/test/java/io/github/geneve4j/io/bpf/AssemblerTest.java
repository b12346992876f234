package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Condition.ANY;
import static io.github.geneve4j.io.bpf.Condition.EQ;
import static io.github.geneve4j.io.bpf.Condition.GT;
import static io.github.geneve4j.io.bpf.Condition.NE;
import static io.github.geneve4j.io.bpf.Condition.SLE;
import static io.github.geneve4j.io.bpf.Register.R0;
import static io.github.geneve4j.io.bpf.Register.R1;
import static io.github.geneve4j.io.bpf.Register.R10;
import static io.github.geneve4j.io.bpf.Register.R2;
import static io.github.geneve4j.io.bpf.Register.R3;
import static io.github.geneve4j.io.bpf.Register.R4;
import static io.github.geneve4j.io.bpf.Register.R7;
import static io.github.geneve4j.io.bpf.Register.R9;
import static io.github.geneve4j.io.bpf.Size.U16;
import static io.github.geneve4j.io.bpf.Size.U32;
import static io.github.geneve4j.io.bpf.Size.U64;
import static io.github.geneve4j.io.bpf.Size.U8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AssemblerTest {
    /** Bytes as a C compiler emits them, and the verifier's notation of each. */
    static Stream<Arguments> encodings() {
        return Stream.of(
                one("b7 00 00 00 02 00 00 00", "r0 = 2", a -> a.mov(R0, 2)),
                one("b7 00 00 00 ff ff ff ff", "r0 = -1", a -> a.mov(R0, -1)),
                one("bf 24 00 00 00 00 00 00", "r4 = r2", a -> a.mov(R4, R2)),
                one("07 04 00 00 2a 00 00 00", "r4 += 42", a -> a.add(R4, 42)),
                one("0f 12 00 00 00 00 00 00", "r2 += r1", a -> a.add(R2, R1)),
                one("57 01 00 00 ff 0f 00 00", "r1 &= 0xfff", a -> a.and(R1, 0xfff)),
                one("67 01 00 00 02 00 00 00", "r1 <<= 2", a -> a.shl(R1, 2)),
                one("77 01 00 00 10 00 00 00", "r1 >>= 16", a -> a.shr(R1, 16)),
                one("c7 01 00 00 03 00 00 00", "r1 s>>= 3", a -> a.alu(Alu.SAR, R1, 3)),
                one("1f 31 00 00 00 00 00 00", "r1 -= r3", a -> a.alu(Alu.SUB, R1, R3)),
                one("27 01 00 00 07 00 00 00", "r1 *= 7", a -> a.alu(Alu.MUL, R1, 7)),
                one("3f 21 00 00 00 00 00 00", "r1 /= r2", a -> a.alu(Alu.DIV, R1, R2)),
                one("9f 21 00 00 00 00 00 00", "r1 %= r2", a -> a.alu(Alu.MOD, R1, R2)),
                one("4f 21 00 00 00 00 00 00", "r1 |= r2", a -> a.alu(Alu.OR, R1, R2)),
                one("af 21 00 00 00 00 00 00", "r1 ^= r2", a -> a.alu(Alu.XOR, R1, R2)),
                one("87 01 00 00 00 00 00 00", "r1 = -r1", a -> a.alu(Alu.NEG, R1, 0)),
                one("b4 01 00 00 05 00 00 00", "w1 = 5", a -> a.alu32(Alu.MOV, R1, 5)),
                one("0c 21 00 00 00 00 00 00", "w1 += w2", a -> a.alu32(Alu.ADD, R1, R2)),
                one("a4 01 00 00 ff ff 00 00", "w1 ^= 0xffff", a -> a.alu32(Alu.XOR, R1, 0xffff)),
                one("dc 01 00 00 10 00 00 00", "r1 = be16 r1", a -> a.swapBytes(U16, R1)),
                one("dc 01 00 00 40 00 00 00", "r1 = be64 r1", a -> a.swapBytes(U64, R1)),
                one(
                        "61 12 00 00 00 00 00 00",
                        "r2 = *(u32 *)(r1 + 0)",
                        a -> a.load(U32, R2, R1, 0)),
                one(
                        "69 21 0c 00 00 00 00 00",
                        "r1 = *(u16 *)(r2 + 12)",
                        a -> a.load(U16, R1, R2, 12)),
                one(
                        "71 21 17 00 00 00 00 00",
                        "r1 = *(u8 *)(r2 + 23)",
                        a -> a.load(U8, R1, R2, 23)),
                one(
                        "79 a1 f8 ff 00 00 00 00",
                        "r1 = *(u64 *)(r10 - 8)",
                        a -> a.load(U64, R1, R10, -8)),
                one("28 00 00 00 0c 00 00 00", "r0 = *(u16 *)skb[12]", a -> a.loadPacket(U16, 12)),
                one("30 00 00 00 17 00 00 00", "r0 = *(u8 *)skb[23]", a -> a.loadPacket(U8, 23)),
                one(
                        "40 70 00 00 02 00 00 00",
                        "r0 = *(u32 *)skb[r7 + 2]",
                        a -> a.loadPacket(U32, R7, 2)),
                one(
                        "7b 1a f8 ff 00 00 00 00",
                        "*(u64 *)(r10 - 8) = r1",
                        a -> a.store(U64, R10, -8, R1)),
                one(
                        "63 31 06 00 00 00 00 00",
                        "*(u32 *)(r1 + 6) = r3",
                        a -> a.store(U32, R1, 6, R3)),
                one("72 01 03 00 07 00 00 00", "*(u8 *)(r1 + 3) = 7", a -> a.store(U8, R1, 3, 7)),
                one(
                        "62 0a fc ff 00 00 00 00",
                        "*(u32 *)(r10 - 4) = 0",
                        a -> a.store(U32, R10, -4, 0)),
                one(
                        "db 21 08 00 00 00 00 00",
                        "lock *(u64 *)(r1 + 8) += r2",
                        a -> a.atomicAdd(U64, R1, 8, R2)),
                one(
                        "c3 21 00 00 00 00 00 00",
                        "lock *(u32 *)(r1 + 0) += r2",
                        a -> a.atomicAdd(U32, R1, 0, R2)),
                one(
                        "db 21 08 00 f1 00 00 00",
                        "r0 = lock cmpxchg(*(u64 *)(r1 + 8), r0, r2)",
                        a -> a.compareExchange(U64, R1, 8, R2)),
                one(
                        "c3 12 fc ff f1 00 00 00",
                        "r0 = lock cmpxchg(*(u32 *)(r2 - 4), r0, r1)",
                        a -> a.compareExchange(U32, R2, -4, R1)),
                one(
                        "85 00 00 00 33 00 00 00",
                        "call bpf_redirect_map",
                        a -> a.call(Helper.REDIRECT_MAP)),
                one(
                        "85 00 00 00 01 00 00 00",
                        "call bpf_map_lookup_elem",
                        a -> a.call(Helper.MAP_LOOKUP_ELEM)),
                one("95 00 00 00 00 00 00 00", "exit", Assembler::exit));
    }

    private static Arguments one(String hex, String text, Consumer<Assembler> instruction) {
        return Arguments.of(text, hex, instruction);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("encodings")
    void encodesAndListsAnInstruction(String text, String hex, Consumer<Assembler> instruction) {
        Assembler a = new Assembler();
        instruction.accept(a);
        Bytecode code = a.assemble();
        assertThat(hex(code)).isEqualTo(hex);
        assertThat(code.listing()).isEqualTo("    0: " + text + "\n");
    }

    @Test
    void encodesAWideImmediateInTwoSlots() {
        Bytecode code = new Assembler().mov64(R2, 0x8877_6655_4433_2211L).exit().assemble();
        assertThat(hex(code))
                .isEqualTo(
                        "18 02 00 00 11 22 33 44 00 00 00 00 55 66 77 88 95 00 00 00 00 00 00 00");
        assertThat(code.size()).isEqualTo(3);
        assertThat(code.listing()).isEqualTo("    0: r2 = 0x8877665544332211 ll\n    2: exit\n");
    }

    @Test
    void encodesAMapByItsDescriptor() {
        Bytecode code = new Assembler().movMap(R1, 300).assemble();
        assertThat(hex(code)).isEqualTo("18 11 00 00 2c 01 00 00 00 00 00 00 00 00 00 00");
        assertThat(code.listing()).isEqualTo("    0: r1 = map[fd:300]\n");
        assertThatThrownBy(() -> new Assembler().movMap(R1, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("map descriptor -1: negative");
    }

    @Test
    void encodesAPlaceInAMapByItsDescriptor() {
        Bytecode code = new Assembler().movMapValue(R3, 300, 24).exit().assemble();
        assertThat(hex(code))
                .isEqualTo(
                        "18 23 00 00 2c 01 00 00 00 00 00 00 18 00 00 00 95 00 00 00 00 00 00 00");
        assertThat(code.listing()).isEqualTo("    0: r3 = map[fd:300][0] + 24\n    2: exit\n");
        assertThatThrownBy(() -> new Assembler().movMapValue(R1, -1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("map descriptor -1: negative");
        assertThatThrownBy(() -> new Assembler().movMapValue(R1, 3, -8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("offset -8: negative");
    }

    @Test
    void resolvesJumpsForwardAndBackOverWideImmediates() {
        Assembler a = new Assembler();
        Label top = a.label("top");
        Label end = a.label("end");
        a.bind(top);
        a.jumpIf(GT, R4, R3, end); //          0
        a.jumpIf(NE, R2, 0x0008, end); //      1
        a.mov64(R1, 1); //                     2, 3
        a.jumpIf32(EQ, R1, -1, top); //        4
        a.jumpIf(ANY, R1, R9, top); //         5
        a.jumpIf(SLE, R1, -3, end); //         6
        a.jump(end); //                        7
        a.bind(end).exit(); //                 8
        Bytecode code = a.assemble();
        assertThat(hex(code))
                .isEqualTo(
                        """
                        2d 34 07 00 00 00 00 00 \
                        55 02 06 00 08 00 00 00 \
                        18 01 00 00 01 00 00 00 00 00 00 00 00 00 00 00 \
                        16 01 fb ff ff ff ff ff \
                        4d 91 fa ff 00 00 00 00 \
                        d5 01 01 00 fd ff ff ff \
                        05 00 00 00 00 00 00 00 \
                        95 00 00 00 00 00 00 00""");
        assertThat(code.listing())
                .isEqualTo(
                        """
                        top:
                            0: if r4 > r3 goto end
                            1: if r2 != 8 goto end
                            2: r1 = 0x1 ll
                            4: if w1 == -1 goto top
                            5: if r1 & r9 goto top
                            6: if r1 s<= -3 goto end
                            7: goto end
                        end:
                            8: exit
                        """);
    }

    @Test
    void refusesAJumpBeyondItsReach() {
        assertThat(jumpOver(0x7fff).size()).isEqualTo(0x7fff + 2);
        assertThatThrownBy(() -> jumpOver(0x8000))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("jump at 0 to far: 32768 is too far");
    }

    private static Bytecode jumpOver(int slots) {
        Assembler a = new Assembler();
        Label far = a.label("far");
        a.jump(far);
        for (int i = 0; i < slots; i++) {
            a.mov(R0, i);
        }
        return a.bind(far).exit().assemble();
    }

    @Test
    void refusesLabelsThatAreNotItsOwnOrNotBoundOnce() {
        Assembler a = new Assembler();
        Label label = a.label("here");
        a.jump(label);
        assertThatThrownBy(a::assemble)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("label here: never bound");
        a.bind(label);
        assertThatThrownBy(() -> a.bind(label))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("label here: bound twice");
        Label other = new Assembler().label("there");
        assertThatThrownBy(() -> a.jump(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("label there: of another program");
    }

    @Test
    void refusesWhatNoInstructionCanHold() {
        Assembler a = new Assembler();
        assertThatThrownBy(() -> a.load(U8, R0, R1, 0x8000))
                .hasMessage("offset 32768: not -32768 to 32767");
        assertThatThrownBy(() -> a.store(U8, R1, -0x8001, R0))
                .hasMessage("offset -32769: not -32768 to 32767");
        assertThatThrownBy(() -> a.atomicAdd(U16, R1, 0, R0))
                .hasMessage("atomic access to u16: not 32 or 64 bit");
        assertThatThrownBy(() -> a.compareExchange(U8, R1, 0, R0))
                .hasMessage("atomic access to u8: not 32 or 64 bit");
        assertThatThrownBy(() -> a.loadPacket(U64, 0))
                .hasMessage("load of u64 from a packet: at most 32 bit");
        assertThatThrownBy(() -> a.swapBytes(U8, R1)).hasMessage("one byte has no order");
        assertThatThrownBy(() -> a.alu(Alu.NEG, R1, R2)).hasMessage("negation has no source");
        assertThatThrownBy(() -> a.alu32(Alu.NEG, R1, 1)).hasMessage("negation has no source");
        assertThat(a.assemble().size()).isZero();
    }

    @Test
    void turnsNumbersIntoTheOrderThatProgramsLoadThemIn() {
        assertThat(Assembler.networkOrder16(6081)).isEqualTo(0xc117);
        assertThat(Assembler.networkOrder16(0x0800)).isEqualTo(8);
        assertThat(Assembler.networkOrder32(0x0a00_01ff)).isEqualTo(0xff01_000a);
    }

    private static String hex(Bytecode code) {
        ByteBuffer bytes = ByteBuffer.allocate(code.size() * Long.BYTES);
        bytes.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(code.slots());
        return HexFormat.ofDelimiter(" ").formatHex(bytes.array());
    }
}
