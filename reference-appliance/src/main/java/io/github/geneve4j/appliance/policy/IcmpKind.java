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

    /** {@return {@code 8} or {@code 3/4}} */
    @Override
    public String toString() {
        return code.map(c -> type + "/" + c).orElse(Integer.toString(type));
    }
}
