package io.github.geneve4j.appliance.policy;

import java.util.Optional;

/**
 * A type of ICMP or ICMPv6 message, whichever protocol the rule is about.
 *
 * @param type 0 to 255
 * @param code 0 to 255; any if there is none
 */
public record IcmpKind(int type, Optional<Integer> code) {
    private static final int MAX = 0xff;
    private static final long ERRORS = 1L << 3 | 1L << 4 | 1L << 5 | 1L << 11 | 1L << 12;
    private static final int FIRST_INFORMATIONAL_V6 = 128;

    /** Checks the bounds. */
    public IcmpKind {
        if (type < 0 || type > MAX) {
            throw new IllegalArgumentException("ICMP type " + type + ": not 0 to " + MAX);
        }
        if (code.isPresent() && (code.get() < 0 || code.get() > MAX)) {
            throw new IllegalArgumentException("ICMP code " + code.get() + ": not 0 to " + MAX);
        }
    }

    /**
     * {@return whether a message is of this kind}
     *
     * @param typeAndCode the type in the upper 8 of 16 bits, the code in the lower
     */
    public boolean contains(int typeAndCode) {
        return typeAndCode >>> Byte.SIZE == type
                && (code.isEmpty() || code.get() == (typeAndCode & MAX));
    }

    /**
     * {@return whether all messages of the other kind are of this one}
     *
     * @param other a kind
     */
    public boolean contains(IcmpKind other) {
        return type == other.type && (code.isEmpty() || code.equals(other.code));
    }

    /**
     * {@return whether messages of a type are errors (RFC 792, RFC 4443 §2.1), about which rules do
     * not decide}
     *
     * @param type 0 to 255
     * @param ipv6 whether it is a type of ICMPv6
     */
    public static boolean isError(int type, boolean ipv6) {
        return ipv6
                ? type < FIRST_INFORMATIONAL_V6
                : type < Long.SIZE && (ERRORS >>> type & 1) != 0;
    }

    /**
     * {@return whether rules decide about messages of this kind: not about errors, and of what
     * comes in fragments only about echoes}
     */
    boolean isJudged(boolean ipv6, boolean inFragments) {
        return !isError(type, ipv6) && (!inFragments || isEcho(type, ipv6));
    }

    /** {@return whether messages of a type are echo requests or replies} */
    static boolean isEcho(int type, boolean ipv6) {
        return ipv6 ? type == 128 || type == 129 : type == 0 || type == 8;
    }

    /** {@return {@code 8} or {@code 13/0}} */
    @Override
    public String toString() {
        return code.map(c -> type + "/" + c).orElse(Integer.toString(type));
    }
}
