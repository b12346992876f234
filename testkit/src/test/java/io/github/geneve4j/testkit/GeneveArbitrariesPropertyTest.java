package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.NaiveGeneveDecoder.Header;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;
import net.jqwik.api.statistics.StatisticsReport.StatisticsReportMode;

/** The generators reach what their names promise. */
class GeneveArbitrariesPropertyTest {
    @Provide
    Arbitrary<byte[]> valid() {
        return GeneveArbitraries.valid();
    }

    @Provide
    Arbitrary<byte[]> canonical() {
        return GeneveArbitraries.canonical();
    }

    @Provide
    Arbitrary<byte[]> boundary() {
        return GeneveArbitraries.boundary();
    }

    @Provide
    Arbitrary<byte[]> hostile() {
        return GeneveArbitraries.hostile();
    }

    @Property
    @StatisticsReport(StatisticsReportMode.OFF)
    void validIsValidUpToTheLimits(@ForAll("valid") byte[] packet) {
        assertThat(NaiveGeneveDecoder.verdict(packet)).isEqualTo("ok");
        Header header = NaiveGeneveDecoder.header(packet);
        Statistics.label("Opt Len")
                .collect(
                        header.optLenWords() == 0
                                ? "0"
                                : header.optLenWords() == 63 ? "63" : "between")
                .coverage(
                        coverage -> {
                            coverage.check("0").count(c -> c > 5);
                            coverage.check("between").count(c -> c > 100);
                            coverage.check("63").count(c -> c > 100);
                        });
        Statistics.label("C, critical option")
                .collect(header.critical(), header.hasCriticalOption())
                .coverage(
                        coverage -> {
                            coverage.check(false, false).count(c -> c > 5);
                            coverage.check(false, true).count(c -> c > 100);
                            coverage.check(true, false).count(c -> c > 5);
                            coverage.check(true, true).count(c -> c > 100);
                        });
    }

    @Property
    void canonicalIsWhatACorrectSenderWrites(@ForAll("canonical") byte[] packet) {
        assertThat(NaiveGeneveDecoder.header(packet).isCanonical()).isTrue();
    }

    @Property
    void boundaryIsValid(@ForAll("boundary") byte[] packet) {
        assertThat(NaiveGeneveDecoder.verdict(packet)).isEqualTo("ok");
    }

    @Property
    @StatisticsReport(StatisticsReportMode.OFF)
    void hostileReachesEveryVerdict(@ForAll("hostile") byte[] packet) {
        Statistics.collect(NaiveGeneveDecoder.verdict(packet));
        Statistics.coverage(
                coverage -> {
                    coverage.check("ok").count(c -> c > 20);
                    coverage.check("truncated_header").count(c -> c > 5);
                    coverage.check("unsupported_version").count(c -> c > 50);
                    coverage.check("truncated_options").count(c -> c > 50);
                    coverage.check("option_overrun").count(c -> c > 50);
                });
    }
}
