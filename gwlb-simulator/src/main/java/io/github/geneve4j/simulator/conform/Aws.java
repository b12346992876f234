package io.github.geneve4j.simulator.conform;

import io.github.geneve4j.simulator.CloudWatchMetric;

/** CloudWatch metrics of the namespace AWS/GatewayELB, and texts that rules are written in. */
final class Aws {
    static final String INVALID_TUNNEL = CloudWatchMetric.INVALID_GENEVE_TUNNEL.metricName();
    static final String INVALID_ENDPOINT = CloudWatchMetric.INVALID_ENDPOINT_ID.metricName();
    static final String INVALID_COOKIE = CloudWatchMetric.INVALID_FLOW_COOKIE.metricName();
    static final String MISSING_FLOW = CloudWatchMetric.MISSING_FLOW_ENTRY.metricName();
    static final String UNHEALTHY = CloudWatchMetric.UNHEALTHY_HOST_COUNT.metricName();
    static final String NONE = CheckInfo.NO_METRIC;

    static final String USER_GUIDE = "AWS: Gateway Load Balancers, Geneve protocol";
    static final String FAQ = "AWS: Elastic Load Balancing FAQ";
    static final String HEALTH = "AWS: health checks for Gateway Load Balancer target groups";
    static final String METRICS = "AWS: CloudWatch metrics for Gateway Load Balancer";

    private Aws() {}
}
