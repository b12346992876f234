package io.github.geneve4j.io;

import static io.github.geneve4j.io.Ranges.MAX_PORT;
import static io.github.geneve4j.io.Ranges.inRange;

import io.github.geneve4j.io.sys.SystemCallException;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.Inet4Address;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fastest port for a network interface of Linux: a program in the kernel takes datagrams off
 * the interface before IP has seen them and puts them into memory that is shared with this process
 * (AF_XDP). Replies leave from where the requests lie; where the kernel copies them, those that are
 * alike leave as one frame, which it cuts, see {@link Builder#joinReplies}.
 *
 * {@snippet :
 * try (PacketPort port = AfXdpPort.builder("eth0").open()) {
 *     port.poll(handler, 64);
 * }
 * }
 *
 * <p>The program is put together here, and takes the datagrams of one UDP port at the interface's
 * addresses; everything else goes on to the kernel's stack as before. It is run by the interface's
 * driver or, where that cannot be, by the stack ({@link AfXdpMode}). It goes when the last port of
 * the interface is closed, or with this process, however that ends.
 *
 * <p>The port stands in for the kernel's IP and UDP: it checks lengths and checksums, and counts by
 * {@link ReceiveSkip} what it does not hand over. Requests with VLAN tags are answered with the
 * same; tags that the interface takes out of frames nobody tells XDP of, so have it leave them in
 * ({@code ethtool -K eth0 rxvlan off}).
 *
 * <p>It serves the addresses that the interface has when the port is opened, its Ethernet address
 * among them, and all queues that the interface receives by then: see {@link Builder#open(int)}.
 * Under another Ethernet address no datagram reaches the port, and none is counted. When the
 * interface is removed, {@link #poll} and {@link #await} throw.
 *
 * <p>The interface may go down and come up again meanwhile. What is to be sent in between is
 * dropped and counted, {@link SendFailure#LINK_DOWN}: a reply that comes late is worth nothing, and
 * may be a second one by then. Only where nothing is copied ({@link #isZeroCopy()}) the driver may
 * still send, when the interface comes up, what it had been given until the port noticed: {@link
 * Builder#frames} packets a queue at most.
 *
 * <p>The port keeps to the MTU that it found when it was opened. When that is raised meanwhile,
 * what is longer is skipped, {@link ReceiveSkip#AGGREGATED}, or, if it does not fit a frame either,
 * counted by {@link #kernelDrops()}: nothing is ever cut. When it is lowered, longer replies are
 * still handed to the driver, since the kernel does not hold AF_XDP to the MTU; those that the
 * driver does not take are counted, {@link SendFailure#REFUSED}. Some drivers allow no change while
 * they run the program.
 *
 * <p>Needs Linux 5.9, with CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF; and CAP_IPC_LOCK unless
 * RLIMIT_MEMLOCK allows for the memory, which is {@link Builder#frames} of 2 or 4 KiB a queue.
 *
 * <p><b>Allocation:</b> none for a datagram. <b>Threads:</b> one for {@code poll}, {@code await},
 * {@code returnPath} and {@code send}; any for the rest. <b>Ownership:</b> the frames, lent to the
 * handler: a buffer over all of them.
 */
public final class AfXdpPort implements PacketPort {
    private static final int EMPTY_POLLS_BETWEEN_CHECKS = 1 << 16; // some milliseconds
    private static final int LOOKS_BETWEEN_CHECKS = 1 << 12; // that take as long
    private static final long SHORT_WAIT_NANOS = 1_000_000;
    private static final long DOWN_WAIT_NANOS = 100_000_000;

    private final String interfaceName;
    private final List<Inet4Address> addresses;
    private final AfXdpMode mode;
    private final @Nullable IOException driverRefusal;
    private final int peerPort;
    private final int maxDatagramLength;
    private final boolean verifyChecksums;
    private final @Nullable XskPolling polling; // the interface, if anybody does
    private final String whyUnpolled;
    private final int emptyPollsBetweenChecks;
    private final int frames; // of a queue
    private final boolean hasFastPath;
    private final XskSockets sockets;
    private final XdpAttachment attachment;
    private final SocketWaiter waiter;
    private final OuterFrame outer;
    private final PortGate gate = new PortGate();
    private final PortCounters counters = new PortCounters();
    private final XskLink link;
    private final @Nullable XskRunSender runs;
    private String replies; // why they are never joined, from the opening on

    private int next; // socket to begin the next poll with
    private int current; // socket that the handler's datagram came by
    private int emptyPolls;
    private boolean released; // guarded by sockets
    private long lastDrops; // guarded by sockets

    AfXdpPort(AfXdpOpening opening, XskSockets sockets, XdpAttachment attachment, AfXdpMode mode) {
        this.interfaceName = opening.device.name();
        this.addresses = opening.addresses;
        this.mode = mode;
        this.driverRefusal = opening.driverRefusal;
        this.peerPort = opening.builder.peerPort;
        this.maxDatagramLength = opening.maxDatagramLength();
        this.verifyChecksums = opening.builder.verifyChecksums;
        this.frames = opening.builder.frames;
        this.hasFastPath = opening.builder.fastPath != null;
        this.sockets = sockets;
        this.attachment = attachment;
        this.outer = opening.outerFrame(sockets.memory());
        this.waiter = sockets.waiter();
        this.link = new XskLink(opening.device, attachment.descriptor(), counters);
        this.replies = opening.whyNotJoined(sockets);
        this.runs = replies.isEmpty() ? senderOfRuns(opening) : null;
        this.whyUnpolled = opening.whyUnpolled(sockets);
        this.polling = opening.polling(sockets, attachment, link, counters);
        this.emptyPollsBetweenChecks =
                polling == null ? EMPTY_POLLS_BETWEEN_CHECKS : LOOKS_BETWEEN_CHECKS;
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
            int done = 0;
            for (int i = 0; i < sockets.count() && done < budget; i++) {
                current = next;
                next = next + 1 == sockets.count() ? 0 : next + 1;
                done += drain(current, handler, budget - done);
            }
            if (done == 0 && (link.isGone() || ++emptyPolls >= emptyPollsBetweenChecks)) {
                emptyPolls = 0;
                check();
            }
            return done;
        } finally {
            leave();
        }
    }

    @Override
    public void returnPath(ReturnPath into) {
        if (!gate.isInside() || !sockets.get(current).queue().isHandling()) {
            throw new IllegalStateException("only a handler has a datagram to tell the path of");
        }
        outer.path(into);
    }

    @Override
    public void send(ReturnPath path, ByteBuf payload, int offset, int length) throws IOException {
        Ranges.checkPayload(payload, offset, length, maxDatagramLength);
        if (gate.isInside()) {
            make(sockets.get(current), path, payload, offset, length);
            return;
        }
        gate.enter();
        try {
            make(sockets.get(current), path, payload, offset, length);
            flush(current);
        } finally {
            leave();
        }
    }

    /**
     * Takes a datagram as {@link #send} does, for who begins and has many: it may wait for the next
     * {@link #flush}, poll or await, and then leaves with all the others by one call to the kernel.
     * Datagrams of one source port stay in their order.
     *
     * @param path where to; {@link ReturnPath#datagram} and {@link ReturnPath#link} make one where
     *     nothing has come from
     * @param payload the UDP payload is copied from it, at absolute indices
     * @param offset index of the first byte
     * @param length bytes, 1 to {@link #maxDatagramLength()}
     * @throws java.nio.channels.ClosedChannelException if the port is closed
     * @throws IllegalArgumentException if the length is out of its range
     * @throws IndexOutOfBoundsException if the payload is not inside the buffer
     * @throws IllegalStateException if another thread is in this port
     */
    public void enqueue(ReturnPath path, ByteBuf payload, int offset, int length)
            throws IOException {
        Ranges.checkPayload(payload, offset, length, maxDatagramLength);
        XskSocket socket = sockets.get(path.sourcePort() % sockets.count());
        if (gate.isInside()) {
            make(socket, path, payload, offset, length);
            return;
        }
        gate.enter();
        try {
            make(socket, path, payload, offset, length);
        } finally {
            leave();
        }
    }

    /**
     * {@return how many datagrams can be {@linkplain #enqueue enqueued} now, whatever their source
     * ports} It is fewer, the more of them have not left the host. A sender that keeps to it loses
     * none for want of frames.
     *
     * @throws java.nio.channels.ClosedChannelException if the port is closed
     * @throws IllegalStateException if another thread is in this port, or the handler calls it
     */
    public int room() throws IOException {
        gate.enter();
        try {
            int room = Integer.MAX_VALUE;
            for (int i = 0; i < sockets.count(); i++) {
                room = Math.min(room, sockets.get(i).queue().spares());
            }
            return room;
        } finally {
            leave();
        }
    }

    /**
     * Has the kernel send what was {@linkplain #enqueue enqueued}.
     *
     * @throws java.nio.channels.ClosedChannelException if the port is closed
     * @throws IllegalStateException if another thread is in this port, or the handler calls it
     */
    public void flush() throws IOException {
        gate.enter();
        try {
            for (int i = 0; i < sockets.count(); i++) {
                flush(i);
            }
        } finally {
            leave();
        }
    }

    @Override
    public void await(long timeoutNanos) throws IOException {
        gate.enter();
        try {
            long nanos = timeoutNanos;
            for (int i = 0; i < sockets.count(); i++) {
                flush(i);
            }
            if (polling != null) {
                polling.letGo();
                if (polling.isLearning()) {
                    nanos = Math.min(nanos, SHORT_WAIT_NANOS);
                }
            }
            for (int i = 0; i < sockets.count(); i++) {
                XskSocket socket = sockets.get(i);
                if (socket.queue().isFilled()) {
                    return;
                }
                if (socket.queue().unpassed() > 0) { // try again by then
                    nanos = Math.min(nanos, link.isUp() ? SHORT_WAIT_NANOS : DOWN_WAIT_NANOS);
                }
            }
            waiter.await(nanos);
            check();
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
     * <p>These are datagrams for which there was no free frame, or no place in the receive ring.
     */
    @Override
    public long kernelDrops() {
        synchronized (sockets) {
            if (!released) {
                lastDrops = sockets.drops();
            }
            return lastDrops;
        }
    }

    @Override
    public int maxDatagramLength() {
        return maxDatagramLength;
    }

    @Override
    public void close() throws IOException {
        if (gate.close()) {
            release();
        } else {
            waiter.wakeup();
        }
    }

    /** Closes what this port has alone, since it is not to be opened after all. */
    void forgo() {
        if (runs != null) {
            runs.close();
        }
        if (polling != null) {
            polling.close();
        }
    }

    /** {@return the descriptors to wait for, one for each queue} */
    int[] descriptors() {
        if (polling != null) { // it would have to let go before each wait
            throw new IllegalArgumentException(this + ": one that polls cannot be waited for");
        }
        return sockets.descriptors();
    }

    /** {@return the addresses that this port serves} */
    public List<Inet4Address> addresses() {
        return addresses;
    }

    /**
     * {@return interface, addresses, queues, who runs the program, and whether replies are joined;
     * for people}
     */
    @Override
    public String toString() {
        String polls = busyPolling();
        return "AF_XDP on "
                + interfaceName
                + ", "
                + InterfaceAddresses.text(addresses)
                + ", queues "
                + queues()
                + ", "
                + mode
                + (isZeroCopy() ? ", without copies" : "")
                + (hasFastPath ? ", fast path" : "")
                + (polls.isEmpty() ? "" : ", busy polling " + polls)
                + "; replies "
                + (runs == null ? ReplyJoining.off(replies) : runs);
    }

    /** {@return the queues of the interface that this port serves} */
    public List<Integer> queues() {
        return sockets.queueIds();
    }

    /** {@return who runs the program} */
    public AfXdpMode mode() {
        return mode;
    }

    /** {@return why the driver does not run it, or null if it does or was not asked to} */
    public @Nullable IOException driverRefusal() {
        return driverRefusal;
    }

    /** {@return whether the interface works on the frames where they are, and nothing is copied} */
    public boolean isZeroCopy() {
        return sockets.isZeroCopy();
    }

    /**
     * {@return whether replies that are alike leave joined, see {@link Builder#joinReplies}, as far
     * as this port has noticed; why not, {@link #toString()} tells}
     */
    public boolean joinsReplies() {
        return runs != null && runs.isOn();
    }

    /**
     * {@return whether the interface is up and has a carrier, as far as this port has noticed: by
     * {@link #await}, by sending, or now and then by polling in vain}
     */
    public boolean isLinkUp() {
        return link.isRunning();
    }

    /**
     * {@return who polls the interface, see {@link Builder#busyPoll}, or why nobody can, as far as
     * this port has noticed; for people, and empty if it was not asked for}
     */
    public String busyPolling() {
        return polling == null ? whyUnpolled : polling.toString();
    }

    /** {@return the other way out, or null if there is none, or the interface does not allow it} */
    private @Nullable XskRunSender senderOfRuns(AfXdpOpening opening) {
        try {
            XskRunSender sender =
                    XskRunSender.open(
                            opening.device, sockets.queues(), opening.builder.frames, counters);
            if (sender.isOn()) {
                return sender;
            }
            replies = sender.whyNot();
            sender.close();
        } catch (SystemCallException e) { // it does without
            replies = String.valueOf(e.getMessage());
        }
        return null;
    }

    private int drain(int number, PacketHandler handler, int budget) throws IOException {
        XskSocket socket = sockets.get(number);
        XskQueue queue = socket.queue();
        try {
            int done = queue.poll(handler, budget, outer, verifyChecksums, counters);
            if (polling != null) {
                return lookAndPoll(number, polling, handler, done, budget);
            }
            if (done == 0 && queue.fillNeedsWakeup()) {
                link.receive(socket);
                done = queue.poll(handler, budget, outer, verifyChecksums, counters);
            }
            return done;
        } finally {
            flush(number);
        }
    }

    /**
     * Looks at the interface if there was nothing, and again while looks bring much: otherwise a
     * poll would never bring its budget, which is how callers tell that more waits. Once looks have
     * brought as many frames as a ring has it is enough, whatever the budget, and however few of
     * them were handed over.
     */
    private int lookAndPoll(
            int number, XskPolling polling, PacketHandler handler, int polled, int budget)
            throws IOException {
        XskSocket socket = sockets.get(number);
        XskQueue queue = socket.queue();
        int done = polled;
        if (polling.isLearning()) {
            polling.look(socket); // nothing is to come as long as it does, and much may wait here
        }
        if (done > 0) {
            polling.came();
        }
        boolean looks = done == 0 || polling.wasFull();
        for (int brought = 0; looks && done < budget && brought < frames; ) {
            if (done > 0) {
                flush(number); // replies do not wait for what is still to come
            }
            polling.look(socket);
            looks = polling.wasFull();
            brought += queue.available();
            done += queue.poll(handler, budget - done, outer, verifyChecksums, counters);
        }
        return done;
    }

    /** Sends what a queue has to send, joined if that is of use. */
    private void flush(int number) {
        XskSocket socket = sockets.get(number);
        XskQueue queue = socket.queue();
        if (runs == null
                || queue.unsettled() == 0
                || !link.isRunningNow()
                || !runs.send(number, queue)) {
            link.flush(socket);
        }
    }

    private void make(XskSocket socket, ReturnPath path, ByteBuf payload, int offset, int length) {
        if (!socket.queue().make(path, peerPort, payload, offset, length)) {
            counters.countFailed(SendFailure.QUEUE_FULL);
        }
    }

    /** Looks after the interface. */
    private void check() throws IOException {
        link.check(sockets.get(current));
        if (link.isGone()) {
            throw new IOException("network interface " + interfaceName + " is gone");
        }
        if (polling != null) {
            polling.check();
        }
    }

    private void leave() {
        if (gate.leave()) {
            release();
        }
    }

    private void release() {
        synchronized (sockets) {
            lastDrops = sockets.drops();
            released = true;
            attachment.release();
            forgo();
            sockets.close();
        }
    }

    /** Says how an {@link AfXdpPort} is to be opened. */
    public static final class Builder {
        private static final int MIN_FRAMES = 64;
        private static final int MAX_FRAMES = 1 << 16;
        private static final int MAX_PORTS = 1024;
        private static final int SPARE_SHARE = 16;

        /** Microseconds of {@link #busyPoll} for a port that has no reason for others. */
        public static final int BUSY_POLL_MICROS = 20;

        /** Packets of {@link #busyPoll} for a port that has no reason for others. */
        public static final int BUSY_POLL_BUDGET = 64;

        final String interfaceName;
        List<Inet4Address> addresses = List.of();
        boolean besideSocket;
        @Nullable FastPath fastPath;
        int originated;
        int port = NioPort.GENEVE_PORT;
        int peerPort = NioPort.GENEVE_PORT;
        @Nullable AfXdpMode mode;
        boolean copy;
        int frames = 1024;
        int busyPollMicros;
        int busyPollBudget = BUSY_POLL_BUDGET;
        boolean verifyChecksums = true;
        boolean joinReplies = true;

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
         * Sets the addresses that requests are sent to, as {@link #address} sets one.
         *
         * @param addresses IPv4 addresses, one or more
         * @return this
         */
        public Builder addresses(List<Inet4Address> addresses) {
            if (addresses.isEmpty()) {
                throw new IllegalArgumentException("addresses: none");
            }
            this.addresses = List.copyOf(addresses);
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
         * Says whether the caller has a UDP socket of its own at the same port, which gets from the
         * kernel what this port does not take: datagrams in fragments, once they are put together,
         * and what comes by another interface. Without one the port keeps the UDP port to itself.
         *
         * @param beside false, if not called
         * @return this
         */
        public Builder besideSocket(boolean beside) {
            this.besideSocket = beside;
            return this;
        }

        /**
         * Sets how many of a queue's frames are for datagrams that answer none: as many can be on
         * their way out by {@link #send} and {@link #enqueue}, and so many fewer can wait to be
         * polled. A sixteenth of all if not called, which suits who only answers.
         *
         * @param frames 1 or more, and fewer than {@link #frames}
         * @return this
         */
        public Builder originated(int frames) {
            this.originated = inRange("originated", frames, 1, MAX_FRAMES);
            return this;
        }

        int spares() {
            int spares = originated == 0 ? frames / SPARE_SHARE : originated;
            if (spares >= frames) {
                throw new IllegalArgumentException(
                        "originated " + spares + ": not fewer than the frames, " + frames);
            }
            return spares;
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
         * Sets who runs the program; if not called, the driver if it can, or else the stack, and
         * then {@link AfXdpPort#driverRefusal()} tells why.
         *
         * @param mode the only one to try
         * @return this
         */
        public Builder mode(AfXdpMode mode) {
            this.mode = mode;
            return this;
        }

        /**
         * Sets whether the kernel copies between its own buffers and the port's frames though the
         * driver could do without: for drivers that are not to be trusted with it.
         *
         * @param copy false, if not called
         * @return this
         */
        public Builder copy(boolean copy) {
            this.copy = copy;
            return this;
        }

        /**
         * Sets how many frames each queue has; 1024 if not called. All go round, so more frames
         * bear longer bursts, but they do not stay in the processor's caches.
         *
         * @param frames a power of two from 64 to 65536
         * @return this
         */
        public Builder frames(int frames) {
            inRange("frames", frames, MIN_FRAMES, MAX_FRAMES);
            if (Integer.bitCount(frames) != 1) {
                throw new IllegalArgumentException("frames " + frames + ": not a power of two");
            }
            this.frames = frames;
            return this;
        }

        /**
         * Has each poll that finds nothing make the interface receive, in this thread, so that
         * nobody need be interrupted and no other thread has to run (busy polling, {@code
         * SO_PREFER_BUSY_POLL}). For that the interface has to be told to wait for it, in {@code
         * /sys/class/net/NAME}: {@code napi_defer_hard_irqs} 2, and {@code gro_flush_timeout}, the
         * nanoseconds after which it waits no longer, more than a tick of the kernel's clock and
         * less than 20 ms, such as 5000000. While nobody polls, as before the port is opened and
         * after it is closed, packets wait as long as that; {@link AfXdpPort#await} lets go of the
         * interface before it sleeps, but a packet that is not for the port has it wait again. A
         * {@link PacketWaiter} takes no such port.
         *
         * <p>Where the driver does not tell what to poll, as veth's, and the interface has one
         * queue, a UDP socket learns it from a datagram, which is lost, as are those that come with
         * it ({@link ReceiveSkip#LESSON}); and so again after the interface was down, for which the
         * thread that polls has to be in the interface's network namespace. What a driver changes
         * of its queues while the interface stays up is not noticed: interrupts go on then; nor,
         * where it told in the beginning, what it changes when the interface comes up. {@link
         * AfXdpPort#busyPolling()} tells who polls, or why nobody can; then the settings above are
         * to be 0. The kernel asks for CAP_NET_ADMIN of the host, not of a user namespace.
         *
         * @param micros for how long a call may look that would wait otherwise, which none of this
         *     port's does: any number from 1 on is the same; 0, as if not called, for no looks
         * @param budget most packets that the driver takes in one go, 1 to 65535; a look has it do
         *     so twice if there are as many, as of Linux 6.18
         * @return this
         */
        public Builder busyPoll(int micros, int budget) {
            BusyPolling.check(micros, budget);
            this.busyPollMicros = micros;
            this.busyPollBudget = budget;
            return this;
        }

        /**
         * Sets whether UDP checksums are verified: XDP is not told what the interface has verified.
         * RFC 8926 §3.3 wants it; the cost is that of reading each datagram once.
         *
         * @param verify true, if not called
         * @return this
         */
        public Builder verifyChecksums(boolean verify) {
            this.verifyChecksums = verify;
            return this;
        }

        /**
         * Sets whether neighbouring replies that are alike are handed to the kernel as one frame,
         * which it cuts into them again, where it would copy each of them otherwise: as {@link
         * AfPacketPort.Builder#joinReplies} says, and where that says. They leave by a packet
         * socket then, as does all of a batch in which that halves the number of frames at least,
         * and pass the interface's queueing discipline, and programs like tcpdump. Replies are not
         * joined where nothing is copied ({@link AfXdpPort#isZeroCopy()}), nor without {@link
         * #verifyChecksums}.
         *
         * @param join true, if not called
         * @return this
         */
        public Builder joinReplies(boolean join) {
            this.joinReplies = join;
            return this;
        }

        /**
         * Opens a port that serves all queues of the interface.
         *
         * @return a port that receives from now on
         * @throws IOException if this is not Linux, there is no such interface, it has no address,
         *     its MTU is more than a frame holds, another program is attached to it, or the process
         *     lacks a privilege; the message tells
         */
        public AfXdpPort open() throws IOException {
            return open(1).get(0);
        }

        /**
         * Opens several ports that share the interface, one for each thread, and divide its queues
         * among them: the interface brings datagrams to queues by their outer addresses and ports,
         * so that both directions of a flow come to the same port. When one is closed, its share
         * goes to the kernel's stack: close all, then open others.
         *
         * @param ports how many, from 1 to the number of queues that the interface receives by
         * @return the ports, which receive from now on
         * @throws IOException as {@link #open()}, or if there are fewer queues than ports
         */
        public List<AfXdpPort> open(int ports) throws IOException {
            spares(); // or it throws
            return new AfXdpOpening(this, inRange("ports", ports, 1, MAX_PORTS)).open();
        }
    }
}
