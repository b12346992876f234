package io.github.geneve4j.io.bpf;

/** When a conditional jump is taken, comparing its first operand with its second. */
public enum Condition {
    /** Equal. */
    EQ(0x10, "=="),
    /** Above, unsigned. */
    GT(0x20, ">"),
    /** Above or equal, unsigned. */
    GE(0x30, ">="),
    /** Some bit is set in both. */
    ANY(0x40, "&"),
    /** Not equal. */
    NE(0x50, "!="),
    /** Above, signed. */
    SGT(0x60, "s>"),
    /** Above or equal, signed. */
    SGE(0x70, "s>="),
    /** Below, unsigned. */
    LT(0xa0, "<"),
    /** Below or equal, unsigned. */
    LE(0xb0, "<="),
    /** Below, signed. */
    SLT(0xc0, "s<"),
    /** Below or equal, signed. */
    SLE(0xd0, "s<=");

    final int code;
    final String sign;

    Condition(int code, String sign) {
        this.code = code;
        this.sign = sign;
    }

    static Condition of(int code) {
        for (Condition condition : values()) {
            if (condition.code == code) {
                return condition;
            }
        }
        throw new IllegalArgumentException("jump code " + code + ": none");
    }
}
