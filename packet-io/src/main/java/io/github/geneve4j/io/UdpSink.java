package io.github.geneve4j.io;

import static io.github.geneve4j.io.sys.SystemCallException.require;

import io.github.geneve4j.io.sys.ClassicBpf;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.SockaddrIn;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * UDP sockets that are bound to a port, and accept nothing: as long as there are any, the kernel
 * does not answer datagrams with ICMP "port unreachable", and nobody else can have the port.
 */
final class UdpSink implements AutoCloseable {
    private static final long[] NOTHING = {ClassicBpf.instruction(ClassicBpf.RETURN, 0, 0, 0)};

    private final List<Descriptor> sockets = new ArrayList<>();

    private UdpSink() {}

    /**
     * {@return sockets on that port of each of those addresses, big-endian; or one that is bound to
     * nothing, where there are none}
     */
    static UdpSink open(int[] addresses, int port) throws IOException {
        UdpSink sink = new UdpSink();
        try {
            for (int address : addresses) {
                sink.add(address, port);
            }
            if (addresses.length == 0) {
                sink.sockets.add(Descriptor.udpSocket());
            }
            return sink;
        } catch (Throwable e) {
            sink.close();
            throw e;
        }
    }

    /** {@return a descriptor to ask the kernel by, in the network namespace of the addresses} */
    int descriptor() {
        return sockets.get(0).number();
    }

    @Override
    public void close() {
        sockets.forEach(Descriptor::close);
    }

    private void add(int address, int port) throws IOException {
        Descriptor socket = Descriptor.udpSocket();
        sockets.add(socket);
        ClassicBpf.attach(socket.number(), NOTHING);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(SockaddrIn.SIZE, Integer.BYTES);
            SocketHeader.sockaddrIn(name, address, port);
            String call = "bind(UDP " + text(address) + ":" + port + ")";
            int result = Libc.bind(socket.number(), name);
            if (result == -Errno.EADDRINUSE) {
                throw new SystemCallException(call, -result, "another port or program is on it");
            }
            if (result == -Errno.EADDRNOTAVAIL) {
                throw new SystemCallException(call, -result, "this host has no such address");
            }
            require(result, call, "CAP_NET_BIND_SERVICE");
        }
    }

    private static String text(int address) {
        return (address >>> 24)
                + "."
                + (address >>> 16 & 0xff)
                + "."
                + (address >>> 8 & 0xff)
                + "."
                + (address & 0xff);
    }
}
