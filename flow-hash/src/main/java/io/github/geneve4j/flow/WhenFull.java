package io.github.geneve4j.flow;

/** What a {@link FlowTable} does with a new flow when there is no place left. */
public enum WhenFull {
    /** Refuses it: every flow that is in stays in. */
    REFUSE,
    /**
     * Gives it the place of another: of one that has expired, or of a closed connection, if there
     * is one; else of the oldest flow that is not {@linkplain FlowTable#isEstablished established}.
     * Only if those take less than an eighth of the table (of a small one: than 16 places, at most
     * half of it), an established one goes: one that is not TCP, unless they in turn take less than
     * that, else TCP. Of several, the one idle for longest. An established connection that was
     * reset counts as closed five seconds later only, as the reset may be forged.
     *
     * <p>So a flood of first packets with forged senders displaces itself, flows that have not been
     * answered, and one-way flows; established flows keep seven eighths of the table, whether or
     * not anyone answers the flood; and a new flow has time to become established, even in a table
     * full of others. A flood that forges a second packet after each answer looks established in
     * UDP, which proves nothing, and displaces other flows than TCP, which keeps three quarters of
     * the table. In TCP the second packet must guess a number; about one in 4,095 does. Against
     * more than that, or where packets of both sides can be forged, use {@link #REFUSE}, or judge
     * before inserting.
     */
    EVICT_OLDEST_IDLE
}
