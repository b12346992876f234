package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Ethtool;
import io.github.geneve4j.io.sys.InterfaceFlags;
import io.github.geneve4j.io.sys.NetworkDevice;
import java.util.concurrent.TimeUnit;

/**
 * Whether a network interface sends what it is given.
 *
 * <p>The kernel's flags cost two short calls, and tell of a carrier up to a second late. The driver
 * knows at once, but is asked under the lock of all settings of the network: so only where the
 * flags leave it open, and ten times a second at most.
 *
 * <p><b>Allocation:</b> none, unless the driver is asked. <b>Threads:</b> one.
 */
final class InterfaceState {
    private static final long DRIVER_ASKED_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final InterfaceFlags flags;
    private final int socket;
    private final String name;
    private boolean lacksCarrier;
    private long driverAskedNanos = System.nanoTime() - DRIVER_ASKED_AGAIN_NANOS;

    /**
     * Creates one.
     *
     * @param device the interface
     * @param socket descriptor of a socket in its network namespace, of the Internet or of packets
     */
    InterfaceState(NetworkDevice device, int socket) {
        this.flags = new InterfaceFlags(socket, device.index());
        this.socket = socket;
        this.name = device.name();
    }

    /** {@return whether there is no such interface any more} */
    boolean isGone() {
        return flags.get() < 0;
    }

    /** {@return whether the interface is up, and the kernel or the driver tells of a carrier} */
    boolean sends() {
        int now = flags.get();
        return InterfaceFlags.isRunning(now) || (InterfaceFlags.isUp(now) && !lacksCarrier());
    }

    /** {@return whether something that was not sent would be if there were a carrier} */
    boolean isDown() {
        return !InterfaceFlags.isUp(flags.get()) || lacksCarrier();
    }

    private boolean lacksCarrier() {
        long now = System.nanoTime();
        if (now - driverAskedNanos >= DRIVER_ASKED_AGAIN_NANOS) {
            driverAskedNanos = now;
            lacksCarrier = Ethtool.lacksCarrier(socket, name);
        }
        return lacksCarrier;
    }
}
