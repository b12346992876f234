package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.simulator.health.HealthAnswer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes health checks, one after the other, in a thread of its own, until it is told to stop.
 *
 * <p>Once it has stopped, it tells what it saw.
 */
final class HealthWatch {
    private final Supplier<HealthAnswer> check;
    private final long pauseMillis;
    private final Thread thread;
    private volatile boolean running = true;

    // Read by others when the thread has ended
    private int passed;
    private boolean wasBroken;
    private @Nullable String failure;

    private HealthWatch(Supplier<HealthAnswer> check, long pauseMillis) {
        this.check = check;
        this.pauseMillis = pauseMillis;
        this.thread = Thread.ofVirtual().name("health watch").unstarted(this::watch);
    }

    /**
     * {@return a watch that has begun}
     *
     * @param check makes one check
     * @param pauseMillis from the end of one to the begin of the next
     */
    static HealthWatch start(Supplier<HealthAnswer> check, long pauseMillis) {
        HealthWatch watch = new HealthWatch(check, pauseMillis);
        watch.thread.start();
        return watch;
    }

    private void watch() {
        try {
            do {
                HealthAnswer answer = check.get();
                if (answer.hasPassed()) {
                    passed++;
                } else if (failure == null) {
                    failure = answer.text();
                }
                wasBroken |= answer.kind() == HealthAnswer.Kind.BROKEN;
                Thread.sleep(pauseMillis);
            } while (running);
        } catch (InterruptedException e) {
            // told to stop
        } catch (RuntimeException e) {
            failure = e.toString();
        }
    }

    /** Ends it, with the check that it is at: that takes as long as a check's timeout at most. */
    void stop() throws InterruptedException {
        running = false;
        thread.join();
    }

    /** {@return how many checks passed} */
    int passed() {
        return passed;
    }

    /** {@return whether a check was not connected, or its connection ended before the answer} */
    boolean wasBroken() {
        return wasBroken;
    }

    /** {@return why the first check that failed did, or null if all passed and there was one} */
    @Nullable String failure() {
        return failure == null && passed == 0 ? "not one check ended" : failure;
    }
}
