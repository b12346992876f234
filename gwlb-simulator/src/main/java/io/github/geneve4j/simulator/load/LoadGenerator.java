package io.github.geneve4j.simulator.load;

import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends the packets of a load to an appliance, and checks each reply byte by byte.
 *
 * {@snippet :
 * try (LoadGenerator generator = LoadGenerator.open(wire, load, ReplyRule.PORTS_KEPT, 256)) {
 *     generator.closedLoop(256, 1_000_000_000);                // warm-up
 *     LoadResult result = generator.closedLoop(256, 1_000_000_000);
 * }
 * }
 *
 * <p>Every packet of a run has a number; it lies in the slot of that number until the number comes
 * round again, so a reply finds the bytes that it has to equal. Numbers go on from run to run.
 *
 * <p><b>Allocation:</b> none for a packet. <b>Threads:</b> one, which spins while it runs: give it
 * a processor of its own. <b>Ownership:</b> has its sockets and memory until it is closed.
 */
public final class LoadGenerator implements AutoCloseable {
    private static final int BATCH = 128;
    private static final int SLOTS_FOR_EACH_UNDER_WAY = 4;
    private static final int LEAST_SLOTS = 1024;
    private static final long MOST_STALLED_NANOS = 1_000_000_000;
    private static final long LEAST_STALLED_NANOS = 50_000_000;
    private static final long DRAIN_NANOS = 100_000_000;
    private static final long MOST_LATENCY_NANOS = 1_000_000_000;
    private static final int DIGITS = 3;
    private static final long NOTHING = -1;
    private static final int NO_SOCKET = -1;

    private final Arena arena;
    private final int socket;
    private final FrameRing ring;
    private final Frames frames;
    private final FrameSender sender;
    private final int together;
    private final int joinedSocket; // or NO_SOCKET
    private final @Nullable JoinedSender joinedSender;
    private final ReplyChecker checker;
    private final int stampOffset;
    private final int flows;
    private final int slots; // a power of two
    private final int mostUnderWay;

    private final long[] awaited; // number that a slot waits for, or NOTHING
    private final long[] answered; // number that a slot got an answer for, or NOTHING
    private final long[] sentAt; // by System.nanoTime
    private final long[] newest; // number of the last right reply of a flow
    private long next;
    private int underWay;

    private final Histogram latency = new Histogram(1, MOST_LATENCY_NANOS, DIGITS);
    private boolean isLatencyWanted;
    private long sent;
    private long right;
    private long corrupt;
    private long lost;
    private long late;
    private long doubled;
    private long reordered;
    private long foreign;

    private LoadGenerator(
            Arena arena,
            Frames frames,
            int slots,
            int socket,
            int joinedSocket,
            FrameRing ring,
            Load load,
            ReplyRule rule,
            int mostUnderWay) {
        this.arena = arena;
        this.socket = socket;
        this.ring = ring;
        this.frames = frames;
        this.sender = new FrameSender(arena, socket, frames, slots);
        this.together = load.together();
        this.joinedSocket = joinedSocket;
        this.joinedSender =
                joinedSocket == NO_SOCKET
                        ? null
                        : new JoinedSender(arena, joinedSocket, frames, slots, together);
        this.mostUnderWay = mostUnderWay;
        this.flows = load.flows();
        this.slots = slots;
        this.stampOffset = frames.stampOffset();
        this.checker = new ReplyChecker(frames.memory(), frames.length(), rule);
        this.awaited = new long[slots];
        this.answered = new long[slots];
        this.sentAt = new long[slots];
        this.newest = new long[flows];
        Arrays.fill(awaited, NOTHING);
        Arrays.fill(answered, NOTHING);
        Arrays.fill(newest, NOTHING);
    }

    /**
     * {@return a generator on an interface of this thread's network namespace}
     *
     * @param wire interface and addresses
     * @param load what to send
     * @param rule what the appliance makes of the ports
     * @param mostUnderWay most packets to wait for at a time
     * @throws IOException if the sockets cannot be had: they need CAP_NET_RAW
     */
    public static LoadGenerator open(Wire wire, Load load, ReplyRule rule, int mostUnderWay)
            throws IOException {
        if (mostUnderWay < 1) {
            throw new IllegalArgumentException("most under way " + mostUnderWay + ": not positive");
        }
        NetworkDevice device = NetworkDevice.named(wire.device());
        int wanted = Math.max(LEAST_SLOTS, SLOTS_FOR_EACH_UNDER_WAY * mostUnderWay);
        int slots = atLeast(Math.max(wanted, load.flows()));
        Arena arena = Arena.ofShared();
        try {
            Frames frames = new Frames(arena, wire, load, slots);
            int socket = PacketSocket.openToSend(device);
            int joined = NO_SOCKET;
            try {
                if (load.together() > 1) {
                    joined = PacketSocket.openToSendJoined(device);
                }
                FrameRing ring = FrameRing.open(device, atLeast(wanted));
                return new LoadGenerator(
                        arena, frames, slots, socket, joined, ring, load, rule, mostUnderWay);
            } catch (IOException | RuntimeException e) {
                closeSockets(socket, joined);
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Keeps a number of packets under way: as fast as the appliance is, without loss. What does not
     * come within a fifth of the time, 50 ms at least and 1 s at most, counts as lost.
     *
     * @param window packets under way; with 1 the latency is measured
     * @param nanos how long
     * @return what became of the packets
     * @throws IOException if the interface fails
     */
    public LoadResult closedLoop(int window, long nanos) throws IOException {
        // What is lost must not stop a short run for all of it.
        return closedLoop(
                window, nanos, Math.clamp(nanos / 5, LEAST_STALLED_NANOS, MOST_STALLED_NANOS));
    }

    /**
     * Keeps a number of packets under way. Interrupting the thread ends it before its time.
     *
     * @param window packets under way; with 1 the latency is measured
     * @param nanos how long
     * @param stalled nanoseconds without any reply after which all that are under way count as lost
     * @return what became of the packets
     * @throws IOException if the interface fails
     */
    public LoadResult closedLoop(int window, long nanos, long stalled) throws IOException {
        if (window < 1 || window > mostUnderWay) {
            throw new IllegalArgumentException("window " + window + ": not 1 to " + mostUnderWay);
        }
        begin(window == 1);
        // Half of them at a time: an interrupt of the other core costs as much as ten packets.
        int batch = Math.clamp(window / 2, 1, BATCH);
        long start = System.nanoTime();
        long progress = start;
        long now = start;
        while (now - start < nanos && !Thread.currentThread().isInterrupted()) {
            if (window - underWay >= batch) {
                send(batch, now, 0);
            }
            boolean isMoving = receive(BATCH) > 0;
            now = System.nanoTime();
            if (isMoving) {
                progress = now;
            } else if (now - progress > stalled) {
                giveUp();
                progress = now;
            } else {
                Thread.onSpinWait();
            }
        }
        return end(now - start, Math.max(stalled, DRAIN_NANOS));
    }

    /**
     * Sends at a rate, whatever comes back. The latency is that of the moment at which a packet was
     * due, so an appliance that stalls cannot hide it.
     *
     * @param packetsPerSecond more than 0
     * @param nanos how long
     * @return what became of the packets; {@code sent} tells whether the generator kept the rate
     * @throws IOException if the interface fails
     */
    public LoadResult openLoop(double packetsPerSecond, long nanos) throws IOException {
        if (!(packetsPerSecond > 0)) {
            throw new IllegalArgumentException("rate " + packetsPerSecond + ": not positive");
        }
        begin(true);
        double nanosForEach = 1e9 / packetsPerSecond;
        long start = System.nanoTime();
        long now = start;
        while (now - start < nanos) {
            long due = (long) ((now - start) / nanosForEach) + 1 - sent;
            if (due > 0) {
                long dueAt = start + (long) (sent * nanosForEach);
                send((int) Math.min(due, BATCH), dueAt, nanosForEach);
            }
            receive(BATCH);
            now = System.nanoTime();
        }
        return end(now - start, DRAIN_NANOS);
    }

    @Override
    public void close() {
        ring.close();
        closeSockets(socket, joinedSocket);
        arena.close();
    }

    private static void closeSockets(int socket, int joined) {
        if (joined != NO_SOCKET) {
            Libc.close(joined);
        }
        Libc.close(socket);
    }

    private void begin(boolean wantsLatency) {
        isLatencyWanted = wantsLatency;
        latency.reset();
        sent = 0;
        right = 0;
        corrupt = 0;
        lost = 0;
        late = 0;
        doubled = 0;
        reordered = 0;
        foreign = 0;
    }

    /** Waits for what is under way, and gives up what does not come. */
    private LoadResult end(long nanos, long patience) throws SystemCallException {
        long inTime = right;
        long progress = System.nanoTime();
        while (underWay > 0 && System.nanoTime() - progress < patience) {
            if (receive(BATCH) > 0) {
                progress = System.nanoTime();
            }
        }
        giveUp();
        return new LoadResult(
                nanos,
                sent,
                inTime,
                right,
                corrupt,
                lost,
                late,
                doubled,
                reordered,
                foreign,
                ring.newDrops(),
                latency.copy());
    }

    private void send(int count, long dueAt, double nanosForEach) throws SystemCallException {
        int slot = slotOf(next);
        int left = together - slot % together; // of a group of which some were sent alone
        JoinedSender joined = left == together && count >= together ? joinedSender : null;
        int batch =
                joined != null
                        ? Math.min(count / together * together, slots - slot)
                        : Math.min(count, left == together ? slots - slot : left);
        for (int i = 0; i < batch; i++) {
            if (awaited[slot + i] != NOTHING) { // its number has come round
                awaited[slot + i] = NOTHING;
                lost++;
                underWay--;
            }
            frames.stamp(slot + i, next + i);
        }
        int taken =
                joined != null
                        ? joined.send(slot, batch / together) * together
                        : sender.send(slot, batch);
        for (int i = 0; i < taken; i++) {
            awaited[slot + i] = next + i;
            sentAt[slot + i] = dueAt + (long) (i * nanosForEach);
        }
        next += taken;
        sent += taken;
        underWay += taken;
    }

    /** {@return the frames that were there} */
    private int receive(int budget) {
        int count = 0;
        while (count < budget && ring.hasFrame()) {
            look(ring.memory(), ring.frame(), ring.frameLength());
            ring.free();
            count++;
        }
        return count;
    }

    private void look(MemorySegment memory, long frame, int length) {
        if (!ReplyChecker.isUdp(memory, frame, length)) {
            foreign++;
            return;
        }
        long number =
                length < stampOffset + Stamp.LENGTH
                        ? Stamp.NONE
                        : Stamp.read(memory, frame + stampOffset);
        if (number == Stamp.NONE || number >= next || ring.hasTag()) {
            corrupt++;
            return;
        }
        int slot = slotOf(number);
        if (awaited[slot] == number) {
            awaited[slot] = NOTHING;
            answered[slot] = number;
            underWay--;
            if (checker.isRight(frames.offset(slot), memory, frame, length)) {
                count(slot, number);
            } else {
                corrupt++;
            }
        } else if (answered[slot] == number) {
            doubled++;
        } else {
            late++;
        }
    }

    private void count(int slot, long number) {
        right++;
        int flow = slot % flows;
        if (number > newest[flow]) {
            newest[flow] = number;
        } else {
            reordered++;
        }
        if (isLatencyWanted) {
            long nanos = System.nanoTime() - sentAt[slot];
            latency.recordValue(Math.clamp(nanos, 1, MOST_LATENCY_NANOS));
        }
    }

    /** Counts all that is under way as lost. */
    private void giveUp() {
        for (int slot = 0; underWay > 0 && slot < slots; slot++) {
            if (awaited[slot] != NOTHING) {
                awaited[slot] = NOTHING;
                lost++;
                underWay--;
            }
        }
    }

    /** {@return the next power of two} */
    private static int atLeast(int number) {
        return Integer.highestOneBit(number * 2 - 1);
    }

    private int slotOf(long number) {
        return (int) number & slots - 1;
    }
}
