package io.github.geneve4j.appliance;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.domain.DomainInspector;
import io.github.geneve4j.appliance.domain.DomainList;
import io.github.geneve4j.appliance.domain.QuicDomainInspector;
import io.github.geneve4j.appliance.firewall.Firewall;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.firewall.FirewallCounters;
import io.github.geneve4j.appliance.firewall.Judgement;
import io.github.geneve4j.appliance.inspect.SegmentSizeClamp;
import io.github.geneve4j.appliance.ops.FirewallReport;
import io.github.geneve4j.appliance.policy.Policy;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.github.geneve4j.appliance.track.ConnectionEnd;
import io.github.geneve4j.config.ConfigException;
import io.github.geneve4j.flow.FiveTuple;
import io.github.geneve4j.flow.FlowStatus;
import io.github.geneve4j.flow.FlowTimeouts;
import io.github.geneve4j.flow.TcpFlags;
import io.github.geneve4j.geneve.DecodeStatus;
import io.github.geneve4j.geneve.tunnel.EndpointPolicy;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.io.PacketHandler;
import io.github.geneve4j.packets.InnerChecksums;
import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Damaged packets at full rate through all that a worker has: nothing throws, every packet is
 * counted once, what passes is what came, and the connections of those who behave are not touched.
 *
 * <p>{@code -Dgeneve4j.hostile.packets=100000000} for a long run, which tells how far it is; {@code
 * -Dgeneve4j.hostile.seed} for others.
 */
class HostileTrafficTest {
    private static final long PACKETS = Long.getLong("geneve4j.hostile.packets", 200_000);
    private static final long SEED = Long.getLong("geneve4j.hostile.seed", 20_261_129);

    private static final int NODE = 0x0a00_0001;
    private static final int STRANGER = 0x0a00_0002;
    private static final int CONVERSATIONS = 1_500;
    private static final int AT_ONCE = 256;
    private static final int SENTINELS = 96;
    private static final int BETWEEN_SENTINELS = 8; // of other packets
    private static final int FLOWS = 4_096;
    private static final int FLOWS_PER_ENDPOINT = 2_000;
    private static final int FLOWS_PER_SOURCE = 100;
    private static final int BETWEEN_CHECKS = 1_024;
    private static final long BETWEEN_POLICIES = Math.max(20_000, PACKETS / 500);
    private static final int[] SENTINELS_RULE = {3, 11}; // in either policy
    private static final long BETWEEN_REPORTS = 10_000_000;
    private static final DomainList SERVERS = DomainList.of(List.of("*.ok.example", "ok.example"));

    private final Traffic traffic = new Traffic();
    private final List<Sentinel> sentinels = new ArrayList<>();
    private final FlowWitness witness = new FlowWitness(sentinels);
    private final Policy[] policies = {
        policy(SENTINELS_RULE[0], "drop"), policy(SENTINELS_RULE[1], "reject")
    };
    private final FirewallControl control =
            FirewallControl.builder(policies[0])
                    .flows(FLOWS)
                    .flowsPerEndpoint(FLOWS_PER_ENDPOINT)
                    .flowsPerSource(FLOWS_PER_SOURCE)
                    .timeouts(new FlowTimeouts(FlowTimeouts.LEAST, FlowTimeouts.LEAST, 1))
                    .inspector(() -> witness)
                    .inspector(() -> new DomainInspector(() -> SERVERS))
                    .inspector(() -> new QuicDomainInspector(() -> SERVERS))
                    .build();
    private final Firewall firewall = control.newFirewall();
    private final EndpointPolicy endpointPolicy = EndpointPolicy.builder().build();
    private final Port port = new Port();
    private final Worker worker =
            new Worker(
                    port,
                    OriginFilter.parse("10.0.0.1"),
                    endpointPolicy,
                    new InspectorChain(firewall, new SegmentSizeClamp(Sentinel.SEGMENT_SIZE)),
                    FailureMode.CLOSED,
                    FailureMode.CLOSED,
                    1_000_000_000,
                    IdleMode.ADAPTIVE,
                    Worker.ANY_CPU);

    @Test
    void harmsNobody() {
        for (int i = 0; i < SENTINELS; i++) {
            sentinels.add(new Sentinel(i));
        }

        worker.run();

        Throwable failure = worker.failure();
        if (failure != null) {
            throw new AssertionError(port.lastPacket(), failure);
        }
        assertThat(port.sent).isEqualTo(PACKETS);
        checkAllWasMet();
        checkAllEnds();
        checkLimitsAreFree();
    }

    /** As they are; every second time, where the memory ends with them. */
    @Test
    void survivesWhatHasBeenWrittenDown() {
        List<byte[]> vectors = HostileVectors.upTo(Traffic.LENGTH);
        assertThat(vectors).hasSizeGreaterThan(50);
        for (byte[] vector : vectors) {
            for (int i = 0; i < 4; i++) {
                System.arraycopy(vector, 0, traffic.bytes, 0, vector.length);
                port.bring(worker, vector.length);
            }
        }
        port.checkBooks();
        assertThat(worker.counters().received()).isEqualTo(4L * vectors.size());
    }

    /** Of all that can become of a packet, but for what these settings rule out. */
    private void checkAllWasMet() {
        Set<Judgement> judgements = EnumSet.allOf(Judgement.class);
        judgements.removeIf(judgement -> control.counters().count(judgement) > 0);
        assertThat(judgements)
                .containsExactly(Judgement.LOOSE_ALLOWED, Judgement.TABLE_FULL, Judgement.UNJUDGED);
        Set<DropReason> reasons = EnumSet.allOf(DropReason.class);
        reasons.removeIf(reason -> worker.counters().dropped(reason) > 0);
        assertThat(reasons)
                .containsExactlyInAnyOrder(
                        DropReason.OPTIONS_TOO_LONG,
                        DropReason.TOO_LONG,
                        DropReason.INSPECTOR_FAILED);
        for (ConnectionEnd end :
                List.of(ConnectionEnd.EVICTED, ConnectionEnd.REUSED, ConnectionEnd.REMOVED)) {
            assertThat(witness.ended(end)).as("%s", end).isPositive();
        }
        assertThat(witness.most()).isEqualTo(FLOWS);
        assertThat(sentinels).allMatch(sentinel -> sentinel.lives() > 0);
        assertThat(sentinels).anyMatch(sentinel -> sentinel.lives() > 1);
    }

    /** As time goes by all flows go, each with the account that it has to have. */
    private void checkAllEnds() {
        assertThat(sentinels.stream().filter(Sentinel::isAlive).count())
                .isGreaterThan(SENTINELS * 3 / 4);
        witness.over();
        long later = System.nanoTime() + Duration.ofHours(1).toNanos();
        for (int i = 0; i < FLOWS && witness.live() > 0; i++) {
            firewall.onIdle(later);
        }
        assertThat(witness.live()).isZero();
        assertThat(witness.endpoints()).isZero();
        assertThat(sentinels).noneMatch(Sentinel::isAlive);
    }

    /** With no flows there are none that count for a limit. */
    private void checkLimitsAreFree() {
        InspectedPacket packet = new InspectedPacket(port.maxDatagramLength());
        packet.at(System.nanoTime() + Duration.ofHours(2).toNanos());
        for (long endpoint : HostileConversations.ENDPOINTS) {
            int passed = 0;
            for (int i = 0; i < 2 * FLOWS_PER_SOURCE; i++) {
                byte[] query = Traffic.query(endpoint, i);
                packet.wrap(Unpooled.wrappedBuffer(query), 0, query.length, endpointPolicy);
                passed += firewall.inspect(packet) == Verdict.PASS ? 1 : 0;
            }
            assertThat(passed).isEqualTo(FLOWS_PER_SOURCE);
        }
    }

    private static Policy policy(int before, String byDefault) {
        StringBuilder text = new StringBuilder("default: " + byDefault);
        text.append("\nzones: {sentinels: [").append(new EndpointId(Sentinel.ENDPOINT));
        text.append("]}\nsets: {offices: [10.1.0.0/16, 'fd00::/16']}\nrules:\n");
        for (int i = 0; i < 30; i++) {
            if (i == before) {
                text.append("  - {name: sentinels, zone: sentinels, action: allow}\n");
            }
            text.append("  - {name: net ").append(i).append(", source: 172.20.").append(i);
            text.append(".0/24, protocol: tcp, destination-port: 1000-10").append(10 + i);
            text.append(", action: ").append(i % 2 == 0 ? "allow" : "reject").append("}\n");
        }
        text.append(
                """
                  - {name: telnet, protocol: tcp, destination-port: 23, action: reject, log: true}
                  - {name: web, direction: outbound, protocol: tcp, destination-port: [80, 443], action: allow}
                  - {name: ssh, source: offices, protocol: tcp, destination-port: 22, action: allow}
                  - {name: names, direction: outbound, protocol: udp, destination-port: 53, action: allow}
                  - {name: no names, protocol: udp, destination-port: 54, fragment: false, action: reject}
                  - {name: parts, protocol: udp, destination-port: 54, fragment: true, action: allow}
                  - {name: ping, protocol: icmp, icmp: [8, 13], action: allow}
                  - {name: ping6, protocol: icmpv6, icmp: [128, 135], action: allow}
                  - {name: tunnels, protocol: [gre, esp, 253], action: allow}
                  - {name: servers, direction: inbound, destination: offices, action: allow}
                """);
        if (before == SENTINELS_RULE[1]) {
            text.append(
                    "  - {name: more, protocol: tcp, destination-port: [8080, 25], action: allow}\n");
            text.append(
                    "  - {name: quic, protocol: udp, destination-port: 443, action: drop, log: true}\n");
        } else {
            text.append("  - {name: mail, protocol: tcp, destination-port: 25, action: reject}\n");
            text.append("  - {name: apps, protocol: [udp, sctp], action: allow}\n");
        }
        for (int i = 0; i < 8; i++) {
            text.append("  - {name: last ").append(i).append(", destination: 198.51.").append(i);
            text.append(".0/25, source-port: 1024-65535, protocol: tcp, action: drop}\n");
        }
        try {
            return PolicyReader.parse(text.toString(), "policy");
        } catch (ConfigException e) {
            throw new AssertionError(e);
        }
    }

    /** Conversations, some hundred at once, and what becomes of their packets on the way. */
    private static final class Traffic {
        private static final int LENGTH = 2_048;
        private static final int UNHARMED = 40; // of a hundred

        private final SplittableRandom random = new SplittableRandom(SEED);
        private final PacketMutator mutator = new PacketMutator(random);
        private final List<byte[][]> conversations = conversations();
        private final int[] which = random.ints(AT_ONCE, 0, conversations.size()).toArray();
        private final int[] step = new int[AT_ONCE];
        final byte[] bytes = new byte[LENGTH];

        private static List<byte[][]> conversations() {
            List<byte[][]> all = HostileConversations.make(CONVERSATIONS, SEED);
            for (byte[] vector : HostileVectors.upTo(LENGTH)) {
                if (vector.length > 0) {
                    all.add(new byte[][] {vector});
                }
            }
            return all;
        }

        /** {@return the length of the next datagram, which is in {@link #bytes}} */
        int next() {
            int slot = random.nextInt(AT_ONCE);
            byte[][] conversation = conversations.get(which[slot]);
            byte[] datagram = conversation[step[slot]];
            if (random.nextInt(16) != 0 && ++step[slot] == conversation.length) {
                which[slot] = random.nextInt(conversations.size());
                step[slot] = 0;
            }
            System.arraycopy(datagram, 0, bytes, 0, datagram.length);
            int length = datagram.length;
            if (random.nextInt(100) < UNHARMED) {
                return length;
            }
            int most = 1 + random.nextInt(4);
            for (int i = 0; i < most; i++) {
                byte[][] other = conversations.get(random.nextInt(conversations.size()));
                length = mutator.mutate(bytes, length, other[random.nextInt(other.length)]);
            }
            return length;
        }

        static byte[] query(long endpoint, int number) {
            return packet(
                    HostileConversations.aws(endpoint, number),
                    ipv4(HostileConversations.BUSY_CLIENT, "198.51.100.1"),
                    udp(1_000 + number, 53));
        }
    }

    /** Brings the packets, and looks at what comes back. */
    private final class Port extends SilentPort {
        private static final int BEFORE = 42; // as after Ethernet, IPv4 and UDP headers
        private static final int CAPACITY = BEFORE + Traffic.LENGTH;
        private static final int IPV4_CHECKSUM = 10;
        private static final int PROBE = 64; // one in so many answers is read

        private final ByteBuf ring =
                Unpooled.wrappedBuffer(
                        ByteBuffer.allocateDirect(CAPACITY)); // not watched for leaks
        private final ByteBuf original = Unpooled.wrappedBuffer(traffic.bytes);
        private final InspectedPacket probe = new InspectedPacket(Traffic.LENGTH);
        private final SplittableRandom random = new SplittableRandom(SEED + 1);
        private final long begin = System.nanoTime();
        private long sent;
        private long passed;
        private long rewritten;
        private long answered;
        private long polls;
        private int nextSentinel;
        private int untilSentinel = BETWEEN_SENTINELS;
        private int length;
        private int current; // policy

        @Override
        public int poll(PacketHandler handler, int budget) {
            if (sent >= PACKETS) {
                worker.stop();
                return 0;
            }
            if ((++polls & 0xf) == 0) {
                return 0; // an idle moment
            }
            int count = 0;
            int most = 1 + random.nextInt(budget - 16);
            while (count < most && sent < PACKETS) {
                if (--untilSentinel > 0) {
                    bringAny(handler);
                    count++;
                } else {
                    untilSentinel = BETWEEN_SENTINELS;
                    count += bringSentinels(handler);
                }
            }
            return count;
        }

        private void bringAny(PacketHandler handler) {
            bring(handler, traffic.next());
        }

        /** Brings the datagram that the traffic has. */
        void bring(PacketHandler handler, int length) {
            this.length = length;
            // Half of the time it ends where the memory ends, so that reading on throws
            int offset = random.nextBoolean() ? CAPACITY - length : BEFORE;
            ring.setBytes(offset, traffic.bytes, 0, length);
            int source = random.nextInt(100) == 0 ? STRANGER : NODE;
            if (length > 0) {
                handler.onAhead(ring, offset, length);
            }
            FirewallCounters counters = firewall.counters();
            long endpointFlows = counters.count(Judgement.ENDPOINT_FLOWS);
            long sourceFlows = counters.count(Judgement.SOURCE_FLOWS);
            int answer = handler.onDatagram(ring, offset, length, source);
            if (answer == PacketHandler.UNCHANGED) {
                passed++;
                check(isOriginal(offset, 0, length), "what passed is not what came");
            } else if (answer != PacketHandler.DROP) {
                lookAtAnswer(offset, answer);
            } else if (counters.count(Judgement.ENDPOINT_FLOWS) > endpointFlows
                    || counters.count(Judgement.SOURCE_FLOWS) > sourceFlows) {
                lookAtLimit(offset, counters.count(Judgement.SOURCE_FLOWS) > sourceFlows);
            }
            sent();
        }

        private boolean isOriginal(int offset, int from, int to) {
            return ByteBufUtil.equals(ring, offset + from, original, from, to - from);
        }

        private void lookAtAnswer(int offset, int answer) {
            int header = 8 + (traffic.bytes[0] & 0x3f) * 4;
            check(answer > header, "an answer without a packet");
            check(isOriginal(offset, 0, header), "an answer under another header");
            if (worker.counters().rewritten() > rewritten) {
                rewritten++;
                check(answer == length, "a clamped packet of another length");
                FlowStatus status = read(offset, answer);
                check(status == FlowStatus.OK, "a clamped packet that is malformed");
                FiveTuple flow = probe.flow();
                int segment = flow.transportOffset() - offset;
                int checksum = header + IPV4_CHECKSUM;
                if (!flow.isIpv6() && original.getShort(checksum) == 0) {
                    original.setShort(checksum, ring.getShort(offset + checksum)); // the other zero
                    check((original.getShort(checksum) + 1 & 0xfffe) == 0, "a header's checksum");
                }
                check(isOriginal(offset, header, segment), "an IP header was changed");
                int data = segment + flow.tcpHeaderLength();
                check(isOriginal(offset, data, length), "data was changed");
                return;
            }
            answered++;
            if (answered % PROBE == 0) {
                check(read(offset, answer) == FlowStatus.OK, "an answer that is malformed");
                check(
                        InnerChecksums.isValid(probe.flow(), ring, probe.innerOffset()),
                        "an answer with a wrong checksum");
            }
        }

        private FlowStatus read(int offset, int length) {
            DecodeStatus status = probe.wrap(ring, offset, length, endpointPolicy);
            check(status == DecodeStatus.OK, "comes back as " + status);
            return probe.flowStatus();
        }

        /** Whoever was refused has as many flows as he may, by the witness's count. */
        private void lookAtLimit(int offset, boolean ofSource) {
            read(offset, length);
            FiveTuple flow = probe.flow();
            long endpoint = probe.endpointId();
            if (!ofSource) {
                check(
                        witness.flowsOfEndpoint(endpoint) == FLOWS_PER_ENDPOINT
                                || witness.endpoints() >= FLOWS,
                        "refused with few flows of its endpoint");
                return;
            }
            int control = TcpFlags.SYN | TcpFlags.ACK | TcpFlags.FIN | TcpFlags.RST;
            boolean answersSyn = (flow.tcpFlags() & control) == (TcpFlags.SYN | TcpFlags.ACK);
            int flows =
                    answersSyn
                            ? witness.flowsOfSource(
                                    endpoint, flow.destinationHigh(), flow.destinationLow())
                            : witness.flowsOfSource(endpoint, flow.sourceHigh(), flow.sourceLow());
            check(flows == FLOWS_PER_SOURCE, "refused with few flows of its source");
        }

        private int bringSentinels(PacketHandler handler) {
            Sentinel sentinel = sentinels.get(nextSentinel);
            nextSentinel = (nextSentinel + 1) % SENTINELS;
            witness.expect(sentinel);
            int count = 0;
            boolean more = true;
            while (more && sent < PACKETS) {
                Sentinel.Step step = sentinel.next(SENTINELS_RULE[current], control.generation());
                byte[] datagram = step.datagram();
                length = datagram.length;
                System.arraycopy(datagram, 0, traffic.bytes, 0, length);
                int offset = random.nextBoolean() ? CAPACITY - length : BEFORE;
                ring.setBytes(offset, datagram);
                int answer = handler.onDatagram(ring, offset, length, NODE);
                boolean same = ByteBufUtil.equals(ring, offset, step.expected(), 0, length);
                if (!same || (answer != PacketHandler.UNCHANGED && answer != length)) {
                    check(false, sentinel + ": answer " + answer + (same ? "" : ", changed"));
                }
                sentinel.checkSeen();
                passed += answer == PacketHandler.UNCHANGED ? 1 : 0;
                rewritten += answer == PacketHandler.UNCHANGED ? 0 : 1;
                sent();
                count++;
                more = step.together();
            }
            witness.expect(null);
            return count;
        }

        private void sent() {
            sent++;
            if (sent % BETWEEN_CHECKS == 0 || sent == PACKETS) {
                checkBooks();
            }
            if (sent % BETWEEN_POLICIES == 0) {
                current = 1 - current;
                control.replace(policies[current]);
                control.drainLog((rule, action, endpoint, flow) -> {});
            }
            if (sent % BETWEEN_REPORTS == 0) {
                report();
            }
        }

        private void report() {
            double seconds = (System.nanoTime() - begin) * 1e-9;
            double busy = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() * 1e-9;
            System.out.printf(
                    "%,d packets in %.1f s, %.1f s of a processor: %,.0f/s; %,d flows begun%n%s%n",
                    sent,
                    seconds,
                    busy,
                    sent / busy,
                    witness.begun(),
                    FirewallReport.judgements(control));
        }

        void checkBooks() {
            Throwable failure = worker.inspectorFailure();
            if (failure != null) {
                throw new AssertionError(lastPacket(), failure);
            }
            PacketCounters packets = worker.counters();
            check(packets.received() == sent, "received " + packets.received());
            check(packets.passed() == passed, "passed " + packets.passed());
            check(packets.rewritten() == rewritten, "rewritten " + packets.rewritten());
            check(packets.answered() == answered, "answered " + packets.answered());
            check(packets.resetsOnward() == counters().originated(), "resets onward");
            check(passed + rewritten + packets.dropped() == sent, "dropped " + packets.dropped());
            long told = 0;
            for (Answer answer : Answer.values()) {
                told += packets.answered(answer);
            }
            check(told == packets.dropped(DropReason.REJECTED), "told " + told);
            long judged = passed + rewritten;
            judged += packets.dropped(DropReason.INSPECTOR) + packets.dropped(DropReason.REJECTED);
            FirewallCounters firewalls = control.counters();
            check(firewalls.total() == judged, "judged " + firewalls.total() + ", not " + judged);
            long allowed =
                    firewalls.count(Judgement.KNOWN)
                            + firewalls.count(Judgement.ALLOWED)
                            + firewalls.count(Judgement.RELATED);
            check(allowed == passed + rewritten, "allowed " + allowed);
            check(witness.live() <= FLOWS, "flows " + witness.live());
        }

        private void check(boolean holds, String otherwise) {
            if (!holds) {
                Throwable cause = worker.inspectorFailure();
                throw new AssertionError(otherwise + ", " + lastPacket() + ": " + cause, cause);
            }
        }

        String lastPacket() {
            return "packet %,d of seed %d: %s"
                    .formatted(sent, SEED, Hex.text(Arrays.copyOf(traffic.bytes, length)));
        }
    }
}
