package io.github.geneve4j.benchmarks.dataplane;

import java.util.List;

/**
 * What a run was asked to do.
 *
 * @param name part of the names of namespaces and interfaces, unique on this machine
 * @param cores who runs where
 * @param mtu of both interfaces
 * @param hasGro whether the appliance's interface has GRO and so receives by NAPI
 * @param window packets under way
 * @param warmUpNanos time before the first measure of a program counts; the others get a quarter
 * @param measureNanos time of a measurement
 * @param mostApart nanoseconds that the cores may be apart for a sample to count
 * @param measures what to measure of each program, in this order
 */
record Settings(
        String name,
        Cores cores,
        int mtu,
        boolean hasGro,
        int window,
        long warmUpNanos,
        long measureNanos,
        double mostApart,
        List<Measure> measures) {}
