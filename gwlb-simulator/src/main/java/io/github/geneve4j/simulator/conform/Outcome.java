package io.github.geneve4j.simulator.conform;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a check ends.
 *
 * @param metric the CloudWatch metric of what was seen, or null for the check's own
 */
record Outcome(Verdict verdict, String message, @Nullable String metric, List<Evidence> evidence) {

    static Outcome pass(String message) {
        return new Outcome(Verdict.PASS, message, null, List.of());
    }

    static Outcome fail(String message, Evidence... evidence) {
        return new Outcome(Verdict.FAIL, message, null, List.of(evidence));
    }

    static Outcome notApplicable(String message) {
        return new Outcome(Verdict.NOT_APPLICABLE, message, null, List.of());
    }

    static Outcome error(String message) {
        return new Outcome(Verdict.ERROR, message, Aws.NONE, List.of());
    }

    Outcome countedAs(String otherMetric) {
        return new Outcome(verdict, message, otherMetric, evidence);
    }

    /** {@return the same, with words before its message that say what it is about} */
    Outcome about(String what) {
        return new Outcome(verdict, what + message, metric, evidence);
    }

    boolean isPass() {
        return verdict == Verdict.PASS;
    }
}
