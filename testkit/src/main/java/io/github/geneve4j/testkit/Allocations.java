package io.github.geneve4j.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Counts what code allocates, to prove that it allocates nothing. */
public final class Allocations {
    /** What the measuring itself may allocate, in bytes; far less than one for each operation. */
    public static final long SLACK = 1024;

    private static final int WARM_UP = 20_000;
    private static final int ROUNDS = 4;
    private static final int MORE_ROUNDS = 20; // where a loaded machine has not compiled all yet

    @SuppressWarnings("unused") // written, so that no result is optimized away
    private static volatile long consumed;

    private Allocations() {}

    /**
     * {@return the bytes that this thread allocates while it runs an operation many times: in the
     * best of a few rounds, since compiling and de-optimizing may allocate once; of more, if it is
     * above {@link #SLACK} in all of these}
     *
     * @param operations how often in the first four rounds together, after a warm-up
     * @param operation returns anything that depends on its work
     */
    public static long of(int operations, Operation operation) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        consumed = run(WARM_UP, operation);
        long least = Long.MAX_VALUE;
        for (int round = 0;
                round < ROUNDS || (least > SLACK && round < ROUNDS + MORE_ROUNDS);
                round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            consumed = run(operations / ROUNDS, operation);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    private static long run(int operations, Operation operation) {
        long sum = 0;
        for (int i = 0; i < operations; i++) {
            sum += operation.run();
        }
        return sum;
    }

    /** One operation. */
    public interface Operation {
        /** {@return anything that depends on the work} */
        long run();
    }
}
