package io.github.geneve4j.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times and chances as people write them. */
public final class Quantity {
    /** What {@link #nanos} returns for a text that is no time. */
    public static final long NO_TIME = -1;

    private static final Pattern TIME = Pattern.compile("([0-9]{1,9})(us|ms|s|m|h)");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}(?:\\.[0-9]{1,12})?");
    private static final double PERCENT = 100;

    private Quantity() {}

    /**
     * {@return a time in nanoseconds, or {@link #NO_TIME}}
     *
     * @param text digits and one of {@code us}, {@code ms}, {@code s}, {@code m}, {@code h}
     */
    public static long nanos(String text) {
        Matcher parts = TIME.matcher(text);
        if (!parts.matches()) {
            return NO_TIME;
        }
        long unit =
                switch (parts.group(2)) {
                    case "us" -> 1_000L;
                    case "ms" -> 1_000_000L;
                    case "s" -> 1_000_000_000L;
                    case "m" -> 60_000_000_000L;
                    default -> 3_600_000_000_000L;
                };
        long count = Long.parseLong(parts.group(1));
        return count > Long.MAX_VALUE / unit ? NO_TIME : count * unit;
    }

    /**
     * {@return a chance from 0 to 1, or NaN}
     *
     * @param text a number from 0 to 1, or from 0 to 100 with a percent sign behind it
     */
    public static double chance(String text) {
        boolean percent = text.endsWith("%");
        String number = percent ? text.substring(0, text.length() - 1) : text;
        if (!NUMBER.matcher(number).matches()) {
            return Double.NaN;
        }
        double chance = Double.parseDouble(number) / (percent ? PERCENT : 1);
        return chance <= 1 ? chance : Double.NaN;
    }
}
