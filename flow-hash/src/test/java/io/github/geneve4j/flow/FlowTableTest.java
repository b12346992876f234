package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.FlowTable.NONE;
import static io.github.geneve4j.flow.Wrapped.flow;
import static io.github.geneve4j.flow.Wrapped.line;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.TcpLayer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlowTableTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long TICK = 1L << 30;
    private static final String A = "10.0.0.1";
    private static final String B = "10.0.0.2";
    private static final int SYN = TcpLayer.SYN;
    private static final int ACK = TcpLayer.ACK;
    private static final int FIN = TcpLayer.FIN;
    private static final int RST = TcpLayer.RST;
    private static final int ANSWER = 0xffff_ffff; // sequence number of the answering SYN
    private static final int SENT = 0x8000_0000; // and what it acknowledges

    private final List<String> ended = new ArrayList<>();
    private final FlowTable table =
            FlowTable.builder(100).valueLength(20).listener(this::record).build();

    private void record(FlowTable table, int flow, FlowEnd end) {
        FiveTuple tuple = table.read(flow, new FiveTuple());
        ended.add(end.label() + " " + line(tuple) + " " + table.getInt(flow, 0));
    }

    private static FiveTuple tcpPacket(int port, int flags) {
        return flow(
                packet(
                        ipv4(A, B),
                        tcp(port, 443).flags(flags).sequence(SENT).acknowledgment(ANSWER + 1)));
    }

    private static FiveTuple tcpReply(int port, int flags) {
        return flow(
                packet(
                        ipv4(B, A),
                        tcp(443, port).flags(flags).sequence(ANSWER).acknowledgment(SENT)));
    }

    private static FiveTuple udpPacket(int port) {
        return flow(packet(ipv4(A, B), udp(port, 53)));
    }

    private static FiveTuple udpReply(int port) {
        return flow(packet(ipv4(B, A), udp(53, port)));
    }

    /** Adds a TCP flow that is established. */
    private static int connect(FlowTable table, int port, long now) {
        int flow = table.insert(1, tcpPacket(port, SYN), now);
        assertThat(table.find(1, tcpReply(port, SYN | ACK), now)).isEqualTo(flow);
        assertThat(table.find(1, tcpPacket(port, ACK), now)).isEqualTo(flow);
        return flow;
    }

    private static FiveTuple packetWithData(int port, int flags) {
        return flow(packet(ipv4(A, B), tcp(port, 443).flags(flags), payload(new byte[] {1, 2, 3})));
    }

    private static FiveTuple replyWithData(int port, int flags) {
        return flow(packet(ipv4(B, A), tcp(443, port).flags(flags), payload(new byte[] {1, 2, 3})));
    }

    private static FiveTuple acknowledging(int number, int flags) {
        return flow(
                packet(ipv4(A, B), tcp(9, 443).flags(flags).sequence(SENT).acknowledgment(number)));
    }

    private static FiveTuple answering(int number, int flags) {
        return flow(
                packet(ipv4(B, A), tcp(443, 9).flags(flags).sequence(number).acknowledgment(SENT)));
    }

    /** {@return how many flows an expiry gave back} */
    private static int expired(FlowTable table, long now, int limit) {
        int before = table.size();
        assertThat(table.expire(now, limit)).isBetween(before - table.size(), limit);
        return before - table.size();
    }

    @Test
    void countsWhatWasJudgedBefore() {
        int flow = connect(table, 1, 0);
        assertThat(table.peek(1, tcpReply(1, RST), SECOND)).isEqualTo(flow);
        assertThat(table.lastSeenNs(flow)).isZero();
        assertThat(table.isClosed(flow)).isFalse();
        assertThat(table.refresh(flow, tcpReply(1, RST), SECOND)).isEqualTo(flow);
        assertThat(table.lastSeenNs(flow)).isEqualTo(SECOND);
        assertThat(table.isClosed(flow)).isTrue();
        table.refresh(flow, tcpReply(1, FIN | ACK), SECOND);
        table.refresh(flow, tcpPacket(1, FIN | ACK), SECOND);
        assertThat(table.refresh(flow, tcpPacket(1, SYN), SECOND)).isEqualTo(NONE);
        assertThat(table.counters().reopened()).isEqualTo(1);
        assertThatThrownBy(() -> table.refresh(flow, tcpPacket(1, SYN), SECOND))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void findsWhatWasInsertedInEitherDirection() {
        assertThat(table.find(7, udpPacket(1), 0)).isEqualTo(NONE);
        int flow = table.insert(7, udpPacket(1), 0);
        assertThat(flow).isNotEqualTo(NONE);
        assertThat(table.find(7, udpPacket(1), 1)).isEqualTo(flow);
        assertThat(table.find(7, udpReply(1), 2)).isEqualTo(flow);
        assertThat(table.peek(7, udpReply(1), 2)).isEqualTo(flow);
        assertThat(table.lastSeenNs(flow)).isEqualTo(2);
        assertThat(table.endpointId(flow)).isEqualTo(7);
        assertThat(table.size()).isEqualTo(1);
        assertThat(table.counters().inserted()).isEqualTo(1);
    }

    @Test
    void tellsFlowsApart() {
        FiveTuple tuple = new FiveTuple();
        Set<Integer> flows = new HashSet<>();
        for (long endpoint : new long[] {0, 1, -1}) {
            flows.add(table.insert(endpoint, tuple.setIpv4(1, 2, 6, 3, 4), 0));
            flows.add(table.insert(endpoint, tuple.setIpv4(1, 2, 6, 4, 3), 0));
            flows.add(table.insert(endpoint, tuple.setIpv4(1, 2, 17, 3, 4), 0));
            flows.add(table.insert(endpoint, tuple.setIpv4(1, 2, 6), 0));
            flows.add(table.insert(endpoint, tuple.setIpv4(1, 2, 6, 0, 0), 0));
            flows.add(table.insert(endpoint, tuple.setIpv6(0, 1, 0, 2, 6, 3, 4), 0));
            flows.add(table.insert(endpoint, tuple.setIpv6(1, 1, 0, 2, 6, 3, 4), 0));
            flows.add(table.insert(endpoint, tuple.setIpv6(0, 1, 1, 2, 6, 3, 4), 0));
        }
        assertThat(flows).hasSize(24).doesNotContain(NONE);
        assertThat(table.size()).isEqualTo(24);
    }

    @Test
    void insertsOnce() {
        int flow = table.insert(7, udpPacket(1), 0);
        table.setLong(flow, 0, 99);
        assertThat(table.insert(7, udpReply(1), 5)).isEqualTo(flow);
        assertThat(table.getLong(flow, 0)).isEqualTo(99);
        assertThat(table.lastSeenNs(flow)).isEqualTo(5);
        assertThat(table.size()).isEqualTo(1);
        assertThat(table.counters().inserted()).isEqualTo(1);
    }

    @Test
    void readsAFlowBackAsItBegan() {
        FiveTuple tuple = new FiveTuple();
        int up = table.insert(1, tcpPacket(9, SYN), 0);
        int down = table.insert(1, udpReply(9), 0);
        int six = table.insert(1, flow(packet(ipv6("2::", "1::"), udp(1, 2))), 0);
        int none = table.insert(1, flow(packet(ipv4(B, A).fragment(8, true), udp(1, 2))), 0);
        assertThat(line(table.read(up, tuple))).isEqualTo("6: " + A + " 9 > " + B + " 443");
        assertThat(line(table.read(down, tuple))).isEqualTo("17: " + B + " 53 > " + A + " 9");
        assertThat(table.isFromBeginner(down, tuple)).isTrue();
        assertThat(table.isFromBeginner(down, udpReply(9))).isTrue();
        assertThat(table.isFromBeginner(down, udpPacket(9))).isFalse();
        assertThat(table.isFromBeginner(up, tcpPacket(9, ACK))).isTrue();
        assertThat(table.isFromBeginner(up, tcpReply(9, ACK))).isFalse();
        assertThat(line(table.read(six, tuple)))
                .isEqualTo("17: 2:0:0:0:0:0:0:0 1 > 1:0:0:0:0:0:0:0 2");
        assertThat(line(table.read(none, tuple))).isEqualTo("17: " + B + " > " + A);
        assertThatThrownBy(tuple::transportOffset).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(tuple.tcpFlags()).isZero();
        assertThat(table.peek(1, table.read(six, tuple), 0)).isEqualTo(six);
    }

    @Nested
    class Values {
        @Test
        void areZeroAtFirstAndKept() {
            int flow = table.insert(7, udpPacket(1), 0);
            int other = table.insert(7, udpPacket(2), 0);
            for (int offset = 0; offset < 20; offset++) {
                assertThat(table.getByte(flow, offset)).isZero();
                table.setByte(flow, offset, (byte) (offset + 1));
                table.setByte(other, offset, (byte) -1);
            }
            for (int offset = 0; offset < 20; offset++) {
                assertThat(table.getByte(flow, offset)).isEqualTo((byte) (offset + 1));
            }
            table.setLong(flow, 12, Long.MIN_VALUE + 5);
            table.setInt(flow, 8, -3);
            table.setLong(flow, 0, 77);
            assertThat(table.getLong(flow, 12)).isEqualTo(Long.MIN_VALUE + 5);
            assertThat(table.getInt(flow, 8)).isEqualTo(-3);
            assertThat(table.getLong(flow, 0)).isEqualTo(77);
            assertThat(table.valueLength()).isEqualTo(20);
        }

        @Test
        void areZeroAgainWhenAPlaceIsUsedAgain() {
            int flow = table.insert(7, udpPacket(1), 0);
            table.setLong(flow, 0, -1);
            table.setLong(flow, 12, -1);
            table.remove(flow);
            int again = table.insert(7, udpPacket(1), 0);
            assertThat(again).isEqualTo(flow);
            assertThat(table.getLong(again, 0)).isZero();
            assertThat(table.getLong(again, 12)).isZero();
        }

        @Test
        void areCopied() {
            int flow = table.insert(7, udpPacket(1), 0);
            ByteBuf bytes = Unpooled.wrappedBuffer(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
            table.setBytes(flow, 13, bytes, 2, 7);
            assertThat(table.getByte(flow, 12)).isZero();
            assertThat(table.getByte(flow, 13)).isEqualTo((byte) 2);
            assertThat(table.getByte(flow, 19)).isEqualTo((byte) 8);
            ByteBuf copy = Unpooled.buffer(9).setZero(0, 9);
            table.getBytes(flow, 12, copy, 1, 8);
            assertThat(copy.array()).containsExactly(0, 0, 2, 3, 4, 5, 6, 7, 8);
            assertThat(copy.writerIndex()).isZero();
            assertThatThrownBy(() -> table.getBytes(flow, 0, copy, 5, 5))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.setBytes(flow, 0, bytes, 5, 6))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.setBytes(flow, 11, bytes, 0, 10))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }

        @ParameterizedTest
        @CsvSource({"-1", "13", "2147483647", "-2147483648"})
        void haveBounds(int offset) {
            int flow = table.insert(7, udpPacket(1), 0);
            assertThat(table.getLong(flow, 12)).isZero();
            assertThatThrownBy(() -> table.getLong(flow, offset))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("offset " + offset);
            assertThatThrownBy(() -> table.setLong(flow, offset, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }

        @Test
        void haveBoundsForEverySize() {
            int flow = table.insert(7, udpPacket(1), 0);
            table.setInt(flow, 16, 1);
            table.setByte(flow, 19, (byte) 1);
            assertThatThrownBy(() -> table.getInt(flow, 17))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.setInt(flow, 17, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.getByte(flow, 20))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.setByte(flow, 20, (byte) 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }

        @Test
        void mayBeNone() {
            FlowTable bare = FlowTable.builder(2).build();
            int flow = bare.insert(7, udpPacket(1), 0);
            assertThatThrownBy(() -> bare.getByte(flow, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Nested
    class Handles {
        @Test
        void bringsNearAsManyAsItIsGiven() {
            int[] guesses = {0, NONE, Integer.MAX_VALUE};
            table.bringNear(guesses, 0);
            table.bringNear(guesses, 3);
            for (int count : new int[] {-1, 4}) {
                assertThatThrownBy(() -> table.bringNear(guesses, count))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("count " + count + ": not in 0..3");
            }
        }

        @Test
        void thatEndedAreRefused() {
            int flow = table.insert(7, udpPacket(1), 0);
            table.remove(flow);
            FiveTuple tuple = udpPacket(1);
            assertThatThrownBy(() -> table.remove(flow))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("flow " + flow + ": not in this table");
            assertThatThrownBy(() -> table.getLong(flow, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.read(flow, tuple))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.endpointId(flow))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.lastSeenNs(flow))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.isAnswered(flow))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.isEstablished(flow))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.isClosed(flow))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.isFromBeginner(flow, tuple))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 1, 100, -2147483648, 2147483647})
        void thatNeverWereAreRefused(int flow) {
            table.insert(7, udpPacket(1), 0);
            assertThatThrownBy(() -> table.endpointId(flow))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("flow " + flow + ": not in this table");
        }

        @Test
        void areIterated() {
            assertThat(table.next(NONE)).isEqualTo(NONE);
            List<Integer> flows = new ArrayList<>();
            for (int port = 0; port < 10; port++) {
                flows.add(table.insert(7, udpPacket(port), 0));
            }
            table.remove(flows.remove(9));
            table.remove(flows.remove(4));
            table.remove(flows.remove(0));
            List<Integer> seen = new ArrayList<>();
            for (int flow = table.next(NONE); flow != NONE; flow = table.next(flow)) {
                seen.add(flow);
            }
            assertThat(seen).containsExactlyInAnyOrderElementsOf(flows);
            assertThat(table.next(99)).isEqualTo(NONE);
            for (int flow = 0; flow < 100; flow++) {
                assertThat(table.isLive(flow)).isEqualTo(flows.contains(flow));
            }
            assertThat(table.isLive(NONE)).isFalse();
            assertThat(table.isLive(100)).isFalse();
            assertThatThrownBy(() -> table.next(100)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> table.next(-2)).isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    /** A table that was full and is empty gives its places away from the first one on. */
    @Test
    void beginsAnewWhenItIsEmpty() {
        for (int round = 0; round < 3; round++) {
            for (int port = 0; port < 100; port++) {
                assertThat(table.insert(1, udpPacket(port), 0)).isEqualTo(port);
            }
            for (int port = 99; port >= 0; port--) {
                table.remove((port + 37) % 100);
            }
            assertThat(table.next(NONE)).isEqualTo(NONE);
            assertThat(table.isLive(5)).isFalse();
        }
        assertThat(table.counters().removed()).isEqualTo(300);
    }

    @Nested
    class Progress {
        @Test
        void ofAConnection() {
            int flow = table.insert(1, tcpPacket(9, SYN), 0);
            assertThat(table.isAnswered(flow)).isFalse();
            table.find(1, tcpPacket(9, SYN), 0);
            assertThat(table.isAnswered(flow)).isFalse();
            table.find(1, tcpReply(9, SYN | ACK), 0);
            assertThat(table.isAnswered(flow)).isTrue();
            assertThat(table.isEstablished(flow)).isFalse();
            table.find(1, tcpPacket(9, SYN), 0);
            table.find(1, tcpReply(9, SYN | ACK), 0);
            assertThat(table.isEstablished(flow)).isFalse();
            table.find(1, tcpPacket(9, ACK), 0);
            assertThat(table.isEstablished(flow)).isTrue();
            assertThat(table.isClosed(flow)).isFalse();
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 4095, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff})
        void ofAConnectionNeedsTheNumberOfTheAnswer(int number) {
            int flow = table.insert(1, tcpPacket(9, SYN), 0);
            table.find(1, answering(number, SYN | ACK), 0);
            for (int wrong : new int[] {-4000, -1, 0, 2, 4000}) {
                table.find(1, acknowledging(number + wrong, ACK), 0);
            }
            table.find(1, acknowledging(number + 1, 0), 0); // the number does not count
            table.find(1, answering(number + 1, ACK), 0); // nor does going on alone
            assertThat(table.isEstablished(flow)).isFalse();
            table.find(1, acknowledging(number + 1, ACK), 0);
            assertThat(table.isEstablished(flow)).isTrue();
            table.find(1, answering(77, SYN | ACK), 0);
            assertThat(table.isEstablished(flow)).isTrue();
        }

        @Test
        void ofAConnectionNeedsTheNumberOfTheLastAnswer() {
            int flow = table.insert(1, tcpPacket(9, SYN), 0);
            table.find(1, answering(100, SYN | ACK), 0);
            table.find(1, answering(200, SYN | ACK), 0);
            table.find(1, acknowledging(101, ACK), 0);
            assertThat(table.isEstablished(flow)).isFalse();
            table.find(1, acknowledging(201, ACK), 0);
            assertThat(table.isEstablished(flow)).isTrue();
        }

        /** Both send a SYN, and then acknowledge the other's (RFC 9293 §3.5). */
        @Test
        void ofAConnectionThatBothOpen() {
            int flow = table.insert(1, tcpPacket(9, SYN), 0);
            table.find(1, answering(100, SYN), 0);
            assertThat(table.isAnswered(flow)).isFalse();
            table.find(1, answering(100, SYN | ACK), 0);
            assertThat(table.isAnswered(flow)).isTrue();
            assertThat(table.isEstablished(flow)).isFalse();
            table.find(1, acknowledging(101, SYN | ACK), 0);
            assertThat(table.isEstablished(flow)).isTrue();
        }

        /** As after a restart, or when the load balancer moves it here. */
        @Test
        void ofAConnectionThatIsOlderThanTheTable() {
            int flow = table.insert(1, acknowledging(5, ACK), 0);
            table.find(1, acknowledging(6, ACK), 0);
            assertThat(table.isEstablished(flow)).isFalse();
            table.find(1, answering(7, ACK), 0);
            table.find(1, acknowledging(6, ACK), 0); // behind
            assertThat(table.isEstablished(flow)).isFalse();
            table.find(1, acknowledging(7, ACK), 0);
            assertThat(table.isEstablished(flow)).isTrue();
        }

        /** The answer comes first: the SYN was in fragments, or its flow was evicted. */
        @ParameterizedTest
        @ValueSource(booleans = {false, true})
        void ofAConnectionWhoseAnswerComesFirst(boolean lowerAnswers) {
            String client = lowerAnswers ? B : A;
            String server = lowerAnswers ? A : B;
            FiveTuple answer =
                    flow(
                            packet(
                                    ipv4(server, client),
                                    tcp(443, 9).flags(SYN | ACK).sequence(5).acknowledgment(SENT)));
            int flow = table.insert(1, answer, 0);
            assertThat(table.isAnswered(flow)).isTrue();
            assertThat(table.isFromBeginner(flow, answer)).isFalse();
            FiveTuple syn = flow(packet(ipv4(client, server), tcp(9, 443).flags(SYN)));
            assertThat(table.isFromBeginner(flow, syn)).isTrue();
            table.find(1, syn, 0);
            table.find(1, answer, 0);
            assertThat(table.isEstablished(flow)).isFalse();
            byte[] last =
                    packet(
                            ipv4(client, server),
                            tcp(9, 443).flags(ACK).sequence(SENT).acknowledgment(6));
            table.find(1, flow(last), 0);
            assertThat(table.isEstablished(flow)).isTrue();
        }

        /** With TCP Fast Open, data follow the answer, and are acknowledged with it. */
        @Test
        void ofAConnectionNeedsTheNumberAfterTheLastByte() {
            int flow = table.insert(1, tcpPacket(9, SYN), 0);
            table.find(1, answering(100, SYN | ACK), 0);
            byte[] data =
                    packet(
                            ipv4(B, A),
                            tcp(443, 9).flags(ACK).sequence(101).acknowledgment(SENT),
                            payload(new byte[] {1, 2, 3}));
            table.find(1, flow(data), 0);
            table.find(1, acknowledging(101, ACK), 0);
            assertThat(table.isEstablished(flow)).isFalse();
            table.find(1, acknowledging(104, ACK), 0);
            assertThat(table.isEstablished(flow)).isTrue();
        }

        /** A data offset that cannot be is no reason to count bytes that are not there. */
        @ParameterizedTest
        @CsvSource({"0, 101", "4, 101", "5, 113", "8, 101", "15, 101"})
        void ofAConnectionDoesNotBelieveHeaderLengths(int words, int awaited) {
            int flow = table.insert(1, tcpPacket(9, SYN), 0);
            byte[] data =
                    packet(
                            ipv4(B, A),
                            tcp(443, 9)
                                    .flags(ACK)
                                    .sequence(101)
                                    .acknowledgment(SENT)
                                    .headerWords(words),
                            payload(new byte[12]));
            table.find(1, flow(data), 0);
            table.find(1, acknowledging(awaited, ACK), 0);
            assertThat(table.isEstablished(flow)).isTrue();
        }

        @Test
        void ofAConnectionIsNoneByAReset() {
            int flow = table.insert(1, tcpPacket(9, SYN), 0);
            table.find(1, tcpReply(9, RST | ACK), 0);
            assertThat(table.isAnswered(flow)).isFalse();
            table.find(1, tcpPacket(9, ACK), 0);
            table.find(1, tcpPacket(9, ACK), 0);
            assertThat(table.isEstablished(flow)).isFalse();
            assertThat(table.isClosed(flow)).isTrue();
        }

        @Test
        void ofManyConnectionsTogetherNeedsNoNumber() {
            FlowTable narrow = FlowTable.builder(10).build();
            FiveTuple three = new FiveTuple(FlowScope.THREE_TUPLE);
            byte[] up = packet(ipv4(A, B), tcp(1, 2).flags(ACK).acknowledgment(8));
            byte[] down = packet(ipv4(B, A), tcp(2, 1).flags(SYN | ACK).sequence(3));
            three.wrap(Unpooled.wrappedBuffer(up), 0, up.length);
            int flow = narrow.insert(1, three, 0);
            three.wrap(Unpooled.wrappedBuffer(down), 0, down.length);
            assertThat(narrow.find(1, three, 0)).isEqualTo(flow);
            three.wrap(Unpooled.wrappedBuffer(up), 0, up.length);
            assertThat(narrow.find(1, three, 0)).isEqualTo(flow);
            assertThat(narrow.isEstablished(flow)).isTrue();
        }

        @Test
        void ofAnExchange() {
            int flow = table.insert(1, udpReply(9), 0);
            table.find(1, udpReply(9), 0);
            assertThat(table.isAnswered(flow)).isFalse();
            table.find(1, udpPacket(9), 0);
            assertThat(table.isAnswered(flow)).isTrue();
            table.find(1, udpPacket(9), 0);
            assertThat(table.isEstablished(flow)).isFalse();
            table.find(1, udpReply(9), 0);
            assertThat(table.isEstablished(flow)).isTrue();
        }

        @Test
        void isNoneByIcmpErrors() {
            int flow = table.insert(1, udpPacket(9), 0);
            byte[] packet = packet(ipv4(A, B), udp(9, 53));
            FiveTuple error = flow(packet(ipv4(B, A), icmp(3, 3), payload(packet)));
            assertThat(table.find(1, error, 5)).isEqualTo(flow);
            assertThat(table.isAnswered(flow)).isFalse();
            assertThat(table.lastSeenNs(flow)).isZero();
        }

        @Test
        void isNoneByPeeking() {
            int flow = table.insert(1, udpPacket(9), 0);
            assertThat(table.peek(1, udpReply(9), 5)).isEqualTo(flow);
            assertThat(table.isAnswered(flow)).isFalse();
            assertThat(table.lastSeenNs(flow)).isZero();
            assertThat(table.peek(1, udpReply(9), 120 * SECOND)).isEqualTo(NONE);
            assertThat(table.size()).isEqualTo(1);
            assertThat(ended).isEmpty();
        }

        @Test
        void ofClosingNeedsBothSides() {
            int flow = connect(table, 9, 0);
            table.find(1, tcpPacket(9, FIN | ACK), 0);
            table.find(1, tcpPacket(9, FIN | ACK), 0);
            table.find(1, tcpReply(9, ACK), 0);
            assertThat(table.isClosed(flow)).isFalse();
            table.find(1, tcpReply(9, FIN | ACK), 0);
            assertThat(table.isClosed(flow)).isTrue();

            int other = connect(table, 10, 0);
            table.find(1, tcpReply(10, FIN | ACK), 0);
            assertThat(table.isClosed(other)).isFalse();
            table.find(1, tcpPacket(10, FIN), 0);
            assertThat(table.isClosed(other)).isTrue();
        }

        @Test
        void ofAResetNeedsOneSide() {
            int flow = connect(table, 9, 0);
            table.find(1, tcpReply(9, RST), 0);
            assertThat(table.isClosed(flow)).isTrue();
            int other = table.insert(1, tcpPacket(8, RST | ACK), 0);
            assertThat(table.isClosed(other)).isTrue();
        }

        @Test
        void ofAConnectionIsNotThatOfANarrowerFlow() {
            FlowTable narrow = FlowTable.builder(10).build();
            FiveTuple three = new FiveTuple(FlowScope.THREE_TUPLE);
            byte[] reset = packet(ipv4(A, B), tcp(1, 2).flags(RST));
            three.wrap(Unpooled.wrappedBuffer(reset), 0, reset.length);
            int flow = narrow.insert(1, three, 0);
            assertThat(narrow.isClosed(flow)).isFalse();
            assertThat(narrow.peek(1, three, 349 * SECOND)).isEqualTo(flow);
            assertThat(narrow.peek(1, three, 350 * SECOND)).isEqualTo(NONE);
        }
    }

    @Nested
    class Expiry {
        @Test
        void comesExactlyAfterTheTimeoutOfTheProtocol() {
            int tcp = table.insert(1, tcpPacket(9, SYN), 0);
            int udp = table.insert(1, udpPacket(9), 0);
            int icmp = table.insert(1, flow(packet(ipv4(A, B), icmp(13, 0))), 0);
            FiveTuple tuple = new FiveTuple();
            assertThat(table.peek(1, table.read(icmp, tuple), 120 * SECOND - 1)).isEqualTo(icmp);
            assertThat(table.peek(1, udpPacket(9), 120 * SECOND - 1)).isEqualTo(udp);
            assertThat(table.peek(1, udpPacket(9), 120 * SECOND)).isEqualTo(NONE);
            assertThat(table.find(1, udpPacket(9), 120 * SECOND)).isEqualTo(NONE);
            assertThat(table.peek(1, tcpPacket(9, 0), 350 * SECOND - 1)).isEqualTo(tcp);
            assertThat(table.find(1, tcpPacket(9, 0), 350 * SECOND)).isEqualTo(NONE);
            assertThat(table.size()).isEqualTo(1);
            assertThat(table.counters().expired()).isEqualTo(2);
            assertThat(ended)
                    .containsExactly(
                            "expired 17: " + A + " 9 > " + B + " 53 0",
                            "expired 6: " + A + " 9 > " + B + " 443 0");
        }

        @Test
        void isPutOffByEveryPacket() {
            int flow = table.insert(1, udpPacket(9), 0);
            for (int i = 1; i < 50; i++) {
                assertThat(table.find(1, i % 2 == 0 ? udpPacket(9) : udpReply(9), i * 119 * SECOND))
                        .isEqualTo(flow);
                assertThat(expired(table, i * 119 * SECOND, 100)).isZero();
            }
            assertThat(table.find(1, udpPacket(9), 49 * 119 * SECOND + 120 * SECOND))
                    .isEqualTo(NONE);
        }

        @Test
        void isSoonAfterAClose() {
            int closed = connect(table, 9, 0);
            table.find(1, tcpPacket(9, FIN | ACK), 0);
            table.find(1, tcpReply(9, FIN | ACK), 5 * SECOND);
            assertThat(table.find(1, tcpPacket(9, ACK), 6 * SECOND)).isEqualTo(closed);
            assertThat(table.peek(1, tcpPacket(9, ACK), 36 * SECOND - 1)).isEqualTo(closed);
            assertThat(table.peek(1, tcpPacket(9, ACK), 36 * SECOND)).isEqualTo(NONE);
            assertThat(expired(table, 36 * SECOND + TICK, 100)).isEqualTo(1);
        }

        @Test
        void isNotSoonAfterFinsThatNeitherSideSent() {
            int flow = connect(table, 9, 0);
            table.find(1, tcpPacket(9, FIN | ACK), SECOND);
            table.find(1, tcpReply(9, FIN | ACK), SECOND);
            table.find(1, tcpPacket(9, ACK), SECOND);
            table.find(1, tcpReply(9, ACK), SECOND);
            assertThat(table.isClosed(flow)).isTrue(); // the last acknowledgments
            table.find(1, packetWithData(9, ACK), SECOND);
            table.find(1, packetWithData(9, FIN | ACK), SECOND);
            table.find(1, replyWithData(9, ACK), SECOND);
            assertThat(table.isClosed(flow)).isTrue(); // sent again, with the FIN
            table.find(1, packetWithData(9, ACK), SECOND);
            assertThat(table.isClosed(flow)).isFalse();
            assertThat(table.isEstablished(flow)).isTrue();
            assertThat(table.find(1, tcpReply(9, ACK), 300 * SECOND)).isEqualTo(flow);
            table.find(1, tcpReply(9, FIN | ACK), 301 * SECOND);
            table.find(1, tcpPacket(9, FIN | ACK), 301 * SECOND);
            assertThat(table.isClosed(flow)).isTrue();
        }

        @Test
        void isNotSoonAfterAResetThatNeitherSideBelieved() {
            int flow = connect(table, 9, 0);
            table.find(1, tcpReply(9, RST), SECOND);
            assertThat(table.isClosed(flow)).isTrue();
            table.find(1, tcpPacket(9, ACK), 2 * SECOND);
            table.find(1, tcpPacket(9, ACK), 2 * SECOND);
            assertThat(table.isClosed(flow)).isTrue(); // only one side went on
            table.find(1, tcpReply(9, RST), 3 * SECOND);
            table.find(1, tcpReply(9, ACK), 4 * SECOND);
            table.find(1, tcpReply(9, SYN | ACK), 4 * SECOND);
            assertThat(table.isClosed(flow)).isTrue();
            table.find(1, tcpPacket(9, ACK), 5 * SECOND);
            assertThat(table.isClosed(flow)).isFalse();
            assertThat(expired(table, 300 * SECOND, 100)).isZero();
            assertThat(table.find(1, tcpReply(9, ACK), 300 * SECOND)).isEqualTo(flow);
        }

        /** Who resets a connection has no doubt about it, but both sides may not have heard. */
        @Test
        void isSoonAfterAResetByTheCaller() {
            int flow = connect(table, 9, 0);
            table.reset(flow);
            assertThat(table.isClosed(flow)).isTrue();
            assertThat(table.isEstablished(flow)).isFalse();
            assertThat(table.lastSeenNs(flow)).isZero();
            table.find(1, tcpPacket(9, ACK), SECOND);
            table.reset(flow);
            table.find(1, tcpReply(9, ACK), SECOND); // each side went on, but not after the last
            assertThat(table.isClosed(flow)).isTrue();
            assertThat(table.peek(1, tcpReply(9, ACK), 31 * SECOND - 1)).isEqualTo(flow);
            assertThat(table.peek(1, tcpReply(9, ACK), 31 * SECOND)).isEqualTo(NONE);
            assertThat(expired(table, 31 * SECOND + TICK, 100)).isEqualTo(1);
        }

        @Test
        void isNotSoonAfterAResetByTheCallerThatNeitherSideGot() {
            int flow = connect(table, 9, 0);
            table.reset(flow);
            table.find(1, tcpReply(9, ACK), SECOND);
            table.find(1, tcpPacket(9, ACK), SECOND);
            assertThat(table.isClosed(flow)).isFalse();
            table.find(1, acknowledging(ANSWER, ACK), SECOND);
            assertThat(table.isEstablished(flow)).isTrue();
            assertThat(table.find(1, tcpReply(9, ACK), 300 * SECOND)).isEqualTo(flow);
        }

        @Test
        void givesPlacesBack() {
            for (int port = 0; port < 10; port++) {
                table.insert(1, udpPacket(port), port * 10 * SECOND);
            }
            table.insert(1, tcpPacket(1, SYN), 0);
            assertThat(expired(table, 119 * SECOND, 100)).isZero();
            assertThat(expired(table, 120 * SECOND + TICK, 100)).isEqualTo(1);
            assertThat(expired(table, 159 * SECOND, 100)).isEqualTo(3);
            assertThat(expired(table, 349 * SECOND, 3)).isEqualTo(3);
            assertThat(expired(table, 349 * SECOND, 3)).isEqualTo(3);
            assertThat(expired(table, 349 * SECOND, 0)).isZero();
            assertThat(table.size()).isEqualTo(1);
            assertThat(expired(table, 350 * SECOND + TICK, 100)).isEqualTo(1);
            assertThat(table.size()).isZero();
            assertThat(table.counters().expired()).isEqualTo(11);
            assertThat(ended).hasSize(11).allMatch(text -> text.startsWith("expired"));
        }

        @Test
        void looksAtNoMoreThanItMay() {
            for (int port = 0; port < 50; port++) {
                table.insert(1, udpPacket(port), 0);
            }
            for (int port = 0; port < 49; port++) {
                table.find(1, udpPacket(port), 60 * SECOND);
            }
            assertThat(expired(table, 125 * SECOND, 49)).isZero(); // moves 49 on
            assertThat(expired(table, 125 * SECOND, 49)).isEqualTo(1);
        }

        @Test
        void tellsHowManyItLookedAt() {
            for (int port = 0; port < 50; port++) {
                table.insert(1, udpPacket(port), 0);
                table.insert(1, tcpPacket(port, SYN), 0);
            }
            for (int port = 0; port < 40; port++) {
                table.find(1, udpPacket(port), 60 * SECOND);
            }
            assertThat(table.expire(100 * SECOND, 100)).isZero();
            assertThat(table.expire(125 * SECOND, 0)).isZero();
            assertThat(table.expire(125 * SECOND, 30)).isEqualTo(30);
            assertThat(table.expire(125 * SECOND, 30)).isEqualTo(20);
            assertThat(table.expire(125 * SECOND, 30)).isZero();
            assertThat(table.counters().expired()).isEqualTo(10);
            assertThat(table.expire(400 * SECOND, Integer.MAX_VALUE)).isEqualTo(90);
            assertThat(table.size()).isZero();
        }

        /** Whichever of the groups a call begins with, half of the looks are for the other. */
        @Test
        void sharesItsLooksAmongTheGroups() {
            FlowTable table = FlowTable.builder(20_000).build();
            for (int port = 0; port < 10_000; port++) {
                table.insert(1, tcpPacket(port, SYN), 0);
                table.insert(1, udpPacket(port), 300 * SECOND);
            }
            for (int port = 0; port < 10_000; port++) {
                table.find(1, udpPacket(port), 400 * SECOND); // busy, and to be moved on
            }
            for (int call = 1; call <= 5; call++) {
                assertThat(table.expire(430 * SECOND, 500)).isEqualTo(500);
                assertThat(table.counters().expired()).isGreaterThanOrEqualTo(call * 80);
            }
        }

        @Test
        void comesToEveryGroupThoughItMayLookAtOneFlowOnly() {
            FlowTable table = FlowTable.builder(1000).build();
            for (int port = 0; port < 100; port++) {
                table.insert(1, udpPacket(port), 0);
                table.insert(1, tcpPacket(port, SYN), 0);
                connect(table, 200 + port, 0);
            }
            for (int call = 0; call < 150; call++) {
                assertThat(table.expire(400 * SECOND, 1)).isEqualTo(1);
            }
            int udp = 0;
            for (int port = 0; port < 100; port++) {
                udp += table.peek(1, udpPacket(port), 0) == NONE ? 0 : 1;
            }
            assertThat(udp).isBetween(1, 99);
            assertThat(table.size()).isEqualTo(150);
        }

        /** A clock that stood still for a year, while a flow kept its group from being empty. */
        @Test
        void isSoonQuietAfterALongPause() {
            FlowTable table = FlowTable.builder(30_000).build();
            for (int port = 0; port < 100; port++) {
                table.insert(1, udpPacket(port), port * SECOND);
            }
            long later = 365L * 86_400 * SECOND;
            for (int port = 1000; port < 21_000; port++) {
                table.insert(1, udpPacket(port), later);
            }
            assertThat(table.expire(later, Integer.MAX_VALUE)).isEqualTo(100);
            assertThat(table.size()).isEqualTo(20_000);
            assertThat(table.expire(later + 118 * SECOND, Integer.MAX_VALUE)).isZero();
            assertThat(table.expire(later + 122 * SECOND, Integer.MAX_VALUE)).isEqualTo(20_000);
        }

        @Test
        void findsTheExpiredBehindABusyGroup() {
            FlowTable table = FlowTable.builder(2000).whenFull(WhenFull.REFUSE).build();
            for (int port = 0; port < 1000; port++) {
                table.insert(1, udpPacket(port), 0);
                table.insert(1, tcpPacket(port, SYN), 0);
            }
            for (int port = 0; port < 1000; port++) {
                table.find(1, udpPacket(port), 350 * SECOND - 1);
                table.insert(1, udpPacket(port), 350 * SECOND - 1);
            }
            assertThat(table.counters().expired()).isEqualTo(1000); // UDP, begun again
            for (int port = 0; port < 1000; port++) {
                table.find(1, udpPacket(port), 400 * SECOND);
            }
            long now = 480 * SECOND;
            assertThat(table.insert(1, udpPacket(5000), now)).isNotEqualTo(NONE);
            assertThat(table.counters().refused()).isZero();
            int ended = 0;
            for (int call = 0; call < 5; call++) {
                ended += expired(table, now, 64);
            }
            assertThat(ended).isGreaterThanOrEqualTo(64);
        }

        @Test
        void isRightWhateverTheClockShows() {
            for (long start :
                    new long[] {Long.MIN_VALUE / 2, -5, 0, Long.MAX_VALUE / 2, -400 * SECOND}) {
                FlowTable table = FlowTable.builder(10).build();
                int flow = table.insert(1, udpPacket(9), start);
                assertThat(table.find(1, udpPacket(9), start + 119 * SECOND)).isEqualTo(flow);
                assertThat(expired(table, start + 238 * SECOND, 9)).isZero();
                assertThat(expired(table, start + 239 * SECOND + TICK, 9)).isEqualTo(1);
            }
        }

        @Test
        void surviveAClockThatWraps() {
            FlowTable table = FlowTable.builder(200).build();
            long now = Long.MAX_VALUE - 50 * SECOND;
            for (int port = 0; port < 100; port++) {
                table.insert(1, udpPacket(port), now);
            }
            for (int i = 0; i < 400; i++) {
                now += SECOND;
                for (int port = 0; port < 100; port++) {
                    assertThat(table.find(1, udpPacket(port), now)).isNotEqualTo(NONE);
                }
                assertThat(expired(table, now, 1000)).isZero();
            }
            assertThat(table.counters().inserted()).isEqualTo(100);
            assertThat(expired(table, now + 120 * SECOND + TICK, 1000)).isEqualTo(100);
        }

        @Test
        void surviveALongPause() {
            int flow = table.insert(1, udpPacket(1), 0);
            table.insert(1, udpPacket(2), 0);
            long later = 100_000 * SECOND; // more than the wheel turns
            assertThat(table.find(1, udpPacket(1), later)).isEqualTo(NONE);
            flow = table.insert(1, udpPacket(1), later);
            table.insert(1, tcpPacket(3, SYN), later);
            assertThat(expired(table, later, 100)).isEqualTo(1);
            assertThat(table.find(1, udpPacket(1), later + SECOND)).isEqualTo(flow);
            assertThat(expired(table, later + 122 * SECOND + TICK, 100)).isEqualTo(1);
            assertThat(table.size()).isEqualTo(1);
        }

        @Test
        void surviveAClockThatGoesBack() {
            int flow = table.insert(1, udpPacket(1), 1000 * SECOND);
            int other = table.insert(1, udpPacket(2), 900 * SECOND);
            assertThat(table.find(1, udpPacket(1), 800 * SECOND)).isEqualTo(flow);
            assertThat(expired(table, 1000 * SECOND, 100)).isZero();
            assertThat(table.peek(1, udpPacket(2), 1019 * SECOND)).isEqualTo(other);
            assertThat(expired(table, 1122 * SECOND, 100)).isEqualTo(2);
        }

        @Test
        void followsAChangeOfTimeoutsAtOnce() {
            int flow = table.insert(1, tcpPacket(9, SYN), 0);
            assertThat(table.timeouts()).isEqualTo(FlowTimeouts.DEFAULT);
            table.timeouts(new FlowTimeouts(6000, 60, 1));
            assertThat(table.peek(1, tcpPacket(9, 0), 5999 * SECOND)).isEqualTo(flow);
            assertThat(expired(table, 5999 * SECOND, 9)).isZero();
            table.timeouts(FlowTimeouts.DEFAULT.withTcpSeconds(60));
            assertThat(table.peek(1, tcpPacket(9, 0), 60 * SECOND)).isEqualTo(NONE);
            assertThat(expired(table, 62 * SECOND, 9)).isEqualTo(1);
            assertThat(table.timeouts()).isEqualTo(new FlowTimeouts(60, 120, 30));
        }

        @Test
        void hasTimeoutsInRange() {
            assertThat(FlowTimeouts.DEFAULT).isEqualTo(new FlowTimeouts(350, 120, 30));
            new FlowTimeouts(60, 60, 1);
            new FlowTimeouts(6000, 6000, 6000);
            assertThatThrownBy(() -> new FlowTimeouts(59, 120, 30))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tcpSeconds 59");
            assertThatThrownBy(() -> new FlowTimeouts(6001, 120, 30))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new FlowTimeouts(350, 59, 30))
                    .hasMessageContaining("otherSeconds 59");
            assertThatThrownBy(() -> new FlowTimeouts(350, 6001, 30))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new FlowTimeouts(350, 120, 0))
                    .hasMessageContaining("closedSeconds 0");
            assertThatThrownBy(() -> new FlowTimeouts(350, 120, 6001))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Nested
    class Reopening {
        private void close(int port) {
            table.find(1, tcpReply(port, FIN | ACK), 0);
            table.find(1, tcpPacket(port, FIN | ACK), 0);
        }

        @Test
        void isNothingForAConnectionThatWasReset() {
            int flow = connect(table, 9, 0);
            table.setInt(flow, 0, 77);
            table.find(1, tcpReply(9, RST), 0);
            assertThat(table.find(1, tcpReply(9, SYN), 1)).isEqualTo(flow);
            assertThat(table.find(1, tcpPacket(9, SYN), 1)).isEqualTo(flow);
            assertThat(table.getInt(flow, 0)).isEqualTo(77);
            assertThat(table.isFromBeginner(flow, tcpPacket(9, ACK))).isTrue();
        }

        @Test
        void endsAClosedConnectionByASyn() {
            int flow = connect(table, 9, 0);
            table.setInt(flow, 0, 77);
            close(9);
            assertThat(table.find(1, tcpPacket(9, SYN), 1)).isEqualTo(NONE);
            assertThat(table.counters().reopened()).isEqualTo(1);
            assertThat(ended).containsExactly("reopened 6: " + A + " 9 > " + B + " 443 77");
            int next = table.insert(1, tcpPacket(9, SYN), 1);
            assertThat(table.isClosed(next)).isFalse();
            assertThat(table.getInt(next, 0)).isZero();
        }

        @Test
        void comesWithAnInsertionToo() {
            int flow = connect(table, 9, 0);
            table.setInt(flow, 0, 77);
            close(9);
            flow = table.insert(1, tcpReply(9, SYN), 1);
            assertThat(table.getInt(flow, 0)).isZero();
            assertThat(table.isClosed(flow)).isFalse();
            assertThat(table.isFromBeginner(flow, tcpReply(9, ACK))).isTrue();
            assertThat(table.counters().inserted()).isEqualTo(2);
            assertThat(table.size()).isEqualTo(1);
        }

        @ParameterizedTest
        @ValueSource(ints = {0x10, 0x12, 0x01, 0x03, 0x04, 0x06, 0x18, 0})
        void needsASynAlone(int flags) {
            int flow = connect(table, 9, 0);
            close(9);
            assertThat(table.find(1, tcpPacket(9, flags), 1)).isEqualTo(flow);
            assertThat(table.isClosed(flow)).isTrue();
        }

        @Test
        void toleratesOtherFlags() {
            connect(table, 9, 0);
            close(9);
            assertThat(table.find(1, tcpPacket(9, SYN | 0xc0), 1)).isEqualTo(NONE); // ECN
        }

        @Test
        void isNothingForAConnectionThatIsOpen() {
            int flow = connect(table, 9, 0);
            table.find(1, tcpPacket(9, FIN | ACK), 0);
            assertThat(table.find(1, tcpPacket(9, SYN), 1)).isEqualTo(flow);
        }
    }

    @Nested
    class Full {
        private FlowTable small(int capacity, WhenFull whenFull) {
            return FlowTable.builder(capacity)
                    .valueLength(4)
                    .whenFull(whenFull)
                    .listener(FlowTableTest.this::record)
                    .build();
        }

        @Test
        void refusesIfToldTo() {
            FlowTable table = small(3, WhenFull.REFUSE);
            for (int port = 0; port < 3; port++) {
                assertThat(table.insert(1, udpPacket(port), 0)).isNotEqualTo(NONE);
            }
            assertThat(table.insert(1, udpPacket(3), 119 * SECOND)).isEqualTo(NONE);
            assertThat(table.insert(1, udpPacket(2), 0)).isNotEqualTo(NONE);
            assertThat(table.counters().refused()).isEqualTo(1);
            assertThat(table.size()).isEqualTo(3);
            assertThat(ended).isEmpty();
            assertThat(table.insert(1, udpPacket(3), 122 * SECOND)).isNotEqualTo(NONE);
            assertThat(table.counters().expired()).isEqualTo(1);
            assertThat(table.size()).isEqualTo(3);
        }

        @Test
        void evictsTheOldestIdle() {
            FlowTable table = small(3, WhenFull.EVICT_OLDEST_IDLE);
            for (int port = 0; port < 3; port++) {
                table.insert(1, udpPacket(port), port * 2 * SECOND);
            }
            table.find(1, udpPacket(0), 10 * SECOND);
            table.insert(1, udpPacket(3), 12 * SECOND);
            table.insert(1, udpPacket(4), 14 * SECOND);
            table.insert(1, udpPacket(5), 16 * SECOND);
            assertThat(ended)
                    .containsExactly(
                            "evicted 17: " + A + " 1 > " + B + " 53 0",
                            "evicted 17: " + A + " 2 > " + B + " 53 0",
                            "evicted 17: " + A + " 0 > " + B + " 53 0");
            assertThat(table.counters().evicted()).isEqualTo(3);
            assertThat(table.counters().evictedEstablished()).isZero();
            assertThat(table.counters().inserted()).isEqualTo(6);
            assertThat(table.size()).isEqualTo(3);
        }

        @Test
        void evictsClosedThenNewButForAShareThenEstablished() {
            FlowTable table = small(40, WhenFull.EVICT_OLDEST_IDLE); // 16 for newcomers
            for (int port = 1; port <= 10; port++) {
                establish(table, port, port * 2 * SECOND);
            }
            for (int port = 11; port <= 20; port++) {
                connect(table, port, port * 2 * SECOND);
            }
            for (int port = 21; port <= 36; port++) {
                table.insert(1, udpPacket(port), port * 2 * SECOND);
            }
            for (int port = 37; port <= 40; port++) {
                connect(table, port, port * 2 * SECOND);
                table.find(1, tcpPacket(port, FIN | ACK), port * 2 * SECOND);
                table.find(1, tcpReply(port, FIN | ACK), port * 2 * SECOND);
            }
            for (int port = 50; port < 58; port++) {
                connect(table, port, (port + 40) * SECOND);
            }
            assertThat(ended)
                    .extracting(text -> text.split(" ")[3])
                    .containsExactly("37", "38", "39", "40", "21", "11", "12", "13");
            assertThat(table.counters().evicted()).isEqualTo(8);
            assertThat(table.counters().evictedEstablished()).isEqualTo(3);
        }

        /** Anyone can forge a reset: what goes on is as established as before. */
        @Test
        void doubtsAResetForFiveSeconds() {
            FlowTable table = small(40, WhenFull.EVICT_OLDEST_IDLE);
            for (int port = 1; port <= 40; port++) {
                connect(table, port, 0);
            }
            table.find(1, tcpReply(7, RST), 10 * SECOND);
            table.insert(1, udpPacket(1), 15 * SECOND - 1); // for newcomers, it goes first
            assertThat(ended).containsExactly("evicted 6: " + A + " 7 > " + B + " 443 0");
            assertThat(table.counters().evictedEstablished()).isEqualTo(1);
            for (int port = 100; port < 115; port++) {
                table.insert(1, udpPacket(port), 15 * SECOND);
            }
            assertThat(table.counters().evictedEstablished()).isEqualTo(16);
            table.find(1, tcpReply(30, RST), 20 * SECOND);
            table.insert(1, udpPacket(200), 25 * SECOND - 1);
            assertThat(ended.get(16)).isEqualTo("evicted 17: " + A + " 1 > " + B + " 53 0");
            table.insert(1, udpPacket(201), 25 * SECOND);
            assertThat(ended.get(17)).isEqualTo("evicted 6: " + A + " 30 > " + B + " 443 0");
            assertThat(table.counters().evictedEstablished()).isEqualTo(16);
        }

        @Test
        void doesNotDoubtAResetByTheCaller() {
            FlowTable table = small(40, WhenFull.EVICT_OLDEST_IDLE);
            for (int port = 1; port <= 20; port++) {
                connect(table, port, 0);
            }
            for (int port = 21; port <= 40; port++) {
                table.insert(1, udpPacket(port), 0);
            }
            table.reset(table.peek(1, tcpPacket(7, ACK), SECOND));
            table.insert(1, udpPacket(1), SECOND);
            assertThat(ended).containsExactly("evicted 6: " + A + " 7 > " + B + " 443 0");
            assertThat(table.counters().evictedEstablished()).isZero();
        }

        @Test
        void evictsTheOlderOfTwoProtocols() {
            FlowTable table = small(2, WhenFull.EVICT_OLDEST_IDLE);
            table.insert(1, tcpPacket(1, SYN), 0);
            table.insert(1, udpPacket(2), 2 * SECOND);
            table.insert(1, udpPacket(3), 4 * SECOND);
            assertThat(ended).containsExactly("evicted 6: " + A + " 1 > " + B + " 443 0");
        }

        private void establish(FlowTable table, int port, long now) {
            table.insert(1, udpPacket(port), now);
            table.find(1, udpReply(port), now);
            table.find(1, udpPacket(port), now);
        }

        @Test
        void settlesForTheOldestOfThoseItPassedOver() {
            FlowTable table = small(100, WhenFull.EVICT_OLDEST_IDLE);
            for (int port = 0; port < 100; port++) {
                table.insert(1, udpPacket(port), 0);
            }
            for (int port = 0; port < 99; port++) { // the last is idle, but too far to find
                table.find(1, udpPacket(port), (port == 17 ? 5 : 10) * SECOND);
            }
            table.insert(1, udpPacket(200), 20 * SECOND);
            assertThat(ended).containsExactly("evicted 17: " + A + " 17 > " + B + " 53 0");
            table.insert(1, udpPacket(201), 20 * SECOND);
            table.insert(1, udpPacket(202), 20 * SECOND);
            table.insert(1, udpPacket(203), 20 * SECOND);
            assertThat(ended).contains("evicted 17: " + A + " 99 > " + B + " 53 0");
        }

        /** In one group, behind as many busy flows as may be looked at. */
        @ParameterizedTest
        @EnumSource
        void expiresBeforeItEvictsOrRefuses(WhenFull whenFull) {
            FlowTable table = small(100, whenFull);
            for (int port = 0; port < 100; port++) {
                table.insert(1, udpPacket(port), 0);
            }
            for (int port = 0; port < 100; port++) {
                if (port != 15) {
                    table.find(1, udpPacket(port), 60 * SECOND);
                }
            }
            assertThat(table.insert(1, udpPacket(200), 125 * SECOND)).isNotEqualTo(NONE);
            assertThat(ended).containsExactly("expired 17: " + A + " 15 > " + B + " 53 0");
        }

        @Test
        void hasRoomForOne() {
            FlowTable table = small(1, WhenFull.EVICT_OLDEST_IDLE);
            for (int port = 0; port < 100; port++) {
                int flow = table.insert(1, udpPacket(port), port);
                assertThat(table.find(1, udpPacket(port), port)).isEqualTo(flow).isZero();
            }
            assertThat(table.counters().evicted()).isEqualTo(99);
        }

        @Test
        void worksToTheBrim() {
            FlowTable table = small(1000, WhenFull.REFUSE);
            FiveTuple tuple = new FiveTuple();
            for (int i = 0; i < 1000; i++) {
                assertThat(table.insert(i, tuple.setIpv4(i, -i, 17, i, i), 0)).isNotEqualTo(NONE);
            }
            assertThat(table.insert(-1, tuple.setIpv4(1, 2, 17, 1, 1), 0)).isEqualTo(NONE);
            for (int i = 0; i < 1000; i += 2) {
                table.remove(table.find(i, tuple.setIpv4(i, -i, 17, i, i), 1));
            }
            for (int i = 0; i < 1000; i++) {
                assertThat(table.find(i, tuple.setIpv4(i, -i, 17, i, i), 2) == NONE)
                        .isEqualTo(i % 2 == 0);
            }
        }
    }

    @Nested
    class Settings {
        @Test
        void stateTheMemory() {
            FlowTable million = FlowTable.builder(1_000_000).valueLength(32).build();
            assertThat(million.memoryLength()).isEqualTo(96_000_000L + (8L << 21));
            assertThat(million.memoryLength()).isLessThanOrEqualTo(128_000_000L);
            assertThat(million.capacity()).isEqualTo(1_000_000);
            assertThat(FlowTable.builder(1).valueLength(1).build().memoryLength())
                    .isEqualTo(72 + 8 * 8);
            assertThat(FlowTable.builder(3 << 10).build().memoryLength())
                    .isEqualTo((3 << 10) * 64 + (8 << 12));
            assertThat(FlowTable.builder((3 << 10) + 1).build().memoryLength())
                    .isEqualTo(((3 << 10) + 1) * 64 + (8 << 13));
        }

        @Test
        void haveBounds() {
            assertThatThrownBy(() -> FlowTable.builder(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("capacity 0");
            assertThatThrownBy(() -> FlowTable.builder(FlowTable.MAX_CAPACITY + 1))
                    .isInstanceOf(IllegalArgumentException.class);
            FlowTableBuilder builder = FlowTable.builder(FlowTable.MAX_CAPACITY);
            assertThatThrownBy(() -> builder.valueLength(-1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("valueLength -1");
            assertThatThrownBy(() -> builder.valueLength(1025))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> table.expire(0, -1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("limit -1");
        }

        @Test
        void mustBeThere() {
            FlowTableBuilder builder = FlowTable.builder(1);
            assertThatThrownBy(() -> builder.whenFull(null))
                    .isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> builder.hash(null)).isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> builder.listener(null))
                    .isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> builder.timeouts(null))
                    .isInstanceOf(NullPointerException.class);
            assertThatThrownBy(() -> table.timeouts(null)).isInstanceOf(NullPointerException.class);
            assertThat(table.timeouts()).isEqualTo(FlowTimeouts.DEFAULT);
        }

        /** What may be TCP must not be forgotten before the load balancer does. */
        @Test
        void ofTheNarrowestScopeAreThoseOfTcp() {
            FlowTable pairs = FlowTable.builder(10).build();
            FiveTuple two = new FiveTuple(FlowScope.TWO_TUPLE);
            byte[] udp = packet(ipv4(A, B), udp(1, 2));
            two.wrap(Unpooled.wrappedBuffer(udp), 0, udp.length);
            int flow = pairs.insert(1, two, 0);
            assertThat(pairs.peek(1, two, 349 * SECOND)).isEqualTo(flow);
            assertThat(pairs.peek(1, two, 350 * SECOND)).isEqualTo(NONE);
        }

        @Test
        void takeAHash() {
            FlowTable table =
                    FlowTable.builder(10)
                            .hash(FlowHash.seeded(1))
                            .timeouts(new FlowTimeouts(60, 60, 1))
                            .build();
            int flow = table.insert(1, udpPacket(9), 0);
            assertThat(table.find(1, udpPacket(9), 59 * SECOND)).isEqualTo(flow);
            assertThat(table.find(1, udpPacket(9), 119 * SECOND)).isEqualTo(NONE);
        }
    }

    @Test
    void removes() {
        int flow = table.insert(1, udpPacket(9), 0);
        table.setInt(flow, 0, 5);
        table.remove(flow);
        assertThat(table.find(1, udpPacket(9), 0)).isEqualTo(NONE);
        assertThat(table.size()).isZero();
        assertThat(table.counters().removed()).isEqualTo(1);
        assertThat(ended).containsExactly("removed 17: " + A + " 9 > " + B + " 53 5");
    }

    @Test
    void resetsConnectionsOnly() {
        int flow = table.insert(1, udpPacket(9), 0);
        assertThatThrownBy(() -> table.reset(flow))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("flow " + flow);
        assertThat(table.isClosed(flow)).isFalse();
        table.remove(flow);
        assertThatThrownBy(() -> table.reset(flow)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void doesNotLetAListenerChangeIt() {
        List<Throwable> thrown = new ArrayList<>();
        FlowTable table =
                FlowTable.builder(10)
                        .listener(
                                (changed, flow, end) -> {
                                    for (Runnable change :
                                            List.<Runnable>of(
                                                    () -> changed.remove(flow),
                                                    () -> changed.reset(flow),
                                                    () -> changed.insert(1, udpPacket(1), 0),
                                                    () -> changed.expire(0, 1),
                                                    () -> changed.timeouts(FlowTimeouts.DEFAULT),
                                                    () -> changed.find(1, udpPacket(9), 0))) {
                                        try {
                                            change.run();
                                        } catch (IllegalStateException e) {
                                            thrown.add(e);
                                        }
                                    }
                                })
                        .build();
        table.remove(table.insert(1, udpPacket(9), 0));
        assertThat(thrown).hasSize(6);
        assertThat(table.size()).isZero();
        assertThat(table.insert(1, udpPacket(9), 0)).isNotEqualTo(NONE);
    }

    @Test
    void endsFlowsWhenAListenerThrows() {
        boolean[] failing = {true};
        FlowTable table =
                FlowTable.builder(10)
                        .listener(
                                (changed, flow, end) -> {
                                    if (failing[0]) {
                                        throw new UnsupportedOperationException("listener");
                                    }
                                })
                        .build();
        int flow = table.insert(1, udpPacket(9), 0);
        assertThatThrownBy(() -> table.remove(flow))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(table.size()).isZero();
        assertThat(table.counters().removed()).isEqualTo(1);
        assertThat(table.find(1, udpPacket(9), 0)).isEqualTo(NONE);
        table.insert(1, udpPacket(9), 0);
        assertThatThrownBy(() -> table.find(1, udpPacket(9), 120 * SECOND))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(table.counters().expired()).isEqualTo(1);
        failing[0] = false;
        table.remove(table.insert(1, udpPacket(9), 0));
        assertThat(table.size()).isZero();
    }

    @Test
    void addsNoFlowThatOnlyAnIcmpErrorQuotes() {
        byte[] sent = packet(ipv4(A, B), udp(9, 53));
        FiveTuple error = flow(packet(ipv4("9.9.9.9", A), icmp(3, 1), payload(sent)));
        assertThat(table.insert(1, error, 0)).isEqualTo(NONE);
        assertThat(table.size()).isZero();
        assertThat(table.counters().refusedQuotes()).isEqualTo(1);
        assertThat(table.counters().refused()).isZero();
        int flow = table.insert(1, flow(sent), 1);
        assertThat(table.insert(1, error, 2)).isEqualTo(flow);
        assertThat(table.lastSeenNs(flow)).isEqualTo(1);
        assertThat(table.isFromBeginner(flow, flow(sent))).isTrue();
        assertThat(table.insert(1, error, 121 * SECOND)).isEqualTo(NONE);
        assertThat(table.counters().expired()).isEqualTo(1);
        assertThat(table.counters().refusedQuotes()).isEqualTo(2);
    }

    @Test
    void refusesADetachedView() {
        assertThatThrownBy(() -> table.find(1, new FiveTuple(), 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> table.insert(1, new FiveTuple(), 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(table.size()).isZero();
    }
}
