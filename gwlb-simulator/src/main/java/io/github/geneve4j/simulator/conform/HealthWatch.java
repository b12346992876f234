package io.github.geneve4j.simulator.conform;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes health checks, one after the other, in a thread of its own, until it is told to stop. */
final class HealthWatch implements Runnable {
    private static final long PAUSE_MILLIS = 200;

    private final HealthTarget target;
    private final Duration timeout;
    private volatile boolean running = true;
    private volatile int passed;
    private volatile @Nullable String failure;

    HealthWatch(HealthTarget target, Duration timeout) {
        this.target = target;
        this.timeout = timeout;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // this thread alone writes
    public void run() {
        do {
            String found = target.failure(timeout);
            if (found != null) {
                failure = found;
                return;
            }
            passed++;
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        } while (running);
    }

    void stop() {
        running = false;
    }

    int passed() {
        return passed;
    }

    /** {@return why the first check that failed did, or null if all passed} */
    @Nullable String failure() {
        return failure;
    }
}
