package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.Segments.ACK;
import static io.github.geneve4j.appliance.track.Segments.RST;
import static io.github.geneve4j.appliance.track.Segments.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Allocations;
import org.junit.jupiter.api.Test;

/** Connections come, go on and end, at their limits and over them: not a byte for any of it. */
class TrackerAllocationTest {
    private static final int CONNECTIONS = 50_000;

    private long endings;

    @Test
    void tracksWithoutAllocating() {
        ConnectionTracker tracker =
                ConnectionTracker.builder(500)
                        .flowsPerEndpoint(1000, 10)
                        .flowsPerSource(300)
                        .listener((t, flow, end) -> endings += t.bytes(flow, true))
                        .build();
        Segments segments = new Segments(tracker);
        assertThat(Allocations.of(CONNECTIONS, () -> connect(segments)))
                .isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(endings).isGreaterThan(CONNECTIONS);
        assertThat(tracker.counters().evicted()).isGreaterThan(0);
        assertThat(tracker.counters().removed()).isGreaterThan(0);
    }

    private static int connect(Segments segments) {
        segments.now += 1000;
        segments.port = (segments.port + 1) & 0x3ff;
        segments.client = 0x0a00_0000 + (segments.port & 3);
        int sum = 0;
        if (segments.look(true, SYN, 1000, 0, 0) == Outcome.NEW) {
            sum += segments.begin();
        }
        sum += segments.look(false, SYN | ACK, 5000, 1001, 0).ordinal();
        sum += segments.look(true, ACK, 1001, 5001, 100).ordinal();
        sum += segments.look(true, ACK, 1, 1, 0).ordinal();
        if ((segments.port & 7) == 1 && segments.look(true, ACK, 1101, 5001, 0) == Outcome.KNOWN) {
            segments.tracker.remove(segments.tracker.flow());
        }
        if ((segments.port & 7) == 0) {
            sum += segments.look(false, RST, 5001, 0, 0).ordinal();
        }
        segments.tracker.expire(segments.now, 4);
        return sum;
    }
}
