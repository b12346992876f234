package io.github.geneve4j.appliance.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Tells an operator which rules of a policy can never decide: earlier rules take all that they
 * match, or there is nothing that they match, as ports of ICMP, or ICMP errors.
 *
 * <p>A rule that <em>one</em> earlier rule covers is always found. One that several earlier rules
 * cover together is found too, unless it takes more than {@value #STEPS} steps of taking one rule
 * away from a piece of another; such a rule is in {@link #undecided()}, and so are all that follow
 * when very long sets are named in lists by very many. Nothing is in {@link #shadowed()} that a
 * packet could reach. Endpoints, directions, families, protocols without ports and later fragments
 * count as {@link Match} says.
 *
 * <p>For loading and checking, not for the packet path: the time grows with the square of the
 * number of rules, by a few nanoseconds for most pairs.
 */
public final class ShadowedRules {
    static final int STEPS = 10_000;

    /** Numbers of 8 bytes that may be kept for rules that name sets and something besides. */
    static final long MOST_JOINED = 1L << 24;

    private static final int LEFT = -1;

    private final List<Shadowed> shadowed = new ArrayList<>();
    private final List<Integer> undecided = new ArrayList<>();

    /**
     * A rule that never decides.
     *
     * @param rule its index
     * @param by indexes of earlier rules that together match all that it matches, ascending; one if
     *     one suffices; empty if the rule matches no packet at all
     */
    public record Shadowed(int rule, List<Integer> by) {
        /** Copies the list. */
        public Shadowed {
            by = List.copyOf(by);
        }
    }

    private ShadowedRules() {}

    /**
     * {@return what is to be said about a policy}
     *
     * @param policy to be looked at
     */
    public static ShadowedRules of(Policy policy) {
        List<Rule> rules = policy.rules();
        ShadowedRules result = new ShadowedRules();
        Boxes boxes = new Boxes(policy);
        Lane[] lanes = new Lane[Boxes.LANES];
        Arrays.setAll(lanes, i -> new Lane(rules.size()));
        for (int rule = 0; rule < rules.size(); rule++) {
            if (boxes.joined() > MOST_JOINED) {
                result.undecided.add(rule);
                continue;
            }
            List<Part> parts = new ArrayList<>();
            for (int i = 0; i < lanes.length; i++) {
                Box box = boxes.of(rules.get(rule).match(), i);
                if (box != null) {
                    parts.add(new Part(lanes[i], box));
                }
            }
            result.judge(rule, parts);
            for (Part part : parts) {
                part.lane().add(rule, part.box());
            }
        }
        return result;
    }

    /** {@return rules that never decide, ascending} */
    public List<Shadowed> shadowed() {
        return List.copyOf(shadowed);
    }

    /** {@return indexes of rules of which it would take too long to say, ascending} */
    public List<Integer> undecided() {
        return List.copyOf(undecided);
    }

    private void judge(int rule, List<Part> parts) {
        if (parts.isEmpty()) {
            shadowed.add(new Shadowed(rule, List.of()));
            return;
        }
        List<int[]> met = new ArrayList<>(); // by part, the earlier rules that take some of it
        for (Part part : parts) {
            int[] rules = part.lane().meeting(part.box());
            if (rules.length == 0) {
                return; // all of the part is left
            }
            met.add(rules);
        }
        for (int earlier : met.get(0)) {
            if (parts.stream().allMatch(part -> part.lane().covers(earlier, part.box()))) {
                shadowed.add(new Shadowed(rule, List.of(earlier)));
                return;
            }
        }
        Set<Integer> by = new TreeSet<>();
        boolean given = false;
        int steps = STEPS;
        for (int i = 0; i < parts.size(); i++) {
            steps = takeAway(parts.get(i), met.get(i), steps, by);
            if (steps == LEFT) {
                return;
            }
            if (steps == 0) { // another part may still show that the rule is reached
                given = true;
                steps = STEPS;
            }
        }
        if (given) {
            undecided.add(rule);
        } else {
            shadowed.add(new Shadowed(rule, List.copyOf(by)));
        }
    }

    /**
     * Takes earlier rules away from a part until nothing is left.
     *
     * @param by grows by the rules that took something
     * @return how many of the steps are left, 0 if they did not suffice; {@link #LEFT} if something
     *     of the part is left
     */
    private static int takeAway(Part part, int[] earlier, int steps, Set<Integer> by) {
        List<Box> left = List.of(part.box());
        int remaining = steps;
        for (int i = 0; i < earlier.length && !left.isEmpty(); i++) {
            Box box = part.lane().box(earlier[i]);
            List<Box> next = new ArrayList<>();
            for (Box piece : left) {
                if (--remaining <= 0) {
                    return 0;
                }
                if (box == null || !box.intersects(piece)) {
                    next.add(piece);
                } else {
                    next.addAll(piece.minus(box));
                    by.add(earlier[i]);
                }
            }
            left = next;
        }
        return left.isEmpty() ? remaining : LEFT;
    }

    /** What a rule matches of one lane. */
    private record Part(Lane lane, Box box) {}

    /** The boxes of the rules so far, and what tells most of them apart at a glance. */
    private static final class Lane {
        private static final int BOUNDS = 4;

        private final @Nullable Box[] boxOf; // by rule
        private final int[] rules; // which have a box
        private final long[] bounds; // of them: least and greatest source and destination
        private int size;

        Lane(int rules) {
            this.boxOf = new Box[rules];
            this.rules = new int[rules];
            this.bounds = new long[rules * BOUNDS];
        }

        void add(int rule, Box box) {
            boxOf[rule] = box;
            rules[size] = rule;
            int at = size++ * BOUNDS;
            bounds[at] = box.first(Boxes.SOURCE);
            bounds[at + 1] = box.last(Boxes.SOURCE);
            bounds[at + 2] = box.first(Boxes.DESTINATION);
            bounds[at + 3] = box.last(Boxes.DESTINATION);
        }

        @Nullable Box box(int rule) {
            return boxOf[rule];
        }

        boolean covers(int rule, Box other) {
            Box box = boxOf[rule];
            return box != null && box.contains(other);
        }

        /** {@return the rules that have a packet of the box, ascending} */
        int[] meeting(Box box) {
            long sourceFirst = box.first(Boxes.SOURCE);
            long sourceLast = box.last(Boxes.SOURCE);
            long destinationFirst = box.first(Boxes.DESTINATION);
            long destinationLast = box.last(Boxes.DESTINATION);
            int[] met = new int[16];
            int count = 0;
            for (int i = 0, at = 0; i < size; i++, at += BOUNDS) {
                if (bounds[at] <= sourceLast
                        && bounds[at + 1] >= sourceFirst
                        && bounds[at + 2] <= destinationLast
                        && bounds[at + 3] >= destinationFirst) {
                    Box earlier = boxOf[rules[i]];
                    if (earlier != null && earlier.intersects(box)) {
                        met = count < met.length ? met : Arrays.copyOf(met, count * 2);
                        met[count++] = rules[i];
                    }
                }
            }
            return Arrays.copyOf(met, count);
        }
    }
}
