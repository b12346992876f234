package io.github.geneve4j.io.bpf;

import java.util.Locale;

/**
 * The registers of the machine that eBPF is written for, 64 bits each, and what calls do to them.
 */
public enum Register {
    /** What a called helper returns, and what the program returns. */
    R0,
    /**
     * First argument; at the start, the program's context. Lost in a call, as are the next four.
     */
    R1,
    /** Second argument. */
    R2,
    /** Third argument. */
    R3,
    /** Fourth argument. */
    R4,
    /** Fifth argument. */
    R5,
    /** Kept over calls, as are the next three. */
    R6,
    /** Kept over calls. */
    R7,
    /** Kept over calls. */
    R8,
    /** Kept over calls. */
    R9,
    /** End of the stack, which is 512 bytes below it; cannot be written. */
    R10;

    private static final Register[] ALL = values();

    private final String text = name().toLowerCase(Locale.ROOT);

    int number() {
        return ordinal();
    }

    static Register of(int number) {
        return ALL[number];
    }

    /** {@return the name as listings have it: {@code r0}} */
    @Override
    public String toString() {
        return text;
    }
}
