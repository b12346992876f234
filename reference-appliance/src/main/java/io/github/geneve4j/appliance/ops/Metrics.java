package io.github.geneve4j.appliance.ops;

import io.github.geneve4j.appliance.Answer;
import io.github.geneve4j.appliance.Appliance;
import io.github.geneve4j.appliance.DropReason;
import io.github.geneve4j.appliance.PacketCounters;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FirewallCounters;
import io.github.geneve4j.appliance.firewall.Judgement;
import io.github.geneve4j.io.FastPath;
import io.github.geneve4j.io.FastPathMiss;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.io.ReceiveSkip;
import io.github.geneve4j.io.SendFailure;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The appliance's counters as Prometheus reads them, in its text format 0.0.4. They are those of
 * {@link CounterReport} and {@link FirewallReport}, zeros included, so that a series is there
 * before its first event.
 *
 * <p>Counters are read when they are asked for, from where the workers count in any case.
 *
 * <p><b>Threads:</b> any.
 */
public final class Metrics {
    /** What the text is, for HTTP. */
    public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private static final Duration TURNING_WITHIN = Duration.ofSeconds(1);
    private static final double MILLIS_PER_SECOND = 1_000;

    private final Appliance appliance;
    private final @Nullable FirewallControl control;
    private final @Nullable PolicyAdmin policy;
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

    /**
     * Creates metrics.
     *
     * @param appliance whose counters are read
     * @param control of its firewalls, or null if it has none
     * @param policy tells how reloads ended, or null if there are none
     */
    public Metrics(
            Appliance appliance, @Nullable FirewallControl control, @Nullable PolicyAdmin policy) {
        this.appliance = appliance;
        this.control = control;
        this.policy = policy;
    }

    /** {@return all metrics as they are now} */
    public String text() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writer.write(out, snapshots());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // which memory does not do
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private MetricSnapshots snapshots() {
        List<MetricSnapshot> all = new ArrayList<>();
        PacketCounters packets = appliance.counters();
        all.add(
                counter(
                        "received_packets",
                        "Geneve packets from the load balancer.",
                        packets.received()));
        all.add(counter("received_bytes", "Bytes of these, UDP payload.", packets.receivedBytes()));
        all.add(
                counter(
                        "passed_packets",
                        "Packets that passed, rewritten ones included.",
                        packets.passed()));
        all.add(counter("passed_bytes", "Bytes of these, as they came.", packets.passedBytes()));
        all.add(
                counter(
                        "rewritten_packets",
                        "Packets that an inspector changed.",
                        packets.rewritten()));
        all.add(
                counter(
                        "uninspected_packets",
                        "Packets that passed though their inspection failed.",
                        packets.uninspected()));
        all.add(
                counter(
                        "unjudged_packets",
                        "Packets that passed unjudged, as more came than could be judged.",
                        packets.unjudged()));
        all.add(
                counter(
                        "overloads",
                        "Times that a worker fell behind what came, for longer than a burst takes.",
                        packets.overloads()));
        all.add(
                gauge(
                        "overloaded_workers",
                        "Packet loops to which more comes than they can judge.",
                        appliance.overloadedWorkers()));
        all.add(
                counter(
                        "dropped_packets",
                        "Packets that were dropped, by why.",
                        "reason",
                        DropReason.values(),
                        DropReason::label,
                        packets::dropped));
        all.add(
                counter(
                        "answers",
                        "Answers to packets that were rejected or too long, by kind.",
                        "answer",
                        Answer.values(),
                        Answer::label,
                        packets::answered));
        all.add(
                counter(
                        "resets_onward",
                        "TCP resets to the receiver of a rejected segment.",
                        packets.resetsOnward()));
        addPorts(all);
        all.add(
                gauge(
                        "workers_turning",
                        "1 if each packet loop has turned within a second, else 0.",
                        appliance.isTurning(TURNING_WITHIN) ? 1 : 0));
        if (control != null) {
            addFirewall(all, control);
        }
        if (policy != null) {
            addReadings(all, policy.readings());
        }
        return new MetricSnapshots(all);
    }

    private void addPorts(List<MetricSnapshot> all) {
        all.add(
                counter(
                        "returned_packets",
                        "Packets that the ports sent back.",
                        sum(port -> port.counters().returned())));
        all.add(
                counter(
                        "send_failures",
                        "Packets that could not be sent, by why.",
                        "reason",
                        SendFailure.values(),
                        SendFailure::label,
                        cause -> sum(port -> port.counters().failed(cause))));
        all.add(
                counter(
                        "skipped_packets",
                        "Packets that were seen and not taken, by why.",
                        "reason",
                        ReceiveSkip.values(),
                        ReceiveSkip::label,
                        reason -> sum(port -> port.counters().skipped(reason))));
        all.add(
                counter(
                        "kernel_drops",
                        "Packets that the kernel had no room for.",
                        sum(PacketPort::kernelDrops)));
    }

    private static void addFirewall(List<MetricSnapshot> all, FirewallControl control) {
        FirewallCounters judged = control.counters();
        all.add(
                counter(
                        "judged_packets",
                        "Packets by what the firewall found.",
                        "judgement",
                        Judgement.values(),
                        Judgement::label,
                        judged::count));
        all.add(
                counter(
                        "failed_flow_ends",
                        "Ends of flows that an inspector could not take.",
                        judged.failedEnds()));
        CounterSnapshot.Builder rules = CounterSnapshot.builder();
        rules.name("appliance_rule_decisions")
                .help("New flows by the rule of the policy that decided.");
        control.decided().forEach((rule, count) -> rules.dataPoint(point("rule", rule, count)));
        all.add(rules.build());
        all.add(
                gauge(
                        "policy_generation",
                        "How many policies there have been, this one included.",
                        control.generation()));
        control.fastPath().ifPresent(fastPath -> addFastPath(all, fastPath));
    }

    private static void addFastPath(List<MetricSnapshot> all, FastPath fastPath) {
        all.add(
                counter(
                        "fast_path_packets",
                        "Packets that the kernel returned by itself.",
                        fastPath.hits()));
        all.add(counter("fast_path_bytes", "Bytes of these, inner packets.", fastPath.hitBytes()));
        all.add(
                counter(
                        "fast_path_misses",
                        "Packets that came up to a port, by why.",
                        "cause",
                        FastPathMiss.values(),
                        FastPathMiss::label,
                        fastPath::misses));
        all.add(
                counter(
                        "fast_path_refused_flows",
                        "Times that a flow found no room on the fast path.",
                        fastPath.refused()));
        all.add(
                gauge(
                        "fast_path_flows",
                        "Flows on the fast path, each direction for itself.",
                        fastPath.size()));
        all.add(
                gauge(
                        "fast_path_capacity",
                        "Flows of each IP version that the fast path is made for, likewise.",
                        fastPath.capacity()));
    }

    private static void addReadings(List<MetricSnapshot> all, PolicyAdmin.Readings readings) {
        all.add(
                counter(
                        "policy_refusals",
                        "Readings of the policy that changed nothing.",
                        readings.refusals()));
        all.add(
                GaugeSnapshot.builder()
                        .name("appliance_policy_read_timestamp_seconds")
                        .help("When the policy was read last, by what came of it; 0 for never.")
                        .dataPoint(time("replaced", readings.replaced()))
                        .dataPoint(time("refused", readings.refused()))
                        .build());
        all.add(
                gauge(
                        "policy_reading_seconds",
                        "For how long the reading that goes on has lasted; 0 if there is none.",
                        readings.lasting().toMillis() / MILLIS_PER_SECOND));
    }

    private static GaugeDataPointSnapshot time(String outcome, Instant instant) {
        return GaugeDataPointSnapshot.builder()
                .labels(Labels.of("outcome", outcome))
                .value(instant.toEpochMilli() / MILLIS_PER_SECOND)
                .build();
    }

    private long sum(ToLongFunction<PacketPort> counter) {
        return CounterReport.ports(appliance, counter);
    }

    private static CounterSnapshot counter(String name, String help, long value) {
        return CounterSnapshot.builder()
                .name("appliance_" + name)
                .help(help)
                .dataPoint(CounterDataPointSnapshot.builder().value((double) value).build())
                .build();
    }

    private static <E> CounterSnapshot counter(
            String name,
            String help,
            String label,
            E[] kinds,
            Function<E, String> labels,
            ToLongFunction<E> value) {
        CounterSnapshot.Builder builder = CounterSnapshot.builder();
        builder.name("appliance_" + name).help(help);
        for (E kind : kinds) {
            builder.dataPoint(point(label, labels.apply(kind), value.applyAsLong(kind)));
        }
        return builder.build();
    }

    private static CounterDataPointSnapshot point(String label, String labelValue, long value) {
        return CounterDataPointSnapshot.builder()
                .labels(Labels.of(label, labelValue))
                .value((double) value)
                .build();
    }

    private static GaugeSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder()
                .name("appliance_" + name)
                .help(help)
                .dataPoint(GaugeDataPointSnapshot.builder().value(value).build())
                .build();
    }
}
