package io.github.geneve4j.io.bpf;

/**
 * How {@code struct bpf_insn} of linux/bpf.h lies in a {@code long} of a little-endian machine.
 *
 * <pre>
 *  63            32 31     16 15 12 11  8 7       0
 * +----------------+---------+-----+-----+---------+
 * |      imm       |   off   | src | dst | opcode  |
 * +----------------+---------+-----+-----+---------+
 * </pre>
 */
final class Instruction {
    private static final int DESTINATION_SHIFT = 8;
    private static final int SOURCE_SHIFT = 12;
    private static final int OFFSET_SHIFT = 16;
    private static final int IMMEDIATE_SHIFT = 32;

    // Classes: the low three bits of the opcode.
    static final int CLASS_MASK = 0x07;
    static final int LD = 0x00;
    static final int LDX = 0x01;
    static final int ST = 0x02;
    static final int STX = 0x03;
    static final int ALU32 = 0x04;
    static final int JMP = 0x05;
    static final int JMP32 = 0x06;
    static final int ALU64 = 0x07;

    // Arithmetic and jumps: operation, where the second operand is, class.
    static final int OPERATION_MASK = 0xf0;
    static final int FROM_REGISTER = 0x08;
    static final int JUMP_ALWAYS = 0x00;
    static final int CALL = 0x80;
    static final int EXIT = 0x90;
    static final int BYTE_SWAP = 0xd0;
    static final int TO_BIG_ENDIAN = 0x08;

    // Loads and stores: mode, size, class.
    static final int MODE_MASK = 0xe0;
    static final int SIZE_MASK = 0x18;
    static final int IMMEDIATE_64 = 0x00;
    static final int PACKET = 0x20;
    static final int PACKET_AFTER = 0x40; // from a register on
    static final int MEMORY = 0x60;
    static final int ATOMIC = 0xc0;
    static final int COMPARE_EXCHANGE = 0xf1; // the immediate of an atomic operation

    // What the source field of a 64-bit immediate says that it is.
    static final int PSEUDO_NONE = 0;
    static final int PSEUDO_MAP_FD = 1;
    static final int PSEUDO_MAP_VALUE = 2; // the second half is an offset into the value

    private Instruction() {}

    static long encode(int opcode, int destination, int source, int offset, int immediate) {
        return opcode
                | (long) destination << DESTINATION_SHIFT
                | (long) source << SOURCE_SHIFT
                | (offset & 0xffffL) << OFFSET_SHIFT
                | (long) immediate << IMMEDIATE_SHIFT;
    }

    static int opcode(long instruction) {
        return (int) instruction & 0xff;
    }

    static int destination(long instruction) {
        return (int) instruction >>> DESTINATION_SHIFT & 0xf;
    }

    static int source(long instruction) {
        return (int) instruction >>> SOURCE_SHIFT & 0xf;
    }

    static int offset(long instruction) {
        return (short) (instruction >>> OFFSET_SHIFT);
    }

    static int immediate(long instruction) {
        return (int) (instruction >>> IMMEDIATE_SHIFT);
    }

    static long withOffset(long instruction, int offset) {
        return (instruction & ~(0xffffL << OFFSET_SHIFT)) | (offset & 0xffffL) << OFFSET_SHIFT;
    }

    /** {@return whether the instruction takes the next slot too} */
    static boolean isWide(long instruction) {
        return opcode(instruction) == (LD | IMMEDIATE_64 | Size.U64.code);
    }
}
