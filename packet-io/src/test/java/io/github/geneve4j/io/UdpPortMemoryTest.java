package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A process with less memory off the heap than a port takes. */
class UdpPortMemoryTest {
    private static final String LOCAL = "127.60.89.1";

    @Test
    void leavesNothingOpenWhereThereIsNoMemoryForIt() throws Exception {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:MaxDirectMemorySize=2m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                UdpPortMemoryTest.class.getName())
                        .redirectErrorStream(true)
                        .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("3 times too little memory, 0 descriptors");
    }

    /** Runs in the process with the limit. */
    public static void main(String[] arguments) throws IOException {
        openInVain(); // loads what holds descriptors itself
        int before = descriptors();
        int times = 0;
        for (int i = 0; i < 3; i++) {
            times += openInVain();
        }
        System.out.printf(
                "%d times too little memory, %d descriptors%n", times, descriptors() - before);
    }

    private static int openInVain() throws IOException {
        try {
            UdpPort.builder(Wire.address(LOCAL)).port(Wire.PORT).open().close();
            return 0;
        } catch (OutOfMemoryError expected) {
            return 1;
        }
    }

    private static int descriptors() {
        String[] open = new File("/proc/self/fd").list();
        return open == null ? -1 : open.length;
    }
}
