package io.github.geneve4j.simulator.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReplyCheckerTest {
    private static final Wire WIRE =
            new Wire("none", 0x0200_0000_0001L, 0x0200_0000_0002L, 0x0a00_0001, 0x0a00_0002);
    private static final int SLOT = 5;
    private static final int AT = 18; // of the reply, in a memory of its own

    private static final int TTL = Frames.IP + 8;
    private static final int IP_CHECKSUM = Frames.IP + 10;
    private static final int UDP_CHECKSUM = Frames.UDP + 6;

    private final Arena arena = Arena.ofConfined();
    private final Frames frames = new Frames(arena, WIRE, new Load(InnerKind.UDP4, 64, 8), 16);
    private final MemorySegment got = arena.allocate(AT + frames.length());

    @AfterEach
    void close() {
        arena.close();
    }

    @ParameterizedTest
    @EnumSource
    void acceptsTheReplyAndNothingThatDiffersInABit(ReplyRule rule) {
        reply(rule);
        assertThat(isRight(rule)).isTrue();
        for (int i = 0; i < frames.length(); i++) {
            for (int bit = 0; bit < 8; bit++) {
                flip(i, 1 << bit);
                boolean isRight = isRight(rule);
                flip(i, 1 << bit);
                boolean isEtherType = i == Frames.ETHER_TYPE || i == Frames.ETHER_TYPE + 1;
                assertThat(isRight).as("byte %d, bit %d", i, bit).isEqualTo(isEtherType);
            }
        }
    }

    /** Those with another EtherType or protocol never come to be compared. */
    @Test
    void knowsADatagram() {
        reply(ReplyRule.PORTS_KEPT);
        assertThat(ReplyChecker.isUdp(got, AT, frames.length())).isTrue();
        assertThat(ReplyChecker.isUdp(got, AT, Frames.GENEVE - 1)).isFalse();
        flip(Frames.ETHER_TYPE, 1);
        assertThat(ReplyChecker.isUdp(got, AT, frames.length())).isFalse();
        flip(Frames.ETHER_TYPE, 1);
        flip(Frames.IP + 9, 1);
        assertThat(ReplyChecker.isUdp(got, AT, frames.length())).isFalse();
    }

    @Test
    void refusesOtherLengthsAndTheOtherRule() {
        reply(ReplyRule.PORTS_KEPT);
        ReplyChecker checker = checker(ReplyRule.PORTS_KEPT);
        assertThat(checker.isRight(frames.offset(SLOT), got, AT, frames.length() - 1)).isFalse();
        assertThat(isRight(ReplyRule.PORTS_SWAPPED)).isFalse();
    }

    @Test
    void refusesWhatAnswersAnotherPacket() {
        reply(ReplyRule.PORTS_KEPT);
        ReplyChecker checker = checker(ReplyRule.PORTS_KEPT);
        assertThat(checker.isRight(frames.offset(SLOT + 1), got, AT, frames.length())).isFalse();
    }

    /** A forwarder counts it down, and mends the checksum. */
    @Test
    void acceptsAnotherTimeToLive() {
        reply(ReplyRule.PORTS_KEPT);
        setByte(TTL, getByte(TTL) - 1);
        setByte(IP_CHECKSUM, getByte(IP_CHECKSUM) + 1);
        assertThat(isRight(ReplyRule.PORTS_KEPT)).isTrue();
    }

    @Test
    void acceptsADatagramWithoutChecksum() {
        reply(ReplyRule.PORTS_KEPT);
        setByte(UDP_CHECKSUM, 0);
        setByte(UDP_CHECKSUM + 1, 0);
        assertThat(isRight(ReplyRule.PORTS_KEPT)).isTrue();
    }

    private void reply(ReplyRule rule) {
        frames.stamp(SLOT, 77);
        MemorySegment.copy(frames.memory(), frames.offset(SLOT), got, AT, frames.length());
        swap(0, 6, 6); // MAC addresses
        swap(Frames.IP + 12, Frames.IP + 16, 4);
        if (rule == ReplyRule.PORTS_SWAPPED) {
            swap(Frames.UDP, Frames.UDP + 2, 2);
        }
    }

    private void swap(int one, int other, int length) {
        for (int i = 0; i < length; i++) {
            int kept = getByte(one + i);
            setByte(one + i, getByte(other + i));
            setByte(other + i, kept);
        }
    }

    private boolean isRight(ReplyRule rule) {
        return checker(rule).isRight(frames.offset(SLOT), got, AT, frames.length());
    }

    private ReplyChecker checker(ReplyRule rule) {
        return new ReplyChecker(frames.memory(), frames.length(), rule);
    }

    private void flip(int offset, int bits) {
        setByte(offset, getByte(offset) ^ bits);
    }

    private int getByte(int offset) {
        return got.get(ValueLayout.JAVA_BYTE, AT + offset);
    }

    private void setByte(int offset, int value) {
        got.set(ValueLayout.JAVA_BYTE, AT + offset, (byte) value);
    }
}
