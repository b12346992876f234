package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.geneve4j.simulator.health.SelfSigned;
import java.net.Inet4Address;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Appliances whose health is asked over TLS, under a certificate that nobody has signed. */
@Timeout(60)
class HttpsHealthIT {
    private static final Inet4Address APPLIANCE = Inet4Address.ofLiteral("127.62.16.1");
    private static final Inet4Address NODE = Inet4Address.ofLiteral("127.62.16.2");
    private static final Inet4Address STRANGER = Inet4Address.ofLiteral("127.62.16.4");
    private static final List<String> CHECKS = List.of("health", "health-during-load", "recovery");

    @TempDir static Path keys;
    private static SSLContext tls;

    @TempDir Path folder;

    @BeforeAll
    static void needsRoot() throws Exception {
        if (!"root".equals(System.getProperty("user.name"))) {
            if (System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") != null) {
                fail("needs root, and must not be skipped here");
            }
            abort("needs root");
        }
        tls = SelfSigned.context(keys);
    }

    @Test
    void passesWhoIsWell() throws Exception {
        List<CheckResult> results = judge(Fault.NONE, "https");

        assertThat(results)
                .extracting(CheckResult::verdict)
                .as("%s", results)
                .containsExactly(Verdict.PASS, Verdict.PASS, Verdict.PASS);
        assertThat(results.get(0).message()).startsWith("HTTPS port ").endsWith("answered 3 times");
        assertThat(results.get(1).message()).matches("[1-9][0-9]* checks passed during .*");
    }

    @Test
    void failsWhoIsSickWhenItMatters() throws Exception {
        assertThat(verdicts(judge(Fault.IS_UNHEALTHY_UNDER_LOAD, "https")))
                .containsEntry("health", Verdict.PASS)
                .containsEntry("health-during-load", Verdict.FAIL);

        List<CheckResult> sick = judge(Fault.RESTARTS_SICK, "https");
        assertThat(verdicts(sick)).containsEntry("recovery", Verdict.FAIL);
        assertThat(sick.get(2).message()).contains("HTTPS port ").contains("HTTP status 503");
    }

    /** TLS that is asked without is no HTTP, so that the load balancer would find it unwell. */
    @Test
    void failsWhoSpeaksTheOtherOne() throws Exception {
        List<CheckResult> results = judge(Fault.NONE, "http");

        assertThat(verdicts(results))
                .containsEntry("health", Verdict.FAIL)
                .containsEntry("health-during-load", Verdict.FAIL);
        assertThat(results.get(0).metric()).isEqualTo("UnHealthyHostCount");
    }

    private static Map<String, Verdict> verdicts(List<CheckResult> results) {
        return results.stream()
                .collect(Collectors.toMap(r -> r.check().name(), CheckResult::verdict));
    }

    private List<CheckResult> judge(Fault fault, String scheme) throws Exception {
        List<Inet4Address> nodes = List.of(NODE);
        Path restarted = folder.resolve("restarted-" + fault);
        try (TestAppliance appliance =
                new TestAppliance(fault, APPLIANCE, nodes, STRANGER, restarted, tls)) {
            String health =
                    scheme + "://" + APPLIANCE.getHostAddress() + ":" + appliance.healthPort();
            ConformanceSettings settings =
                    ConformanceSettings.builder(APPLIANCE, nodes)
                            .health(HealthTarget.parse(health + "/", APPLIANCE))
                            .restartCommand("touch '" + restarted + "'")
                            .restartTime(Duration.ofSeconds(1))
                            .patience(Duration.ofMillis(150))
                            .quietTime(Duration.ofMillis(350))
                            .rate(500)
                            .loadTime(Duration.ofSeconds(1))
                            .checks(CHECKS)
                            .build();
            return ConformanceSuite.run(settings, result -> {}).results();
        }
    }
}
