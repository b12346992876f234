package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.simulator.HealthProtocol;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings, and where health checks go. */
class ConformanceSettingsTest {
    private static final Inet4Address TARGET = Inet4Address.ofLiteral("127.62.11.1");
    private static final Inet4Address NODE = Inet4Address.ofLiteral("127.62.11.2");
    private static final Inet4Address OTHER = Inet4Address.ofLiteral("127.62.11.3");

    @Test
    void refusesWhatCannotBe() {
        refuses("port 0", b -> b.port(0));
        refuses("port 65536", b -> b.port(65_536));
        refuses("rate 0", b -> b.rate(0));
        refuses("for 0 s", b -> b.loadTime(Duration.ZERO));
        refuses("2000000 packets/s", b -> b.rate(2_000_000).loadTime(Duration.ofSeconds(6)));
        refuses("maxLoss 1.1", b -> b.maxLoss(1.1));
        refuses("maxLoss NaN", b -> b.maxLoss(Double.NaN));
        refuses("a node: 127.62.11.2", b -> b.stranger(NODE));
        refuses("appliance's address: 127.62.11.1", b -> b.stranger(TARGET));
        refuses("maxLatency PT0S", b -> b.maxLatency(Duration.ZERO));
        refuses("patience PT-1S", b -> b.patience(Duration.ofSeconds(-1)));
        refuses("quietTime PT0S", b -> b.quietTime(Duration.ZERO));
        refuses("restartTime PT0S", b -> b.restartTime(Duration.ZERO));
        refuses("startTime PT-1S", b -> b.startTime(Duration.ofSeconds(-1)));
        refuses("'no-such'", b -> b.checks(List.of("answers", "no-such")));
        assertThatThrownBy(() -> ConformanceSettings.builder(TARGET, List.of()).build())
                .hasMessageContaining("node");
        assertThatThrownBy(() -> ConformanceSettings.builder(TARGET, List.of(TARGET)).build())
                .hasMessageContaining("127.62.11.1");
        assertThatThrownBy(
                        () ->
                                ConformanceSettings.builder(TARGET, List.of(NODE, OTHER, NODE))
                                        .build())
                .hasMessageContaining("twice: 127.62.11.2");
    }

    @Test
    void acceptsTheLimits() {
        ConformanceSettings settings =
                ConformanceSettings.builder(TARGET, List.of(NODE))
                        .port(65_535)
                        .rate(1_000_000)
                        .loadTime(Duration.ofSeconds(10))
                        .maxLoss(1)
                        .checks(List.of("answers"))
                        .build();
        assertThat(settings.port()).isEqualTo(65_535);
        assertThat(ConformanceSettings.builder(TARGET, List.of(NODE)).build().port())
                .isEqualTo(6081);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    tcp:1                                | TCP   | 1     | /           | tcp:1
                    tcp:65535                            | TCP   | 65535 | /           | tcp:65535
                    http://127.62.11.1                   | HTTP  | 80    | /           | HTTP port 80, /
                    http://127.62.11.1:8080/health?a=%20 | HTTP  | 8080  | /health?a=%20 | HTTP port 8080, /health?a=%20
                    HTTPS://127.62.11.1/#there           | HTTPS | 443   | /           | HTTPS port 443, /
                    http://127.62.11.1/é                 | HTTP  | 80    | /%C3%A9     | HTTP port 80, /%C3%A9
                    """)
    void readsHealthTargets(
            String text, HealthProtocol protocol, int port, String path, String shown) {
        HealthTarget target = HealthTarget.parse(text, TARGET);

        assertThat(target).isEqualTo(new HealthTarget(protocol, port, path));
        assertThat(target.text()).isEqualTo(shown);
        assertThat(target.check().timeoutSeconds()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tcp:",
                "tcp:0",
                "tcp:65536",
                "tcp:-1",
                "tcp:x",
                "80",
                "ftp://127.62.11.1/",
                "http:",
                "http://",
                "http:80",
                "http://127.62.11.1:0/",
                "http://127.62.11.1:99999/",
                "http://me@127.62.11.1/",
                "http://127.62.11.1/a b",
                "http://127.62.11.2/",
                "https://appliance.example/"
            })
    void refusesOtherHealthTargets(String text) {
        assertThatThrownBy(() -> HealthTarget.parse(text, TARGET))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    private static void refuses(String value, UnaryOperator<ConformanceSettings.Builder> change) {
        ConformanceSettings.Builder builder = ConformanceSettings.builder(TARGET, List.of(NODE));
        assertThatThrownBy(() -> change.apply(builder).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(value);
    }
}
