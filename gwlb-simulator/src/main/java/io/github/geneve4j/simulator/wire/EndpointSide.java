package io.github.geneve4j.simulator.wire;

import io.netty.buffer.ByteBuf;
import java.io.IOException;

/**
 * Where packets leave an endpoint to on this host. What they enter by is its kind's own.
 *
 * <p><b>Threads:</b> the simulation's.
 */
interface EndpointSide extends AutoCloseable {
    /**
     * Lets a packet out.
     *
     * @param buffer borrowed for the call
     * @param offset absolute index of the IP header
     * @param length bytes of the packet
     * @param nowNanos the time
     * @return whether anybody took it
     * @throws IOException if the side is gone
     */
    boolean send(ByteBuf buffer, int offset, int length, long nowNanos) throws IOException;

    @Override
    void close() throws IOException;

    /** {@return nothing, which takes nothing} */
    static EndpointSide nowhere() {
        return new EndpointSide() {
            @Override
            public boolean send(ByteBuf buffer, int offset, int length, long nowNanos) {
                return false;
            }

            @Override
            public void close() {}
        };
    }
}
