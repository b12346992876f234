package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.io.CpuAffinity;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Tells how far apart the two cores are: how long a cache line takes from one to the other.
 *
 * <p>A hypervisor moves its virtual cores about. With both below one cache a line takes some 50 ns,
 * with each below another 200 ns and more, and then every packet costs more, by how much depends on
 * the program. What was measured in one state must not be compared with what was measured in the
 * other.
 */
final class Handoff implements AutoCloseable {
    private static final int BATCHES = 6;
    private static final int ROUND_TRIPS = 300;
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final AtomicInteger ball = new AtomicInteger();
    private final Thread partner;
    private volatile boolean isWanted;
    private volatile boolean isClosed;

    /** Puts a thread on the other core, which sleeps until it is needed. */
    Handoff(int otherCore) {
        this.partner = Thread.ofPlatform().daemon().name("handoff").start(() -> play(otherCore));
    }

    /**
     * {@return nanoseconds one way, the least of some batches; the calling thread has to be on the
     * core that is not the other}
     *
     * @throws IOException if the other core gives the thread no time
     */
    double nanos() throws IOException {
        isWanted = true;
        LockSupport.unpark(partner);
        try {
            trips(1); // until the other one is there
            double least = Double.MAX_VALUE;
            for (int i = 0; i < BATCHES; i++) {
                long start = System.nanoTime();
                trips(ROUND_TRIPS);
                double oneWay = (System.nanoTime() - start) / (2.0 * ROUND_TRIPS);
                least = Math.min(least, oneWay);
            }
            return least;
        } finally {
            isWanted = false;
        }
    }

    @Override
    public void close() {
        isClosed = true;
        LockSupport.unpark(partner);
    }

    /** Even numbers are for the partner to make odd. */
    private void trips(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            int mine = ball.get();
            ball.set(mine + 1);
            long patience = 0;
            while (ball.get() == mine + 1) {
                Thread.onSpinWait();
                if (++patience % 1024 == 0) {
                    patience = checkPatience(patience);
                }
            }
        }
    }

    private long waitingSince;

    private long checkPatience(long spins) throws IOException {
        long now = System.nanoTime();
        if (spins == 1024) {
            waitingSince = now;
        } else if (now - waitingSince > PATIENCE_NANOS) {
            throw new IOException("the other core has no time to tell how far it is");
        }
        return spins;
    }

    private void play(int core) {
        try {
            CpuAffinity.pin(core);
        } catch (IOException e) {
            return; // nanos() then says that nobody answers
        }
        while (!isClosed) {
            if (!isWanted) {
                LockSupport.park(this);
            } else if ((ball.get() & 1) == 1) {
                ball.set(ball.get() + 1);
            } else {
                Thread.onSpinWait();
            }
        }
    }
}
