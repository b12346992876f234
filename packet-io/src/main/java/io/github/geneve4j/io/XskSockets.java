package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.MappedMemory;
import io.github.geneve4j.io.sys.Mman;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The sockets of a port, one for each queue of the interface that it serves, their memory, and what
 * waits for them.
 */
final class XskSockets implements AutoCloseable {
    private final MappedMemory memory;
    private final List<Integer> queueIds;
    private final XskSocket[] sockets;
    private final SocketWaiter waiter;

    private XskSockets(MappedMemory memory, List<Integer> queueIds, List<XskSocket> sockets)
            throws IOException {
        this.memory = memory;
        this.queueIds = List.copyOf(queueIds);
        this.sockets = sockets.toArray(new XskSocket[0]);
        this.waiter = SocketWaiter.open(descriptors());
    }

    /**
     * {@return sockets that are bound to queues}
     *
     * @param interfaceIndex in the network namespace of this thread
     * @param queueIds of the interface, one or more
     * @param sizes of each queue's frames and rings
     * @param options for each of them
     * @throws IOException if one of them is not to be had
     */
    static XskSockets open(
            int interfaceIndex, List<Integer> queueIds, XskSizes sizes, XskOptions options)
            throws IOException {
        long length = queueIds.size() * sizes.length();
        if (length > Integer.MAX_VALUE) {
            throw new IOException(
                    "frames of "
                            + length
                            + " bytes are more than one buffer holds: fewer frames,"
                            + " or more ports");
        }
        MappedMemory memory =
                MappedMemory.map(
                        -1,
                        0,
                        length,
                        Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_POPULATE,
                        "mmap(AF_XDP frames)");
        List<XskSocket> sockets = new ArrayList<>();
        try {
            ByteBuf buffer = Unpooled.wrappedBuffer(memory.segment().asByteBuffer());
            for (int queueId : queueIds) {
                long base = sockets.size() * sizes.length();
                sockets.add(
                        XskSocket.open(
                                interfaceIndex, queueId, memory, buffer, base, sizes, options));
            }
            return new XskSockets(memory, queueIds, sockets);
        } catch (Throwable e) {
            sockets.forEach(XskSocket::close);
            memory.close();
            throw e;
        }
    }

    /** {@return how many sockets} */
    int count() {
        return sockets.length;
    }

    /** {@return one of them} */
    XskSocket get(int i) {
        return sockets[i];
    }

    /** {@return the queue of each} */
    List<Integer> queueIds() {
        return queueIds;
    }

    /** {@return what waits for any of them} */
    SocketWaiter waiter() {
        return waiter;
    }

    /** {@return the memory that all frames are in} */
    MappedMemory memory() {
        return memory;
    }

    /** {@return whether none of them has its packets copied} */
    boolean isZeroCopy() {
        for (XskSocket socket : sockets) {
            if (!socket.isZeroCopy()) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether each of them has its packets copied} */
    boolean isCopied() {
        for (XskSocket socket : sockets) {
            if (socket.isZeroCopy()) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether they are to poll the interface, and the kernel lets each of them} */
    boolean mayPoll() {
        for (XskSocket socket : sockets) {
            if (!socket.mayPoll()) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether each of them has been told what there is to poll} */
    boolean knowWhatToPoll() {
        for (XskSocket socket : sockets) {
            if (!BusyPolling.knowsWhatToPoll(socket.descriptor())) {
                return false;
            }
        }
        return true;
    }

    /** Leaves the interface to interrupts until the next poll. */
    void letGo() {
        for (XskSocket socket : sockets) {
            socket.letGo();
        }
    }

    /** {@return the queue of frames of each} */
    List<XskQueue> queues() {
        return Stream.of(sockets).map(XskSocket::queue).toList();
    }

    /** {@return packets that the kernel had no room for, or -1 if it does not tell} */
    long drops() {
        long drops = 0;
        for (XskSocket socket : sockets) {
            long more = socket.drops();
            if (more < 0) {
                return -1;
            }
            drops += more;
        }
        return drops;
    }

    @Override
    public void close() {
        waiter.close();
        for (XskSocket socket : sockets) {
            socket.close();
        }
        memory.close();
    }

    /** {@return the descriptor of each, to wait for} */
    int[] descriptors() {
        int[] descriptors = new int[sockets.length];
        for (int i = 0; i < sockets.length; i++) {
            descriptors[i] = sockets[i].descriptor();
        }
        return descriptors;
    }
}
