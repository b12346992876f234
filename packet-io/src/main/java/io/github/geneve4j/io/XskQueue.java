package io.github.geneve4j.io;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;

/**
 * The frames of one queue of an interface, going round. No system call is made here.
 *
 * <pre>
 *             +---------+-----------------+
 *             |         | drop            |
 *             v         |                 |
 * kernel <-- fill    handler        completion <-- kernel
 *                       ^ |
 * kernel --> receive ---+ +- answer --> transmit --> kernel
 * </pre>
 *
 * <p>There are as many frames as the fill, transmit and completion rings have places each: so none
 * of these is ever full. Some frames are never filled. They are for datagrams that answer none.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> one, and the kernel.
 */
final class XskQueue implements FramePool {
    private final MemorySegment memory;
    private final ByteBuf buffer;
    private final long base;
    private final int frameLength;
    private final int firstSpare;
    private final int maxDatagramLength;
    private final XskRing receive;
    private final XskRing transmit;
    private final XskRing fill;
    private final XskRing completion;

    // Our own index in each ring. The kernel sees those of a batch at its end.
    private int received;
    private int transmitted;
    private int shown; // what the kernel may have read of the transmit ring's producer index
    private int filled;
    private int completed;
    private int underway; // settled, and not completed

    private final int[] spare; // addresses of frames, a stack
    private int spares;
    private boolean handling;

    private final long invalidAddress;
    private final int[] discarded; // addresses, in the order of the transmit ring
    private int discards;

    /**
     * Gives all frames but the spare ones to the kernel.
     *
     * @param memory of the port
     * @param buffer over the same
     * @param base where the frames of this queue begin in it
     * @param sizes of frames and rings
     * @param maxDatagramLength most bytes of UDP payload that an answer may have
     */
    XskQueue(
            MemorySegment memory,
            ByteBuf buffer,
            long base,
            XskSizes sizes,
            int maxDatagramLength,
            XskRing receive,
            XskRing transmit,
            XskRing fill,
            XskRing completion) {
        this.memory = memory;
        this.buffer = buffer;
        this.base = base;
        this.frameLength = sizes.frameLength();
        this.maxDatagramLength = maxDatagramLength;
        this.receive = receive;
        this.transmit = transmit;
        this.fill = fill;
        this.completion = completion;
        this.received = receive.consumer();
        this.transmitted = transmit.producer();
        this.shown = transmitted;
        this.filled = fill.producer();
        this.completed = completion.consumer();
        this.spare = new int[sizes.spares()];
        this.invalidAddress = sizes.length();
        this.discarded = new int[sizes.frames()];
        this.firstSpare = (sizes.frames() - sizes.spares()) * frameLength;
        for (int i = 0; i < sizes.frames(); i++) {
            int address = i * frameLength;
            if (address < firstSpare) {
                fill.address(filled++, address);
            } else {
                spare[spares++] = address;
            }
        }
        fill.producer(filled);
    }

    /**
     * Hands the datagrams that are there to the handler and takes its answers, which leave once
     * they are {@linkplain #publish published}. Everything that runs for each frame is here.
     *
     * @param handler called once for each datagram
     * @param budget most frames, 1 or more
     * @param outer over the port's memory
     * @param verify whether to look at UDP checksums
     * @param counters of the port
     * @return the datagrams that were handed over
     */
    int poll(
            PacketHandler handler,
            int budget,
            OuterFrame outer,
            boolean verify,
            PortCounters counters) {
        recycle();
        XskRing ring = receive;
        int at = received;
        int available = available();
        if (available == 0) {
            return 0;
        }
        int end = at + Math.min(available, budget);
        int announced = at;
        int handed = 0;
        try {
            while (at != end) {
                if (at == announced) {
                    announced += Math.min(PacketHandler.AHEAD, end - at);
                    announce(handler, at, announced);
                }
                long address = ring.packetAddress(at);
                int length = ring.packetLength(at);
                at++;
                fill.address(filled++, address); // it is free, unless an answer takes it
                ReceiveSkip skip = outer.parse(base + address, length);
                boolean partial = false;
                if (skip == null && !(verify && outer.isUdpChecksumRight())) {
                    partial = outer.isUdpChecksumPartial();
                    if (verify && !partial) {
                        skip = ReceiveSkip.BAD_UDP_CHECKSUM;
                    }
                }
                if (skip != null) {
                    counters.countSkipped(skip);
                    continue;
                }
                handed++;
                counters.countReceived();
                int back = handle(handler, outer, counters);
                if (back == PacketHandler.DROP) {
                    continue;
                }
                int replyLength;
                if (back == PacketHandler.UNCHANGED && !partial) {
                    replyLength = outer.replyUnchanged();
                } else {
                    int payload = back == PacketHandler.UNCHANGED ? outer.payloadLength() : back;
                    if (!outer.fits(payload)) {
                        counters.countFailed(SendFailure.REFUSED);
                        continue;
                    }
                    replyLength = outer.reply(payload);
                }
                filled--;
                transmit.packet(transmitted++, address, replyLength);
            }
        } finally {
            received = at;
            ring.consumer(at);
            fill.producer(filled);
        }
        return handed;
    }

    /** {@return how many frames there are to poll} */
    int available() {
        return receive.producer() - received;
    }

    /**
     * Makes a frame of a datagram, which leaves once it is {@linkplain #publish published}.
     *
     * @param path where to
     * @param peerPort UDP port there
     * @param payload to copy from
     * @param offset of the first byte
     * @param length bytes, as many as the link allows
     * @return whether there was a frame left
     */
    boolean make(ReturnPath path, int peerPort, ByteBuf payload, int offset, int length) {
        if (spares == 0 && !handling) { // while handling, the frame at hand must not be filled
            recycle();
        }
        if (spares == 0) {
            return false;
        }
        int address = spare[--spares];
        int headers = OuterFrame.headersLength(path);
        long at = base + address;
        Payloads.copy(payload, offset, length, memory, at + headers);
        OuterFrame.build(path, peerPort, memory, at, length);
        transmit.packet(transmitted++, address, headers + length);
        return true;
    }

    /** {@return how many frames there are for datagrams that answer none; not while handling} */
    int spares() {
        recycle();
        return spares;
    }

    /** {@return packets that were neither settled nor taken back} */
    int unsettled() {
        return transmitted - shown;
    }

    /** Lets the kernel see the answers and what was made, when it looks. */
    void publish() {
        transmit.producer(transmitted);
    }

    /**
     * Leaves what was published to the kernel, which may have looked, and counts it.
     *
     * @param lost how many of the packets, the last ones, do not leave
     * @param cause why
     */
    void settle(int lost, SendFailure cause, PortCounters counters) {
        underway += unsettled();
        for (int sent = unsettled() - lost; shown != transmitted; sent--) {
            long address = transmit.packetAddress(shown++);
            if (sent <= 0) {
                counters.countFailed(cause);
            } else if (isSpare(address)) {
                counters.countOriginated();
            } else {
                counters.countReturned();
            }
        }
    }

    /**
     * Adds what was not settled to a batch, in its order: to leave by another way than the ring.
     *
     * @param batch empty
     * @param maxLength bytes of a frame without a tag; the kernel takes one tag more from anybody
     * @return whether it did; not if packets are on their way by the ring, which must not be
     *     overtaken, or if a frame is too long or the batch too small
     */
    boolean offer(SendBatch batch, int maxLength) {
        recycle();
        if (underway > 0 || discards > 0 || unpassed() > 0) {
            return false;
        }
        for (int at = shown; at != transmitted; at++) {
            int address = (int) transmit.packetAddress(at);
            int length = transmit.packetLength(at);
            int tagLength = OuterFrame.vlanTagLength(memory, base + address);
            if (length > maxLength + tagLength || batch.isFull()) {
                batch.clear();
                return false;
            }
            batch.add(address, (int) base + address, length);
        }
        return true;
    }

    /** Has the batch send what was offered to it. */
    void handOver(SendBatch batch) {
        transmitted = shown;
        batch.flush(true);
        fill.producer(filled);
    }

    @Override
    public MemorySegment memory() {
        return memory;
    }

    @Override
    public int frameHeaderLength() {
        return 0;
    }

    @Override
    public boolean isOriginated(int address) {
        return isSpare(address);
    }

    @Override
    public void release(int address) {
        free(address);
    }

    /**
     * Drops what was not settled, and counts it as not sent for that cause. The kernel must not
     * have looked since it was published.
     */
    void takeBack(SendFailure cause, PortCounters counters) {
        while (transmitted != shown) {
            free(transmit.packetAddress(--transmitted));
            counters.countFailed(cause);
        }
        transmit.producer(transmitted);
        fill.producer(filled);
    }

    /**
     * Makes what was settled and not yet sent invalid, so that the kernel skips it. The kernel must
     * not be looking. It may have taken some of it without telling, so the frames are nobody's
     * until they are {@linkplain #reclaim reclaimed}.
     */
    void discard() {
        if (discards > 0) {
            return; // nothing was published since
        }
        for (int at = transmit.consumer(); at != shown; at++) {
            discarded[discards++] = (int) transmit.packetAddress(at);
            transmit.packet(at, invalidAddress, 1);
        }
    }

    /** {@return packets that were discarded and not reclaimed} */
    int discards() {
        return discards;
    }

    /** {@return packets that were settled, or discarded, and that the kernel has not passed} */
    int unpassed() {
        return shown - transmit.consumer();
    }

    /**
     * Takes the frames of what was discarded, once the kernel has passed it.
     *
     * @param skipped how many packets it found invalid, the last ones: the others it had taken, and
     *     completes
     */
    void reclaim(int skipped) {
        int taken = Math.max(0, discards - skipped);
        for (int i = taken; i < discards; i++) {
            free(discarded[i]);
        }
        underway -= discards - taken; // the kernel may yet tell of the others
        discards = 0;
        fill.producer(filled);
    }

    /** {@return whether the handler is being called} */
    boolean isHandling() {
        return handling;
    }

    /** {@return whether there is something to poll} */
    boolean isFilled() {
        return available() > 0;
    }

    /** {@return packets that the kernel has still to take from the transmit ring} */
    int untransmitted() {
        return transmitted - transmit.consumer();
    }

    /** {@return whether the kernel sends only when it is called} */
    boolean transmitNeedsWakeup() {
        return transmit.needsWakeup();
    }

    /** {@return whether the kernel takes frames to receive only when it is called} */
    boolean fillNeedsWakeup() {
        return fill.needsWakeup();
    }

    /** Announces frames of the receive ring to the handler. */
    private void announce(PacketHandler handler, int from, int end) {
        for (int at = from; at != end; at++) {
            int payload = receive.packetLength(at) - OuterFrame.HEADERS_LENGTH;
            if (payload > 0) {
                long start = base + receive.packetAddress(at) + OuterFrame.HEADERS_LENGTH;
                handler.onAhead(buffer, (int) start, payload);
            }
        }
    }

    /** The handler's answer, in its range. */
    private int handle(PacketHandler handler, OuterFrame outer, PortCounters counters) {
        int back = PacketHandler.DROP;
        handling = true;
        try {
            back =
                    Ranges.answer(
                            handler.onDatagram(
                                    buffer,
                                    outer.payload(),
                                    outer.payloadLength(),
                                    outer.sourceAddress()),
                            maxDatagramLength);
        } finally {
            handling = false;
            if (back == PacketHandler.DROP) {
                counters.countFreed();
            }
        }
        return back;
    }

    /** Gives the frames that were sent back to the kernel, to receive. */
    private void recycle() {
        int at = completed;
        int end = completion.producer();
        if (at == end) {
            return;
        }
        int to = filled;
        while (at != end) {
            long address = completion.address(at++);
            if (address == invalidAddress) {
                continue; // some kernels complete what they skip, too
            }
            underway--;
            if (isSpare(address)) {
                spare[spares++] = frame(address);
            } else {
                fill.address(to++, address);
            }
        }
        completed = at;
        completion.consumer(at);
        filled = to;
        fill.producer(to);
    }

    /** Puts the frame to those that it is one of: the spare ones, or those to fill. */
    private void free(long address) {
        if (isSpare(address)) {
            spare[spares++] = frame(address);
        } else {
            fill.address(filled++, address);
        }
    }

    /** {@return where the frame begins that an address is in} */
    private int frame(long address) {
        return (int) address & -frameLength;
    }

    private boolean isSpare(long address) {
        return address >= firstSpare;
    }
}
