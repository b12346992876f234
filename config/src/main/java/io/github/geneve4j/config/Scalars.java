package io.github.geneve4j.config;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Scalars that files of all kinds have. */
public final class Scalars {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,19}");
    private static final Pattern HEX = Pattern.compile("0x[0-9a-fA-F]{1,16}");

    private Scalars() {}

    /** {@return a name of letters, digits, dots, dashes and underscores, up to 63 of them} */
    public static Reading<String> name() {
        return new Reading<>(
                "a name of 1 to 63 letters, digits, dots, dashes and underscores",
                text -> NAME.matcher(text).matches() ? text : null);
    }

    /**
     * {@return a number in decimal notation}
     *
     * @param min least
     * @param max greatest
     */
    public static Reading<Long> integer(long min, long max) {
        return new Reading<>(
                "a number from " + min + " to " + max,
                text -> {
                    Long value = parse(text);
                    return value != null && value >= min && value <= max ? value : null;
                });
    }

    /** {@return 64 bits, in decimal or hexadecimal notation} */
    public static Reading<Long> bits() {
        return new Reading<>(
                "64 bits, such as 42 or 0x2a",
                text ->
                        HEX.matcher(text).matches()
                                ? Long.valueOf(Long.parseUnsignedLong(text.substring(2), 16))
                                : parse(text));
    }

    /** {@return {@code true} or {@code false}} */
    public static Reading<Boolean> flag() {
        return choice(Map.of("true", true, "false", false));
    }

    /**
     * {@return one of a few words}
     *
     * @param <T> of the value
     * @param words each with what it stands for
     */
    public static <T> Reading<T> choice(Map<String, T> words) {
        return new Reading<>(
                String.join(" or ", words.keySet().stream().sorted().toList()), words::get);
    }

    /**
     * {@return a time in whole seconds}
     *
     * @param min least
     * @param max greatest
     */
    public static Reading<Integer> seconds(int min, int max) {
        return new Reading<>(
                "a time in whole seconds, from " + min + "s to " + max + "s",
                text -> {
                    long nanos = Quantity.nanos(text);
                    long second = TimeUnit.SECONDS.toNanos(1);
                    boolean fits =
                            nanos >= 0
                                    && nanos % second == 0
                                    && nanos / second >= min
                                    && nanos / second <= max;
                    return fits ? (int) (nanos / second) : null;
                });
    }

    /**
     * {@return a time, in nanoseconds}
     *
     * @param max greatest
     */
    public static Reading<Long> nanos(long max) {
        return new Reading<>(
                "a time up to " + TimeUnit.NANOSECONDS.toSeconds(max) + "s, such as 20ms or 1s",
                text -> {
                    long nanos = Quantity.nanos(text);
                    return nanos < 0 || nanos > max ? null : nanos;
                });
    }

    /** {@return a chance from 0 to 1} */
    public static Reading<Double> chance() {
        return new Reading<>(
                "a chance from 0% to 100%, or from 0 to 1",
                text -> {
                    double chance = Quantity.chance(text);
                    return Double.isNaN(chance) ? null : chance;
                });
    }

    private static @Nullable Long parse(String text) {
        try {
            return INTEGER.matcher(text).matches() ? Long.valueOf(text) : null;
        } catch (NumberFormatException e) {
            return null; // 19 digits, and too many for 64 bits
        }
    }
}
