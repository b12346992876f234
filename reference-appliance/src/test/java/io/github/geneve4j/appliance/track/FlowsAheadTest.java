package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.ConnectionTracker.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.flow.FlowTable;
import io.github.geneve4j.io.PacketHandler;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlowsAheadTest {
    private final FlowHints hints = new FlowHints(1000, ByteBuffer::allocateDirect);
    private final FlowsAhead ahead = new FlowsAhead(hints, FlowTable.builder(1000).build());

    @Test
    void notesAsManyAsPortsAnnounce() {
        assertThat(FlowsAhead.MOST).isEqualTo(PacketHandler.AHEAD);
        assertThat(Integer.bitCount(FlowsAhead.MOST)).isEqualTo(1);
    }

    @Test
    void knowsNothingAtFirst() {
        assertThat(ahead.flow(0)).isEqualTo(NONE);
        hints.remember(0, 3);
        assertThat(ahead.flow(0)).isEqualTo(3);
    }

    /** So those announced together are looked up together, and not again one by one. */
    @Test
    void keepsWhatItLookedUpForThoseThatWereAnnounced() {
        for (int cookie = 0; cookie < FlowsAhead.MOST + 1; cookie++) {
            hints.remember(cookie, cookie);
            ahead.expect(cookie);
        }
        assertThat(ahead.flow(1)).isEqualTo(1);
        for (int cookie = 0; cookie < FlowsAhead.MOST + 1; cookie++) {
            hints.remember(cookie, cookie + 100);
        }
        assertThat(ahead.flow(0)).isEqualTo(100); // one too many
        for (int cookie = 2; cookie < FlowsAhead.MOST + 1; cookie++) {
            assertThat(ahead.flow(cookie)).isEqualTo(cookie);
        }
        assertThat(ahead.flow(5)).isEqualTo(105); // announced once, looked at twice
    }

    /** As if all of them were fragments, or another inspector dropped them. */
    @ParameterizedTest
    @ValueSource(ints = {1, FlowsAhead.MOST - 1, FlowsAhead.MOST, 3 * FlowsAhead.MOST + 5, 100_000})
    void keepsTheLastOnesIfNoneOfTheFirstCame(int missing) {
        int[] last = IntStream.rangeClosed(1, FlowsAhead.MOST).toArray();
        for (int i = 0; i < missing; i++) {
            ahead.expect(-1 - i);
        }
        announce(last);
        assertThat(ahead.flow(1)).isEqualTo(1);
        for (int cookie : last) {
            hints.remember(cookie, cookie + 100);
        }
        for (int cookie = 2; cookie <= FlowsAhead.MOST; cookie++) {
            assertThat(ahead.flow(cookie)).isEqualTo(cookie);
        }
    }

    @Test
    void passesOverThoseThatDoNotCome() {
        announce(1, 2, 3, 4);
        assertThat(ahead.flow(2)).isEqualTo(2);
        hints.remember(1, 101);
        hints.remember(4, 104);
        assertThat(ahead.flow(1)).isEqualTo(101);
        assertThat(ahead.flow(4)).isEqualTo(4);
    }

    /** The first packet of a burst has begun it meanwhile. */
    @Test
    void seesFlowsThatAreNewSinceTheLookUp() {
        ahead.expect(1);
        ahead.expect(1);
        assertThat(ahead.flow(1)).isEqualTo(NONE);
        hints.remember(1, 7);
        assertThat(ahead.flow(1)).isEqualTo(7);
    }

    @Test
    void forgetsTheLastOnesOnceOthersAreAnnounced() {
        announce(1, 2, 3);
        assertThat(ahead.flow(1)).isEqualTo(1);
        announce(4);
        hints.remember(2, 102);
        assertThat(ahead.flow(4)).isEqualTo(4);
        assertThat(ahead.flow(2)).isEqualTo(102);
    }

    @Test
    void saysWhatTheHintsSayWhateverIsAnnounced() {
        Random random = new Random(20_261_130);
        for (int cookie = 0; cookie < 200; cookie += 2) {
            hints.remember(cookie, cookie * 3);
        }
        for (int round = 0; round < 10_000; round++) {
            for (int i = random.nextInt(2 * FlowsAhead.MOST); i > 0; i--) {
                ahead.expect(random.nextInt(200));
            }
            for (int i = random.nextInt(2 * FlowsAhead.MOST); i > 0; i--) {
                int cookie = random.nextInt(200);
                assertThat(ahead.flow(cookie)).isEqualTo(hints.flow(cookie));
            }
        }
    }

    private void announce(int... cookies) {
        for (int cookie : cookies) {
            hints.remember(cookie, cookie);
            ahead.expect(cookie);
        }
    }
}
