package io.github.geneve4j.io.sys;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A file descriptor to close, once. */
public final class Descriptor implements AutoCloseable {
    private final int number;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Descriptor(int number) {
        this.number = number;
    }

    /**
     * {@return the descriptor that a call opened}
     *
     * @param result what the call returned
     * @param call what was called, for the message
     * @throws SystemCallException if it failed
     */
    public static Descriptor of(int result, String call) throws SystemCallException {
        return of(result, call, null);
    }

    /**
     * {@return the descriptor that a call opened}
     *
     * @param result what the call returned
     * @param call what was called, for the message
     * @param capability what the process lacks if the kernel does not permit the call, or null
     * @throws SystemCallException if it failed
     */
    public static Descriptor of(int result, String call, @Nullable String capability)
            throws SystemCallException {
        return new Descriptor(SystemCallException.require(result, call, capability));
    }

    /**
     * {@return a new UDP socket, to bind or only to ask the kernel by}
     *
     * @throws SystemCallException if there is none to be had
     */
    public static Descriptor udpSocket() throws SystemCallException {
        int type = SocketHeader.SOCK_DGRAM | SocketHeader.SOCK_CLOEXEC;
        return of(Libc.socket(SocketHeader.AF_INET, type, 0), "socket(AF_INET)");
    }

    /** {@return the number that the kernel knows it by} */
    public int number() {
        return number;
    }

    /**
     * Closes it. Linux has freed the number even where it reports an error, so none is reported.
     */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Libc.close(number);
        }
    }
}
