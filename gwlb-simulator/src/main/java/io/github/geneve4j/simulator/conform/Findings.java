package io.github.geneve4j.simulator.conform;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Faults of one kind, of which the first is shown and the others are counted: a long load may have
 * more of them than there is memory.
 *
 * @param <T> what shows one
 */
final class Findings<T> {
    private @Nullable T first;
    private long count;

    void add(T fault) {
        if (count++ == 0) {
            first = fault;
        }
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** {@return how many there are} */
    long count() {
        return count;
    }

    /** {@return the first; call it only if there is one} */
    T first() {
        return Objects.requireNonNull(first);
    }

    void clear() {
        first = null;
        count = 0;
    }
}
