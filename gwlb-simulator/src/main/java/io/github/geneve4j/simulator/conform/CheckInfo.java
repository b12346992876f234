package io.github.geneve4j.simulator.conform;

/**
 * What a check is about, for people and for reports.
 *
 * @param name short, lower case, stable: what {@code --checks} takes
 * @param reason one sentence: why an appliance has to do this
 * @param rule where it is written
 * @param metric the CloudWatch metric (namespace AWS/GatewayELB) by which the load balancer shows a
 *     violation; {@value #NO_METRIC} where it has none
 */
public record CheckInfo(String name, String reason, String rule, String metric) {
    /** AWS counts nothing: packets vanish, or nobody notices. */
    public static final String NO_METRIC = "none";
}
