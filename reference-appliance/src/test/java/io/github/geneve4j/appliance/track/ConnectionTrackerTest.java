package io.github.geneve4j.appliance.track;

import static io.github.geneve4j.appliance.track.ConnectionTracker.NONE;
import static io.github.geneve4j.appliance.track.Segments.ACK;
import static io.github.geneve4j.appliance.track.Segments.FIN;
import static io.github.geneve4j.appliance.track.Segments.RST;
import static io.github.geneve4j.appliance.track.Segments.SYN;
import static io.github.geneve4j.testkit.Packets.authentication;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.WhenFull;
import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ConnectionTrackerTest {
    private static final long SECOND = 1_000_000_000L;
    private static final String A = "10.0.0.1";
    private static final String B = "198.51.100.1";

    private final List<String> ends = new ArrayList<>();
    private final ConnectionTracker tracker = builder(100).build();
    private final Segments segments = new Segments(tracker);
    private long now;

    private TrackerBuilder builder(int capacity) {
        return ConnectionTracker.builder(capacity).inspectorBytes(8).listener(this::note);
    }

    private void note(ConnectionTracker tracker, int flow, ConnectionEnd end) {
        ends.add(
                String.format(
                        "%s %s %d/%d %d/%d %d..%d",
                        end.label(),
                        tracker.state(flow),
                        tracker.packets(flow, true),
                        tracker.bytes(flow, true),
                        tracker.packets(flow, false),
                        tracker.bytes(flow, false),
                        tracker.startNs(flow) / SECOND,
                        tracker.lastNs(flow) / SECOND));
    }

    private Outcome look(byte[] packet) {
        return look(tracker, packet);
    }

    private Outcome look(ConnectionTracker tracker, byte[] packet) {
        FiveTuple tuple = new FiveTuple();
        ByteBuf buffer = Unpooled.wrappedBuffer(packet);
        assertThat(tuple.wrap(buffer, 0, packet.length)).isEqualTo(FlowStatus.OK);
        return tracker.look(tuple, buffer, packet.length, 1, ConnectionTracker.NO_COOKIE, now);
    }

    @Test
    void addsNothingByLooking() {
        assertThat(segments.look(true, SYN, 1, 0, 0)).isEqualTo(Outcome.NEW);
        assertThat(tracker.flow()).isEqualTo(NONE);
        assertThat(segments.look(true, SYN, 1, 0, 0)).isEqualTo(Outcome.NEW);
        assertThat(tracker.size()).isZero();
    }

    @Test
    void keepsWhatThePolicyDecided() {
        segments.look(true, SYN, 1000, 0, 0);
        int flow = tracker.begin(200, 9_999, -7);
        assertThat(tracker.flow()).isEqualTo(flow);
        assertThat(tracker.refusal()).isEqualTo(Refusal.NONE);
        assertThat(segments.look(false, SYN | ACK, 5000, 1001, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(tracker.verdict(flow)).isEqualTo(200);
        assertThat(tracker.rule(flow)).isEqualTo(9_999);
        assertThat(tracker.generation(flow)).isEqualTo(-7);
        tracker.judge(flow, 3, 4, 5);
        assertThat(tracker.verdict(flow)).isEqualTo(3);
        assertThat(tracker.rule(flow)).isEqualTo(4);
        assertThat(tracker.generation(flow)).isEqualTo(5);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.SYN_RECEIVED);
        assertThatThrownBy(() -> tracker.judge(flow, 256, 0, 0)).hasMessageContaining("256");
        assertThatThrownBy(() -> tracker.begin(0, 0, 0)).isInstanceOf(IllegalStateException.class);
    }

    // Packets that passed without being looked at

    @Test
    void goesOnWhereNumbersHaveGoneFarMeanwhile() {
        int flow = segments.connect();
        segments.now = SECOND;
        assertThat(segments.look(true, ACK, 900_000, 5001, 10)).isEqualTo(Outcome.INVALID);
        tracker.missed(SECOND);
        segments.now = 2 * SECOND;
        assertThat(tracker.hasGap(flow)).isFalse();
        assertThat(segments.look(true, ACK, 900_000, 80_000_000, 10)).isEqualTo(Outcome.KNOWN);
        assertThat(tracker.hasGap(flow)).isTrue();
        assertThat(tracker.isMidstream(flow)).isFalse();
        segments.now = 3 * SECOND;
        assertThat(segments.look(false, ACK, 80_000_000, 900_010, 10)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, FIN | ACK, 900_010, 7, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(false, FIN | ACK, 9, 9, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.CLOSED);
        assertThat(tracker.packets(flow, true)).isEqualTo(4);
    }

    @Test
    void whatBeganSinceIsStillHeldAgainstItsWindows() {
        tracker.missed(SECOND);
        segments.now = SECOND + 1;
        int flow = segments.connect();
        assertThat(tracker.hasGap(flow)).isFalse();
        assertThat(segments.look(true, ACK, 900_000, 5001, 10)).isEqualTo(Outcome.INVALID);
        tracker.missed(SECOND + 1); // packets of the same instant may have come before
        assertThat(segments.look(true, ACK, 900_000, 5001, 10)).isEqualTo(Outcome.KNOWN);
    }

    @ParameterizedTest
    @CsvSource({"16, ESTABLISHED", "17, CLOSING_BY_BEGINNER", "4, RESET", "2, SYN_SENT"})
    void goesOnWhereTheAnswerToASynWasMissed(int control, TcpState after) {
        segments.look(true, SYN, 1000, 0, 0);
        int flow = segments.begin();
        if (control == ACK) {
            assertThat(segments.look(true, ACK, 1001, 5001, 0)).isEqualTo(Outcome.INVALID);
        }
        tracker.missed(SECOND);
        segments.now = 2 * SECOND;
        long acknowledgment = (control & ACK) != 0 ? 5001 : 0;
        long sequence = control == SYN ? 1000 : 1001;
        assertThat(segments.look(true, control, sequence, acknowledgment, 0))
                .isEqualTo(Outcome.KNOWN);
        assertThat(tracker.state(flow)).isEqualTo(after);
        assertThat(tracker.hasGap(flow)).isTrue();
        if (control == SYN) { // sent again, and this time all of it is seen
            assertThat(segments.look(false, SYN | ACK, 5000, 1001, 0)).isEqualTo(Outcome.KNOWN);
            assertThat(segments.look(true, ACK, 1001, 5001, 0)).isEqualTo(Outcome.KNOWN);
            assertThat(tracker.state(flow)).isEqualTo(TcpState.ESTABLISHED);
        }
    }

    /** As the kernel returns one direction of a flow, while the other's packets were missed. */
    @Test
    void whatPassedElsewhereLaterHidesNoGap() {
        int flow = segments.connect();
        tracker.missed(SECOND);
        tracker.passed(flow, false, 10, 1000, 2 * SECOND, ConnectionTracker.NO_COOKIE);
        segments.now = 3 * SECOND;
        assertThat(segments.look(true, ACK, 900_000, 5001, 10)).isEqualTo(Outcome.KNOWN);
        assertThat(tracker.hasGap(flow)).isTrue();
    }

    @Test
    void impossibleFlagsStayImpossible() {
        segments.connect();
        tracker.missed(SECOND);
        assertThat(segments.look(true, SYN | FIN, 1001, 5001, 0)).isEqualTo(Outcome.INVALID);
    }

    @Test
    void countsEachDirectionAndTellsWhenAFlowEnds() {
        int flow = segments.connect();
        segments.now = 5 * SECOND;
        segments.look(true, ACK, 1001, 5001, 100);
        segments.look(false, ACK, 5001, 1101, 700);
        segments.look(true, FIN | ACK, 1101, 5701, 0);
        segments.look(false, FIN | ACK, 5701, 1102, 0);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.CLOSED);
        tracker.expire(100 * SECOND, 100);
        assertThat(ends).containsExactly("closed CLOSED 4/260 3/820 0..5");
        assertThat(tracker.size()).isZero();
    }

    @Test
    void tellsWhyAFlowEnds() {
        segments.connect();
        tracker.expire(1000 * SECOND, 100);
        segments.now = 1000 * SECOND;
        segments.connect();
        segments.look(false, RST, 5001, 0, 0);
        tracker.expire(2000 * SECOND, 100);
        segments.now = 2000 * SECOND;
        tracker.remove(segments.connect());
        assertThat(ends.stream().map(end -> end.split(" ")[0]))
                .containsExactly("idle", "reset", "removed");
    }

    @Test
    void givesInspectorsBytesThatAreZeroAtFirst() {
        int flow = segments.connect();
        assertThat(tracker.inspectorBytes()).isEqualTo(8);
        assertThat(tracker.table().getLong(flow, tracker.inspectorOffset())).isZero();
        tracker.table().setLong(flow, tracker.inspectorOffset(), -1);
        segments.look(true, ACK, 1001, 5001, 10);
        assertThat(tracker.table().getLong(flow, tracker.inspectorOffset())).isEqualTo(-1);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.ESTABLISHED);
        assertThat(tracker.packets(flow, true)).isEqualTo(3);
    }

    /** Numbers of a segment from the client after connect(): it is at 1001, the server at 5001. */
    @ParameterizedTest(name = "{0} {1}/{2}+{3}: {4}")
    @CsvSource({
        "16, 1001, 5001, 100, NONE",
        "16, 1000, 5001, 0, NONE", // keep-alive
        "16, 2001, 5001, 1, NONE", // the last byte that may begin
        "16, 2002, 5001, 1, ABOVE_WINDOW",
        "16, 0, 5001, 0, NONE",
        "16, -1, 5001, 0, BELOW_WINDOW",
        "16, 1001, 5002, 0, ACKNOWLEDGES_UNSENT",
        "16, 1001, -60999, 0, NONE",
        "16, 1001, -61000, 0, ACKNOWLEDGES_OLD",
        "4, 1001, 0, 0, NONE",
        "4, 2001, 0, 0, NONE",
        "4, 2002, 0, 0, ABOVE_WINDOW",
        "4, -1, 0, 0, BELOW_WINDOW",
        "20, 1001, 0, 0, NONE", // some resets say ACK, but nothing with it
        "20, 1001, 5002, 0, ACKNOWLEDGES_UNSENT",
        "17, 2002, 5001, 0, ABOVE_WINDOW",
        "0, 1001, 5001, 0, BAD_FLAGS"
    })
    void holdsNumbersAgainstTheWindows(
            int flags, long sequence, long acknowledgment, int payload, InvalidReason reason) {
        int flow = segments.connect();
        Outcome outcome = segments.look(true, flags, sequence, acknowledgment, payload);
        assertThat(tracker.reason()).isEqualTo(reason);
        boolean good = reason == InvalidReason.NONE;
        assertThat(outcome).isEqualTo(good ? Outcome.KNOWN : Outcome.INVALID);
        assertThat(tracker.packets(flow, true)).isEqualTo(good ? 3 : 2);
        assertThat(tracker.table().isClosed(flow)).isEqualTo(good && (flags & RST) != 0);
    }

    @Test
    void scalesWindowsIfBothSidesSaySo() {
        segments.scale = 7;
        segments.look(true, SYN, 1000, 0, 0);
        segments.begin();
        segments.scale = 2;
        segments.look(false, SYN | ACK, 5000, 1001, 0);
        segments.scale = Segments.NO_SCALE;
        segments.look(true, ACK, 1001, 5001, 0); // allows the server 1000 << 7
        assertThat(segments.look(false, ACK, 5001 + 128_000, 1001, 1)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(false, ACK, 5002 + 128_000, 1001, 1)).isEqualTo(Outcome.INVALID);
        assertThat(segments.look(true, ACK, 1001 + 4000, 133_002, 1)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, ACK, 1002 + 4000, 133_002, 1)).isEqualTo(Outcome.INVALID);
    }

    @Test
    void aForgedResetClosesProvisionally() {
        int flow = segments.connect();
        segments.look(true, RST, 1500, 0, 0);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.RESET);
        assertThat(segments.look(true, SYN, 9000, 0, 0)).isEqualTo(Outcome.KNOWN);
        segments.look(true, ACK, 1001, 5001, 10);
        segments.look(false, ACK, 5001, 1011, 10);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.ESTABLISHED);
    }

    @Test
    void aConnectionThatTheCallerHasResetIsOver() {
        int flow = segments.connect();
        segments.now = SECOND;
        tracker.reset(flow);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.RESET);
        assertThat(segments.look(false, ACK, 5001, 1001, 10)).as("late").isEqualTo(Outcome.KNOWN);
        assertThat(tracker.flow()).isEqualTo(flow);
        assertThat(segments.look(true, SYN, 9000, 0, 0)).isEqualTo(Outcome.NEW);
        tracker.expire(30 * SECOND, 100);
        assertThat(ends).isEmpty();
        tracker.expire(33 * SECOND, 100);
        assertThat(ends).singleElement().asString().startsWith("reset RESET");
    }

    @Test
    void aConnectionThatTheCallerHasResetGoesOnIfBothSidesDo() {
        int flow = segments.connect();
        tracker.reset(flow);
        segments.look(true, ACK, 1001, 5001, 10);
        segments.look(false, ACK, 5001, 1011, 10);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.ESTABLISHED);
        assertThat(segments.look(true, SYN, 9000, 0, 0)).isEqualTo(Outcome.KNOWN);
    }

    @Test
    void aConnectionThatBothSidesHaveClosedStaysSo() {
        int flow = segments.connect();
        segments.look(true, FIN | ACK, 1001, 5001, 0);
        segments.look(false, FIN | ACK, 5001, 1002, 0);
        tracker.reset(flow);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.CLOSED);
        assertThat(segments.look(true, SYN, 9000, 0, 0)).isEqualTo(Outcome.NEW);
    }

    /**
     * A host that sends a RST the server takes, and this tracker has no reason to trust, must not
     * get its next connection past whoever judges first packets.
     */
    @Test
    void anAnswerOfAnotherConnectionIsInvalid() {
        segments.window = 65_535;
        segments.scale = 14; // so that half of all numbers are within the windows
        segments.look(true, SYN, 1000, 0, 0);
        segments.begin();
        segments.look(false, SYN | ACK, 5000, 1001, 0);
        segments.scale = Segments.NO_SCALE;
        segments.look(true, ACK, 1001, 5001, 100);
        assertThat(segments.look(false, SYN | ACK, 5000, 1001, 0))
                .as("again")
                .isEqualTo(Outcome.KNOWN);
        segments.look(false, ACK, 5001, 1101, 100);
        segments.look(true, ACK, 1201, 5101, 1); // never arrives, nor is what is before it sent
        segments.look(true, RST, 1101, 0, 0);
        assertThat(segments.look(true, SYN, 1201, 0, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(false, SYN | ACK, 900_000_000, 1202, 0))
                .isEqualTo(Outcome.INVALID);
        assertThat(tracker.reason()).isEqualTo(InvalidReason.UNEXPECTED);
    }

    /** Where numbers say nothing, the server's answer to a new SYN does. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aServerThatAnswersAfterAResetHasTakenIt(boolean byBeginner) {
        ConnectionTracker unchecked = builder(10).checksWindows(false).build();
        Segments own = new Segments(unchecked);
        own.connect();
        own.look(byBeginner, RST, 7, 0, 0);
        assertThat(own.look(true, SYN, 90_000, 0, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(ends).isEmpty();
        assertThat(own.look(false, SYN | ACK, 70_000, 90_001, 0)).isEqualTo(Outcome.MIDSTREAM);
        assertThat(ends).singleElement().asString().startsWith("reused RESET");
        assertThat(unchecked.size()).isZero();
        assertThat(own.look(true, SYN, 90_000, 0, 0)).as("once more").isEqualTo(Outcome.NEW);
        own.begin();
        assertThat(own.look(false, SYN | ACK, 70_000, 90_001, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(own.look(true, ACK, 90_001, 70_001, 0)).isEqualTo(Outcome.KNOWN);
    }

    /** A client that has given up its first try may begin another on the same ports. */
    @Test
    void anAnsweredSynIsFollowedByAnotherTry() {
        segments.look(true, SYN, 1000, 0, 100); // with data, as TCP Fast Open has it
        segments.begin();
        segments.look(false, SYN | ACK, 5000, 1101, 0);
        assertThat(segments.look(true, SYN, 1000, 0, 0)).as("again").isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, SYN, 1000, 0, 100)).as("again").isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, SYN, 90_000, 0, 0)).isEqualTo(Outcome.NEW);
        segments.begin();
        assertThat(ends).singleElement().asString().startsWith("reused SYN_RECEIVED");
        assertThat(segments.look(false, SYN | ACK, 70_000, 90_001, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, ACK, 90_001, 70_001, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, SYN, 1, 0, 0)).as("established").isEqualTo(Outcome.KNOWN);
    }

    /** As after both have restarted: the SYNs come for as long as there is no answer. */
    @Test
    void aSynKeepsNoForgottenConnectionAlive() {
        segments.connect();
        for (int seconds = 0; seconds < 350; seconds += 10) {
            segments.now = seconds * SECOND;
            assertThat(segments.look(true, SYN, 90_000, 0, 0)).isEqualTo(Outcome.KNOWN);
        }
        segments.now = 350 * SECOND;
        assertThat(segments.look(true, SYN, 90_000, 0, 0)).isEqualTo(Outcome.NEW);
    }

    @Test
    void aRefusedConnectionMayBeTriedAgain() {
        segments.look(true, SYN, 1000, 0, 0);
        segments.begin();
        assertThat(segments.look(false, RST | ACK, 0, 1002, 0)).isEqualTo(Outcome.INVALID);
        assertThat(segments.look(false, RST | ACK, 0, 1001, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, SYN, 2000, 0, 0)).isEqualTo(Outcome.NEW);
        assertThat(ends).isEmpty();
        segments.begin();
        assertThat(ends).containsExactly("reused RESET 1/40 1/40 0..0");
    }

    @Test
    void anotherCookieOnASynIsANewFlow() {
        segments.cookie = 1;
        int flow = segments.connect();
        assertThat(tracker.cookie(flow)).isEqualTo(1);
        assertThat(segments.look(true, SYN, 9000, 0, 0)).isEqualTo(Outcome.KNOWN);
        segments.cookie = 0xffff_ffffL;
        assertThat(segments.look(true, ACK, 1001, 5001, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(tracker.cookie(flow)).isEqualTo(0xffff_ffffL);
        segments.cookie = 2;
        assertThat(segments.look(true, SYN, 9000, 0, 0)).isEqualTo(Outcome.NEW);
        assertThat(tracker.size()).isEqualTo(1);
        int next = segments.begin();
        assertThat(ends).hasSize(1).first().asString().startsWith("reused ESTABLISHED");
        assertThat(tracker.state(next)).isEqualTo(TcpState.SYN_SENT);
        assertThat(tracker.packets(next, true)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void meetsConnectionsInTheirMiddle(MidStream midStream) {
        ConnectionTracker tracker = builder(10).midStream(midStream).build();
        Segments segments = new Segments(tracker);
        assertThat(segments.look(false, ACK, 77, 88, 10)).isEqualTo(Outcome.MIDSTREAM);
        int flow = segments.begin();
        assertThat(tracker.midStream()).isEqualTo(midStream);
        if (midStream != MidStream.ALLOW) {
            assertThat(flow).isEqualTo(NONE);
            assertThat(tracker.refusal()).isEqualTo(Refusal.MID_STREAM);
            assertThat(tracker.size()).isZero();
            return;
        }
        assertThat(tracker.isMidstream(flow)).isTrue();
        assertThat(segments.look(true, ACK, 1 << 30, 1 << 29, 10)).isEqualTo(Outcome.KNOWN);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.ESTABLISHED);
    }

    @Test
    void makesPseudoConnectionsOfTheRest() {
        assertThat(look(packet(ipv4(A, B), udp(1, 53)))).isEqualTo(Outcome.NEW);
        int flow = tracker.begin(0, 0, 0);
        assertThat(look(packet(ipv4(B, A), udp(53, 1)))).isEqualTo(Outcome.KNOWN);
        assertThat(tracker.flow()).isEqualTo(flow);
        assertThat(tracker.state(flow)).isEqualTo(TcpState.NONE);
        assertThat(tracker.packets(flow, true)).isEqualTo(1);
        assertThat(tracker.packets(flow, false)).isEqualTo(1);
        assertThat(look(packet(ipv4(B, A), udp(53, 2)))).isEqualTo(Outcome.NEW);

        assertThat(look(packet(ipv4(A, B), echoRequest(7, 1)))).isEqualTo(Outcome.NEW);
        tracker.begin(0, 0, 0);
        assertThat(look(packet(ipv4(B, A), echoReply(7, 1)))).isEqualTo(Outcome.KNOWN);
        assertThat(look(packet(ipv4(B, A), echoReply(8, 1)))).isEqualTo(Outcome.NEW);
    }

    @Test
    void relatesErrorsToTheFlowThatTheyQuote() {
        byte[] query = packet(ipv4(A, B), udp(1, 53), payload("01020304"));
        byte[] error = packet(ipv4("192.0.2.9", A), icmp(3, 1), ip(query));
        assertThat(look(error)).isEqualTo(Outcome.UNRELATED);
        assertThatThrownBy(() -> tracker.begin(0, 0, 0)).isInstanceOf(IllegalStateException.class);
        look(query);
        int flow = tracker.begin(0, 0, 0);
        assertThat(look(error)).isEqualTo(Outcome.RELATED);
        assertThat(tracker.flow()).isEqualTo(flow);
        assertThat(tracker.packets(flow, false)).isZero();
        byte[] elsewhere = packet(ipv4("192.0.2.9", "10.0.0.77"), icmp(3, 1), ip(query));
        assertThat(look(elsewhere)).isEqualTo(Outcome.INVALID);
        assertThat(tracker.reason()).isEqualTo(InvalidReason.MISDIRECTED);
    }

    /** Nor do they count for the flow that other messages between the same hosts have begun. */
    @Test
    void errorsThatQuoteNothingReadableBeginNoFlow() {
        byte[] query = packet(ipv4(A, B), udp(1, 53), payload("01020304"));
        byte[] noVersion = query.clone();
        noVersion[0] = 0x05;
        List<byte[]> errors =
                List.of(
                        packet(ipv4(B, A), icmp(5, 1)),
                        packet(ipv4(B, A), icmp(5, 1), payload(noVersion)),
                        packet(ipv4(B, A), icmp(3, 4).rest(1 << 16), ip(query)),
                        packet(ipv6("fd00::2", "fd00::1"), icmpv6(2, 0), payload(query)));
        for (byte[] error : errors) {
            assertThat(look(error)).isEqualTo(Outcome.UNRELATED);
        }
        assertThat(look(packet(ipv4(A, B), icmp(13, 0)))).isEqualTo(Outcome.NEW);
        int flow = tracker.begin(0, 0, 0);
        for (byte[] error : errors) {
            assertThat(look(error)).isEqualTo(Outcome.UNRELATED);
            assertThat(tracker.flow()).isEqualTo(NONE);
        }
        assertThat(tracker.packets(flow, false)).isZero();
    }

    @Test
    void fragmentsBelongToTheFlowOfTheirPorts() {
        byte[] large = packet(ipv4(A, B).id(9), udp(1, 53), payload(new byte[3000]));
        List<byte[]> parts = Fragments.ipv4(large, 1000);
        assertThat(look(parts.get(1))).isEqualTo(Outcome.LOOSE_FRAGMENT);
        assertThatThrownBy(() -> tracker.begin(0, 0, 0)).isInstanceOf(IllegalStateException.class);
        assertThat(look(parts.get(0))).isEqualTo(Outcome.NEW);
        int flow = tracker.begin(0, 0, 0);
        for (byte[] part : parts.subList(1, parts.size())) {
            assertThat(look(part)).isEqualTo(Outcome.KNOWN);
            assertThat(tracker.flow()).isEqualTo(flow);
        }
        assertThat(tracker.packets(flow, true)).isEqualTo(parts.size());
    }

    /** What fragments carry is not read, but acknowledged by who put them together. */
    @Test
    void segmentsInFragmentsAreAcknowledged() {
        segments.connect();
        byte[] data =
                packet(
                        ipv4(A, B).id(9),
                        tcp(5000, 443).flags(ACK).sequence(1001).acknowledgment(5001).window(1000),
                        payload(new byte[900]));
        for (byte[] part : Fragments.ipv4(data, 512)) {
            assertThat(look(part)).isEqualTo(Outcome.KNOWN);
        }
        assertThat(segments.look(false, ACK, 5001, 1901, 100)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(false, FIN | ACK, 5101, 1901, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, ACK, 1901, 5102, 0)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(false, ACK, 5102, 2902, 0)).isEqualTo(Outcome.INVALID);
        assertThat(tracker.reason()).isEqualTo(InvalidReason.ACKNOWLEDGES_UNSENT);
        assertThat(segments.look(true, RST, 1_000_000, 0, 0)).isEqualTo(Outcome.INVALID);
    }

    /** In IPv6 the ports of what it protects come after it, in another fragment here. */
    @Test
    void fragmentsThatShowNoMoreThanAnAuthenticationHeaderAreLoose() {
        byte[] whole =
                packet(
                        ipv6("2001:db8::1", "2001:db8::2"),
                        authentication(24),
                        tcp(1, 22).flags(SYN),
                        payload(new byte[60]));
        for (byte[] part : Fragments.ipv6(whole, 7, 24)) {
            assertThat(look(part)).isEqualTo(Outcome.LOOSE_FRAGMENT);
        }
        byte[] ipv4 = packet(ipv4(A, B).protocol(51), payload(new byte[60]));
        assertThat(look(Fragments.ipv4(ipv4, 24).getFirst())).isEqualTo(Outcome.NEW);
    }

    /** Anyone can forge one, and what its sender has sent before may get lost behind here. */
    @Test
    void aFragmentHidesNoRetransmission() {
        segments.window = 20_000;
        segments.connect();
        assertThat(segments.look(true, ACK, 1001, 5001, 1000)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, ACK, 2001, 5001, 1000)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(false, ACK, 5001, 3001, 0)).isEqualTo(Outcome.KNOWN);
        byte[] any =
                packet(
                        ipv4(A, B).id(9),
                        tcp(5000, 443).flags(ACK).sequence(77),
                        payload(new byte[900]));
        assertThat(look(Fragments.ipv4(any, 512).getFirst())).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(true, ACK, 1001, 5001, 1000)).isEqualTo(Outcome.KNOWN);
        assertThat(segments.look(false, ACK, 5001, 23_002, 0)).isEqualTo(Outcome.INVALID);
        assertThat(segments.look(false, ACK, 5001, 23_001, 0)).isEqualTo(Outcome.KNOWN);
    }

    @Test
    void limitsFlowsOfEndpointsAndSources() {
        ConnectionTracker tracker = builder(100).flowsPerEndpoint(5, 2).flowsPerSource(3).build();
        for (int i = 0; i < 3; i++) {
            assertThat(begin(tracker, 1, "10.0.0.1", i)).isEqualTo(Refusal.NONE);
        }
        assertThat(begin(tracker, 1, "10.0.0.1", 3)).isEqualTo(Refusal.SOURCE_FLOWS);
        assertThat(begin(tracker, 1, "10.0.0.2", 0)).isEqualTo(Refusal.NONE);
        assertThat(begin(tracker, 1, "10.0.0.2", 1)).isEqualTo(Refusal.NONE);
        assertThat(begin(tracker, 1, "10.0.0.2", 2)).isEqualTo(Refusal.ENDPOINT_FLOWS);
        assertThat(begin(tracker, 2, "10.0.0.1", 0)).isEqualTo(Refusal.NONE);
        assertThat(begin(tracker, 3, "10.0.0.1", 0)).isEqualTo(Refusal.ENDPOINT_FLOWS);
        now = 500 * SECOND;
        tracker.expire(now, 100);
        assertThat(begin(tracker, 3, "10.0.0.1", 3)).isEqualTo(Refusal.NONE);
        assertThat(tracker.flowsOfEndpoint(1)).isZero();
    }

    private Refusal begin(ConnectionTracker tracker, long endpoint, String source, int port) {
        byte[] packet = packet(ipv4(source, B), udp(port, 53));
        FiveTuple tuple = new FiveTuple();
        ByteBuf buffer = Unpooled.wrappedBuffer(packet);
        tuple.wrap(buffer, 0, packet.length);
        assertThat(tracker.look(tuple, buffer, packet.length, endpoint, -1, now))
                .isEqualTo(Outcome.NEW);
        tracker.begin(0, 0, 0);
        return tracker.refusal();
    }

    @Test
    void aFloodOfSynsLeavesConnectionsAndLetsNewcomersIn() {
        ConnectionTracker tracker = builder(800).build();
        Segments segments = new Segments(tracker);
        for (int i = 0; i < 600; i++) {
            segments.port = i;
            segments.connect();
        }
        for (int i = 0; i < 20_000; i++) {
            segments.now += 1_000;
            segments.client = 0x0b00_0000 + i;
            segments.port = 7;
            assertThat(segments.look(true, SYN, i, 0, 0)).isEqualTo(Outcome.NEW);
            assertThat(segments.begin()).isNotEqualTo(NONE);
            if (i % 1000 == 999) { // a client whose answer takes 50 packets of the flood
                segments.client = 0x0c00_0000;
                segments.port = i;
                segments.look(true, SYN, 1000, 0, 0);
                segments.begin();
                for (int j = 0; j < 50; j++) {
                    segments.client = 0x0d00_0000 + i + j;
                    segments.look(true, SYN, i, 0, 0);
                    segments.begin();
                }
                segments.client = 0x0c00_0000;
                assertThat(segments.look(false, SYN | ACK, 5000, 1001, 0)).isEqualTo(Outcome.KNOWN);
                assertThat(segments.look(true, ACK, 1001, 5001, 0)).isEqualTo(Outcome.KNOWN);
            }
        }
        segments.client = 0x0a00_0001;
        for (int i = 0; i < 600; i++) {
            segments.port = i;
            assertThat(segments.look(true, ACK, 1001, 5001, 0)).isEqualTo(Outcome.KNOWN);
        }
        assertThat(tracker.counters().evictedEstablished()).isZero();
        assertThat(ends).allMatch(end -> end.startsWith("evicted SYN_SENT"));
    }

    @Test
    void aFullTableThatRefusesSaysSo() {
        ConnectionTracker tracker = builder(1).whenFull(WhenFull.REFUSE).build();
        assertThat(begin(tracker, 1, A, 1)).isEqualTo(Refusal.NONE);
        assertThat(begin(tracker, 1, A, 2)).isEqualTo(Refusal.TABLE_FULL);
    }

    /** The tables are made whole, so that what the javadoc says is what the machine must give. */
    @Test
    void statesTheMemoryOfAMillionFlows() {
        assertThat(ConnectionTracker.builder(1_000_000).checksWindows(false).build().memoryLength())
                .isEqualTo(112_000_000L + 2 * (8 << 21));
        assertThat(ConnectionTracker.builder(1_000_000).build().memoryLength())
                .isEqualTo(136_000_000L + 2 * (8 << 21));
    }

    @Test
    void looksAtPacketsOfTheAppliance() {
        byte[] datagram = KnownPackets.awsDatagram();
        InspectedPacket packet =
                InspectedPacket.of(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
        assertThat(tracker.look(packet, 0)).isEqualTo(Outcome.NEW);
        int flow = tracker.begin(0, 0, 0);
        assertThat(tracker.table().endpointId(flow)).isEqualTo(0x2356_de92_d389_839cL);
        assertThat(tracker.cookie(flow)).isEqualTo(0x98ef_1b00L);
        assertThat(tracker.bytes(flow, true)).isEqualTo(84);
        byte[] cut = Packets.cut(datagram, 50);
        InspectedPacket broken = InspectedPacket.of(Unpooled.wrappedBuffer(cut), 0, cut.length);
        assertThat(tracker.look(broken, 0)).isEqualTo(Outcome.NO_FLOW);
        assertThat(tracker.flow()).isEqualTo(NONE);
    }

    /**
     * Cookies that change, that several flows have, of flows that have ended and whose places are
     * others' by now: a packet's flow is that of its five-tuple.
     */
    @Test
    void findsFlowsWhateverTheirCookiesSay() {
        ConnectionTracker tracker =
                builder(8).checksWindows(false).whenFull(WhenFull.REFUSE).build();
        Segments segments = new Segments(tracker);
        Random random = new Random(20_261_130);
        Map<Integer, Integer> flows = new HashMap<>();
        int found = 0;
        for (int i = 0; i < 100_000; i++) {
            segments.port = 1 + random.nextInt(12);
            segments.cookie = random.nextInt(5) - 1; // NO_COOKIE is one of them
            tracker.expect(random.nextInt(5));
            Integer known = flows.get(segments.port);
            if (known != null) {
                Outcome outcome = segments.look(random.nextBoolean(), ACK, 1001, 5001, 7);
                assertThat(outcome).isEqualTo(Outcome.KNOWN);
                assertThat(tracker.flow()).isEqualTo(known);
                found++;
                if (random.nextInt(10) == 0) {
                    tracker.remove(known);
                    flows.remove(segments.port);
                }
                continue;
            }
            assertThat(segments.look(true, SYN, 1000, 0, 0)).isEqualTo(Outcome.NEW);
            int begun = segments.begin();
            assertThat(begun == NONE).isEqualTo(flows.size() == 8);
            if (begun != NONE) {
                flows.put(segments.port, begun);
                segments.look(false, SYN | ACK, 5000, 1001, 0);
                assertThat(tracker.flow()).isEqualTo(begun);
                segments.look(true, ACK, 1001, 5001, 0);
                assertThat(tracker.flow()).isEqualTo(begun);
            }
        }
        assertThat(found).isGreaterThan(50_000);
    }
}
