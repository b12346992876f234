package io.github.geneve4j.appliance.policy;

import io.github.geneve4j.gwlb.EndpointId;
import java.util.Set;

/**
 * Endpoints that rules name together.
 *
 * @param name of the zone
 * @param endpoints in no other zone
 */
public record Zone(String name, Set<EndpointId> endpoints) {
    /** Copies the set. */
    public Zone {
        endpoints = Set.copyOf(endpoints);
    }
}
