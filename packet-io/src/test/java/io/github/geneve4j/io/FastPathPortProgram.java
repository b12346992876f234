package io.github.geneve4j.io;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A process that leaves every flow to the kernel from its second packet on, until it is killed. */
public final class FastPathPortProgram {
    /** Without a sign of life for so long the kernel returns nothing by itself. */
    static final Duration LEASE = Duration.ofSeconds(3);

    private FastPathPortProgram() {}

    /**
     * Says what the port is, or why it is none; the arguments are a kind of port, and maybe the
     * folder to keep the program's place in.
     */
    public static void main(String[] arguments) {
        try (FastPath fast = arguments.length > 1 ? kept(Path.of(arguments[1])) : builder().open();
                PacketPort port =
                        PortOpener.on(Cable.OWN)
                                .fastPath(fast)
                                .open(PortKind.valueOf(arguments[0]))
                                .ports()
                                .get(0)) {
            fast.generation(1);
            PacketHandler handler =
                    (buffer, offset, length, source) -> {
                        fast.add(buffer, offset, length, 1, System.nanoTime());
                        return PacketHandler.UNCHANGED;
                    };
            fast.vouch(System.nanoTime());
            System.out.println(port);
            while (true) {
                port.poll(handler, 64);
                port.await(LEASE.toNanos() / 20);
                fast.vouch(System.nanoTime());
            }
        } catch (IOException e) {
            System.out.println(e.getMessage());
        }
    }

    /** {@return a fast path whose program outlives the process} */
    static FastPath kept(Path folder) throws IOException {
        return builder().keepIn(folder).open();
    }

    private static FastPath.Builder builder() {
        return FastPath.builder().flows(64).allowFrom(0, -1).lease(LEASE);
    }
}
