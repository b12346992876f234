package io.github.geneve4j.io.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Asks the kernel how a network interface is, again and again: by its number, so that another name
 * does not matter.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one at a time.
 */
public final class InterfaceFlags {
    /** Flag: the interface is up ({@code net/if.h}). */
    public static final int IFF_UP = 1;

    /**
     * Flag: the interface is up and has a carrier ({@code net/if.h}). The kernel notes a carrier,
     * or that it is lost, up to a second late.
     */
    public static final int IFF_RUNNING = 0x40;

    private final int socket;
    private final int index;
    private final MemorySegment request =
            Arena.ofAuto().allocate(NetworkDevice.IFREQ_SIZE, Long.BYTES);

    /**
     * Creates a question.
     *
     * @param socket descriptor of a socket in the interface's network namespace, of the Internet or
     *     of packets
     * @param index of the interface
     */
    public InterfaceFlags(int socket, int index) {
        this.socket = socket;
        this.index = index;
    }

    /**
     * {@return the flags {@code IFF_...}, or the negative of an error number: of {@link
     * Errno#ENODEV} once the interface is gone}
     */
    public int get() {
        request.set(JAVA_INT, NetworkDevice.VALUE, index);
        int named = Libc.ioctl(socket, NetworkDevice.SIOCGIFNAME, request);
        int answered = named < 0 ? named : Libc.ioctl(socket, NetworkDevice.SIOCGIFFLAGS, request);
        return answered < 0 ? answered : request.get(JAVA_SHORT, NetworkDevice.VALUE) & 0xffff;
    }

    /**
     * {@return whether flags are those of an interface that is up}
     *
     * @param flags from {@link #get}
     */
    public static boolean isUp(int flags) {
        return flags >= 0 && (flags & IFF_UP) != 0;
    }

    /**
     * {@return whether flags are those of an interface that is up and has a carrier}
     *
     * @param flags from {@link #get}
     */
    public static boolean isRunning(int flags) {
        return isUp(flags) && (flags & IFF_RUNNING) != 0;
    }
}
