package io.github.geneve4j.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;

/** What is wrong with one file, as it is found. Of very many mistakes the first are enough. */
final class Problems {
    static final int MOST = 100;

    private final String file;
    private final List<ConfigError> errors = new ArrayList<>();
    private Optional<ConfigError> more = Optional.empty();

    Problems(String file) {
        this.file = file;
    }

    /** Notes something that is wrong at a place; without one, at the beginning of the file. */
    void add(Optional<Mark> place, String message) {
        if (more.isPresent()) {
            return;
        }
        int line = place.map(mark -> mark.getLine() + 1).orElse(1);
        int column = place.map(mark -> mark.getColumn() + 1).orElse(1);
        if (errors.size() == MOST) {
            String rest = "more mistakes, of which only the first " + MOST + " are told";
            more = Optional.of(new ConfigError(file, line, column, rest));
        } else {
            errors.add(new ConfigError(file, line, column, printable(message)));
        }
    }

    /** {@return whether there are more than are told: nobody learns of what is noted now} */
    boolean isFull() {
        return more.isPresent();
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
            more.ifPresent(errors::add);
            throw new ConfigException(errors, more.isPresent());
        }
    }
}
