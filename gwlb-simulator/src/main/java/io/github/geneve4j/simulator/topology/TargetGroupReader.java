package io.github.geneve4j.simulator.topology;

import io.github.geneve4j.config.Scalars;
import io.github.geneve4j.config.Section;
import io.github.geneve4j.flow.FlowScope;
import io.github.geneve4j.simulator.AllUnhealthy;
import io.github.geneve4j.simulator.HealthCheck;
import io.github.geneve4j.simulator.HealthProtocol;
import io.github.geneve4j.simulator.TargetFailover;
import io.github.geneve4j.simulator.TargetGroupSettings;
import io.github.geneve4j.simulator.TcpResets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code target-group}: the ranges are AWS's own, and so are the rules between them. */
final class TargetGroupReader {
    private static final TargetGroupSettings DEFAULT = TargetGroupSettings.DEFAULT;
    private static final HealthCheck CHECK = HealthCheck.DEFAULT;
    private static final int MIN_TIMEOUT = 2;
    private static final int MAX_TIMEOUT = 120;

    private TargetGroupReader() {}

    static TargetGroupSettings read(Section group) {
        FlowScope stickiness =
                group.optional(
                        "stickiness",
                        Scalars.choice(
                                Map.of(
                                        "5-tuple", FlowScope.FIVE_TUPLE,
                                        "3-tuple", FlowScope.THREE_TUPLE,
                                        "2-tuple", FlowScope.TWO_TUPLE)),
                        DEFAULT.stickiness());
        int tcpIdle =
                group.optional(
                        "tcp-idle-timeout", Scalars.seconds(60, 6000), DEFAULT.tcpIdleSeconds());
        int closed =
                group.optional("closed-timeout", Scalars.seconds(1, 6000), DEFAULT.closedSeconds());
        int drain =
                group.optional(
                        "deregistration-delay",
                        Scalars.seconds(0, 3600),
                        DEFAULT.deregistrationDelaySeconds());
        TargetFailover failover =
                group.optional(
                        "failover",
                        Scalars.choice(
                                Map.of(
                                        "rebalance", TargetFailover.REBALANCE,
                                        "no_rebalance", TargetFailover.NO_REBALANCE)),
                        DEFAULT.failover());
        boolean crossZone = group.optional("cross-zone", Scalars.flag(), DEFAULT.crossZone());
        AllUnhealthy allUnhealthy =
                group.optional(
                        "all-unhealthy",
                        Scalars.choice(
                                Map.of(
                                        "random-target", AllUnhealthy.RANDOM_TARGET,
                                        "drop", AllUnhealthy.DROP)),
                        DEFAULT.allUnhealthy());
        TcpResets resets = resets(group);
        HealthCheck check = group.isWord("health-check", "none") ? null : check(group);
        group.end();

        if (stickiness != FlowScope.FIVE_TUPLE && tcpIdle != DEFAULT.tcpIdleSeconds()) {
            group.problem(
                    "tcp-idle-timeout",
                    "expected 350s with stickiness 3-tuple or 2-tuple, found " + tcpIdle + "s");
            return DEFAULT;
        }
        if (stickiness != FlowScope.FIVE_TUPLE && !resets.equals(TcpResets.NONE)) {
            group.problem(
                    "tcp-resets", "expected none with stickiness 3-tuple or 2-tuple, found some");
            return DEFAULT;
        }
        if (failover == TargetFailover.REBALANCE
                && (resets.onUnhealthy() || resets.onDeregistration())) {
            group.problem(
                    "tcp-resets",
                    "expected on-idle-timeout only with failover rebalance, found others");
            return DEFAULT;
        }
        return new TargetGroupSettings(
                stickiness,
                tcpIdle,
                closed,
                check,
                drain,
                failover,
                crossZone,
                resets,
                allUnhealthy);
    }

    private static TcpResets resets(Section group) {
        Section section = group.section("tcp-resets");
        if (section == null) {
            return DEFAULT.tcpResets();
        }
        TcpResets resets =
                new TcpResets(
                        section.optional("on-unhealthy", Scalars.flag(), false),
                        section.optional("on-deregistration", Scalars.flag(), false),
                        section.optional("on-idle-timeout", Scalars.flag(), false));
        section.end();
        return resets;
    }

    private static @Nullable HealthCheck check(Section group) {
        Section section = group.section("health-check");
        if (section == null) {
            return DEFAULT.healthCheck();
        }
        HealthProtocol protocol =
                section.optional(
                        "protocol",
                        Scalars.choice(
                                Map.of(
                                        "tcp", HealthProtocol.TCP,
                                        "http", HealthProtocol.HTTP,
                                        "https", HealthProtocol.HTTPS)),
                        CHECK.protocol());
        long port = section.optional("port", Scalars.integer(1, 0xffff), (long) CHECK.port());
        String path = section.optional("path", Readings.urlPath(), CHECK.path());
        int interval =
                section.optional("interval", Scalars.seconds(5, 300), CHECK.intervalSeconds());
        int timeout =
                section.optional(
                        "timeout",
                        Scalars.seconds(MIN_TIMEOUT, MAX_TIMEOUT),
                        Math.min(CHECK.timeoutSeconds(), interval));
        long healthy =
                section.optional(
                        "healthy-threshold",
                        Scalars.integer(2, 10),
                        (long) CHECK.healthyThreshold());
        long unhealthy =
                section.optional(
                        "unhealthy-threshold",
                        Scalars.integer(2, 10),
                        (long) CHECK.unhealthyThreshold());
        Readings.Span statuses =
                section.optional(
                        "success-codes",
                        Readings.statuses(),
                        new Readings.Span(CHECK.leastStatus(), CHECK.greatestStatus()));
        long probers =
                section.optional(
                        "probers",
                        Scalars.integer(1, HealthCheck.MAX_PROBERS),
                        (long) CHECK.probers());
        if (protocol == HealthProtocol.TCP
                && (section.has("path") || section.has("success-codes"))) {
            section.problem(
                    section.has("path") ? "path" : "success-codes",
                    "expected only with protocol http or https, found with tcp");
        }
        section.end();
        if (timeout > interval) {
            section.problem(
                    "timeout",
                    "expected no more than the interval of "
                            + interval
                            + "s, found "
                            + timeout
                            + "s");
            return CHECK;
        }
        return new HealthCheck(
                protocol,
                (int) port,
                path,
                interval,
                timeout,
                (int) healthy,
                (int) unhealthy,
                statuses.first(),
                statuses.last(),
                (int) probers);
    }
}
