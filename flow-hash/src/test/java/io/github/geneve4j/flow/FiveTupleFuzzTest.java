package io.github.geneve4j.flow;

import static io.github.geneve4j.testkit.Packets.authentication;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.echoRequestV6;
import static io.github.geneve4j.testkit.Packets.extension;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.gre;
import static io.github.geneve4j.testkit.Packets.hopByHop;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.routing;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.geneve4j.testkit.BufferKind;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes as an inner packet. The normal build replays the seeds; {@code JAZZER_FUZZ=1} explores.
 *
 * <p>The oracle: no exception; the same fields as the slow reader, or malformed for both; every
 * accessor touched; hash, table, tracker and Community ID take whatever was read.
 */
class FiveTupleFuzzTest {
    private static final BufferKind[] KINDS = {BufferKind.HEAP, BufferKind.DIRECT_AT_OFFSET};

    private final FlowTable table = FlowTable.builder(64).build();
    private final FragmentTracker tracker = new FragmentTracker(64, 1000);
    private long now;

    static Stream<byte[]> seeds() {
        byte[] four = packet(ipv4("10.0.0.1", "10.0.0.2"), tcp(1, 2), payload("01"));
        byte[] six = packet(ipv6("::1", "::2"), udp(1, 2), payload(counting(8)));
        return Stream.of(
                new byte[0],
                four,
                six,
                packet(ipv4("10.0.0.2", "10.0.0.1").options("94040000"), udp(7, 7)),
                packet(ipv4("10.0.0.1", "10.0.0.1"), sctp(7, 7, 1)),
                packet(ipv4("10.0.0.1", "10.0.0.2"), echoRequest(1, 1)),
                packet(ipv4("10.0.0.1", "10.0.0.2"), gre(), payload(four)),
                packet(ipv4("10.0.0.1", "10.0.0.2").fragment(0, true), udp(1, 2)),
                packet(ipv4("10.0.0.1", "10.0.0.2").fragment(8, false), udp(1, 2)),
                packet(ipv4("10.0.0.9", "10.0.0.1"), icmp(3, 1), payload(four)),
                packet(
                        ipv6("::1", "::2"),
                        hopByHop(8),
                        routing(4, 0),
                        destinationOptions(16),
                        fragment(0, false, 1),
                        authentication(16),
                        extension(135, 0, "000000000000"),
                        extension(139, 0, "000000000000"),
                        extension(140, 0, "000000000000").nextHeader(6),
                        tcp(1, 2)),
                packet(
                        ipv6("::1", "::2").nextHeader(60),
                        payload("3c00000000000000".repeat(16) + "1100000000000000"),
                        udp(1, 2)),
                packet(ipv6("::1", "::2"), fragment(0, true, 5), destinationOptions(8), udp(1, 2)),
                packet(ipv6("::1", "::2"), fragment(8, true, 5).nextHeader(17), payload("00")),
                packet(ipv6("::1", "::2"), echoRequestV6(1, 1)),
                packet(
                        ipv4("10.0.0.9", "10.0.0.1"),
                        icmp(11, 0).rest(6 << 16),
                        payload(four),
                        payload("2000dfff0008010112345678")),
                packet(
                        ipv6("::9", "::1"),
                        icmpv6(3, 0).rest(5 << 24),
                        payload(six),
                        payload("2000dfff0008010112345678")),
                packet(ipv6("::9", "::1"), icmpv6(2, 0), payload(six)),
                packet(ipv6("::9", "::1"), icmpv6(1, 0), payload(four)));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "5m")
    void agreesWithTheSlowReader(byte[] packet) {
        for (BufferKind kind : KINDS) {
            BufferKind.Placed placed = kind.place(packet);
            FiveTuple tuple = new FiveTuple();
            FlowStatus status = tuple.wrap(placed.buffer(), placed.offset(), placed.length());
            NaiveFlow expected = NaiveFlow.of(packet);
            if (status == FlowStatus.OK) {
                assertThat(NaiveFlow.of(tuple)).isEqualTo(expected);
                use(tuple, placed);
            } else {
                assertThat(expected).isEqualTo(new NaiveFlow("malformed"));
            }
            // As if a capture had kept no more
            if (tuple.wrap(placed.buffer(), placed.offset(), placed.length(), 0xffff + 40)
                    == FlowStatus.OK) {
                use(tuple, placed);
            }
        }
    }

    private void use(FiveTuple tuple, BufferKind.Placed placed) {
        assertThat(tuple.transportOffset())
                .isBetween(placed.offset() + 20, placed.offset() + placed.length());
        assertThat(tuple.transportLength())
                .isBetween(0, placed.offset() + placed.length() - tuple.transportOffset());
        assertThat(tuple.protocol()).isBetween(0, 255);
        assertThat(tuple.transportProtocol()).isBetween(0, 255);
        assertThat(tuple.tcpFlags()).isBetween(0, 255);
        assertThat(tuple.isMisdirected()).isIn(false, tuple.isQuoted());
        assertThat(tuple.isQuoted()).isIn(false, tuple.isIcmpError());
        assertThat(FlowFormat.text(tuple)).isLowerCase();
        assertThat(new CommunityId().compute(tuple).hex().toLowerCase(Locale.ROOT)).hasSize(42);
        now++;
        int flow = table.insert(1, tuple, now);
        assertThat(table.find(1, tuple, now)).isEqualTo(flow);
        if (flow == FlowTable.NONE) {
            assertThat(tuple.isQuoted()).isTrue();
        } else {
            assertThat(table.read(flow, new FiveTuple()).isSameFlow(tuple)).isTrue();
        }
        if (tracker.join(1, tuple, now)) {
            assertThat(tuple.hasPorts()).isTrue();
            assertThat(tuple.sourcePort()).isBetween(0, 0xffff);
        }
    }
}
