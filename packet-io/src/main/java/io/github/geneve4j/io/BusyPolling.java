package io.github.geneve4j.io;

import static io.github.geneve4j.io.sys.SocketHeader.SOL_SOCKET;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.github.geneve4j.io.sys.Libc;
import io.github.geneve4j.io.sys.SocketHeader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What a socket is told about busy polling: that a call which would find nothing has the interface
 * receive, in the thread that calls (kernel documentation, {@code networking/napi.rst}).
 */
final class BusyPolling {
    /**
     * How often to look before going to sleep: an interface interrupts again after as many looks in
     * vain as {@code napi_defer_hard_irqs} says, which is to be less.
     */
    private static final int LAST_LOOKS = 4;

    private static final MemorySegment ON = Arena.global().allocateFrom(JAVA_INT, 1);
    private static final MemorySegment OFF = Arena.global().allocateFrom(JAVA_INT, 0);

    private static final int MAX_BUDGET = 0xffff;

    /** What the kernel wants of who is to poll: it asks outside of any user namespace. */
    static final String NEEDS = "needs CAP_NET_ADMIN of the host, and Linux 5.11";

    /** Who polls, for people: sockets that have been told what. */
    static final String BY_SOCKETS = "by its sockets, which know what";

    private BusyPolling() {}

    /** {@return that nobody polls, and why, for people} */
    static String notPossible(String why) {
        return "not possible (" + why + ")";
    }

    /** Refuses what {@link AfXdpPort.Builder#busyPoll} does not take. */
    static void check(int micros, int budget) {
        Ranges.inRange("busy polling time", micros, 0, Integer.MAX_VALUE);
        Ranges.inRange("busy polling budget", budget, 1, MAX_BUDGET);
    }

    /** Has a socket poll where it would find nothing. {@return whether the kernel lets it} */
    static boolean tune(int descriptor, int micros, int budget) {
        return prefer(descriptor, true)
                && Libc.setsockopt(descriptor, SOL_SOCKET, SocketHeader.SO_BUSY_POLL, micros) >= 0
                && Libc.setsockopt(descriptor, SOL_SOCKET, SocketHeader.SO_BUSY_POLL_BUDGET, budget)
                        >= 0;
    }

    /** {@return whether a socket has been told which NAPI instance is to receive} */
    static boolean knowsWhatToPoll(int descriptor) {
        return Libc.getsockopt(descriptor, SOL_SOCKET, SocketHeader.SO_INCOMING_NAPI_ID) > 0;
    }

    /**
     * Has a socket that polls leave the interface to interrupts until the next call, after some
     * last ones: otherwise the interface would wait for a thread that sleeps. Allocates nothing.
     */
    static void letGo(int descriptor) {
        prefer(descriptor, false);
        for (int i = 0; i < LAST_LOOKS; i++) {
            Libc.recvfrom(descriptor, MemorySegment.NULL, SocketHeader.MSG_DONTWAIT);
        }
        prefer(descriptor, true);
    }

    /**
     * Has the interface wait for the next call instead of interrupting, or not any more. {@return
     * whether the kernel lets it}
     */
    private static boolean prefer(int descriptor, boolean preferred) {
        return Libc.setsockopt(
                        descriptor,
                        SOL_SOCKET,
                        SocketHeader.SO_PREFER_BUSY_POLL,
                        preferred ? ON : OFF)
                >= 0;
    }
}
