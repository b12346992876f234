package io.github.geneve4j.flow;

/**
 * One place that flows can be sent to.
 *
 * @param id names the target in every list that it is in, such as its address; a target keeps its
 *     flows as long as it keeps its id
 * @param weight its share of the flows compared with others, 0 to 65,535; 0 gets none
 */
public record Target(long id, int weight) {
    /** The greatest weight. */
    public static final int MAX_WEIGHT = 0xffff;

    /** Checks the weight. */
    public Target {
        Ranges.within("weight", weight, 0, MAX_WEIGHT);
    }

    /**
     * {@return a target of weight 1}
     *
     * @param id names it
     */
    public static Target of(long id) {
        return new Target(id, 1);
    }
}
