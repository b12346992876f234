package io.github.geneve4j.benchmarks.dataplane;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A process that was started here, and is ended here. */
final class Child implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 15;
    private static final String END = "(end of output)";

    private final List<String> command;
    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private Child(List<String> command, Process process) {
        this.command = command;
        this.process = process;
        Thread.ofVirtual().start(this::read);
    }

    /** {@return the process of a command, just started} */
    static Child start(List<String> command) throws IOException {
        return new Child(command, new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /**
     * Waits until it prints a line.
     *
     * @param part of the line
     * @throws IOException if it ends, or takes too long; the message has what it printed
     */
    void awaitLine(String part) throws IOException, InterruptedException {
        List<String> seen = new ArrayList<>();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            String line = lines.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null || line.equals(END)) {
                throw new IOException(
                        String.join(" ", command)
                                + ": did not print '"
                                + part
                                + "' but:\n"
                                + String.join("\n", seen));
            }
            if (line.contains(part)) {
                return;
            }
            seen.add(line);
        }
    }

    /** {@return how many of the lines that it has printed since it was asked last have a part} */
    int count(String part) {
        int count = 0;
        for (String line = lines.poll(); line != null; line = lines.poll()) {
            count += line.contains(part) ? 1 : 0;
        }
        return count;
    }

    /** {@return its process id, which is that of the last command in the line} */
    long pid() {
        return process.pid();
    }

    /** Asks it to end, and makes it end. */
    @Override
    public void close() {
        process.destroy();
        boolean isInterrupted = false;
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            isInterrupted = true;
            process.destroyForcibly();
        }
        process.onExit().join();
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            reader.lines().forEach(lines::add);
        } catch (IOException | RuntimeException e) {
            lines.add("cannot read: " + e);
        }
        lines.add(END);
    }
}
