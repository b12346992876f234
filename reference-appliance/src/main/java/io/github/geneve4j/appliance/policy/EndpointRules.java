package io.github.geneve4j.appliance.policy;

import java.util.List;

/**
 * For every endpoint, the rules that are about it: as a row of bits, one for each rule. Endpoints
 * that no rule names have a row in common. Immutable.
 */
final class EndpointRules {
    private static final long MIX = 0x9e3779b97f4a7c15L;

    private final long[] ids; // open addressing, at most half full
    private final long[][] rows; // null where there is none
    private final long[] others;
    private final int shift;

    private EndpointRules(int endpoints, long[] others) {
        int slots = Integer.highestOneBit(Math.max(1, endpoints)) * 4;
        this.ids = new long[slots];
        this.rows = new long[slots][];
        this.others = others;
        this.shift = Long.SIZE - Integer.numberOfTrailingZeros(slots);
    }

    /** {@return the rules by endpoint} */
    static EndpointRules of(List<Rule> rules) {
        long[] others = new long[Bits.words(rules.size())];
        for (int i = 0; i < rules.size(); i++) {
            Bits.set(others, i, rules.get(i).match().endpoints().isEmpty());
        }
        int named =
                (int)
                        rules.stream()
                                .flatMap(r -> r.match().endpoints().stream())
                                .distinct()
                                .count();
        EndpointRules made = new EndpointRules(named, others);
        for (int i = 0; i < rules.size(); i++) {
            for (long id : rules.get(i).match().endpoints()) {
                int slot = made.slot(id);
                if (made.rows[slot] == null) {
                    made.ids[slot] = id;
                    made.rows[slot] = others.clone();
                }
                Bits.set(made.rows[slot], i, true);
            }
        }
        return made;
    }

    /** {@return the row of an endpoint; not to be changed} */
    long[] row(long id) {
        long[] row = rows[slot(id)];
        return row == null ? others : row;
    }

    /** {@return where the endpoint is, or would be} */
    private int slot(long id) {
        int slot = (int) ((id * MIX) >>> shift);
        while (rows[slot] != null && ids[slot] != id) {
            slot = (slot + 1) & (ids.length - 1);
        }
        return slot;
    }

    /** {@return bytes, roughly} */
    long memoryLength() {
        long bytes = (long) ids.length * 2 * Long.BYTES;
        for (long[] row : rows) {
            bytes += row == null ? 0 : (long) row.length * Long.BYTES;
        }
        return bytes;
    }
}
