package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.simulator.load.ReplyRule;
import java.io.IOException;
import java.util.List;

/**
 * Something that returns datagrams, and is measured.
 *
 * @param id its name on the command line and in files
 * @param label its name in tables
 * @param role what it is here for
 * @param replies what it makes of the ports
 * @param isBusy whether its process keeps the core awake by itself; the kernel's programs do not,
 *     see {@link AwakeCores}
 * @param starter how it is started
 */
record Program(
        String id, String label, Role role, ReplyRule replies, boolean isBusy, Starter starter) {

    /** {@return whether it is the appliance} */
    boolean isOurs() {
        return role == Role.OURS;
    }

    /** {@return whether the others are compared with it} */
    boolean isBase() {
        return role == Role.BASE;
    }

    /** What a program is in the comparison. */
    enum Role {
        /** What nothing can be faster than. */
        LIMIT,
        /** What the others are compared with. */
        BASE,
        /** The appliance. */
        OURS
    }

    /** Starts a program in a fresh topology. */
    @FunctionalInterface
    interface Starter {
        /**
         * {@return the program, running and ready}
         *
         * @throws IOException if it does not become ready
         */
        Running start(Topology topology) throws IOException, InterruptedException;
    }

    /**
     * A running program.
     *
     * @param own its processes, on its core; none if it is the kernel's
     * @param helpers processes that something else needs
     */
    record Running(List<Child> own, List<Child> helpers) implements AutoCloseable {
        /** Ends all processes. What they changed in their namespaces ends with those. */
        @Override
        public void close() {
            own.forEach(Child::close);
            helpers.forEach(Child::close);
        }
    }
}
