package io.github.geneve4j.appliance.firewall;

import io.github.geneve4j.appliance.policy.Action;
import io.github.geneve4j.flow.FiveTuple;

/** Learns of decisions about new flows by rules that say {@code log: true}. */
@FunctionalInterface
public interface DecisionListener {
    /**
     * Called for each decision.
     *
     * @param rule name of the rule
     * @param action what it says
     * @param endpointId where the flow's first packet came from, 0 if it did not say
     * @param flow of the packet; valid during the call
     */
    void decided(String rule, Action action, long endpointId, FiveTuple flow);
}
