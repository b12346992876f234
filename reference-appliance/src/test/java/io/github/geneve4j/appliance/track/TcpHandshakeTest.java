package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.Segments.ACK;
import static io.github.geneve4j.appliance.track.Segments.NO_SCALE;
import static io.github.geneve4j.appliance.track.Segments.RST;
import static io.github.geneve4j.appliance.track.Segments.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** SYNs and answers that are lost on the way, and come again in another form. */
class TcpHandshakeTest {
    private static final long SECOND = 1_000_000_000L;

    private final ConnectionTracker tracker = ConnectionTracker.builder(10).build();
    private final Segments segments = new Segments(tracker);

    private void known(boolean fromClient, int flags, int sequence, int acknowledgment, int data) {
        assertThat(segments.look(fromClient, flags, sequence, acknowledgment, data))
                .as("%s", tracker.reason())
                .isEqualTo(Outcome.KNOWN);
    }

    private int open(int data) {
        assertThat(segments.look(true, SYN, 1000, 0, data)).isEqualTo(Outcome.NEW);
        return segments.begin();
    }

    /** The data of a Fast Open is not sent again with the SYN (RFC 7413 §4.2.1). */
    @Test
    void aServerMayAcknowledgeTheDataOfAnEarlierSyn() {
        open(100);
        known(true, SYN, 1000, 0, 0);
        assertThat(segments.look(false, SYN | ACK, 5000, 1102, 0)).isEqualTo(Outcome.INVALID);
        known(false, SYN | ACK, 5000, 1101, 0);
    }

    @Test
    void aServerMayAcknowledgeLessThanTheDataOfASyn() {
        open(100);
        known(false, SYN | ACK, 5000, 1001, 0);
        known(true, ACK, 1001, 5001, 100);
    }

    /** Who gets no answer may leave the options out of the next try, as middleboxes drop some. */
    @Test
    void aServerMayAnswerTheOptionsOfAnEarlierSyn() {
        segments.scale = 7;
        open(0);
        segments.scale = NO_SCALE;
        known(true, SYN, 1000, 0, 0);
        segments.scale = 3;
        known(false, SYN | ACK, 5000, 1001, 0);
        segments.scale = NO_SCALE;
        segments.window = 1000; // which are 128,000 bytes, and would be 1,000 unscaled
        known(true, ACK, 1001, 5001, 0);
        known(false, ACK, 5001 + 120_000, 1001, 0);
    }

    @Test
    void aSynWithAnotherNumberBeginsAnew() {
        segments.scale = 7;
        open(500);
        segments.scale = NO_SCALE;
        known(true, SYN, 9000, 0, 0);
        assertThat(segments.look(false, SYN | ACK, 5000, 1501, 0)).isEqualTo(Outcome.INVALID);
        segments.scale = 3;
        known(false, SYN | ACK, 5000, 9001, 0);
        segments.scale = NO_SCALE;
        known(true, ACK, 9001, 5001, 0);
        assertThat(segments.look(false, ACK, 5001 + 120_000, 9001, 0)).isEqualTo(Outcome.INVALID);
        assertThat(tracker.reason()).isEqualTo(InvalidReason.ABOVE_WINDOW);
    }

    /** A server without memory answers each SYN, with a number of that minute. */
    @Test
    void aServerMayAnswerTwiceWithDifferentNumbers() {
        open(0);
        known(false, SYN | ACK, 5000, 1001, 0);
        known(true, SYN, 1000, 0, 0);
        assertThat(segments.look(false, SYN | ACK, 90_005_000, 1000, 0)).isEqualTo(Outcome.INVALID);
        assertThat(tracker.reason()).isEqualTo(InvalidReason.ACKNOWLEDGES_OLD);
        assertThat(segments.look(false, SYN | ACK, 90_005_000, 1002, 0)).isEqualTo(Outcome.INVALID);
        assertThat(tracker.reason()).isEqualTo(InvalidReason.ACKNOWLEDGES_UNSENT);
        known(false, SYN | ACK, 90_005_000, 1001, 0);
        known(true, ACK, 1001, 90_005_001, 50);
        known(false, ACK, 90_005_001, 1051, 100);
        assertThat(segments.look(false, SYN | ACK, 5000, 1051, 0)).isEqualTo(Outcome.INVALID);
    }

    /** Its acknowledgment was on the way when the other answer came by. */
    @Test
    void aClientMayTakeTheEarlierOfTwoAnswers() {
        open(0);
        known(false, SYN | ACK, 5000, 1001, 0);
        known(true, SYN, 1000, 0, 0);
        known(false, SYN | ACK, 90_005_000, 1001, 0);
        assertThat(segments.look(true, ACK, 1000, 5001, 0)).isEqualTo(Outcome.INVALID);
        known(true, ACK, 1001, 5001, 0);
        known(true, ACK, 1001, 5001, 100);
        known(false, ACK, 5001, 1101, 100);
        assertThat(segments.look(false, ACK, 90_005_001, 1101, 0)).isEqualTo(Outcome.INVALID);
    }

    /** RFC 9293 §3.5.1: the reset is of what an older connection answered, and closes nothing. */
    @Test
    void aResetOfAnOlderConnectionLeavesTheTimeoutOfOpenOnes() {
        int flow = open(0);
        known(false, ACK, 777_000, 42, 0);
        known(true, RST, 42, 0, 0);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.SYN_SENT);
        segments.now += SECOND;
        known(true, SYN, 1000, 0, 0);
        known(false, SYN | ACK, 5000, 1001, 0);
        known(true, ACK, 1001, 5001, 0);
        assertThat(tracker.table().isClosed(flow)).isFalse();
        assertThat(tracker.packets(flow, true)).isEqualTo(4);
        segments.now += 300 * SECOND;
        known(true, ACK, 1001, 5001, 10);
        assertThat(tracker.flow()).isEqualTo(flow);
    }

    @Test
    void withoutNumbersAnAnsweredSynEndsTheOldConnection() {
        Segments unchecked =
                new Segments(ConnectionTracker.builder(10).checksWindows(false).build());
        unchecked.connect();
        assertThat(unchecked.look(false, ACK, 5001, 1001, 10)).isEqualTo(Outcome.KNOWN);
        assertThat(unchecked.look(true, SYN, 70_000, 0, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(unchecked.look(true, ACK, 1001, 5011, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(unchecked.look(true, SYN | ACK, 1001, 5011, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(unchecked.look(false, SYN | ACK, 90_000, 70_001, 0))
                .isEqualTo(Outcome.MIDSTREAM);
        assertThat(unchecked.tracker.size()).isZero();
    }

    /** A server that has the connection says so by an acknowledgment (RFC 5961 §4). */
    @Test
    void withoutNumbersAChallengedSynEndsNothing() {
        Segments unchecked =
                new Segments(ConnectionTracker.builder(10).checksWindows(false).build());
        int flow = unchecked.connect();
        assertThat(unchecked.look(false, SYN | ACK, 5000, 1001, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(unchecked.look(true, SYN, 70_000, 0, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(unchecked.look(false, ACK, 5001, 1001, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(unchecked.look(false, SYN | ACK, 5000, 1001, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(unchecked.tracker.flow()).isEqualTo(flow);
    }
}
