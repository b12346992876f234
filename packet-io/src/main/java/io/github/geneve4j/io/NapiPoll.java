package io.github.geneve4j.io;

import io.github.geneve4j.io.sys.Descriptor;
import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.NetworkDevice;
import io.github.geneve4j.io.sys.SocketHeader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Makes an interface receive in the worker's thread (busy polling), by means of a UDP socket. An
 * AF_XDP socket can do that itself only if the driver has told it which receive context of the
 * kernel (NAPI instance) is its queue's; veth's does not, as of Linux 6.18. A UDP socket is told by
 * the first datagram that reaches it.
 *
 * <p>For one to reach it, datagrams have to be left to the kernel's stack for a moment, and those
 * are lost. So it is done once some have come, for {@value #LESSON_MILLIS} ms at most while the
 * worker runs; if none has reached the socket by then, because of a firewall, say, a later try
 * waits twice as long as the last one did, up to a minute, and after some ten minutes there is none
 * any more. An interface that has been down has a new instance afterwards, and all begins again.
 *
 * <p><b>Allocation:</b> none once it is known what to poll. <b>Threads:</b> one, in the interface's
 * network namespace: in another it does not learn.
 */
final class NapiPoll implements AutoCloseable {
    static final int LESSON_MILLIS = 20; // longer than a gro_flush_timeout that is of use

    private static final int QUEUE = 0; // of an interface that has one
    private static final int LOOKS_BETWEEN_CHECKS = 4096; // which take a millisecond or two
    private static final int MOST_LESSONS = 20; // in some ten minutes
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int DOUBLED_PAUSES = 9;

    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How far it has come. */
    private enum State {
        /** Datagrams come to the port, and what to poll is not known. */
        UNTAUGHT,
        /** Datagrams are left to the stack. */
        LESSON,
        /** What to poll is known. */
        TAUGHT,
        /** There is nothing to poll, or no way to learn what. */
        HOPELESS
    }

    private final UdpSink sink;
    private final XdpAttachment attachment;
    private final XskSocket socket;
    private final PortCounters counters;
    private final int interfaceIndex;
    private final int micros;
    private final int budget;
    private final LinkWatch watch;
    private State state = State.UNTAUGHT;
    private List<Descriptor> pupils = List.of();
    private int polled = -1; // descriptor of the one that knows
    private int lessons;
    private long nextNanos; // begin or end of a lesson, or when to enroll again
    private boolean triesAgain;
    private int looks;
    private String why = "";

    private NapiPoll(
            NetworkDevice device,
            XdpAttachment attachment,
            XskSocket socket,
            int micros,
            int budget,
            PortCounters counters)
            throws IOException {
        this.sink = attachment.sink();
        this.attachment = attachment;
        this.socket = socket;
        this.counters = counters;
        this.interfaceIndex = device.index();
        this.micros = micros;
        this.budget = budget;
        this.watch = LinkWatch.open(device.index());
    }

    /**
     * {@return one that knows nothing yet}
     *
     * @param device interface with one receive queue, in the network namespace of this thread
     * @param attachment of the program that redirects to the socket
     * @param socket of the queue
     * @param micros most microseconds of a look
     * @param budget most packets of a look
     * @param counters told of datagrams that are lost
     * @throws IOException if there are no sockets to be had
     */
    static NapiPoll open(
            NetworkDevice device,
            XdpAttachment attachment,
            XskSocket socket,
            int micros,
            int budget,
            PortCounters counters)
            throws IOException {
        NapiPoll poll = new NapiPoll(device, attachment, socket, micros, budget, counters);
        try {
            poll.enroll();
            return poll;
        } catch (Throwable e) {
            poll.close();
            throw e;
        }
    }

    /** {@return whether datagrams are left to the stack now, so that waiting is to be short} */
    boolean isLearning() {
        return state == State.LESSON;
    }

    /** Notes that datagrams have come to the port. */
    void came() throws IOException {
        if (state != State.UNTAUGHT) {
            return;
        }
        long now = System.nanoTime();
        if (now - nextNanos >= 0) {
            attachment.leaveToStack(QUEUE);
            state = State.LESSON;
            nextNanos = now + TimeUnit.MILLISECONDS.toNanos(LESSON_MILLIS);
        }
    }

    /** Has the queue receive here and now, if it is known by now which one. */
    void look() throws IOException {
        if (++looks >= LOOKS_BETWEEN_CHECKS) {
            check();
        }
        if (state == State.TAUGHT) {
            take(polled); // there is nothing to take, so it polls
        } else if (state == State.LESSON) {
            learn();
        }
    }

    /** Leaves the queue to interrupts until the next look, after some last ones. */
    void letGo() throws IOException {
        check();
        if (state == State.TAUGHT) {
            BusyPolling.letGo(polled);
        } else if (state == State.LESSON) {
            learn();
        }
    }

    /** {@return how far it has come, for people} */
    @Override
    public String toString() {
        return switch (state) {
            case UNTAUGHT, LESSON -> "as soon as datagrams come";
            case TAUGHT -> "by a UDP socket";
            case HOPELESS -> "not possible (" + why + ")";
        };
    }

    @Override
    public void close() {
        watch.close();
        pupils.forEach(Descriptor::close);
    }

    private void check() throws IOException {
        looks = 0;
        boolean wasDown = watch.hasBeenDown();
        if (!wasDown && (!triesAgain || System.nanoTime() - nextNanos < 0)) {
            return;
        }
        if (state == State.LESSON) {
            attachment.redirect(QUEUE, socket);
        }
        try {
            enroll();
            triesAgain = false;
        } catch (IOException e) { // no descriptor left, or the address is gone, for a while perhaps
            giveUp(String.valueOf(e.getMessage()));
            triesAgain = true;
            nextNanos = System.nanoTime() + AGAIN_NANOS;
        }
    }

    /** Begins with new sockets: one keeps the first thing that it is told. */
    private void enroll() throws IOException {
        polled = -1;
        pupils.forEach(Descriptor::close);
        pupils = List.of();
        pupils = sink.inFront(interfaceIndex);
        for (Descriptor pupil : pupils) {
            if (!sink.isInNamespaceOf(pupil)) {
                giveUp("its thread is in another network namespace");
                return;
            }
            if (!BusyPolling.tune(pupil.number(), micros, budget)) {
                giveUp("needs CAP_NET_ADMIN, and Linux 5.11");
                return;
            }
        }
        state = State.UNTAUGHT;
        lessons = 0;
        nextNanos = System.nanoTime();
    }

    private void learn() throws IOException {
        for (Descriptor pupil : pupils) {
            if (take(pupil.number())) { // it has left its mark by then, if it has one
                boolean told = BusyPolling.knowsWhatToPoll(pupil.number());
                attachment.redirect(QUEUE, socket);
                UdpSink.deafen(pupil);
                counters.countSkipped(ReceiveSkip.LESSON, 1 + takeAll(pupil.number()));
                if (told) {
                    polled = pupil.number();
                    state = State.TAUGHT;
                } else {
                    giveUp("it receives without NAPI");
                }
                return;
            }
        }
        long now = System.nanoTime();
        if (now - nextNanos >= 0) {
            attachment.redirect(QUEUE, socket);
            state = State.UNTAUGHT;
            nextNanos = now + (FIRST_PAUSE_NANOS << Math.min(lessons, DOUBLED_PAUSES));
            if (++lessons == MOST_LESSONS) {
                giveUp("no UDP socket gets what comes: a firewall, rp_filter, VLAN tags?");
            }
        }
    }

    private void giveUp(String reason) {
        state = State.HOPELESS;
        why = reason;
        pupils.forEach(Descriptor::close);
        pupils = List.of();
    }

    /** {@return whether there was a datagram} It is no more. */
    private static boolean take(int descriptor) {
        return Libc.recvfrom(descriptor, MemorySegment.NULL, SocketHeader.MSG_DONTWAIT) >= 0;
    }

    private static long takeAll(int descriptor) {
        long taken = 0;
        while (take(descriptor)) {
            taken++;
        }
        return taken;
    }
}
