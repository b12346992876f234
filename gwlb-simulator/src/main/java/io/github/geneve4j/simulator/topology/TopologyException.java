package io.github.geneve4j.simulator.topology;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** A topology file that cannot be used, with all that is wrong with it. */
public final class TopologyException extends Exception {
    @Serial private static final long serialVersionUID = 1L;

    private final transient List<TopologyError> errors;

    TopologyException(List<TopologyError> errors) {
        super(
                errors.stream()
                        .map(TopologyError::toString)
                        .collect(Collectors.joining(System.lineSeparator())));
        this.errors = List.copyOf(errors);
    }

    /** {@return what is wrong, at least one, in the order of the file} */
    public List<TopologyError> errors() {
        return errors;
    }
}
