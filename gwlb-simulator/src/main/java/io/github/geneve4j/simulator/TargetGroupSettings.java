package io.github.geneve4j.simulator;

import io.github.geneve4j.flow.FlowScope;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of target group and listener, in AWS's own ranges. Start from {@link #DEFAULT} and
 * change what differs.
 *
 * @param stickiness how much of a packet makes a flow. Ports count for TCP and UDP only
 * @param tcpIdleSeconds after which a TCP flow without packets ends, 60 to 6000; other than 350
 *     only with stickiness by five-tuple
 * @param closedSeconds after which a TCP flow that was reset, or closed from both sides, ends, 1 to
 *     6000: our own choice, as AWS does not say
 * @param healthCheck how targets are probed; {@code null} takes every registered target for healthy
 * @param deregistrationDelaySeconds for which a deregistered target drains, 0 to 3600
 * @param failover what becomes of flows whose target fails
 * @param crossZone whether a node uses the targets of all zones, and not only of its own
 * @param tcpResets when senders are told by a reset; only with stickiness by five-tuple, and those
 *     for targets only without rebalancing
 * @param allUnhealthy what becomes of new flows when no target is healthy
 */
public record TargetGroupSettings(
        FlowScope stickiness,
        int tcpIdleSeconds,
        int closedSeconds,
        @Nullable HealthCheck healthCheck,
        int deregistrationDelaySeconds,
        TargetFailover failover,
        boolean crossZone,
        TcpResets tcpResets,
        AllUnhealthy allUnhealthy) {

    /** The idle timeout of all that is not TCP, in seconds; it is fixed. */
    public static final int OTHER_IDLE_SECONDS = 120;

    /** The idle timeout of TCP unless set, in seconds. */
    public static final int DEFAULT_TCP_IDLE_SECONDS = 350;

    /** What a new target group has. */
    public static final TargetGroupSettings DEFAULT =
            new TargetGroupSettings(
                    FlowScope.FIVE_TUPLE,
                    DEFAULT_TCP_IDLE_SECONDS,
                    30,
                    HealthCheck.DEFAULT,
                    300,
                    TargetFailover.NO_REBALANCE,
                    false,
                    TcpResets.NONE,
                    AllUnhealthy.RANDOM_TARGET);

    /** Checks the ranges, and that the attributes go together. */
    public TargetGroupSettings {
        Ranges.within("tcpIdleSeconds", tcpIdleSeconds, 60, 6000);
        Ranges.within("closedSeconds", closedSeconds, 1, 6000);
        Ranges.within("deregistrationDelaySeconds", deregistrationDelaySeconds, 0, 3600);
        boolean five = stickiness == FlowScope.FIVE_TUPLE;
        if (!five && tcpIdleSeconds != DEFAULT_TCP_IDLE_SECONDS) {
            throw new IllegalArgumentException(
                    "tcpIdleSeconds " + tcpIdleSeconds + ": needs stickiness FIVE_TUPLE");
        }
        if (!five && !tcpResets.equals(TcpResets.NONE)) {
            throw new IllegalArgumentException(tcpResets + ": needs stickiness FIVE_TUPLE");
        }
        if (failover == TargetFailover.REBALANCE
                && (tcpResets.onUnhealthy() || tcpResets.onDeregistration())) {
            throw new IllegalArgumentException(tcpResets + ": needs failover NO_REBALANCE");
        }
    }

    /**
     * {@return these settings with another stickiness}
     *
     * @param scope how much of a packet makes a flow
     */
    public TargetGroupSettings withStickiness(FlowScope scope) {
        return new TargetGroupSettings(
                scope,
                tcpIdleSeconds,
                closedSeconds,
                healthCheck,
                deregistrationDelaySeconds,
                failover,
                crossZone,
                tcpResets,
                allUnhealthy);
    }

    /**
     * {@return these settings with another idle timeout of TCP}
     *
     * @param seconds 60 to 6000; other than 350 only with stickiness by five-tuple
     */
    public TargetGroupSettings withTcpIdleSeconds(int seconds) {
        return new TargetGroupSettings(
                stickiness,
                seconds,
                closedSeconds,
                healthCheck,
                deregistrationDelaySeconds,
                failover,
                crossZone,
                tcpResets,
                allUnhealthy);
    }

    /**
     * {@return these settings with another timeout of closed TCP flows}
     *
     * @param seconds 1 to 6000
     */
    public TargetGroupSettings withClosedSeconds(int seconds) {
        return new TargetGroupSettings(
                stickiness,
                tcpIdleSeconds,
                seconds,
                healthCheck,
                deregistrationDelaySeconds,
                failover,
                crossZone,
                tcpResets,
                allUnhealthy);
    }

    /**
     * {@return these settings with another health check, or none}
     *
     * @param check how targets are probed; {@code null} for not at all
     */
    public TargetGroupSettings withHealthCheck(@Nullable HealthCheck check) {
        return new TargetGroupSettings(
                stickiness,
                tcpIdleSeconds,
                closedSeconds,
                check,
                deregistrationDelaySeconds,
                failover,
                crossZone,
                tcpResets,
                allUnhealthy);
    }

    /**
     * {@return these settings with another deregistration delay}
     *
     * @param seconds 0 to 3600
     */
    public TargetGroupSettings withDeregistrationDelaySeconds(int seconds) {
        return new TargetGroupSettings(
                stickiness,
                tcpIdleSeconds,
                closedSeconds,
                healthCheck,
                seconds,
                failover,
                crossZone,
                tcpResets,
                allUnhealthy);
    }

    /**
     * {@return these settings with another failover}
     *
     * @param mode what becomes of flows whose target fails
     */
    public TargetGroupSettings withFailover(TargetFailover mode) {
        return new TargetGroupSettings(
                stickiness,
                tcpIdleSeconds,
                closedSeconds,
                healthCheck,
                deregistrationDelaySeconds,
                mode,
                crossZone,
                tcpResets,
                allUnhealthy);
    }

    /**
     * {@return these settings with cross-zone balancing on or off}
     *
     * @param on whether a node uses the targets of all zones
     */
    public TargetGroupSettings withCrossZone(boolean on) {
        return new TargetGroupSettings(
                stickiness,
                tcpIdleSeconds,
                closedSeconds,
                healthCheck,
                deregistrationDelaySeconds,
                failover,
                on,
                tcpResets,
                allUnhealthy);
    }

    /**
     * {@return these settings with other resets}
     *
     * @param resets when senders are told
     */
    public TargetGroupSettings withTcpResets(TcpResets resets) {
        return new TargetGroupSettings(
                stickiness,
                tcpIdleSeconds,
                closedSeconds,
                healthCheck,
                deregistrationDelaySeconds,
                failover,
                crossZone,
                resets,
                allUnhealthy);
    }

    /**
     * {@return these settings with another behaviour when no target is healthy}
     *
     * @param behaviour what becomes of new flows
     */
    public TargetGroupSettings withAllUnhealthy(AllUnhealthy behaviour) {
        return new TargetGroupSettings(
                stickiness,
                tcpIdleSeconds,
                closedSeconds,
                healthCheck,
                deregistrationDelaySeconds,
                failover,
                crossZone,
                tcpResets,
                behaviour);
    }
}
