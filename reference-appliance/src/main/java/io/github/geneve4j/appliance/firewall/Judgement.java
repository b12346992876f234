package io.github.geneve4j.appliance.firewall;

/** Why a firewall let a packet pass, or did not; each constant is a counter. */
public enum Judgement {
    /** It belongs to a flow that was allowed. */
    KNOWN("known"),
    /**
     * It begins a flow that the policy allows; or it is an ICMP message of another kind than its
     * flow's, and would.
     */
    ALLOWED("allowed"),
    /** It is an ICMP error about a flow that was allowed. */
    RELATED("related"),
    /** The policy drops flows like the one that it would begin. */
    POLICY_DROP("policy_drop"),
    /** The policy rejects them. */
    POLICY_REJECT("policy_reject"),
    /** Its flow was allowed once, and is not by the policy that has replaced that one. */
    WITHDRAWN("withdrawn"),
    /** Its flow is allowed, and a {@link FlowInspector} did not let it pass. */
    INSPECTOR("inspector"),
    /** Its flags, state or numbers cannot be; see {@code InvalidReason}. */
    INVALID("invalid"),
    /** It is an ICMP error that is neither related nor invalid. */
    UNRELATED("unrelated"),
    /** It is out of the middle of a connection, or answers a SYN that was not seen here. */
    MIDSTREAM("midstream"),
    /**
     * It is a later fragment whose first one was not seen, and the policy allows that one whatever
     * its ports are.
     */
    LOOSE_ALLOWED("loose_allowed"),
    /** It is any other fragment of a datagram whose ports, or kind, no first fragment has shown. */
    LOOSE_FRAGMENT("loose_fragment"),
    /** Its flow cannot be read: malformed, or no IP. */
    UNREADABLE("unreadable"),
    /** Its endpoint has as many flows as it may. */
    ENDPOINT_FLOWS("endpoint_flows"),
    /** Its sender has as many flows as it may. */
    SOURCE_FLOWS("source_flows"),
    /** The table is full. */
    TABLE_FULL("table_full"),
    /**
     * It passed without being looked at, as more came than could be judged, and the operator has
     * said that it may.
     */
    UNJUDGED("unjudged");

    private final String label;

    Judgement(String label) {
        this.label = label;
    }

    /** {@return the stable metric label; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }
}
