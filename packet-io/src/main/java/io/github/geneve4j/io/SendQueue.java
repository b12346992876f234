package io.github.geneve4j.io;

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
import io.github.geneve4j.io.sys.UdpHeader;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams that wait to leave, each by a socket of its own choice. Those of a socket leave by one
 * system call, in their order; those of them that follow each other to the same peer, as long as
 * the first (the last may be shorter), as one message that the kernel cuts.
 *
 * <p><b>Allocation:</b> none while all goes well. <b>Threads:</b> one. <b>Ownership:</b> borrows
 * replies from where they lie until they are sent; copies the rest.
 */
final class SendQueue {
    /** No datagram. */
    static final int NONE = -1;

    private static final int CAPACITY = 1024; // as many as the kernel takes, UIO_MAXIOV
    private static final int MAX_JOINED_LENGTH = SocketPort.MAX_DATAGRAM_LENGTH;
    private static final int MADE_LENGTH = 4 * ReceiveBatch.ROOM;
    private static final long NAME = Mmsghdr.SIZE;
    private static final long PART = NAME + SockaddrIn.SIZE;
    private static final ValueLayout.OfInt NET_INT = JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

    private final SendCall kernel;
    private final PortCounters counters;

    // By datagram
    private final int[] after = new int[CAPACITY]; // next one of the same socket
    private final int[] peers = new int[CAPACITY];
    private final long[] addresses = new long[CAPACITY];
    private final int[] lengths = new int[CAPACITY];
    private final boolean[] isReply = new boolean[CAPACITY];
    private int size;

    private final @Nullable PortSocket[] sockets = new @Nullable PortSocket[CAPACITY];
    private int socketCount;

    private final MemorySegment made;
    private long madeLength;

    // By message
    private final int[] firsts = new int[CAPACITY];
    private final int[] counts = new int[CAPACITY];
    private final MemorySegment messages;
    private final MemorySegment names;
    private final MemorySegment controls;
    private final MemorySegment parts;

    private final MemorySegment single; // a message, its name and its part

    /**
     * Creates an empty queue.
     *
     * @param peerPort where all datagrams go to
     * @param counters told what becomes of them
     */
    SendQueue(int peerPort, PortCounters counters) {
        this(
                peerPort,
                counters,
                (socket, messages, count) ->
                        Libc.sendmmsg(socket, messages, count, SocketHeader.MSG_DONTWAIT));
    }

    /** The same, with somebody else who sends. */
    SendQueue(int peerPort, PortCounters counters, SendCall kernel) {
        this.kernel = kernel;
        this.counters = counters;
        Arena arena = Arena.ofAuto();
        this.made = arena.allocate(MADE_LENGTH, Long.BYTES);
        this.messages = arena.allocate(CAPACITY * Mmsghdr.SIZE, Long.BYTES);
        this.names = arena.allocate(CAPACITY * SockaddrIn.SIZE, Long.BYTES);
        this.controls = arena.allocate(CAPACITY * Cmsghdr.SPACE, Long.BYTES);
        this.parts = arena.allocate(CAPACITY * Iovec.SIZE, Long.BYTES);
        for (int i = 0; i < CAPACITY; i++) {
            long message = i * Mmsghdr.SIZE;
            long name = i * SockaddrIn.SIZE;
            long control = i * Cmsghdr.SPACE;
            messages.set(JAVA_LONG, message + Mmsghdr.NAME, names.address() + name);
            messages.set(JAVA_INT, message + Mmsghdr.NAME_LENGTH, (int) SockaddrIn.SIZE);
            messages.set(JAVA_LONG, message + Mmsghdr.CONTROL, controls.address() + control);
            SocketHeader.sockaddrIn(names.asSlice(name, SockaddrIn.SIZE), 0, peerPort);
            controls.set(JAVA_LONG, control + Cmsghdr.LENGTH, Cmsghdr.DATA + Short.BYTES);
            controls.set(JAVA_INT, control + Cmsghdr.LEVEL, UdpHeader.SOL_UDP);
            controls.set(JAVA_INT, control + Cmsghdr.TYPE, UdpHeader.UDP_SEGMENT);
        }
        this.single = arena.allocate(PART + Iovec.SIZE, Long.BYTES);
        single.set(JAVA_LONG, Mmsghdr.NAME, single.address() + NAME);
        single.set(JAVA_INT, Mmsghdr.NAME_LENGTH, (int) SockaddrIn.SIZE);
        single.set(JAVA_LONG, Mmsghdr.IOV, single.address() + PART);
        single.set(JAVA_LONG, Mmsghdr.IOV_LENGTH, 1);
        SocketHeader.sockaddrIn(single.asSlice(NAME, SockaddrIn.SIZE), 0, peerPort);
    }

    /** {@return whether nothing waits} */
    boolean isEmpty() {
        return size == 0;
    }

    /**
     * Adds a reply that stays where it is until it is sent.
     *
     * @param socket to send by
     * @param peer IPv4 address, big-endian
     * @param address of its first byte
     * @param length bytes, 0 or more
     */
    void addReply(PortSocket socket, int peer, long address, int length) {
        if (size == CAPACITY) {
            flush();
        }
        add(socket, peer, address, length, true);
    }

    /**
     * Adds a copy of a datagram that is no reply.
     *
     * @param socket to send by
     * @param peer IPv4 address, big-endian
     * @param payload copied from
     * @param offset of its first byte
     * @param length bytes, 1 or more
     */
    void addMade(PortSocket socket, int peer, ByteBuf payload, int offset, int length) {
        if (size == CAPACITY || madeLength + length > MADE_LENGTH) {
            flush();
        }
        long start = madeLength;
        Payloads.copy(payload, offset, length, made, start);
        madeLength = start + length + Long.BYTES - 1 & -Long.BYTES;
        add(socket, peer, made.address() + start, length, false);
    }

    /** Sends all that waits, or counts why not. */
    void flush() {
        for (int i = 0; i < socketCount; i++) {
            flush(Objects.requireNonNull(sockets[i]));
            sockets[i] = null;
        }
        socketCount = 0;
        size = 0;
        madeLength = 0;
    }

    /** Sends what waits to leave by that socket, or counts why not. */
    void flush(PortSocket socket) {
        if (socket.first != NONE) {
            send(socket, write(socket.first, socket.joins));
            socket.first = NONE;
            socket.last = NONE;
        }
    }

    private void add(PortSocket socket, int peer, long address, int length, boolean reply) {
        int datagram = size++;
        after[datagram] = NONE;
        peers[datagram] = peer;
        addresses[datagram] = address;
        lengths[datagram] = length;
        isReply[datagram] = reply;
        if (socket.first == NONE) {
            socket.first = datagram;
            sockets[socketCount++] = socket;
        } else {
            after[socket.last] = datagram;
        }
        socket.last = datagram;
    }

    /** {@return how many messages they became} */
    private int write(int first, boolean joins) {
        int count = 0;
        int datagram = first;
        int part = 0;
        while (datagram != NONE) {
            int end = joins ? endOfRun(datagram) : after[datagram];
            int from = datagram;
            int firstPart = part;
            for (; datagram != end; datagram = after[datagram]) {
                long at = part++ * Iovec.SIZE;
                parts.set(JAVA_LONG, at + Iovec.BASE, addresses[datagram]);
                parts.set(JAVA_LONG, at + Iovec.LENGTH, lengths[datagram]);
            }
            write(count++, from, firstPart, part - firstPart);
        }
        return count;
    }

    private void write(int i, int first, int firstPart, int number) {
        long message = i * Mmsghdr.SIZE;
        firsts[i] = first;
        counts[i] = number;
        names.set(NET_INT, i * SockaddrIn.SIZE + SockaddrIn.ADDRESS, peers[first]);
        messages.set(JAVA_LONG, message + Mmsghdr.IOV, parts.address() + firstPart * Iovec.SIZE);
        messages.set(JAVA_LONG, message + Mmsghdr.IOV_LENGTH, number);
        messages.set(JAVA_LONG, message + Mmsghdr.CONTROL_LENGTH, number == 1 ? 0 : Cmsghdr.SPACE);
        controls.set(JAVA_SHORT, i * Cmsghdr.SPACE + Cmsghdr.DATA, (short) lengths[first]);
    }

    /** {@return the datagram of the same socket that a message from this one on ends before} */
    private int endOfRun(int first) {
        int segment = lengths[first];
        int total = segment;
        int last = first;
        int next = after[first];
        for (int count = 1;
                count < UdpHeader.UDP_MAX_SEGMENTS
                        && next != NONE
                        && lengths[last] == segment
                        && lengths[next] <= segment
                        && lengths[next] > 0
                        && peers[next] == peers[first]
                        && total + lengths[next] <= MAX_JOINED_LENGTH;
                count++) {
            total += lengths[next];
            last = next;
            next = after[next];
        }
        return next;
    }

    private void send(PortSocket socket, int count) {
        int done = 0;
        while (done < count) {
            MemorySegment rest = done == 0 ? messages : messages.asSlice(done * Mmsghdr.SIZE);
            int result = kernel.send(socket.number(), rest, count - done);
            if (result > 0) {
                for (int end = done + result; done < end; done++) {
                    countSent(firsts[done], counts[done]);
                }
            } else if (result == -Errno.EAGAIN) {
                for (; done < count; done++) {
                    countFailed(done, SendFailure.QUEUE_FULL);
                }
            } else if (result != -Errno.EINTR) {
                if (counts[done] > 1) {
                    sendOneByOne(socket, done, -result);
                } else {
                    counters.countFailed(SendFailure.REFUSED);
                }
                done++;
            }
        }
    }

    /**
     * Sends what was refused as one message: some of it may be too long, or where it goes nobody
     * cuts. If the latter, the socket is not to be asked for that again; but a packet filter, a
     * route that is missing for a moment, or want of memory say nothing about the next message.
     */
    private void sendOneByOne(PortSocket socket, int message, int errno) {
        boolean nobodyCuts = errno == Errno.EINVAL || errno == Errno.EIO;
        int datagram = firsts[message];
        for (int i = 0; i < counts[message]; i++) {
            single.set(JAVA_LONG, PART + Iovec.BASE, addresses[datagram]);
            single.set(JAVA_LONG, PART + Iovec.LENGTH, lengths[datagram]);
            single.set(NET_INT, NAME + SockaddrIn.ADDRESS, peers[datagram]);
            int result;
            do {
                result = kernel.send(socket.number(), single, 1);
            } while (result == -Errno.EINTR);
            if (result > 0) {
                countSent(datagram, 1);
                socket.joins &= i > 0 || !nobodyCuts;
            } else {
                counters.countFailed(
                        result == -Errno.EAGAIN ? SendFailure.QUEUE_FULL : SendFailure.REFUSED);
            }
            datagram = after[datagram];
        }
    }

    private void countSent(int first, int number) {
        int datagram = first;
        for (int i = 0; i < number; i++) {
            if (isReply[datagram]) {
                counters.countReturned();
            } else {
                counters.countOriginated();
            }
            datagram = after[datagram];
        }
    }

    private void countFailed(int message, SendFailure cause) {
        for (int i = 0; i < counts[message]; i++) {
            counters.countFailed(cause);
        }
    }
}
