package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.Segments.ACK;
import static io.github.geneve4j.appliance.track.Segments.FIN;
import static io.github.geneve4j.appliance.track.Segments.RST;
import static io.github.geneve4j.appliance.track.Segments.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Connections of honest hosts, one after another on the same ports, of which any segments pass
 * without being looked at: whatever was missed, the others are good.
 */
class MissedSegmentsTest {
    private static final int STORIES = 3_000;
    private static final int CONNECTIONS = 4;

    private final List<String> story = new ArrayList<>();
    private Random random = new Random();
    private ConnectionTracker tracker = ConnectionTracker.builder(4).build();
    private Segments segments = new Segments(tracker);
    private int missing; // of a hundred segments
    private int missed;
    private int looked;
    private int seed;

    @Test
    void whatIsLookedAtIsGood() {
        for (seed = 0; seed < STORIES; seed++) {
            random = new Random(seed);
            tracker = ConnectionTracker.builder(4).build();
            segments = new Segments(tracker);
            story.clear();
            for (int i = 0; i < CONNECTIONS; i++) {
                missing = random.nextInt(100);
                connection();
            }
        }
        assertThat(missed).isGreaterThan(STORIES * CONNECTIONS * 5);
        assertThat(looked).isGreaterThan(STORIES * CONNECTIONS * 5);
    }

    private void connection() {
        long[] next = {random.nextInt(1 << 30), random.nextInt(1 << 30)};
        segments.window = 65_000;
        while (true) { // a SYN is sent again if nobody answers
            segment(true, SYN, next[0], 0, 0);
            if (segment(false, SYN | ACK, next[1], next[0] + 1, 0)) {
                break;
            }
        }
        next[0]++;
        next[1]++;
        segment(true, ACK, next[0], next[1], 0);
        int exchanges = random.nextInt(12);
        for (int i = 0; i < exchanges; i++) {
            boolean byClient = random.nextBoolean();
            int own = byClient ? 0 : 1;
            int length = random.nextInt(1400);
            int segmentsInARow = random.nextInt(60); // more than a window, if they are missed
            int chance = missing;
            missing = random.nextInt(3) == 0 ? 100 : chance;
            for (int j = 0; j < segmentsInARow; j++) {
                segment(byClient, ACK, next[own], next[1 - own], length);
                next[own] += length;
                if (j % 2 == 0) {
                    segment(!byClient, ACK, next[1 - own], next[own], 0);
                }
            }
            missing = chance;
        }
        boolean byClient = random.nextBoolean();
        int own = byClient ? 0 : 1;
        if (random.nextInt(4) == 0) {
            segment(byClient, RST | ACK, next[own], next[1 - own], 0);
            return;
        }
        segment(byClient, FIN | ACK, next[own]++, next[1 - own], 0);
        if (random.nextBoolean()) {
            segment(!byClient, ACK, next[1 - own], next[own], 700);
            next[1 - own] += 700;
            segment(byClient, ACK, next[own], next[1 - own], 0);
        }
        segment(!byClient, FIN | ACK, next[1 - own]++, next[own], 0);
        segment(byClient, ACK, next[own], next[1 - own], 0);
    }

    /** {@return whether it arrives} */
    private boolean segment(boolean byClient, int flags, long sequence, long ack, int length) {
        segments.now += 1 + random.nextInt(1_000_000);
        boolean unseen = random.nextInt(100) < missing;
        story.add((unseen ? "missed " : "") + byClient + " " + flags + " " + sequence + " " + ack);
        if (unseen) {
            missed++;
            tracker.missed(segments.now);
            return true;
        }
        looked++;
        Outcome outcome = segments.look(byClient, flags, sequence, ack, length);
        if (outcome == Outcome.MIDSTREAM && flags == (SYN | ACK)) {
            return false; // as a firewall has it
        }
        if (outcome == Outcome.NEW || outcome == Outcome.MIDSTREAM) {
            segments.begin();
        } else if (outcome != Outcome.KNOWN) {
            assertThat(outcome + " " + tracker.reason())
                    .as("story %s: %s", seed, story)
                    .isEqualTo("KNOWN NONE");
        }
        return true;
    }
}
