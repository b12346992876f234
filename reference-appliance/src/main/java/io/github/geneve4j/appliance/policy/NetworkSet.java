package io.github.geneve4j.appliance.policy;

import java.util.List;

/** Networks, to look addresses up in. Immutable. */
final class NetworkSet {
    private final AddressRules ipv4;
    private final AddressRules ipv6;

    NetworkSet(List<Network> networks) {
        // One rule that names them all: whoever is in a row that is not empty is in the set
        Match match =
                new Match(
                        Match.ANY.endpoints(),
                        Match.ANY.direction(),
                        networks,
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        Match.ANY.fragment());
        List<Rule> one = List.of(new Rule("all", match, Action.ALLOW, false, 0));
        this.ipv4 = AddressRules.of(one, Match::sources, false);
        this.ipv6 = AddressRules.of(one, Match::sources, true);
    }

    /** {@return whether an address is in one of the networks} */
    boolean contains(boolean isIpv6, long high, long low) {
        AddressRules rules = isIpv6 ? ipv6 : ipv4;
        return rules.summary(rules.row(high, low), 0) != 0;
    }
}
