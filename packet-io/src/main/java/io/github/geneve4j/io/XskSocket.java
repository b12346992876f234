package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.IfXdp;
import io.github.geneve4j.io.sys.IfXdp.Desc;
import io.github.geneve4j.io.sys.IfXdp.MmapOffsets;
import io.github.geneve4j.io.sys.IfXdp.RingOffset;
import io.github.geneve4j.io.sys.IfXdp.SockaddrXdp;
import io.github.geneve4j.io.sys.IfXdp.Statistics;
import io.github.geneve4j.io.sys.IfXdp.UmemReg;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.MappedMemory;
import io.github.geneve4j.io.sys.Mman;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** An AF_XDP socket on one queue of an interface: its descriptor, its rings and the calls to it. */
final class XskSocket implements XskCalls, AutoCloseable {
    private static final String CAPABILITY = "CAP_NET_RAW";
    private static final String LOCKED_MEMORY =
            "locked memory is short: needs CAP_IPC_LOCK, or a higher RLIMIT_MEMLOCK";

    private static final int RETRIES = 50;
    private static final long RETRY_NANOS = 10_000_000;

    private final Descriptor descriptor;
    private final List<MappedMemory> mappings;
    private final XskQueue queue;
    private final boolean zeroCopy;
    private final boolean tellsSent;
    private final boolean mayPoll;
    private long invalid;

    private XskSocket(
            Descriptor descriptor,
            List<MappedMemory> mappings,
            XskQueue queue,
            boolean zeroCopy,
            boolean tellsSent,
            boolean mayPoll) {
        this.descriptor = descriptor;
        this.mappings = mappings;
        this.queue = queue;
        this.zeroCopy = zeroCopy;
        this.tellsSent = tellsSent;
        this.mayPoll = mayPoll;
    }

    /**
     * {@return a socket that is bound to a queue, with frames to receive; nothing comes until a
     * program redirects to it}
     *
     * @param interfaceIndex in the network namespace of this thread
     * @param queueId of the interface
     * @param memory of the port
     * @param buffer over the same
     * @param base where the frames of this queue begin in it
     * @param sizes of frames and rings
     * @param options how to bind, and what else
     * @throws SystemCallException if there is no such socket to be had
     */
    static XskSocket open(
            int interfaceIndex,
            int queueId,
            MappedMemory memory,
            ByteBuf buffer,
            long base,
            XskSizes sizes,
            XskOptions options)
            throws SystemCallException {
        Descriptor descriptor =
                Descriptor.of(
                        Libc.socket(
                                SocketHeader.AF_XDP,
                                SocketHeader.SOCK_RAW | SocketHeader.SOCK_CLOEXEC,
                                0),
                        "socket(AF_XDP)",
                        CAPABILITY);
        List<MappedMemory> mappings = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            int fd = descriptor.number();
            register(fd, memory.segment().asSlice(base, sizes.length()), sizes, arena);
            set(fd, IfXdp.XDP_UMEM_FILL_RING, sizes.frames(), "XDP_UMEM_FILL_RING");
            set(fd, IfXdp.XDP_UMEM_COMPLETION_RING, sizes.frames(), "XDP_UMEM_COMPLETION_RING");
            set(fd, IfXdp.XDP_RX_RING, sizes.frames(), "XDP_RX_RING");
            set(fd, IfXdp.XDP_TX_RING, sizes.frames(), "XDP_TX_RING");
            boolean tellsSent = tune(fd, sizes);
            boolean mayPoll =
                    options.busyPollMicros() > 0
                            && BusyPolling.tune(
                                    fd, options.busyPollMicros(), options.busyPollBudget());
            MemorySegment offsets = arena.allocate(MmapOffsets.SIZE, Long.BYTES);
            get(fd, IfXdp.XDP_MMAP_OFFSETS, offsets, arena, "XDP_MMAP_OFFSETS");
            int frames = sizes.frames();
            XskRing receive =
                    map(
                            fd,
                            IfXdp.XDP_PGOFF_RX_RING,
                            offsets,
                            MmapOffsets.RX,
                            frames,
                            Desc.SIZE,
                            mappings);
            XskRing transmit =
                    map(
                            fd,
                            IfXdp.XDP_PGOFF_TX_RING,
                            offsets,
                            MmapOffsets.TX,
                            frames,
                            Desc.SIZE,
                            mappings);
            XskRing fill =
                    map(
                            fd,
                            IfXdp.XDP_UMEM_PGOFF_FILL_RING,
                            offsets,
                            MmapOffsets.FILL,
                            frames,
                            Long.BYTES,
                            mappings);
            XskRing completion =
                    map(
                            fd,
                            IfXdp.XDP_UMEM_PGOFF_COMPLETION_RING,
                            offsets,
                            MmapOffsets.COMPLETION,
                            frames,
                            Long.BYTES,
                            mappings);
            XskQueue queue =
                    new XskQueue(
                            memory.segment(),
                            buffer,
                            base,
                            sizes,
                            options.maxDatagramLength(),
                            receive,
                            transmit,
                            fill,
                            completion);
            bind(fd, interfaceIndex, queueId, options, arena);
            MemorySegment flags = arena.allocate(JAVA_INT);
            get(fd, IfXdp.XDP_OPTIONS, flags, arena, "XDP_OPTIONS");
            boolean zeroCopy = (flags.get(JAVA_INT, 0) & IfXdp.XDP_OPTIONS_ZEROCOPY) != 0;
            return new XskSocket(descriptor, mappings, queue, zeroCopy, tellsSent, mayPoll);
        } catch (Throwable e) {
            mappings.forEach(MappedMemory::close);
            descriptor.close();
            throw e;
        }
    }

    @Override
    public XskQueue queue() {
        return queue;
    }

    /** {@return the descriptor, to wait for and to redirect to} */
    int descriptor() {
        return descriptor.number();
    }

    @Override
    public boolean isZeroCopy() {
        return zeroCopy;
    }

    @Override
    public boolean tellsSent() {
        return tellsSent;
    }

    @Override
    public int send() {
        return (int)
                Libc.sendto(
                        descriptor.number(),
                        MemorySegment.NULL,
                        0,
                        SocketHeader.MSG_DONTWAIT,
                        MemorySegment.NULL);
    }

    @Override
    public int receive() {
        return (int)
                Libc.recvfrom(descriptor.number(), MemorySegment.NULL, SocketHeader.MSG_DONTWAIT);
    }

    /** {@return whether it is to poll the interface, and the kernel lets it} */
    boolean mayPoll() {
        return mayPoll;
    }

    /** Leaves the queue, which this socket polls, to interrupts, after some last looks. */
    void letGo() {
        BusyPolling.letGo(descriptor.number());
    }

    /**
     * {@return packets that the kernel had no room for, or the negative of an error number}
     *
     * <p>For want of a frame to put them in, or of a place in the receive ring.
     */
    long drops() {
        return statistic(Statistics.RX_DROPPED, Statistics.RX_RING_FULL);
    }

    @Override
    public int skipped() {
        long before = invalid;
        invalid = Math.max(before, statistic(Statistics.TX_INVALID_DESCS));
        return (int) (invalid - before);
    }

    @Override
    public void close() {
        descriptor.close();
        mappings.forEach(MappedMemory::close);
    }

    /** {@return the sum of some statistics, or the negative of an error number} */
    private long statistic(long... offsets) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statistics = arena.allocate(Statistics.SIZE, Long.BYTES);
            MemorySegment length = arena.allocateFrom(JAVA_INT, (int) Statistics.SIZE);
            int result =
                    Libc.getsockopt(
                            descriptor.number(),
                            IfXdp.SOL_XDP,
                            IfXdp.XDP_STATISTICS,
                            statistics,
                            length);
            long sum = Math.min(result, 0);
            for (int i = 0; i < offsets.length && result >= 0; i++) {
                sum += statistics.get(JAVA_LONG, offsets[i]);
            }
            return sum;
        }
    }

    private static void register(int fd, MemorySegment memory, XskSizes sizes, Arena arena)
            throws SystemCallException {
        MemorySegment umem = arena.allocate(UmemReg.SIZE, Long.BYTES);
        umem.set(JAVA_LONG, UmemReg.ADDR, memory.address());
        umem.set(JAVA_LONG, UmemReg.LEN, memory.byteSize());
        umem.set(JAVA_INT, UmemReg.CHUNK_SIZE, sizes.frameLength());
        int result =
                patiently(
                        Errno.ENOBUFS,
                        () -> Libc.setsockopt(fd, IfXdp.SOL_XDP, IfXdp.XDP_UMEM_REG, umem));
        if (result < 0) {
            throw new SystemCallException(
                    "setsockopt(XDP_UMEM_REG)",
                    -result,
                    result == -Errno.ENOBUFS ? LOCKED_MEMORY : null);
        }
    }

    /**
     * Sets what is not vital: kernels that do not know it work without. {@return whether the kernel
     * tells what it has sent: so it does since it lets us say how much to send}
     */
    private static boolean tune(int fd, XskSizes sizes) {
        // In copy mode each packet on its way out counts with all that the kernel needs for it.
        int outgoing = sizes.frames() * sizes.frameLength();
        if (Libc.setsockopt(fd, SocketHeader.SOL_SOCKET, SocketHeader.SO_SNDBUFFORCE, outgoing)
                < 0) {
            Libc.setsockopt(fd, SocketHeader.SOL_SOCKET, SocketHeader.SO_SNDBUF, outgoing);
        }
        // Otherwise one call sends 32 packets and no more.
        return Libc.setsockopt(fd, IfXdp.SOL_XDP, IfXdp.XDP_MAX_TX_SKB_BUDGET, sizes.frames()) >= 0;
    }

    private static void bind(
            int fd, int interfaceIndex, int queueId, XskOptions options, Arena arena)
            throws SystemCallException {
        MemorySegment address = arena.allocate(SockaddrXdp.SIZE, Integer.BYTES);
        int flags = IfXdp.XDP_USE_NEED_WAKEUP | (options.copy() ? IfXdp.XDP_COPY : 0);
        address.set(JAVA_SHORT, SockaddrXdp.FAMILY, (short) SocketHeader.AF_XDP);
        address.set(JAVA_SHORT, SockaddrXdp.FLAGS, (short) flags);
        address.set(JAVA_INT, SockaddrXdp.IFINDEX, interfaceIndex);
        address.set(JAVA_INT, SockaddrXdp.QUEUE_ID, queueId);
        int result = patiently(Errno.EBUSY, () -> Libc.bind(fd, address));
        if (result < 0) {
            throw new SystemCallException(
                    "bind(AF_XDP, queue " + queueId + ")", -result, bindHint(-result));
        }
    }

    /**
     * Calls again for half a second: the kernel lets go of a closed socket's queue, and of its
     * locked memory, a moment later.
     *
     * @param passing error number that may go by itself
     */
    private static int patiently(int passing, IntSupplier call) {
        int result = call.getAsInt();
        for (int i = 0; result == -passing && i < RETRIES; i++) {
            LockSupport.parkNanos(RETRY_NANOS);
            result = call.getAsInt();
        }
        return result;
    }

    private static @Nullable String bindHint(int errno) {
        return switch (errno) {
            case Errno.EBUSY -> "another AF_XDP socket is bound to this queue";
            case Errno.EINVAL -> "the interface has no such queue, or its MTU is above a frame";
            case Errno.ENETDOWN -> "the interface is down";
            case Errno.EPERM -> "needs " + CAPABILITY;
            default -> null;
        };
    }

    private static XskRing map(
            int fd,
            long place,
            MemorySegment offsets,
            long offsetsAt,
            int size,
            long elementSize,
            List<MappedMemory> mappings)
            throws SystemCallException {
        long elementsAt = offsets.get(JAVA_LONG, offsetsAt + RingOffset.DESC);
        MappedMemory memory =
                MappedMemory.map(
                        fd,
                        place,
                        elementsAt + size * elementSize,
                        Mman.MAP_SHARED | Mman.MAP_POPULATE,
                        "mmap(AF_XDP ring)");
        mappings.add(memory);
        return new XskRing(
                memory.segment(),
                offsets.get(JAVA_LONG, offsetsAt + RingOffset.PRODUCER),
                offsets.get(JAVA_LONG, offsetsAt + RingOffset.CONSUMER),
                elementsAt,
                offsets.get(JAVA_LONG, offsetsAt + RingOffset.FLAGS),
                size);
    }

    private static void set(int fd, int option, int value, String name) throws SystemCallException {
        SystemCallException.require(
                Libc.setsockopt(fd, IfXdp.SOL_XDP, option, value), "setsockopt(" + name + ")");
    }

    private static void get(int fd, int option, MemorySegment value, Arena arena, String name)
            throws SystemCallException {
        MemorySegment length = arena.allocateFrom(JAVA_INT, (int) value.byteSize());
        SystemCallException.require(
                Libc.getsockopt(fd, IfXdp.SOL_XDP, option, value, length),
                "getsockopt(" + name + ")");
    }
}
