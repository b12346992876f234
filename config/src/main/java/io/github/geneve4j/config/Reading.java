package io.github.geneve4j.config;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a scalar of the file becomes a value.
 *
 * @param <T> of the value
 * @param expected what a fitting text is, for messages: {@code "a port from 1 to 65535"}
 * @param parse the value, or {@code null} if the text does not fit
 */
public record Reading<T>(String expected, Function<String, @Nullable T> parse) {}
