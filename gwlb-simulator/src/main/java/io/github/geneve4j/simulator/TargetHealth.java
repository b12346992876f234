package io.github.geneve4j.simulator;

import org.jspecify.annotations.Nullable;

/** What the probers think of one target. */
final class TargetHealth {
    TargetHealth(@Nullable HealthCheck check) {}
}
