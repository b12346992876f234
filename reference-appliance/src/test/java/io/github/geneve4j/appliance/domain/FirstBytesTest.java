package io.github.geneve4j.appliance.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FirstBytesTest {
    private static final int CAPACITY = 256;

    private final FirstBytes pool = new FirstBytes(4, CAPACITY);

    @Test
    void putsSegmentsInOrder() {
        long loan = pool.lend();
        assertThat(add(loan, 3, "defg")).isZero();
        assertThat(add(loan, 0, "abc")).isEqualTo(7);
        assertThat(add(loan, 5, "fgh")).isEqualTo(8);
        assertThat(text(loan, 8)).isEqualTo("abcdefgh");
    }

    @Test
    void refusesAnotherByteInTheSamePlace() {
        long loan = pool.lend();
        assertThat(add(loan, 0, "abc")).isEqualTo(3);
        assertThat(add(loan, 1, "bX")).isEqualTo(FirstBytes.CONFLICT);
        assertThat(text(loan, 3)).isEqualTo("abc");
    }

    @Test
    void leavesOutWhatDoesNotFit() {
        long loan = pool.lend();
        assertThat(add(loan, 0, "x".repeat(CAPACITY - 1))).isEqualTo(CAPACITY - 1);
        assertThat(add(loan, CAPACITY - 1, "yz")).isEqualTo(CAPACITY);
        assertThat(add(loan, CAPACITY, "z")).isEqualTo(CAPACITY);
        assertThat(add(loan, Integer.MAX_VALUE, "z")).isEqualTo(CAPACITY);
    }

    /** The fifth of four buffers is the first one again, empty. */
    @Test
    void theOldestLoanEndsWhenAllAreLent() {
        long first = pool.lend();
        add(first, 0, "old");
        List<Long> others = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            others.add(pool.lend());
        }
        assertThat(pool.isHeld(first)).isTrue();

        long fifth = pool.lend();

        assertThat(pool.isHeld(first)).isFalse();
        assertThat(others).allMatch(pool::isHeld);
        assertThat(pool.offset(fifth)).isEqualTo(pool.offset(first));
        assertThat(add(fifth, 1, "b")).isZero();
        pool.giveBack(first); // which is not theirs any more
        assertThat(pool.isHeld(fifth)).isTrue();
        pool.giveBack(fifth);
        assertThat(pool.isHeld(fifth)).isFalse();
    }

    /** Whatever was given back in between, and lent again in its place. */
    @Test
    void alwaysTheOldestLoanEnds() {
        Random random = new Random(5);
        List<Long> held = new ArrayList<>(); // oldest first
        for (int round = 0; round < 10_000; round++) {
            if (random.nextInt(3) == 0 && !held.isEmpty()) {
                pool.giveBack(held.remove(random.nextInt(held.size())));
            } else {
                held.add(pool.lend());
            }
            if (held.size() > 4) {
                assertThat(pool.isHeld(held.removeFirst())).isFalse();
            }
            assertThat(held).allMatch(pool::isHeld);
        }
    }

    /** As many as there may be, all of them lent once more. */
    @Test
    void numbersOfLoansDoNotComeAgain() {
        FirstBytes many = new FirstBytes(1 << 16, 64);
        long first = many.lend();
        for (int i = 0; i < 1 << 16; i++) {
            many.lend();
        }
        assertThat(many.isHeld(first)).isFalse();
    }

    @Test
    void nobodyHoldsNothing() {
        assertThat(pool.isHeld(0)).isFalse();
    }

    @Test
    void refusesSizes() {
        assertThatIllegalArgumentException().isThrownBy(() -> new FirstBytes(0, 64));
        assertThatIllegalArgumentException().isThrownBy(() -> new FirstBytes(65_537, 64));
        assertThatIllegalArgumentException().isThrownBy(() -> new FirstBytes(1, 63));
        assertThatIllegalArgumentException().isThrownBy(() -> new FirstBytes(65_536, 65_536));
        assertThat(new FirstBytes(3, 65).capacity()).isEqualTo(128);
    }

    /** Overlapping pieces of one message in any order: always what is there without a gap. */
    @Test
    void agreesWithASetOfPositions() {
        Random random = new Random(3);
        for (int round = 0; round < 500; round++) {
            byte[] message = new byte[1 + random.nextInt(300)];
            random.nextBytes(message);
            ByteBuf source = Unpooled.wrappedBuffer(message);
            List<int[]> pieces = new ArrayList<>();
            for (int at = 0; at < message.length; at += 1 + random.nextInt(60)) {
                pieces.add(new int[] {at, Math.min(message.length - at, random.nextInt(90))});
            }
            Collections.shuffle(pieces, random);
            Set<Integer> present = new HashSet<>();
            long loan = pool.lend();
            for (int[] piece : pieces) {
                int there = pool.add(loan, piece[0], source, piece[0], piece[1]);
                for (int i = piece[0]; i < piece[0] + piece[1] && i < CAPACITY; i++) {
                    present.add(i);
                }
                int expected = 0;
                while (present.contains(expected)) {
                    expected++;
                }
                assertThat(there).isEqualTo(expected);
                byte[] copy = ByteBufUtil.getBytes(pool.memory(), pool.offset(loan), there);
                assertThat(copy).isEqualTo(Arrays.copyOf(message, there));
            }
        }
    }

    private int add(long loan, int position, String text) {
        ByteBuf source = Unpooled.copiedBuffer("--" + text, StandardCharsets.US_ASCII);
        return pool.add(loan, position, source, 2, text.length());
    }

    private String text(long loan, int length) {
        return pool.memory().toString(pool.offset(loan), length, StandardCharsets.US_ASCII);
    }
}
