package io.github.geneve4j.flow;

import java.util.List;

/**
 * Chooses a target for a flow by giving every target a score and taking the highest (Thaler and
 * Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998).
 *
 * <p>A target that leaves loses its own flows and no others move; one that comes takes only what it
 * then has. A change of weight moves just the difference. The price is a look at every target: some
 * 2 ns each while weights are equal, some 20 ns each otherwise. For many targets see {@link
 * MaglevTable}.
 *
 * <p>Weights follow the logarithmic method (Schindelhauer and Schomaker, 2005), computed with
 * {@link StrictMath}, so that all machines agree.
 *
 * <p><b>Allocation:</b> none after construction. <b>Threads:</b> any, it is immutable.
 */
public final class RendezvousSelector {
    private static final int FRACTION_SHIFT = Long.SIZE - 52; // with a half added, as many as fit
    private static final double FRACTION_UNIT = 0x1p-52;
    private static final long NAME = 1;

    private final List<Target> targets;
    private final FlowHash hash;
    private final long[] names;
    private final int[] weights;
    private final boolean uniform;

    private RendezvousSelector(List<Target> targets, long seed) {
        this.targets = Targets.checked(targets);
        this.hash = FlowHash.seeded(seed);
        this.names = new long[this.targets.size()];
        this.weights = new int[names.length];
        boolean same = true;
        for (int i = 0; i < names.length; i++) {
            // Mixed, as the products of a flow with ids in a row would depend on each other
            names[i] = hash.mix(hash.mix(this.targets.get(i).id(), NAME), NAME);
            weights[i] = this.targets.get(i).weight();
            same &= weights[i] == weights[0];
        }
        this.uniform = same;
    }

    /**
     * {@return a selector under seed 0}
     *
     * @param targets with different ids, at least one of them with a weight above 0
     */
    public static RendezvousSelector of(List<Target> targets) {
        return of(targets, 0);
    }

    /**
     * {@return a selector}
     *
     * @param targets with different ids, at least one of them with a weight above 0
     * @param seed decides the scores; the same on all machines that must agree
     */
    public static RendezvousSelector of(List<Target> targets, long seed) {
        return new RendezvousSelector(targets, seed);
    }

    /**
     * {@return the index in {@link #targets()} of the target for a flow}
     *
     * @param flow its hash, from {@link FlowHash}
     */
    public int select(long flow) {
        return uniform ? selectUniform(flow) : selectWeighted(flow);
    }

    /** {@return the targets to choose from, in their order} */
    public List<Target> targets() {
        return targets;
    }

    private int selectUniform(long flow) {
        int best = 0;
        long bestScore = fraction(flow, 0);
        for (int i = 1; i < names.length; i++) {
            long score = fraction(flow, i);
            if (score > bestScore) {
                best = i;
                bestScore = score;
            }
        }
        return best;
    }

    private int selectWeighted(long flow) {
        int best = 0;
        double bestScore = 0;
        for (int i = 0; i < names.length; i++) {
            // Above 0 and below 1, so that the logarithm is below 0
            double fraction = (fraction(flow, i) + 0.5) * FRACTION_UNIT;
            double score = weights[i] / -StrictMath.log(fraction);
            if (score > bestScore) {
                best = i;
                bestScore = score;
            }
        }
        return best;
    }

    /** {@return 52 bits that depend on flow and target} */
    private long fraction(long flow, int target) {
        return hash.mix(flow, names[target]) >>> FRACTION_SHIFT;
    }
}
