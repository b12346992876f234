package io.github.geneve4j.appliance.ops;

import java.time.Instant;
import java.util.List;

/** What an operator may ask of a running policy; any thread. */
public interface PolicyAdmin {
    /** {@return a line about the policy that holds} */
    String describe();

    /**
     * {@return what came of reading the policy again, which this does} Several who ask at once may
     * get one answer, if the reading has begun after all of them asked.
     */
    Reload reload();

    /** {@return how the readings so far ended; does not wait for one that goes on} */
    Readings readings();

    /**
     * How readings of a policy ended, by the system's clock.
     *
     * @param replaced when the policy that holds was read
     * @param refused when one was refused last; {@link Instant#EPOCH} if never
     * @param refusals how many were refused
     */
    record Readings(Instant replaced, Instant refused, long refusals) {}

    /**
     * What came of reading a policy again.
     *
     * @param replaced whether the policy was replaced; if not, the old one holds
     * @param lines tell so, one of them for each mistake
     */
    record Reload(boolean replaced, List<String> lines) {
        /** Keeps the lines as they are. */
        public Reload {
            lines = List.copyOf(lines);
        }
    }
}
