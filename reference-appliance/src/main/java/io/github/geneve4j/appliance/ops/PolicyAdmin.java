package io.github.geneve4j.appliance.ops;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What an operator may ask of a running policy; any thread. */
public interface PolicyAdmin {
    /** {@return a line about the policy that holds} */
    String describe();

    /**
     * {@return what came of reading the policy again, which this does} Several who ask at once may
     * get one answer, if the reading has begun after all of them asked. It takes as long as a
     * reading does, up to a limit.
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
     * @param lasting for how long the one that goes on has lasted; zero if there is none
     */
    record Readings(Instant replaced, Instant refused, long refusals, Duration lasting) {}

    /** How a reading can end. */
    enum Outcome {
        /** The policy was replaced. */
        REPLACED,
        /** The old one holds, for the reasons that are told. */
        REFUSED,
        /** It has not, for so long that nobody waits any more. */
        UNFINISHED
    }

    /**
     * What came of reading a policy again.
     *
     * @param outcome of it
     * @param lines tell so, one of them for each mistake
     */
    record Reload(Outcome outcome, List<String> lines) {
        /** Keeps the lines as they are. */
        public Reload {
            lines = List.copyOf(lines);
        }

        /** {@return whether the policy was replaced; if not, the old one holds} */
        public boolean replaced() {
            return outcome == Outcome.REPLACED;
        }
    }
}
