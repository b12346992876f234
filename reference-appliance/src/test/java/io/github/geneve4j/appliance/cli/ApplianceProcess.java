package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The packaged appliance, on its module path, as a process of its own. */
final class ApplianceProcess implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 60;

    private final Process process;
    private final Thread reader;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private ApplianceProcess(Process process) {
        this.process = process;
        this.reader = Thread.ofVirtual().start(this::read);
    }

    /**
     * Starts {@code run}.
     *
     * @param prefix what to start it with, such as {@code ip netns exec NAME}; may be empty
     * @param arguments behind {@code run}
     */
    static ApplianceProcess run(List<String> prefix, String... arguments) throws IOException {
        return start(prefix, "run", arguments);
    }

    /**
     * Starts any command.
     *
     * @param prefix what to start it with, such as {@code ip netns exec NAME}; may be empty
     * @param name of the command, {@code simulate}
     * @param arguments behind it
     */
    static ApplianceProcess start(List<String> prefix, String name, String... arguments)
            throws IOException {
        List<String> command = command(prefix, name, arguments);
        return new ApplianceProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /**
     * {@return the command line of any command}
     *
     * @param prefix what to start it with; may be empty
     * @param name of the command
     * @param arguments behind it
     */
    static List<String> command(List<String> prefix, String name, String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        command.add("-XX:+UseSerialGC"); // several of them share a small machine
        command.add("--enable-native-access=io.github.geneve4j.io");
        command.add("--module-path");
        command.add(
                Path.of(System.getProperty("geneve4j.root"), "reference-appliance/target/modules")
                        .toString());
        command.add("--module");
        command.add("io.github.geneve4j.appliance/io.github.geneve4j.appliance.cli.Main");
        command.add(name);
        command.addAll(List.of(arguments));
        return command;
    }

    private void read() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            reader.lines().forEach(lines::add);
        } catch (IOException | RuntimeException e) {
            lines.add("cannot read: " + e);
        }
    }

    /** {@return the next line that fits; those before it are gone} */
    String awaitLine(Predicate<String> fits) throws InterruptedException {
        List<String> seen = new ArrayList<>();
        while (true) {
            String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(line).as("no such line after %s", seen).isNotNull();
            if (fits.test(line)) {
                return line;
            }
            seen.add(line);
        }
    }

    /** {@return the lines behind the last one that was waited for, of a process that has ended} */
    List<String> rest() throws InterruptedException {
        reader.join();
        List<String> rest = new ArrayList<>();
        lines.drainTo(rest);
        return rest;
    }

    /** Writes a line to its standard input. */
    void say(String line) throws IOException {
        process.outputWriter(StandardCharsets.UTF_8).append(line).append('\n').flush();
    }

    /** Sends a signal to this process. */
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** {@return the exit status} */
    int awaitExit() throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("still alive").isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
