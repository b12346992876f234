package io.github.geneve4j.io;

/** What an {@link XskLink} asks the kernel about one queue's socket. */
interface XskCalls {
    /** {@return the frames} */
    XskQueue queue();

    /** {@return whether the interface works on the frames where they are} */
    boolean isZeroCopy();

    /**
     * {@return whether the transmit ring's index tells what a call has sent (Linux 6.17), and not
     * only once all is sent}
     */
    boolean tellsSent();

    /** Makes the kernel send; {@return 0 or more, or the negative of an error number} */
    int send();

    /** Makes the kernel receive; {@return 0 or more, or the negative of an error number} */
    int receive();

    /** {@return packets to send that the kernel has found invalid since this was asked last} */
    int skipped();
}
