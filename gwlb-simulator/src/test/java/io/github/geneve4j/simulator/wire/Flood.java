package io.github.geneve4j.simulator.wire;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;

/**
 * What a simulator's thread allocates while many packets go through, beyond what it allocates in as
 * long a time without any: a look at the neighbours each second takes some tens of kilobytes.
 *
 * @param packets that were sent to targets in the last try
 * @param allocated bytes, in the last try
 */
record Flood(long packets, long allocated) {
    private static final int TRIES = 10;
    private static final long REST_MILLIS = 3000;

    /**
     * {@return the first try that allocates less, or the last: until all is compiled}
     *
     * @param simulation that runs, the only one in this process
     * @param bytesEach fewer bytes for each packet are enough
     * @param sender sends many packets, and waits for them
     */
    static Flood of(Simulation simulation, int bytesEach, Callable<?> sender) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id =
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().equals("simulator"))
                        .findFirst()
                        .orElseThrow()
                        .threadId();
        long packets = 0;
        long allocated = Long.MAX_VALUE;
        for (int i = 0; i < TRIES && allocated >= packets * bytesEach; i++) {
            long sent = simulation.snapshot(0).packetsSent();
            long start = System.nanoTime();
            long before = threads.getThreadAllocatedBytes(id);
            sender.call();
            long flooded = threads.getThreadAllocatedBytes(id) - before;
            long nanos = System.nanoTime() - start;
            packets = simulation.snapshot(0).packetsSent() - sent;
            allocated = flooded;
            if (flooded >= packets * bytesEach) {
                allocated -= (long) (atRest(threads, id) * nanos);
            }
        }
        return new Flood(packets, allocated);
    }

    /** {@return bytes that a thread allocates in a nanosecond, without a packet} */
    private static double atRest(ThreadMXBean threads, long id) throws InterruptedException {
        long start = System.nanoTime();
        long before = threads.getThreadAllocatedBytes(id);
        Thread.sleep(REST_MILLIS);
        long allocated = threads.getThreadAllocatedBytes(id) - before;
        return (double) allocated / (System.nanoTime() - start);
    }
}
