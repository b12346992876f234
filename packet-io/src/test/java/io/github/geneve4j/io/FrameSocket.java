package io.github.geneve4j.io;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.io.sys.Descriptor;
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
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends and receives whole frames at an interface of the namespace that it is opened in. */
final class FrameSocket implements AutoCloseable {
    private static final int RECEIVE_BUFFER_LENGTH = 16 << 20;

    private static final long PATIENCE_NANOS = 5_000_000_000L;

    private static final int PACKET_VNET_HDR = 15;
    private static final long VNET_HDR_LENGTH = 10;
    private static final byte VNET_HDR_NEEDS_CSUM = 1;
    private static final long VNET_HDR_CSUM_START = 6;

    // struct cmsghdr { size_t len; int level, type; }, then struct tpacket_auxdata
    private static final long AUXDATA_STATUS = 16;
    private static final long AUXDATA_VLAN_TCI = 16 + 16;
    private static final long AUXDATA_VLAN_TPID = 16 + 18;
    private static final long CONTROL_LENGTH = 64;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment message = arena.allocate(Mmsghdr.SIZE, Long.BYTES);
    private final MemorySegment iovec = arena.allocate(Iovec.SIZE, Long.BYTES);
    private final MemorySegment control = arena.allocate(CONTROL_LENGTH, Long.BYTES);
    private final MemorySegment memory = arena.allocate(1 << 16);
    private final Descriptor descriptor;

    private FrameSocket(Descriptor descriptor) {
        this.descriptor = descriptor;
        iovec.set(ADDRESS, Iovec.BASE, memory);
        iovec.set(JAVA_LONG, Iovec.LENGTH, memory.byteSize());
        message.set(ADDRESS, Mmsghdr.IOV, iovec);
        message.set(JAVA_LONG, Mmsghdr.IOV_LENGTH, 1);
        message.set(ADDRESS, Mmsghdr.CONTROL, control);
    }

    static FrameSocket open(String interfaceName) throws IOException {
        Descriptor descriptor =
                Descriptor.of(
                        Libc.socket(SocketHeader.AF_PACKET, SocketHeader.SOCK_RAW, 0), "socket");
        FrameSocket socket = new FrameSocket(descriptor);
        Libc.setsockopt(
                descriptor.number(),
                SocketHeader.SOL_SOCKET,
                SocketHeader.SO_RCVBUFFORCE,
                RECEIVE_BUFFER_LENGTH);
        Libc.setsockopt(
                descriptor.number(), IfPacket.SOL_PACKET, IfPacket.PACKET_IGNORE_OUTGOING, 1);
        Libc.setsockopt(descriptor.number(), IfPacket.SOL_PACKET, IfPacket.PACKET_AUXDATA, 1);
        MemorySegment address = socket.arena.allocate(SockaddrLl.SIZE, Integer.BYTES);
        address.set(JAVA_SHORT, SockaddrLl.FAMILY, (short) SocketHeader.AF_PACKET);
        address.set(
                JAVA_SHORT, SockaddrLl.PROTOCOL, Short.reverseBytes((short) IfPacket.ETH_P_ALL));
        address.set(JAVA_INT, SockaddrLl.IFINDEX, NetworkDevice.named(interfaceName).index());
        SystemCallException.require(Libc.bind(descriptor.number(), address), "bind");
        return socket;
    }

    void send(byte[] frame) {
        MemorySegment.copy(frame, 0, memory, JAVA_BYTE, 0, frame.length);
        assertThat(Libc.sendto(descriptor.number(), memory, frame.length, 0, MemorySegment.NULL))
                .isEqualTo(frame.length);
    }

    /**
     * Sends a frame with a checksum that is left to the network card, as {@code struct
     * virtio_net_hdr} says it ({@code linux/virtio_net.h}): NEEDS_CSUM, and where.
     */
    void sendWithPartialChecksum(byte[] frame, int start, int offset) {
        Libc.setsockopt(descriptor.number(), IfPacket.SOL_PACKET, PACKET_VNET_HDR, 1);
        memory.asSlice(0, VNET_HDR_LENGTH).fill((byte) 0);
        memory.set(JAVA_BYTE, 0, VNET_HDR_NEEDS_CSUM);
        memory.set(JAVA_SHORT, VNET_HDR_CSUM_START, (short) start);
        memory.set(JAVA_SHORT, VNET_HDR_CSUM_START + 2, (short) offset);
        MemorySegment.copy(frame, 0, memory, JAVA_BYTE, VNET_HDR_LENGTH, frame.length);
        long length = VNET_HDR_LENGTH + frame.length;
        assertThat(Libc.sendto(descriptor.number(), memory, length, 0, MemorySegment.NULL))
                .isEqualTo(length);
        Libc.setsockopt(descriptor.number(), IfPacket.SOL_PACKET, PACKET_VNET_HDR, 0);
    }

    /** {@return the next frame that came, with its VLAN tag where it was on the cable, or null} */
    byte @Nullable [] receive() {
        message.set(JAVA_LONG, Mmsghdr.CONTROL_LENGTH, CONTROL_LENGTH);
        if (Libc.recvmmsg(descriptor.number(), message, 1, SocketHeader.MSG_DONTWAIT) < 0) {
            return null;
        }
        int length = message.get(JAVA_INT, Mmsghdr.LENGTH);
        byte[] frame = memory.asSlice(0, length).toArray(JAVA_BYTE);
        int status = control.get(JAVA_INT, AUXDATA_STATUS);
        if ((status & IfPacket.TP_STATUS_VLAN_VALID) == 0) {
            return frame;
        }
        ByteBuffer tagged = ByteBuffer.allocate(length + OuterFrame.TAG_LENGTH);
        tagged.put(frame, 0, OuterFrame.ETHER_TYPE_OFFSET);
        tagged.putShort(control.get(JAVA_SHORT, AUXDATA_VLAN_TPID));
        tagged.putShort(control.get(JAVA_SHORT, AUXDATA_VLAN_TCI));
        int rest = length - OuterFrame.ETHER_TYPE_OFFSET;
        return tagged.put(frame, OuterFrame.ETHER_TYPE_OFFSET, rest).array();
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

    /** Sends without a copy, and without allocating anything. */
    void sendAgain(MemorySegment frame) {
        Libc.sendto(descriptor.number(), frame, frame.byteSize(), 0, MemorySegment.NULL);
    }

    /** Takes a frame, if there is one, and lets it go; allocates nothing. */
    void discard() {
        Libc.recvfrom(descriptor.number(), memory, SocketHeader.MSG_DONTWAIT);
    }

    @Override
    public void close() {
        descriptor.close();
        arena.close();
    }
}
