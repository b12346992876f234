package io.github.geneve4j.config;

/**
 * One thing that is wrong with a file.
 *
 * @param file as it was named
 * @param line from 1
 * @param column from 1, in code points
 * @param message what was expected, and what is there
 */
public record ConfigError(String file, int line, int column, String message) {
    /** {@return all of it, as compilers write it: {@code lb.yaml:12:5: zone: ...}} */
    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + message;
    }
}
