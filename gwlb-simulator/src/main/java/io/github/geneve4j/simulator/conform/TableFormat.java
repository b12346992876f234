package io.github.geneve4j.simulator.conform;

import java.net.Inet4Address;
import java.util.HexFormat;
import java.util.Locale;
import java.util.stream.Collectors;

/** Results as lines for people. */
public final class TableFormat {
    private static final int ROW_LENGTH = 16;
    private static final int MAX_ROWS = 16;
    private static final HexFormat SPACED = HexFormat.ofDelimiter(" ");
    private static final int NAME_WIDTH =
            ConformanceSuite.checks().stream().mapToInt(c -> c.name().length()).max().orElse(0);

    private TableFormat() {}

    /**
     * {@return the line above the table}
     *
     * @param settings which appliance, from where
     */
    public static String head(ConformanceSettings settings) {
        return subject(settings) + ", seed " + settings.seed();
    }

    /** {@return what is judged, the same in every run} */
    static String subject(ConformanceSettings settings) {
        return "conformance of "
                + settings.target().getHostAddress()
                + ":"
                + settings.port()
                + ", seen from "
                + settings.nodes().stream()
                        .map(Inet4Address::getHostAddress)
                        .collect(Collectors.joining(", "));
    }

    /**
     * {@return the lines of one result, each with its end}
     *
     * @param result with the bytes behind it if it is a failure
     */
    public static String rows(CheckResult result) {
        StringBuilder out = new StringBuilder();
        out.append(
                String.format(
                        Locale.ROOT,
                        "%-4s  %-" + NAME_WIDTH + "s  %s%n",
                        word(result.verdict()),
                        result.check().name(),
                        printable(result.message())));
        if (result.verdict() == Verdict.FAIL) {
            CheckInfo check = result.check();
            out.append("      why:  ").append(check.reason()).append('\n');
            out.append("      rule: ").append(check.rule()).append('\n');
            out.append("      AWS:  ").append(aws(result.metric())).append('\n');
            result.evidence().forEach(evidence -> append(out, evidence));
        }
        return out.toString();
    }

    static String summary(ConformanceReport report) {
        int errors = report.count(Verdict.ERROR);
        return report.count(Verdict.PASS)
                + " passed, "
                + report.count(Verdict.FAIL)
                + " failed, "
                + report.count(Verdict.NOT_APPLICABLE)
                + " not applicable"
                + (errors == 0 ? "" : ", " + errors + " not asked")
                + (report.sawHeaders() ? "" : "; without CAP_NET_RAW, outer headers were not seen");
    }

    /** {@return what the load balancer's owner would see} */
    static String aws(String metric) {
        return metric.equals(CheckInfo.NO_METRIC) ? "no metric would tell" : "counted in " + metric;
    }

    private static String word(Verdict verdict) {
        return switch (verdict) {
            case PASS -> "pass";
            case FAIL -> "FAIL";
            case NOT_APPLICABLE -> "n/a";
            case ERROR -> "err";
        };
    }

    /** A message may quote other programs: nothing in it is to move a terminal's cursor. */
    private static String printable(String message) {
        StringBuilder out = new StringBuilder();
        message.codePoints()
                .forEach(
                        c -> {
                            if (Character.isISOControl(c)) {
                                out.append(String.format(Locale.ROOT, "\\u%04x", c));
                            } else {
                                out.appendCodePoint(c);
                            }
                        });
        return out.toString();
    }

    /** Shows both sides, or, where there is only one, that one. */
    private static void append(StringBuilder out, Evidence evidence) {
        byte[] expected = evidence.expected();
        byte[] observed = evidence.observed();
        out.append("      ").append(evidence.what());
        if (expected.length == 0 || observed.length == 0) {
            byte[] only = expected.length == 0 ? observed : expected;
            out.append(", ").append(only.length).append(" bytes\n");
            appendAll(out, only);
            return;
        }
        out.append(", differs at ").append(ranges(evidence)).append('\n');
        int rows = 0;
        int longer = Math.max(expected.length, observed.length);
        for (int at = 0; at < longer; at += ROW_LENGTH) {
            if (!differsInRow(evidence, at)) {
                continue;
            }
            if (rows++ == MAX_ROWS) {
                out.append("        ...\n");
                return;
            }
            out.append(row(at, "expected", expected)).append('\n');
            out.append(row(at, "observed", observed)).append('\n');
            out.append(marks(evidence, at)).append('\n');
        }
    }

    private static void appendAll(StringBuilder out, byte[] bytes) {
        for (int at = 0; at < bytes.length; at += ROW_LENGTH) {
            if (at == MAX_ROWS * ROW_LENGTH) {
                out.append("        ...\n");
                return;
            }
            out.append(row(at, "", bytes)).append('\n');
        }
    }

    private static String ranges(Evidence evidence) {
        return evidence.differences().stream()
                .limit(MAX_ROWS)
                .map(d -> d.length() == 1 ? "" + d.offset() : d.offset() + "-" + last(d))
                .collect(Collectors.joining(", "));
    }

    private static int last(Evidence.Difference difference) {
        return difference.offset() + difference.length() - 1;
    }

    private static boolean differsInRow(Evidence evidence, int from) {
        return evidence.differences().stream()
                .anyMatch(d -> d.offset() < from + ROW_LENGTH && last(d) >= from);
    }

    private static String row(int from, String side, byte[] bytes) {
        int start = Math.min(from, bytes.length);
        int end = Math.min(from + ROW_LENGTH, bytes.length);
        String hex = SPACED.formatHex(bytes, start, end);
        return String.format(Locale.ROOT, "        %04x  %-8s  %s", from, side, hex)
                .stripTrailing();
    }

    private static String marks(Evidence evidence, int from) {
        StringBuilder marks = new StringBuilder(" ".repeat(24));
        int longer = Math.max(evidence.expected().length, evidence.observed().length);
        for (int at = from; at < Math.min(from + ROW_LENGTH, longer); at++) {
            marks.append(evidence.differsAt(at) ? "^^ " : "   ");
        }
        return marks.toString().stripTrailing();
    }
}
