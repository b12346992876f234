package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.simulator.load.Load;
import java.util.Locale;

/**
 * One thing to measure.
 *
 * @param kind how packets are sent
 * @param load what is sent
 * @param rate packets for each second of an open loop; 0 for the other kinds
 * @param hasSiblings whether there is one that differs by its flows alone
 */
record Measure(Kind kind, Load load, double rate, boolean hasSiblings) {
    /** How packets are sent. */
    enum Kind {
        /** A window of packets is kept under way: what rate is possible? */
        WINDOW,
        /** One packet is under way: how long does it take? */
        ONE_IN_FLIGHT,
        /** A rate, whatever comes back: how much gets lost, how long does it take? */
        RATE
    }

    /** {@return its name in files} */
    String id() {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** {@return what is inside, such as {@code 64 B}, and of how many flows where that differs} */
    String length() {
        String length = load.innerLength() + " B";
        return hasSiblings ? length + " of " + load.flows() + " flows" : length;
    }
}
