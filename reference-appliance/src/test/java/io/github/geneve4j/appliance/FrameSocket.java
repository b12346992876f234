package io.github.geneve4j.appliance;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.IfPacket.SockaddrLl;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Sends whole frames, many at once, at an interface of the namespace that it is opened in, and
 * receives those of IPv4 that come there, whomever they are for.
 */
final class FrameSocket implements AutoCloseable {
    private static final int BATCH = 64;
    private static final int FRAME = 2048;
    private static final int RECEIVE_BUFFER = 64 << 20;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate((long) BATCH * FRAME);
    private final MemorySegment parts = arena.allocate(BATCH * Iovec.SIZE, Long.BYTES);
    private final MemorySegment messages = arena.allocate(BATCH * Mmsghdr.SIZE, Long.BYTES);
    private final Descriptor descriptor;

    private FrameSocket(Descriptor descriptor) {
        this.descriptor = descriptor;
        for (int i = 0; i < BATCH; i++) {
            parts.set(ADDRESS, i * Iovec.SIZE + Iovec.BASE, memory.asSlice((long) i * FRAME));
            long message = i * Mmsghdr.SIZE;
            messages.set(ADDRESS, message + Mmsghdr.IOV, parts.asSlice(i * Iovec.SIZE));
            messages.set(JAVA_LONG, message + Mmsghdr.IOV_LENGTH, 1);
        }
    }

    static FrameSocket open(String interfaceName) throws IOException {
        FrameSocket socket =
                new FrameSocket(
                        Descriptor.of(
                                Libc.socket(SocketHeader.AF_PACKET, SocketHeader.SOCK_RAW, 0),
                                "socket"));
        try {
            socket.set(SocketHeader.SOL_SOCKET, SocketHeader.SO_RCVBUFFORCE, RECEIVE_BUFFER);
            socket.set(IfPacket.SOL_PACKET, IfPacket.PACKET_IGNORE_OUTGOING, 1);
            MemorySegment address = socket.arena.allocate(SockaddrLl.SIZE, Integer.BYTES);
            int index = NetworkDevice.named(interfaceName).index();
            IfPacket.sockaddrLl(address, IfPacket.ETH_P_IP, index);
            SystemCallException.require(
                    Libc.bind(socket.descriptor.number(), address), "bind(" + interfaceName + ")");
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void set(int level, int option, int value) throws IOException {
        SystemCallException.require(
                Libc.setsockopt(descriptor.number(), level, option, value), "setsockopt");
    }

    void send(List<byte[]> frames) {
        for (int done = 0; done < frames.size(); ) {
            int count = Math.min(BATCH, frames.size() - done);
            for (int i = 0; i < count; i++) {
                byte[] frame = frames.get(done + i);
                MemorySegment.copy(frame, 0, memory, JAVA_BYTE, (long) i * FRAME, frame.length);
                parts.set(JAVA_LONG, i * Iovec.SIZE + Iovec.LENGTH, frame.length);
            }
            int sent = Libc.sendmmsg(descriptor.number(), messages, count, 0);
            if (sent == -Errno.ENOBUFS) {
                sent = 1; // the first is lost: the other end has no room
            }
            assertThat(sent).as("sendmmsg").isPositive();
            done += sent;
        }
    }

    /** Adds the frames that are there. */
    void receive(List<byte[]> frames) {
        int received;
        do {
            for (int i = 0; i < BATCH; i++) {
                parts.set(JAVA_LONG, i * Iovec.SIZE + Iovec.LENGTH, FRAME);
            }
            received =
                    Libc.recvmmsg(descriptor.number(), messages, BATCH, SocketHeader.MSG_DONTWAIT);
            for (int i = 0; i < received; i++) {
                int length = messages.get(JAVA_INT, i * Mmsghdr.SIZE + Mmsghdr.LENGTH);
                frames.add(memory.asSlice((long) i * FRAME, length).toArray(JAVA_BYTE));
            }
        } while (received == BATCH);
    }

    @Override
    public void close() {
        descriptor.close();
        arena.close();
    }
}
