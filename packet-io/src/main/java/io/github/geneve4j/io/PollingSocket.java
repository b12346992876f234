package io.github.geneve4j.io;

/**
 * A socket by which an interface can be polled: a call that finds nothing has the interface
 * receive, once a datagram has told the socket which NAPI instance that is.
 *
 * <p><b>Allocation:</b> none to take. <b>Threads:</b> one.
 */
interface PollingSocket extends AutoCloseable {
    /** Polls, unless there is a datagram. {@return whether there was} It is no more. */
    boolean take();

    /** {@return whether a datagram has told it what to poll} */
    boolean knowsWhatToPoll();

    /** Accepts nothing any more, if the kernel lets it. */
    void deafen();

    /** Leaves the interface to interrupts until the next poll, after some last ones. */
    void letGo();

    @Override
    void close();
}
