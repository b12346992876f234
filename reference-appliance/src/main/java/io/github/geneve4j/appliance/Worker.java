package io.github.geneve4j.appliance;

import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.io.CpuAffinity;
import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.PacketPort;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The packet loop: one port, one thread, one inspector, and nothing shared.
 *
 * <p>Polls the port in batches; without packets it spins or waits as its {@link IdleMode} says, no
 * longer than {@link #WAIT_NANOS} at a time, so that its turning can be watched.
 */
final class Worker implements Runnable, PacketHandler {
    /** Large, so that the kernel and this loop seldom take turns: see docs/performance.md. */
    private static final int BATCH = 256;

    private static final long WAIT_NANOS = 100_000_000;

    /** Packets of one poll from which on there is load, and more may be waiting in the kernel. */
    static final int LOAD = 8;

    /** For how long after the last packet there may be load still. */
    private static final long LOAD_NANOS = 100_000;

    /** Empty polls under load after which the kernel's threads on this processor get a turn. */
    private static final int EMPTY_POLLS_UNDER_LOAD = 16;

    /** The shortest time from one idle call of the inspector to the next. */
    private static final long IDLE_NANOS = 1_000_000;

    /** No processor of its own. */
    static final int ANY_CPU = -1;

    private static final VarHandle LAST_TURN;

    static {
        try {
            LAST_TURN = MethodHandles.lookup().findVarHandle(Worker.class, "lastTurn", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int USUAL_HEADER = 40; // bytes, three options
    private static final int COOKIE_OPTION = 0x0108_03_01; // class, type, a word of data

    private final PacketPort port;
    private final OriginFilter origins;
    private final EndpointPolicy policy;
    private final Inspector inspector;
    private final long spinNanos;
    private final int cpu;
    private final Runnable giveWay;
    private final FailureMode onFailure;
    private final InspectedPacket packet;
    private final Answers answers;
    private final PacketCounters counters = new PacketCounters();
    private final LongSupplier clock;
    private final Overload overload;

    private int unjudged; // packets of this poll
    private long lastIdle;
    private volatile boolean running = true;
    private volatile @Nullable Throwable failure;
    private volatile @Nullable Throwable inspectorFailure; // the first

    @SuppressWarnings("unused") // through LAST_TURN
    private long lastTurn;

    Worker(
            PacketPort port,
            OriginFilter origins,
            EndpointPolicy policy,
            Inspector inspector,
            FailureMode onFailure,
            FailureMode onOverload,
            int icmpErrorsPerSecond,
            IdleMode idle,
            int cpu) {
        this(
                port,
                origins,
                policy,
                inspector,
                onFailure,
                onOverload,
                icmpErrorsPerSecond,
                idle,
                cpu,
                System::nanoTime,
                Worker::yieldProcessor);
    }

    /** With another clock, and another way to let the kernel's threads run. */
    Worker(
            PacketPort port,
            OriginFilter origins,
            EndpointPolicy policy,
            Inspector inspector,
            FailureMode onFailure,
            FailureMode onOverload,
            int icmpErrorsPerSecond,
            IdleMode idle,
            int cpu,
            LongSupplier clock,
            Runnable giveWay) {
        this.port = port;
        this.origins = origins;
        this.policy = policy;
        this.inspector = inspector;
        this.onFailure = onFailure;
        this.packet = new InspectedPacket(port.maxDatagramLength());
        this.answers = new Answers(port, icmpErrorsPerSecond);
        this.spinNanos = idle.spinNanos();
        this.cpu = cpu;
        this.giveWay = giveWay;
        this.clock = clock;
        this.overload = new Overload(onOverload, clock, counters);
        this.lastIdle = clock.getAsLong();
        this.lastTurn = lastIdle;
    }

    @Override
    public void run() {
        try {
            if (cpu != ANY_CPU) {
                CpuAffinity.pin(cpu);
            }
            turn();
        } catch (Throwable e) { // whatever it is, somebody has to learn of it
            failure = e;
        }
    }

    private void turn() throws IOException {
        long lastPacket = clock.getAsLong();
        int load = 0; // the most packets of a poll, not long ago
        int empty = 0;
        while (running) {
            long now = clock.getAsLong();
            LAST_TURN.setOpaque(this, now);
            int count = poll(now);
            if (count > 0) {
                lastPacket = now;
                load = Math.max(count, load >> 1);
                empty = 0;
                if (now - lastIdle >= WAIT_NANOS) { // what comes may be nothing to inspect
                    idle(now);
                }
                continue;
            }
            idle(now);
            if (now - lastPacket < spinNanos) {
                if (load >= LOAD
                        && now - lastPacket < LOAD_NANOS
                        && ++empty % EMPTY_POLLS_UNDER_LOAD == 0) {
                    giveWay.run();
                } else {
                    Thread.onSpinWait();
                }
            } else {
                port.await(WAIT_NANOS);
            }
        }
    }

    /** {@return how many packets there were, at most {@link #BATCH}} */
    int poll(long now) throws IOException {
        packet.at(now);
        overload.turn(now);
        int count = port.poll(this, BATCH);
        overload.polled(count == BATCH);
        if (unjudged > 0) {
            tellUnjudged(now);
        }
        return count;
    }

    /** Lets the inspector do what has to be done although no packet comes to it. */
    private void idle(long now) {
        if (now - lastIdle >= IDLE_NANOS) {
            lastIdle = now;
            try {
                inspector.onIdle(now);
            } catch (Throwable e) {
                note(e);
            }
        }
    }

    /** Tells the inspector how many packets of the poll it did not see: all after those it did. */
    private void tellUnjudged(long now) {
        int packets = unjudged;
        unjudged = 0;
        try {
            inspector.onUnjudged(now, packets);
        } catch (Throwable e) {
            note(e);
        }
    }

    /**
     * Keeps what an inspector threw: anything at all, since other languages than Java throw checked
     * exceptions from where none is declared, and have errors that are none of the JVM's.
     */
    private void note(Throwable failure) {
        InspectorFailures.throwIfFatal(failure);
        if (inspectorFailure == null) {
            inspectorFailure = failure;
        }
    }

    /**
     * Under load the kernel receives on threads of its own, which may share the processor with this
     * one: they bring the next packets sooner if they need not wait for the end of its time slice.
     */
    @SuppressWarnings("ThreadPriorityCheck")
    private static void yieldProcessor() {
        Thread.yield();
    }

    @Override
    public int onDatagram(ByteBuf buffer, int offset, int length, int sourceAddress) {
        counters.countReceived(length);
        if (!origins.allows(sourceAddress)) {
            return drop(DropReason.ORIGIN_NOT_ALLOWED);
        }
        if (overload.passesUnjudged()) {
            return passUnjudged(buffer, offset, length);
        }
        DecodeStatus status = packet.wrap(buffer, offset, length, policy);
        if (status != DecodeStatus.OK) {
            return drop(DropReason.of(status));
        }
        Verdict verdict;
        try {
            verdict = inspector.inspect(packet);
            check(verdict);
        } catch (Throwable e) {
            return fail(e, length);
        }
        return switch (verdict) {
            case PASS -> {
                counters.countPassed(length);
                yield UNCHANGED; // in place, byte for byte
            }
            case DROP -> drop(DropReason.INSPECTOR);
            case REJECT -> reject(false);
            case REJECT_BOTH_ENDS -> reject(true);
            case REWRITE -> rewrite();
        };
    }

    /** Finds the cookie where the load balancer has it, at the end of its header. */
    @Override
    public void onAhead(ByteBuf buffer, int offset, int length) {
        if (length < USUAL_HEADER) {
            return;
        }
        long option = buffer.getLong(offset + USUAL_HEADER - Long.BYTES);
        if ((int) (option >>> Integer.SIZE) != COOKIE_OPTION) {
            return;
        }
        try {
            inspector.onAhead((int) option);
        } catch (Throwable e) {
            note(e);
        }
    }

    /** Returns what is a packet that may pass at all, and looks no further into it. */
    private int passUnjudged(ByteBuf buffer, int offset, int length) {
        DecodeStatus status = packet.check(buffer, offset, length, policy);
        if (status != DecodeStatus.OK) {
            return drop(DropReason.of(status));
        }
        unjudged++;
        counters.countPassed(length);
        counters.countUnjudged();
        return UNCHANGED;
    }

    private int drop(DropReason reason) {
        counters.countDropped(reason);
        return DROP;
    }

    /** Refuses a verdict that does not fit what the inspector did, and mends what it changed. */
    private void check(Verdict verdict) {
        if (verdict == Verdict.PASS) {
            packet.checkNotEdited();
        } else if (verdict == Verdict.REWRITE) {
            if (!packet.isTooLong()) {
                packet.mend();
            }
        } else if (verdict == null) {
            throw new IllegalStateException("no verdict");
        }
    }

    private int fail(Throwable failure, int length) {
        note(failure);
        if (onFailure == FailureMode.CLOSED) {
            return drop(DropReason.INSPECTOR_FAILED);
        }
        packet.restore();
        counters.countPassed(length);
        counters.countUninspected();
        return length; // not UNCHANGED: it may have been written to
    }

    private int rewrite() {
        if (packet.isTooLong()) {
            counters.countDropped(DropReason.TOO_LONG);
            return answered(answers.tooBig(packet));
        }
        int length = packet.geneve().headerLength() + packet.innerLength();
        counters.countRewritten(length);
        return length;
    }

    private int reject(boolean bothEnds) {
        counters.countDropped(DropReason.REJECTED);
        packet.restore();
        if (bothEnds && answers.resetOnward(packet)) {
            counters.countResetOnward();
        }
        return answered(answers.reject(packet));
    }

    private int answered(Answer answer) {
        counters.countAnswer(answer);
        return answer.isSent() ? answers.length() : DROP;
    }

    /** Asks the loop to end after its current batch; any thread. */
    void stop() {
        running = false;
        port.wakeup();
    }

    PacketPort port() {
        return port;
    }

    PacketCounters counters() {
        return counters;
    }

    /** {@return what ended the loop before its time, or null} */
    @Nullable Throwable failure() {
        return failure;
    }

    /** {@return the first exception that the inspector threw, or null} */
    @Nullable Throwable inspectorFailure() {
        return inspectorFailure;
    }

    /** {@return whether more comes than can be judged, and has for longer than a burst takes} */
    boolean isOverloaded() {
        return overload.isOn();
    }

    /** {@return when the loop last turned, by System.nanoTime} */
    long lastTurn() {
        return (long) LAST_TURN.getOpaque(this);
    }
}
