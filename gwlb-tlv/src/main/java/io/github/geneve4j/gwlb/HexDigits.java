package io.github.geneve4j.gwlb;

/** Numbers as lower-case hex digits, both ways; stricter than the JDK, which takes any script's. */
final class HexDigits {
    private static final int BITS = 4;
    private static final int MASK = 0xf;

    private HexDigits() {}

    /** Appends the low bits of {@code value} as exactly that many digits. */
    static StringBuilder append(StringBuilder out, long value, int digits) {
        for (int shift = (digits - 1) * BITS; shift >= 0; shift -= BITS) {
            int digit = (int) (value >>> shift) & MASK;
            out.append((char) (digit < 10 ? '0' + digit : 'a' + digit - 10));
        }
        return out;
    }

    /** {@return what a digit stands for, 0 to 15, or -1 if it is none} */
    static int valueOf(char digit) {
        if (digit >= '0' && digit <= '9') {
            return digit - '0';
        }
        return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
    }
}
