package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.geneve4j.simulator.health.SelfSigned;
import java.net.Inet4Address;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Appliances whose health is asked over TLS, under a certificate that nobody has signed. */
@Timeout(60)
@Execution(ExecutionMode.CONCURRENT) // it mostly waits
class HttpsHealthIT {
    private static final AtomicInteger NETWORKS = new AtomicInteger();

    private final String network = "127.63." + NETWORKS.incrementAndGet() + ".";
    private final Inet4Address address = Inet4Address.ofLiteral(network + 1);
    private final Inet4Address node = Inet4Address.ofLiteral(network + 2);
    private final Inet4Address stranger = Inet4Address.ofLiteral(network + 4);

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
        List<CheckResult> results =
                judge(Fault.NONE, "https", "health", "health-during-load", "recovery");

        assertThat(results)
                .extracting(CheckResult::verdict)
                .as("%s", results)
                .containsExactly(Verdict.PASS, Verdict.PASS, Verdict.PASS);
        assertThat(results.get(0).message()).startsWith("HTTPS port ").endsWith("answered 3 times");
        assertThat(results.get(1).message()).matches("[1-9][0-9]* checks passed during .*");
    }

    @Test
    void failsWhoIsSickUnderLoad() throws Exception {
        List<CheckResult> results =
                judge(Fault.IS_UNHEALTHY_UNDER_LOAD, "https", "health", "health-during-load");

        assertThat(results)
                .extracting(CheckResult::verdict)
                .containsExactly(Verdict.PASS, Verdict.FAIL);
    }

    @Test
    void failsWhoIsSickAfterARestart() throws Exception {
        CheckResult sick = judge(Fault.RESTARTS_SICK, "https", "recovery").get(0);

        assertThat(sick.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(sick.message()).contains("HTTPS port ").contains("HTTP status 503");
    }

    /** TLS that is asked without is no HTTP, so that the load balancer would find it unwell. */
    @Test
    void failsWhoSpeaksTheOtherOne() throws Exception {
        CheckResult result = judge(Fault.NONE, "http", "health").get(0);

        assertThat(result.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(result.metric()).isEqualTo("UnHealthyHostCount");
    }

    private List<CheckResult> judge(Fault fault, String scheme, String... checks) throws Exception {
        List<Inet4Address> nodes = List.of(node);
        Path restarted = folder.resolve("restarted-" + fault);
        try (TestAppliance appliance =
                new TestAppliance(fault, address, nodes, stranger, restarted, tls)) {
            String health = scheme + "://" + network + "1:" + appliance.healthPort();
            ConformanceSettings settings =
                    ConformanceSettings.builder(address, nodes)
                            .health(HealthTarget.parse(health + "/", address))
                            .restartCommand("touch '" + restarted + "'")
                            .restartTime(Duration.ofSeconds(1))
                            .patience(Duration.ofMillis(150))
                            .quietTime(Duration.ofMillis(350))
                            .rate(500)
                            .loadTime(Duration.ofSeconds(1))
                            .checks(List.of(checks))
                            .build();
            return ConformanceSuite.run(settings, result -> {}).results();
        }
    }
}
