package io.github.geneve4j.config;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** A file that cannot be used, with all that is wrong with it. */
public final class ConfigException extends Exception {
    @Serial private static final long serialVersionUID = 1L;

    private final transient List<ConfigError> errors;
    private final transient boolean more;

    ConfigException(List<ConfigError> errors, boolean more) {
        super(
                errors.stream()
                        .map(ConfigError::toString)
                        .collect(Collectors.joining(System.lineSeparator())));
        this.errors = List.copyOf(errors);
        this.more = more;
    }

    /**
     * {@return what is wrong, at least one, in the order of the file; the last may say only that
     * there is more}
     */
    public List<ConfigError> errors() {
        return errors;
    }

    /** {@return how many there are: {@code 1 mistake}, {@code more than 100 mistakes}} */
    public String count() {
        int told = more ? errors.size() - 1 : errors.size();
        return (more ? "more than " : "") + told + (told == 1 ? " mistake" : " mistakes");
    }
}
