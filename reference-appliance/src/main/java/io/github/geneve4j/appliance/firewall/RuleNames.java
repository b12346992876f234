package io.github.geneve4j.appliance.firewall;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers for the names of rules, so that a flow can keep the name of the rule that allowed it in
 * four bytes, for longer than there is the policy.
 *
 * <p>No name is ever forgotten: there are as many as policies had different ones. <b>Threads:</b>
 * any.
 */
final class RuleNames {
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();

    /** {@return the number of a name, 0 or more, the same each time} */
    synchronized int number(String name) {
        Integer known = numbers.get(name);
        if (known != null) {
            return known;
        }
        names.add(name); // first: should there be no memory, no other name gets this number
        numbers.put(name, names.size() - 1);
        return names.size() - 1;
    }

    /**
     * {@return the name of a number}
     *
     * @param number from {@link #number}
     * @throws IndexOutOfBoundsException if it is not
     */
    synchronized String name(int number) {
        return names.get(number);
    }
}
