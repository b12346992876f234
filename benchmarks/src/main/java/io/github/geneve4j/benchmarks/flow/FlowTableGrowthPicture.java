package io.github.geneve4j.benchmarks.flow;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Draws the figures of {@link FlowTableBenchmark} as a picture: time for an operation over the size
 * of the table, both on logarithmic scales.
 *
 * {@snippet lang = shell :
 * java -cp benchmarks/target/benchmarks.jar \
 *     io.github.geneve4j.benchmarks.flow.FlowTableGrowthPicture results.csv picture.svg
 * }
 */
public final class FlowTableGrowthPicture {
    private static final int WIDTH = 860;
    private static final int HEIGHT = 480;
    private static final int LEFT = 70;
    private static final int RIGHT = 240;
    private static final int TOP = 50;
    private static final int BOTTOM = 60;
    private static final double LEAST_FLOWS = 1_000;
    private static final double MOST_FLOWS = 10_000_000;
    private static final double LEAST_NS = 1;
    private static final double MOST_NS = 2_000;
    private static final int LABEL_DISTANCE = 18;

    /** Operations in the order of the legend, what they are called there, and their colour. */
    private static final List<List<String>> SERIES =
            List.of(
                    List.of("touch", "plain memory: one read", "#999999"),
                    List.of("find", "find and refresh", "#0057b7"),
                    List.of("findAndCount", "find, refresh, count", "#3fa7d6"),
                    List.of("findNothing", "find nothing", "#2e8b57"),
                    List.of("insertAndEvict", "insert and evict", "#d1495b"),
                    List.of("insertAndExpire", "insert and expire", "#e09f3e"));

    private FlowTableGrowthPicture() {}

    /**
     * Draws.
     *
     * @param args the benchmark's results in JMH's CSV form, and the SVG file to write
     * @throws IOException if either cannot be
     */
    public static void main(String[] args) throws IOException {
        Map<String, Map<Integer, Double>> results = read(Path.of(args[0]));
        Files.writeString(Path.of(args[1]), draw(results));
    }

    private static Map<String, Map<Integer, Double>> read(Path csv) throws IOException {
        List<String> lines = Files.readAllLines(csv);
        List<String> names = List.of(lines.get(0).replace("\"", "").split(","));
        int name = names.indexOf("Benchmark");
        int score = names.indexOf("Score");
        int flows = names.indexOf("Param: flows");
        Map<String, Map<Integer, Double>> results = new LinkedHashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.replace("\"", "").split(",");
            String operation = cells[name].substring(cells[name].lastIndexOf('.') + 1);
            results.computeIfAbsent(operation, key -> new TreeMap<>())
                    .put(Integer.valueOf(cells[flows]), Double.valueOf(cells[score]));
        }
        return results;
    }

    private static String draw(Map<String, Map<Integer, Double>> results) {
        StringBuilder svg = new StringBuilder();
        add(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\" font-size=\"13\">",
                WIDTH,
                HEIGHT);
        add(svg, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", WIDTH, HEIGHT);
        add(
                svg,
                "<text x=\"%d\" y=\"28\" font-size=\"16\">Flow table: time for one operation,"
                        + " every flow as likely as any other</text>",
                LEFT);
        axes(svg);
        for (List<String> series : SERIES) {
            Map<Integer, Double> points = results.get(series.get(0));
            if (points != null) {
                line(svg, points, series.get(2));
            }
        }
        legend(svg, results);
        return svg.append("</svg>\n").toString();
    }

    private static void axes(StringBuilder svg) {
        for (double flows = LEAST_FLOWS; flows <= MOST_FLOWS; flows *= 10) {
            add(
                    svg,
                    "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#e5e5e5\"/>",
                    x(flows),
                    TOP,
                    x(flows),
                    HEIGHT - BOTTOM);
            add(
                    svg,
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    x(flows),
                    HEIGHT - BOTTOM + LABEL_DISTANCE,
                    flows < 1e6 ? (int) (flows / 1e3) + " k" : (int) (flows / 1e6) + " M");
        }
        for (double ns : new double[] {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000}) {
            add(
                    svg,
                    "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#e5e5e5\"/>",
                    LEFT,
                    y(ns),
                    WIDTH - RIGHT,
                    y(ns));
            add(
                    svg,
                    "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d</text>",
                    LEFT - 8,
                    y(ns) + 4,
                    (int) ns);
        }
        add(
                svg,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">flows in the table</text>",
                (LEFT + WIDTH - RIGHT) / 2,
                HEIGHT - 16);
        add(
                svg,
                "<text x=\"20\" y=\"%d\" text-anchor=\"middle\""
                        + " transform=\"rotate(-90 20 %d)\">nanoseconds</text>",
                (TOP + HEIGHT - BOTTOM) / 2,
                (TOP + HEIGHT - BOTTOM) / 2);
    }

    private static void line(StringBuilder svg, Map<Integer, Double> points, String colour) {
        StringBuilder path = new StringBuilder();
        for (Map.Entry<Integer, Double> point : points.entrySet()) {
            double x = x(point.getKey());
            double y = y(point.getValue());
            path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
            add(svg, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>", x, y, colour);
        }
        add(
                svg,
                "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>",
                path.toString().trim(),
                colour);
    }

    private static void legend(StringBuilder svg, Map<String, Map<Integer, Double>> results) {
        int y = TOP + LABEL_DISTANCE;
        for (List<String> series : SERIES) {
            if (!results.containsKey(series.get(0))) {
                continue;
            }
            int x = WIDTH - RIGHT + 20;
            add(
                    svg,
                    "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\""
                            + " stroke-width=\"3\"/>",
                    x,
                    y - 4,
                    x + 18,
                    y - 4,
                    series.get(2));
            add(svg, "<text x=\"%d\" y=\"%d\">%s</text>", x + 26, y, series.get(1));
            y += LABEL_DISTANCE + 4;
        }
    }

    private static double x(double flows) {
        double part = Math.log(flows / LEAST_FLOWS) / Math.log(MOST_FLOWS / LEAST_FLOWS);
        return LEFT + part * (WIDTH - LEFT - RIGHT);
    }

    private static double y(double ns) {
        double part = Math.log(ns / LEAST_NS) / Math.log(MOST_NS / LEAST_NS);
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
    }

    private static void add(StringBuilder svg, String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
