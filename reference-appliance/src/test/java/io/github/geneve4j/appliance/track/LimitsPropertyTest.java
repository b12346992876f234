package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.Segments.ACK;
import static io.github.geneve4j.appliance.track.Segments.FIN;
import static io.github.geneve4j.appliance.track.Segments.RST;
import static io.github.geneve4j.appliance.track.Segments.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowTable;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** However flows end, the counts for the limits are those of the flows that are in. */
class LimitsPropertyTest {
    private static final long SECOND = 1_000_000_000L;

    @Property(tries = 60)
    void countsAreARecount(@ForAll long seed) {
        Random random = new Random(seed);
        Set<ConnectionEnd> ends = EnumSet.noneOf(ConnectionEnd.class);
        ConnectionTracker tracker =
                ConnectionTracker.builder(24)
                        .datagrams(4)
                        .flowsPerEndpoint(20, 3)
                        .flowsPerSource(8)
                        .listener((t, flow, end) -> ends.add(end))
                        .build();
        Segments segments = new Segments(tracker);
        int[] flags = {SYN, SYN, SYN, SYN | ACK, ACK, ACK, FIN | ACK, FIN | ACK, RST, RST | ACK};
        for (int i = 0; i < 1500; i++) {
            segments.now += random.nextInt(20) == 0 ? random.nextInt(100) * SECOND : 1000;
            segments.client = 0x0a00_0000 + random.nextInt(5);
            segments.port = 1 + random.nextInt(8);
            segments.cookie = random.nextInt(50) == 0 ? random.nextInt() & 0xffffL : 5;
            boolean fromClient = random.nextBoolean();
            int control = flags[random.nextInt(flags.length)];
            Outcome outcome = segments.look(fromClient, control, 1, 1, 0);
            if (outcome == Outcome.NEW || outcome == Outcome.MIDSTREAM) {
                segments.begin();
            } else if (outcome == Outcome.KNOWN && random.nextInt(30) == 0) {
                tracker.remove(tracker.flow());
            }
            if (random.nextInt(10) == 0) {
                tracker.expire(segments.now, random.nextInt(30));
            }
            if (i % 50 == 0) {
                recount(tracker);
            }
        }
        recount(tracker);
        assertThat(ends).contains(ConnectionEnd.REMOVED, ConnectionEnd.REUSED);
        segments.now += 10_000 * SECOND;
        tracker.expire(segments.now, 1000);
        assertThat(tracker.flowsOfEndpoint(1)).isZero();
    }

    private static void recount(ConnectionTracker tracker) {
        FlowTable table = tracker.table();
        Map<Long, Integer> bySource = new HashMap<>();
        int all = 0;
        FiveTuple tuple = new FiveTuple();
        for (int flow = table.next(FlowTable.NONE);
                flow != FlowTable.NONE;
                flow = table.next(flow)) {
            bySource.merge(tracker.read(flow, tuple).sourceLow(), 1, Integer::sum);
            all++;
        }
        assertThat(tracker.flowsOfEndpoint(1)).isEqualTo(all).isLessThanOrEqualTo(20);
        bySource.forEach(
                (source, count) -> {
                    tuple.setIpv4(source.intValue(), 0, 6);
                    assertThat(tracker.flowsOfSource(1, tuple))
                            .isEqualTo(count)
                            .isLessThanOrEqualTo(8);
                });
    }
}
