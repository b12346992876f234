package io.github.geneve4j.appliance.policy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An operator's rules, in order: the first that matches decides about a flow.
 *
 * @param inside the networks whose packets are outbound
 * @param zones their names are for people; rules have the endpoints themselves
 * @param rules each with a name of its own
 * @param byDefault what becomes of flows that no rule matches
 */
public record Policy(List<Network> inside, List<Zone> zones, List<Rule> rules, Action byDefault) {
    /** Copies the lists, and checks the names. */
    public Policy {
        inside = List.copyOf(inside);
        zones = List.copyOf(zones);
        rules = List.copyOf(rules);
        Set<String> names = new HashSet<>();
        for (Rule rule : rules) {
            if (!names.add(rule.name())) {
                throw new IllegalArgumentException("rule '" + rule.name() + "': is there twice");
            }
        }
    }

    /**
     * {@return what a decision means: a rule's action, or the default}
     *
     * @param decision index of a rule, or the number of rules
     */
    public Action action(int decision) {
        return decision == rules.size() ? byDefault : rules.get(decision).action();
    }
}
