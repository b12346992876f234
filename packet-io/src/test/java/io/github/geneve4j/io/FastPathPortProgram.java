package io.github.geneve4j.io;

import java.io.IOException;
import java.time.Duration;

/** A process that leaves every flow to the kernel from its second packet on, until it is killed. */
public final class FastPathPortProgram {
    /** Without a sign of life for so long the kernel returns nothing by itself. */
    static final Duration LEASE = Duration.ofSeconds(2);

    private FastPathPortProgram() {}

    /** Says what the port is, or why it is none; the argument is a kind of port. */
    public static void main(String[] arguments) {
        try (FastPath fast = FastPath.builder().flows(64).allowFrom(0, -1).lease(LEASE).open();
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
}
