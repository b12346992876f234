package io.github.geneve4j.config;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a scalar of the file becomes a value.
 *
 * @param <T> of the value
 * @param expected what a fitting text is, for messages: {@code "a port from 1 to 65535"}
 * @param parse the value, or {@code null} if the text does not fit
 * @param isUnquoted whether what is in quotes does not fit
 */
public record Reading<T>(String expected, Function<String, @Nullable T> parse, boolean isUnquoted) {
    /**
     * Creates a reading to which quotes make no difference.
     *
     * @param expected what a fitting text is
     * @param parse the value, or {@code null} if the text does not fit
     */
    public Reading(String expected, Function<String, @Nullable T> parse) {
        this(expected, parse, false);
    }

    /** {@return the same reading, but for what stands without quotes} */
    public Reading<T> unquoted() {
        return new Reading<>(expected, parse, true);
    }
}
