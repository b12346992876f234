package io.github.geneve4j.simulator.conform;

import java.util.List;

/**
 * What the suite says about an appliance.
 *
 * @param settings which appliance, from where
 * @param sawHeaders whether outer headers were seen, by CAP_NET_RAW
 * @param results in the order in which the checks ran
 */
public record ConformanceReport(
        ConformanceSettings settings, boolean sawHeaders, List<CheckResult> results) {
    /** Keeps a copy of the list. */
    public ConformanceReport {
        results = List.copyOf(results);
    }

    /**
     * {@return how many checks ended like that}
     *
     * @param verdict which end
     */
    public int count(Verdict verdict) {
        return (int) results.stream().filter(r -> r.verdict() == verdict).count();
    }

    /** {@return whether no check failed, all could be asked, and at least one passed} */
    public boolean isGood() {
        return count(Verdict.FAIL) + count(Verdict.ERROR) == 0 && count(Verdict.PASS) > 0;
    }

    /** {@return a table for people, with the bytes behind each failure} */
    public String table() {
        StringBuilder out = new StringBuilder();
        out.append(TableFormat.head(settings)).append('\n');
        results.forEach(result -> out.append(TableFormat.rows(result)));
        return out.append(summary()).append('\n').toString();
    }

    /** {@return the table's last line} */
    public String summary() {
        return TableFormat.summary(this);
    }

    /** {@return one JSON object, in one line} */
    public String json() {
        return JsonFormat.text(this);
    }

    /** {@return a JUnit XML document, as CI systems read it} */
    public String junit() {
        return JunitFormat.text(this);
    }
}
