package io.github.geneve4j.io;

import static io.github.geneve4j.io.Ranges.MAX_PORT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.github.geneve4j.io.sys.Errno;
import io.github.geneve4j.io.sys.InHeader.Cmsghdr;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SocketHeader.Iovec;
import io.github.geneve4j.io.sys.SocketHeader.Mmsghdr;
import io.github.geneve4j.io.sys.SocketHeader.SockaddrIn;
import io.github.geneve4j.io.sys.SystemCallException;
import io.github.geneve4j.io.sys.UdpHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The datagrams that one system call took from a socket, to be looked at one after another. Each
 * has behind it as much room as the longest one would need.
 *
 * <p>A message of the kernel's is one datagram, or several of one sender that were joined. A single
 * one stays where the kernel put it. One of several is copied first, to behind those before it that
 * were {@linkplain #keep kept}: it may be made longer, and where it came it has no room for that.
 *
 * <p><b>Allocation:</b> none. <b>Threads:</b> one. <b>Ownership:</b> its own memory.
 */
final class ReceiveBatch {
    /** Most messages of one system call. */
    static final int MESSAGES = 64;

    /** Bytes for a datagram, or for several that are joined. */
    static final int ROOM = 0x1_0000;

    /** A cache line more, or the first bytes of all messages would contend for the same few. */
    private static final int STRIDE = ROOM + 64;

    private static final int COPIES = 16 * ROOM;
    private static final int ALIGNMENT = Long.BYTES;
    private static final ValueLayout.OfShort NET_SHORT = JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt NET_INT = JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

    private final MemorySegment messages;
    private final MemorySegment names;
    private final MemorySegment controls;
    private final MemorySegment memory; // of the messages, then of copies
    private final ByteBuf buffer;

    private int received; // messages
    private int next; // message that is still to be opened
    private int rest; // bytes of the opened one that are still to be looked at
    private int restOffset;
    private int segmentLength; // of datagrams that were joined, 0 for one that was not
    private int copyOffset = MESSAGES * STRIDE;

    private int offset;
    private int length;
    private int sourceAddress;
    private int sourcePort;

    ReceiveBatch() {
        Arena arena = Arena.ofAuto();
        this.messages = arena.allocate(MESSAGES * Mmsghdr.SIZE, Long.BYTES);
        this.names = arena.allocate(MESSAGES * SockaddrIn.SIZE, Long.BYTES);
        this.controls = arena.allocate(MESSAGES * Cmsghdr.SPACE, Long.BYTES);
        this.memory = arena.allocate((long) MESSAGES * STRIDE + COPIES, Long.BYTES);
        this.buffer = Unpooled.wrappedBuffer(memory.asByteBuffer());
        MemorySegment parts = arena.allocate(MESSAGES * Iovec.SIZE, Long.BYTES);
        for (int i = 0; i < MESSAGES; i++) {
            long message = i * Mmsghdr.SIZE;
            long part = i * Iovec.SIZE;
            messages.set(JAVA_LONG, message + Mmsghdr.NAME, names.address() + i * SockaddrIn.SIZE);
            messages.set(JAVA_LONG, message + Mmsghdr.IOV, parts.address() + part);
            messages.set(JAVA_LONG, message + Mmsghdr.IOV_LENGTH, 1);
            messages.set(
                    JAVA_LONG, message + Mmsghdr.CONTROL, controls.address() + i * Cmsghdr.SPACE);
            parts.set(JAVA_LONG, part + Iovec.BASE, memory.address() + (long) i * STRIDE);
            parts.set(JAVA_LONG, part + Iovec.LENGTH, ROOM);
            makeRoom(i);
        }
    }

    /**
     * Takes what there is, instead of what was there.
     *
     * @param socket descriptor
     * @param wanted most messages, 1 to {@link #MESSAGES}
     * @return how many were taken, 0 or more
     */
    int receive(int socket, int wanted) throws SystemCallException {
        received = 0;
        next = 0;
        int result = Libc.recvmmsg(socket, messages, wanted, SocketHeader.MSG_DONTWAIT);
        received =
                switch (-result) {
                    case Errno.EAGAIN, Errno.EINTR -> 0;
                    default -> SystemCallException.require(result, "recvmmsg");
                };
        return received;
    }

    /** {@return whether there is a datagram that was not looked at} */
    boolean hasNext() {
        return rest > 0 || next < received;
    }

    /** {@return whether there is room to look at the next one} */
    boolean hasRoom() {
        return copyOffset + ROOM <= memory.byteSize();
    }

    /** Makes room, over all that was kept before. */
    void free() {
        copyOffset = MESSAGES * STRIDE;
    }

    /** Goes on to the next datagram. */
    void next() {
        if (rest == 0) {
            open(next++);
        }
        if (segmentLength == 0) {
            offset = restOffset;
            length = rest;
            rest = 0;
        } else {
            offset = copyOffset;
            length = Math.min(segmentLength, rest);
            MemorySegment.copy(memory, restOffset, memory, offset, length);
            restOffset += length;
            rest -= length;
        }
    }

    /**
     * Keeps what is in the place of the datagram, until there is {@link #free} room or a {@link
     * #receive}.
     *
     * @param bytes from its first on
     */
    void keep(int bytes) {
        if (offset == copyOffset) {
            copyOffset += bytes + ALIGNMENT - 1 & -ALIGNMENT;
        }
    }

    /** {@return all the memory, for handlers} */
    ByteBuf buffer() {
        return buffer;
    }

    /** {@return where in {@link #buffer()} the datagram begins} */
    int offset() {
        return offset;
    }

    /** {@return the same as an address for the kernel} */
    long address() {
        return memory.address() + offset;
    }

    /** {@return bytes of the datagram} */
    int length() {
        return length;
    }

    /** {@return the IPv4 address of the sender, big-endian} */
    int sourceAddress() {
        return sourceAddress;
    }

    /** {@return the UDP port of the sender} */
    int sourcePort() {
        return sourcePort;
    }

    private void open(int i) {
        long message = i * Mmsghdr.SIZE;
        long name = i * SockaddrIn.SIZE;
        rest = messages.get(JAVA_INT, message + Mmsghdr.LENGTH);
        restOffset = i * STRIDE;
        segmentLength = segmentLength(i);
        if (segmentLength >= rest) {
            segmentLength = 0; // one alone
        }
        sourceAddress = names.get(NET_INT, name + SockaddrIn.ADDRESS);
        sourcePort = names.get(NET_SHORT, name + SockaddrIn.PORT) & MAX_PORT;
        makeRoom(i);
    }

    private int segmentLength(int i) {
        long control = i * Cmsghdr.SPACE;
        boolean joined =
                messages.get(JAVA_LONG, i * Mmsghdr.SIZE + Mmsghdr.CONTROL_LENGTH) > 0
                        && controls.get(JAVA_INT, control + Cmsghdr.LEVEL) == UdpHeader.SOL_UDP
                        && controls.get(JAVA_INT, control + Cmsghdr.TYPE) == UdpHeader.UDP_GRO;
        return joined ? controls.get(JAVA_INT, control + Cmsghdr.DATA) : 0;
    }

    /** Says again how much room there is, over what the kernel wrote there. */
    private void makeRoom(int i) {
        long message = i * Mmsghdr.SIZE;
        messages.set(JAVA_INT, message + Mmsghdr.NAME_LENGTH, (int) SockaddrIn.SIZE);
        messages.set(JAVA_LONG, message + Mmsghdr.CONTROL_LENGTH, Cmsghdr.SPACE);
    }
}
