package io.github.geneve4j.simulator.conform;

import java.time.Duration;
import java.util.List;

/**
 * What one check found out.
 *
 * @param check what it was about
 * @param verdict what it says
 * @param message one line: what was seen, or what is missing
 * @param metric the CloudWatch metric that would count what was seen, {@link CheckInfo#NO_METRIC}
 *     if none would
 * @param evidence the bytes behind a failure
 * @param duration how long it took
 */
public record CheckResult(
        CheckInfo check,
        Verdict verdict,
        String message,
        String metric,
        List<Evidence> evidence,
        Duration duration) {
    /** Keeps a copy of the list. */
    public CheckResult {
        evidence = List.copyOf(evidence);
    }
}
