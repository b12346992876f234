package io.github.geneve4j.appliance.policy;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.RandomAccess;
import java.util.Set;

/**
 * The networks of several lists, one list behind the other. The lists are not copied, as many rules
 * may name a long one, each with another network beside it. Immutable.
 */
final class JoinedNetworks extends AbstractList<Network> implements RandomAccess {
    private final List<List<Network>> lists;
    private final int[] ends; // of each list, in this one

    private JoinedNetworks(List<List<Network>> lists) {
        this.lists = List.copyOf(lists);
        this.ends = new int[lists.size()];
        int end = 0;
        for (int i = 0; i < ends.length; i++) {
            end = Math.addExact(end, lists.get(i).size());
            ends[i] = end;
        }
    }

    /**
     * {@return the networks of all the lists} A list that is there twice counts once.
     *
     * @param lists immutable, none of them empty, at least one
     */
    static List<Network> of(List<List<Network>> lists) {
        Set<List<Network>> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<List<Network>> each = new ArrayList<>();
        for (List<Network> list : lists) {
            if (seen.add(list)) {
                each.add(list);
            }
        }
        return each.size() == 1 ? each.get(0) : new JoinedNetworks(each);
    }

    /** {@return a list that nobody changes: the same one if it is such a list already} */
    static List<Network> copyOf(List<Network> networks) {
        return networks instanceof JoinedNetworks ? networks : List.copyOf(networks);
    }

    /** {@return the lists that it was made of; the list itself if of none} */
    static List<List<Network>> parts(List<Network> networks) {
        return networks instanceof JoinedNetworks joined ? joined.lists : List.of(networks);
    }

    @Override
    public Network get(int index) {
        int found = Arrays.binarySearch(ends, index + 1);
        int list = found < 0 ? -found - 1 : found;
        return lists.get(list).get(list == 0 ? index : index - ends[list - 1]);
    }

    @Override
    public int size() {
        return ends[ends.length - 1];
    }
}
