package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.policy.CompiledPolicy;
import io.github.geneve4j.appliance.policy.Rule;
import java.util.List;

/**
 * A policy as one worker has it, with what it counts for it.
 *
 * <p><b>Threads:</b> the worker counts; any reads.
 */
final class Generation {
    /** What the decisions are called that no rule has made. */
    static final String DEFAULT = "default";

    private final int number;
    private final CompiledPolicy policy;
    private final long[] decided; // by rule, the default behind them
    private final boolean[] logged; // by rule, likewise
    private final int[] names; // by rule, likewise

    /**
     * Creates a generation that has decided nothing.
     *
     * @param number of the policy, one more for each that replaces another
     * @param policy to judge by
     * @param names learns those of the rules
     */
    Generation(int number, CompiledPolicy policy, RuleNames names) {
        this.number = number;
        this.policy = policy;
        List<Rule> rules = policy.policy().rules();
        this.decided = new long[rules.size() + 1];
        this.logged = new boolean[rules.size() + 1];
        for (int i = 0; i < rules.size(); i++) {
            logged[i] = rules.get(i).log();
        }
        this.names = new int[rules.size() + 1];
        for (int i = 0; i <= rules.size(); i++) {
            this.names[i] = names.number(ruleName(policy, i));
        }
    }

    int number() {
        return number;
    }

    CompiledPolicy policy() {
        return policy;
    }

    /** {@return whether the decisions of a rule are to be told of} */
    boolean isLogged(int decision) {
        return logged[decision];
    }

    /** {@return the name of the rule that a decision is by} */
    String ruleName(int decision) {
        return ruleName(policy, decision);
    }

    private static String ruleName(CompiledPolicy policy, int decision) {
        List<Rule> rules = policy.policy().rules();
        return decision == rules.size() ? DEFAULT : rules.get(decision).name();
    }

    /** {@return that name's number} */
    int ruleNumber(int decision) {
        return names[decision];
    }

    /** Counts a new flow by the rule that decided. */
    void countDecided(int decision) {
        FirewallCounters.increment(decided, decision);
    }

    /** {@return the new flows that a rule has decided about} */
    long decided(int decision) {
        return FirewallCounters.read(decided, decision);
    }
}
