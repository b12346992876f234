package io.github.geneve4j.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetSelectionTest {
    private static final int FLOWS = 100_000;

    /** Hashes of flows, as {@link FlowHash} gives them. */
    private static final long[] HASHES = new Random(5).longs(FLOWS).toArray();

    private static List<Target> targets(int count) {
        return LongStream.range(0, count).mapToObj(i -> Target.of(0x0a000001 + i)).toList();
    }

    private static List<Target> without(List<Target> targets, int index) {
        List<Target> fewer = new ArrayList<>(targets);
        fewer.remove(index);
        return fewer;
    }

    /** How many flows each target gets. */
    private static int[] shares(int targets, int[] chosen) {
        int[] shares = new int[targets];
        for (int choice : chosen) {
            shares[choice]++;
        }
        return shares;
    }

    /** Which of {@code FLOWS} go to another target, by id. */
    private static int moved(List<Target> before, int[] chosen, List<Target> after, int[] then) {
        int moved = 0;
        for (int i = 0; i < FLOWS; i++) {
            if (before.get(chosen[i]).id() != after.get(then[i]).id()) {
                moved++;
            }
        }
        return moved;
    }

    @Nested
    class Maglev {
        private int[] choose(MaglevTable table) {
            return LongStream.of(HASHES).mapToInt(table::select).toArray();
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 3, 10, 100, 600})
        void sharesEntriesEvenly(int count) {
            MaglevTable table = MaglevTable.of(targets(count));
            int[] entries = entries(table, count);
            assertThat(IntStream.of(entries).sum()).isEqualTo(MaglevTable.DEFAULT_SIZE);
            assertThat(IntStream.of(entries).max().getAsInt())
                    .isLessThanOrEqualTo(IntStream.of(entries).min().getAsInt() + 1);
        }

        @Test
        void sharesEntriesByWeight() {
            List<Target> targets =
                    List.of(new Target(1, 1), new Target(2, 2), new Target(3, 0), new Target(4, 5));
            int[] entries = entries(MaglevTable.of(targets), 4);
            assertThat(entries[2]).isZero();
            assertThat((double) entries[0] / MaglevTable.DEFAULT_SIZE).isBetween(0.1249, 0.1251);
            assertThat((double) entries[1] / MaglevTable.DEFAULT_SIZE).isBetween(0.2499, 0.2501);
            assertThat((double) entries[3] / MaglevTable.DEFAULT_SIZE).isBetween(0.6249, 0.6251);
        }

        @ParameterizedTest
        @ValueSource(ints = {2, 3, 5, 7})
        void fillsTheSmallestTables(int size) {
            for (int seed = 0; seed < 50; seed++) {
                MaglevTable table = MaglevTable.of(targets(size), size, seed);
                assertThat(entries(table, size)).containsOnly(1);
            }
        }

        private int[] entries(MaglevTable table, int count) {
            int[] entries = new int[count];
            for (int i = 0; i < table.size(); i++) {
                // The first hash of each entry's range
                long high = ((long) i << 32) / table.size() + (i == 0 ? 0 : 1);
                entries[table.select(high << 32)]++;
            }
            return entries;
        }

        @Test
        void movesFewFlowsWhenATargetLeavesOrComes() {
            List<Target> targets = targets(20);
            MaglevTable table = MaglevTable.of(targets);
            int[] before = choose(table);
            int[] shares = shares(20, before);
            int worst = 0;
            for (int gone = 0; gone < 20; gone++) {
                List<Target> fewer = without(targets, gone);
                int moved = moved(targets, before, fewer, choose(MaglevTable.of(fewer)));
                worst = Math.max(worst, moved - shares[gone]);
                assertThat(moved).isGreaterThanOrEqualTo(shares[gone]);
            }
            // Beyond the 5 % that must move, less than 2 % do
            assertThat(worst).isLessThan(FLOWS * 2 / 100);
        }

        @Test
        void doesNotDependOnTheOrderOfTheList() {
            List<Target> targets = new ArrayList<>(targets(30));
            int[] before = choose(MaglevTable.of(targets));
            List<Target> shuffled = new ArrayList<>(targets);
            Collections.shuffle(shuffled, new Random(1));
            assertThat(moved(targets, before, shuffled, choose(MaglevTable.of(shuffled)))).isZero();
        }

        @Test
        void dependsOnTheSeed() {
            List<Target> targets = targets(10);
            int[] zero = choose(MaglevTable.of(targets, 1021, 0));
            int[] one = choose(MaglevTable.of(targets, 1021, 1));
            assertThat(moved(targets, zero, targets, one)).isBetween(FLOWS / 2, FLOWS - 1);
            assertThat(choose(MaglevTable.of(targets, MaglevTable.DEFAULT_SIZE, 0)))
                    .isEqualTo(choose(MaglevTable.of(targets)));
        }

        @Test
        void takesEveryHash() {
            MaglevTable table = MaglevTable.of(targets(3), 3, 0);
            assertThat(table.size()).isEqualTo(3);
            assertThat(
                            LongStream.of(0, -1, Long.MIN_VALUE, Long.MAX_VALUE)
                                    .mapToInt(table::select)
                                    .boxed())
                    .allMatch(choice -> choice >= 0 && choice < 3);
            assertThat(MaglevTable.of(targets(1), 2, 0).select(-1)).isZero();
            assertThat(table.targets()).isEqualTo(targets(3));
        }

        @Test
        void refusesWhatCannotBe() {
            List<Target> three = targets(3);
            for (int size : new int[] {-1, 0, 1, 2, 4, 9, 15, 1022, 65_536, 16_777_259}) {
                assertThatThrownBy(() -> MaglevTable.of(three, size, 0))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("size " + size);
            }
            assertRefusesLists(MaglevTable::of);
        }

        @Test
        void takesTheGreatestSize() {
            assertThat(MaglevTable.of(targets(2), MaglevTable.MAX_SIZE, 0).size())
                    .isEqualTo(16_777_213);
        }
    }

    @Nested
    class Rendezvous {
        private int[] choose(RendezvousSelector selector) {
            return LongStream.of(HASHES).mapToInt(selector::select).toArray();
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 3, 10, 50})
        void sharesFlowsEvenly(int count) {
            int[] shares = shares(count, choose(RendezvousSelector.of(targets(count))));
            double expected = (double) FLOWS / count;
            for (int share : shares) {
                assertThat(share)
                        .isBetween(
                                (int) (expected - 5 * Math.sqrt(expected)),
                                (int) (expected + 5 * Math.sqrt(expected)));
            }
        }

        @Test
        void sharesFlowsByWeight() {
            List<Target> targets =
                    List.of(new Target(1, 1), new Target(2, 2), new Target(3, 0), new Target(4, 5));
            int[] shares = shares(4, choose(RendezvousSelector.of(targets)));
            assertThat(shares[2]).isZero();
            assertThat(shares[0]).isBetween(12_000, 13_000);
            assertThat(shares[1]).isBetween(24_300, 25_700);
            assertThat(shares[3]).isBetween(61_700, 63_300);
        }

        @Test
        void movesOnlyTheFlowsOfATargetThatLeaves() {
            List<Target> targets = targets(20);
            int[] before = choose(RendezvousSelector.of(targets));
            int[] shares = shares(20, before);
            for (int gone = 0; gone < 20; gone++) {
                List<Target> fewer = without(targets, gone);
                int[] after = choose(RendezvousSelector.of(fewer));
                assertThat(moved(targets, before, fewer, after)).isEqualTo(shares[gone]);
            }
        }

        @Test
        void movesOnlyToTheTargetWhoseWeightGrew() {
            List<Target> before = List.of(new Target(1, 3), new Target(2, 3), new Target(3, 3));
            List<Target> after = List.of(new Target(1, 3), new Target(2, 6), new Target(3, 3));
            int[] chosen = choose(RendezvousSelector.of(before));
            int[] then = choose(RendezvousSelector.of(after));
            int moved = moved(before, chosen, after, then);
            assertThat(moved).isEqualTo(shares(3, then)[1] - shares(3, chosen)[1]);
            assertThat(moved).isBetween(15_900, 17_400); // from a third to a half
            for (int i = 0; i < FLOWS; i++) {
                assertThat(then[i] == chosen[i] || then[i] == 1).isTrue();
            }
        }

        @Test
        void doesNotDependOnOrderButOnSeed() {
            List<Target> targets = targets(10);
            List<Target> shuffled = new ArrayList<>(targets);
            Collections.shuffle(shuffled, new Random(1));
            int[] before = choose(RendezvousSelector.of(targets));
            int[] after = choose(RendezvousSelector.of(shuffled));
            assertThat(moved(targets, before, shuffled, after)).isZero();
            assertThat(choose(RendezvousSelector.of(targets, 0))).isEqualTo(before);
            int[] other = choose(RendezvousSelector.of(targets, 1));
            assertThat(moved(targets, before, targets, other)).isBetween(89_000, 91_000);
        }

        @Test
        void choosesAlikeWithEqualWeightsOfAnyKind() {
            List<Target> ones = List.of(new Target(1, 1), new Target(2, 1), new Target(3, 0));
            List<Target> two = List.of(new Target(1, 7), new Target(2, 7));
            RendezvousSelector weighted = RendezvousSelector.of(ones);
            RendezvousSelector uniform = RendezvousSelector.of(two);
            assertThat(uniform.targets()).isEqualTo(two);
            assertThat(choose(weighted)).isEqualTo(choose(uniform));
        }

        @Test
        void refusesWhatCannotBe() {
            assertRefusesLists(RendezvousSelector::of);
        }
    }

    private static void assertRefusesLists(java.util.function.Function<List<Target>, ?> maker) {
        assertThatThrownBy(() -> maker.apply(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 targets");
        assertThatThrownBy(() -> maker.apply(List.of(new Target(1, 0), new Target(2, 0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("weight above 0");
        assertThatThrownBy(() -> maker.apply(List.of(Target.of(7), Target.of(7))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("7: twice");
    }

    @Test
    void targetHasAWeightInRange() {
        assertThat(Target.of(5)).isEqualTo(new Target(5, 1));
        assertThat(new Target(5, Target.MAX_WEIGHT).weight()).isEqualTo(65_535);
        assertThatThrownBy(() -> new Target(5, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Target(5, 65_536))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
