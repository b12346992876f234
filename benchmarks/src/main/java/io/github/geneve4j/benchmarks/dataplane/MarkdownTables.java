package io.github.geneve4j.benchmarks.dataplane;

import io.github.geneve4j.benchmarks.dataplane.Measure.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** Writes a comparison as tables to paste into a page. */
final class MarkdownTables {
    private static final String NONE = "-";
    private static final double IDLE_WORTH_TELLING = 0.05;

    private final Comparison comparison;
    private final List<Program> programs;
    private final List<Measure> measures;
    private final StringBuilder out = new StringBuilder();

    private MarkdownTables(Comparison comparison, List<Program> programs, List<Measure> measures) {
        this.comparison = comparison;
        this.programs = programs;
        this.measures = measures;
    }

    /** {@return the tables, for each layout those of each kind of measure} */
    static String write(
            Comparison comparison,
            List<Layout> layouts,
            List<Program> programs,
            List<Measure> measures) {
        MarkdownTables tables = new MarkdownTables(comparison, programs, measures);
        for (Layout layout : layouts) {
            tables.write(layout);
        }
        return tables.out.toString();
    }

    private void write(Layout layout) {
        line("**Layout `" + layout.label() + "`**: " + layout.text() + ".");
        line("");
        writeRates(layout);
        writeLatencies(layout);
        writeOpenLoop(layout);
        writeNotes(layout);
        line(
                comparison.counting(layout)
                        + " of "
                        + comparison.taken(layout)
                        + " samples count: at the others, the cores were too far apart.");
        line("");
    }

    private void writeRates(Layout layout) {
        List<Measure> windows = of(Kind.WINDOW);
        if (windows.isEmpty()) {
            return;
        }
        List<Program> bases = bases();
        List<String> header = new ArrayList<>(List.of("program"));
        for (Measure measure : windows) {
            header.add(measure.length() + ", kpps");
            bases.forEach(base -> header.add("of " + shortName(base)));
        }
        header(header);
        for (Program program : programs) {
            List<String> row = new ArrayList<>(List.of(program.label()));
            for (Measure measure : windows) {
                ToDoubleFunction<Sample> rate = sample -> sample.result().rate();
                row.add(number("%.0f", 1e-3, comparison.median(layout, program, measure, rate)));
                for (Program base : bases) {
                    row.add(
                            number(
                                    "%.2f",
                                    1, comparison.ratio(layout, program, base, measure, rate)));
                }
            }
            row(row);
        }
        line("");
    }

    private void writeLatencies(Layout layout) {
        for (Measure measure : of(Kind.ONE_IN_FLIGHT)) {
            header(
                    List.of(
                            "one packet of " + measure.length() + " in flight",
                            "p50, us",
                            "p99, us",
                            "p99.9, us",
                            "p50 of XDP_TX's"));
            for (Program program : programs) {
                List<String> row = new ArrayList<>(List.of(program.label()));
                addLatencies(row, layout, program, measure);
                row.add(
                        number(
                                "%.2f",
                                1,
                                comparison.ratio(
                                        layout,
                                        program,
                                        Programs.named(Programs.XDP_TX),
                                        measure,
                                        sample -> sample.latency(50))));
                row(row);
            }
            line("");
        }
    }

    private void writeOpenLoop(Layout layout) {
        for (Measure measure : of(Kind.RATE)) {
            header(
                    List.of(
                            String.format(
                                    Locale.ROOT,
                                    "%.0f kpps of %s sent",
                                    measure.rate() / 1e3,
                                    measure.length()),
                            "returned, %",
                            "p50, us",
                            "p99, us",
                            "p99.9, us"));
            for (Program program : programs) {
                List<String> row = new ArrayList<>(List.of(program.label()));
                row.add(
                        number(
                                "%.2f",
                                100,
                                comparison.median(
                                        layout,
                                        program,
                                        measure,
                                        sample ->
                                                sample.result().right()
                                                        / (double) sample.result().sent())));
                addLatencies(row, layout, program, measure);
                row(row);
            }
            line("");
        }
    }

    private void addLatencies(List<String> row, Layout layout, Program program, Measure measure) {
        for (double percentile : new double[] {50, 99, 99.9}) {
            row.add(
                    number(
                            "%.1f",
                            1e-3,
                            comparison.median(
                                    layout,
                                    program,
                                    measure,
                                    sample -> sample.latency(percentile))));
        }
    }

    /** What one should know before one believes a number. */
    private void writeNotes(Layout layout) {
        for (Program program : programs) {
            for (Measure measure : measures) {
                String note = note(layout, program, measure);
                if (!note.isEmpty()) {
                    line("* " + program.label() + ", " + measure.length() + ": " + note);
                }
            }
        }
        line("");
    }

    private String note(Layout layout, Program program, Measure measure) {
        List<String> notes = new ArrayList<>();
        List<String> misplaced = new ArrayList<>();
        for (Sample sample : comparison.of(layout, program, measure)) {
            if (!sample.result().isFlawless() && measure.kind() != Kind.RATE) {
                notes.add("round " + sample.round() + ": " + sample.result().flaws());
            }
            if (sample.misplaced() > 0) {
                misplaced.add(Integer.toString(sample.round()));
            }
        }
        if (!misplaced.isEmpty()) {
            notes.add("received on the wrong core in round " + String.join(", ", misplaced));
        }
        OptionalDouble idle = comparison.median(layout, program, measure, Sample::spare);
        if (measure.kind() == Kind.WINDOW && idle.orElse(0) > IDLE_WORTH_TELLING) {
            notes.add(
                    String.format(
                            Locale.ROOT,
                            "its core had %.0f %% of the time to spare",
                            100 * idle.getAsDouble()));
        }
        if (measure.kind() == Kind.WINDOW && program.isOurs() && !program.isBusy()) {
            comparison
                    .median(layout, program, measure, Sample::own)
                    .ifPresent(
                            own ->
                                    notes.add(
                                            String.format(
                                                    Locale.ROOT,
                                                    "its process ran for %.1f %% of the time",
                                                    100 * own)));
        }
        return String.join("; ", notes);
    }

    /**
     * {@return the peers, and what firewall and fast path are compared with, where there is one}
     */
    private List<Program> bases() {
        boolean withFirewall =
                programs.stream().anyMatch(program -> program.id().equals(Programs.FIREWALL));
        boolean withFastPath =
                programs.stream().anyMatch(program -> program.id().startsWith(Programs.FAST));
        List<Program> bases = new ArrayList<>();
        for (Program program : programs) {
            boolean isPlain = program.id().equals(Programs.AF_XDP_DRIVER);
            boolean isLimit = program.id().equals(Programs.XDP_TX);
            if (program.isBase() || (withFirewall && isPlain) || (withFastPath && isLimit)) {
                bases.add(program);
            }
        }
        return bases;
    }

    private List<Measure> of(Kind kind) {
        return measures.stream().filter(measure -> measure.kind() == kind).toList();
    }

    private static String shortName(Program base) {
        return base.id().replace("-", " ");
    }

    private static String number(String format, double factor, OptionalDouble value) {
        return value.isPresent()
                ? String.format(Locale.ROOT, format, value.getAsDouble() * factor)
                : NONE;
    }

    private void header(List<String> cells) {
        row(cells);
        row(cells.stream().map(_ -> "---").toList());
    }

    private void row(List<String> cells) {
        line("| " + String.join(" | ", cells) + " |");
    }

    private void line(String text) {
        out.append(text).append('\n');
    }
}
