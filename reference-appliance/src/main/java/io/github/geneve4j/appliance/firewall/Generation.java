package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.policy.CompiledPolicy;

/**
 * A policy as one worker has it, with what it counts for it.
 *
 * @param number of the policy, one more for each that replaces another
 * @param policy to judge by
 * @param decided new flows by the rule that decided, the default behind them; written by the worker
 */
record Generation(int number, CompiledPolicy policy, long[] decided) {
    Generation(int number, CompiledPolicy policy) {
        this(number, policy, new long[policy.policy().rules().size() + 1]);
    }
}
