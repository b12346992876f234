package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RestartCommandTest {
    @TempDir Path folder;

    private static String failure(String command) throws Exception {
        try (RestartCommand running = RestartCommand.start(command)) {
            while (running.isRunning()) {
                Thread.sleep(5);
            }
            return running.failure();
        }
    }

    @Test
    void tellsWhatACommandSaidLast() throws Exception {
        assertThat(failure("true")).isEmpty();
        assertThat(failure("echo much >&2; echo; exit 0")).isEmpty();
        assertThat(failure("exit 3")).isEqualTo("the restart command ended with status 3");
        assertThat(failure("seq 100000 >&2; echo 'no such unit' >&2; echo >&2; exit 5"))
                .isEqualTo("the restart command ended with status 5: no such unit");
        assertThat(failure("no-such-command-of-anybody"))
                .contains("status 127")
                .contains("no-such-command-of-anybody");
    }

    @Test
    void killsWhatItStillWaitsFor() throws Exception {
        Path file = folder.resolve("pid");
        long child;
        try (RestartCommand running =
                RestartCommand.start("sleep 1000 & echo $! >'" + file + "'; wait")) {
            child = pidFrom(file);
            assertThat(running.failure()).as("while it runs").isEmpty();
            running.kill();
            assertThat(running.failure()).startsWith("the restart command did not end");
        }
        while (ProcessHandle.of(child).filter(ProcessHandle::isAlive).isPresent()) {
            Thread.sleep(5); // until the test's time is over
        }
    }

    /** What it leaves behind is the appliance. */
    @Test
    void leavesAloneWhatItStarted() throws Exception {
        Path file = folder.resolve("pid");
        assertThat(failure("sleep 1000 & echo $! >'" + file + "'")).isEmpty();
        ProcessHandle appliance = ProcessHandle.of(pidFrom(file)).orElseThrow();
        try {
            assertThat(appliance.isAlive()).isTrue();
        } finally {
            appliance.destroyForcibly();
        }
    }

    private static long pidFrom(Path file) throws Exception {
        while (!Files.exists(file) || !Files.readString(file).endsWith("\n")) {
            Thread.sleep(5);
        }
        return Long.parseLong(Files.readString(file).strip());
    }
}
