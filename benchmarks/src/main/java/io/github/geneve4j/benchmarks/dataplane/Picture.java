package io.github.geneve4j.benchmarks.dataplane;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Draws the rates of a comparison: a bar for each program and length, the baseline as a line. */
final class Picture {
    private static final int WIDTH = 860;
    private static final int LEFT = 320;
    private static final int RIGHT = 60;
    private static final int TOP = 74;
    private static final int BAR = 15;
    private static final int GAP = 16;
    private static final int BOTTOM = 46;
    private static final int LEGEND_STEP = 110;
    private static final List<String> SHADES = List.of("55", "aa", "ff"); // opacity, hexadecimal
    private static final String LIMIT = "#999999";
    private static final String OURS = "#0057b7";
    private static final String PEER = "#e09f3e";

    private final Comparison comparison;
    private final Layout layout;
    private final List<Program> programs;
    private final List<Measure> measures;
    private final StringBuilder svg = new StringBuilder();
    private final double most;

    private Picture(
            Comparison comparison, Layout layout, List<Program> programs, List<Measure> measures) {
        this.comparison = comparison;
        this.layout = layout;
        this.programs = programs;
        this.measures = measures;
        double rate = 1;
        for (Program program : programs) {
            for (Measure measure : measures) {
                rate = Math.max(rate, rate(program, measure).orElse(0));
            }
        }
        this.most = rate;
    }

    /**
     * {@return an SVG picture}
     *
     * @param measures the lengths, at most three, all with a window
     */
    static String draw(
            Comparison comparison, Layout layout, List<Program> programs, List<Measure> measures) {
        List<Measure> windows =
                measures.stream().filter(m -> m.kind() == Measure.Kind.WINDOW).limit(3).toList();
        return new Picture(comparison, layout, programs, windows).draw();
    }

    private String draw() {
        int group = measures.size() * BAR + GAP;
        int height = TOP + programs.size() * group + BOTTOM;
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\" font-size=\"13\">",
                WIDTH, height);
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", WIDTH, height);
        add(
                "<text x=\"20\" y=\"28\" font-size=\"16\">Geneve datagrams returned in a second,"
                        + " thousands, by one core (layout %s)</text>",
                layout.label());
        legend();
        axis(height);
        int y = TOP;
        for (Program program : programs) {
            bars(program, y);
            y += group;
        }
        baseline(height);
        return svg.append("</svg>\n").toString();
    }

    private void legend() {
        for (int i = 0; i < measures.size(); i++) {
            int x = LEFT + i * LEGEND_STEP;
            add(
                    "<rect x=\"%d\" y=\"44\" width=\"18\" height=\"12\" fill=\"%s\"/>",
                    x, OURS + shade(i));
            add("<text x=\"%d\" y=\"55\">%s inner</text>", x + 24, measures.get(i).length());
        }
    }

    private void axis(int height) {
        double step = most > 1e6 ? 200_000 : 100_000;
        for (double rate = 0; rate <= most; rate += step) {
            add(
                    "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e5e5e5\"/>",
                    x(rate), TOP - 8, x(rate), height - BOTTOM);
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>",
                    x(rate), height - BOTTOM + 18, rate / 1e3);
        }
    }

    private void bars(Program program, int top) {
        String colour =
                switch (program.role()) {
                    case LIMIT -> LIMIT;
                    case BASE -> PEER;
                    case OURS -> OURS;
                };
        int middle = top + measures.size() * BAR / 2;
        add(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
                LEFT - 10, middle + 4, program.label());
        for (int i = 0; i < measures.size(); i++) {
            OptionalDouble rate = rate(program, measures.get(i));
            if (rate.isPresent()) {
                int y = top + i * BAR;
                add(
                        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
                        LEFT, y, x(rate.getAsDouble()) - LEFT, BAR - 2, colour + shade(i));
                add(
                        "<text x=\"%.1f\" y=\"%d\" font-size=\"11\">%.0f</text>",
                        x(rate.getAsDouble()) + 5, y + BAR - 4, rate.getAsDouble() / 1e3);
            }
        }
    }

    /** What the kernel's own way of doing it reaches with the first length. */
    private void baseline(int height) {
        OptionalDouble rate = rate(Programs.named(Programs.IPTABLES), measures.get(0));
        if (rate.isPresent()) {
            double x = x(rate.getAsDouble());
            add(
                    "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#d1495b\""
                            + " stroke-dasharray=\"5 4\"/>",
                    x, TOP - 8, x, height - BOTTOM);
            add(
                    "<text x=\"%.1f\" y=\"%d\" font-size=\"11\" fill=\"#d1495b\""
                            + " text-anchor=\"middle\">iptables, %s</text>",
                    x, height - 12, measures.get(0).length());
        }
    }

    private OptionalDouble rate(Program program, Measure measure) {
        return comparison.median(layout, program, measure, sample -> sample.result().rate());
    }

    /** Lighter ones first, the last one full. */
    private String shade(int index) {
        return SHADES.get(SHADES.size() - measures.size() + index);
    }

    private double x(double rate) {
        return LEFT + rate / most * (WIDTH - LEFT - RIGHT);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
