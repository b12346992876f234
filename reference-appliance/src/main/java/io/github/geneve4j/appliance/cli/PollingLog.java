package io.github.geneve4j.appliance.cli;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * Words for a change of who polls an interface, since that it cannot be polled is known only once
 * packets have come, and an interface that waits for polls in vain is slow.
 *
 * <p><b>Threads:</b> one at a time.
 */
final class PollingLog {
    private final Supplier<String> state;
    private String told;

    /**
     * Creates a log of which the present state has been told.
     *
     * @param state who polls
     */
    PollingLog(Supplier<String> state) {
        this.state = state;
        this.told = state.get();
    }

    /** {@return what is to be told now} */
    Optional<String> look() {
        String now = state.get();
        if (now.equals(told)) {
            return Optional.empty();
        }
        told = now;
        return Optional.of("busy polling " + now);
    }
}
