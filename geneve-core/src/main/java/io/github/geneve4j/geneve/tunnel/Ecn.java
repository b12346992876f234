package io.github.geneve4j.geneve.tunnel;

/**
 * How congestion marks go into a tunnel and come out again (RFC 6040, required by RFC 8926 §4.4.2).
 *
 * <p>The numbers are the values of the two ECN bits of an IP header (RFC 3168 §5).
 */
public final class Ecn {
    /** The transport cannot react to marks: congested routers drop its packets. */
    public static final int NOT_ECT = 0;

    /** The transport reacts to marks, second code point (low latency service, RFC 9331). */
    public static final int ECT_1 = 1;

    /** The transport reacts to marks, first code point. */
    public static final int ECT_0 = 2;

    /** A router on the way was congested. */
    public static final int CE = 3;

    /** {@link #decapsulate}'s answer for a packet that must be dropped. */
    public static final int DROP = -1;

    private static final int FIELD_MASK = 3;
    private static final int FIELD_BITS = 2;

    // RFC 6040 figure 4: a row for each inner field, a column for each outer field.
    private static final byte[] DECAPSULATED = {
        /*             NOT_ECT  ECT_1    ECT_0    CE   */
        /* NOT_ECT */ NOT_ECT,
        NOT_ECT,
        NOT_ECT,
        DROP,
        /* ECT_1   */ ECT_1,
        ECT_1,
        ECT_1,
        CE,
        /* ECT_0   */ ECT_0,
        ECT_1,
        ECT_0,
        CE,
        /* CE      */ CE,
        CE,
        CE,
        CE,
    };

    // The cells of the same figure that no correct path produces, a bit for each.
    private static final int UNEXPECTED =
            cell(NOT_ECT, ECT_1)
                    | cell(NOT_ECT, ECT_0)
                    | cell(NOT_ECT, CE)
                    | cell(ECT_1, ECT_0)
                    | cell(CE, ECT_1);

    /** What a sender writes into the outer field (RFC 6040 §4.1). */
    public enum Mode {
        /**
         * The outer field is a copy of the inner one. Right for every receiver that follows RFC
         * 6040, as RFC 8926 asks of all.
         */
        NORMAL,
        /**
         * The outer field is {@link Ecn#NOT_ECT}, so that routers drop instead of marking. For a
         * receiver that is known to lose marks.
         */
        COMPATIBILITY
    }

    private Ecn() {}

    /**
     * {@return the outer field for a packet that enters a tunnel (RFC 6040 §4.1)}
     *
     * @param inner the packet's own field, 0 to 3
     * @param mode what the tunnel's receiver can be trusted with
     * @throws IllegalArgumentException if a field is out of its range
     */
    public static int encapsulate(int inner, Mode mode) {
        check(inner);
        return mode == Mode.NORMAL ? inner : NOT_ECT;
    }

    /**
     * {@return the field of a packet that leaves a tunnel, or {@link #DROP} (RFC 6040 §4.2, figure
     * 4)}
     *
     * @param inner the packet's own field as it arrived, 0 to 3
     * @param outer the outer header's field, 0 to 3
     * @throws IllegalArgumentException if a field is out of its range
     */
    public static int decapsulate(int inner, int outer) {
        check(inner);
        check(outer);
        return DECAPSULATED[inner << FIELD_BITS | outer];
    }

    /**
     * {@return whether no correct path produces this pair of fields: something between the two ends
     * changes them wrongly, and RFC 6040 §4.2 asks to make that known}
     *
     * @param inner the packet's own field as it arrived, 0 to 3
     * @param outer the outer header's field, 0 to 3
     * @throws IllegalArgumentException if a field is out of its range
     */
    public static boolean isUnexpected(int inner, int outer) {
        check(inner);
        check(outer);
        return (UNEXPECTED & cell(inner, outer)) != 0;
    }

    private static int cell(int inner, int outer) {
        return 1 << (inner << FIELD_BITS | outer);
    }

    private static void check(int field) {
        if ((field & ~FIELD_MASK) != 0) {
            throw new IllegalArgumentException("ECN field " + field + ": not 0 to 3");
        }
    }
}
