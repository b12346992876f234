package io.github.geneve4j.benchmarks.dataplane;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * What a core did between two moments, as shares of the time, from {@code /proc/stat} and {@code
 * /proc/net/softnet_stat}.
 *
 * @param user share of programs
 * @param system share of the kernel on behalf of programs
 * @param softirq share of interrupts, nearly all of it frames that are received or sent
 * @param idle share of nothing
 * @param stolen share that the hypervisor did not give
 * @param received frames that the network stack took in on this core
 * @param woken how often another core interrupted this one because it had frames for it
 */
record CoreUse(
        double user,
        double system,
        double softirq,
        double idle,
        double stolen,
        long received,
        long woken) {

    /** What a core has done since it was started. */
    record Clock(
            long user,
            long system,
            long softirq,
            long idle,
            long stolen,
            long received,
            long woken) {

        /** {@return the clock of a core, now} */
        static Clock of(int core) throws IOException {
            String[] times = times(core);
            long[] frames = frames(core);
            return new Clock(
                    Long.parseLong(times[1]) + Long.parseLong(times[2]), // nice ones, too
                    Long.parseLong(times[3]),
                    Long.parseLong(times[6]) + Long.parseLong(times[7]),
                    Long.parseLong(times[4]) + Long.parseLong(times[5]),
                    Long.parseLong(times[8]),
                    frames[0],
                    frames[1]);
        }

        /** {@return what the core has done since} */
        CoreUse until(Clock end) {
            double all =
                    Math.max(
                            1,
                            (end.user - user)
                                    + (end.system - system)
                                    + (end.softirq - softirq)
                                    + (end.idle - idle)
                                    + (end.stolen - stolen));
            return new CoreUse(
                    (end.user - user) / all,
                    (end.system - system) / all,
                    (end.softirq - softirq) / all,
                    (end.idle - idle) / all,
                    (end.stolen - stolen) / all,
                    end.received - received,
                    end.woken - woken);
        }

        private static String[] times(int core) throws IOException {
            for (String line : Files.readAllLines(Path.of("/proc/stat"))) {
                if (line.startsWith("cpu" + core + " ")) {
                    return line.split(" +");
                }
            }
            throw new IOException("/proc/stat has no core " + core);
        }

        /** Hexadecimal numbers: the frames first, the interrupts 10th, the core 13th. */
        private static long[] frames(int core) throws IOException {
            for (String line : Files.readAllLines(Path.of("/proc/net/softnet_stat"))) {
                String[] numbers = line.strip().split(" +");
                if (Integer.parseInt(numbers[12], 16) == core) {
                    return new long[] {
                        Long.parseLong(numbers[0], 16), Long.parseLong(numbers[9], 16)
                    };
                }
            }
            throw new IOException("/proc/net/softnet_stat has no core " + core);
        }
    }

    /**
     * {@return nanoseconds for which the threads of a process have run, those that have ended left
     * out} What the kernel does for others in an interrupt is charged to whom it interrupts.
     */
    static long ranNanos(long pid) throws IOException {
        long nanos = 0;
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads) {
                String[] numbers = Files.readString(thread.resolve("schedstat")).split(" ");
                nanos += Long.parseLong(numbers[0]);
            }
        }
        return nanos;
    }

    /** {@return the cores that the threads of a process may run on, such as {@code [1]}} */
    static List<String> allowedCores(long pid) throws IOException {
        TreeSet<String> cores = new TreeSet<>();
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads) {
                for (String line : Files.readAllLines(thread.resolve("status"))) {
                    if (line.startsWith("Cpus_allowed_list:")) {
                        cores.add(line.substring(line.indexOf(':') + 1).strip());
                    }
                }
            }
        }
        return List.copyOf(cores);
    }

    /**
     * {@return all of it in one line, for people}
     *
     * @param packets that were under way in the time
     */
    String text(long packets) {
        return String.format(
                Locale.ROOT,
                "user %2.0f %%, kernel %2.0f %%, softirq %2.0f %%, idle %2.0f %%, stolen %.0f %%;"
                        + " for each packet %.2f frames received, %.3f interrupts",
                100 * user,
                100 * system,
                100 * softirq,
                100 * idle,
                100 * stolen,
                (double) received / Math.max(1, packets),
                (double) woken / Math.max(1, packets));
    }
}
