package io.github.geneve4j.benchmarks.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.benchmarks.dataplane.load.InnerKind;
import io.github.geneve4j.benchmarks.dataplane.load.Load;
import io.github.geneve4j.benchmarks.dataplane.load.LoadResult;
import java.util.List;
import java.util.OptionalDouble;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final Measure MEASURE =
            new Measure(Measure.Kind.WINDOW, new Load(InnerKind.UDP4, 64, 8), 0);
    private static final Program OURS = Programs.named(Programs.AF_PACKET);
    private static final Program BASE = Programs.named(Programs.IPTABLES);

    private final Comparison comparison = new Comparison();

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

    @Test
    void tellsWhenFramesWereReceivedOnTheWrongCore() {
        assertThat(sample(1, OURS, 100, 100, 100).misplaced()).isZero();
        assertThat(sample(1, OURS, 100, 96, 3000).misplaced()).isZero();
        assertThat(sample(1, OURS, 100, 150, 50).misplaced()).isEqualTo(0.5);
        assertThat(sample(1, OURS, 100, 200, 0).misplaced()).isEqualTo(1);
        assertThat(sample(1, OURS, 100, 10, 190).misplaced()).isEqualTo(0.9);
    }

    private OptionalDouble ratio(Layout layout) {
        return comparison.ratio(layout, OURS, BASE, MEASURE, sample -> sample.result().rate());
    }

    private void add(int round, Program program, long rate) {
        comparison.add(sample(round, program, rate, rate, rate));
    }

    private static Sample sample(
            int round, Program program, long packets, long onGenerator, long onAppliance) {
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
                Layout.ONE_CORE,
                program,
                MEASURE,
                result,
                new CoreUse(0, 0, 1, 0, 0, onGenerator, 0),
                new CoreUse(0, 0, 1, 0, 0, onAppliance, 0),
                false);
    }
}
