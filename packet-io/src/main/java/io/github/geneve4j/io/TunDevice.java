package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.geneve4j.io.sys.Architecture;
import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.IfTun;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A network interface whose other end is this program: what the host routes into it comes out of a
 * {@link TunQueue} as bare IP packets, and what is put in there arrives at the host. Linux only.
 *
 * {@snippet :
 * try (TunDevice tun = TunDevice.open("tun0", 1)) { // then: ip address add ... ; ip link set tun0 up
 *     TunQueue queue = tun.queues().get(0);
 *     while (running) {
 *         if (queue.poll(handler, 64) == 0) {
 *             queue.await(100_000_000);
 *         }
 *     }
 * }
 * }
 *
 * <p>Addresses, routes and MTU are the administrator's ({@code ip(8)}); packets come once the
 * interface is up. An interface that was made for the user before ({@code ip tuntap add}) needs no
 * privilege and stays when this is closed; one that is not there is made, which needs
 * CAP_NET_ADMIN, and goes with the last of its queues.
 *
 * <p>With several queues, the kernel keeps to one queue for the packets of one flow and direction;
 * which one, it learns from the queue that packets of the flow were put into.
 *
 * <p><b>Threads:</b> any; each queue belongs to one.
 */
public final class TunDevice implements AutoCloseable {
    private static final int MAX_QUEUES = 256; // as many as the kernel has
    private static final int MAX_HEADROOM = 1024;

    private final String name;
    private final List<TunQueue> queues;

    private TunDevice(String name, List<TunQueue> queues) {
        this.name = name;
        this.queues = List.copyOf(queues);
    }

    /**
     * Attaches to an interface, or makes it.
     *
     * @param name of the interface, 1 to 15 bytes; a {@code %d} in it becomes the first free number
     * @param queues how many, 1 to 256; an interface that is there already must have been made for
     *     as many as one, or for several ({@code multi_queue})
     * @return an open device
     * @throws IllegalArgumentException if the name or the number of queues is out of its range
     * @throws IOException if this is not Linux, or the kernel refuses it; the message says why
     */
    public static TunDevice open(String name, int queues) throws IOException {
        return open(name, queues, 0);
    }

    /**
     * Does the same, with room in front of each packet, for a handler that wraps it where it lies.
     *
     * @param name of the interface, as above
     * @param queues how many, 1 to 256
     * @param headroom bytes in front of each packet that a handler may write to, 0 to 1024
     * @return an open device
     * @throws IllegalArgumentException if one of them is out of its range
     * @throws IOException if this is not Linux, or the kernel refuses it; the message says why
     */
    public static TunDevice open(String name, int queues, int headroom) throws IOException {
        Ranges.inRange("headroom", headroom, 0, MAX_HEADROOM);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length >= IfTun.NAME_LENGTH) {
            throw new IllegalArgumentException(
                    "name '" + name + "': not 1 to " + (IfTun.NAME_LENGTH - 1) + " bytes");
        }
        Ranges.inRange("queues", queues, 1, MAX_QUEUES);
        Architecture.current();
        List<TunQueue> opened = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(IfTun.IFREQ_SIZE, Long.BYTES);
            MemorySegment.copy(bytes, 0, request, JAVA_BYTE, 0, bytes.length);
            int several = queues > 1 ? IfTun.IFF_MULTI_QUEUE : 0;
            for (int i = 0; i < queues; i++) {
                // The kernel writes the name that the interface got, and the flags, over this
                request.set(
                        JAVA_SHORT,
                        IfTun.IFREQ_FLAGS,
                        (short) (IfTun.IFF_TUN | IfTun.IFF_NO_PI | several));
                Descriptor descriptor = attach(name, request, arena);
                // The kernel has chosen a number, if the name asks for one
                opened.add(new TunQueue(descriptor, request.getString(0), headroom));
            }
            return new TunDevice(request.getString(0), opened);
        } catch (IOException | RuntimeException e) {
            opened.forEach(TunQueue::close);
            throw e;
        }
    }

    private static Descriptor attach(String name, MemorySegment request, Arena arena)
            throws IOException {
        Descriptor descriptor =
                Descriptor.of(
                        Libc.open(
                                arena.allocateFrom(IfTun.CLONE_DEVICE),
                                SocketHeader.O_RDWR
                                        | SocketHeader.O_NONBLOCK
                                        | SocketHeader.O_CLOEXEC),
                        "open(" + IfTun.CLONE_DEVICE + ")");
        int result = Libc.ioctl(descriptor.number(), IfTun.TUNSETIFF, request);
        if (result < 0) {
            descriptor.close();
            throw new SystemCallException("ioctl(TUNSETIFF, " + name + ")", -result, hint(-result));
        }
        return descriptor;
    }

    private static String hint(int errno) {
        return switch (errno) {
            case Errno.EPERM ->
                    "needs CAP_NET_ADMIN, or an interface that was made for this user:"
                            + " ip tuntap add mode tun user NAME";
            case Errno.EBUSY -> "another program has it";
            default -> "the name is another kind of interface's, or is for one queue, or several";
        };
    }

    /** {@return the name that the interface has} */
    public String name() {
        return name;
    }

    /** {@return the queues, in the order in which the kernel numbers them} */
    public List<TunQueue> queues() {
        return queues;
    }

    /**
     * {@return the most bytes of a packet that the host puts in, as of now}
     *
     * @throws IOException if the interface is gone
     */
    public int mtu() throws IOException {
        return NetworkDevice.named(name).mtu();
    }

    /** Closes all queues. */
    @Override
    public void close() {
        queues.forEach(TunQueue::close);
    }
}
