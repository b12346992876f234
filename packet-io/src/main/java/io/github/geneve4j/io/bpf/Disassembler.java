package io.github.geneve4j.io.bpf;

import static io.github.geneve4j.io.bpf.Instruction.destination;
import static io.github.geneve4j.io.bpf.Instruction.immediate;
import static io.github.geneve4j.io.bpf.Instruction.offset;
import static io.github.geneve4j.io.bpf.Instruction.opcode;
import static io.github.geneve4j.io.bpf.Instruction.source;

import java.util.Locale;
import java.util.SortedMap;

/** Writes instructions in the notation of the kernel's verifier. */
final class Disassembler {
    private Disassembler() {}

    static String listing(long[] slots, SortedMap<Integer, String> labels) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < slots.length; at++) {
            String label = labels.get(at);
            if (label != null) {
                text.append(label).append(":\n");
            }
            text.append(String.format(Locale.ROOT, "%5d: ", at));
            long instruction = slots[at];
            if (Instruction.isWide(instruction)) {
                at++;
                text.append(wide(instruction, slots[at]));
            } else {
                text.append(narrow(instruction, at, labels));
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static String narrow(long instruction, int at, SortedMap<Integer, String> labels) {
        int opcode = opcode(instruction);
        return switch (opcode & Instruction.CLASS_MASK) {
            case Instruction.LD -> packet(instruction);
            case Instruction.LDX ->
                    Register.of(destination(instruction))
                            + " = "
                            + memory(instruction, source(instruction));
            case Instruction.ST ->
                    memory(instruction, destination(instruction)) + " = " + immediate(instruction);
            case Instruction.STX -> storeRegister(instruction);
            case Instruction.ALU32 -> arithmetic(instruction, "w");
            case Instruction.ALU64 -> arithmetic(instruction, "r");
            case Instruction.JMP -> jump(instruction, at, labels, "r");
            case Instruction.JMP32 -> jump(instruction, at, labels, "w");
            default -> String.format(Locale.ROOT, "unknown %016x", instruction);
        };
    }

    private static String wide(long first, long second) {
        String name = Register.of(destination(first)).toString();
        if (source(first) == Instruction.PSEUDO_MAP_FD) {
            return name + " = map[fd:" + immediate(first) + "]";
        }
        if (source(first) == Instruction.PSEUDO_MAP_VALUE) {
            return name + " = map[fd:" + immediate(first) + "][0] + " + immediate(second);
        }
        long value =
                (long) immediate(second) << Integer.SIZE | Integer.toUnsignedLong(immediate(first));
        return String.format(Locale.ROOT, "%s = 0x%x ll", name, value);
    }

    private static String packet(long instruction) {
        boolean after = (opcode(instruction) & Instruction.MODE_MASK) == Instruction.PACKET_AFTER;
        return "r0 = *("
                + Size.of(opcode(instruction) & Instruction.SIZE_MASK)
                + " *)skb["
                + (after ? Register.of(source(instruction)) + " + " : "")
                + immediate(instruction)
                + "]";
    }

    private static String storeRegister(long instruction) {
        boolean atomic = (opcode(instruction) & Instruction.MODE_MASK) == Instruction.ATOMIC;
        if (atomic && immediate(instruction) == Instruction.COMPARE_EXCHANGE) {
            return "r0 = lock cmpxchg("
                    + memory(instruction, destination(instruction))
                    + ", r0, "
                    + Register.of(source(instruction))
                    + ")";
        }
        return (atomic ? "lock " : "")
                + memory(instruction, destination(instruction))
                + (atomic ? " += " : " = ")
                + Register.of(source(instruction));
    }

    private static String memory(long instruction, int base) {
        int offset = offset(instruction);
        return "*("
                + Size.of(opcode(instruction) & Instruction.SIZE_MASK)
                + " *)("
                + Register.of(base)
                + (offset < 0 ? " - " : " + ")
                + Math.abs(offset)
                + ")";
    }

    private static String arithmetic(long instruction, String prefix) {
        int operation = opcode(instruction) & Instruction.OPERATION_MASK;
        String name = prefix + destination(instruction);
        if (operation == Instruction.BYTE_SWAP) {
            return "r"
                    + destination(instruction)
                    + " = be"
                    + immediate(instruction)
                    + " r"
                    + destination(instruction);
        }
        Alu alu = Alu.of(operation);
        return alu == Alu.NEG
                ? name + " = -" + name
                : name + " " + alu.sign + " " + operand(instruction, prefix);
    }

    private static String jump(
            long instruction, int at, SortedMap<Integer, String> labels, String prefix) {
        int operation = opcode(instruction) & Instruction.OPERATION_MASK;
        if (operation == Instruction.CALL) {
            return "call " + Helper.text(immediate(instruction));
        }
        if (operation == Instruction.EXIT) {
            return "exit";
        }
        int target = at + 1 + offset(instruction);
        String there = "goto " + labels.getOrDefault(target, Integer.toString(target));
        return operation == Instruction.JUMP_ALWAYS
                ? there
                : "if "
                        + prefix
                        + destination(instruction)
                        + " "
                        + Condition.of(operation).sign
                        + " "
                        + operand(instruction, prefix)
                        + " "
                        + there;
    }

    private static String operand(long instruction, String prefix) {
        if ((opcode(instruction) & Instruction.FROM_REGISTER) != 0) {
            return prefix + source(instruction);
        }
        int immediate = immediate(instruction);
        return immediate >= -9 && immediate <= 99
                ? Integer.toString(immediate)
                : String.format(Locale.ROOT, "0x%x", immediate);
    }
}
