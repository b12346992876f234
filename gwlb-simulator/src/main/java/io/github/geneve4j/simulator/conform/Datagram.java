package io.github.geneve4j.simulator.conform;

/**
 * A UDP datagram for the appliance.
 *
 * @param source which address of this host it leaves from
 * @param sourcePort which port
 * @param checksum its UDP checksum; sockets without CAP_NET_RAW have the right one only
 * @param payload Geneve, or what looks like it
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Datagram(int source, int sourcePort, Checksum checksum, byte[] payload) {
    /** What stands in the UDP checksum. */
    enum Checksum {
        RIGHT,
        NONE,
        WRONG
    }

    Datagram withChecksum(Checksum other) {
        return new Datagram(source, sourcePort, other, payload);
    }
}
