package io.github.geneve4j.benchmarks.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.simulator.load.InnerKind;
import io.github.geneve4j.simulator.load.Load;
import io.github.geneve4j.simulator.load.LoadResult;
import java.util.List;
import java.util.OptionalDouble;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final Measure MEASURE =
            new Measure(Measure.Kind.WINDOW, new Load(InnerKind.UDP4, 64, 8), 0, false);
    private static final Program OURS = Programs.named(Programs.AF_PACKET);
    private static final Program BASE = Programs.named(Programs.IPTABLES);

    private static final double MOST_APART = 100;

    private final Comparison comparison = new Comparison(MOST_APART);

    @Test
    void takesTheMedian() {
        assertThat(Comparison.median()).isEmpty();
        assertThat(Comparison.median(3, 1, 2)).hasValue(2);
        assertThat(Comparison.median(4, 1, 2, 3)).hasValue(2.5);
    }

    /** The machine got slower from round to round: the ratio did not. */
    @Test
    void comparesWithinARound() {
        add(1, OURS, 500);
        add(1, BASE, 1000);
        add(2, OURS, 250);
        add(2, BASE, 500);
        add(3, OURS, 60);
        add(3, BASE, 100);
        add(4, OURS, 9000); // without a partner
        assertThat(comparison.median(Layout.ONE_CORE, OURS, MEASURE, s -> s.result().rate()))
                .hasValue(375);
        assertThat(ratio(Layout.ONE_CORE)).hasValue(0.5);
        assertThat(ratio(Layout.VETH_DEFAULT)).isEmpty();
    }

    @Test
    void writesTablesAndAPicture() {
        add(1, OURS, 450_000);
        add(1, BASE, 900_000);
        List<Program> programs = List.of(BASE, OURS);
        assertThat(
                        MarkdownTables.write(
                                comparison, List.of(Layout.ONE_CORE), programs, List.of(MEASURE)))
                .contains("| program | 64 B, kpps | of iptables |")
                .contains("| appliance, AF_PACKET | 450 | 0.50 |");
        assertThat(Picture.draw(comparison, Layout.ONE_CORE, programs, List.of(MEASURE)))
                .startsWith("<svg")
                .contains(">450<", ">900<")
                .endsWith("</svg>\n");
    }

    /** Requests and replies on the appliance's core. */
    @Test
    void tellsWhenFramesWereReceivedOnTheWrongCore() {
        assertThat(misplaced(Layout.ONE_CORE, 0, 200)).isZero();
        assertThat(misplaced(Layout.ONE_CORE, 3000, 196)).isZero();
        assertThat(misplaced(Layout.ONE_CORE, 100, 100)).isEqualTo(1);
        assertThat(misplaced(Layout.REPLIES_AWAY, 100, 100)).isZero();
        assertThat(misplaced(Layout.REPLIES_AWAY, 96, 3000)).isZero();
        assertThat(misplaced(Layout.REPLIES_AWAY, 150, 50)).isEqualTo(0.5);
        assertThat(misplaced(Layout.REPLIES_AWAY, 10, 190)).isEqualTo(0.9);
        assertThat(misplaced(Layout.VETH_DEFAULT, 0, 0)).isZero();
    }

    /** What was measured while the cores were far apart is told, and does not count. */
    @Test
    void leavesOutWhatWasMeasuredWithTheCoresFarApart() {
        add(1, OURS, 500);
        comparison.add(sample(Layout.ONE_CORE, 2, OURS, 70, 70, 70, MOST_APART));
        comparison.add(sample(Layout.ONE_CORE, 3, OURS, 1, 1, 1, MOST_APART + 1));
        assertThat(comparison.median(Layout.ONE_CORE, OURS, MEASURE, s -> s.result().rate()))
                .hasValue(285);
        assertThat(comparison.counting(Layout.ONE_CORE)).isEqualTo(2);
        assertThat(comparison.taken(Layout.ONE_CORE)).isEqualTo(3);
        assertThat(comparison.taken(Layout.VETH_DEFAULT)).isZero();
    }

    private static double misplaced(Layout layout, long onGenerator, long onAppliance) {
        return sample(layout, 1, OURS, 100, onGenerator, onAppliance, 0).misplaced();
    }

    private OptionalDouble ratio(Layout layout) {
        return comparison.ratio(layout, OURS, BASE, MEASURE, sample -> sample.result().rate());
    }

    private void add(int round, Program program, long rate) {
        comparison.add(sample(Layout.ONE_CORE, round, program, rate, 0, 2 * rate, 50));
    }

    private static Sample sample(
            Layout layout,
            int round,
            Program program,
            long packets,
            long onGenerator,
            long onAppliance,
            double apart) {
        LoadResult result =
                new LoadResult(
                        1_000_000_000,
                        packets,
                        packets,
                        packets,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        new Histogram(3));
        return new Sample(
                round,
                layout,
                program,
                MEASURE,
                result,
                new CoreUse(0, 0, 1, 0, 0, onGenerator, 0),
                new CoreUse(0, 0, 1, 0, 0, onAppliance, 0),
                0,
                false,
                apart);
    }
}
