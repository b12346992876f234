package io.github.geneve4j.simulator;

import static io.github.geneve4j.simulator.Rig.SECOND;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.geneve;
import static io.github.geneve4j.testkit.Packets.ip;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.flow.FlowScope;
import io.github.geneve4j.gwlb.EndpointId;
import io.github.geneve4j.simulator.SimulatorEvent.PacketDropped;
import io.github.geneve4j.simulator.SimulatorEvent.ReplyNoted;
import io.github.geneve4j.testkit.GeneveLayer;
import io.github.geneve4j.testkit.Hex;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is sent, and every reason for which what comes back is refused. */
class ReplyJudgementTest {
    private static final String A = "000000000000000a";

    private final Rig rig = Rig.healthy();

    private static String hex(int cookie) {
        return HexFormat.of().toHexDigits(cookie);
    }

    private static GeneveLayer header(String endpoint, String attachment, String cookie) {
        return geneve().option(0x0108, 1, endpoint)
                .option(0x0108, 2, attachment)
                .option(0x0108, 3, cookie);
    }

    private static byte[] answer(GeneveLayer header, byte[] inner) {
        return packet(header, ip(inner));
    }

    private byte[] answer(Rig.Sent request, byte[] inner) {
        return answer(header(A, "0000000000000000", hex(request.cookie())), inner);
    }

    private void refuses(Rig.Sent request, byte[] bytes, DropReason reason) {
        long metric = reason.metric() == null ? 0 : rig.lb.counters().get(reason.metric());
        long drops = rig.lb.counters().get(reason);
        long dropsOfTarget = request.target().packetsDropped();
        assertThat(rig.accepts(request, bytes, SECOND)).isFalse();
        assertThat(rig.lastDrop()).isEqualTo(reason);
        assertThat(rig.lb.counters().get(reason)).isEqualTo(drops + 1);
        assertThat(request.target().packetsDropped()).isEqualTo(dropsOfTarget + 1);
        if (reason.metric() != null) {
            assertThat(rig.lb.counters().get(reason.metric())).isEqualTo(metric + 1);
            assertThat(rig.lastEvent()).contains(reason.metric().metricName());
        }
    }

    // What is sent

    @Test
    void theDatagramIsWhatTheLoadBalancerSends() {
        Rig.Sent sent = rig.in(Side.INSIDE, Rig.udp(1), 0);
        assertThat(Hex.text(sent.bytes()))
                .isEqualTo(
                        "0800080000000000"
                                + "01080102"
                                + A
                                + "010802020000000000000000"
                                + "01080301"
                                + hex(sent.cookie())
                                + Hex.text(Rig.udp(1)));
        assertThat(sent.port()).isBetween(60_000, 60_015);
        assertThat(sent.bytes()).isEqualTo(answer(sent, Rig.udp(1)));
        byte[] six =
                packet(
                        io.github.geneve4j.testkit.Packets.ipv6("2001:db8::1", "2001:db8::2"),
                        udp(1, 2));
        assertThat(Hex.text(rig.in(Side.INSIDE, six, 0).bytes())).startsWith("080086dd00000000");
    }

    @Test
    void theAttachmentIdIsTheEndpointsAndSourcePortsAreAsSet() {
        Rig other = new Rig(Rig.withoutChecks(), b -> b.sourcePorts(32_811, 1));
        Endpoint endpoint = other.service.createEndpoint(new EndpointId(0xc), "zone-a", 0x1122L, 0);
        Rig.Sent sent = other.in(endpoint, Side.INSIDE, Rig.udp(1), 0);
        assertThat(Hex.text(sent.bytes())).contains("01080202" + "0000000000001122");
        assertThat(sent.port()).isEqualTo(32_811);
        assertThat(other.accepts(sent, 0)).isTrue();
    }

    @Test
    void aReplyLeavesByTheOtherSideAndIsCounted() {
        byte[] request = packet(ipv4("10.1.0.1", "192.0.2.1"), udp(1, 53), payload(counting(10)));
        Rig.Sent sent = rig.in(Side.INSIDE, request, 0);
        assertThat(rig.accepts(sent, 0)).isTrue();
        assertThat(rig.left.getLast().endpoint()).isSameAs(rig.a);
        assertThat(rig.left.getLast().side()).isEqualTo(Side.OUTSIDE);
        assertThat(rig.left.getLast().packet()).isEqualTo(request);
        assertThat(rig.lb.counters().get(CloudWatchMetric.PROCESSED_BYTES))
                .isEqualTo(2L * request.length);
        assertThat(rig.lb.counters().packetsSent()).isEqualTo(1);
        assertThat(rig.lb.counters().packetsReturned()).isEqualTo(1);
        Rig.Sent back = rig.in(Side.OUTSIDE, Rig.udpBack(1), 0);
        assertThat(back.cookie()).isEqualTo(sent.cookie());
        assertThat(rig.accepts(back, 0)).isTrue();
        assertThat(rig.left.getLast().side()).isEqualTo(Side.INSIDE);
        FlowSnapshot flow = rig.lb.flows(10).getFirst();
        assertThat(flow.packetsSent()).isEqualTo(2);
        assertThat(flow.packetsReturned()).isEqualTo(2);
        assertThat(flow.connection()).isEqualTo("udp 10.1.0.1:1 > 192.0.2.1:53");
    }

    @Test
    void theApplianceMaySpeakToEitherEndOfAFlow() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.syn(7), 0);
        byte[] reset = Rig.tcpBack(7, io.github.geneve4j.testkit.TcpLayer.RST);
        assertThat(rig.accepts(request, answer(request, reset), 0)).isTrue();
        assertThat(rig.left.getLast().side()).isEqualTo(Side.INSIDE);
        byte[] unreachable =
                packet(
                        ipv4("10.0.1.10", "10.1.0.1"),
                        io.github.geneve4j.testkit.Packets.icmp(3, 13),
                        payload(Rig.syn(7)));
        assertThat(rig.accepts(request, answer(request, unreachable), 0)).isTrue();
        assertThat(rig.left.getLast().side()).isEqualTo(Side.INSIDE);
        assertThat(rig.left.getLast().packet()).isEqualTo(unreachable);
    }

    @Test
    void bothDirectionsMayEnterByOneSide() {
        Rig.Sent there = rig.in(Side.INSIDE, Rig.udp(1), 0);
        Rig.Sent back = rig.in(Side.INSIDE, Rig.udpBack(1), 0);
        assertThat(rig.accepts(there, 0) && rig.accepts(back, 0)).isTrue();
        assertThat(rig.left).extracting(Rig.Left::side).containsOnly(Side.OUTSIDE);
    }

    // What is refused

    @Test
    void portsSwapped() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        rig.lb.fromTarget(
                request.node(),
                request.target().address(),
                6081,
                request.port(),
                Unpooled.wrappedBuffer(request.bytes()),
                0,
                request.bytes().length,
                0);
        assertThat(rig.left).isEmpty();
        assertThat(rig.lastDrop()).isEqualTo(DropReason.WRONG_DESTINATION_PORT);
        assertThat(rig.lb.counters().get(CloudWatchMetric.INVALID_GENEVE_TUNNEL)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"'', truncated_header", "40, truncated_header", "4000080000000000, unsupported"})
    void noGeneve(String hex, String detail) {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        refuses(request, Hex.bytes(hex), DropReason.MALFORMED_GENEVE);
        assertThat(rig.lastEvent()).contains(detail);
    }

    @Test
    void everyTruncationIsRefused() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        for (int length = 0; length < request.bytes().length; length++) {
            assertThat(rig.accepts(request, Arrays.copyOf(request.bytes(), length), 0)).isFalse();
        }
    }

    @Test
    void aForeignSource() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        rig.lb.fromTarget(
                request.node(),
                0x0a000163,
                request.port(),
                6081,
                Unpooled.wrappedBuffer(request.bytes()),
                0,
                request.bytes().length,
                0);
        assertThat(rig.lastDrop()).isEqualTo(DropReason.SOURCE_IS_NO_TARGET);
        assertThat(rig.lastEvent()).contains("from 10.0.1.99:" + request.port());
    }

    @Test
    void anotherTarget() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        Target other = rig.target(request.target().name().equals("fw-1") ? "fw-2" : "fw-1");
        Rig.Sent forged = new Rig.Sent(rig.nodeA, other, request.port(), request.bytes());
        refuses(forged, request.bytes(), DropReason.WRONG_TARGET);
    }

    @Test
    void anotherNode() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        Rig.Sent strayed =
                new Rig.Sent(rig.nodeB, request.target(), request.port(), request.bytes());
        refuses(strayed, request.bytes(), DropReason.WRONG_NODE);
    }

    @Test
    void outerFragments() {
        rig.lb.fragmentFromTarget(rig.nodeA, Rig.FW_1, 0);
        assertThat(rig.lastDrop()).isEqualTo(DropReason.OUTER_FRAGMENT);
        assertThat(rig.target("fw-1").packetsDropped()).isEqualTo(1);
    }

    @Test
    void theEndpointIdMissingOrWrong() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        String cookie = hex(request.cookie());
        byte[] inner = Rig.udp(1);
        refuses(request, answer(geneve(), inner), DropReason.NO_ENDPOINT_ID);
        refuses(
                request,
                answer(geneve().option(0x0108, 3, cookie), inner),
                DropReason.NO_ENDPOINT_ID);
        refuses(
                request,
                answer(geneve().option(0x0167, 1, A).option(0x0167, 3, cookie), inner),
                DropReason.NO_ENDPOINT_ID);
        refuses(
                request,
                answer(header("00000000000000ff", "0000000000000000", cookie), inner),
                DropReason.WRONG_ENDPOINT_ID);
        refuses(
                request,
                answer(header("000000000000000b", "0000000000000000", cookie), inner),
                DropReason.WRONG_ENDPOINT_ID);
        assertThat(rig.lastEvent()).contains("cookie of vpce-0000000000000000a");
    }

    @Test
    void theCookieMissingOrWrong() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        Rig.Sent other = rig.in(Side.INSIDE, Rig.udp(2), 0);
        byte[] inner = Rig.udp(1);
        refuses(request, answer(geneve().option(0x0108, 1, A), inner), DropReason.NO_FLOW_COOKIE);
        refuses(request, answer(other, inner), DropReason.WRONG_FLOW_COOKIE);
        assertThat(rig.lastEvent()).endsWith("of another flow");
        byte[] changed = request.bytes().clone();
        changed[39] ^= 1;
        refuses(request, changed, DropReason.WRONG_FLOW_COOKIE);
        assertThat(rig.lastEvent()).endsWith("got 0x" + hex(request.cookie() ^ 1) + " of no flow");
    }

    @Test
    void aFlowThatNobodyKnows() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        refuses(request, answer(request, Rig.udp(2)), DropReason.REPLY_WITHOUT_FLOW);
        refuses(request, answer(request, Rig.syn(1)), DropReason.REPLY_WITHOUT_FLOW);
        assertThat(rig.lb.counters().get(CloudWatchMetric.MISSING_FLOW_ENTRY)).isEqualTo(2);
    }

    @Test
    void aReplyThatIsNoPacket() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        byte[] header = Arrays.copyOf(request.bytes(), GwlbSimulator.HEADROOM);
        refuses(request, header, DropReason.MALFORMED_REPLY);
        byte[] versionSeven = request.bytes().clone();
        versionSeven[GwlbSimulator.HEADROOM] = 0x75;
        refuses(request, versionSeven, DropReason.MALFORMED_REPLY);
    }

    @Test
    void theMtu() {
        for (int length : new int[] {8499, 8500, 8501}) {
            byte[] big =
                    packet(
                            ipv4("10.1.0.1", "192.0.2.1"),
                            udp(1, 53),
                            payload(counting(length - 28)));
            Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
            if (length <= 8500) {
                assertThat(rig.in(Side.INSIDE, big, 0).inner()).hasSize(length);
                assertThat(rig.accepts(request, answer(request, big), 0)).isTrue();
            } else {
                assertThat(rig.refused(Side.INSIDE, big, 0)).isEqualTo(DropReason.ABOVE_MTU);
                refuses(request, answer(request, big), DropReason.REPLY_ABOVE_MTU);
            }
        }
        assertThat(rig.left).hasSize(2); // and no ICMP
    }

    // What is objected to

    /** A reply with all of these, as whoever sends it by {@link #sender}. */
    private static byte[] objectionable(Rig.Sent request, Set<Objection> objections) {
        String cookie = hex(request.cookie());
        String attachment =
                objections.contains(Objection.ATTACHMENT_ID_CHANGED)
                        ? "0000000000000001"
                        : "0000000000000000";
        GeneveLayer header =
                objections.contains(Objection.OPTIONS_CHANGED)
                        ? geneve().option(0x0108, 3, cookie)
                                .option(0x0108, 2, attachment)
                                .option(0x0108, 1, A)
                        : header(A, attachment, cookie);
        for (Objection objection : objections) {
            header =
                    switch (objection) {
                        case SOURCE_PORT_CHANGED, ATTACHMENT_ID_CHANGED, OPTIONS_CHANGED -> header;
                        case PROTOCOL_TYPE_CHANGED -> header.protocolType(0x86dd);
                        case VNI_CHANGED -> header.vni(1);
                        case FLAGS_CHANGED -> header.reservedByte(1);
                    };
        }
        return answer(header, Rig.udp(1));
    }

    private static Rig.Sent sender(Rig.Sent request, Set<Objection> objections) {
        return objections.contains(Objection.SOURCE_PORT_CHANGED)
                ? new Rig.Sent(request.node(), request.target(), 6081, request.bytes())
                : request;
    }

    @ParameterizedTest
    @EnumSource
    void objectionsAreNotedOnceAFlowAndDroppedIfAsked(Objection objection) {
        for (Strictness how : Strictness.values()) {
            Rig strict = new Rig(Rig.withoutChecks(), b -> b.strictness(objection, how));
            Rig.Sent request = strict.in(Side.INSIDE, Rig.udp(1), 0);
            byte[] reply = objectionable(request, Set.of(objection));
            Rig.Sent by = sender(request, Set.of(objection));
            assertThat(strict.accepts(by, reply, 0)).isEqualTo(how != Strictness.DROP);
            assertThat(strict.accepts(by, reply, 0)).isEqualTo(how != Strictness.DROP);
            assertThat(strict.lb.counters().get(objection)).isEqualTo(2);
            assertThat(strict.events(ReplyNoted.class)).hasSize(how == Strictness.NOTE ? 1 : 0);
            if (how == Strictness.DROP) {
                assertThat(strict.events(PacketDropped.class))
                        .extracting(PacketDropped::reason)
                        .containsExactly(DropReason.OBJECTION, DropReason.OBJECTION);
                assertThat(strict.lastEvent()).endsWith(objection.label());
            }
            assertThat(strict.accepts(request, 0)).isTrue();
            assertThat(strict.lb.counters().get(objection)).isEqualTo(2);
        }
    }

    private static Stream<Arguments> pairs() {
        return Stream.of(Objection.values())
                .flatMap(
                        one ->
                                Stream.of(Objection.values())
                                        .filter(other -> other != one)
                                        .map(other -> Arguments.of(one, other)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void noObjectionHidesAnother(Objection dropped, Objection noted) {
        Rig strict = new Rig(Rig.withoutChecks(), b -> b.strictness(dropped, Strictness.DROP));
        Rig.Sent request = strict.in(Side.INSIDE, Rig.udp(1), 0);
        Set<Objection> both = EnumSet.of(dropped, noted);
        byte[] reply = objectionable(request, both);
        assertThat(strict.accepts(sender(request, both), reply, 0)).isFalse();
        assertThat(strict.lastDrop()).isEqualTo(DropReason.OBJECTION);
        assertThat(strict.lastEvent()).endsWith(" " + dropped.label());
        assertThat(strict.events(ReplyNoted.class)).isEmpty(); // that is for replies that are taken
        for (Objection objection : Objection.values()) {
            assertThat(strict.lb.counters().get(objection))
                    .as(objection.label())
                    .isEqualTo(both.contains(objection) ? 1 : 0);
        }
    }

    @Test
    void allObjectionsToOneReplyAreTold() {
        Set<Objection> all = EnumSet.allOf(Objection.class);
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        byte[] reply = objectionable(request, all);
        assertThat(rig.accepts(sender(request, all), reply, 0)).isTrue();
        assertThat(rig.events(ReplyNoted.class))
                .extracting(ReplyNoted::objection)
                .containsExactlyElementsOf(all);
        Rig strict =
                new Rig(
                        Rig.withoutChecks(),
                        b -> {
                            all.forEach(objection -> b.strictness(objection, Strictness.DROP));
                            return b;
                        });
        request = strict.in(Side.INSIDE, Rig.udp(1), 0);
        assertThat(strict.accepts(sender(request, all), objectionable(request, all), 0)).isFalse();
        assertThat(strict.lastEvent())
                .endsWith(
                        "source_port_changed attachment_id_changed protocol_type_changed"
                                + " vni_changed flags_changed options_changed");
    }

    @Test
    void everyOtherChangeOfTheHeaderIsNamed() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        String cookie = hex(request.cookie());
        byte[] inner = Rig.udp(1);
        String zero = "0000000000000000";
        objects(
                request,
                answer(header(A, zero, cookie).control(true), inner),
                Objection.FLAGS_CHANGED);
        objects(
                request,
                answer(header(A, zero, cookie).reservedFlags(1), inner),
                Objection.FLAGS_CHANGED);
        for (int option : new int[] {11, 23, 35}) {
            byte[] reserved = request.bytes().clone();
            reserved[option] |= (byte) 0x80;
            objects(request, reserved, Objection.FLAGS_CHANGED);
        }
        objects(
                request,
                answer(geneve().option(0x0108, 1, A).option(0x0108, 3, cookie), inner),
                Objection.ATTACHMENT_ID_CHANGED);
        objects(
                request,
                answer(header(A, zero, cookie).option(0x0108, 9, "00000000"), inner),
                Objection.OPTIONS_CHANGED);
        objects(
                request,
                answer(
                        geneve().option(0x0108, 1, A)
                                .option(0x0108, 3, cookie)
                                .option(0x0108, 2, zero),
                        inner),
                Objection.OPTIONS_CHANGED);
    }

    private void objects(Rig.Sent request, byte[] bytes, Objection objection) {
        long before = rig.lb.counters().get(objection);
        assertThat(rig.accepts(request, bytes, 0)).isTrue();
        assertThat(rig.lb.counters().get(objection)).isEqualTo(before + 1);
    }

    @Test
    void noBitOfTheHeaderChangesUnseen() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        int taken = 0;
        for (int bit = 0; bit < GwlbSimulator.HEADROOM * Byte.SIZE; bit++) {
            byte[] changed = request.bytes().clone();
            changed[bit / 8] ^= (byte) (0x80 >> bit % 8);
            long before = objections();
            if (rig.accepts(request, changed, 0)) {
                taken++;
                boolean isAttachmentsHead = bit >= 20 * 8 && bit < 24 * 8;
                boolean isReserved = bit >= 23 * 8 && bit < 23 * 8 + 3;
                assertThat(objections()) // a missing attachment id is another set of options, too
                        .as("bit %d", bit)
                        .isEqualTo(before + (isAttachmentsHead && !isReserved ? 2 : 1));
            }
        }
        // Flags, protocol type, VNI, reserved, three bits of each option; class and type of the
        // attachment id, its 64 bits, and its length 0, which makes five options of the three
        assertThat(taken).isEqualTo(8 + 16 + 24 + 8 + 3 * 3 + 24 + 64 + 1);
        assertThat(rig.accepts(request, 0)).isTrue();
    }

    private long objections() {
        long sum = 0;
        for (Objection objection : Objection.values()) {
            sum += rig.lb.counters().get(objection);
        }
        return sum;
    }

    // What does not get as far as a target

    @Test
    void packetsThatAreNone() {
        assertThat(rig.refused(Side.INSIDE, new byte[0], 0)).isEqualTo(DropReason.MALFORMED_PACKET);
        assertThat(rig.refused(Side.INSIDE, Hex.bytes("60000000"), 0))
                .isEqualTo(DropReason.MALFORMED_PACKET);
        assertThat(rig.lastEvent())
                .isEqualTo(
                        "drop malformed_packet from vpce-0000000000000000a inside"
                                + " truncated_ipv6_header");
    }

    @Test
    void errorsAboutFlowsThatNobodyKnows() {
        byte[] error =
                packet(
                        ipv4("192.0.2.9", "10.1.0.1"),
                        io.github.geneve4j.testkit.Packets.icmp(11, 0),
                        payload(Rig.udp(1)));
        assertThat(rig.refused(Side.OUTSIDE, error, 0)).isEqualTo(DropReason.ERROR_WITHOUT_FLOW);
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        Rig.Sent sent = rig.in(Side.OUTSIDE, error, SECOND);
        assertThat(sent.cookie()).isEqualTo(request.cookie());
        assertThat(rig.accepts(sent, SECOND)).isTrue();
        assertThat(rig.left.getLast().side()).isEqualTo(Side.INSIDE);
        // and it keeps nothing alive
        assertThat(rig.lb.nextDeadline()).isEqualTo(120 * SECOND);
    }

    @Test
    void aFullTable() {
        Rig small = new Rig(Rig.withoutChecks(), b -> b.flowCapacity(2));
        small.in(Side.INSIDE, Rig.udp(1), 0);
        small.in(Side.INSIDE, Rig.udp(2), 0);
        assertThat(small.refused(Side.INSIDE, Rig.syn(3), 0)).isEqualTo(DropReason.FLOW_TABLE_FULL);
        assertThat(small.lb.counters().get(CloudWatchMetric.REJECTED_FLOW_COUNT)).isEqualTo(1);
        assertThat(small.lb.counters().get(CloudWatchMetric.REJECTED_FLOW_COUNT_TCP)).isEqualTo(1);
        small.in(Side.INSIDE, Rig.udp(1), 0);
        small.in(Side.INSIDE, Rig.syn(3), 121 * SECOND);
    }

    @Test
    void headroomIsNeeded() {
        assertThatThrownBy(
                        () ->
                                rig.lb.fromEndpoint(
                                        rig.a, Side.INSIDE, Unpooled.buffer(100), 39, 20, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("39");
    }

    @Test
    void aNodeThatMovesIsTheSameNode() {
        Rig.Sent request = rig.in(Side.INSIDE, Rig.udp(1), 0);
        rig.lb.moveNode(rig.nodeA, 0x0a000107, 1);
        assertThat(rig.lastEvent()).isEqualTo("node zone-a 10.0.1.5 -> 10.0.1.7");
        assertThat(rig.in(Side.INSIDE, Rig.udp(1), 2).node().address()).isEqualTo(0x0a000107);
        assertThat(rig.accepts(request, 3)).isTrue();
        assertThatThrownBy(() -> rig.lb.moveNode(rig.nodeA, Rig.NODE_B, 4))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void narrowScopesTakeEverythingBetweenTwoHosts() {
        Rig two = new Rig(Rig.withoutChecks().withStickiness(FlowScope.TWO_TUPLE));
        Rig.Sent request = two.in(Side.INSIDE, Rig.udp(1), 0);
        assertThat(two.in(Side.OUTSIDE, Rig.udpBack(9), 0).cookie()).isEqualTo(request.cookie());
        assertThat(two.in(Side.INSIDE, Rig.tcp(9, 0x10), 0).cookie()).isEqualTo(request.cookie());
        assertThat(two.accepts(request, answer(request, Rig.udp(5)), 0)).isTrue();
        assertThat(two.lb.flows(9).getFirst().connection()).isEqualTo("10.1.0.1 > 192.0.2.1");
        Rig three = new Rig(Rig.withoutChecks().withStickiness(FlowScope.THREE_TUPLE));
        request = three.in(Side.INSIDE, Rig.udp(1), 0);
        assertThat(three.in(Side.OUTSIDE, Rig.udpBack(9), 0).cookie()).isEqualTo(request.cookie());
        assertThat(three.in(Side.INSIDE, Rig.syn(9), 0).cookie()).isNotEqualTo(request.cookie());
    }
}
