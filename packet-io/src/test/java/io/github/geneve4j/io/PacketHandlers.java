package io.github.geneve4j.io;

/** Handlers of tests. */
final class PacketHandlers {
    private PacketHandlers() {}

    /** Every datagram goes back as it came. */
    static PacketHandler unchanged() {
        return returning(PacketHandler.UNCHANGED);
    }

    /** No datagram goes back. */
    static PacketHandler dropping() {
        return returning(PacketHandler.DROP);
    }

    /** That many bytes of every datagram go back. */
    static PacketHandler returning(int answer) {
        return (buffer, offset, length, sourceAddress) -> answer;
    }

    /** There is to be no datagram. */
    static PacketHandler failing() {
        return (buffer, offset, length, sourceAddress) -> {
            throw new AssertionError("a datagram of " + length + " bytes");
        };
    }
}
