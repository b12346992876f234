package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.concat;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.cut;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static io.github.geneve4j.testkit.TcpLayer.ACK;
import static io.github.geneve4j.testkit.TcpLayer.RST;
import static io.github.geneve4j.testkit.TcpLayer.SYN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.testkit.Hex;
import io.github.geneve4j.testkit.KnownPackets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of packets by verdict, and that every one of them is counted once. */
class WorkerVerdictTest {
    private static final int NODE = 0x0a00_0001;
    private static final String A = "10.1.0.1";
    private static final String B = "192.0.2.1";
    private static final String C = "2001:db8::1";
    private static final String D = "2001:db8::2";
    private static final int TTL = 8; // of an IPv4 header

    private final ScriptedPort port = new ScriptedPort();
    private PacketCounters counters = new PacketCounters();

    @AfterEach
    void addsUp() {
        assertThat(counters.received())
                .isEqualTo(counters.passed() + counters.rewritten() + counters.dropped());
        long told = 0;
        for (Answer answer : Answer.values()) {
            told += counters.answered(answer);
        }
        assertThat(told)
                .isEqualTo(
                        counters.dropped(DropReason.REJECTED)
                                + counters.dropped(DropReason.TOO_LONG));
        assertThat(port.counters().returned())
                .isEqualTo(counters.passed() + counters.rewritten() + counters.answered());
        assertThat(port.counters().originated()).isEqualTo(counters.resetsOnward());
    }

    // REJECT

    @Test
    void answersTcpWithAReset() throws IOException {
        List<byte[]> out =
                run(
                        packet -> Verdict.REJECT,
                        packet(ipv4(A, B), tcp(1, 443).flags(SYN).sequence(41)),
                        packet(ipv6(C, D), tcp(1, 443).flags(ACK).acknowledgment(7)));
        assertThat(out)
                .containsExactly(
                        datagram(
                                packet(
                                        ipv4(B, A).dontFragment(),
                                        tcp(443, 1).flags(RST | ACK).acknowledgment(42).window(0))),
                        datagram(packet(ipv6(D, C), tcp(443, 1).flags(RST).sequence(7).window(0))));
        assertThat(counters.answered(Answer.TCP_RESET)).isEqualTo(2);
        assertThat(counters.dropped(DropReason.REJECTED)).isEqualTo(2);
    }

    @Test
    void answersAnythingElseWithAnError() throws IOException {
        byte[] v4 = packet(ipv4(A, B), udp(1, 53), payload("0102"));
        byte[] v6 = packet(ipv6(C, D), udp(1, 53), payload(counting(3000)));
        assertThat(run(packet -> Verdict.REJECT, v4, v6))
                .containsExactly(
                        datagram(
                                packet(
                                        ipv4(B, A).dontFragment().tos(0xc0),
                                        icmp(3, 13),
                                        payload(v4))),
                        datagram(packet(ipv6(D, C), icmpv6(1, 1), payload(cut(v6, 1232)))));
        assertThat(counters.answered(Answer.ICMP_PROHIBITED)).isEqualTo(2);
    }

    @Test
    void endsAConnectionAtBothEnds() throws IOException {
        byte[] segment =
                packet(
                        ipv4(A, B),
                        tcp(1, 443).flags(ACK).sequence(50).acknowledgment(7),
                        payload("0102"));
        assertThat(run(packet -> Verdict.REJECT_BOTH_ENDS, segment))
                .containsExactly(
                        datagram(
                                packet(
                                        ipv4(A, B).dontFragment(),
                                        tcp(1, 443)
                                                .flags(RST | ACK)
                                                .sequence(50)
                                                .acknowledgment(7)
                                                .window(0))),
                        datagram(
                                packet(
                                        ipv4(B, A).dontFragment(),
                                        tcp(443, 1).flags(RST).sequence(7).window(0))));
        assertThat(counters.resetsOnward()).isEqualTo(1);
    }

    @Test
    void tellsNoReceiverOfWhatItNeverSaw() throws IOException {
        assertThat(
                        run(
                                packet -> Verdict.REJECT_BOTH_ENDS,
                                packet(ipv4(A, B), tcp(1, 443)),
                                packet(ipv4(A, B), udp(1, 53)),
                                packet(ipv4(A, B), tcp(1, 443).flags(RST)),
                                Hex.bytes("45")))
                .hasSize(2);
        assertThat(counters.resetsOnward()).isZero();
        assertThat(counters.answered(Answer.NOT_ALLOWED)).isEqualTo(2);
    }

    static Stream<Arguments> unanswerable() {
        return Stream.of(
                Arguments.of("reset", packet(ipv4(A, B), tcp(1, 2).flags(RST))),
                Arguments.of("error", packet(ipv4(A, B), icmp(3, 1), payload(new byte[28]))),
                Arguments.of("broadcast", packet(ipv4(A, "255.255.255.255"), udp(1, 2))),
                Arguments.of("multicast", packet(ipv6(C, "ff02::1"), udp(1, 2))),
                Arguments.of(
                        "later fragment",
                        packet(ipv4(A, B).protocol(6).fragment(8, false), payload(counting(8)))),
                Arguments.of("malformed", packet(ipv4(A, B).totalLength(9), udp(1, 2))),
                Arguments.of("nothing", new byte[0]));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unanswerable")
    void dropsWhatMayNotBeAnswered(String name, byte[] inner) throws IOException {
        assertThat(run(packet -> Verdict.REJECT, inner)).isEmpty();
        assertThat(counters.answered(Answer.NOT_ALLOWED)).isEqualTo(1);
        assertThat(counters.dropped(DropReason.REJECTED)).isEqualTo(1);
    }

    @Test
    void limitsErrorsAndNotResets() throws IOException {
        Worker worker = worker(packet -> Verdict.REJECT, FailureMode.CLOSED, 0);
        assertThat(
                        run(
                                worker,
                                packet(ipv4(A, B), udp(1, 2)),
                                packet(ipv4(A, B), tcp(1, 2)),
                                packet(ipv4(A, B), udp(1, 2))))
                .hasSize(1);
        assertThat(counters.answered(Answer.LIMITED)).isEqualTo(2);
        assertThat(counters.answered(Answer.TCP_RESET)).isEqualTo(1);
    }

    @Test
    void sendsNoAnswerThatThePortHasNoRoomFor() throws IOException {
        byte[] segment = packet(ipv4(A, B), tcp(1, 2).flags(ACK));
        byte[] datagram = packet(ipv4(A, B), udp(1, 2), payload("0000"));
        port.maxDatagramLength = 40 + 40; // a header, and a segment without options
        assertThat(run(packet -> Verdict.REJECT_BOTH_ENDS, segment, datagram)).hasSize(2);
        assertThat(counters.answered(Answer.NO_ROOM)).isEqualTo(1);
        assertThat(counters.answered(Answer.TCP_RESET)).isEqualTo(1);
    }

    @Test
    void endsWhenTheSecondAnswerCannotBeSent() {
        Worker worker = worker(packet -> Verdict.REJECT_BOTH_ENDS, FailureMode.CLOSED, 1000);
        Inspector breaking =
                packet -> {
                    port.failure = new IOException("closed");
                    return Verdict.REJECT_BOTH_ENDS;
                };
        port.put(datagram(packet(ipv4(A, B), tcp(1, 2).flags(ACK))), NODE);
        Worker broken = worker(breaking, FailureMode.CLOSED, 1000);
        assertThatThrownBy(() -> port.poll(broken, 1)).isInstanceOf(UncheckedIOException.class);
        counters = worker.counters(); // of the one that did nothing
    }

    // REWRITE

    private static Verdict decreaseTtl(InspectedPacket packet) {
        ByteBuf inner = packet.edit();
        int at = packet.innerOffset() + TTL;
        inner.setByte(at, inner.getByte(at) - 1);
        return Verdict.REWRITE;
    }

    /** Appends bytes to UDP. */
    private static Inspector append(int bytes) {
        return packet -> {
            int length = packet.innerLength();
            if (packet.resize(length + bytes)) {
                for (int i = 0; i < bytes; i++) {
                    packet.buffer().setByte(packet.innerOffset() + length + i, 0x41);
                }
            }
            return Verdict.REWRITE;
        };
    }

    @Test
    void mendsWhatWasChangedInPlace() throws IOException {
        assertThat(
                        run(
                                WorkerVerdictTest::decreaseTtl,
                                packet(ipv4(A, B).ttl(64), tcp(1, 2), payload("0102"))))
                .containsExactly(datagram(packet(ipv4(A, B).ttl(63), tcp(1, 2), payload("0102"))));
        assertThat(counters.rewritten()).isEqualTo(1);
        assertThat(counters.rewrittenBytes()).isEqualTo(40 + 42);
    }

    @Test
    void writesTheLengthsOfWhatWasResized() throws IOException {
        assertThat(run(append(3), packet(ipv4(A, B), udp(1, 2), payload("0102"))))
                .containsExactly(datagram(packet(ipv4(A, B), udp(1, 2), payload("0102 414141"))));
        assertThat(run(append(-1), packet(ipv6(C, D), udp(1, 2), payload("0102"))))
                .containsExactly(datagram(packet(ipv6(C, D), udp(1, 2), payload("01"))));
    }

    @ParameterizedTest
    @ValueSource(ints = {8499, 8500, 8501, 8600})
    void tellsTheSenderOfWhatHasBecomeTooLong(int length) throws IOException {
        int grown = 20;
        byte[] whole = packet(ipv4(A, B), udp(1, 2), payload(counting(length - grown - 28)));
        List<byte[]> out = run(append(grown), whole);
        assertThat(out).hasSize(1);
        if (length <= InspectedPacket.MAX_INNER_LENGTH) {
            assertThat(out.getFirst()).hasSize(40 + length);
            assertThat(counters.rewritten()).isEqualTo(1);
            return;
        }
        assertThat(out.getFirst())
                .isEqualTo(
                        datagram(
                                packet(
                                        ipv4(B, A).dontFragment().tos(0xc0),
                                        icmp(3, 4).rest(8500 - grown),
                                        payload(cut(whole, 548)))));
        assertThat(counters.answered(Answer.ICMP_TOO_BIG)).isEqualTo(1);
        assertThat(counters.dropped(DropReason.TOO_LONG)).isEqualTo(1);
    }

    /** A port of an ordinary network: its own limit is the lower one. */
    @Test
    void tellsTheMtuOfThePort() throws IOException {
        port.maxDatagramLength = 1472;
        byte[] whole = packet(ipv6(C, D), udp(1, 2), payload(counting(1432 - 48)));
        assertThat(run(append(100), whole))
                .containsExactly(
                        datagram(
                                packet(
                                        ipv6(D, C),
                                        icmpv6(2, 0).rest(1332),
                                        payload(cut(whole, 1232)))));
        assertThat(run(append(100), packet(ipv6(C, "ff02::1"), udp(1, 2), payload(new byte[1384]))))
                .isEmpty();
        assertThat(run(append(9000), Hex.bytes("60"))).isEmpty();
        assertThat(counters.answered(Answer.NOT_ALLOWED)).isEqualTo(2);
    }

    /** The sender is told about the packet that it knows. */
    @Test
    void rejectsThePacketAsItCame() throws IOException {
        Inspector changing =
                packet -> {
                    packet.resize(30);
                    packet.edit().setZero(packet.innerOffset(), 30);
                    return Verdict.REJECT;
                };
        byte[] whole = packet(ipv4(A, B), udp(1, 53), payload("01020304"));
        assertThat(run(changing, whole))
                .containsExactly(
                        datagram(
                                packet(
                                        ipv4(B, A).dontFragment().tos(0xc0),
                                        icmp(3, 13),
                                        payload(whole))));
    }

    @Test
    void clampsTheSegmentSize() throws IOException {
        Inspector clamp = packet -> packet.clampSegmentSize(1360) ? Verdict.REWRITE : Verdict.PASS;
        byte[] ack = packet(ipv4(A, B), tcp(1, 2).flags(ACK));
        assertThat(
                        run(
                                clamp,
                                packet(ipv4(A, B), tcp(1, 2).options("020405b4")),
                                ack,
                                Hex.bytes("45")))
                .containsExactly(
                        datagram(packet(ipv4(A, B), tcp(1, 2).options("02040550"))),
                        datagram(ack),
                        datagram(Hex.bytes("45")));
        assertThat(counters.rewritten()).isEqualTo(1);
        assertThat(counters.passed()).isEqualTo(2);
    }

    // Failures

    @SuppressWarnings("NullAway") // a null verdict is what is tested
    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(
                        "throws half-way",
                        (Inspector)
                                packet -> {
                                    packet.resize(packet.innerLength() + 8);
                                    packet.edit().setZero(packet.innerOffset(), 30);
                                    throw new IllegalStateException("half-way");
                                }),
                Arguments.of(
                        "passes what it changed",
                        (Inspector)
                                packet -> {
                                    packet.edit().setByte(packet.innerOffset() + TTL, 1);
                                    return Verdict.PASS;
                                }),
                Arguments.of("rewrote nothing", (Inspector) packet -> Verdict.REWRITE),
                Arguments.of(
                        "leaves no packet",
                        (Inspector)
                                packet -> {
                                    packet.edit().setByte(packet.innerOffset(), 0);
                                    return Verdict.REWRITE;
                                }),
                Arguments.of(
                        "of another version",
                        (Inspector)
                                packet -> {
                                    packet.edit().setByte(packet.innerOffset(), 0x60);
                                    return Verdict.REWRITE;
                                }),
                Arguments.of(
                        "a length of nothing",
                        (Inspector)
                                packet -> {
                                    packet.resize(0);
                                    return Verdict.REWRITE;
                                }),
                Arguments.of(
                        "shorter than a header",
                        (Inspector)
                                packet -> {
                                    packet.resize(19);
                                    return Verdict.REWRITE;
                                }),
                Arguments.of("no verdict", (Inspector) packet -> null),
                Arguments.of(
                        "too deep",
                        (Inspector)
                                packet -> {
                                    throw new StackOverflowError("deep");
                                }),
                Arguments.of(
                        "an error of its own, as Kotlin's TODO()",
                        (Inspector)
                                packet -> {
                                    throw new Error("not implemented");
                                }),
                Arguments.of(
                        "a checked exception, as from Kotlin",
                        (Inspector) packet -> throwing(new IOException("closed"))));
    }

    /** Throws what the compiler does not know of. */
    @SuppressWarnings("unchecked") // which is the point
    private static <E extends Throwable> Verdict throwing(Throwable thrown) throws E {
        throw (E) thrown;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("failures")
    void failsClosedOrOpen(String name, Inspector inspector) throws IOException {
        byte[] whole = packet(ipv4(A, B), udp(1, 53), payload("01020304"));
        Worker closed = worker(inspector, FailureMode.CLOSED, 1000);
        assertThat(run(closed, whole)).isEmpty();
        assertThat(counters.dropped(DropReason.INSPECTOR_FAILED)).isEqualTo(1);
        assertThat(closed.inspectorFailure()).isNotNull();

        ScriptedPort other = new ScriptedPort();
        Worker open = worker(other, inspector, FailureMode.OPEN, 1000);
        other.put(datagram(whole), NODE);
        other.poll(open, 1);
        assertThat(other.returned).containsExactly(datagram(whole));
        assertThat(open.counters().passed()).isEqualTo(1);
        assertThat(open.counters().uninspected()).isEqualTo(1);
        assertThat(open.counters().dropped()).isZero();
        assertThat(open.inspectorFailure()).isNotNull();
    }

    /** A packet's past is not the next one's. */
    @Test
    void forgetsAnEditWithItsPacket() throws IOException {
        boolean[] first = {true};
        Inspector once =
                packet -> {
                    if (first[0]) {
                        first[0] = false;
                        packet.resize(10);
                        throw new IllegalStateException("once");
                    }
                    assertThat(packet.innerLength()).isEqualTo(32);
                    return Verdict.PASS;
                };
        byte[] whole = packet(ipv4(A, B), udp(1, 53), payload("01020304"));
        assertThat(run(once, whole, whole)).containsExactly(datagram(whole));
    }

    // Chains

    @Test
    void asksUntilOneDoesNotPass() throws IOException {
        int[] asked = new int[3];
        Inspector chain =
                new InspectorChain(
                        packet -> {
                            asked[0]++;
                            return Verdict.PASS;
                        },
                        packet -> {
                            asked[1]++;
                            return packet.flow().protocol() == 6 ? Verdict.REJECT : Verdict.DROP;
                        },
                        packet -> {
                            asked[2]++;
                            return Verdict.PASS;
                        });
        assertThat(run(chain, packet(ipv4(A, B), tcp(1, 2)), packet(ipv4(A, B), udp(1, 2))))
                .hasSize(1);
        assertThat(asked).containsExactly(2, 2, 0);
        assertThat(counters.dropped(DropReason.INSPECTOR)).isEqualTo(1);
        assertThat(run(new InspectorChain(), packet(ipv4(A, B), udp(1, 2)))).hasSize(1);
        assertThat(counters.passed()).isEqualTo(1);
    }

    @Test
    void showsTheMendedPacketToTheNext() throws IOException {
        Inspector chain =
                new InspectorChain(
                        append(3),
                        packet -> {
                            assertThat(packet.innerLength()).isEqualTo(33);
                            assertThat(packet.flow().transportLength()).isEqualTo(13);
                            packet.edit().setShort(packet.flow().transportOffset(), 99);
                            return Verdict.REWRITE;
                        },
                        packet -> {
                            assertThat(packet.flowStatus()).isEqualTo(FlowStatus.OK);
                            assertThat(packet.flow().sourcePort()).isEqualTo(99);
                            return Verdict.PASS;
                        });
        assertThat(run(chain, packet(ipv4(A, B), udp(1, 2), payload("0102"))))
                .containsExactly(datagram(packet(ipv4(A, B), udp(99, 2), payload("0102 414141"))));
    }

    @Test
    void tellsAllOfWhatPassedUnjudged() {
        int[] told = new int[1];
        Inspector fails =
                told(
                        packets -> {
                            throw new IllegalStateException("failed");
                        });
        Inspector counts = told(packets -> told[0] += packets);
        assertThatThrownBy(() -> new InspectorChain(fails, counts).onUnjudged(1, 7))
                .hasMessage("failed");
        assertThat(told[0]).isEqualTo(7);
    }

    /** Else the flows of those behind would never end by the clock. */
    @Test
    void tellsAllThatNothingComes() {
        long[] told = new long[1];
        Inspector fails =
                idle(
                        now -> {
                            throw new IllegalStateException("failed");
                        });
        assertThatThrownBy(() -> new InspectorChain(fails, idle(now -> told[0] = now)).onIdle(7))
                .hasMessage("failed");
        assertThat(told[0]).isEqualTo(7);
    }

    /** Each cookie where the load balancer has it, and nothing that is none. */
    @Test
    void announcesCookies() {
        List<Integer> told = new ArrayList<>();
        Worker worker =
                worker(new InspectorChain(announced(told::add)), FailureMode.CLOSED, 1_000_000);
        byte[] usual = datagram(packet(ipv4(A, B), udp(1, 2)));
        int cookie = ByteBuffer.wrap(usual).getInt(36);
        ahead(worker, usual);
        ahead(worker, Arrays.copyOf(usual, 40));
        assertThat(told).containsExactly(cookie, cookie);
        ahead(worker, Arrays.copyOf(usual, 39));
        for (int i = 32; i < 36; i++) {
            byte[] other = usual.clone();
            other[i] ^= 1;
            ahead(worker, other);
        }
        assertThat(told).hasSize(2);
    }

    @Test
    void keepsWhatAnAnnouncementThrows() throws IOException {
        Inspector fails =
                announced(
                        cookie -> {
                            throw new IllegalStateException("ahead");
                        });
        Worker worker = worker(fails, FailureMode.CLOSED, 1_000_000);
        byte[] inner = packet(ipv4(A, B), udp(1, 2));
        ahead(worker, datagram(inner));
        assertThat(worker.inspectorFailure()).hasMessage("ahead");
        assertThat(run(worker, inner)).containsExactly(datagram(inner));
        assertThat(counters.dropped()).isZero();
    }

    /** Where the memory ends with it. */
    private static void ahead(Worker worker, byte[] datagram) {
        worker.onAhead(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
    }

    private static Inspector announced(IntConsumer onAhead) {
        return new Inspector() {
            @Override
            public Verdict inspect(InspectedPacket packet) {
                return Verdict.PASS;
            }

            @Override
            public void onAhead(int flowCookie) {
                onAhead.accept(flowCookie);
            }
        };
    }

    private static Inspector idle(LongConsumer onIdle) {
        return new Inspector() {
            @Override
            public Verdict inspect(InspectedPacket packet) {
                return Verdict.PASS;
            }

            @Override
            public void onIdle(long nowNs) {
                onIdle.accept(nowNs);
            }
        };
    }

    private static Inspector told(IntConsumer unjudged) {
        return new Inspector() {
            @Override
            public Verdict inspect(InspectedPacket packet) {
                return Verdict.PASS;
            }

            @Override
            public void onUnjudged(long nowNs, int packets) {
                unjudged.accept(packets);
            }
        };
    }

    @Test
    void failsAsAWhole() throws IOException {
        Inspector passes =
                packet -> {
                    packet.edit();
                    return Verdict.PASS;
                };
        byte[] whole = packet(ipv4(A, B), udp(1, 2), payload("0102"));
        assertThat(run(new InspectorChain(append(3), passes), whole)).isEmpty();
        assertThat(counters.dropped(DropReason.INSPECTOR_FAILED)).isEqualTo(1);
        Worker open = worker(new InspectorChain(append(3), passes), FailureMode.OPEN, 1000);
        assertThat(run(open, whole)).containsExactly(datagram(whole));
    }

    @Test
    void showsNobodyWhatHasBecomeTooLong() throws IOException {
        Inspector chain =
                new InspectorChain(
                        append(8900),
                        packet -> {
                            throw new IllegalStateException("nothing to see");
                        });
        assertThat(run(chain, packet(ipv4(A, B), udp(1, 2)))).hasSize(1);
        assertThat(counters.answered(Answer.ICMP_TOO_BIG)).isEqualTo(1);
    }

    @Test
    @SuppressWarnings("NullAway") // a null inspector is what is tested
    void hasNoGaps() {
        assertThatThrownBy(() -> new InspectorChain((Inspector) null))
                .isInstanceOf(NullPointerException.class);
    }

    @ParameterizedTest
    @EnumSource
    void answersHaveNamesOfMetrics(Answer answer) {
        assertThat(answer.label()).matches("[a-z]+(_[a-z]+)*");
    }

    private List<byte[]> run(Inspector inspector, byte[]... inner) throws IOException {
        port.returned.clear();
        return run(worker(inspector, FailureMode.CLOSED, 1_000_000), inner);
    }

    /** {@return what comes out; counters of several workers add up} */
    private List<byte[]> run(Worker worker, byte[]... inner) throws IOException {
        port.returned.clear();
        for (byte[] each : inner) {
            port.put(datagram(each), NODE);
        }
        port.poll(worker, inner.length);
        counters.add(worker.counters());
        return List.copyOf(port.returned);
    }

    private Worker worker(Inspector inspector, FailureMode onFailure, int icmpRate) {
        return worker(port, inspector, onFailure, icmpRate);
    }

    private static Worker worker(
            ScriptedPort port, Inspector inspector, FailureMode onFailure, int icmpRate) {
        return new Worker(
                port,
                OriginFilter.parse("10.0.0.1"),
                EndpointPolicy.builder().build(),
                inspector,
                onFailure,
                FailureMode.CLOSED,
                icmpRate,
                IdleMode.ADAPTIVE,
                Worker.ANY_CPU);
    }

    /** {@return the inner packet under a load balancer's header} */
    static byte[] datagram(byte[] inner) {
        byte[] header = KnownPackets.awsHeader();
        if (inner.length > 0 && inner[0] >>> 4 == 6) {
            header[2] = (byte) 0x86;
            header[3] = (byte) 0xdd;
        }
        return concat(header, inner);
    }
}
