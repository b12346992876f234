package io.github.geneve4j.benchmarks.dataplane;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps this machine's cores from going to sleep when they have nothing to do, until it is closed,
 * or the process ends ({@code Documentation/power/pm_qos_interface.rst} of the kernel).
 */
final class AwakeCores implements AutoCloseable {
    private static final Path LATENCY = Path.of("/dev/cpu_dma_latency");
    private static final Path IDLE = Path.of("/sys/devices/system/cpu/cpuidle/current_driver");

    private final OutputStream latency;

    private AwakeCores(OutputStream latency) {
        this.latency = latency;
    }

    /** {@return whether the kernel has a way for it} */
    static boolean arePossible() {
        return Files.isWritable(LATENCY) && Files.exists(IDLE);
    }

    /**
     * {@return what keeps them awake}
     *
     * @throws IOException if the kernel refuses
     */
    static AwakeCores keep() throws IOException {
        OutputStream latency = Files.newOutputStream(LATENCY);
        latency.write(new byte[Integer.BYTES]); // microseconds that it may take to wake up: 0
        return new AwakeCores(latency);
    }

    /** Lets them sleep again. */
    @Override
    public void close() throws IOException {
        latency.close();
    }
}
