package io.github.geneve4j.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What this process holds of the kernel: descriptors by number, mappings of sockets, and memory in
 * bytes.
 */
record Footprint(
        Map<Integer, String> descriptors,
        List<String> mappings,
        long residentMemory,
        long addressSpace) {
    private static final Path SELF = Path.of("/proc/self");
    private static final long MEMORY_SLACK = 16L << 20; // what the JVM itself may have taken

    static Footprint take() throws IOException {
        Map<Integer, String> descriptors = new TreeMap<>();
        String[] numbers = SELF.resolve("fd").toFile().list();
        for (String number : numbers == null ? new String[0] : numbers) {
            Path link = SELF.resolve("fd").resolve(number);
            if (Files.exists(link, java.nio.file.LinkOption.NOFOLLOW_LINKS)) { // not this listing's
                descriptors.put(Integer.valueOf(number), Files.readSymbolicLink(link).toString());
            }
        }
        List<String> mappings = new ArrayList<>();
        for (String line : Files.readAllLines(SELF.resolve("maps"))) {
            if (line.contains("socket:") || line.contains("anon_inode:")) {
                mappings.add(line);
            }
        }
        return new Footprint(descriptors, mappings, memory("VmRSS:"), memory("VmSize:"));
    }

    /** {@return what there is more than in an earlier one, for people; empty if nothing} */
    List<String> beyond(Footprint earlier) {
        List<String> more = new ArrayList<>();
        descriptors.forEach(
                (number, target) -> {
                    if (!target.equals(earlier.descriptors.get(number))) {
                        more.add("descriptor " + number + " -> " + target);
                    }
                });
        mappings.stream()
                .filter(line -> !earlier.mappings.contains(line))
                .forEach(line -> more.add("mapping " + line));
        long grown = residentMemory - earlier.residentMemory;
        if (grown > MEMORY_SLACK) {
            more.add(grown + " bytes of memory");
        }
        return more;
    }

    private static long memory(String name) throws IOException {
        for (String line : Files.readAllLines(SELF.resolve("status"))) {
            if (line.startsWith(name)) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        throw new IllegalStateException("no " + name);
    }
}
