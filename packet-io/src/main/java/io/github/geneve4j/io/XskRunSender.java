package io.github.geneve4j.io;

import static io.github.geneve4j.io.sys.SystemCallException.require;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.IfPacket.SockaddrLl;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SocketHeader;
import io.github.geneve4j.io.sys.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Another way out of a port of AF_XDP, for batches in which neighbours are alike: a packet socket,
 * which the kernel takes them from joined, as {@link SendBatch} has it. Where the kernel copies
 * what leaves by the transmit ring, it does so for one packet after the other, each with a buffer
 * and a way to the driver of its own; a run has one of both for all.
 *
 * <p>No packet overtakes another of its queue: a batch takes another way than the one before only
 * if the kernel has given back the memory of all that left by that, which it does once the driver
 * has sent it, or somebody in between has taken it over.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one. <b>Ownership:</b> borrows the
 * queues' frames while it sends.
 */
final class XskRunSender implements AutoCloseable {
    private static final int SEND_BUFFER_LENGTH = 4 << 20;

    private final Descriptor socket;
    private final ReplyJoining joining;
    private final List<SendBatch> batches; // of each queue
    private final MemorySegment meminfo =
            Arena.ofAuto().allocate(SocketHeader.SK_MEMINFO_VARS * Integer.BYTES, Integer.BYTES);
    private final MemorySegment meminfoLength = Arena.ofAuto().allocate(JAVA_INT);
    private boolean mayHold; // packets: the last batch was sent by it

    private XskRunSender(Descriptor socket, ReplyJoining joining, List<SendBatch> batches) {
        this.socket = socket;
        this.joining = joining;
        this.batches = batches;
    }

    /**
     * {@return the other way out of some queues, as long as the interface allows it}
     *
     * @param device in the network namespace of this thread
     * @param queues of one port
     * @param frames of each queue
     * @param counters of the port
     * @throws SystemCallException if there is no such socket to be had
     */
    static XskRunSender open(
            NetworkDevice device, List<XskQueue> queues, int frames, PortCounters counters)
            throws SystemCallException {
        Descriptor socket = PacketSocket.create();
        try (Arena arena = Arena.ofConfined()) {
            int fd = socket.number();
            require(
                    Libc.setsockopt(fd, IfPacket.SOL_PACKET, IfPacket.PACKET_VNET_HDR, 1),
                    "setsockopt(PACKET_VNET_HDR)");
            SocketHeader.sendBuffer(fd, SEND_BUFFER_LENGTH);
            MemorySegment address = arena.allocate(SockaddrLl.SIZE, Integer.BYTES);
            IfPacket.sockaddrLl(address, 0, device.index()); // receives nothing
            require(Libc.bind(fd, address), "bind(AF_PACKET)");
            ReplyJoining joining = ReplyJoining.of(device, fd);
            try {
                List<SendBatch> batches =
                        queues.stream()
                                .map(queue -> batch(fd, queue, joining, frames, counters))
                                .toList();
                return new XskRunSender(socket, joining, batches);
            } catch (Throwable e) {
                joining.close();
                throw e;
            }
        } catch (Throwable e) {
            socket.close();
            throw e;
        }
    }

    private static SendBatch batch(
            int fd, XskQueue queue, ReplyJoining joining, int frames, PortCounters counters) {
        return new SendBatch(
                SendCall.SENDMMSG,
                fd,
                queue,
                true,
                joining,
                frames, // all may be answered at once; the kernel takes 1024 by a call
                0,
                counters);
    }

    /**
     * Sends what a queue has not settled, if many of it are alike, or if the socket holds packets
     * that must not be overtaken.
     *
     * @param number of the queue, among those of the port; it has something to send
     * @return whether it did; if not, all of it is the transmit ring's to send
     */
    boolean send(int number, XskQueue queue) {
        if (!mayHold && (queue.unsettled() < 2 || !joining.isOn())) {
            return false;
        }
        SendBatch batch = batches.get(number);
        if (!queue.offer(batch, joining.maxFrameLength())) {
            return false;
        }
        if (!batch.isWorthJoining() && !holds()) {
            mayHold = false;
            batch.clear();
            return false;
        }
        queue.handOver(batch);
        mayHold = true;
        return true;
    }

    /** {@return whether the kernel keeps packets that are still to be sent} */
    private boolean holds() {
        if (!mayHold) {
            return false;
        }
        meminfoLength.set(JAVA_INT, 0, (int) meminfo.byteSize());
        int result =
                Libc.getsockopt(
                        socket.number(),
                        SocketHeader.SOL_SOCKET,
                        SocketHeader.SO_MEMINFO,
                        meminfo,
                        meminfoLength);
        long allocated = SocketHeader.SK_MEMINFO_WMEM_ALLOC * (long) Integer.BYTES;
        return result >= 0 && meminfo.get(JAVA_INT, allocated) > 0;
    }

    /** {@return whether replies that are alike leave joined} */
    boolean isOn() {
        return joining.isOn();
    }

    /** {@return why not; empty if they do} */
    String whyNot() {
        return joining.whyNot();
    }

    /** {@return what becomes of replies, and why; for people} */
    @Override
    public String toString() {
        return joining.toString();
    }

    @Override
    public void close() {
        joining.close();
        socket.close();
    }
}
