package io.github.geneve4j.appliance;

import io.github.geneve4j.appliance.policy.Action;
import io.github.geneve4j.appliance.policy.Match;
import io.github.geneve4j.appliance.policy.Network;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.Range;
import io.github.geneve4j.appliance.policy.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Policies that come down to the endpoints, addresses and ports of {@link FastPathTraffic}. */
final class FastPathPolicies {
    private FastPathPolicies() {}

    /** {@return any; most of them allow more than they forbid} */
    static Policy next(Random random) {
        List<Rule> rules = new ArrayList<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            Match match =
                    new Match(
                            random.nextInt(3) == 0 ? Set.of(1L + random.nextInt(2)) : Set.of(),
                            Optional.empty(),
                            random.nextInt(3) == 0 ? List.of(network(random)) : List.of(),
                            random.nextInt(3) == 0 ? List.of(network(random)) : List.of(),
                            random.nextInt(3) == 0 ? List.of(protocol(random)) : List.of(),
                            List.of(),
                            random.nextInt(3) == 0 ? List.of(new Range(1001, 1002)) : List.of(),
                            List.of(),
                            random.nextInt(12) == 0 ? Optional.of(true) : Optional.empty());
            rules.add(new Rule("rule" + i, match, action(random), false, 0));
        }
        return new Policy(List.of(), List.of(), rules, action(random));
    }

    private static Action action(Random random) {
        return random.nextInt(4) > 0
                ? Action.ALLOW
                : random.nextBoolean() ? Action.DROP : Action.REJECT;
    }

    private static Range protocol(Random random) {
        return random.nextBoolean() ? new Range(6, 6) : new Range(17, 17);
    }

    private static Network network(Random random) {
        int host = random.nextInt(4);
        return random.nextBoolean()
                ? new Network(false, 0, 0x0a00_0000L + host, 32)
                : new Network(true, 0xfd00L << 48, host, 128);
    }
}
