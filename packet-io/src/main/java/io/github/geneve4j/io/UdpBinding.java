package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.SockaddrIn;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.Inet4Address;
import org.jspecify.annotations.Nullable;

/** Gives UDP sockets their address and port. */
final class UdpBinding {
    private UdpBinding() {}

    /**
     * Binds a socket.
     *
     * @param socket descriptor
     * @param address of this host
     * @param port 1 to 65535
     * @throws BindException if address and port cannot be had, as the JDK has it
     * @throws SystemCallException if it fails for another reason
     */
    static void bind(int socket, Inet4Address address, int port) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(SockaddrIn.SIZE, Integer.BYTES);
            SocketHeader.sockaddrIn(name, Listener.number(address), port);
            int result = Libc.bind(socket, name);
            if (result < 0) {
                throw exception("bind(UDP " + address.getHostAddress() + ":" + port + ")", -result);
            }
        }
    }

    private static IOException exception(String call, int errno) {
        String hint = hint(errno);
        SystemCallException failure = new SystemCallException(call, errno, hint);
        if (hint == null) {
            return failure;
        }
        BindException exception = new BindException(failure.getMessage());
        exception.initCause(failure);
        return exception;
    }

    private static @Nullable String hint(int errno) {
        return switch (errno) {
            case Errno.EADDRINUSE -> "another program is on it";
            case Errno.EADDRNOTAVAIL -> "no interface of this host has the address";
            case Errno.EACCES -> "needs CAP_NET_BIND_SERVICE";
            default -> null;
        };
    }
}
