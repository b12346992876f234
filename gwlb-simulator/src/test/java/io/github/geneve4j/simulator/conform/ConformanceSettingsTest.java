package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
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

    @Test
    void refusesWhatCannotBe() {
        refuses("port 0", b -> b.port(0));
        refuses("port 65536", b -> b.port(65_536));
        refuses("rate 0", b -> b.rate(0));
        refuses("for 0 s", b -> b.loadTime(Duration.ZERO));
        refuses("2000000 packets/s", b -> b.rate(2_000_000).loadTime(Duration.ofSeconds(6)));
        refuses("maxLoss 1.1", b -> b.maxLoss(1.1));
        refuses("127.62.11.2", b -> b.stranger(NODE));
        refuses("'no-such'", b -> b.checks(List.of("answers", "no-such")));
        assertThatThrownBy(() -> ConformanceSettings.builder(TARGET, List.of()).build())
                .hasMessageContaining("node");
        assertThatThrownBy(() -> ConformanceSettings.builder(TARGET, List.of(TARGET)).build())
                .hasMessageContaining("127.62.11.1");
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
    @CsvSource({
        "tcp:1,                          tcp:1",
        "tcp:65535,                      tcp:65535",
        "http://10.0.1.10:8080/health,   http://10.0.1.10:8080/health",
        "https://appliance.example/,     https://appliance.example/",
    })
    void readsHealthTargets(String text, String shown) {
        assertThat(HealthTarget.parse(text, TARGET).text()).isEqualTo(shown);
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
                "ftp://a/",
                "http:",
                "http://"
            })
    void refusesOtherHealthTargets(String text) {
        assertThatThrownBy(() -> HealthTarget.parse(text, TARGET))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @Test
    void connects() throws Exception {
        int port;
        try (ServerSocket server = new ServerSocket()) {
            server.bind(new InetSocketAddress(TARGET, 0));
            port = server.getLocalPort();
            HealthTarget open = HealthTarget.parse("tcp:" + port, TARGET);
            assertThat(open.failure(Duration.ofSeconds(5))).isNull();
        }
        HealthTarget closed = HealthTarget.parse("tcp:" + port, TARGET);
        assertThat(closed.failure(Duration.ofSeconds(5))).isNotNull();
    }

    private static void refuses(String value, UnaryOperator<ConformanceSettings.Builder> change) {
        ConformanceSettings.Builder builder = ConformanceSettings.builder(TARGET, List.of(NODE));
        assertThatThrownBy(() -> change.apply(builder).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(value);
    }
}
