package io.github.geneve4j.simulator.conform;

import java.io.IOException;

/**
 * One question to an appliance.
 *
 * @param info what it is about
 * @param needsHeaders whether outer headers have to be written or seen, which takes CAP_NET_RAW
 * @param body what finds out
 */
record Check(CheckInfo info, boolean needsHeaders, Body body) {
    /** Asks, on the wire. */
    @FunctionalInterface
    interface Body {
        /**
         * {@return what was found out}
         *
         * @throws TooLongException if a request is longer than the way to the appliance allows
         * @throws IOException if this host's network fails
         */
        Outcome run(Probe probe) throws IOException, InterruptedException;
    }

    static Check of(String name, String reason, String rule, String metric, Body body) {
        return new Check(new CheckInfo(name, reason, rule, metric), false, body);
    }

    static Check withHeaders(String name, String reason, String rule, String metric, Body body) {
        return new Check(new CheckInfo(name, reason, rule, metric), true, body);
    }
}
