package io.github.geneve4j.config;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** A file that cannot be used, with all that is wrong with it. */
public final class ConfigException extends Exception {
    @Serial private static final long serialVersionUID = 1L;

    private final transient List<ConfigError> errors;

    ConfigException(List<ConfigError> errors) {
        super(
                errors.stream()
                        .map(ConfigError::toString)
                        .collect(Collectors.joining(System.lineSeparator())));
        this.errors = List.copyOf(errors);
    }

    /**
     * {@return what is wrong, at least one, in the order of the file; the last may say only that
     * there is more}
     */
    public List<ConfigError> errors() {
        return errors;
    }
}
