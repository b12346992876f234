package io.github.geneve4j.io;

import java.io.IOException;
import java.util.List;

/** What a {@link NapiPoll} asks of the kernel. */
interface NapiCalls extends AutoCloseable {
    /**
     * {@return sockets that nothing has been told yet, and that get what is left to the stack} To
     * be closed by the caller.
     *
     * @throws IOException if they are not to be had, for a while perhaps
     */
    List<? extends PollingSocket> enroll() throws IOException;

    /** {@return whether the AF_XDP socket has been told what to poll, as some kernels do} */
    boolean socketKnowsWhatToPoll();

    /** Has the port's datagrams left to the kernel's stack. */
    void leaveToStack() throws IOException;

    /** Has them redirected to the port again. */
    void redirect() throws IOException;

    /** {@return whether the interface may have been down since this was asked last} */
    boolean hasBeenDown();

    @Override
    void close();
}
