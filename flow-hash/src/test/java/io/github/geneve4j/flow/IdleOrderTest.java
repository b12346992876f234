package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.IdleOrder.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IdleOrderTest {
    private static final long TICK = 1L << IdleOrder.TICK_SHIFT;

    private final FlowRecords records = new FlowRecords(100, 0, ByteBuffer::allocateDirect);
    private final IdleOrder order = new IdleOrder(records, 2);

    private void seen(int record, long at) {
        records.setLong(record, FlowRecords.LAST_SEEN_OFFSET, at);
    }

    private void add(int record, long at) {
        seen(record, at);
        order.add(record, 1);
    }

    /** Takes all records out, oldest first. */
    private List<Integer> drained() {
        List<Integer> drained = new ArrayList<>();
        for (int record = order.oldest(1); record != NONE; record = order.oldest(1)) {
            drained.add(record);
            order.remove(record, 1);
        }
        return drained;
    }

    @Test
    void keepsRecordsOfOneTickInTheOrderOfTheirComing() {
        for (int record = 0; record < 5; record++) {
            add(record, 7);
        }
        assertThat(drained()).containsExactly(0, 1, 2, 3, 4);
    }

    /** First, middle and last of a list, in every order. */
    @Test
    void losesNoneWhenAnyIsTakenOut() {
        Random random = new Random(1);
        for (int run = 0; run < 200; run++) {
            List<Integer> kept = new ArrayList<>();
            for (int record = 0; record < 6; record++) {
                add(record, 7);
                kept.add(record);
            }
            List<Integer> gone = new ArrayList<>(kept);
            Collections.shuffle(gone, random);
            for (int record : gone.subList(0, run % 6)) {
                order.remove(record, 1);
                kept.remove((Integer) record);
            }
            add(50, 7);
            kept.add(50);
            assertThat(drained()).isEqualTo(kept);
        }
    }

    @Test
    void sortsByTick() {
        add(3, 5 * TICK);
        add(1, 5 * TICK + 1);
        add(2, 6 * TICK);
        add(0, 6 * TICK - 1);
        add(4, 9000 * TICK); // further than the ring is long: those before are one bucket now
        add(5, 4 * TICK); // the clock went back
        assertThat(drained()).containsExactly(3, 1, 0, 2, 5, 4);
    }

    @Test
    void movesRefreshedRecordsOn() {
        add(0, 0);
        add(1, TICK);
        add(2, 2 * TICK);
        seen(0, 3 * TICK);
        seen(1, 2 * TICK);
        assertThat(drained()).containsExactly(2, 1, 0);
    }

    @Test
    void findsTheDueOfWholeTicksOnly() {
        order.allow(100);
        add(0, TICK - 1);
        add(1, 0);
        long timeout = 10 * TICK;
        assertThat(order.due(1, 11 * TICK - 1, timeout)).isEqualTo(NONE);
        assertThat(order.due(1, 11 * TICK, timeout)).isZero();
        order.remove(0, 1);
        assertThat(order.due(1, 11 * TICK, timeout)).isEqualTo(1);
        order.remove(1, 1);
        assertThat(order.due(1, 11 * TICK, timeout)).isEqualTo(NONE);
        assertThat(order.due(0, 11 * TICK, timeout)).isEqualTo(NONE);
    }

    @Test
    void spendsItsBudget() {
        for (int record = 0; record < 10; record++) {
            add(record, 0);
            seen(record, 5 * TICK);
        }
        order.allow(9);
        assertThat(order.due(1, 20 * TICK, 10 * TICK)).isEqualTo(NONE); // moved nine on
        order.allow(1);
        assertThat(order.due(1, 20 * TICK, 10 * TICK)).isEqualTo(NONE);
        order.allow(1);
        assertThat(order.due(1, 20 * TICK, 10 * TICK)).isZero();
        order.allow(0);
        assertThat(order.due(1, 20 * TICK, 10 * TICK)).isEqualTo(NONE);
    }

    @Test
    void startsAnewWhenAGroupIsEmpty() {
        add(0, 0);
        assertThat(drained()).containsExactly(0);
        add(1, 1_000_000 * TICK);
        order.allow(10);
        assertThat(order.due(1, 1_000_010 * TICK, 5 * TICK)).isEqualTo(1);
    }

    @Test
    void keepsItsOrderWhenTheClockWraps() {
        long start = Long.MAX_VALUE - 2 * TICK;
        for (int record = 0; record < 6; record++) {
            add(record, start + record * TICK);
        }
        seen(1, start + 10 * TICK);
        order.allow(100);
        assertThat(order.due(1, start + 9 * TICK, 10 * TICK)).isEqualTo(NONE);
        assertThat(order.due(1, start + 11 * TICK, 10 * TICK)).isZero();
        assertThat(drained()).containsExactly(0, 2, 3, 4, 5, 1);
    }

    @Test
    void comparesAges() {
        seen(0, Long.MAX_VALUE);
        seen(1, Long.MIN_VALUE); // one nanosecond later
        assertThat(order.isOlder(0, 1)).isTrue();
        assertThat(order.isOlder(1, 0)).isFalse();
        assertThat(order.isOlder(1, 1)).isFalse();
    }
}
