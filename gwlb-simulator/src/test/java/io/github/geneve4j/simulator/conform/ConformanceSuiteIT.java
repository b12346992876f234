package io.github.geneve4j.simulator.conform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.github.geneve4j.gwlb.EndpointId;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The suite against appliances on loopback that are right, or wrong in one way each. Most of the
 * time it waits for what does not come; so each test has a network of its own, and several run at
 * once.
 */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class ConformanceSuiteIT {
    private static final AtomicInteger NETWORKS = new AtomicInteger();

    private final String network = "127.64." + NETWORKS.incrementAndGet() + ".";
    private final Inet4Address appliance = Inet4Address.ofLiteral(network + 1);
    private final Inet4Address node = Inet4Address.ofLiteral(network + 2);
    private final Inet4Address otherNode = Inet4Address.ofLiteral(network + 3);
    private final Inet4Address stranger = Inet4Address.ofLiteral(network + 4);

    /** Checks that take a second or more. */
    private static final Set<String> SLOW =
            Set.of("malformed-survived", "loss-and-latency", "health-during-load", "recovery");

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

    @ParameterizedTest
    @EnumSource(names = {"NONE", "KEEPS_STATE"})
    void passesARightAppliance(Fault none) throws Exception {
        ConformanceReport report = judge(none, true, List.of());

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
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NONE", "KEEPS_STATE", "ROUTES", "SWAPS_PORTS_OF_FRAGMENTS"})
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
                "SWAPS_PORTS_OF_IPV6",
                "SWAPS_PORTS_OF_FRAGMENTS",
                "REPLIES_FROM_THE_TUNNEL_PORT",
                "MAPS_LOW_PORTS",
                "WRITES_A_WRONG_UDP_CHECKSUM",
                "SUMS_ODD_LENGTHS_WRONG",
                "REFUSES_CHECKSUM_ZERO",
                "ACCEPTS_A_WRONG_CHECKSUM",
                "REPLIES_TO_THE_FIRST_NODE",
                "KEEPS_THE_FIRST_COOKIE",
                "KEEPS_THE_FIRST_ENDPOINT",
                "ROUTES",
                "CLEARS_RESERVED_BITS",
                "CALLS_EVERYTHING_IPV4",
                "CLEARS_THE_COOKIE_OF_FRAGMENTS",
                "DROPS_LATER_FRAGMENTS",
                "REASSEMBLES_AS_THEY_COME",
                "DROPS_ICMP_ERRORS",
                "SERVES_ANYONE",
                "FORWARDS_CONTROL_PACKETS",
                "ANSWERS_SHORT_HEADERS",
                "SENDS_UNASKED",
                "REPLIES_TWICE",
                "REPLIES_TWICE_TO_IPV6",
                "CLEARS_ECN",
                "CLEARS_DONT_FRAGMENT",
                "CLEARS_THE_FLOW_LABEL",
                "SPOILS_MIDDLE_LENGTHS",
                "SAYS_PORT_UNREACHABLE"
            })
    void findsNothingElse(Fault fault) throws Exception {
        List<String> quick =
                ConformanceSuite.checks().stream()
                        .map(CheckInfo::name)
                        .filter(name -> !SLOW.contains(name))
                        .toList();
        ConformanceReport report = judge(fault, true, quick);

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

    /** AWS counts what it drops, not what never came, nor what it takes nevertheless. */
    @Test
    void countsWhatAwsCounts() throws Exception {
        Map<Fault, List<String>> expected =
                Map.of(
                        Fault.CALLS_EVERYTHING_IPV4, List.of("ipv6", "none"),
                        Fault.CLEARS_THE_COOKIE_OF_JUMBOS,
                                List.of("jumbo-8500", "PacketsDroppedCount_InvalidGwlbFlowCookie"),
                        Fault.KEEPS_THE_FIRST_ENDPOINT,
                                List.of(
                                        "overlapping-endpoints",
                                        "PacketsDroppedCount_InvalidGwlbEndpointId"),
                        Fault.STRIPS_AN_OPTION,
                                List.of(
                                        "unknown-option",
                                        "PacketsDroppedCount_InvalidGwlbFlowCookie"),
                        Fault.SORTS_OPTIONS, List.of("option-order", "none"),
                        Fault.CLEARS_THE_VNI, List.of("vni", "none"),
                        Fault.REPLIES_TWICE, List.of("no-unsolicited", "none"),
                        Fault.SENDS_UNASKED,
                                List.of("no-unsolicited", "PacketsDroppedCount_MissingFlowEntry"),
                        Fault.DROPS_THE_RETURN_DIRECTION, List.of("latest-cookie", "none"));
        for (Map.Entry<Fault, List<String>> one : expected.entrySet()) {
            CheckResult result = judgeOne(one.getKey(), one.getValue().get(0));
            assertVerdict(result, Verdict.FAIL);
            assertThat(result.metric()).as("%s", one.getKey()).isEqualTo(one.getValue().get(1));
        }
    }

    /** An appliance that knows one endpoint only cannot be asked about two. */
    @Test
    void asksNothingAboutASecondEndpointOfOneThatIsNamed() throws Exception {
        ConformanceSettings settings =
                ConformanceSettings.builder(appliance, List.of(node))
                        .endpoint(new EndpointId(7))
                        .checks(List.of("overlapping-endpoints"))
                        .build();
        CheckResult result = ConformanceSuite.run(settings, r -> {}).results().get(0);

        assertVerdict(result, Verdict.NOT_APPLICABLE);
        assertThat(result.message()).contains("vpce-00000000000000007").contains("--endpoint");
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        ConformanceSettings settings =
                ConformanceSettings.builder(appliance, List.of(node))
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
                ConformanceSettings.builder(appliance, List.of(node))
                        .rawSockets(rawSockets)
                        .build();
        try (DatagramChannel somebody =
                DatagramChannel.open().bind(new InetSocketAddress(node, 6081))) {
            assertThat(somebody.isOpen()).isTrue();
            assertThatThrownBy(() -> ConformanceSuite.run(settings, result -> {}))
                    .isInstanceOf(BindException.class)
                    .hasMessageContaining(network + "2:6081");
        }
    }

    @Test
    void refusesAnAddressThatIsNotHere() {
        ConformanceSettings settings =
                ConformanceSettings.builder(appliance, List.of(Inet4Address.ofLiteral("192.0.2.1")))
                        .build();
        assertThatThrownBy(() -> ConformanceSuite.run(settings, result -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("192.0.2.1");
    }

    /** Nobody listens yet, and its kernel says so: the docs' CI job begins like that. */
    @Test
    void whatWasSaidBeforeItStartedIsForgotten() throws Exception {
        ConformanceSettings settings =
                ConformanceSettings.builder(appliance, List.of(node))
                        .startTime(Duration.ofSeconds(60))
                        .patience(Duration.ofMillis(100))
                        .checks(List.of("no-icmp-unreachable"))
                        .build();
        CompletableFuture<ConformanceReport> judged = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                judged.complete(ConformanceSuite.run(settings, r -> {}));
                            } catch (IOException | InterruptedException | RuntimeException e) {
                                judged.completeExceptionally(e);
                            }
                        });
        Thread.sleep(700); // for several probes to hear that nobody listens
        List<Inet4Address> nodes = List.of(node);
        Path restarted = folder.resolve("restarted");
        try (TestAppliance late =
                new TestAppliance(Fault.NONE, appliance, nodes, stranger, restarted)) {
            assertThat(late.healthPort()).isPositive();
            assertVerdict(judged.get().results().get(0), Verdict.PASS);
        }
    }

    private CheckResult judgeOne(Fault fault, String check) throws Exception {
        return judge(fault, true, List.of(check)).results().get(0);
    }

    private ConformanceReport judge(Fault fault, boolean rawSockets, List<String> checks)
            throws Exception {
        Path restarted = folder.resolve("restarted");
        List<Inet4Address> nodes = List.of(node, otherNode);
        try (TestAppliance tested =
                new TestAppliance(fault, appliance, nodes, stranger, restarted)) {
            String health = "http://" + network + "1:" + tested.healthPort() + "/";
            ConformanceSettings settings =
                    ConformanceSettings.builder(appliance, nodes)
                            .stranger(stranger)
                            .health(HealthTarget.parse(health, appliance))
                            .restartCommand("touch " + restarted)
                            .restartTime(Duration.ofSeconds(1))
                            .patience(
                                    Duration.ofMillis(
                                            fault == Fault.SERVES_ANYONE_SLOWLY ? 600 : 150))
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
