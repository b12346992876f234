package io.github.geneve4j.flow;

/** What a {@link FlowTable} does with a new flow when there is no place left. */
public enum WhenFull {
    /** Refuses it: every flow that is in stays in. */
    REFUSE,
    /**
     * Gives it the place of another: of a closed connection, if there is one; else of a flow that
     * is not {@linkplain FlowTable#isEstablished established}; else of one that is not TCP; else of
     * any. Among these, of the one idle for longest.
     *
     * <p>So a flood of first packets with forged senders displaces itself, flows that have not been
     * answered, and one-way flows, but no established one, whether or not anyone answers it. A
     * flood that forges a second packet after each answer looks established in UDP, which proves
     * nothing, and displaces other flows than TCP. In TCP the second packet must guess a number;
     * about one in 4,095 does. Against more than that, use {@link #REFUSE}, or judge before
     * inserting.
     */
    EVICT_OLDEST_IDLE
}
