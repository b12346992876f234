package io.github.geneve4j.geneve;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/**
 * The options that an endpoint knows; it answers whether a packet holds an unknown critical one
 * (RFC 8926 §3.5).
 *
 * <p>An option is known by class and type, and the critical bit is part of the type: knowing type
 * 0x01 does not mean knowing 0x81. Immutable and safe to share between threads; the answers
 * allocate nothing.
 */
public final class OptionRegistry {
    /** Knows no option: every critical one is unknown. */
    public static final OptionRegistry EMPTY = new OptionRegistry(new int[0]);

    private static final int TYPE_BITS = 8;

    private final int[] known; // sorted, class << 8 | type

    private OptionRegistry(int[] known) {
        this.known = known;
    }

    /** {@return a builder that knows nothing yet} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return whether this endpoint knows the option}
     *
     * @param optionClass 0 to 65535
     * @param type 0 to 255, critical bit included
     */
    public boolean knows(int optionClass, int type) {
        return known.length != 0
                && Arrays.binarySearch(known, optionClass << TYPE_BITS | type) >= 0;
    }

    /**
     * Moves a cursor to the next critical option that this endpoint does not know. A packet that
     * has one must be dropped (RFC 8926 §3.5).
     *
     * @param cursor before or on an option; on true it stands on the unknown critical one
     * @return whether there is one
     */
    public boolean nextUnknownCritical(OptionCursor cursor) {
        while (cursor.next()) {
            if (cursor.isCritical() && !knows(cursor.optionClass(), cursor.type())) {
                return true;
            }
        }
        return false;
    }

    /** Collects known options. */
    public static final class Builder {
        private final Set<Integer> known = new TreeSet<>();

        private Builder() {}

        /**
         * Adds one option.
         *
         * @param optionClass 0 to 65535
         * @param type 0 to 255, critical bit included
         * @return this
         * @throws IllegalArgumentException if a number is out of its range
         */
        public Builder know(int optionClass, int type) {
            if (optionClass < 0 || optionClass > 0xffff) {
                throw new IllegalArgumentException(
                        "option class " + optionClass + ": not 0 to 65535");
            }
            if (type < 0 || type > 0xff) {
                throw new IllegalArgumentException("option type " + type + ": not 0 to 255");
            }
            known.add(optionClass << TYPE_BITS | type);
            return this;
        }

        /** {@return an immutable registry of what was added} */
        public OptionRegistry build() {
            return new OptionRegistry(known.stream().mapToInt(Integer::intValue).toArray());
        }
    }
}
