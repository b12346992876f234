package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.net.Inet4Address;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Restarts that are none, or go wrong, and loads; on loopback. */
@Timeout(60)
class ServiceChecksIT {
    private static final Inet4Address APPLIANCE = Inet4Address.ofLiteral("127.62.13.1");
    private static final Inet4Address NODE = Inet4Address.ofLiteral("127.62.13.2");
    private static final Inet4Address STRANGER = Inet4Address.ofLiteral("127.62.13.4");

    /** Stands in commands for what makes the appliance restart. */
    private static final String RESTART = "RESTART";

    @TempDir Path folder;
    private int appliances;

    @BeforeAll
    static void needsRoot() {
        if (!"root".equals(System.getProperty("user.name"))) {
            if (System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") != null) {
                fail("needs root, and must not be skipped here");
            }
            abort("needs root");
        }
    }

    @Test
    void anOutageIsSeenAndItsEnd() throws Exception {
        CheckResult result = restart(Fault.NONE, RESTART);

        assertThat(result.verdict()).as(result.message()).isEqualTo(Verdict.PASS);
        assertThat(result.message()).matches("silent for 0\\.[2-9] s, served again .* s after .*");
    }

    /** As {@code systemctl --no-block} does: the command ends before the appliance. */
    @Test
    void anOutageAfterTheCommandIsSeen() throws Exception {
        CheckResult result = restart(Fault.NONE, "(sleep 0.15; RESTART) &");

        assertThat(result.verdict()).as(result.message()).isEqualTo(Verdict.PASS);
        CheckResult dead = restart(Fault.NEVER_COMES_BACK, "(sleep 0.15; RESTART) &");
        assertThat(dead.verdict()).as(dead.message()).isEqualTo(Verdict.FAIL);
    }

    @Test
    void noOutageIsNoRestart() throws Exception {
        CheckResult result = restart(Fault.NONE, "true");

        assertThat(result.verdict()).isEqualTo(Verdict.NOT_APPLICABLE);
        assertThat(result.message()).matches("all [0-9]{2,} probes answered: nothing restarted.*");
    }

    @Test
    void aCommandThatFailsSaysNothingAboutTheAppliance() throws Exception {
        CheckResult typo = restart(Fault.NONE, "no-such-command-of-anybody");

        assertThat(typo.verdict()).isEqualTo(Verdict.NOT_APPLICABLE);
        assertThat(typo.message()).contains("status 127").contains("no-such-command-of-anybody");

        CheckResult slow = restart(Fault.NONE, "sleep 1000");
        assertThat(slow.verdict()).isEqualTo(Verdict.NOT_APPLICABLE);
        assertThat(slow.message()).contains("did not end");
    }

    /** Whatever the command says: it was there before, and is not now. */
    @Test
    void anApplianceThatStaysSilentHasFailed() throws Exception {
        CheckResult result =
                restart(Fault.NEVER_COMES_BACK, RESTART + "; echo 'no licence' >&2; exit 3");

        assertThat(result.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(result.message()).contains("silent").contains("status 3: no licence");
        assertThat(result.metric()).isEqualTo(CheckInfo.NO_METRIC);
        assertThat(result.evidence()).hasSize(1);
    }

    @Test
    void whatComesBackHasToBeRightAndWell() throws Exception {
        CheckResult sick = restart(Fault.RESTARTS_SICK, RESTART);
        assertThat(sick.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(sick.message()).contains("unhealthy after the restart").contains("503");
        assertThat(sick.metric()).isEqualTo("UnHealthyHostCount");

        CheckResult changed = restart(Fault.RESTARTS_WITHOUT_COOKIE, RESTART);
        assertThat(changed.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(changed.message()).contains("a new flow").contains("header");
    }

    /** What may be lost is a share of what comes back. */
    @Test
    void aLoadWithoutAReplyHasFailed() throws Exception {
        CheckResult result =
                judge(Fault.ANSWERS_NOTHING, "loss-and-latency", b -> b.maxLoss(1).rate(200));

        assertThat(result.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(result.evidence())
                .extracting(Evidence::what)
                .containsExactly("sent, and not answered");
    }

    private CheckResult restart(Fault fault, String command) throws Exception {
        Path restarted = folder.resolve("restarted-" + appliances);
        return judge(
                fault,
                "recovery",
                b -> b.restartCommand(command.replace(RESTART, "touch '" + restarted + "'")));
    }

    private CheckResult judge(
            Fault fault, String check, UnaryOperator<ConformanceSettings.Builder> more)
            throws Exception {
        List<Inet4Address> nodes = List.of(NODE);
        Path restarted = folder.resolve("restarted-" + appliances++);
        try (TestAppliance appliance =
                new TestAppliance(fault, APPLIANCE, nodes, STRANGER, restarted)) {
            String health = "http://127.62.13.1:" + appliance.healthPort() + "/";
            ConformanceSettings.Builder builder =
                    ConformanceSettings.builder(APPLIANCE, nodes)
                            .health(HealthTarget.parse(health, APPLIANCE))
                            .restartTime(Duration.ofMillis(700))
                            .patience(Duration.ofMillis(150))
                            .quietTime(Duration.ofMillis(350))
                            .loadTime(Duration.ofMillis(500))
                            .checks(List.of(check));
            return ConformanceSuite.run(more.apply(builder).build(), result -> {}).results().get(0);
        }
    }
}
