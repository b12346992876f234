package io.github.geneve4j.simulator.wire;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Callable;

/**
 * What a simulator's thread allocates while many packets go through.
 *
 * @param packets that were sent to targets in the last try
 * @param allocated bytes, in the last try
 */
record Flood(long packets, long allocated) {
    private static final int TRIES = 5;

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
            long before = threads.getThreadAllocatedBytes(id);
            long sent = simulation.snapshot(0).packetsSent();
            sender.call();
            packets = simulation.snapshot(0).packetsSent() - sent;
            allocated = threads.getThreadAllocatedBytes(id) - before;
        }
        return new Flood(packets, allocated);
    }
}
