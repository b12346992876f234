package io.github.geneve4j.io;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes an interface receive in the worker's thread (busy polling), by means of a UDP socket. An
 * AF_XDP socket can do that itself only if it has been told which receive context of the kernel
 * (NAPI instance) is its queue's: by the driver, or in some kernels by its first packet. veth does
 * not tell, as of Linux 6.18. A UDP socket is told by the first datagram that reaches it.
 *
 * <p>For one to reach it, datagrams have to be left to the kernel's stack for a moment, and those
 * are lost. So it is done once some have come, for {@value #LESSON_MILLIS} ms, or longer if the
 * worker does not come back by then; if none has reached a socket, because of a firewall, say, a
 * later try waits twice as long as the last one did, up to a minute, and after some ten minutes
 * there is none any more. An interface that has been down has a new instance afterwards, and all
 * begins again. A driver that makes new instances without that, for other settings, say, is not
 * noticed: the old one is polled in vain, and interrupts go on.
 *
 * <p><b>Allocation:</b> none once it is known what to poll. <b>Threads:</b> one, in the interface's
 * network namespace: in another it does not learn. Any for {@link #toString()}.
 */
final class NapiPoll implements AutoCloseable {
    static final int LESSON_MILLIS = 20; // longer than a gro_flush_timeout that is of use
    static final int MOST_LESSONS = 20; // in some ten minutes

    private static final long LESSON_NANOS = TimeUnit.MILLISECONDS.toNanos(LESSON_MILLIS);
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int DOUBLED_PAUSES = 9;

    /** From an attempt to have sockets that failed to the next. */
    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** For how long the kernel may fail to redirect, before the port serves nobody any more. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** How far it has come. */
    private enum State {
        /** There are no sockets that could learn, for now. */
        UNSTAFFED,
        /** Datagrams come to the port, and what to poll is not known. */
        UNTAUGHT,
        /** Datagrams are left to the stack. */
        LESSON,
        /** What to poll is known to the one socket that is left. */
        TAUGHT,
        /** The AF_XDP socket knows it. */
        NEEDLESS,
        /** There is nothing to poll, or no way to learn what. */
        HOPELESS
    }

    private final NapiCalls calls;
    private final PortCounters counters;
    private final LongSupplier clock;
    private volatile State state = State.UNSTAFFED;
    private volatile String why = ""; // written before the state that it is the reason of
    private List<? extends PollingSocket> pupils = List.of();
    private boolean marked; // the AF_XDP socket, with what may be gone
    private boolean wasDown;
    private int lessons;
    private long nextNanos; // begin or end of a lesson, or when to look for sockets again
    private boolean heard; // by a pupil, in this lesson
    private long refusedNanos; // when the kernel first failed to redirect
    private boolean refused;

    /**
     * Begins with sockets that know nothing yet.
     *
     * @param calls to be closed with this
     * @param counters told of datagrams that are lost
     * @param clock in nanoseconds
     */
    NapiPoll(NapiCalls calls, PortCounters counters, LongSupplier clock) {
        this.calls = calls;
        this.counters = counters;
        this.clock = clock;
        begin();
    }

    /** {@return whether datagrams are left to the stack now, so that waiting is to be short} */
    boolean isLearning() {
        return state == State.LESSON;
    }

    /** {@return whether a look has the queue receive} */
    boolean isPolling() {
        return state == State.TAUGHT || isNeedless();
    }

    /** {@return whether the AF_XDP socket polls by itself, and this one does not} */
    boolean isNeedless() {
        return state == State.NEEDLESS;
    }

    /** Notes that datagrams have come to the port. */
    void came() {
        if (state != State.UNTAUGHT) {
            return;
        }
        long now = clock.getAsLong();
        if (now - nextNanos < 0) {
            return;
        }
        if (!marked && calls.socketKnowsWhatToPoll()) {
            dismiss();
            state = State.NEEDLESS;
            return;
        }
        try {
            calls.leaveToStack();
        } catch (IOException e) {
            giveUp(State.HOPELESS, e.getMessage());
            return;
        }
        heard = false;
        refused = false;
        nextNanos = now + LESSON_NANOS;
        state = State.LESSON;
    }

    /**
     * Has the queue receive here and now, if it is known by now which one.
     *
     * @throws IOException if datagrams cannot be brought back from the stack
     */
    void look() throws IOException {
        State now = state;
        if (now == State.TAUGHT) {
            pupils.get(0).take(); // there is nothing to take, so it polls
        } else if (now == State.LESSON) {
            learn();
        }
    }

    /** Leaves the queue to interrupts until the next look, after some last ones. */
    void letGo() throws IOException {
        State now = state;
        if (now == State.TAUGHT) {
            pupils.get(0).letGo();
        } else if (now == State.LESSON) {
            learn();
        }
    }

    /** Begins again where the interface was down; to be called now and then. */
    void check() throws IOException {
        wasDown |= calls.hasBeenDown();
        boolean again = state == State.UNSTAFFED && clock.getAsLong() - nextNanos >= 0;
        if (!wasDown && !again) {
            return;
        }
        if (state == State.LESSON) {
            if (!redirects()) {
                return; // the lesson goes on
            }
            hearOut();
        }
        wasDown = false;
        begin();
    }

    /** {@return how far it has come, for people} */
    @Override
    public String toString() {
        return switch (state) {
            case UNTAUGHT, LESSON -> "as soon as datagrams come";
            case TAUGHT -> "by a UDP socket";
            case NEEDLESS -> BusyPolling.BY_SOCKETS;
            case UNSTAFFED, HOPELESS -> BusyPolling.notPossible(why);
        };
    }

    @Override
    public void close() {
        calls.close();
        dismiss();
    }

    /** With new sockets: one keeps the first thing that it is told. */
    private void begin() {
        dismiss();
        lessons = 0;
        nextNanos = clock.getAsLong();
        marked = calls.socketKnowsWhatToPoll();
        try {
            pupils = calls.enroll();
            state = State.UNTAUGHT;
        } catch (IOException e) { // no descriptor left, or the address is gone, for a while perhaps
            nextNanos += AGAIN_NANOS;
            giveUp(State.UNSTAFFED, e.getMessage());
        }
    }

    private void learn() throws IOException {
        for (PollingSocket pupil : pupils) {
            hear(pupil); // it has been marked by then, if there is a mark
        }
        if (!heard && clock.getAsLong() - nextNanos < 0) {
            return;
        }
        if (!redirects()) {
            return;
        }
        hearOut();
        if (heard) {
            graduate();
        } else if (++lessons == MOST_LESSONS) {
            giveUp(
                    State.HOPELESS,
                    "no UDP socket gets what comes: a firewall, rp_filter, VLAN tags?");
        } else {
            nextNanos =
                    clock.getAsLong()
                            + (FIRST_PAUSE_NANOS << Math.min(lessons - 1, DOUBLED_PAUSES));
            state = State.UNTAUGHT;
        }
    }

    /** Takes what has come meanwhile, once datagrams come to the port again. */
    private void hearOut() {
        for (PollingSocket pupil : pupils) {
            while (hear(pupil)) {
                // what came with it
            }
        }
    }

    private boolean hear(PollingSocket pupil) {
        if (!pupil.take()) {
            return false;
        }
        heard = true;
        counters.countSkipped(ReceiveSkip.LESSON);
        return true;
    }

    /** {@return whether datagrams come to the port again} */
    private boolean redirects() throws IOException {
        try {
            calls.redirect();
            return true;
        } catch (IOException e) {
            long now = clock.getAsLong();
            if (!refused) {
                refused = true;
                refusedNanos = now;
            } else if (now - refusedNanos >= PATIENCE_NANOS) {
                throw e;
            }
            return false;
        }
    }

    /** Keeps one that has been told, and closes the others. */
    private void graduate() {
        PollingSocket first = null;
        for (PollingSocket pupil : pupils) {
            if (first == null && pupil.knowsWhatToPoll()) {
                first = pupil;
            } else {
                pupil.close();
            }
        }
        if (first == null) {
            pupils = List.of();
            giveUp(State.HOPELESS, "it receives without NAPI");
            return;
        }
        first.deafen();
        while (hear(first)) {
            // the last ones
        }
        pupils = List.of(first);
        state = State.TAUGHT;
    }

    private void giveUp(State as, @Nullable String reason) {
        dismiss();
        why = String.valueOf(reason);
        state = as;
    }

    private void dismiss() {
        pupils.forEach(PollingSocket::close);
        pupils = List.of();
    }
}
