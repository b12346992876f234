package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.firewall.Firewall;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.Judgement;
import io.github.geneve4j.appliance.inspect.AllowAll;
import io.github.geneve4j.appliance.inspect.DropPorts;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.io.PacketPort;
import io.github.geneve4j.testkit.Allocations;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.KnownPackets;
import io.github.geneve4j.testkit.Packets;
import io.github.geneve4j.testkit.TcpLayer;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From the port's hand to the verdict and back: not a byte for each packet. */
class WorkerAllocationTest {
    private static final int PACKETS = 1_000_000;
    private static final int ROOM = 2048;
    private static final int NODE = 0x0a00_0001;

    @ParameterizedTest
    @EnumSource(
            value = BufferKind.class,
            names = {"HEAP", "DIRECT"})
    void judgesWithoutAllocating(BufferKind kind) {
        for (Inspector inspector : new Inspector[] {new AllowAll(), new DropPorts(23)}) {
            Worker worker = worker(inspector);
            BufferKind.Placed good = kind.place(KnownPackets.awsDatagram());
            BufferKind.Placed bad = kind.place(Packets.cut(KnownPackets.awsDatagram(), 20));

            assertThat(
                            Allocations.of(
                                    PACKETS,
                                    () ->
                                            deliver(worker, good, NODE)
                                                    + deliver(worker, bad, NODE)
                                                    + deliver(worker, good, 1)))
                    .isLessThanOrEqualTo(Allocations.SLACK);
            assertThat(worker.counters().passed()).isGreaterThan(PACKETS);
            assertThat(worker.counters().dropped(DropReason.TRUNCATED_OPTIONS))
                    .isEqualTo(worker.counters().passed());
            assertThat(worker.counters().dropped(DropReason.ORIGIN_NOT_ALLOWED))
                    .isEqualTo(worker.counters().passed());
        }
    }

    /** By cookies that two flows share, of which one has ended. */
    @ParameterizedTest
    @EnumSource(
            value = BufferKind.class,
            names = {"HEAP", "DIRECT"})
    void looksAheadWithoutAllocating(BufferKind kind) throws Exception {
        Firewall firewall =
                FirewallControl.builder(PolicyReader.parse("default: allow", "test"))
                        .flows(1000)
                        .build()
                        .newFirewall();
        Worker worker = worker(new InspectorChain(firewall, new AllowAll()));
        byte[] bytes = WorkerVerdictTest.datagram(packet(ipv4("10.0.0.1", "10.0.0.2"), udp(1, 2)));
        BufferKind.Placed placed = kind.place(bytes);
        int[] turn = {0};
        assertThat(
                        Allocations.of(
                                PACKETS,
                                () -> {
                                    int client =
                                            turn[0]++ >>> 2 & 0x7ff; // evicted before it is back
                                    placed.buffer().setInt(placed.offset() + 36, client & 0x3ff);
                                    placed.buffer().setShort(placed.offset() + 60, client);
                                    worker.onAhead(placed.buffer(), placed.offset(), bytes.length);
                                    return deliver(worker, placed, NODE);
                                }))
                .isLessThanOrEqualTo(Allocations.SLACK);
        assertThat(worker.inspectorFailure()).isNull();
        assertThat(worker.counters().dropped()).isZero();
        assertThat(firewall.counters().count(Judgement.ALLOWED)).isGreaterThan(PACKETS / 5);
        assertThat(firewall.counters().count(Judgement.KNOWN)).isGreaterThan(PACKETS / 2);
    }

    /** Answers of every kind, and a packet that was changed; each is put back for the next time. */
    @ParameterizedTest
    @EnumSource(
            value = BufferKind.class,
            names = {"HEAP", "DIRECT"})
    void answersAndRewritesWithoutAllocating(BufferKind kind) {
        byte[][] packets = {
            WorkerVerdictTest.datagram(
                    packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2).flags(TcpLayer.ACK))),
            WorkerVerdictTest.datagram(
                    packet(ipv6("2001:db8::1", "2001:db8::2"), udp(1, 2), payload(new byte[1400])))
        };
        for (byte[] bytes : packets) {
            BufferKind.Placed placed = kind.room(ROOM);
            int[] turn = {0};
            Worker worker =
                    new Worker(
                            new SilentPort(),
                            OriginFilter.parse("10.0.0.0/24"),
                            EndpointPolicy.builder().build(),
                            packet -> verdict(packet, turn[0]++),
                            FailureMode.CLOSED,
                            FailureMode.CLOSED,
                            1_000_000_000,
                            IdleMode.ADAPTIVE,
                            Worker.ANY_CPU);
            assertThat(
                            Allocations.of(
                                    PACKETS / packets.length,
                                    () -> {
                                        placed.buffer().setBytes(placed.offset(), bytes);
                                        return worker.onDatagram(
                                                placed.buffer(),
                                                placed.offset(),
                                                bytes.length,
                                                NODE);
                                    }))
                    .isLessThanOrEqualTo(Allocations.SLACK);
            assertThat(worker.inspectorFailure()).isNull();
            assertThat(worker.counters().answered()).isGreaterThan(PACKETS / 4);
            assertThat(worker.counters().answered(Answer.ICMP_TOO_BIG)).isGreaterThan(PACKETS / 10);
            assertThat(worker.counters().rewritten()).isGreaterThan(PACKETS / 10);
        }
    }

    /** Turns in and out of overloads, in which some packets are judged, and most are not. */
    @ParameterizedTest
    @EnumSource(
            value = BufferKind.class,
            names = {"HEAP", "DIRECT"})
    void passesUnjudgedWithoutAllocating(BufferKind kind) {
        BufferKind.Placed good = kind.place(KnownPackets.awsDatagram());
        BufferKind.Placed bad = kind.place(Packets.cut(KnownPackets.awsDatagram(), 20));
        long[] now = {0};
        int[] turns = {0};
        PacketPort port =
                new SilentPort() {
                    @Override
                    public int poll(PacketHandler handler, int budget) {
                        for (int i = 0; i < 4; i++) {
                            handler.onDatagram(good.buffer(), good.offset(), good.length(), NODE);
                            handler.onDatagram(bad.buffer(), bad.offset(), bad.length(), NODE);
                            now[0] += Overload.SLICE_NANOS;
                        }
                        return turns[0]++ % 1000 < 300 ? budget : 4;
                    }
                };
        Worker worker =
                new Worker(
                        port,
                        OriginFilter.parse("10.0.0.0/24"),
                        EndpointPolicy.builder().build(),
                        new AllowAll(),
                        FailureMode.CLOSED,
                        FailureMode.OPEN,
                        Answers.DEFAULT_ICMP_RATE,
                        IdleMode.ADAPTIVE,
                        Worker.ANY_CPU,
                        () -> now[0],
                        () -> {});
        assertThat(Allocations.of(PACKETS / 4, () -> poll(worker, now[0])))
                .isLessThanOrEqualTo(Allocations.SLACK);
        PacketCounters counters = worker.counters();
        assertThat(counters.overloads()).isGreaterThan(PACKETS / 4 / 1000);
        assertThat(counters.unjudged()).isBetween(PACKETS / 4L, PACKETS * 3 / 4L);
        assertThat(counters.passed()).isEqualTo(counters.dropped(DropReason.TRUNCATED_OPTIONS));
    }

    private static int poll(Worker worker, long now) {
        try {
            return worker.poll(now);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Verdict verdict(InspectedPacket packet, int turn) {
        return switch (turn & 3) {
            case 0 -> Verdict.REJECT;
            case 1 -> Verdict.REJECT_BOTH_ENDS;
            case 2 -> {
                packet.resize(ROOM); // longer than the port can send
                yield Verdict.REWRITE;
            }
            default -> {
                packet.edit().setByte(packet.flow().transportOffset(), 77);
                yield Verdict.REWRITE;
            }
        };
    }

    private static int deliver(Worker worker, BufferKind.Placed packet, int source) {
        return worker.onDatagram(packet.buffer(), packet.offset(), packet.length(), source);
    }

    private static Worker worker(Inspector inspector) {
        return new Worker(
                new ScriptedPort(),
                OriginFilter.parse("10.0.0.0/24"),
                EndpointPolicy.builder().build(),
                inspector,
                FailureMode.CLOSED,
                FailureMode.CLOSED,
                Answers.DEFAULT_ICMP_RATE,
                IdleMode.ADAPTIVE,
                Worker.ANY_CPU);
    }
}
