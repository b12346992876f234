package io.github.geneve4j.simulator.conform;

import java.util.Locale;

/** A report as the XML that JUnit's Ant task began and every CI system reads. */
final class JunitFormat {
    private static final char REPLACEMENT = '\ufffd';

    private JunitFormat() {}

    static String text(ConformanceReport report) {
        StringBuilder out = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        double seconds =
                report.results().stream().mapToLong(r -> r.duration().toNanos()).sum() / 1e9;
        out.append("<testsuite");
        attribute(out, "name", TableFormat.subject(report.settings()));
        attribute(out, "tests", "" + report.results().size());
        attribute(out, "failures", "" + report.count(Verdict.FAIL));
        attribute(out, "errors", "" + report.count(Verdict.ERROR));
        attribute(out, "skipped", "" + report.count(Verdict.NOT_APPLICABLE));
        attribute(out, "time", String.format(Locale.ROOT, "%.3f", seconds));
        out.append(">\n  <properties>\n    <property");
        attribute(out, "name", "seed");
        attribute(out, "value", "" + report.settings().seed());
        out.append("/>\n  </properties>\n");
        report.results().forEach(result -> testcase(out, result));
        return out.append("</testsuite>\n").toString();
    }

    private static void testcase(StringBuilder out, CheckResult result) {
        out.append("  <testcase");
        attribute(out, "classname", "conform");
        attribute(out, "name", result.check().name());
        attribute(out, "time", JsonFormat.seconds(result));
        switch (result.verdict()) {
            case PASS -> {
                out.append(">\n    <system-out>");
                escape(out, result.message());
                out.append("</system-out>\n  </testcase>\n");
            }
            case FAIL -> {
                out.append(">\n    <failure");
                attribute(out, "message", result.message());
                attribute(out, "type", result.metric());
                out.append('>');
                escape(out, TableFormat.rows(result));
                out.append("</failure>\n  </testcase>\n");
            }
            case ERROR -> {
                out.append(">\n    <error");
                attribute(out, "message", result.message());
                out.append("/>\n  </testcase>\n");
            }
            case NOT_APPLICABLE -> {
                out.append(">\n    <skipped");
                attribute(out, "message", result.message());
                out.append("/>\n  </testcase>\n");
            }
        }
    }

    private static void attribute(StringBuilder out, String name, String value) {
        out.append(' ').append(name).append("=\"");
        escape(out, value, true);
        out.append('"');
    }

    private static void escape(StringBuilder out, String text) {
        escape(out, text, false);
    }

    /**
     * Escapes markup, and replaces what XML 1.0 has no way to say (production 2, Char). A parser
     * makes spaces of an attribute's line ends and tabs, unless they are references.
     */
    private static void escape(StringBuilder out, String text, boolean attribute) {
        text.codePoints()
                .forEach(
                        c -> {
                            switch (c) {
                                case '<' -> out.append("&lt;");
                                case '>' -> out.append("&gt;");
                                case '&' -> out.append("&amp;");
                                case '"' -> out.append("&quot;");
                                default -> {
                                    if (!isChar(c)) {
                                        out.append(REPLACEMENT);
                                    } else if (c < ' ' && (attribute || c == '\r')) {
                                        out.append("&#").append(c).append(';');
                                    } else {
                                        out.appendCodePoint(c);
                                    }
                                }
                            }
                        });
    }

    private static boolean isChar(int c) {
        return (c >= ' ' && c <= 0xd7ff)
                || (c >= 0xe000 && c <= 0xfffd)
                || c >= 0x10000
                || c == '\t'
                || c == '\n'
                || c == '\r';
    }
}
