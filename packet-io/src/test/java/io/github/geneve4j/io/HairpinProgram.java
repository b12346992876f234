package io.github.geneve4j.io;

import java.io.IOException;

/** A process that returns everything until it is killed; arguments are interface and mode. */
public final class HairpinProgram {
    private HairpinProgram() {}

    /** Says "open" once it is. */
    public static void main(String[] arguments) throws IOException {
        try (AfXdpPort port =
                AfXdpPort.builder(arguments[0]).mode(AfXdpMode.valueOf(arguments[1])).open()) {
            System.out.println("open");
            while (true) {
                if (port.poll(PacketHandlers.unchanged(), 64) == 0) {
                    port.await(1_000_000_000);
                }
            }
        }
    }
}
