package io.github.geneve4j.io;

import static io.github.geneve4j.io.sys.SystemCallException.require;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.IfPacket.SockaddrLl;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.testkit.Packets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The load balancer's end of a {@link Cable}: sends any bytes as a frame, and receives every frame
 * that comes, tags included, one by one and without a ring.
 */
final class FrameSocket implements AutoCloseable {
    private static final int PACKET_AUXDATA = 8;
    private static final int RECEIVE_BUFFER_LENGTH = 64 << 20;
    private static final int CONTROL_LENGTH = 64;
    private static final int AUXDATA = 16; // behind struct cmsghdr
    private static final int AUXDATA_STATUS = AUXDATA;
    private static final int AUXDATA_TCI = AUXDATA + 16;
    private static final int AUXDATA_TPID = AUXDATA + 18;
    private static final int MAX_FRAME = 0x1_1000;

    private final Descriptor socket;
    private final MemorySegment bytes;
    private final MemorySegment control;
    private final MemorySegment part;
    private final MemorySegment message;

    private FrameSocket(Descriptor socket) {
        this.socket = socket;
        Arena arena = Arena.ofAuto();
        bytes = arena.allocate(MAX_FRAME);
        control = arena.allocate(CONTROL_LENGTH, 8);
        part = arena.allocate(Iovec.SIZE, 8);
        message = arena.allocate(Mmsghdr.SIZE, 8);
    }

    /** {@return a socket on a network interface of this thread's namespace} */
    static FrameSocket open(String device) throws IOException {
        int type = SocketHeader.SOCK_RAW | SocketHeader.SOCK_CLOEXEC | SocketHeader.SOCK_NONBLOCK;
        Descriptor descriptor =
                Descriptor.of(Libc.socket(SocketHeader.AF_PACKET, type, 0), "socket");
        int fd = descriptor.number();
        int packets = IfPacket.SOL_PACKET;
        require(Libc.setsockopt(fd, packets, PACKET_AUXDATA, 1), "PACKET_AUXDATA");
        require(Libc.setsockopt(fd, packets, IfPacket.PACKET_IGNORE_OUTGOING, 1), "IGNORE");
        require(
                Libc.setsockopt(
                        fd,
                        SocketHeader.SOL_SOCKET,
                        SocketHeader.SO_RCVBUFFORCE,
                        RECEIVE_BUFFER_LENGTH),
                "SO_RCVBUFFORCE");
        MemorySegment address = Arena.ofAuto().allocate(SockaddrLl.SIZE, 4);
        address.set(JAVA_SHORT, SockaddrLl.FAMILY, (short) SocketHeader.AF_PACKET);
        address.set(JAVA_SHORT, SockaddrLl.PROTOCOL, (short) (IfPacket.ETH_P_ALL << 8));
        address.set(JAVA_INT, SockaddrLl.IFINDEX, NetworkDevice.named(device).index());
        require(Libc.bind(fd, address), "bind");
        return new FrameSocket(descriptor);
    }

    void send(byte[] frame) throws IOException {
        MemorySegment.copy(frame, 0, bytes, JAVA_BYTE, 0, frame.length);
        long sent = Libc.sendto(socket.number(), bytes, frame.length, 0, MemorySegment.NULL);
        require((int) sent, "sendto");
    }

    /** Sends without a copy, and without allocating anything. */
    void sendAgain(MemorySegment frame) {
        Libc.sendto(socket.number(), frame, frame.byteSize(), 0, MemorySegment.NULL);
    }

    /** Takes a frame, if there is one, and lets it go. */
    void discard() {
        Libc.recvfrom(socket.number(), bytes, 0);
    }

    /** {@return the next frame, or an empty one: on a cable it is there once it is sent} */
    byte[] receive() throws IOException {
        part.set(JAVA_LONG, Iovec.BASE, bytes.address());
        part.set(JAVA_LONG, Iovec.LENGTH, MAX_FRAME);
        message.set(JAVA_LONG, Mmsghdr.IOV, part.address());
        message.set(JAVA_LONG, Mmsghdr.IOV_LENGTH, 1);
        message.set(JAVA_LONG, Mmsghdr.CONTROL, control.address());
        message.set(JAVA_LONG, Mmsghdr.CONTROL_LENGTH, CONTROL_LENGTH);
        int result = Libc.recvmmsg(socket.number(), message, 1, SocketHeader.MSG_DONTWAIT);
        if (result == -Errno.EAGAIN) {
            return new byte[0];
        }
        require(result, "recvmmsg");
        int length = message.get(JAVA_INT, Mmsghdr.LENGTH);
        return withTag(bytes.asSlice(0, length).toArray(JAVA_BYTE));
    }

    /** {@return all frames that are there, after those were waited for that are to come} */
    List<byte[]> receive(int expected) throws IOException {
        List<byte[]> frames = new ArrayList<>();
        long deadline = System.nanoTime() + 5_000_000_000L;
        while (true) {
            byte[] frame = receive();
            if (frame.length != 0) {
                frames.add(frame);
            } else if (frames.size() >= expected || System.nanoTime() - deadline > 0) {
                return frames;
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }

    /** The kernel takes the first tag out of the frame, and tells it beside. */
    private byte[] withTag(byte[] frame) {
        if ((control.get(JAVA_INT, AUXDATA_STATUS) & IfPacket.TP_STATUS_VLAN_VALID) == 0) {
            return frame;
        }
        byte[] tag =
                ByteBuffer.allocate(4)
                        .putShort(control.get(JAVA_SHORT, AUXDATA_TPID))
                        .putShort(control.get(JAVA_SHORT, AUXDATA_TCI))
                        .array();
        return Packets.concat(
                Packets.concat(Packets.cut(frame, 12), tag),
                Arrays.copyOfRange(frame, 12, frame.length));
    }
}
