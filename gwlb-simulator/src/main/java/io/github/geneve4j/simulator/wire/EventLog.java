package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.simulator.SimulatorEvent;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes one line for each event, on a thread of its own, so that the simulation waits for no disk.
 * When that thread falls far behind, events are lost, and a line says how many.
 *
 * <p><b>Threads:</b> any.
 */
public final class EventLog implements Consumer<SimulatorEvent>, AutoCloseable {
    private static final int LEAST_ROOM = 1 << 16;
    private static final long PAUSE_MILLIS = 20;

    private final BufferedWriter out;
    private final long mostWaiting;
    private final ConcurrentLinkedQueue<SimulatorEvent> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong lost = new AtomicLong();
    private final Thread thread;
    private volatile boolean closing;
    private volatile @Nullable IOException failure;

    /**
     * Begins to write.
     *
     * @param out gets the lines; closed by {@link #close}
     * @param flows that the load balancer has room for: a target that is lost, or an endpoint that
     *     is deleted, makes an event of each at once, for which there is room
     */
    public EventLog(Writer out, int flows) {
        this(out, (long) flows + LEAST_ROOM);
    }

    EventLog(Writer out, long mostWaiting) {
        this.out = new BufferedWriter(out);
        this.mostWaiting = mostWaiting;
        this.thread = Thread.ofPlatform().name("event log").daemon().start(this::run);
    }

    @Override
    public void accept(SimulatorEvent event) {
        if (count.get() >= mostWaiting) {
            lost.incrementAndGet();
        } else {
            count.incrementAndGet();
            waiting.add(event);
        }
    }

    /**
     * Writes what is left, and ends.
     *
     * @throws IOException if something could not be written, now or before
     */
    @Override
    public void close() throws IOException {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        IOException first = failure;
        if (first != null) {
            throw first;
        }
    }

    private void run() {
        try (out) {
            boolean isLast;
            do {
                isLast = closing; // before looking: what came before it is written
                writeWaiting();
                if (!isLast) {
                    Thread.sleep(PAUSE_MILLIS);
                }
            } while (!isLast);
        } catch (IOException e) {
            failure = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeWaiting() throws IOException {
        boolean written = false;
        for (SimulatorEvent event = waiting.poll(); event != null; event = waiting.poll()) {
            count.decrementAndGet();
            out.write(event.line(0)); // a simulation's clock begins at 0
            out.newLine();
            written = true;
        }
        long gone = lost.getAndSet(0);
        if (gone > 0) {
            out.write("# " + gone + " events lost: they came faster than they could be written");
            out.newLine();
            written = true;
        }
        if (written) {
            out.flush();
        }
    }
}
