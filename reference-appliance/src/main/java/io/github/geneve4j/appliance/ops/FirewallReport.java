package io.github.geneve4j.appliance.ops;

import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FirewallCounters;
import io.github.geneve4j.appliance.firewall.Judgement;
import java.util.Map;

/** What a firewall counts as lines of {@code name=value} pairs. */
public final class FirewallReport {
    private FirewallReport() {}

    /**
     * {@return a line such as {@code judged known=120 allowed=3 policy_drop=1}, zeros left out}
     *
     * @param control read now
     */
    public static String judgements(FirewallControl control) {
        FirewallCounters counters = control.counters();
        StringBuilder out = new StringBuilder("judged");
        for (Judgement judgement : Judgement.values()) {
            long count = counters.count(judgement);
            if (count != 0) {
                out.append(' ').append(judgement.label()).append('=').append(count);
            }
        }
        return out.toString();
    }

    /**
     * {@return a line such as {@code rules 'web out'=3 default=1}: new flows by the rule that
     * decided}
     *
     * @param control read now
     */
    public static String rules(FirewallControl control) {
        StringBuilder out = new StringBuilder("rules");
        for (Map.Entry<String, Long> rule : control.decided().entrySet()) {
            boolean plain = rule.getKey().matches("[A-Za-z0-9._-]+");
            String quote = plain ? "" : "'";
            out.append(' ').append(quote).append(rule.getKey()).append(quote);
            out.append('=').append(rule.getValue());
        }
        return out.toString();
    }
}
