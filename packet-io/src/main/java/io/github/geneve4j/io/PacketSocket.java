package io.github.geneve4j.io;

import static io.github.geneve4j.io.sys.SystemCallException.require;

import io.github.geneve4j.io.sys.ClassicBpf;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.IfPacket.SockaddrLl;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.MappedMemory;
import io.github.geneve4j.io.sys.Mman;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A packet socket with its receive ring: all that is done once, before frames flow.
 *
 * <p>The order matters: nothing gets into the ring before the filter is there, and a member of a
 * group takes nothing before it has joined, or else two of them had the same frame.
 */
final class PacketSocket implements AutoCloseable {
    private static final String CAPABILITY = "CAP_NET_RAW";
    private static final long[] NOTHING = {ClassicBpf.instruction(ClassicBpf.RETURN, 0, 0, 0)};

    private final Descriptor descriptor;
    private final MappedMemory ring;
    private final RingFilter filter;
    private long drops;

    private PacketSocket(Descriptor descriptor, MappedMemory ring, RingFilter filter) {
        this.descriptor = descriptor;
        this.ring = ring;
        this.filter = filter;
    }

    /**
     * {@return a socket with a ring, to which the kernel gives nothing yet}
     *
     * @param layout of the ring
     * @param filter what gets into it from {@link #accept} on; closed with the socket
     * @param sendBufferLength bytes that the kernel keeps of what is still to be sent
     * @param bypassQueue whether frames go to the driver without a queue
     */
    static PacketSocket open(
            RingLayout layout, RingFilter filter, int sendBufferLength, boolean bypassQueue)
            throws IOException {
        Descriptor descriptor = create();
        try (Arena arena = Arena.ofConfined()) {
            int fd = descriptor.number();
            ClassicBpf.attach(fd, NOTHING);
            set(fd, IfPacket.PACKET_VERSION, IfPacket.TPACKET_V2, "PACKET_VERSION");
            set(fd, IfPacket.PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
            set(fd, IfPacket.PACKET_QDISC_BYPASS, bypassQueue ? 1 : 0, "PACKET_QDISC_BYPASS");
            if (layout.virtioHeaders()) {
                set(fd, IfPacket.PACKET_RESERVE, RingLayout.RESERVE, "PACKET_RESERVE");
                set(fd, IfPacket.PACKET_VNET_HDR, 1, "PACKET_VNET_HDR");
            }
            SocketHeader.sendBuffer(fd, sendBufferLength);
            require(
                    Libc.setsockopt(
                            fd,
                            IfPacket.SOL_PACKET,
                            IfPacket.PACKET_RX_RING,
                            layout.request(arena)),
                    "setsockopt(PACKET_RX_RING)");
            MappedMemory ring =
                    MappedMemory.map(
                            fd,
                            0,
                            layout.length(),
                            Mman.MAP_SHARED | Mman.MAP_POPULATE,
                            "mmap(PACKET_RX_RING)");
            return new PacketSocket(descriptor, ring, filter);
        } catch (Throwable e) {
            descriptor.close();
            throw e;
        }
    }

    /** {@return a packet socket that is bound to nothing, receives nothing, and never waits} */
    static Descriptor create() throws SystemCallException {
        int type = SocketHeader.SOCK_RAW | SocketHeader.SOCK_NONBLOCK | SocketHeader.SOCK_CLOEXEC;
        return Descriptor.of(
                Libc.socket(SocketHeader.AF_PACKET, type, 0), "socket(AF_PACKET)", CAPABILITY);
    }

    /** {@return the number of its descriptor} */
    int number() {
        return descriptor.number();
    }

    /** {@return the ring} */
    MemorySegment ring() {
        return ring.segment();
    }

    /** Binds the socket to the interface of that number. */
    void bind(int interfaceIndex) throws SystemCallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SockaddrLl.SIZE, Integer.BYTES);
            IfPacket.sockaddrLl(address, IfPacket.ETH_P_ALL, interfaceIndex);
            require(Libc.bind(number(), address), "bind(AF_PACKET)", CAPABILITY);
        }
    }

    /**
     * Makes this bound socket the first of a group in which the kernel divides flows by their
     * addresses and ports.
     *
     * @return how others join
     */
    int makeGroup() throws SystemCallException {
        int flags = IfPacket.PACKET_FANOUT_FLAG_UNIQUEID;
        int type = IfPacket.PACKET_FANOUT_HASH | IfPacket.PACKET_FANOUT_FLAG_IGNORE_OUTGOING;
        if (fanout(0, type | flags) < 0) {
            type = IfPacket.PACKET_FANOUT_HASH; // an older kernel: the filter does it
            require(fanout(0, type | flags), "setsockopt(PACKET_FANOUT)");
        }
        int group =
                require(
                        Libc.getsockopt(number(), IfPacket.SOL_PACKET, IfPacket.PACKET_FANOUT),
                        "getsockopt(PACKET_FANOUT)");
        return (group & 0xffff) | type << Short.SIZE;
    }

    /**
     * Puts this bound socket into a group.
     *
     * @param group what {@link #makeGroup} returned
     */
    void joinGroup(int group) throws SystemCallException {
        require(fanout(group & 0xffff, group >>> Short.SIZE), "setsockopt(PACKET_FANOUT)");
    }

    /** Lets datagrams into the ring from now on, and little else. */
    void accept() throws SystemCallException {
        filter.attach(number());
    }

    /** {@return frames of joined datagrams so far, which did not get into the ring} */
    long joined() {
        return filter.joined();
    }

    /**
     * {@return frames that the ring had no room for; not to be called after, or during, {@link
     * #close()}}
     */
    long drops() throws SystemCallException {
        drops += IfPacket.newDrops(number());
        return drops;
    }

    @Override
    public void close() {
        ring.close();
        filter.close();
        descriptor.close();
    }

    /** In the short form, which old kernels have too: groups of up to 256. */
    private int fanout(int id, int type) {
        return Libc.setsockopt(
                number(), IfPacket.SOL_PACKET, IfPacket.PACKET_FANOUT, id | type << Short.SIZE);
    }

    private static void set(int fd, int option, int value, String name) throws SystemCallException {
        require(
                Libc.setsockopt(fd, IfPacket.SOL_PACKET, option, value),
                "setsockopt(" + name + ")");
    }
}
