package io.github.geneve4j.flow;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks of a list of targets. */
final class Targets {
    private Targets() {}

    /** {@return an immutable copy, if ids are unique and at least one weight is above 0} */
    static List<Target> checked(List<Target> targets) {
        Set<Long> ids = new HashSet<>();
        boolean usable = false;
        for (Target target : targets) {
            if (!ids.add(target.id())) {
                throw new IllegalArgumentException("target id " + target.id() + ": twice");
            }
            usable |= target.weight() > 0;
        }
        if (!usable) {
            throw new IllegalArgumentException(
                    targets.size() + " targets: none has a weight above 0");
        }
        return List.copyOf(targets);
    }

    /** {@return the greatest weight of all} */
    static int heaviest(List<Target> targets) {
        int heaviest = 0;
        for (Target target : targets) {
            heaviest = Math.max(heaviest, target.weight());
        }
        return heaviest;
    }
}
