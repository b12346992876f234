package io.github.geneve4j.io;

import static io.github.geneve4j.io.sys.SystemCallException.require;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

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

    private final int[] addresses;
    private final int port;
    private final List<Descriptor> sockets = new ArrayList<>();

    private UdpSink(int[] addresses, int port) {
        this.addresses = addresses.clone();
        this.port = port;
    }

    /**
     * {@return sockets on that port of each of those addresses, big-endian; or one that is bound to
     * nothing, where there are none}
     */
    static UdpSink open(int[] addresses, int port) throws IOException {
        UdpSink sink = new UdpSink(addresses, port);
        try {
            for (int address : addresses) {
                Descriptor socket = Descriptor.udpSocket();
                sink.sockets.add(socket);
                sink.bind(socket, address, NOTHING);
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

    /**
     * {@return a socket for each address, on the same port, that gets what comes by an interface in
     * the place of these: of sockets that are alike the kernel prefers the newest} To be closed by
     * the caller, who may have them accept nothing any more by {@link #deafen}.
     *
     * @param interfaceIndex in the network namespace of this thread, which has to be that of these;
     *     before Linux 5.14 nobody can tell, and it is taken to be
     * @throws IOException if they are not to be had
     */
    List<Descriptor> inFront(int interfaceIndex) throws IOException {
        long[] filter = {
            ClassicBpf.instruction(ClassicBpf.LOAD_INT, 0, 0, ClassicBpf.INTERFACE_INDEX),
            ClassicBpf.instruction(ClassicBpf.JUMP_IF_EQUAL, 0, 1, interfaceIndex),
            ClassicBpf.instruction(ClassicBpf.RETURN, 0, 0, ClassicBpf.WHOLE),
            NOTHING[0]
        };
        List<Descriptor> front = new ArrayList<>();
        sockets.forEach(
                socket -> share(socket, true)); // others have no part in it, unless they ask
        try {
            for (int address : addresses) {
                Descriptor socket = Descriptor.udpSocket();
                front.add(socket);
                if (namespace(descriptor()) != namespace(socket.number())) {
                    throw new IOException("its thread is in another network namespace");
                }
                share(socket, true);
                bind(socket, address, filter);
                share(socket, false);
            }
            return front;
        } catch (Throwable e) {
            front.forEach(Descriptor::close);
            throw e;
        } finally {
            sockets.forEach(socket -> share(socket, false));
        }
    }

    private static long namespace(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cookie = arena.allocate(JAVA_LONG);
            MemorySegment length = arena.allocateFrom(JAVA_INT, Long.BYTES);
            int result =
                    Libc.getsockopt(
                            descriptor,
                            SocketHeader.SOL_SOCKET,
                            SocketHeader.SO_NETNS_COOKIE,
                            cookie,
                            length);
            return result < 0 ? result : cookie.get(JAVA_LONG, 0);
        }
    }

    /** Has a socket accept nothing from now on. */
    static void deafen(Descriptor socket) throws SystemCallException {
        ClassicBpf.attach(socket.number(), NOTHING);
    }

    @Override
    public void close() {
        sockets.forEach(Descriptor::close);
    }

    private void bind(Descriptor socket, int address, long[] filter) throws IOException {
        ClassicBpf.attach(socket.number(), filter);
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

    private static void share(Descriptor socket, boolean shared) {
        Libc.setsockopt(
                socket.number(),
                SocketHeader.SOL_SOCKET,
                SocketHeader.SO_REUSEADDR,
                shared ? 1 : 0);
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
