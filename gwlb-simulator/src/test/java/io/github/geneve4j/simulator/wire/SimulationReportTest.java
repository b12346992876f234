package io.github.geneve4j.simulator.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.simulator.CloudWatchMetric;
import io.github.geneve4j.simulator.DropReason;
import io.github.geneve4j.simulator.Objection;
import io.github.geneve4j.simulator.Strictness;
import io.github.geneve4j.simulator.topology.Topology;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

@Timeout(30)
class SimulationReportTest {
    private static final String YAML =
            """
            target-group: {health-check: none}
            nodes: [{zone: zone-a, address: 127.62.86.1}]
            targets: [{name: fw-1, address: 127.62.86.11, zone: zone-a}]
            endpoints: [{id: vpce-00000000000000001, zone: zone-a}]
            """;

    /** How a real one is, with made-up numbers. */
    private static SimulationSnapshot snapshot() throws Exception {
        try (Simulation simulation =
                Simulation.open(Topology.parse(YAML, "lb.yaml"), event -> {})) {
            SimulationSnapshot real = simulation.snapshot(5);
            Map<CloudWatchMetric, Long> metrics = new EnumMap<>(real.metrics());
            metrics.put(CloudWatchMetric.ACTIVE_FLOW_COUNT, 3L);
            metrics.put(CloudWatchMetric.NEW_FLOW_COUNT, 40L);
            metrics.put(CloudWatchMetric.INVALID_FLOW_COOKIE, 5L);
            Map<DropReason, Long> drops = new EnumMap<>(real.drops());
            drops.put(DropReason.WRONG_FLOW_COOKIE, 5L);
            drops.put(DropReason.ABOVE_MTU, 2L);
            Map<Objection, Long> objections = new EnumMap<>(real.objections());
            objections.put(Objection.VNI_CHANGED, 9L);
            return new SimulationSnapshot(
                    61_234_567_890L,
                    metrics,
                    drops,
                    objections,
                    Map.of(Objection.VNI_CHANGED, Strictness.DROP),
                    100,
                    90,
                    real.targets(),
                    real.endpoints(),
                    List.of(),
                    new WireCounters(1, 11, 2, 3, 4, 5, 6, 7, 8, 9, 10));
        }
    }

    @Test
    void oneLineHasWhatMatters() throws Exception {
        assertThat(SimulationReport.line(snapshot()))
                .isEqualTo(
                        "61.234 s targets healthy=1 flows active=3 new=40 packets sent=100"
                                + " returned=90 dropped=7 above_mtu=2 wrong_flow_cookie=5"
                                + " by_socket=11 faults lost=6 duplicated=7 corrupted=8 reordered=9"
                                + " silenced=10");
    }

    @Test
    void theTableHasARowForEach() throws Exception {
        List<String> lines = SimulationReport.table(snapshot()).lines().toList();
        assertThat(lines)
                .contains(
                        "target  address       zone    state    flows  sent  back  drops",
                        "fw-1    127.62.86.11  zone-a  healthy  0      0     0     0",
                        "endpoint                zone    service  state",
                        "vpce-00000000000000001  zone-a  default  available");
    }

    @Test
    void theSummaryHasCloudWatchsNames() throws Exception {
        String summary = SimulationReport.summary(snapshot());
        assertThat(summary.lines())
                .contains(
                        "after 61.234 s:",
                        "ActiveFlowCount                            3",
                        "PacketsDroppedCount_InvalidGwlbFlowCookie  5",
                        "packets to targets 100, returned 90",
                        "dropped 2 above_mtu",
                        "dropped 5 wrong_flow_cookie (PacketsDroppedCount_InvalidGwlbFlowCookie)",
                        "objected to 9 vni_changed (drop)",
                        "1 datagrams could not be sent from this host",
                        "11 datagrams of io: af_xdp went by sockets: no neighbour known, or too"
                                + " long",
                        "2 replies found no room at this host",
                        "3 packets left an endpoint where nobody took them",
                        "5 captured frames are no whole IP packet",
                        "6 datagrams lost on purpose",
                        "7 datagrams duplicated on purpose",
                        "8 datagrams corrupted on purpose",
                        "9 datagrams reordered on purpose",
                        "10 datagrams of killed targets lost");
        for (CloudWatchMetric metric : CloudWatchMetric.values()) {
            assertThat(summary).contains("\n" + metric.metricName() + " ");
        }
    }

    /** JSON is YAML, so its reader reads it. */
    @Test
    @SuppressWarnings("unchecked")
    void jsonCanBeRead() throws Exception {
        String json = SimulationReport.json(snapshot());
        assertThat(json).doesNotContain("\n");
        Map<String, Object> read =
                (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(json);
        assertThat(read)
                .containsEntry("seconds", 61.234)
                .containsEntry("packetsSent", 100)
                .containsEntry("drops", Map.of("above_mtu", 2, "wrong_flow_cookie", 5))
                .containsEntry("objections", Map.of("vni_changed", 9))
                .containsEntry(
                        "host",
                        Map.of(
                                "notSent",
                                1,
                                "bySocket",
                                11,
                                "overrun",
                                2,
                                "notTaken",
                                3,
                                "multicast",
                                4,
                                "unreadable",
                                5))
                .containsEntry(
                        "faults",
                        Map.of(
                                "lost",
                                6,
                                "duplicated",
                                7,
                                "corrupted",
                                8,
                                "reordered",
                                9,
                                "silenced",
                                10))
                .containsEntry(
                        "endpoints",
                        List.of(
                                Map.of(
                                        "id", "vpce-00000000000000001",
                                        "zone", "zone-a",
                                        "state", "available")));
        assertThat((Map<String, Object>) read.get("metrics"))
                .hasSize(CloudWatchMetric.values().length)
                .containsEntry("NewFlowCount", 40);
        assertThat((List<Map<String, Object>>) read.get("targets"))
                .singleElement()
                .satisfies(
                        target ->
                                assertThat(target)
                                        .containsEntry("name", "fw-1")
                                        .containsEntry("address", "127.62.86.11")
                                        .containsEntry("state", "healthy")
                                        .hasSize(8));
    }
}
