package io.github.geneve4j.appliance.track;

/** What a {@link ConnectionTracker} knows about a packet. */
public enum Outcome {
    /**
     * It may begin a flow: a SYN without ACK, or a packet that is not TCP, and no flow is known, or
     * the known one is over.
     */
    NEW("new"),
    /** It belongs to a known flow, and its state and numbers allow it. */
    KNOWN("known"),
    /**
     * It is TCP, of no known connection, and not what begins one: a load balancer may have brought
     * an established connection here. {@link MidStream} says what to do.
     */
    MIDSTREAM("midstream"),
    /** It is an ICMP error that quotes a packet of a known flow, and goes to that one's sender. */
    RELATED("related"),
    /** It is an ICMP error that quotes no known flow, or nothing that can be read. */
    UNRELATED("unrelated"),
    /** It must not pass; {@link ConnectionTracker#reason()} says why. */
    INVALID("invalid"),
    /**
     * It is a later fragment of a datagram with ports whose first one was not seen, so that its
     * flow is not known. It begins none.
     */
    LOOSE_FRAGMENT("loose_fragment"),
    /** It has no flow that could be read. */
    NO_FLOW("no_flow");

    private final String label;

    Outcome(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
