package io.github.geneve4j.appliance;

import io.github.geneve4j.appliance.firewall.FlowInspector;
import io.github.geneve4j.appliance.firewall.InspectedFlow;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.TcpFlags;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an account of its own of all flows, as an inspector that lets everything pass, and throws
 * where the firewall's is another one: bytes of one flow found in another, packets that belong
 * elsewhere, flows that end twice, and whatever befalls a {@link Sentinel}.
 */
final class FlowWitness implements FlowInspector {
    private static final int DIGEST = 0; // long: of endpoint and five-tuple
    private static final int SEEN = 8; // int: packets
    private static final int SENTINEL = 12; // int: its number, and 1
    private static final int STATE_LENGTH = 16;

    private final List<Sentinel> sentinels;
    private final Map<Long, Integer> byEndpoint = new HashMap<>();
    private final Map<Source, Integer> bySource = new HashMap<>();
    private final Map<ConnectionEnd, Long> ends = new EnumMap<>(ConnectionEnd.class);
    private @Nullable Sentinel current;
    private boolean over;
    private int live;
    private int most;
    private long begun;

    /** Who begins flows, and where. */
    private record Source(long endpoint, long high, long low) {}

    FlowWitness(List<Sentinel> sentinels) {
        this.sentinels = sentinels;
    }

    /** Says whose packet comes next; null for anybody else's. */
    void expect(@Nullable Sentinel sentinel) {
        current = sentinel;
    }

    /** Says that from now on all flows end. */
    void over() {
        over = true;
        current = null;
    }

    /** {@return how many flows there are} */
    int live() {
        return live;
    }

    /** {@return how many there were at most} */
    int most() {
        return most;
    }

    long begun() {
        return begun;
    }

    /** {@return how many flows ended so} */
    long ended(ConnectionEnd end) {
        return ends.getOrDefault(end, 0L);
    }

    /** {@return how many endpoints have flows} */
    int endpoints() {
        return byEndpoint.size();
    }

    int flowsOfEndpoint(long endpoint) {
        return byEndpoint.getOrDefault(endpoint, 0);
    }

    int flowsOfSource(long endpoint, long high, long low) {
        return bySource.getOrDefault(new Source(endpoint, high, low), 0);
    }

    @Override
    public int stateLength() {
        return STATE_LENGTH;
    }

    @Override
    public void flowStarted(InspectedFlow flow, InspectedPacket packet) {
        check(flow.getLong(DIGEST) == 0 && flow.getLong(SEEN) == 0, "bytes of another flow");
        flow.setLong(DIGEST, digest(flow.endpointId(), packet.flow()));
        FiveTuple tuple = flow.fiveTuple();
        check(flow.endpointId() == packet.endpointId(), "another endpoint");
        check(
                digest(flow.endpointId(), tuple) == flow.getLong(DIGEST),
                "began as another flow than its packet's");
        byEndpoint.merge(flow.endpointId(), 1, Integer::sum);
        bySource.merge(source(flow), 1, Integer::sum);
        begun++;
        most = Math.max(most, ++live);
        if (flow.endpointId() == Sentinel.ENDPOINT) {
            Sentinel sentinel = checked(current);
            flow.setInt(SENTINEL, sentinels.indexOf(sentinel) + 1);
            sentinel.started(flow);
        }
    }

    @Override
    public Verdict inspect(InspectedFlow flow, InspectedPacket packet) {
        check(
                flow.getLong(DIGEST) == digest(packet.endpointId(), packet.flow()),
                "a packet of another flow");
        int seen = flow.getInt(SEEN) + 1;
        flow.setInt(SEEN, seen);
        check(flow.packets(true) + flow.packets(false) >= seen, "packets went missing");
        check(isSeenNow(flow, packet) && flow.startNs() <= flow.lastNs(), "times");
        if (flow.endpointId() == Sentinel.ENDPOINT) {
            Sentinel sentinel = checked(current);
            check(sentinels.get(flow.getInt(SENTINEL) - 1) == sentinel, "another's flow");
            sentinel.inspected(flow);
        }
        return Verdict.PASS;
    }

    @Override
    public void flowEnded(InspectedFlow flow, ConnectionEnd end) {
        check(
                flow.getLong(DIGEST) == digest(flow.endpointId(), flow.fiveTuple()),
                "ended as another flow than it began");
        byEndpoint.computeIfPresent(
                flow.endpointId(), (key, flows) -> flows == 1 ? null : flows - 1);
        bySource.computeIfPresent(source(flow), (key, flows) -> flows == 1 ? null : flows - 1);
        ends.merge(end, 1L, Long::sum);
        live--;
        if (flow.endpointId() == Sentinel.ENDPOINT) {
            sentinels.get(flow.getInt(SENTINEL) - 1).ended(flow, end, over);
        }
    }

    /** {@return whether the packet counts as the flow's last; a SYN in its middle need not} */
    private static boolean isSeenNow(InspectedFlow flow, InspectedPacket packet) {
        boolean isSyn = (packet.flow().tcpFlags() & TcpFlags.CONTROL) == TcpFlags.SYN;
        long since = packet.nowNs() - flow.lastNs();
        return isSyn ? since >= 0 : since == 0;
    }

    private static Source source(InspectedFlow flow) {
        FiveTuple tuple = flow.fiveTuple(); // from the beginner
        return new Source(flow.endpointId(), tuple.sourceHigh(), tuple.sourceLow());
    }

    /** {@return the same for both directions, and hardly for two flows; not 0} */
    private static long digest(long endpoint, FiveTuple tuple) {
        long one = mix(tuple.sourceHigh(), tuple.sourceLow(), tuple.sourcePort());
        long other = mix(tuple.destinationHigh(), tuple.destinationLow(), tuple.destinationPort());
        return mix(one + other, endpoint, tuple.protocol()) | 1;
    }

    private static long mix(long a, long b, long c) {
        long mixed = (a * 0x9e37_79b9_7f4a_7c15L + b) * 0xbf58_476d_1ce4_e5b9L;
        mixed = (mixed ^ mixed >>> 31) + c;
        mixed *= 0x94d0_49bb_1331_11ebL;
        return mixed ^ mixed >>> 29;
    }

    private static Sentinel checked(@Nullable Sentinel current) {
        if (current == null) {
            throw new AssertionError("somebody else's packet reached a sentinel's flow");
        }
        return current;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
