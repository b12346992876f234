package io.github.geneve4j.io.sys;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.io.sys.PollHeader.Pollfd;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.io.sys.SocketHeader.SockaddrIn;
import io.github.geneve4j.testkit.Allocations;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.NetworkInterface;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** The functions are bound with the right arguments: each is called for what it does. */
class LibcTest {
    private static final int LOOPBACK = 0x7f3c5407; // 127.60.84.7
    private static final int PORT = 20_091;

    private final Arena arena = Arena.ofAuto();

    @Test
    void returnsErrorsAsNegativeNumbers() {
        assertThat(Libc.close(-1)).isEqualTo(-9); // EBADF
        assertThat(Libc.socket(SocketHeader.AF_INET, 77, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(Libc.mmap(0, Mman.PROT_READ, Mman.MAP_PRIVATE, -1, 0)).isNegative();
        assertThat(Libc.open(arena.allocateFrom("/no/such/file"), SocketHeader.O_RDONLY))
                .isEqualTo(-Errno.ENOENT);
        assertThat(Libc.setns(-1, SocketHeader.CLONE_NEWNET)).isEqualTo(-9);
        assertThat(Libc.schedSetaffinity(0, arena.allocate(128))).isEqualTo(-Errno.EINVAL);
        assertThat(Libc.setrlimit(99, arena.allocate(16))).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void sendsAndReceivesMessagesInBatches() throws Exception {
        MemorySegment address = arena.allocate(SockaddrIn.SIZE, 8);
        SocketHeader.sockaddrIn(address, LOOPBACK, PORT);
        try (Descriptor receiver = udp();
                Descriptor sender = udp()) {
            assertThat(Libc.setsockopt(receiver.number(), 1, SocketHeader.SO_RCVBUF, 70_000))
                    .isZero();
            assertThat(Libc.getsockopt(receiver.number(), 1, SocketHeader.SO_RCVBUF))
                    .isEqualTo(140_000); // the kernel doubles it
            assertThat(Libc.bind(receiver.number(), address)).isZero();
            MemorySegment bytes = arena.allocate(JAVA_LONG, 2);
            bytes.setAtIndex(JAVA_LONG, 0, 0x1122334455667788L);
            bytes.setAtIndex(JAVA_LONG, 1, 0x99aabbccddeeff00L);
            MemorySegment messages = messages(bytes);
            for (int i = 0; i < 2; i++) {
                messages.set(JAVA_LONG, i * Mmsghdr.SIZE + Mmsghdr.NAME, address.address());
                messages.set(
                        JAVA_INT, i * Mmsghdr.SIZE + Mmsghdr.NAME_LENGTH, (int) SockaddrIn.SIZE);
            }
            assertThat(Libc.sendmmsg(sender.number(), messages, 2, 0)).isEqualTo(2);
            assertThat(messages.get(JAVA_INT, Mmsghdr.SIZE + Mmsghdr.LENGTH)).isEqualTo(8);

            MemorySegment copy = arena.allocate(JAVA_LONG, 2);
            MemorySegment room = messages(copy);
            assertThat(Libc.recvmmsg(receiver.number(), room, 2, SocketHeader.MSG_DONTWAIT))
                    .isEqualTo(2);
            assertThat(copy.mismatch(bytes)).isEqualTo(-1);

            assertThat(Libc.connect(sender.number(), address)).isZero();
            assertThat(Libc.sendto(sender.number(), bytes, 5, 0, MemorySegment.NULL)).isEqualTo(5);
            assertThat(Libc.recvfrom(receiver.number(), copy, 0)).isEqualTo(5);
            assertThat(Libc.recvfrom(receiver.number(), copy, SocketHeader.MSG_DONTWAIT))
                    .isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    void waitsForEvents() throws Exception {
        try (Descriptor event =
                Descriptor.of(Libc.eventfd(0, SocketHeader.EFD_NONBLOCK), "eventfd")) {
            MemorySegment polled = arena.allocate(Pollfd.SIZE, 8);
            polled.set(JAVA_INT, Pollfd.FD, event.number());
            polled.set(JAVA_SHORT, Pollfd.EVENTS, (short) PollHeader.POLLIN);
            MemorySegment noTime = arena.allocate(PollHeader.Timespec.SIZE, 8);
            assertThat(Libc.ppoll(polled, 1, noTime)).isZero();

            MemorySegment count = arena.allocateFrom(JAVA_LONG, 3L);
            assertThat(Libc.write(event.number(), count)).isEqualTo(8);
            assertThat(Libc.ppoll(polled, 1, MemorySegment.NULL)).isEqualTo(1);
            assertThat(polled.get(JAVA_SHORT, Pollfd.REVENTS)).isEqualTo((short) PollHeader.POLLIN);
            count.set(JAVA_LONG, 0, 0);
            assertThat(Libc.read(event.number(), count)).isEqualTo(8);
            assertThat(count.get(JAVA_LONG, 0)).isEqualTo(3);
            assertThat(Libc.read(event.number(), count)).isEqualTo(-Errno.EAGAIN);
        }
    }

    @Test
    void mapsMemoryUntilClosed() throws Exception {
        int page = Libc.pageSize();
        assertThat(page).isGreaterThanOrEqualTo(4096);
        MappedMemory memory =
                MappedMemory.map(
                        -1, 0, 2L * page, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, "mmap(test)");
        MemorySegment segment = memory.segment();
        assertThat(segment.byteSize()).isEqualTo(2L * page);
        segment.set(JAVA_LONG, 2L * page - 8, -1);
        assertThat(segment.get(JAVA_LONG, 2L * page - 8)).isEqualTo(-1);
        memory.close();
        memory.close();
        assertThatThrownBy(() -> segment.get(JAVA_LONG, 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> MappedMemory.map(-1, 0, page, Mman.MAP_SHARED, "mmap(nothing)"))
                .isInstanceOf(SystemCallException.class)
                .hasMessageStartingWith("mmap(nothing): EBADF");
    }

    @Test
    void forgetsWhatIsNotNeeded() throws Exception {
        int page = Libc.pageSize();
        try (MappedMemory memory =
                MappedMemory.map(
                        -1, 0, 3L * page, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, "mmap(test)")) {
            MemorySegment segment = memory.segment();
            segment.fill((byte) -1);
            MemorySegment middle = segment.asSlice(page, page);
            assertThat(Libc.madvise(middle, Mman.MADV_DONTNEED)).isZero();
            assertThat(segment.get(JAVA_LONG, page - 8)).isEqualTo(-1);
            assertThat(segment.get(JAVA_LONG, page)).isZero();
            assertThat(segment.get(JAVA_LONG, 2L * page - 8)).isZero();
            assertThat(segment.get(JAVA_LONG, 2L * page)).isEqualTo(-1);
            assertThat(Libc.madvise(segment.asSlice(8, page), Mman.MADV_DONTNEED))
                    .isEqualTo(-Errno.EINVAL);
            assertThat(Libc.madvise(middle, 9999)).isEqualTo(-Errno.EINVAL);
        }
    }

    @Test
    void findsNetworkInterfaces() throws Exception {
        NetworkInterface loopback = NetworkInterface.getByName("lo");
        NetworkDevice device = NetworkDevice.named("lo");
        assertThat(device.index()).isEqualTo(loopback.getIndex());
        assertThat(device.mtu()).isEqualTo(loopback.getMTU());
        assertThat(device.macAddress()).isZero();
        for (String name : new String[] {"no-such-device", "a-name-that-is-too-long", ""}) {
            assertThatThrownBy(() -> NetworkDevice.named(name))
                    .isInstanceOf(SystemCallException.class)
                    .hasMessage(
                            "ioctl(SIOCGIFINDEX, "
                                    + name
                                    + "): ENODEV (No such device): there is no such network"
                                    + " interface");
        }
    }

    @Test
    void tellsAnInterfacesFlags() throws Exception {
        try (Descriptor socket = udp()) {
            int index = NetworkDevice.named("lo").index();
            InterfaceFlags flags = new InterfaceFlags(socket.number(), index);
            boolean up = NetworkInterface.getByName("lo").isUp();
            assertThat(flags.get() & InterfaceFlags.IFF_UP).isEqualTo(up ? 1 : 0);
            assertThat(InterfaceFlags.isRunning(flags.get())).isEqualTo(up);
            assertThat(new InterfaceFlags(socket.number(), Integer.MAX_VALUE).get())
                    .isEqualTo(-Errno.ENODEV);
            assertThat(InterfaceFlags.isRunning(-Errno.ENODEV)).isFalse();
            assertThat(InterfaceFlags.isRunning(InterfaceFlags.IFF_UP)).isFalse();
            assertThat(Allocations.of(200_000, flags::get)).isLessThanOrEqualTo(Allocations.SLACK);
        }
    }

    @Test
    void tellsWhetherThereIsACarrier() throws Exception {
        try (Descriptor socket = udp()) {
            assertThat(Ethtool.lacksCarrier(socket.number(), "lo"))
                    .isNotEqualTo(NetworkInterface.getByName("lo").isUp());
            assertThat(Ethtool.lacksCarrier(socket.number(), "no-such-device")).isFalse();
            assertThat(Ethtool.lacksCarrier(-1, "lo")).isFalse();
        }
    }

    @Test
    void tellsTheDriverOfAnInterfaceThatHasOne() throws Exception {
        assertThat(Ethtool.driver("no-such-device")).isEmpty();
        assertThat(Ethtool.driver("lo")).isNotEqualTo("veth");
    }

    @Test
    void callsAllocateNothing() {
        MemorySegment noTime = arena.allocate(PollHeader.Timespec.SIZE, 8);
        MemorySegment polled = arena.allocate(Pollfd.SIZE, 8);
        assertThat(Allocations.of(2_000_000, () -> Libc.ppoll(polled, 0, noTime) + Libc.close(-1)))
                .isLessThanOrEqualTo(Allocations.SLACK);
    }

    /** The functions get mere addresses: that these are good is said by the memory behind them. */
    @Test
    void refusesMemoryThatAFunctionMustNotGet() throws Exception {
        Arena closed = Arena.ofConfined();
        MemorySegment gone = closed.allocate(16);
        closed.close();
        MemorySegment ofTheHeap = MemorySegment.ofArray(new byte[16]);

        assertThatThrownBy(() -> Libc.read(-1, gone)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Libc.sendto(-1, MemorySegment.NULL, 0, 0, gone))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Libc.write(-1, ofTheHeap, 16))
                .isInstanceOf(IllegalArgumentException.class);
        try (Arena others = Arena.ofConfined();
                ExecutorService elsewhere = Executors.newVirtualThreadPerTaskExecutor()) {
            MemorySegment own = others.allocate(16);
            assertThat(Libc.read(-1, own)).isEqualTo(-9); // EBADF: so far it comes
            assertThatThrownBy(() -> elsewhere.submit(() -> Libc.read(-1, own)).get())
                    .hasCauseInstanceOf(WrongThreadException.class);
        }
    }

    private static Descriptor udp() throws SystemCallException {
        return Descriptor.of(
                Libc.socket(
                        SocketHeader.AF_INET,
                        SocketHeader.SOCK_DGRAM | SocketHeader.SOCK_CLOEXEC,
                        0),
                "socket(AF_INET)");
    }

    /** A message for each long of the memory. */
    private MemorySegment messages(MemorySegment longs) {
        long count = longs.byteSize() / Long.BYTES;
        MemorySegment messages = arena.allocate(count * Mmsghdr.SIZE, 8);
        MemorySegment parts = arena.allocate(count * Iovec.SIZE, 8);
        for (long i = 0; i < count; i++) {
            parts.set(JAVA_LONG, i * Iovec.SIZE + Iovec.BASE, longs.address() + i * Long.BYTES);
            parts.set(JAVA_LONG, i * Iovec.SIZE + Iovec.LENGTH, Long.BYTES);
            long message = i * Mmsghdr.SIZE;
            messages.set(JAVA_LONG, message + Mmsghdr.IOV, parts.address() + i * Iovec.SIZE);
            messages.set(JAVA_LONG, message + Mmsghdr.IOV_LENGTH, 1);
        }
        return messages;
    }
}
