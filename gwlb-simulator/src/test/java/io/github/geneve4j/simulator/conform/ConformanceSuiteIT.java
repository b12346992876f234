package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The suite against appliances on loopback that are right, or wrong in one way each. */
@Timeout(120)
class ConformanceSuiteIT {
    private static final Inet4Address APPLIANCE = Inet4Address.ofLiteral("127.62.10.1");
    private static final Inet4Address NODE = Inet4Address.ofLiteral("127.62.10.2");
    private static final Inet4Address OTHER_NODE = Inet4Address.ofLiteral("127.62.10.3");
    private static final Inet4Address STRANGER = Inet4Address.ofLiteral("127.62.10.4");

    @TempDir Path folder;

    @BeforeAll
    static void needsRoot() {
        if (!"root".equals(System.getProperty("user.name"))) {
            if (System.getenv("GENEVE4J_REQUIRE_PRIVILEGED") != null) {
                fail("needs root, and must not be skipped here");
            }
            abort("needs root");
        }
    }

    /** No check is one that nothing can fail. */
    @Test
    void everyCheckIsFailedByAFault() {
        Set<String> failed = new TreeSet<>();
        for (Fault fault : Fault.values()) {
            failed.addAll(fault.foundBy());
        }
        Set<String> all =
                ConformanceSuite.checks().stream()
                        .map(CheckInfo::name)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(failed).isEqualTo(all);
    }

    @Test
    void passesARightAppliance() throws Exception {
        ConformanceReport report = judge(Fault.NONE, true, List.of());

        assertThat(report.results()).allSatisfy(r -> assertVerdict(r, Verdict.PASS));
        assertThat(report.results()).hasSameSizeAs(ConformanceSuite.checks());
        assertThat(report.isGood()).isTrue();
    }

    @Test
    void passesARightApplianceWithoutPrivileges() throws Exception {
        ConformanceReport report = judge(Fault.NONE, false, List.of());

        Map<Verdict, Set<String>> byVerdict =
                report.results().stream()
                        .collect(
                                Collectors.groupingBy(
                                        CheckResult::verdict,
                                        Collectors.mapping(
                                                r -> r.check().name(), Collectors.toSet())));
        assertThat(byVerdict).as("%s", report.table()).doesNotContainKey(Verdict.FAIL);
        assertThat(byVerdict.get(Verdict.NOT_APPLICABLE))
                .containsExactlyInAnyOrder(
                        "reply-checksums",
                        "no-fragments",
                        "udp-checksum-zero",
                        "udp-checksum-wrong",
                        "no-icmp-unreachable");
        assertThat(report.isGood()).as(report.table()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void failsAWrongAppliance(Fault fault) throws Exception {
        ConformanceReport report = judge(fault, true, fault.foundBy());

        assertThat(report.results()).hasSameSizeAs(fault.foundBy());
        assertThat(report.results()).allSatisfy(r -> assertVerdict(r, Verdict.FAIL));
        assertThat(report.isGood()).isFalse();
    }

    /** What ordinary sockets see is enough to find these. */
    @ParameterizedTest
    @EnumSource(
            names = {
                "REPLIES_FROM_ANOTHER_ADDRESS",
                "SWAPS_PORTS",
                "REPLIES_FROM_THE_TUNNEL_PORT",
                "KEEPS_THE_FIRST_COOKIE",
                "SERVES_ANYONE",
                "REPLIES_TWICE",
                "TRUNCATES_JUMBOS"
            })
    void failsAWrongApplianceWithoutPrivileges(Fault fault) throws Exception {
        ConformanceReport report = judge(fault, false, fault.foundBy());

        assertThat(report.results()).allSatisfy(r -> assertVerdict(r, Verdict.FAIL));
    }

    /** One fault is one finding: it must not take other checks with it. */
    @ParameterizedTest
    @EnumSource(
            names = {
                "SWAPS_PORTS",
                "KEEPS_THE_FIRST_COOKIE",
                "CLEARS_RESERVED_BITS",
                "DROPS_LATER_FRAGMENTS",
                "REPLIES_FROM_THE_TUNNEL_PORT"
            })
    void findsNothingElse(Fault fault) throws Exception {
        ConformanceReport report = judge(fault, true, List.of());

        List<String> failed = new ArrayList<>();
        for (CheckResult result : report.results()) {
            if (result.verdict() == Verdict.FAIL) {
                failed.add(result.check().name());
            }
        }
        assertThat(failed)
                .as("%s", report.table())
                .containsExactlyInAnyOrderElementsOf(fault.foundBy());
    }

    @Test
    void showsTheBytesAndTheMetric() throws Exception {
        CheckResult cookie = judgeOne(Fault.KEEPS_THE_FIRST_COOKIE, "latest-cookie");
        assertThat(cookie.metric()).isEqualTo("PacketsDroppedCount_InvalidGwlbFlowCookie");
        assertThat(cookie.message()).contains("first use");
        assertThat(cookie.evidence().get(0).differences())
                .containsExactly(new Evidence.Difference(36, 4));

        CheckResult endpoint = judgeOne(Fault.CHANGES_THE_ENDPOINT, "header-echo");
        assertThat(endpoint.metric()).isEqualTo("PacketsDroppedCount_InvalidGwlbEndpointId");
        assertThat(endpoint.evidence().get(0).differences())
                .containsExactly(new Evidence.Difference(12, 1));

        CheckResult cleared = judgeOne(Fault.CLEARS_THE_COOKIE, "header-echo");
        assertThat(cleared.metric()).isEqualTo("PacketsDroppedCount_InvalidGwlbFlowCookie");

        CheckResult swapped = judgeOne(Fault.SWAPS_PORTS, "destination-port");
        assertThat(swapped.metric()).isEqualTo("PacketsDroppedCount_InvalidGeneveTunnel");
        Evidence headers = swapped.evidence().get(0);
        assertThat(headers.observed()).hasSize(28);
        assertThat(headers.differences()).first().extracting("offset").isEqualTo(22);
        assertThat(Bytes.u16(headers.expected(), 22)).isEqualTo(6081);
    }

    /** Nothing more is asked of an appliance that answers nothing, and that takes no minutes. */
    @Test
    void givesUpOnSilence() throws Exception {
        ConformanceReport report = judge(Fault.ANSWERS_NOTHING, true, List.of());

        assertThat(report.count(Verdict.FAIL)).isEqualTo(1);
        assertThat(report.count(Verdict.PASS)).isZero();
        assertThat(report.isGood()).isFalse();
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        ConformanceSettings settings =
                ConformanceSettings.builder(APPLIANCE, List.of(NODE))
                        .checks(
                                List.of(
                                        "second-node",
                                        "foreign-origin",
                                        "health",
                                        "health-during-load",
                                        "recovery"))
                        .build();
        ConformanceReport report = ConformanceSuite.run(settings, result -> {});

        assertThat(report.results())
                .hasSize(5)
                .allSatisfy(
                        r -> {
                            assertVerdict(r, Verdict.NOT_APPLICABLE);
                            assertThat(r.message()).contains("needs ").contains("--");
                        });
        assertThat(report.isGood()).as("nothing is known").isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesAPortThatSomebodyHas(boolean rawSockets) throws Exception {
        ConformanceSettings settings =
                ConformanceSettings.builder(APPLIANCE, List.of(NODE))
                        .rawSockets(rawSockets)
                        .build();
        try (DatagramChannel somebody =
                DatagramChannel.open().bind(new InetSocketAddress(NODE, 6081))) {
            assertThat(somebody.isOpen()).isTrue();
            assertThatThrownBy(() -> ConformanceSuite.run(settings, result -> {}))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining("127.62.10.2:6081");
        }
    }

    @Test
    void refusesAnAddressThatIsNotHere() {
        ConformanceSettings settings =
                ConformanceSettings.builder(APPLIANCE, List.of(Inet4Address.ofLiteral("192.0.2.1")))
                        .build();
        assertThatThrownBy(() -> ConformanceSuite.run(settings, result -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("192.0.2.1");
    }

    private CheckResult judgeOne(Fault fault, String check) throws Exception {
        return judge(fault, true, List.of(check)).results().get(0);
    }

    private ConformanceReport judge(Fault fault, boolean rawSockets, List<String> checks)
            throws Exception {
        Path restarted = folder.resolve("restarted");
        List<Inet4Address> nodes = List.of(NODE, OTHER_NODE);
        try (TestAppliance appliance =
                new TestAppliance(fault, APPLIANCE, nodes, STRANGER, restarted)) {
            String health = "http://127.62.10.1:" + appliance.healthPort() + "/";
            ConformanceSettings settings =
                    ConformanceSettings.builder(APPLIANCE, nodes)
                            .stranger(STRANGER)
                            .health(HealthTarget.parse(health, APPLIANCE))
                            .restartCommand("touch " + restarted)
                            .restartTime(Duration.ofSeconds(1))
                            .patience(Duration.ofMillis(150))
                            .quietTime(Duration.ofMillis(400))
                            .rate(500)
                            .maxLatency(Duration.ofMillis(400)) // the machine may be busy
                            .loadTime(Duration.ofSeconds(1))
                            .rawSockets(rawSockets)
                            .checks(checks)
                            .build();
            List<CheckResult> heard = new ArrayList<>();
            ConformanceReport report = ConformanceSuite.run(settings, heard::add);
            assertThat(report.results()).isEqualTo(heard);
            assertThat(report.sawHeaders()).isEqualTo(rawSockets);
            return report;
        }
    }

    private static void assertVerdict(CheckResult result, Verdict verdict) {
        assertThat(result.verdict())
                .as("%s", Arrays.asList(TableFormat.rows(result)))
                .isEqualTo(verdict);
    }
}
