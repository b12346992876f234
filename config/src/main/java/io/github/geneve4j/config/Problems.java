package io.github.geneve4j.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;

/** What is wrong with one file, as it is found. */
final class Problems {
    private final String file;
    private final List<ConfigError> errors = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    /** Notes something that is wrong at a place; without one, at the beginning of the file. */
    void add(Optional<Mark> place, String message) {
        int line = place.map(mark -> mark.getLine() + 1).orElse(1);
        int column = place.map(mark -> mark.getColumn() + 1).orElse(1);
        errors.add(new ConfigError(file, line, column, printable(message)));
    }

    /** A message quotes the file: nothing in it is to move a terminal's cursor, or begin a line. */
    private static String printable(String message) {
        StringBuilder out = new StringBuilder(message.length());
        for (int i = 0; i < message.length(); i++) {
            char c = message.charAt(i);
            if (Character.isISOControl(c)) {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    boolean isEmpty() {
        return errors.isEmpty();
    }

    /** Throws all of them, if there are any. */
    void check() throws ConfigException {
        if (!errors.isEmpty()) {
            errors.sort(
                    Comparator.comparingInt(ConfigError::line)
                            .thenComparingInt(ConfigError::column));
            throw new ConfigException(errors);
        }
    }
}
