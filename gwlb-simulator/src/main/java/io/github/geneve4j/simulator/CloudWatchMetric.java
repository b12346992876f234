package io.github.geneve4j.simulator;

/** What the load balancer reports of itself to CloudWatch, namespace {@code AWS/GatewayELB}. */
public enum CloudWatchMetric {
    /** Flows that there are now. */
    ACTIVE_FLOW_COUNT("ActiveFlowCount"),
    /** Flows that began. */
    NEW_FLOW_COUNT("NewFlowCount"),
    /** Bytes of inner packets, sent to targets and taken back; health checks are none of them. */
    PROCESSED_BYTES("ProcessedBytes"),
    /** Targets that are healthy now. */
    HEALTHY_HOST_COUNT("HealthyHostCount"),
    /** Targets that are registered and not healthy now. */
    UNHEALTHY_HOST_COUNT("UnHealthyHostCount"),
    /** Flows that did not begin, as there was no target or no room for them. */
    REJECTED_FLOW_COUNT("RejectedFlowCount"),
    /** Those of them that are TCP. */
    REJECTED_FLOW_COUNT_TCP("RejectedFlowCount_TCP"),
    /** Resets that the load balancer sent. */
    TCP_ELB_RESET_COUNT("TCP_ELB_Reset_Count"),
    /** Replies from a wrong address, to a wrong port, or without a readable Geneve header. */
    INVALID_GENEVE_TUNNEL("PacketsDroppedCount_InvalidGeneveTunnel"),
    /** Replies without the endpoint id, or with another. */
    INVALID_ENDPOINT_ID("PacketsDroppedCount_InvalidGwlbEndpointId"),
    /** Replies without the flow's cookie. */
    INVALID_FLOW_COOKIE("PacketsDroppedCount_InvalidGwlbFlowCookie"),
    /** Replies of no flow that the load balancer knows. */
    MISSING_FLOW_ENTRY("PacketsDroppedCount_MissingFlowEntry");

    private final String metricName;

    CloudWatchMetric(String metricName) {
        this.metricName = metricName;
    }

    /** {@return the name in CloudWatch} */
    public String metricName() {
        return metricName;
    }
}
