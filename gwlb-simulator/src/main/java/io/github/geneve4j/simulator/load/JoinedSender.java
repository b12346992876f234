package io.github.geneve4j.simulator.load;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.io.sys.SystemCallException;
import io.github.geneve4j.io.sys.VirtioNet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Sends the frames of neighbouring slots as one datagram, which the kernel cuts into them again: so
 * what a system call, a socket and an interrupt of another processor cost is paid once for all of
 * them. The kernel counts their IDs up from the first one's, and writes their checksums.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one.
 */
final class JoinedSender {
    private static final int HEADERS = VirtioNet.Header.SIZE + Frames.GENEVE;
    private static final int IP_TOTAL_LENGTH = Frames.IP + 2;
    private static final int IP_ADDRESSES = Frames.IP + 12;
    private static final int UDP_LENGTH = Frames.UDP + 4;
    private static final int UDP_CHECKSUM = Frames.UDP + 6;
    private static final int UDP = 17;
    private static final ValueLayout.OfShort HOST = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfShort NETWORK =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final int socket;
    private final MemorySegment[] messages; // from each group on
    private final int together;

    /**
     * Writes the messages.
     *
     * @param socket bound to an interface, that takes a header of what is joined
     * @param slots a multiple of the frames together
     * @param together frames of a message
     */
    JoinedSender(Arena arena, int socket, Frames frames, int slots, int together) {
        int groups = slots / together;
        this.socket = socket;
        this.together = together;
        this.messages = new MemorySegment[groups];
        MemorySegment messageHeaders = arena.allocate(groups * Mmsghdr.SIZE, Long.BYTES);
        MemorySegment vectors = arena.allocate(groups * (together + 1L) * Iovec.SIZE, Long.BYTES);
        MemorySegment headers = arena.allocate((long) groups * HEADERS);
        long vector = 0;
        for (int group = 0; group < groups; group++) {
            MemorySegment header = headers.asSlice((long) group * HEADERS, HEADERS);
            write(header, frames, group * together);
            long message = group * Mmsghdr.SIZE;
            messageHeaders.set(
                    ValueLayout.JAVA_LONG, message + Mmsghdr.IOV, vectors.address() + vector);
            messageHeaders.set(ValueLayout.JAVA_LONG, message + Mmsghdr.IOV_LENGTH, together + 1L);
            messages[group] = messageHeaders.asSlice(message);
            vector = vector(vectors, vector, header.address(), HEADERS);
            for (int slot = group * together; slot < (group + 1) * together; slot++) {
                long frame = frames.memory().address() + frames.offset(slot);
                vector =
                        vector(
                                vectors,
                                vector,
                                frame + Frames.GENEVE,
                                frames.length() - Frames.GENEVE);
            }
        }
    }

    private static long vector(MemorySegment vectors, long at, long base, long length) {
        vectors.set(ValueLayout.JAVA_LONG, at + Iovec.BASE, base);
        vectors.set(ValueLayout.JAVA_LONG, at + Iovec.LENGTH, length);
        return at + Iovec.SIZE;
    }

    /** Writes the headers of a datagram that is as long as all of the group's payloads. */
    private void write(MemorySegment header, Frames frames, int slot) {
        int payload = frames.length() - Frames.GENEVE;
        int udpLength = Frames.GENEVE - Frames.UDP + together * payload;
        header.set(
                ValueLayout.JAVA_BYTE,
                VirtioNet.Header.FLAGS,
                (byte) VirtioNet.VIRTIO_NET_HDR_F_NEEDS_CSUM);
        header.set(
                ValueLayout.JAVA_BYTE,
                VirtioNet.Header.GSO_TYPE,
                (byte) VirtioNet.VIRTIO_NET_HDR_GSO_UDP_L4);
        header.set(HOST, VirtioNet.Header.HDR_LEN, (short) Frames.GENEVE);
        header.set(HOST, VirtioNet.Header.GSO_SIZE, (short) payload);
        header.set(HOST, VirtioNet.Header.CSUM_START, (short) Frames.UDP);
        header.set(HOST, VirtioNet.Header.CSUM_OFFSET, (short) (UDP_CHECKSUM - Frames.UDP));
        MemorySegment frame = header.asSlice(VirtioNet.Header.SIZE);
        MemorySegment.copy(frames.memory(), frames.offset(slot), frame, 0, Frames.GENEVE);
        frame.set(NETWORK, IP_TOTAL_LENGTH, (short) (Frames.UDP - Frames.IP + udpLength));
        frame.set(NETWORK, UDP_LENGTH, (short) udpLength);
        frame.set(NETWORK, UDP_CHECKSUM, (short) pseudoHeader(frame, udpLength));
    }

    /** {@return the sum that the kernel goes on with} */
    private static int pseudoHeader(MemorySegment frame, int udpLength) {
        int sum = UDP + udpLength;
        for (int at = IP_ADDRESSES; at < Frames.UDP; at += Short.BYTES) {
            sum += Short.toUnsignedInt(frame.get(NETWORK, at));
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }

    /**
     * {@return how many of the groups were sent, from the first; those up to the last slot at most}
     *
     * @param slot the first, of a group
     * @param count groups, 1 or more
     * @throws SystemCallException if the interface does not take such frames at all
     */
    int send(int slot, int count) throws SystemCallException {
        int group = slot / together;
        int batch = Math.min(count, messages.length - group);
        int sent = Libc.sendmmsg(socket, messages[group], batch, SocketHeader.MSG_DONTWAIT);
        if (sent >= 0) {
            return sent;
        }
        if (sent == -Errno.EAGAIN || sent == -Errno.ENOBUFS) {
            return 0;
        }
        throw new SystemCallException("sendmmsg(AF_PACKET, joined)", -sent, null);
    }
}
