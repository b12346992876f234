package io.github.geneve4j.appliance.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RingTest {
    private static final int ROOM = 4;

    private final Ring<long[]> ring = new Ring<>(ROOM, () -> new long[1]);
    private final List<Long> read = new ArrayList<>();

    private void add(long value) {
        long[] entry = ring.claim();
        if (entry != null) {
            entry[0] = value;
            ring.publish();
        }
    }

    @Test
    void isReadInOrderAndOnce() {
        for (long i = 0; i < 3 * ROOM; i++) {
            add(i);
            add(-i);
            ring.drain(entry -> read.add(entry[0]));
        }
        ring.drain(entry -> read.add(entry[0]));
        assertThat(read).hasSize(6 * ROOM).startsWith(0L, 0L, 1L, -1L, 2L, -2L);
        assertThat(ring.lost()).isZero();
    }

    @Test
    void countsWhatFindsNoRoom() {
        for (long i = 0; i < ROOM + 3; i++) {
            add(i);
        }
        assertThat(ring.lost()).isEqualTo(3);
        ring.drain(entry -> read.add(entry[0]));
        add(9);
        ring.drain(entry -> read.add(entry[0]));
        assertThat(read).containsExactly(0L, 1L, 2L, 3L, 9L);
        assertThat(ring.lost()).isEqualTo(3);
    }

    @Test
    void whatWasClaimedOnlyIsNotThere() {
        assertThat(ring.claim()).isNotNull();
        ring.drain(entry -> read.add(entry[0]));
        assertThat(read).isEmpty();
        add(1);
        ring.drain(entry -> read.add(entry[0]));
        assertThat(read).containsExactly(1L);
    }

    @Test
    void aReaderThatThrowsHasReadItsEntry() {
        add(1);
        add(2);
        assertThatIllegalStateException()
                .isThrownBy(
                        () ->
                                ring.drain(
                                        entry -> {
                                            throw new IllegalStateException("1");
                                        }));
        ring.drain(entry -> read.add(entry[0]));
        assertThat(read).containsExactly(2L);
    }

    @Test
    @Timeout(60)
    void eachIsReadOrLostWhileAnotherThreadAdds() throws Exception {
        int count = 1_000_000;
        Thread adder =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    for (long i = 1; i <= count; i++) {
                                        add(i);
                                    }
                                });
        long[] sum = new long[2]; // how many, and the last one
        do {
            ring.drain(
                    entry -> {
                        assertThat(entry[0]).isGreaterThan(sum[1]);
                        sum[0]++;
                        sum[1] = entry[0];
                    });
        } while (adder.isAlive());
        ring.drain(entry -> sum[0]++);
        assertThat(sum[0] + ring.lost()).isEqualTo(count);
        assertThat(sum[0]).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 3, 1000})
    void refusesRoomThatIsNoPowerOfTwo(int room) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Ring<>(room, Object::new))
                .withMessageContaining("" + room);
    }
}
