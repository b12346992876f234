package io.github.geneve4j.simulator;

import org.jspecify.annotations.Nullable;

/**
 * Why a packet did not go on. The first reason found counts, in the order in which they stand here.
 */
public enum DropReason {
    // Packets from an endpoint

    /** The endpoint is pending, rejected or deleted. */
    ENDPOINT_NOT_AVAILABLE("endpoint_not_available"),
    /** The inner packet is longer than the MTU; nobody is told, by ICMP or otherwise. */
    ABOVE_MTU("above_mtu"),
    /** The packet is no IP packet that can be read. */
    MALFORMED_PACKET("malformed_packet"),
    /** An ICMP error that quotes a packet of no known flow: our own choice. */
    ERROR_WITHOUT_FLOW("error_without_flow"),
    /** A TCP packet of no known flow, and no SYN. */
    TCP_WITHOUT_FLOW("tcp_without_flow"),
    /** A TCP packet whose flow has lost its target; it was answered with a reset. */
    ANSWERED_WITH_RESET("answered_with_reset"),
    /** A new flow, and no target for it. */
    NO_TARGET("no_target", CloudWatchMetric.REJECTED_FLOW_COUNT),
    /** A new flow, and no room for it. */
    FLOW_TABLE_FULL("flow_table_full", CloudWatchMetric.REJECTED_FLOW_COUNT),

    // Datagrams from a target

    /** A fragment of an outer IPv4 packet. */
    OUTER_FRAGMENT("outer_fragment"),
    /** The UDP destination port is not 6081. */
    WRONG_DESTINATION_PORT("wrong_destination_port", CloudWatchMetric.INVALID_GENEVE_TUNNEL),
    /** No Geneve header of version 0 can be read. */
    MALFORMED_GENEVE("malformed_geneve", CloudWatchMetric.INVALID_GENEVE_TUNNEL),
    /** The source is no target's address. */
    SOURCE_IS_NO_TARGET("source_is_no_target", CloudWatchMetric.INVALID_GENEVE_TUNNEL),
    /** The endpoint id is missing. */
    NO_ENDPOINT_ID("no_endpoint_id", CloudWatchMetric.INVALID_ENDPOINT_ID),
    /** The endpoint id is of no endpoint, or not that of the flow whose cookie came. */
    WRONG_ENDPOINT_ID("wrong_endpoint_id", CloudWatchMetric.INVALID_ENDPOINT_ID),
    /** The flow cookie is missing. */
    NO_FLOW_COOKIE("no_flow_cookie", CloudWatchMetric.INVALID_FLOW_COOKIE),
    /** The inner packet is longer than the MTU. */
    REPLY_ABOVE_MTU("reply_above_mtu"),
    /** The inner packet is no IP packet that can be read, so it has no flow. */
    MALFORMED_REPLY("malformed_reply", CloudWatchMetric.MISSING_FLOW_ENTRY),
    /** The inner packet belongs to no known flow. */
    REPLY_WITHOUT_FLOW("reply_without_flow", CloudWatchMetric.MISSING_FLOW_ENTRY),
    /** The flow cookie is not that of the inner packet's flow. */
    WRONG_FLOW_COOKIE("wrong_flow_cookie", CloudWatchMetric.INVALID_FLOW_COOKIE),
    /** The source is a target, but not the one that has the flow. */
    WRONG_TARGET("wrong_target", CloudWatchMetric.INVALID_GENEVE_TUNNEL),
    /** It went to another node than the flow's packets come from. */
    WRONG_NODE("wrong_node", CloudWatchMetric.INVALID_GENEVE_TUNNEL),
    /** Something else that {@link Strictness#DROP} was asked for. */
    OBJECTION("objection");

    private final String label;
    private final @Nullable CloudWatchMetric metric;

    DropReason(String label) {
        this.label = label;
        this.metric = null;
    }

    DropReason(String label, CloudWatchMetric metric) {
        this.label = label;
        this.metric = metric;
    }

    /** {@return the stable name; safe to persist, unlike {@link #ordinal()}} */
    public String label() {
        return label;
    }

    /** {@return what AWS counts it as; {@code null} if it has no metric for it} */
    public @Nullable CloudWatchMetric metric() {
        return metric;
    }
}
