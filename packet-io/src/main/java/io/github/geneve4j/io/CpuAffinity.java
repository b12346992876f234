package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.github.geneve4j.io.sys.Architecture;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Keeps a thread on a processor of its own, so that its caches stay warm and no other packet thread
 * gets in its way. Linux only.
 */
public final class CpuAffinity {
    private static final int MAX_CPUS = 8192;

    private CpuAffinity() {}

    /**
     * Keeps the calling platform thread on one processor, from now on. Threads that it starts later
     * inherit this.
     *
     * @param cpu number of the processor as in {@code /proc/cpuinfo}, 0 to 8191
     * @throws IllegalArgumentException if the number is out of that range
     * @throws IllegalStateException if this is a virtual thread, which has no processor
     * @throws IOException if the processor is not there or not allowed, or this is not Linux
     */
    public static void pin(int cpu) throws IOException {
        if (cpu < 0 || cpu >= MAX_CPUS) {
            throw new IllegalArgumentException("cpu " + cpu + ": not 0 to " + (MAX_CPUS - 1));
        }
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("a virtual thread cannot be kept on a processor");
        }
        Architecture.current();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MAX_CPUS / Byte.SIZE, Long.BYTES);
            mask.setAtIndex(JAVA_LONG, cpu / Long.SIZE, 1L << cpu);
            int result = Libc.schedSetaffinity(0, mask);
            if (result < 0) {
                throw new SystemCallException(
                        "sched_setaffinity(cpu " + cpu + ")",
                        -result,
                        result == -Errno.EINVAL
                                ? "the processor is not there, or not allowed to this process"
                                : null);
            }
        }
    }
}
