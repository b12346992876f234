package io.github.geneve4j.simulator.conform;

import java.net.Inet4Address;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/** A report as one JSON object (RFC 8259). */
final class JsonFormat {
    private JsonFormat() {}

    static String text(ConformanceReport report) {
        StringBuilder out = new StringBuilder();
        ConformanceSettings settings = report.settings();
        out.append("{\"target\":");
        string(out, settings.target().getHostAddress());
        out.append(",\"port\":").append(settings.port());
        out.append(",\"nodes\":");
        array(
                out,
                settings.nodes().stream().map(Inet4Address::getHostAddress).toList(),
                JsonFormat::string);
        out.append(",\"sawHeaders\":").append(report.sawHeaders());
        out.append(",\"seed\":").append(settings.seed());
        out.append(",\"passed\":").append(report.count(Verdict.PASS));
        out.append(",\"failed\":").append(report.count(Verdict.FAIL));
        out.append(",\"notApplicable\":").append(report.count(Verdict.NOT_APPLICABLE));
        out.append(",\"errors\":").append(report.count(Verdict.ERROR));
        out.append(",\"checks\":");
        array(out, report.results(), JsonFormat::result);
        return out.append('}').toString();
    }

    private static void result(StringBuilder out, CheckResult result) {
        member(out.append('{'), "name", result.check().name());
        member(out.append(','), "verdict", result.verdict().label());
        member(out.append(','), "message", result.message());
        member(out.append(','), "reason", result.check().reason());
        member(out.append(','), "rule", result.check().rule());
        member(out.append(','), "metric", result.metric());
        out.append(",\"seconds\":").append(seconds(result));
        out.append(",\"evidence\":");
        array(out, result.evidence(), JsonFormat::evidence);
        out.append('}');
    }

    private static void evidence(StringBuilder out, Evidence evidence) {
        member(out.append('{'), "what", evidence.what());
        member(out.append(','), "expected", Bytes.hex(evidence.expected()));
        member(out.append(','), "observed", Bytes.hex(evidence.observed()));
        out.append(",\"differences\":");
        array(
                out,
                evidence.differences(),
                (to, d) ->
                        to.append("{\"offset\":")
                                .append(d.offset())
                                .append(",\"length\":")
                                .append(d.length())
                                .append('}'));
        out.append('}');
    }

    static String seconds(CheckResult result) {
        return String.format(Locale.ROOT, "%.3f", result.duration().toNanos() / 1e9);
    }

    private static void member(StringBuilder out, String name, String value) {
        string(out, name);
        string(out.append(':'), value);
    }

    private static <T> void array(
            StringBuilder out, List<T> elements, BiConsumer<StringBuilder, T> element) {
        out.append('[');
        for (int i = 0; i < elements.size(); i++) {
            element.accept(i == 0 ? out : out.append(','), elements.get(i));
        }
        out.append(']');
    }

    private static void string(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c > '~') { // ASCII, whatever the output's encoding
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
