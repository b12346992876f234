package io.github.geneve4j.testkit;

import org.jspecify.annotations.Nullable;

/**
 * One header of a packet under construction; {@link Packets} makes them and puts them together.
 *
 * <p>A layer fills in what follows from its neighbours, such as lengths, checksums and the number
 * of the next protocol. Every one of these can be overridden with a wrong value.
 */
public abstract class Layer {
    /** This layer has no number in the numbering that was asked for. */
    static final int NONE = -1;

    Layer() {}

    /** {@return the protocol number by which an IP header announces this layer, or NONE} */
    int ipProtocol() {
        return NONE;
    }

    /** {@return the EtherType by which a frame announces this layer, or NONE} */
    int etherType() {
        return NONE;
    }

    /**
     * {@return this header and the bytes behind it}
     *
     * @param payload all inner layers, already built
     * @param next the layer that {@code payload} starts with
     * @param network the nearest IP layer around this one, for its pseudo-header
     */
    abstract byte[] wrap(byte[] payload, Layer next, @Nullable Network network);

    /** An IP layer, as its transport's checksum sees it. */
    interface Network {
        /** {@return what a transport checksum covers besides the segment} */
        byte[] pseudoHeader(int protocol, int length);
    }

    /** {@return {@code overridden}, or {@code natural} if that is NONE} */
    static int choose(int overridden, int natural) {
        return overridden != NONE ? overridden : natural;
    }
}
