package io.github.geneve4j.benchmarks.simulator;

import io.github.geneve4j.simulator.wire.Simulation;
import io.github.geneve4j.simulator.wire.SimulationSnapshot;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;

/**
 * What a simulation does between its first packet and the time when it has nothing more to do.
 *
 * @param rate packets that were returned and accepted, in a second
 * @param nanos of the simulator's thread for each of them
 * @param end what there is after what was under way has come
 */
record BusyTime(double rate, double nanos, SimulationSnapshot end) {
    /**
     * Watches a simulation until it is over, or idle.
     *
     * @param simulation that runs
     * @param windowMillis how often to look
     * @param idle whether it is, by the snapshot before and the one of now
     */
    static BusyTime of(
            Simulation simulation,
            long windowMillis,
            BiPredicate<SimulationSnapshot, SimulationSnapshot> idle)
            throws InterruptedException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long thread = simulatorsThread();
        SimulationSnapshot first = null;
        SimulationSnapshot last = null;
        long firstCpu = 0;
        long lastCpu = 0;
        while (!simulation.join(TimeUnit.MILLISECONDS.toNanos(windowMillis))) {
            SimulationSnapshot now = simulation.snapshot(0);
            long cpu = threads.getThreadCpuTime(thread);
            if (last != null && idle.test(last, now)) {
                break;
            }
            if (first == null && now.packetsSent() > 0) {
                first = now;
                firstCpu = cpu;
            }
            last = now;
            lastCpu = cpu;
        }
        if (first == null || last == null || last == first) {
            throw new IllegalStateException("over before it could be measured");
        }
        simulation.join(TimeUnit.SECONDS.toNanos(1)); // what is under way
        double packets = last.packetsReturned() - first.packetsReturned();
        double seconds = (last.elapsedNanos() - first.elapsedNanos()) / 1e9;
        return new BusyTime(
                packets / seconds, (lastCpu - firstCpu) / packets, simulation.snapshot(0));
    }

    private static long simulatorsThread() {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals("simulator")) {
                return thread.threadId();
            }
        }
        throw new IllegalStateException("no thread named simulator");
    }
}
