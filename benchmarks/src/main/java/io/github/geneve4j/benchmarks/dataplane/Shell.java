package io.github.geneve4j.benchmarks.dataplane;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs small commands, to their end. */
final class Shell {
    private static final int PATIENCE_SECONDS = 20;

    private Shell() {}

    /**
     * {@return what a command prints}
     *
     * @param line its words, with a blank between
     * @throws IOException if it fails, or takes long; the message has what it printed
     */
    static String run(String line) throws IOException {
        return run(List.of(line.split(" ")));
    }

    /**
     * {@return what a command prints}
     *
     * @param command its words
     * @throws IOException if it fails, or takes long; the message has what it printed
     */
    static String run(List<String> command) throws IOException {
        Path output = Files.createTempFile("dataplane", ".out");
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            boolean hasEnded = await(process);
            String text = Files.readString(output, StandardCharsets.UTF_8).strip();
            if (!hasEnded || process.exitValue() != 0) {
                throw new IOException(
                        String.join(" ", command) + (hasEnded ? ": " : ": no end: ") + text);
            }
            return text;
        } finally {
            Files.delete(output);
        }
    }

    /** {@return whether a command can be found} */
    static boolean has(String command) {
        for (String folder : (System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, command))) {
                return true;
            }
        }
        return false;
    }

    /** Waits to the end even if this thread is interrupted: these commands also clean up. */
    private static boolean await(Process process) {
        boolean isInterrupted = false;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        boolean hasEnded = false;
        while (!hasEnded && System.nanoTime() - deadline < 0) {
            try {
                hasEnded = process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (!hasEnded) {
            process.destroyForcibly();
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
        return hasEnded;
    }
}
