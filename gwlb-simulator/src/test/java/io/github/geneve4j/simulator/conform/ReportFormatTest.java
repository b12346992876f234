package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** The table, the JSON and the XML of one report. */
class ReportFormatTest {
    private static final CheckInfo PORTS =
            new CheckInfo("source-port", "Ports stay.", "RFC 8926 §3.3", CheckInfo.NO_METRIC);
    private static final CheckInfo COOKIE =
            new CheckInfo("latest-cookie", "Cookies \"change\".", "AWS <doc>", "Dropped_Cookie");
    private static final CheckInfo HEALTH =
            new CheckInfo("health", "Health & load.", "AWS", "UnHealthyHostCount");

    private static final CheckResult PASSED =
            new CheckResult(
                    PORTS,
                    Verdict.PASS,
                    "kept",
                    CheckInfo.NO_METRIC,
                    List.of(),
                    Duration.ofMillis(2));
    private static final CheckResult FAILED =
            new CheckResult(
                    COOKIE,
                    Verdict.FAIL,
                    "stale \"<one>\" & \u0001",
                    "Dropped_Cookie",
                    List.of(
                            new Evidence(
                                    "header",
                                    Bytes.hex("00112233445566778899aabbccddeeff 01020304"),
                                    Bytes.hex("00112233445566778899aabbccddeeff 01ff030405"))),
                    Duration.ofMillis(1_500));
    private static final CheckResult UNKNOWN =
            new CheckResult(
                    HEALTH,
                    Verdict.NOT_APPLICABLE,
                    "needs --health",
                    "UnHealthyHostCount",
                    List.of(),
                    Duration.ZERO);
    private static final ConformanceReport REPORT =
            new ConformanceReport(
                    ConformanceSettings.builder(
                                    Inet4Address.ofLiteral("10.0.1.10"),
                                    List.of(
                                            Inet4Address.ofLiteral("10.0.1.20"),
                                            Inet4Address.ofLiteral("10.0.2.20")))
                            .seed(7)
                            .build(),
                    true,
                    List.of(PASSED, FAILED, UNKNOWN));

    @Test
    void tableShowsWhatDiffersAndWhoWouldCountIt() {
        assertThat(REPORT.table())
                .isEqualTo(
                        """
                        conformance of 10.0.1.10:6081, seen from 10.0.1.20, 10.0.2.20, seed 7
                        pass  source-port              kept
                        FAIL  latest-cookie            stale "<one>" & \\u0001
                              why:  Cookies "change".
                              rule: AWS <doc>
                              AWS:  counted in Dropped_Cookie
                              header, differs at 17, 20
                                0010  expected  01 02 03 04
                                0010  observed  01 ff 03 04 05
                                                   ^^       ^^
                        n/a   health                   needs --health
                        1 passed, 1 failed, 1 not applicable
                        """);
    }

    @Test
    void tableShowsWhatHasNoOtherSide() {
        Evidence unwanted = Evidence.unwanted("came", Bytes.hex("c0ffee"));
        CheckResult result =
                new CheckResult(
                        PORTS,
                        Verdict.FAIL,
                        "came back",
                        CheckInfo.NO_METRIC,
                        List.of(unwanted),
                        Duration.ZERO);

        assertThat(TableFormat.rows(result))
                .contains("AWS:  no metric would tell")
                .endsWith("      came, 3 bytes\n        0000            c0 ff ee\n");
    }

    /** Long evidence is cut, not left out. */
    @Test
    void tableEndsWithinReason() {
        Evidence jumbo = new Evidence("inner", new byte[8500], new byte[100]);
        CheckResult result =
                new CheckResult(PORTS, Verdict.FAIL, "cut", "none", List.of(jumbo), Duration.ZERO);

        assertThat(TableFormat.rows(result)).contains("differs at 100-8499").endsWith("...\n");
        assertThat(TableFormat.rows(result).lines()).hasSizeLessThan(60);
    }

    @Test
    void jsonIsOneObject() {
        assertThat(REPORT.json())
                .isEqualTo(
                        "{\"target\":\"10.0.1.10\",\"port\":6081,"
                                + "\"nodes\":[\"10.0.1.20\",\"10.0.2.20\"],"
                                + "\"sawHeaders\":true,\"seed\":7,"
                                + "\"passed\":1,\"failed\":1,\"notApplicable\":1,\"errors\":0,\"checks\":["
                                + "{\"name\":\"source-port\",\"verdict\":\"pass\","
                                + "\"message\":\"kept\",\"reason\":\"Ports stay.\","
                                + "\"rule\":\"RFC 8926 \\u00a73.3\",\"metric\":\"none\","
                                + "\"seconds\":0.002,\"evidence\":[]},"
                                + "{\"name\":\"latest-cookie\",\"verdict\":\"fail\","
                                + "\"message\":\"stale \\\"<one>\\\" & \\u0001\","
                                + "\"reason\":\"Cookies \\\"change\\\".\","
                                + "\"rule\":\"AWS <doc>\",\"metric\":\"Dropped_Cookie\","
                                + "\"seconds\":1.500,\"evidence\":[{\"what\":\"header\","
                                + "\"expected\":\"00112233445566778899aabbccddeeff01020304\","
                                + "\"observed\":\"00112233445566778899aabbccddeeff01ff030405\","
                                + "\"differences\":[{\"offset\":17,\"length\":1},"
                                + "{\"offset\":20,\"length\":1}]}]},"
                                + "{\"name\":\"health\",\"verdict\":\"not applicable\","
                                + "\"message\":\"needs --health\",\"reason\":\"Health & load.\","
                                + "\"rule\":\"AWS\",\"metric\":\"UnHealthyHostCount\","
                                + "\"seconds\":0.000,\"evidence\":[]}]}");
    }

    @Test
    void junitIsWellFormed() throws Exception {
        Document document = parse(REPORT.junit());

        Element suite = document.getDocumentElement();
        assertThat(suite.getTagName()).isEqualTo("testsuite");
        assertThat(suite.getAttribute("tests")).isEqualTo("3");
        assertThat(suite.getAttribute("failures")).isEqualTo("1");
        assertThat(suite.getAttribute("skipped")).isEqualTo("1");
        assertThat(suite.getAttribute("errors")).isEqualTo("0");
        assertThat(suite.getAttribute("name")).as("the same in every run").endsWith("10.0.2.20");
        Element seed = (Element) suite.getElementsByTagName("property").item(0);
        assertThat(seed.getAttribute("name")).isEqualTo("seed");
        assertThat(seed.getAttribute("value")).isEqualTo("7");
        assertThat(suite.getAttribute("time")).isEqualTo("1.502");
        assertThat(suite.getElementsByTagName("testcase").getLength()).isEqualTo(3);

        Element failure = (Element) suite.getElementsByTagName("failure").item(0);
        assertThat(failure.getAttribute("message")).isEqualTo("stale \"<one>\" & \ufffd");
        assertThat(failure.getAttribute("type")).isEqualTo("Dropped_Cookie");
        assertThat(failure.getTextContent()).contains("0010  observed  01 ff 03 04 05\n");
        assertThat(((Element) failure.getParentNode()).getAttribute("name"))
                .isEqualTo("latest-cookie");
        Element skipped = (Element) suite.getElementsByTagName("skipped").item(0);
        assertThat(skipped.getAttribute("message")).isEqualTo("needs --health");
    }

    /** Whatever a program said: XML 1.0 has no way to say some of it. */
    @Test
    void junitSaysAllThatXmlCan() throws Exception {
        String text = "a\tb\nc\rd \ud83d\ude00 \u0000 \u001f \ufffe \uffff \ud800 \udc00 e";
        String replaced = "a\tb\nc\rd \ud83d\ude00 \ufffd \ufffd \ufffd \ufffd \ufffd \ufffd e";
        ConformanceReport report = reportOf(saying(Verdict.FAIL, text), saying(Verdict.PASS, text));

        Document document = parse(report.junit());

        Element failure = (Element) document.getElementsByTagName("failure").item(0);
        assertThat(failure.getAttribute("message")).isEqualTo(replaced);
        assertThat(document.getElementsByTagName("system-out").item(0).getTextContent())
                .isEqualTo(replaced);
    }

    @Test
    void tableMovesNoCursor() {
        String rows = TableFormat.rows(saying(Verdict.PASS, "a\u001b[2J\rb\u009bc é"));
        assertThat(rows).endsWith("  a\\u001b[2J\\u000db\\u009bc é\n");
    }

    @Test
    void jsonIsAscii() {
        ConformanceReport report = reportOf(saying(Verdict.PASS, "é \ud83d\ude00 \u007f"));
        assertThat(report.json()).contains("\"message\":\"\\u00e9 \\ud83d\\ude00 \\u007f\"");
    }

    /** What could not be asked is neither good nor bad. */
    @Test
    void errorsAreTold() throws Exception {
        ConformanceReport report = reportOf(PASSED, saying(Verdict.ERROR, "no route"));

        assertThat(report.isGood()).isFalse();
        assertThat(report.summary()).endsWith("0 not applicable, 1 not asked");
        assertThat(report.table()).contains("err   health ");
        assertThat(report.json()).contains("\"errors\":1").contains("\"verdict\":\"error\"");
        Document document = parse(report.junit());
        assertThat(document.getDocumentElement().getAttribute("errors")).isEqualTo("1");
        Element error = (Element) document.getElementsByTagName("error").item(0);
        assertThat(error.getAttribute("message")).isEqualTo("no route");
    }

    @Test
    void goodIsNoFailureAndSomethingPassed() {
        assertThat(REPORT.isGood()).isFalse();
        assertThat(reportOf(PASSED, UNKNOWN).isGood()).isTrue();
        assertThat(reportOf(UNKNOWN).isGood()).isFalse();
        assertThat(reportOf(PASSED).summary()).isEqualTo("1 passed, 0 failed, 0 not applicable");
        ConformanceReport blind = new ConformanceReport(REPORT.settings(), false, List.of(PASSED));
        assertThat(blind.summary()).contains("CAP_NET_RAW");
    }

    private static CheckResult saying(Verdict verdict, String message) {
        return new CheckResult(
                HEALTH, verdict, message, CheckInfo.NO_METRIC, List.of(), Duration.ZERO);
    }

    /** An XML parser reads back what went in. */
    private static Document parse(String xml) throws Exception {
        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(xml)).isTrue();
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
    }

    private static ConformanceReport reportOf(CheckResult... results) {
        return new ConformanceReport(REPORT.settings(), true, List.of(results));
    }
}
