package io.github.geneve4j.simulator.wire;

import io.github.geneve4j.flow.FlowFormat;
import io.github.geneve4j.simulator.CloudWatchMetric;
import io.github.geneve4j.simulator.DropReason;
import io.github.geneve4j.simulator.FlowSnapshot;
import io.github.geneve4j.simulator.Objection;
import io.github.geneve4j.simulator.Strictness;
import io.github.geneve4j.simulator.TargetState;
import io.github.geneve4j.simulator.wire.SimulationSnapshot.EndpointRow;
import io.github.geneve4j.simulator.wire.SimulationSnapshot.TargetRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A {@link SimulationSnapshot} as text for people, and as JSON for programs. */
public final class SimulationReport {
    private static final String NEW_LINE = System.lineSeparator();

    private SimulationReport() {}

    /**
     * {@return one line}
     *
     * @param now how things are
     */
    public static String line(SimulationSnapshot now) {
        return seconds(now)
                + " targets "
                + targets(now)
                + " flows active="
                + now.metric(CloudWatchMetric.ACTIVE_FLOW_COUNT)
                + " new="
                + now.metric(CloudWatchMetric.NEW_FLOW_COUNT)
                + " packets sent="
                + now.packetsSent()
                + " returned="
                + now.packetsReturned()
                + " dropped="
                + now.dropped()
                + reasons(now)
                + count("by_socket", now.wire().bySocket())
                + faults(now.wire());
    }

    /**
     * {@return a table of targets, endpoints, drops and flows, of several lines}
     *
     * @param now how things are
     */
    public static String table(SimulationSnapshot now) {
        List<String> lines = new ArrayList<>();
        lines.add(line(now));
        lines.add("");
        Columns targets =
                new Columns("target", "address", "zone", "state", "flows", "sent", "back", "drops");
        for (TargetRow row : now.targets()) {
            targets.row(
                    row.target().name(),
                    FlowFormat.ipv4(row.target().address()),
                    row.target().zone(),
                    row.state().label(),
                    row.activeFlows(),
                    row.packetsSent(),
                    row.packetsReturned(),
                    row.packetsDropped());
        }
        lines.addAll(targets.lines());
        lines.add("");
        Columns endpoints = new Columns("endpoint", "zone", "service", "state");
        for (EndpointRow row : now.endpoints()) {
            endpoints.row(
                    row.endpoint(),
                    row.endpoint().zone(),
                    row.endpoint().service(),
                    row.state().label());
        }
        lines.addAll(endpoints.lines());
        if (!now.flows().isEmpty()) {
            lines.add("");
            Columns flows = new Columns("flow", "endpoint", "cookie", "target", "sent", "back");
            for (FlowSnapshot flow : now.flows()) {
                flows.row(
                        flow.connection(),
                        flow.endpoint(),
                        String.format(Locale.ROOT, "%08x", flow.cookie()),
                        flow.target().name(),
                        flow.packetsSent(),
                        flow.packetsReturned());
            }
            lines.addAll(flows.lines());
        }
        return String.join(NEW_LINE, lines);
    }

    /**
     * {@return what the load balancer would have reported to CloudWatch, by its names, and what
     * else was seen; of several lines}
     *
     * @param now how things are
     */
    public static String summary(SimulationSnapshot now) {
        List<String> lines = new ArrayList<>();
        lines.add("after " + seconds(now) + ":");
        Columns metrics = new Columns("AWS/GatewayELB", "value");
        for (CloudWatchMetric metric : CloudWatchMetric.values()) {
            metrics.row(metric.metricName(), now.metric(metric));
        }
        lines.addAll(metrics.lines());
        lines.add(
                "packets to targets " + now.packetsSent() + ", returned " + now.packetsReturned());
        now.drops()
                .forEach(
                        (reason, count) -> {
                            if (count > 0) {
                                lines.add("dropped " + count + " " + reason.label() + as(reason));
                            }
                        });
        now.objections()
                .forEach(
                        (objection, count) -> {
                            if (count > 0) {
                                lines.add(
                                        "objected to "
                                                + count
                                                + " "
                                                + objection.label()
                                                + " ("
                                                + word(now, objection)
                                                + ")");
                            }
                        });
        WireCounters wire = now.wire();
        add(lines, wire.notSent(), "datagrams could not be sent from this host");
        add(
                lines,
                wire.bySocket(),
                "datagrams of io: af_xdp went by sockets: no neighbour known, or too long");
        add(lines, wire.overrun(), "replies found no room at this host");
        add(lines, wire.notTaken(), "packets left an endpoint where nobody took them");
        add(lines, wire.unreadable(), "captured frames are no whole IP packet");
        add(lines, now.unanswered(), "packets were not answered");
        add(lines, wire.lost(), "datagrams lost on purpose");
        add(lines, wire.duplicated(), "datagrams duplicated on purpose");
        add(lines, wire.corrupted(), "datagrams corrupted on purpose");
        add(lines, wire.reordered(), "datagrams reordered on purpose");
        add(lines, wire.silenced(), "datagrams of killed targets lost");
        return String.join(NEW_LINE, lines);
    }

    /**
     * {@return a JSON object in one line}
     *
     * @param now how things are
     */
    public static String json(SimulationSnapshot now) {
        StringBuilder out = new StringBuilder("{\"seconds\":").append(decimal(now));
        out.append(",\"metrics\":{");
        String comma = "";
        for (CloudWatchMetric metric : CloudWatchMetric.values()) {
            out.append(comma).append(quoted(metric.metricName())).append(':');
            out.append(now.metric(metric));
            comma = ",";
        }
        out.append("},\"packetsSent\":").append(now.packetsSent());
        out.append(",\"packetsReturned\":").append(now.packetsReturned());
        out.append(",\"drops\":");
        counts(out, now.drops(), DropReason::label);
        out.append(",\"objections\":");
        counts(out, now.objections(), objection -> objection.label());
        WireCounters wire = now.wire();
        out.append(",\"host\":{\"notSent\":").append(wire.notSent());
        out.append(",\"bySocket\":").append(wire.bySocket());
        out.append(",\"overrun\":").append(wire.overrun());
        out.append(",\"notTaken\":").append(wire.notTaken());
        out.append(",\"multicast\":").append(wire.groups());
        out.append(",\"unreadable\":").append(wire.unreadable()).append('}');
        out.append(",\"faults\":{\"lost\":").append(wire.lost());
        out.append(",\"duplicated\":").append(wire.duplicated());
        out.append(",\"corrupted\":").append(wire.corrupted());
        out.append(",\"reordered\":").append(wire.reordered());
        out.append(",\"silenced\":").append(wire.silenced()).append('}');
        out.append(",\"targets\":[");
        comma = "";
        for (TargetRow row : now.targets()) {
            out.append(comma).append("{\"name\":").append(quoted(row.target().name()));
            out.append(",\"address\":").append(quoted(FlowFormat.ipv4(row.target().address())));
            out.append(",\"zone\":").append(quoted(row.target().zone()));
            out.append(",\"state\":").append(quoted(row.state().label()));
            out.append(",\"flows\":").append(row.activeFlows());
            out.append(",\"sent\":").append(row.packetsSent());
            out.append(",\"returned\":").append(row.packetsReturned());
            out.append(",\"dropped\":").append(row.packetsDropped()).append('}');
            comma = ",";
        }
        out.append("],\"endpoints\":[");
        comma = "";
        for (EndpointRow row : now.endpoints()) {
            out.append(comma).append("{\"id\":").append(quoted(row.endpoint().toString()));
            out.append(",\"zone\":").append(quoted(row.endpoint().zone()));
            out.append(",\"state\":").append(quoted(row.state().label())).append('}');
            comma = ",";
        }
        return out.append("]}").toString();
    }

    /**
     * {@return a flow in one line}
     *
     * @param flow which
     */
    static String flow(FlowSnapshot flow) {
        return flow.text()
                + " target "
                + flow.target().name()
                + " sent "
                + flow.packetsSent()
                + " returned "
                + flow.packetsReturned();
    }

    private static void add(List<String> lines, long count, String what) {
        if (count > 0) {
            lines.add(count + " " + what);
        }
    }

    private static String reasons(SimulationSnapshot now) {
        StringBuilder out = new StringBuilder();
        now.drops()
                .forEach(
                        (reason, count) -> {
                            if (count > 0) {
                                out.append(' ').append(reason.label()).append('=').append(count);
                            }
                        });
        return out.toString();
    }

    /** What this program did on purpose is nobody's fault. */
    private static String faults(WireCounters wire) {
        String counts =
                count("lost", wire.lost())
                        + count("duplicated", wire.duplicated())
                        + count("corrupted", wire.corrupted())
                        + count("reordered", wire.reordered())
                        + count("silenced", wire.silenced());
        return counts.isEmpty() ? "" : " faults" + counts;
    }

    private static String count(String what, long count) {
        return count == 0 ? "" : " " + what + "=" + count;
    }

    private static String word(SimulationSnapshot now, Objection objection) {
        return now.strictness()
                .getOrDefault(objection, Strictness.NOTE)
                .name()
                .toLowerCase(Locale.ROOT);
    }

    private static String as(DropReason reason) {
        CloudWatchMetric metric = reason.metric();
        return metric == null ? "" : " (" + metric.metricName() + ")";
    }

    private static String targets(SimulationSnapshot now) {
        StringBuilder out = new StringBuilder();
        for (TargetState state : TargetState.values()) {
            long count = now.targets().stream().filter(row -> row.state() == state).count();
            if (count > 0 || state == TargetState.HEALTHY) {
                out.append(out.isEmpty() ? "" : " ")
                        .append(state.label())
                        .append('=')
                        .append(count);
            }
        }
        return out.toString();
    }

    private static <T> void counts(
            StringBuilder out, Map<T, Long> counts, Function<T, String> label) {
        out.append('{');
        String[] comma = {""};
        counts.forEach(
                (what, count) -> {
                    if (count > 0) {
                        out.append(comma[0]).append(quoted(label.apply(what))).append(':');
                        out.append(count);
                        comma[0] = ",";
                    }
                });
        out.append('}');
    }

    private static String seconds(SimulationSnapshot now) {
        return decimal(now) + " s";
    }

    private static String decimal(SimulationSnapshot now) {
        long millis = TimeUnit.NANOSECONDS.toMillis(now.elapsedNanos());
        return String.format(Locale.ROOT, "%d.%03d", millis / 1000, millis % 1000);
    }

    /** The names here have nothing that JSON would want escaped: a topology refuses that. */
    private static String quoted(String name) {
        return '"' + name + '"';
    }

    /** Cells that stand under each other. */
    private static final class Columns {
        private final List<String[]> rows = new ArrayList<>();

        Columns(String... heads) {
            rows.add(heads);
        }

        void row(Object... cells) {
            String[] texts = new String[cells.length];
            for (int i = 0; i < cells.length; i++) {
                texts[i] = cells[i].toString();
            }
            rows.add(texts);
        }

        List<String> lines() {
            int[] widths = new int[rows.get(0).length];
            for (String[] row : rows) {
                for (int i = 0; i < row.length; i++) {
                    widths[i] = Math.max(widths[i], row[i].length());
                }
            }
            List<String> lines = new ArrayList<>();
            for (String[] row : rows) {
                StringBuilder line = new StringBuilder();
                for (int i = 0; i < row.length; i++) {
                    line.append(row[i]).append(" ".repeat(widths[i] - row[i].length() + 2));
                }
                lines.add(line.toString().stripTrailing());
            }
            return lines;
        }
    }
}
