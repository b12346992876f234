package io.github.geneve4j.gwlb;

/**
 * Which VPC endpoint a packet entered by: the 64 bits of {@link GwlbOptionType#ENDPOINT_ID}, and
 * the text that AWS shows for them, such as {@code vpce-02356de92d389839c}.
 *
 * <p>AWS writes 17 hex digits, and 64 bits fill 16 of them, so the first is always 0. Older
 * resources have 8 digits; their ids are taken to be zero-extended. AWS texts often call this
 * option an "ENI id"; it is not the id of a network interface.
 *
 * @param value the 64 bits as they stand in the option, big-endian
 */
public record EndpointId(long value) {
    static final String PREFIX = "vpce-";
    private static final int DIGITS = 17;
    private static final int SHORT_DIGITS = 8;
    private static final int SHORT_BITS = 32;

    /**
     * {@return the id that a text names}
     *
     * @param text {@code vpce-} and 17 or 8 lower-case hex digits
     * @throws IllegalArgumentException if it is anything else, or the first of 17 digits is not 0:
     *     such a number has more than 64 bits
     */
    public static EndpointId parse(String text) {
        int digits = text.length() - PREFIX.length();
        boolean wellFormed =
                text.startsWith(PREFIX) && (digits == DIGITS || digits == SHORT_DIGITS);
        long value = 0;
        for (int i = PREFIX.length(); wellFormed && i < text.length(); i++) {
            int digit = HexDigits.valueOf(text.charAt(i));
            wellFormed = digit >= 0;
            value = value << 4 | digit;
        }
        if (!wellFormed) {
            throw new IllegalArgumentException(
                    "endpoint id '" + text + "': not vpce- and 17 or 8 lower-case hex digits");
        }
        if (digits == DIGITS && text.charAt(PREFIX.length()) != '0') {
            throw new IllegalArgumentException(
                    "endpoint id '" + text + "': more than 64 bits, its first digit is not 0");
        }
        return new EndpointId(value);
    }

    /**
     * Appends the text of an id without creating one.
     *
     * @param out grows by 22 characters
     * @param value the 64 bits of the option
     * @return {@code out}
     */
    public static StringBuilder append(StringBuilder out, long value) {
        return HexDigits.append(out.append(PREFIX).append('0'), value, DIGITS - 1);
    }

    /**
     * {@return the text of an older resource: {@code vpce-} and 8 hex digits}
     *
     * @throws IllegalStateException if the id has more than 32 bits
     */
    public String toShortString() {
        if (value >>> SHORT_BITS != 0) {
            throw new IllegalStateException("endpoint id " + this + ": more than 8 hex digits");
        }
        return HexDigits.append(new StringBuilder(PREFIX), value, SHORT_DIGITS).toString();
    }

    /** {@return {@code vpce-} and always 17 lower-case hex digits} */
    @Override
    public String toString() {
        return append(new StringBuilder(PREFIX.length() + DIGITS), value).toString();
    }
}
