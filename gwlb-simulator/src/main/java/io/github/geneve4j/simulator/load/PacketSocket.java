package io.github.geneve4j.simulator.load;

import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.IfPacket.SockaddrLl;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Opens sockets for whole frames. */
final class PacketSocket {
    /** Room for all frames that can be under way, so that sending never waits for it. */
    private static final int SEND_BUFFER = 64 << 20;

    private PacketSocket() {}

    /** {@return a socket that receives nothing until it is bound to a protocol} */
    static int open() throws SystemCallException {
        return SystemCallException.require(
                Libc.socket(
                        SocketHeader.AF_PACKET,
                        SocketHeader.SOCK_RAW | SocketHeader.SOCK_CLOEXEC,
                        0),
                "socket(AF_PACKET)",
                "CAP_NET_RAW");
    }

    /** {@return a socket that only sends: to an interface, past its queue} */
    static int openToSend(NetworkDevice device) throws SystemCallException {
        return openToSend(device, IfPacket.PACKET_QDISC_BYPASS, "PACKET_QDISC_BYPASS");
    }

    /**
     * {@return a socket that only sends: to an interface, frames that are joined, and say so in a
     * header before each}
     */
    static int openToSendJoined(NetworkDevice device) throws SystemCallException {
        return openToSend(device, IfPacket.PACKET_VNET_HDR, "PACKET_VNET_HDR");
    }

    private static int openToSend(NetworkDevice device, int option, String name)
            throws SystemCallException {
        int socket = open();
        try {
            SystemCallException.require(
                    Libc.setsockopt(socket, IfPacket.SOL_PACKET, option, 1),
                    "setsockopt(" + name + ")");
            SystemCallException.require(
                    Libc.setsockopt(
                            socket,
                            SocketHeader.SOL_SOCKET,
                            SocketHeader.SO_SNDBUFFORCE,
                            SEND_BUFFER),
                    "setsockopt(SO_SNDBUFFORCE)");
            bind(socket, device, 0);
            return socket;
        } catch (SystemCallException e) {
            Libc.close(socket);
            throw e;
        }
    }

    /**
     * Binds to an interface.
     *
     * @param protocol whose frames are received; 0 for none
     */
    static void bind(int socket, NetworkDevice device, int protocol) throws SystemCallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SockaddrLl.SIZE, Long.BYTES);
            IfPacket.sockaddrLl(address, protocol, device.index());
            SystemCallException.require(
                    Libc.bind(socket, address), "bind(AF_PACKET, " + device.name() + ")");
        }
    }
}
