package io.github.geneve4j.io;

import static io.github.geneve4j.io.Ranges.MAX_PORT;
import static io.github.geneve4j.io.Ranges.inRange;

import io.github.geneve4j.io.sys.IfPacket;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.PollHeader;
import io.github.geneve4j.io.sys.SocketHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A fast port for any network interface of Linux: frames come through a ring in shared memory
 * (AF_PACKET, version 2), and replies leave from the very slots that the requests came in, many by
 * one system call, and those that are alike as one frame, which the kernel cuts, see {@link
 * Builder#joinReplies}.
 *
 * {@snippet :
 * try (PacketPort port = AfPacketPort.builder("eth0").open()) {
 *     port.poll(handler, 64);
 * }
 * }
 *
 * <p>The port stands in for the kernel's IP and UDP: it checks lengths and checksums, and counts by
 * {@link ReceiveSkip} what it does not hand over. Requests with VLAN tags are answered with the
 * same; the kernel counts tags into the MTU, all but a first one of 802.1Q, and replies that are
 * longer are {@link SendFailure#REFUSED}. The kernel keeps its hands off the datagrams, and its
 * usual work for everything else.
 *
 * <p>It serves the addresses that the interface has when the port is opened, and datagrams as long
 * as its MTU allows then. Should the MTU grow, longer ones are {@link ReceiveSkip#TRUNCATED};
 * should it shrink, replies that are too long for it are {@link SendFailure#REFUSED}. The interface
 * may go down and come up again meanwhile; when it is removed, {@link #poll} and {@link #await}
 * throw.
 *
 * <p>It is for a network card, or a virtual one. Datagrams that programs on the same host hand to
 * the kernel joined ({@code UDP_SEGMENT}), or a card joins, are not taken apart but skipped; to
 * tell them for certain, and to complete what such programs leave to a card, takes a privilege
 * more, see {@link Builder#understandOffloads}.
 *
 * <p>Needs CAP_NET_RAW.
 *
 * <p><b>Allocation:</b> none for a datagram. <b>Threads:</b> one for {@code poll}, {@code await},
 * {@code returnPath} and {@code send}; any for the rest. <b>Ownership:</b> the ring, lent to the
 * handler: a buffer over all of it.
 */
public final class AfPacketPort implements PacketPort {
    private static final int EMPTY_POLLS_BETWEEN_CHECKS = 1 << 16;

    final PacketSocket socket;

    private final NetworkDevice device;
    private final List<Inet4Address> addresses;
    private final int peerPort;
    private final int maxDatagramLength;
    private final boolean verifyChecksums;
    private final RingLayout layout;
    private final String offloads;
    private final ReplyJoining joining;
    private final SocketWaiter waiter;
    private final InterfaceState state;
    private final Silence silence;
    private final @Nullable FastPathAttachment fastPath;
    private final PacketRing ring;
    private final ByteBuf buffer;
    private final OuterFrame frame;
    private final SendBatch batch;
    private final PortGate gate = new PortGate();
    private final PortCounters counters = new PortCounters();

    private int next; // slot that the kernel fills next
    private int current; // slot that the handler is looking at
    private boolean handling;
    private int emptyPolls;
    private long joined; // frames that are counted already
    private volatile boolean linkUp = true;
    private volatile boolean gone;
    private boolean released; // guarded by socket
    private long lastDrops; // guarded by socket

    AfPacketPort(
            AfPacketOpening opening,
            Silence silence,
            @Nullable FastPathAttachment fastPath,
            PacketSocket socket,
            RingLayout layout,
            ReplyJoining joining,
            String offloads)
            throws IOException {
        Builder builder = opening.builder;
        this.socket = socket;
        this.device = opening.device;
        this.addresses = List.copyOf(opening.addresses);
        this.peerPort = builder.peerPort;
        this.maxDatagramLength = opening.maxDatagramLength();
        this.verifyChecksums = builder.verifyChecksums;
        this.layout = layout;
        this.offloads = offloads;
        this.joining = joining;
        this.ring = new PacketRing(socket.ring(), layout);
        this.buffer = Unpooled.wrappedBuffer(ring.memory().asByteBuffer());
        this.frame =
                new OuterFrame(
                        ring.memory(),
                        opening.addressNumbers(),
                        builder.port,
                        peerPort,
                        device.mtu(),
                        layout.virtioHeaders() ? ReceiveSkip.TRUNCATED : ReceiveSkip.AGGREGATED);
        this.batch =
                new SendBatch(
                        SendCall.SENDMMSG,
                        socket.number(),
                        ring,
                        layout.virtioHeaders(),
                        joining,
                        builder.batch,
                        OuterFrame.HEADERS_LENGTH + 2 * OuterFrame.TAG_LENGTH + maxDatagramLength,
                        counters);
        // Last, since nothing above has to be closed if this fails
        this.waiter = SocketWaiter.open(socket.number());
        this.state = new InterfaceState(device, socket.number());
        this.silence = silence.share();
        this.fastPath = fastPath == null ? null : fastPath.share();
    }

    /**
     * {@return a builder of a port, with the load balancer's numbers for everything else}
     *
     * @param interfaceName name of the network interface, {@code "eth0"}
     */
    public static Builder builder(String interfaceName) {
        return new Builder(interfaceName);
    }

    @Override
    public int poll(PacketHandler handler, int budget) throws IOException {
        if (budget < 1) {
            throw new IllegalArgumentException("budget " + budget + ": not 1 or more");
        }
        gate.enter();
        try {
            countJoined();
            int done = drain(handler, budget);
            if (done == 0 && (gone || ++emptyPolls >= EMPTY_POLLS_BETWEEN_CHECKS)) {
                emptyPolls = 0;
                look();
                check(waiter.look());
            }
            return done;
        } finally {
            flush();
            leave();
        }
    }

    @Override
    public void returnPath(ReturnPath into) {
        if (!handling || !gate.isInside()) {
            throw new IllegalStateException("only a handler has a datagram to tell the path of");
        }
        frame.path(into);
        int tag = ring.tag(current);
        if (tag != 0) {
            into.link(into.localMac(), into.remoteMac(), tag, into.outerTag());
        }
    }

    @Override
    public void send(ReturnPath path, ByteBuf payload, int offset, int length) throws IOException {
        Ranges.checkPayload(payload, offset, length, maxDatagramLength);
        if (gate.isInside()) {
            make(path, payload, offset, length);
            return;
        }
        gate.enter();
        try {
            make(path, payload, offset, length);
            flush();
        } finally {
            leave();
        }
    }

    @Override
    public void await(long timeoutNanos) throws IOException {
        gate.enter();
        try {
            look(); // there is time for it
            if (!ring.isFilled(next)) {
                check(waiter.await(timeoutNanos));
            }
        } finally {
            leave();
        }
    }

    @Override
    public void wakeup() {
        waiter.wakeup();
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    /**
     * {@inheritDoc}
     *
     * <p>These are frames for which the ring had no free slot.
     */
    @Override
    public long kernelDrops() {
        synchronized (socket) {
            if (!released) {
                lastDrops = drops();
            }
            return lastDrops;
        }
    }

    @Override
    public int maxDatagramLength() {
        return maxDatagramLength;
    }

    @Override
    public void close() {
        if (gate.close()) {
            release();
        } else {
            waiter.wakeup();
        }
    }

    /** {@return the addresses that this port serves} */
    public List<Inet4Address> addresses() {
        return addresses;
    }

    /** {@return slots of the ring: frames that may wait} */
    public int slots() {
        return layout.slots();
    }

    /**
     * {@return whether the interface is up and has a carrier, as far as this port has noticed: by
     * {@link #await}, by sending, or now and then by polling in vain}
     */
    public boolean isLinkUp() {
        return linkUp;
    }

    /**
     * {@return whether the kernel's own copy of datagrams is dropped before IP sees it, see {@link
     * Builder#dropByProgram}; why not, {@link #toString()} tells}
     */
    public boolean dropsByProgram() {
        return silence.isEarly();
    }

    /**
     * {@return whether joined datagrams are told from single ones, and checksums inside the tunnel
     * completed, see {@link Builder#understandOffloads}; why not, {@link #toString()} tells}
     */
    public boolean understandsOffloads() {
        return layout.virtioHeaders();
    }

    /**
     * {@return whether replies that are alike leave joined, see {@link Builder#joinReplies}, as far
     * as this port has noticed; why not, {@link #toString()} tells}
     */
    public boolean joinsReplies() {
        return joining.isOn();
    }

    /**
     * {@return interface, addresses, ring, whether offloads are understood, whether replies are
     * joined, and what drops the kernel's own copy; for people}
     */
    @Override
    public String toString() {
        return "AF_PACKET on "
                + device.name()
                + ", "
                + InterfaceAddresses.text(addresses)
                + ", "
                + layout.slots()
                + " slots of "
                + layout.slotLength()
                + " bytes; offloads "
                + offloads
                + "; replies "
                + joining
                + "; kernel's copy dropped by "
                + silence
                + (fastPath == null ? "" : ", " + fastPath);
    }

    /** Hands over what is in the ring. Everything that runs for each frame is here. */
    private int drain(PacketHandler handler, int budget) {
        PacketRing ring = this.ring;
        OuterFrame frame = this.frame;
        PortCounters counters = this.counters;
        int done = 0;
        int announced = next;
        // Once around at most: frames for nobody do not count, and could go on for ever
        for (int seen = ring.slots(); done < budget && seen > 0; seen--) {
            int slot = next;
            int status = ring.status(slot);
            if (!PacketRing.isFilledBy(status)) {
                break;
            }
            if (slot == announced) {
                // Not those that this poll has seen: replies in a small ring that is full
                announced = announce(handler, Math.min(budget - done, seen));
            }
            next = ring.following(slot);
            int start = ring.frame(slot);
            ReceiveSkip skip = frame.parse(start, ring.length(slot));
            if (skip == null) {
                skip = checksum(status, slot);
            }
            if (skip != null) {
                counters.countSkipped(skip);
                ring.release(slot);
                continue;
            }
            done++;
            counters.countReceived();
            int back = handle(handler, slot);
            if (back == PacketHandler.DROP) {
                continue;
            }
            int length;
            if (back == PacketHandler.UNCHANGED) {
                length = frame.replyUnchanged();
            } else if (frame.fits(back)) {
                length = frame.reply(back);
            } else {
                counters.countFailed(SendFailure.REFUSED);
                ring.release(slot);
                continue;
            }
            if ((status & IfPacket.TP_STATUS_VLAN_VALID) != 0) {
                OuterFrame.pushTag(ring.memory(), start, ring.tag(slot));
                start -= OuterFrame.TAG_LENGTH;
                length += OuterFrame.TAG_LENGTH;
            }
            if (batch.isFull()) {
                flush();
            }
            batch.add(slot, start, length);
        }
        return done;
    }

    /** Announces the next frames to the handler; {@return the slot behind these} */
    private int announce(PacketHandler handler, int most) {
        PacketRing ring = this.ring;
        int slot = next;
        for (int left = Math.min(most, PacketHandler.AHEAD);
                left > 0 && ring.isFilled(slot);
                left--) {
            int payload = ring.length(slot) - OuterFrame.HEADERS_LENGTH;
            if (payload > 0) {
                handler.onAhead(buffer, ring.frame(slot) + OuterFrame.HEADERS_LENGTH, payload);
            }
            slot = ring.following(slot);
        }
        return slot;
    }

    /** The handler's answer; the slot of what it drops, or fails on, is free again. */
    private int handle(PacketHandler handler, int slot) {
        int back = PacketHandler.DROP;
        current = slot;
        handling = true;
        try {
            back =
                    Ranges.answer(
                            handler.onDatagram(
                                    buffer,
                                    frame.payload(),
                                    frame.payloadLength(),
                                    frame.sourceAddress()),
                            maxDatagramLength);
        } finally {
            handling = false;
            if (back == PacketHandler.DROP) {
                counters.countFreed();
                ring.release(slot);
            }
        }
        return back;
    }

    /** {@return what is wrong with a checksum, or null: then there is none left to complete} */
    private @Nullable ReceiveSkip checksum(int status, int slot) {
        if ((status & IfPacket.TP_STATUS_CSUMNOTREADY) != 0) {
            return complete(slot);
        }
        boolean judged = (status & IfPacket.TP_STATUS_CSUM_VALID) != 0;
        return !verifyChecksums || judged || frame.isUdpChecksumRight()
                ? null
                : ReceiveSkip.BAD_UDP_CHECKSUM;
    }

    /** Does what a sender on this host left to a card, before the handler sees the datagram. */
    private @Nullable ReceiveSkip complete(int slot) {
        if (ring.hasVirtioHeaders()) {
            return frame.complete(
                    ring.checksumStart(slot), ring.checksumOffset(slot), verifyChecksums);
        }
        // Some checksum is to be completed; if it is not this one, it is one inside
        if (!frame.isUdpChecksumPartial()) {
            return ReceiveSkip.PARTIAL_INNER_CHECKSUM;
        }
        frame.completeUdpChecksum();
        return null;
    }

    private void countJoined() {
        long now = socket.joined();
        if (now != joined) {
            counters.countSkipped(ReceiveSkip.AGGREGATED, now - joined);
            joined = now;
        }
    }

    private void make(ReturnPath path, ByteBuf payload, int offset, int length) {
        if (batch.isFull()) {
            flush();
        }
        MemorySegment made = batch.made();
        int start = batch.madeOffset();
        int headers = OuterFrame.headersLength(path);
        Payloads.copy(payload, offset, length, made, start + headers);
        OuterFrame.build(path, peerPort, made, start, length);
        batch.addMade(headers + length);
    }

    /**
     * Looks again after an interface that is not well, and gives up one that is gone.
     *
     * @param events {@code POLL...} of the socket
     */
    private void check(int events) throws IOException {
        boolean failed = (events & PollHeader.POLLERR) != 0;
        if (failed) {
            int cleared = SocketHeader.SO_ERROR;
            Libc.getsockopt(socket.number(), SocketHeader.SOL_SOCKET, cleared);
        }
        if (failed || !linkUp) {
            look();
        }
        if (gone) {
            throw new IOException("network interface " + device.name() + " is gone");
        }
    }

    /** Asks how the interface is. */
    private void look() {
        linkUp = state.sends();
        gone = !linkUp && state.isGone();
    }

    /** Sends the batch; the kernel does not tell that it drops it for want of a carrier. */
    private void flush() {
        if (!linkUp && !batch.isEmpty()) {
            look();
        }
        batch.flush(linkUp);
    }

    private long drops() {
        try {
            return socket.drops();
        } catch (IOException e) {
            return lastDrops;
        }
    }

    private void leave() {
        if (gate.leave()) {
            release();
        }
    }

    private void release() {
        synchronized (socket) {
            lastDrops = drops();
            released = true;
            waiter.close();
            socket.close();
        }
        joining.close();
        silence.close();
        if (fastPath != null) {
            fastPath.close();
        }
    }

    /** Says how an {@link AfPacketPort} is to be opened. */
    public static final class Builder {
        private static final int MAX_PORTS = 256; // that the kernel has in a group by default
        private static final int MAX_SLOTS = 1 << 16;
        private static final int MAX_BATCH = 1024; // UIO_MAXIOV: what sendmmsg takes at once

        final String interfaceName;
        List<Inet4Address> addresses = List.of();
        int port = NioPort.GENEVE_PORT;
        int peerPort = NioPort.GENEVE_PORT;
        int slots = 2048;
        int batch = 64;
        int sendBufferLength = 4 << 20;
        boolean bypassQueue;
        boolean verifyChecksums = true;
        boolean dropByProgram = true;
        boolean understandOffloads = true;
        boolean joinReplies = true;
        @Nullable FastPath fastPath;

        private Builder(String interfaceName) {
            this.interfaceName = interfaceName;
        }

        /**
         * Sets the address that requests are sent to; each that the interface has if not called.
         *
         * @param address IPv4 address
         * @return this
         */
        public Builder address(Inet4Address address) {
            this.addresses = List.of(address);
            return this;
        }

        /**
         * Sets the UDP port that requests are sent to; {@value NioPort#GENEVE_PORT} if not called.
         *
         * @param port 1 to 65535
         * @return this
         */
        public Builder port(int port) {
            this.port = inRange("port", port, 1, MAX_PORT);
            return this;
        }

        /**
         * Sets the UDP port that replies are sent to; {@value NioPort#GENEVE_PORT} if not called.
         *
         * @param peerPort 1 to 65535
         * @return this
         */
        public Builder peerPort(int peerPort) {
            this.peerPort = inRange("peer port", peerPort, 1, MAX_PORT);
            return this;
        }

        /**
         * Lets a program return the packets of judged flows before they come to the port. The fast
         * path has to be open for as long as the port is, and replies have to go to the UDP port
         * that requests come to.
         *
         * @param fastPath none if not called
         * @return this
         */
        public Builder fastPath(FastPath fastPath) {
            this.fastPath = fastPath;
            return this;
        }

        /**
         * Sets how many frames may wait in the ring while the port is not polled; 2048 if not
         * called. A slot takes as many bytes as the interface's MTU and a little more. More slots
         * bear longer bursts; fewer stay in the processor's caches.
         *
         * @param slots least number, 1 to 65536; rounded up
         * @return this
         */
        public Builder slots(int slots) {
            this.slots = inRange("slots", slots, 1, MAX_SLOTS);
            return this;
        }

        /**
         * Sets how many replies leave by one system call at most; 64 if not called.
         *
         * @param replies 1 to 1024
         * @return this
         */
        public Builder batch(int replies) {
            this.batch = inRange("batch", replies, 1, MAX_BATCH);
            return this;
        }

        /**
         * Sets what the kernel keeps of replies that the network card has yet to send; 4 MiB if not
         * called. Without CAP_NET_ADMIN {@code net.core.wmem_max} limits it.
         *
         * @param bytes 1 or more
         * @return this
         */
        public Builder sendBufferLength(int bytes) {
            this.sendBufferLength = inRange("send buffer", bytes, 1, Integer.MAX_VALUE);
            return this;
        }

        /**
         * Hands replies to the driver without the interface's queueing discipline
         * (PACKET_QDISC_BYPASS), which saves a little of each; then nothing shapes them, programs
         * like tcpdump do not see them, and they are lost when the card's own queue is full.
         *
         * @param bypass false, if not called
         * @return this
         */
        public Builder bypassQueue(boolean bypass) {
            this.bypassQueue = bypass;
            return this;
        }

        /**
         * Sets whether UDP checksums are verified that neither the network card nor the kernel has
         * verified. RFC 8926 §3.3 wants it; the cost is that of reading each datagram once.
         *
         * @param verify true, if not called
         * @return this
         */
        public Builder verifyChecksums(boolean verify) {
            this.verifyChecksums = verify;
            return this;
        }

        /**
         * Sets whether the kernel's own copy of datagrams is dropped by a program (a TCX link,
         * Linux 6.6), which makes the port half as fast again. It takes CAP_BPF and CAP_NET_ADMIN;
         * without these, and on older kernels, a UDP socket that wants nothing does the same later
         * on.
         *
         * @param tryIt true, if not called
         * @return this
         */
        public Builder dropByProgram(boolean tryIt) {
            this.dropByProgram = tryIt;
            return this;
        }

        /**
         * Sets whether the port understands what senders and network cards leave to each other
         * (PACKET_VNET_HDR behind a filter program). Then datagrams that were joined are {@link
         * ReceiveSkip#AGGREGATED} however short they are, and checksums inside the tunnel that were
         * left to a card are completed before the handler sees the datagram. It takes Linux 5.7
         * and, where only privileged processes may load programs, CAP_BPF; without these the port
         * goes by a joined datagram's length, and skips packets with such checksums as {@link
         * ReceiveSkip#PARTIAL_INNER_CHECKSUM}.
         *
         * @param tryIt true, if not called
         * @return this
         */
        public Builder understandOffloads(boolean tryIt) {
            this.understandOffloads = tryIt;
            return this;
        }

        /**
         * Sets whether neighbouring replies that are alike are handed to the kernel as one frame,
         * which it cuts into them again (UDP segmentation): those to one load balancer node with
         * one UDP source port, of one length, the last of which may be shorter. It takes Linux 6.2
         * and all that {@link #understandOffloads} takes.
         *
         * <p>No joined frame, and none whose checksum is not computed, leaves the host: replies are
         * joined only where the interface is a network card on PCI (virtio_net and vmxnet3 are
         * none, on whatever bus), or has neither {@code tx-udp-segmentation} nor {@code
         * tx-checksum-ipv4} or {@code -ip-generic} on ({@code ethtool -k}), so that the kernel has
         * done it all before the driver gets them; and not with {@link #bypassQueue}. The port
         * hears of it when the interface is changed: replies that are sent afterwards are not
         * joined if it must not be any more, up to when the port is closed, and never more bytes
         * than the MTU is then.
         *
         * <p>Joined replies differ from single ones in two respects. Their IPv4 identifications
         * count up from the first one's instead of being the requests'; the load balancer sends 0,
         * and does not look. And their UDP checksums are the kernel's: so replies without one are
         * sent singly, and all are without {@link #verifyChecksums}, since the kernel would make
         * wrong ones right.
         *
         * <p>An interface with a queueing discipline takes joined replies all or not at all, and
         * they are counted so. Where there is none, as by default on veth, the kernel tells of the
         * last one only what became of it.
         *
         * @param join true, if not called
         * @return this
         */
        public Builder joinReplies(boolean join) {
            this.joinReplies = join;
            return this;
        }

        /**
         * Opens the port.
         *
         * @return a port that receives from now on
         * @throws IOException if this is not Linux, there is no such interface, it has no address,
         *     or the process lacks a privilege, which the message names
         */
        public AfPacketPort open() throws IOException {
            return open(1).get(0);
        }

        /**
         * Opens several ports that share the interface, one for each thread: the kernel divides the
         * datagrams among them by their outer addresses and UDP source port, so that both
         * directions of a flow come to the same port (PACKET_FANOUT_HASH). When one is closed, the
         * others get its share.
         *
         * @param ports how many, 1 to 256
         * @return the ports, which receive from now on
         * @throws IOException as {@link #open()}
         */
        public List<AfPacketPort> open(int ports) throws IOException {
            inRange("ports", ports, 1, MAX_PORTS);
            return new AfPacketOpening(this).open(ports);
        }
    }
}
