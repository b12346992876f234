package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.IfTun;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.Requirement;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import io.github.geneve4j.io.sys.VirtioNet;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An Ethernet interface, alone in a network namespace, whose cable a test holds the end of: it
 * gives the kernel frames as a network card would, of any length, joined, or with a checksum left
 * open, and takes those that the kernel sends. Addresses are those of {@link Cable#OWN}.
 */
final class Tap implements AutoCloseable {
    static final String NAME = "own0";

    private static final int IFF_TAP = 0x0002;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final long PATIENCE_NANOS = 5_000_000_000L;

    private final String namespace =
            "g4j-t-" + ProcessHandle.current().pid() + "-" + NUMBER.getAndIncrement();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(1 << 17);
    private @Nullable Descriptor descriptor;

    Tap(int mtu) throws Exception {
        Requirement.root();
        Requirement.command("ip");
        try {
            Cable.run("ip netns add " + namespace);
            descriptor = inside(() -> attach(arena));
            run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
            run("ip link set " + NAME + " address " + Cable.OWN_MAC + " mtu " + mtu);
            run("ip addr add " + Cable.OWN_ADDRESS + "/24 dev " + NAME);
            run("ip link set " + NAME + " up");
            run("ip neigh replace 10.82.0.1 lladdr " + Cable.NODE_MAC + " dev " + NAME);
        } catch (Exception | AssertionError e) {
            close();
            throw e;
        }
    }

    private static Descriptor attach(Arena arena) throws IOException {
        MemorySegment request = arena.allocate(IfTun.IFREQ_SIZE, Long.BYTES);
        byte[] name = NAME.getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(name, 0, request, JAVA_BYTE, 0, name.length);
        int flags = IFF_TAP | IFF_VNET_HDR | IfTun.IFF_NO_PI;
        request.set(JAVA_SHORT, IfTun.IFREQ_FLAGS, (short) flags);
        Descriptor opened =
                Descriptor.of(
                        Libc.open(
                                arena.allocateFrom(IfTun.CLONE_DEVICE),
                                SocketHeader.O_RDWR | SocketHeader.O_NONBLOCK),
                        "open(" + IfTun.CLONE_DEVICE + ")");
        SystemCallException.require(
                Libc.ioctl(opened.number(), IfTun.TUNSETIFF, request), "ioctl(TUNSETIFF)");
        return opened;
    }

    /** {@return what that returns in the namespace} */
    <T> T inside(Callable<T> task) throws Exception {
        return Cable.in(namespace, task);
    }

    /** Runs a command in the namespace; {@return what it prints} */
    String run(String command) throws Exception {
        return Cable.run("ip netns exec " + namespace + " " + command);
    }

    /** The kernel has received the frame when this returns. */
    void send(byte[] frame) {
        send(frame, 0, VirtioNet.VIRTIO_NET_HDR_GSO_NONE, 0, 0, 0);
    }

    /** A frame with a checksum that is left open: where the sum begins, and where it goes. */
    void sendPartial(byte[] frame, int start, int offset) {
        int flag = VirtioNet.VIRTIO_NET_HDR_F_NEEDS_CSUM;
        send(frame, flag, VirtioNet.VIRTIO_NET_HDR_GSO_NONE, 0, start, offset);
    }

    /** A frame of UDP datagrams, behind an IPv4 header without options, that were joined. */
    void sendJoined(byte[] frame, int kind, int size) {
        send(frame, VirtioNet.VIRTIO_NET_HDR_F_NEEDS_CSUM, kind, size, 34, 6);
    }

    private void send(byte[] frame, int flags, int kind, int size, int start, int offset) {
        int header = VirtioNet.Header.SIZE;
        memory.asSlice(0, header).fill((byte) 0);
        memory.set(JAVA_BYTE, VirtioNet.Header.FLAGS, (byte) flags);
        memory.set(JAVA_BYTE, VirtioNet.Header.GSO_TYPE, (byte) kind);
        memory.set(JAVA_SHORT, VirtioNet.Header.GSO_SIZE, (short) size);
        memory.set(JAVA_SHORT, VirtioNet.Header.CSUM_START, (short) start);
        memory.set(JAVA_SHORT, VirtioNet.Header.CSUM_OFFSET, (short) offset);
        MemorySegment.copy(frame, 0, memory, JAVA_BYTE, header, frame.length);
        long length = header + frame.length;
        assertThat(Libc.write(fd(), memory, length)).isEqualTo(length);
    }

    /**
     * {@return the next frame that the kernel sent, or null; fails if anything is left open in it}
     */
    byte @Nullable [] receive() {
        long length = Libc.read(fd(), memory);
        if (length < 0) {
            return null;
        }
        int header = VirtioNet.Header.SIZE;
        assertThat(memory.get(JAVA_BYTE, VirtioNet.Header.FLAGS)).as("flags").isZero();
        assertThat(memory.get(JAVA_BYTE, VirtioNet.Header.GSO_TYPE)).as("joined").isZero();
        return memory.asSlice(header, length - header).toArray(JAVA_BYTE);
    }

    /** {@return all frames that are there, after those were waited for that are to come} */
    List<byte[]> receive(int expected) {
        List<byte[]> frames = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            byte[] frame = receive();
            if (frame != null) {
                frames.add(frame);
            } else if (frames.size() >= expected || System.nanoTime() - deadline > 0) {
                return frames;
            }
        }
    }

    private int fd() {
        assertThat(descriptor).isNotNull();
        return descriptor.number();
    }

    @Override
    public void close() throws IOException {
        if (descriptor != null) {
            descriptor.close();
        }
        new ProcessBuilder("ip", "netns", "delete", namespace).start().onExit().join();
        arena.close();
    }
}
