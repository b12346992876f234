package io.github.geneve4j.io;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A process with an AF_XDP port on the cable whose fast path is kept: returns all, adds all. */
final class FastPathProgramOnPort {
    private FastPathProgramOnPort() {}

    public static void main(String[] arguments) throws IOException {
        try (FastPath fast = open(Path.of(arguments[0]), Duration.parse(arguments[1]));
                AfXdpPort port = AfXdpPort.builder(Cable.OWN).fastPath(fast).open()) {
            fast.generation(1);
            System.out.println(port);
            while (true) {
                long now = System.nanoTime();
                fast.vouch(now);
                port.poll(
                        (buffer, offset, length, source) -> {
                            fast.add(buffer, offset, length, 1, now);
                            return PacketHandler.UNCHANGED;
                        },
                        64);
                port.await(1_000_000);
            }
        }
    }

    static FastPath open(Path folder, Duration lease) throws IOException {
        return FastPath.builder().flows(64).allowFrom(0, -1).lease(lease).keepIn(folder).open();
    }
}
