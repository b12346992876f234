package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.policy.CompiledPolicy;

/**
 * A policy as one worker has it, with what it counts for it.
 *
 * <p><b>Threads:</b> the worker counts; any reads.
 */
final class Generation {
    private final int number;
    private final CompiledPolicy policy;
    private final long[] decided; // by rule, the default behind them

    /**
     * Creates a generation that has decided nothing.
     *
     * @param number of the policy, one more for each that replaces another
     * @param policy to judge by
     */
    Generation(int number, CompiledPolicy policy) {
        this.number = number;
        this.policy = policy;
        this.decided = new long[policy.policy().rules().size() + 1];
    }

    int number() {
        return number;
    }

    CompiledPolicy policy() {
        return policy;
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
