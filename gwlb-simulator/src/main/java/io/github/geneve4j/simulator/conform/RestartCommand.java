package io.github.geneve4j.simulator.conform;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The operator's command that restarts the appliance, run by {@code sh}.
 *
 * <p>What it starts in the background lives on when it has ended. What it says goes into a file and
 * not into a pipe, which the appliance itself might inherit and die of.
 */
final class RestartCommand implements AutoCloseable {
    private static final int TAIL_LENGTH = 4096;

    private final Process process;
    private final Path errors;
    private boolean killed;

    private RestartCommand(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
    }

    static RestartCommand start(String command) throws IOException {
        Path errors = Files.createTempFile("geneve4j-restart", ".err");
        try {
            Process process =
                    new ProcessBuilder("sh", "-c", command)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(errors.toFile())
                            .start();
            return new RestartCommand(process, errors);
        } catch (IOException e) {
            Files.deleteIfExists(errors);
            throw e;
        }
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** Ends it, and all that it started and still waits for. */
    void kill() {
        killed = true;
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** {@return how it ended, for people; empty if it ended well} */
    String failure() throws IOException {
        if (killed) {
            return "the restart command did not end" + lastWords();
        }
        if (process.isAlive() || process.exitValue() == 0) {
            return "";
        }
        return "the restart command ended with status " + process.exitValue() + lastWords();
    }

    /** The last line of its standard error, where the reason usually is. */
    private String lastWords() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(errors.toFile(), "r")) {
            long length = file.length();
            int tail = (int) Math.min(TAIL_LENGTH, length);
            byte[] bytes = new byte[tail];
            file.seek(length - tail);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank())
                    .reduce((first, second) -> second)
                    .map(line -> ": " + line.strip())
                    .orElse("");
        }
    }

    @Override
    public void close() throws IOException {
        if (process.isAlive()) {
            kill();
        }
        Files.deleteIfExists(errors);
    }
}
