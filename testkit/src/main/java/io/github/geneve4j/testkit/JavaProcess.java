package io.github.geneve4j.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a program in a JVM of its own, for what depends on options or on the whole process. */
public final class JavaProcess {
    private JavaProcess() {}

    /**
     * {@return all that the program has printed when it ends, errors included}
     *
     * @param main its class, on this process's class path
     * @param options of the JVM
     * @throws IOException if it cannot be started
     */
    public static String output(Class<?> main, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
