package io.github.geneve4j.io.bpf;

/** What an arithmetic instruction does with its destination and its source. */
public enum Alu {
    /** Addition. */
    ADD(0x00, "+="),
    /** Subtraction. */
    SUB(0x10, "-="),
    /** Multiplication. */
    MUL(0x20, "*="),
    /** Unsigned division; by zero it gives zero. */
    DIV(0x30, "/="),
    /** Bits of either. */
    OR(0x40, "|="),
    /** Bits of both. */
    AND(0x50, "&="),
    /** Shift to the left. */
    SHL(0x60, "<<="),
    /** Shift to the right, filling with zeros. */
    SHR(0x70, ">>="),
    /** Negation of the destination; there is no source. */
    NEG(0x80, "= -"),
    /** Remainder of the unsigned division; of one by zero, the destination. */
    MOD(0x90, "%="),
    /** Bits of one of both. */
    XOR(0xa0, "^="),
    /** The source alone. */
    MOV(0xb0, "="),
    /** Shift to the right, filling with the sign. */
    SAR(0xc0, "s>>=");

    final int code;
    final String sign;

    Alu(int code, String sign) {
        this.code = code;
        this.sign = sign;
    }

    static Alu of(int code) {
        for (Alu alu : values()) {
            if (alu.code == code) {
                return alu;
            }
        }
        throw new IllegalArgumentException("arithmetic code " + code + ": none");
    }
}
