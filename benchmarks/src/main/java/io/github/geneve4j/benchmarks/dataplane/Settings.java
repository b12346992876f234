package io.github.geneve4j.benchmarks.dataplane;

import java.util.List;

/**
 * What a run was asked to do.
 *
 * @param name part of the names of namespaces and interfaces, unique on this machine
 * @param cores who runs where
 * @param mtu of both interfaces
 * @param window packets under way
 * @param warmUpNanos time before the first measurement of a session; the others get a quarter
 * @param measureNanos time of a measurement
 * @param measures what to measure in each session, in this order
 */
record Settings(
        String name,
        Cores cores,
        int mtu,
        int window,
        long warmUpNanos,
        long measureNanos,
        List<Measure> measures) {}
