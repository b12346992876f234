package io.github.geneve4j.simulator.conform;

import java.util.Arrays;

/**
 * A datagram whose reply can be told from all others.
 *
 * @param datagram what is sent
 * @param headerLength bytes of its Geneve header
 * @param key bytes of its inner packet that stand in no other
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Request(Datagram datagram, int headerLength, byte[] key) {
    byte[] header() {
        return Arrays.copyOf(datagram.payload(), headerLength);
    }

    byte[] inner() {
        return Arrays.copyOfRange(datagram.payload(), headerLength, datagram.payload().length);
    }

    /** {@return whether a packet is this one's reply, or a part of it} */
    boolean isAnsweredBy(Arrival arrival) {
        return key.length == 0
                ? Arrays.equals(arrival.payload(), datagram.payload())
                : Bytes.contains(arrival.payload(), key);
    }

    Request withChecksum(Datagram.Checksum checksum) {
        return new Request(datagram.withChecksum(checksum), headerLength, key);
    }

    Request from(int source) {
        Datagram moved =
                new Datagram(
                        source, datagram.sourcePort(), datagram.checksum(), datagram.payload());
        return new Request(moved, headerLength, key);
    }
}
