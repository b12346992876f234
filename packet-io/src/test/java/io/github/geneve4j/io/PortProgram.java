package io.github.geneve4j.io;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A process that has a port on the cable, says what it is or why it is none, and returns all. */
final class PortProgram implements AutoCloseable {
    private final Process process;

    private PortProgram(Process process) {
        this.process = process;
    }

    /** Runs on the port's end, begun by a command that takes privileges away, say. */
    static PortProgram start(Cable cable, String... before) throws IOException {
        return start(cable, PortProgram.class, List.of(before));
    }

    /** Runs another program on the port's end, with arguments. */
    static PortProgram start(Cable cable, Class<?> main, String... arguments) throws IOException {
        return start(cable, main, List.of(), arguments);
    }

    private static PortProgram start(
            Cable cable, Class<?> main, List<String> before, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(
                List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName()));
        command.addAll(List.of(arguments));
        return new PortProgram(
                new ProcessBuilder(cable.commandOnOwn(command)).redirectErrorStream(true).start());
    }

    /** {@return the first line that it says} */
    String says() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c; (c = process.getInputStream().read()) != '\n' && c != -1; ) {
            line.append((char) c);
        }
        return line.toString();
    }

    /** {@return everything that it says until it ends} */
    String saysAll() throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    /** Sends a signal: STOP, say, after which nothing of its own runs until CONT. */
    void signal(String name) throws Exception {
        Cable.run("kill -" + name + " " + process.pid());
    }

    /** Ends it with SIGKILL: nothing of its own runs any more. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }

    public static void main(String[] arguments) {
        try (AfPacketPort port = AfPacketPort.builder(Cable.OWN).open()) {
            System.out.println(port);
            while (true) {
                port.poll((buffer, offset, length, source) -> length, 64);
                port.await(1_000_000_000);
            }
        } catch (IOException e) {
            System.out.println(e.getMessage());
        }
    }
}
