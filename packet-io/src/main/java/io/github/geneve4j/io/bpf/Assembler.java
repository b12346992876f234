package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Instruction.ALU32;
import static io.github.geneve4j.io.bpf.Instruction.ALU64;
import static io.github.geneve4j.io.bpf.Instruction.ATOMIC;
import static io.github.geneve4j.io.bpf.Instruction.BYTE_SWAP;
import static io.github.geneve4j.io.bpf.Instruction.CALL;
import static io.github.geneve4j.io.bpf.Instruction.COMPARE_EXCHANGE;
import static io.github.geneve4j.io.bpf.Instruction.EXIT;
import static io.github.geneve4j.io.bpf.Instruction.FROM_REGISTER;
import static io.github.geneve4j.io.bpf.Instruction.IMMEDIATE_64;
import static io.github.geneve4j.io.bpf.Instruction.JMP;
import static io.github.geneve4j.io.bpf.Instruction.JMP32;
import static io.github.geneve4j.io.bpf.Instruction.JUMP_ALWAYS;
import static io.github.geneve4j.io.bpf.Instruction.LD;
import static io.github.geneve4j.io.bpf.Instruction.LDX;
import static io.github.geneve4j.io.bpf.Instruction.MEMORY;
import static io.github.geneve4j.io.bpf.Instruction.PACKET;
import static io.github.geneve4j.io.bpf.Instruction.PACKET_AFTER;
import static io.github.geneve4j.io.bpf.Instruction.PSEUDO_MAP_FD;
import static io.github.geneve4j.io.bpf.Instruction.PSEUDO_MAP_VALUE;
import static io.github.geneve4j.io.bpf.Instruction.PSEUDO_NONE;
import static io.github.geneve4j.io.bpf.Instruction.ST;
import static io.github.geneve4j.io.bpf.Instruction.STX;
import static io.github.geneve4j.io.bpf.Instruction.TO_BIG_ENDIAN;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Turns calls, one for each instruction, into an eBPF program. What it can say is what the kernel's
 * verifier accepts in any version that has the maps and links of this package; whether the program
 * is safe, the verifier decides when it is loaded.
 *
 * {@snippet :
 * Assembler a = new Assembler();
 * Label drop = a.label("drop");
 * a.load(U32, R2, R1, XdpContext.DATA);          // r2 = ctx->data
 * a.load(U32, R3, R1, XdpContext.DATA_END);      // r3 = ctx->data_end
 * a.jumpIf(EQ, R2, R3, drop);                    // if (r2 == r3) goto drop
 * a.mov(R0, XdpContext.PASS).exit();             // return XDP_PASS
 * a.bind(drop);                                  // drop:
 * a.mov(R0, XdpContext.DROP).exit();             // return XDP_DROP
 * Bytecode code = a.assemble();
 * }
 *
 * <p>Arithmetic is on 64 bits; {@link #alu32} works on the low 32 and clears the high ones.
 * Immediates are extended with their sign. <b>Threads:</b> one.
 */
public final class Assembler {
    private static final int FIRST_CAPACITY = 64;

    private long[] slots = new long[FIRST_CAPACITY];
    private int size;
    private final List<Label> labels = new ArrayList<>();
    private final List<Jump> jumps = new ArrayList<>();

    private record Jump(int slot, Label target) {}

    /** Creates an assembler of an empty program. */
    public Assembler() {}

    /**
     * {@return a label for jumps of this program, to be bound once}
     *
     * @param name for listings and exceptions
     */
    public Label label(String name) {
        Label label = new Label(this, name);
        labels.add(label);
        return label;
    }

    /**
     * Puts a label before the next instruction.
     *
     * @param label of this program
     * @return this
     * @throws IllegalStateException if the label is bound already
     */
    public Assembler bind(Label label) {
        if (own(label).slot != Label.UNBOUND) {
            throw new IllegalStateException("label " + label + ": bound twice");
        }
        label.slot = size;
        return this;
    }

    /**
     * {@code destination = source}.
     *
     * @param destination register that takes the result
     * @param source register to copy
     * @return this
     */
    public Assembler mov(Register destination, Register source) {
        return alu(Alu.MOV, destination, source);
    }

    /**
     * {@code destination = immediate}.
     *
     * @param destination register that takes the result
     * @param immediate the number, extended with its sign
     * @return this
     */
    public Assembler mov(Register destination, int immediate) {
        return alu(Alu.MOV, destination, immediate);
    }

    /**
     * {@code destination = immediate}, of 64 bits; takes two slots.
     *
     * @param destination register that takes the result
     * @param immediate the number
     * @return this
     */
    public Assembler mov64(Register destination, long immediate) {
        return wide(destination, PSEUDO_NONE, immediate);
    }

    /**
     * {@code destination = map}, as helpers want it for an argument; takes two slots.
     *
     * @param destination register that takes the result
     * @param mapDescriptor the map's file descriptor in the process that loads the program
     * @return this
     */
    public Assembler movMap(Register destination, int mapDescriptor) {
        if (mapDescriptor < 0) {
            throw new IllegalArgumentException("map descriptor " + mapDescriptor + ": negative");
        }
        return wide(destination, PSEUDO_MAP_FD, mapDescriptor);
    }

    /**
     * {@code destination = &map[0] + offset}: the value of a {@link MapType#ARRAY} of one entry,
     * without a look-up; takes two slots. Linux 5.2.
     *
     * @param destination register that takes the result
     * @param mapDescriptor the map's file descriptor in the process that loads the program
     * @param offset into the value, 0 or more
     * @return this
     */
    public Assembler movMapValue(Register destination, int mapDescriptor, int offset) {
        if (mapDescriptor < 0) {
            throw new IllegalArgumentException("map descriptor " + mapDescriptor + ": negative");
        }
        if (offset < 0) {
            throw new IllegalArgumentException("offset " + offset + ": negative");
        }
        return wide(destination, PSEUDO_MAP_VALUE, (long) offset << Integer.SIZE | mapDescriptor);
    }

    /**
     * {@code destination += source}.
     *
     * @param destination register that takes the result
     * @param source register with the second operand
     * @return this
     */
    public Assembler add(Register destination, Register source) {
        return alu(Alu.ADD, destination, source);
    }

    /**
     * {@code destination += immediate}.
     *
     * @param destination register that takes the result
     * @param immediate second operand, extended with its sign
     * @return this
     */
    public Assembler add(Register destination, int immediate) {
        return alu(Alu.ADD, destination, immediate);
    }

    /**
     * {@code destination &= immediate}.
     *
     * @param destination register that takes the result
     * @param immediate second operand, extended with its sign
     * @return this
     */
    public Assembler and(Register destination, int immediate) {
        return alu(Alu.AND, destination, immediate);
    }

    /**
     * {@code destination <<= immediate}.
     *
     * @param destination register that takes the result
     * @param immediate second operand, extended with its sign
     * @return this
     */
    public Assembler shl(Register destination, int immediate) {
        return alu(Alu.SHL, destination, immediate);
    }

    /**
     * {@code destination >>= immediate}, filling with zeros.
     *
     * @param destination register that takes the result
     * @param immediate second operand, extended with its sign
     * @return this
     */
    public Assembler shr(Register destination, int immediate) {
        return alu(Alu.SHR, destination, immediate);
    }

    /**
     * Any arithmetic on 64 bits.
     *
     * @param operation which one
     * @param destination register that takes the result
     * @param source register with the second operand
     * @return this
     */
    public Assembler alu(Alu operation, Register destination, Register source) {
        return arithmetic(ALU64, operation, destination, source);
    }

    /**
     * Any arithmetic on 64 bits.
     *
     * @param operation which one
     * @param destination register that takes the result
     * @param immediate second operand, extended with its sign
     * @return this
     */
    public Assembler alu(Alu operation, Register destination, int immediate) {
        return arithmetic(ALU64, operation, destination, immediate);
    }

    /**
     * Any arithmetic on the low 32 bits; the high ones become zero.
     *
     * @param operation which one
     * @param destination register that takes the result
     * @param source register with the second operand
     * @return this
     */
    public Assembler alu32(Alu operation, Register destination, Register source) {
        return arithmetic(ALU32, operation, destination, source);
    }

    /**
     * Any arithmetic on the low 32 bits; the high ones become zero.
     *
     * @param operation which one
     * @param destination register that takes the result
     * @param immediate second operand, extended with its sign
     * @return this
     */
    public Assembler alu32(Alu operation, Register destination, int immediate) {
        return arithmetic(ALU32, operation, destination, immediate);
    }

    /**
     * Turns a number from the order of the machine into that of the network, or back, and clears
     * what is above it.
     *
     * @param size of the number, 16 to 64 bits
     * @param destination register with the number
     * @return this
     */
    public Assembler swapBytes(Size size, Register destination) {
        if (size == Size.U8) {
            throw new IllegalArgumentException("one byte has no order");
        }
        int bits = size.bytes() * Byte.SIZE;
        return emit(ALU32 | BYTE_SWAP | TO_BIG_ENDIAN, destination.number(), 0, 0, bits);
    }

    /**
     * {@code destination = *(size *)(base + offset)}.
     *
     * @param size how many bytes
     * @param destination register that takes the result
     * @param base register with the address
     * @param offset from that address, -32768 to 32767
     * @return this
     */
    public Assembler load(Size size, Register destination, Register base, int offset) {
        return emit(LDX | MEMORY | size.code, destination.number(), base.number(), offset, 0);
    }

    /**
     * {@code r0 = *(size *)skb[offset]}: reads a packet whose bytes a program has no pointer to.
     * The context is in {@link Register#R6}, {@link Register#R1} to {@link Register#R5} are lost,
     * and the number comes in the order of the machine. Where the packet has no such bytes, the
     * program ends and returns 0.
     *
     * @param size 8 to 32 bits
     * @param offset from the packet's start
     * @return this
     */
    public Assembler loadPacket(Size size, int offset) {
        return emit(LD | PACKET | ofPacket(size).code, 0, 0, 0, offset);
    }

    /**
     * {@code r0 = *(size *)skb[base + offset]}, otherwise as {@link #loadPacket(Size, int)}.
     *
     * @param size 8 to 32 bits
     * @param base register with the first part of the offset
     * @param offset from there
     * @return this
     */
    public Assembler loadPacket(Size size, Register base, int offset) {
        return emit(LD | PACKET_AFTER | ofPacket(size).code, 0, base.number(), 0, offset);
    }

    /**
     * {@code *(size *)(base + offset) = source}.
     *
     * @param size how many bytes
     * @param base register with the address
     * @param offset from that address, -32768 to 32767
     * @param source register with the value
     * @return this
     */
    public Assembler store(Size size, Register base, int offset, Register source) {
        return emit(STX | MEMORY | size.code, base.number(), source.number(), offset, 0);
    }

    /**
     * {@code *(size *)(base + offset) = immediate}.
     *
     * @param size how many bytes
     * @param base register with the address
     * @param offset from that address, -32768 to 32767
     * @param immediate value, extended with its sign
     * @return this
     */
    public Assembler store(Size size, Register base, int offset, int immediate) {
        return emit(ST | MEMORY | size.code, base.number(), 0, offset, immediate);
    }

    /**
     * {@code *(size *)(base + offset) += source}, in one step for all processors.
     *
     * @param size 32 or 64 bits
     * @param base register with the address
     * @param offset from that address, -32768 to 32767
     * @param source register with the value to add
     * @return this
     */
    public Assembler atomicAdd(Size size, Register base, int offset, Register source) {
        return atomic(size, base, offset, source, Alu.ADD.code);
    }

    /**
     * {@code r0 = cmpxchg((size *)(base + offset), r0, source)}: stores if what is there equals
     * {@code R0}, atomically with regard to other processors, and tells by {@code R0} what was
     * there. Linux 5.12.
     *
     * @param size 32 or 64 bits
     * @param base register with the address
     * @param offset from that address, -32768 to 32767
     * @param source register with the value to store
     * @return this
     */
    public Assembler compareExchange(Size size, Register base, int offset, Register source) {
        return atomic(size, base, offset, source, COMPARE_EXCHANGE);
    }

    /**
     * {@code goto target}.
     *
     * @param target label of this program
     * @return this
     */
    public Assembler jump(Label target) {
        return jump(JMP | JUMP_ALWAYS, 0, 0, 0, target);
    }

    /**
     * {@code if (left condition right) goto target}.
     *
     * @param condition when to jump
     * @param left register with the first operand
     * @param right register with the second operand
     * @param target label of this program
     * @return this
     */
    public Assembler jumpIf(Condition condition, Register left, Register right, Label target) {
        int opcode = JMP | FROM_REGISTER | condition.code;
        return jump(opcode, left.number(), right.number(), 0, target);
    }

    /**
     * {@code if (left condition right) goto target}.
     *
     * @param condition when to jump
     * @param left register with the first operand
     * @param right second operand, extended with its sign
     * @param target label of this program
     * @return this
     */
    public Assembler jumpIf(Condition condition, Register left, int right, Label target) {
        return jump(JMP | condition.code, left.number(), 0, right, target);
    }

    /**
     * {@code if ((u32) left condition (u32) right) goto target}: for numbers that an immediate
     * extended with its sign would not equal.
     *
     * @param condition when to jump
     * @param left register with the first operand
     * @param right second operand, of 32 bits
     * @param target label of this program
     * @return this
     */
    public Assembler jumpIf32(Condition condition, Register left, int right, Label target) {
        return jump(JMP32 | condition.code, left.number(), 0, right, target);
    }

    /**
     * Calls a function of the kernel; {@link Register#R1} to {@link Register#R5} are lost.
     *
     * @param helper which one
     * @return this
     */
    public Assembler call(Helper helper) {
        return emit(JMP | CALL, 0, 0, 0, helper.id);
    }

    /**
     * {@code return r0}.
     *
     * @return this
     */
    public Assembler exit() {
        return emit(JMP | EXIT, 0, 0, 0, 0);
    }

    /**
     * {@return the program}
     *
     * @throws IllegalStateException if a jump's label was not bound, or is out of a jump's reach
     */
    public Bytecode assemble() {
        long[] code = Arrays.copyOf(slots, size);
        for (Jump jump : jumps) {
            Label target = jump.target;
            if (target.slot == Label.UNBOUND) {
                throw new IllegalStateException("label " + target + ": never bound");
            }
            int distance = target.slot - (jump.slot + 1);
            if (distance != (short) distance) {
                throw new IllegalStateException(
                        "jump at " + jump.slot + " to " + target + ": " + distance + " is too far");
            }
            code[jump.slot] = Instruction.withOffset(code[jump.slot], distance);
        }
        SortedMap<Integer, String> names = new TreeMap<>();
        for (Label label : labels) {
            if (label.slot != Label.UNBOUND) {
                names.merge(label.slot, label.name, (first, second) -> first + ": " + second);
            }
        }
        return new Bytecode(code, names);
    }

    /**
     * {@return a 16-bit number as a program of a little-endian machine loads it from a packet}
     *
     * @param value as one reads it, 0 to 65535
     */
    public static int networkOrder16(int value) {
        return Short.toUnsignedInt(Short.reverseBytes((short) value));
    }

    /**
     * {@return a 32-bit number as a program of a little-endian machine loads it from a packet; to
     * be compared with {@link #jumpIf32}}
     *
     * @param value as one reads it
     */
    public static int networkOrder32(int value) {
        return Integer.reverseBytes(value);
    }

    private static Size ofPacket(Size size) {
        if (size == Size.U64) {
            throw new IllegalArgumentException("load of u64 from a packet: at most 32 bit");
        }
        return size;
    }

    private Assembler arithmetic(int kind, Alu operation, Register destination, Register source) {
        if (operation == Alu.NEG) {
            throw new IllegalArgumentException("negation has no source");
        }
        int opcode = kind | FROM_REGISTER | operation.code;
        return emit(opcode, destination.number(), source.number(), 0, 0);
    }

    private Assembler arithmetic(int kind, Alu operation, Register destination, int immediate) {
        if (operation == Alu.NEG && immediate != 0) {
            throw new IllegalArgumentException("negation has no source");
        }
        return emit(kind | operation.code, destination.number(), 0, 0, immediate);
    }

    private Assembler atomic(Size size, Register base, int offset, Register source, int operation) {
        if (size != Size.U32 && size != Size.U64) {
            throw new IllegalArgumentException("atomic access to " + size + ": not 32 or 64 bit");
        }
        return emit(STX | ATOMIC | size.code, base.number(), source.number(), offset, operation);
    }

    private Assembler wide(Register destination, int kind, long immediate) {
        emit(LD | IMMEDIATE_64 | Size.U64.code, destination.number(), kind, 0, (int) immediate);
        return emit(0, 0, 0, 0, (int) (immediate >>> Integer.SIZE));
    }

    private Assembler jump(int opcode, int left, int right, int immediate, Label target) {
        jumps.add(new Jump(size, own(target)));
        return emit(opcode, left, right, 0, immediate);
    }

    private Assembler emit(int opcode, int destination, int source, int offset, int immediate) {
        if (offset != (short) offset) {
            throw new IllegalArgumentException("offset " + offset + ": not -32768 to 32767");
        }
        if (size == slots.length) {
            slots = Arrays.copyOf(slots, 2 * size);
        }
        slots[size++] = Instruction.encode(opcode, destination, source, offset, immediate);
        return this;
    }

    @SuppressWarnings("ReferenceEquality")
    private Label own(Label label) {
        if (label.owner != this) {
            throw new IllegalArgumentException("label " + label + ": of another program");
        }
        return label;
    }
}
