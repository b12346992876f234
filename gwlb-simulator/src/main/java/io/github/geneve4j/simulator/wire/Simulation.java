package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.simulator.SimulatorEvent;
import io.github.geneve4j.simulator.topology.Topology;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A load balancer at work on this host: what a {@link Topology} describes, with real sockets,
 * devices and time. Linux only; TUN devices, namespaces and AF_XDP need root. Interfaces are those
 * of the network namespace of the thread that opens it.
 *
 * {@snippet :
 * try (Simulation simulation = Simulation.open(Topology.read(file))) {
 *     simulation.execute("deregister fw-1");
 *     SimulationReport.summary(simulation.snapshot(0));
 * }
 * }
 *
 * <p>One thread does all work of packets.
 *
 * <p><b>Threads:</b> any.
 */
public final class Simulation implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 10;
    private static final int FLOWS_AT_THE_END = 20;

    private final PacketLoop loop;
    private final Thread thread;
    private volatile boolean closing;
    private volatile @Nullable SimulationSnapshot last;
    private volatile @Nullable Throwable failure;

    private Simulation(PacketLoop loop) {
        this.loop = loop;
        this.thread = Thread.ofPlatform().name("simulator").unstarted(this::run);
    }

    /**
     * Opens everything that the topology names, and begins. Nobody is told of events, which costs
     * less for each flow and each packet that is dropped.
     *
     * @param topology what there is
     * @return the simulation, running
     * @throws IOException if an address, a device, a namespace or a file cannot be had; the message
     *     names it
     */
    public static Simulation open(Topology topology) throws IOException {
        return begin(PacketLoop.open(topology, null));
    }

    /**
     * Opens everything that the topology names, and begins.
     *
     * @param topology what there is
     * @param events told of everything that happens, on the thread of packets, which it must not
     *     delay
     * @return the simulation, running
     * @throws IOException if an address, a device, a namespace or a file cannot be had; the message
     *     names it
     */
    public static Simulation open(Topology topology, Consumer<SimulatorEvent> events)
            throws IOException {
        return begin(PacketLoop.open(topology, events));
    }

    private static Simulation begin(PacketLoop loop) {
        Simulation simulation = new Simulation(loop);
        simulation.thread.start();
        return simulation;
    }

    /**
     * Has it do something, as a line of words says: {@code deregister fw-1}, {@code accept
     * vpce-00000000000000001}, {@code faults loss=1%}. {@code help} lists what there is.
     *
     * @param line the words
     * @return what was done, in one line or several
     * @throws IllegalArgumentException if there is no such order, or nothing that is named so
     * @throws IllegalStateException if it cannot be done now, or the simulation has ended
     * @throws IOException if an address cannot be had
     */
    public String execute(String line) throws IOException {
        try {
            return ask(() -> Orders.execute(line, loop));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * {@return how things are, or how they were at the end}
     *
     * @param flows how many flows to tell of at most
     */
    public SimulationSnapshot snapshot(int flows) {
        SimulationSnapshot atTheEnd = last;
        if (atTheEnd != null) {
            return atTheEnd;
        }
        try {
            SimulationSnapshot taken = ask(() -> loop.snapshot(flows));
            return taken.withWire(taken.wire().withOverrun(loop.overrun()));
        } catch (IllegalStateException e) {
            atTheEnd = last;
            if (atTheEnd != null) {
                return atTheEnd; // it has just come
            }
            throw e;
        }
    }

    /**
     * Waits until the simulation ends by itself: it fails, or all captures have been played and
     * there is no device.
     *
     * @param timeoutNanos at most
     * @return whether it has ended
     * @throws InterruptedException if this thread is interrupted
     */
    public boolean join(long timeoutNanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.timedJoin(thread, timeoutNanos);
        return !thread.isAlive();
    }

    /** {@return why it has ended, if it failed} */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /** Ends it. What it was can still be asked. Does nothing the second time. */
    @Override
    public void close() {
        closing = true;
        loop.order(() -> {});
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try (loop) {
            while (!closing && loop.turn()) {
                // A turn waits by itself
            }
            SimulationSnapshot atTheEnd = loop.snapshot(FLOWS_AT_THE_END);
            last = atTheEnd.withWire(atTheEnd.wire().withOverrun(loop.overrun()));
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            if (last == null) {
                last = loop.snapshot(0);
            }
        }
    }

    private <T> T ask(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        loop.order(
                () -> {
                    try {
                        answer.complete(question.get());
                    } catch (RuntimeException e) {
                        answer.completeExceptionally(e);
                    }
                });
        try {
            for (int i = 0; i < PATIENCE_SECONDS * 10; i++) {
                try {
                    return answer.get(100, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    if (!thread.isAlive()) {
                        break;
                    }
                }
            }
            throw new IllegalStateException("the simulation has ended, or does not answer");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e);
        }
    }
}
