package io.github.geneve4j.io.sys;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A system call that failed, with the kernel's reason by name and what can be done about it: {@code
 * "bind(AF_PACKET): EPERM (Operation not permitted): needs CAP_NET_RAW"}.
 */
public final class SystemCallException extends IOException {
    private static final long serialVersionUID = 1;

    /** The kernel's reason, positive. */
    private final int errno;

    /**
     * Creates an exception.
     *
     * @param call the function, with the argument that tells it from other calls
     * @param errno the reason, positive
     * @param hint what can be done, or null where nothing more is known than the reason tells
     */
    public SystemCallException(String call, int errno, @Nullable String hint) {
        super(message(call, errno, hint == null ? commonHint(errno) : hint));
        this.errno = errno;
    }

    /**
     * {@return the result of a call of {@link Libc}, if it is one}
     *
     * @param result what the call returned
     * @param call what was called, for the message
     * @throws SystemCallException if the result is an error
     */
    public static int require(int result, String call) throws SystemCallException {
        return require(result, call, null);
    }

    /**
     * {@return the result of a call of {@link Libc}, if it is one}
     *
     * @param result what the call returned
     * @param call what was called, for the message
     * @param capability what the process lacks if the kernel does not permit the call, or null
     * @throws SystemCallException if the result is an error
     */
    public static int require(int result, String call, @Nullable String capability)
            throws SystemCallException {
        if (result < 0) {
            throw new SystemCallException(call, -result, hint(-result, capability));
        }
        return result;
    }

    /** {@return the kernel's reason, positive; see {@link Errno}} */
    public int errno() {
        return errno;
    }

    private static String message(String call, int errno, @Nullable String hint) {
        return call + ": " + Errno.describe(errno) + (hint == null ? "" : ": " + hint);
    }

    /** {@return what can be done for a reason that means the same whatever was called} */
    private static @Nullable String commonHint(int errno) {
        return switch (errno) {
            case Errno.EMFILE -> "needs a higher RLIMIT_NOFILE";
            case Errno.ENFILE -> "needs a higher sysctl fs.file-max";
            default -> null;
        };
    }

    private static @Nullable String hint(int errno, @Nullable String capability) {
        boolean denied = errno == Errno.EPERM || errno == Errno.EACCES;
        return denied && capability != null ? "needs " + capability : null;
    }
}
