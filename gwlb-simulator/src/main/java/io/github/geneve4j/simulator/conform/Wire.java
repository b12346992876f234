package io.github.geneve4j.simulator.conform;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The way to the appliance and back. One thread. */
sealed interface Wire extends Closeable permits RawWire, UdpWire, WatchedWire {
    /** {@return whether outer headers can be written and seen} */
    boolean seesHeaders();

    /** {@return source ports that requests can leave from, most usual first; at least two} */
    List<Integer> sourcePorts();

    /**
     * Sends a datagram to the appliance, never in fragments.
     *
     * @throws TooLongException if it does not fit the way
     */
    void send(Datagram datagram) throws IOException;

    /**
     * {@return the next packet that could have to do with the tunnel, or null if there is none
     * until the deadline}
     *
     * @param deadlineNanos by {@link System#nanoTime()}; one that has passed means not to wait
     */
    @Nullable Arrival receive(long deadlineNanos) throws IOException;

    /**
     * {@return packets that this host had no room for since this was asked last; 0 where it cannot
     * tell}
     */
    long newDrops() throws IOException;

    @Override
    void close();
}
