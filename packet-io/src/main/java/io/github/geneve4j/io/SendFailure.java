package io.github.geneve4j.io;

/**
 * Why a datagram that was to be sent could not be. Every constant names a counter by its {@link
 * #label()}.
 */
public enum SendFailure {
    /**
     * The request's source port could not be bound for the reply: it is in use by another socket,
     * needs a privilege, or is 0. The reply is not sent from elsewhere instead.
     */
    SOURCE_PORT_UNAVAILABLE("source_port_unavailable"),
    /** The system has no socket left, not even after an idle one was closed. */
    NO_SOCKET("no_socket"),
    /** The send queue is full. */
    QUEUE_FULL("queue_full"),
    /**
     * The network interface is down, has no carrier as far as the port has noticed, or is gone. It
     * is not sent later instead.
     */
    LINK_DOWN("link_down"),
    /**
     * The kernel or the network card refused it: no route, a packet filter, longer than the link
     * allows.
     */
    REFUSED("refused");

    private final String label;

    SendFailure(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
