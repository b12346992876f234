package io.github.geneve4j.appliance.policy;

import java.util.List;

/** Networks, to look addresses up in. Immutable. */
final class NetworkSet {
    private final AddressRules ipv4;
    private final AddressRules ipv6;

    NetworkSet(List<Network> networks) {
        // As if of one rule: whoever is in a row that is not empty is in the set
        this.ipv4 = AddressRules.of(List.of(networks), false);
        this.ipv6 = AddressRules.of(List.of(networks), true);
    }

    /** {@return whether an address is in one of the networks} */
    boolean contains(boolean isIpv6, long high, long low) {
        AddressRules rules = isIpv6 ? ipv6 : ipv4;
        return rules.summary(rules.row(high, low), 0) != 0;
    }
}
