package io.github.geneve4j.io.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * What the kernel knows about a network interface ({@code net/if.h}, {@code linux/sockios.h}).
 *
 * @param name its name, {@code "eth0"}
 * @param index its number
 * @param mtu most bytes of a frame after the Ethernet header
 * @param macAddress its Ethernet address, the lower 48 bits; 0 for an interface without one
 * @param linkType {@code ARPHRD_...}: what its frames begin with
 */
public record NetworkDevice(String name, int index, int mtu, long macAddress, int linkType) {
    /** Frames with an Ethernet header ({@code linux/if_arp.h}). */
    public static final int ARPHRD_ETHER = 1;

    static final long SIOCGIFNAME = 0x8910;
    static final long SIOCGIFFLAGS = 0x8913;
    static final long SIOCGIFMTU = 0x8921;
    static final long SIOCGIFHWADDR = 0x8927;
    static final long SIOCGIFINDEX = 0x8933;

    // struct ifreq { char ifr_name[16]; union { short flags; int mtu; struct sockaddr hwaddr; } };
    static final long IFREQ_SIZE = 40;
    static final int NAME_LENGTH = 16;
    static final long VALUE = 16;
    static final long HWADDR_DATA = 18;
    private static final int MAC_LENGTH = 6;

    /**
     * {@return the interface of that name in the network namespace of this thread}
     *
     * @param name of the interface
     * @throws SystemCallException if there is none, or no socket to ask by
     */
    public static NetworkDevice named(String name) throws SystemCallException {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= NAME_LENGTH) {
            throw noSuch(name);
        }
        try (Arena arena = Arena.ofConfined();
                Descriptor socket = Descriptor.udpSocket()) {
            MemorySegment request = arena.allocate(IFREQ_SIZE, Long.BYTES);
            MemorySegment.copy(bytes, 0, request, JAVA_BYTE, 0, bytes.length);
            int found = Libc.ioctl(socket.number(), SIOCGIFINDEX, request);
            if (found == -Errno.ENODEV) {
                throw noSuch(name);
            }
            SystemCallException.require(found, "ioctl(SIOCGIFINDEX)");
            return describe(socket.number(), name, request.get(JAVA_INT, VALUE), request);
        }
    }

    /**
     * {@return this interface, by its number, as it is now}
     *
     * @param socket descriptor of a socket in its network namespace, of the Internet or of packets
     * @throws SystemCallException if it is gone
     */
    public NetworkDevice now(int socket) throws SystemCallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(IFREQ_SIZE, Long.BYTES);
            request.set(JAVA_INT, VALUE, index);
            ask(socket, SIOCGIFNAME, request, "SIOCGIFNAME");
            return describe(socket, request.getString(0, StandardCharsets.UTF_8), index, request);
        }
    }

    private static NetworkDevice describe(int socket, String name, int index, MemorySegment request)
            throws SystemCallException {
        ask(socket, SIOCGIFMTU, request, "SIOCGIFMTU");
        int mtu = request.get(JAVA_INT, VALUE);
        ask(socket, SIOCGIFHWADDR, request, "SIOCGIFHWADDR");
        return new NetworkDevice(name, index, mtu, mac(request), request.get(JAVA_SHORT, VALUE));
    }

    private static void ask(int socket, long question, MemorySegment request, String constant)
            throws SystemCallException {
        SystemCallException.require(
                Libc.ioctl(socket, question, request), "ioctl(" + constant + ")");
    }

    private static long mac(MemorySegment request) {
        long mac = 0;
        for (int i = 0; i < MAC_LENGTH; i++) {
            mac = mac << Byte.SIZE | (request.get(JAVA_BYTE, HWADDR_DATA + i) & 0xff);
        }
        return mac;
    }

    private static SystemCallException noSuch(String name) {
        return new SystemCallException(
                "ioctl(SIOCGIFINDEX, " + name + ")",
                Errno.ENODEV,
                "there is no such network interface");
    }
}
