package io.github.geneve4j.appliance.ops;

import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FirewallCounters;
import io.github.geneve4j.appliance.firewall.Judgement;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.FastPathMiss;
import java.util.Locale;
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
     * {@return a line such as {@code fast path flows=12 of 262144 returned=84 unknown=30}: what the
     * kernel returned by itself, which no other line has, and why it did not, causes that did not
     * occur left out}
     *
     * @param fastPath read now
     */
    public static String fastPath(FastPath fastPath) {
        StringBuilder out = new StringBuilder("fast path flows=");
        out.append(fastPath.size()).append(" of ").append(fastPath.capacity());
        out.append(" returned=").append(fastPath.hits());
        for (FastPathMiss miss : FastPathMiss.values()) {
            long count = fastPath.misses(miss);
            if (count != 0) {
                out.append(' ').append(miss.label()).append('=').append(count);
            }
        }
        if (fastPath.refused() != 0) {
            out.append(" no_room=").append(fastPath.refused());
        }
        return out.toString();
    }

    /**
     * {@return a line such as {@code rules 'web out'=3 default=1}: new flows by the rule that
     * decided, rules that did not left out}
     *
     * @param control read now
     */
    public static String rules(FirewallControl control) {
        StringBuilder out = new StringBuilder("rules");
        for (Map.Entry<String, Long> rule : control.decided().entrySet()) {
            if (rule.getValue() != 0) {
                out.append(' ').append(word(rule.getKey())).append('=').append(rule.getValue());
            }
        }
        return out.toString();
    }

    private static String word(String name) {
        return name.matches("[A-Za-z0-9._-]+") ? name : quoted(name);
    }

    /**
     * {@return a rule's name in single quotes} It comes from a file: with a backslash in front of
     * quotes, and with numbers for control characters, it ends neither early nor the line.
     *
     * @param name of the rule
     */
    public static String quoted(String name) {
        StringBuilder out = new StringBuilder("'");
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (Character.isISOControl(c)) {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else if (c == '\'' || c == '\\') {
                out.append('\\').append(c);
            } else {
                out.append(c);
            }
        }
        return out.append('\'').toString();
    }
}
