package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.simulator.HealthCheck;
import io.github.geneve4j.simulator.HealthProbe;
import io.github.geneve4j.simulator.health.HealthClient;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;

/**
 * Asks targets whether they are well, each on a virtual thread.
 *
 * <p><b>Threads:</b> any.
 */
final class Prober implements AutoCloseable {
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HealthClient client = new HealthClient();

    /**
     * Asks, and returns at once.
     *
     * @param probe whom
     * @param check what
     * @param answer gets the probe back, and whether it passed; on another thread
     */
    void ask(HealthProbe probe, HealthCheck check, BiConsumer<HealthProbe, Boolean> answer) {
        int from = probe.node().address(); // now: a node may move
        try {
            Future<?> _ =
                    threads.submit(
                            () ->
                                    answer.accept(
                                            probe,
                                            client.ask(from, probe.target().address(), check)
                                                    .hasPassed()));
        } catch (RejectedExecutionException e) {
            // Closed: nobody waits for the answer
        }
    }

    @Override
    public void close() {
        client.close();
        threads.shutdownNow();
    }
}
