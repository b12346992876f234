package io.github.geneve4j.flow;

import static io.github.geneve4j.flow.Wrapped.flow;
import static io.github.geneve4j.flow.Wrapped.line;
import static io.github.geneve4j.testkit.Packets.authentication;
import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.destinationOptions;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.esp;
import static io.github.geneve4j.testkit.Packets.fragment;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.icmpv6;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Fragments;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FragmentTrackerTest {
    private static final long TIMEOUT = 1000;
    private static final String A = "10.0.0.1";
    private static final String B = "10.0.0.2";
    private static final String A6 = "2001:db8:0:0:0:0:0:a";
    private static final String B6 = "2001:db8:0:0:0:0:0:b";

    private final FragmentTracker tracker = new FragmentTracker(64, TIMEOUT);

    private static byte[] datagram(int id) {
        return packet(ipv4(A, B).id(id), udp(1234, 53), payload(counting(40)));
    }

    private static byte[] datagram6() {
        return packet(
                ipv6(B6, A6),
                destinationOptions(8),
                authentication(16),
                udp(1234, 53),
                payload(counting(40)));
    }

    private FiveTuple joined(byte[] packet, long now) {
        FiveTuple tuple = flow(packet);
        assertThat(tracker.join(1, tuple, now)).isTrue();
        return tuple;
    }

    private FiveTuple unjoined(byte[] packet, long now) {
        FiveTuple tuple = flow(packet);
        NaiveFlow before = NaiveFlow.of(tuple);
        assertThat(tracker.join(1, tuple, now)).isFalse();
        assertThat(NaiveFlow.of(tuple)).isEqualTo(before);
        return tuple;
    }

    @Test
    void givesLaterFragmentsThePortsOfTheFirst() {
        FiveTuple whole = flow(datagram(7));
        for (byte[] packet : Fragments.ipv4(datagram(7), 16)) {
            FiveTuple tuple = joined(packet, 0);
            assertThat(line(tuple)).isEqualTo(line(whole));
            assertThat(tuple.isSameFlow(whole)).isTrue();
            assertThat(tuple.isFragment()).isTrue();
            assertThat(tuple.isSourceLower()).isEqualTo(whole.isSourceLower());
            assertThat(tuple.tcpFlags()).isZero();
        }
        assertThat(tracker.joined()).isEqualTo(3);
        assertThat(tracker.unknown()).isZero();
    }

    @Test
    void givesLaterFragmentsThePortsBehindExtensionHeaders() {
        FiveTuple whole = flow(datagram6());
        for (byte[] packet : Fragments.ipv6(datagram6(), 0x80000000, 32)) {
            FiveTuple tuple = joined(packet, 0);
            assertThat(line(tuple)).isEqualTo(line(whole));
            assertThat(tuple.isSameFlow(whole)).isTrue();
            assertThat(tuple.isSourceLower()).isFalse();
            assertThat(tuple.protocol()).isEqualTo(17);
            assertThat(tuple.transportProtocol()).isEqualTo(60);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 58, 60, 44, 59, 253})
    void givesLaterFragmentsTheProtocolOfTheFirst(int claimed) {
        FiveTuple whole = flow(datagram6());
        FiveTuple first = joined(Fragments.ipv6(datagram6(), 9, 32).get(0), 0);
        byte[] later =
                packet(
                        ipv6(B6, A6),
                        fragment(32, false, 9).nextHeader(claimed),
                        payload(counting(16)));
        assertThat(line(flow(later))).isEqualTo(claimed + ": " + B6 + " > " + A6);
        FiveTuple tuple = joined(later, 0);
        assertThat(tuple.protocol()).isEqualTo(17);
        assertThat(line(tuple)).isEqualTo(line(whole));
        assertThat(tuple.isSameFlow(first)).isTrue();
        assertThat(tuple.isSameFlow(whole)).isTrue();
        byte[] error = packet(ipv6("::1", B6), icmpv6(1, 4), payload(later));
        assertThat(joined(error, 0).isSameFlow(whole)).isTrue();
    }

    @Test
    void givesFragmentsOfEchoItsIdentifier() {
        byte[] ping = packet(ipv4(B, A).id(3), echoRequest(0x9000, 1), payload(counting(40)));
        for (byte[] packet : Fragments.ipv4(ping, 24)) {
            assertThat(joined(packet, 0).isSameFlow(flow(ping))).isTrue();
        }
    }

    @Test
    void joinsAnIcmpErrorThatQuotesAFragment() {
        FiveTuple whole = flow(datagram(7));
        List<byte[]> fragments = Fragments.ipv4(datagram(7), 16);
        byte[] aboutFirst = packet(ipv4("9.9.9.9", A), icmp(3, 4), payload(fragments.get(0)));
        byte[] aboutLater = packet(ipv4("9.9.9.9", A), icmp(3, 4), payload(fragments.get(1)));
        assertThat(line(joined(aboutFirst, 0))).isEqualTo("17: " + B + " 53 > " + A + " 1234");
        unjoined(aboutLater, 0); // what a quote shows teaches nothing
        joined(fragments.get(0), 0);
        FiveTuple error = joined(aboutLater, 0);
        assertThat(line(error)).isEqualTo("17: " + B + " 53 > " + A + " 1234");
        assertThat(error.isSameFlow(whole)).isTrue();
        assertThat(error.isSourceLower()).isNotEqualTo(whole.isSourceLower());
        assertThat(error.isQuoted()).isTrue();
    }

    @Test
    void joinsAnIcmpv6ErrorThatQuotesAFragment() {
        List<byte[]> fragments = Fragments.ipv6(datagram6(), 9, 32);
        joined(fragments.get(0), 0);
        for (byte[] packet : fragments) {
            FiveTuple error = joined(packet(ipv6("::1", B6), icmpv6(2, 0), payload(packet)), 0);
            assertThat(error.isSameFlow(flow(datagram6()))).isTrue();
            assertThat(line(error)).isEqualTo("17: " + A6 + " 53 > " + B6 + " 1234");
        }
    }

    @Test
    void readsNoPortsBehindAQuotedFragment() {
        byte[] first = packet(ipv4(A, B).fragment(0, true).protocol(17));
        byte[] error =
                packet(
                        ipv4("9.9.9.9", A),
                        icmp(11, 0).rest(5 << 16),
                        payload(first),
                        payload("2000dfff0008010112345678"));
        assertThat(line(unjoined(error, 0))).isEqualTo("17: " + B + " > " + A);
    }

    @Test
    void leavesAFragmentThatOvertakesTheFirst() {
        List<byte[]> fragments = Fragments.ipv4(datagram(7), 16);
        unjoined(fragments.get(1), 0);
        joined(fragments.get(0), 0);
        joined(fragments.get(2), 0);
        assertThat(tracker.unknown()).isEqualTo(1);
        assertThat(tracker.joined()).isEqualTo(2);
    }

    @Test
    void leavesWholePackets() {
        unjoined(datagram(7), 0);
        unjoined(packet(ipv6(A6, B6), fragment(0, false, 1), udp(1, 2)), 0);
        unjoined(packet(ipv4("9.9.9.9", A), icmp(3, 4), payload(datagram(7))), 0);
        assertThat(tracker.joined() + tracker.unknown()).isZero();
    }

    @Test
    void forgetsAfterTheTimeout() {
        List<byte[]> fragments = Fragments.ipv4(datagram(7), 16);
        long start = Long.MAX_VALUE - 10; // the clock may pass its own end
        joined(fragments.get(0), start);
        joined(fragments.get(1), start + TIMEOUT - 1);
        unjoined(fragments.get(1), start + TIMEOUT);
        joined(fragments.get(0), start + TIMEOUT);
        joined(fragments.get(2), start + 2 * TIMEOUT - 1);
    }

    @Test
    void takesTheLatestFirstFragment() {
        joined(Fragments.ipv4(datagram(7), 16).get(0), 0);
        byte[] other = packet(ipv4(A, B).id(7), udp(999, 53), payload(counting(40)));
        joined(Fragments.ipv4(other, 16).get(0), 1);
        assertThat(joined(Fragments.ipv4(datagram(7), 16).get(1), 2).sourcePort()).isEqualTo(999);
    }

    @Test
    void forgetsADatagramWhoseNewFirstFragmentHasNoPorts() {
        byte[] plain = packet(ipv6(A6, B6), udp(1, 2), payload(counting(40)));
        byte[] secret = packet(ipv6(A6, B6), esp(1, 1), payload(counting(40)));
        joined(Fragments.ipv6(plain, 5, 16).get(0), 0);
        unjoined(Fragments.ipv6(secret, 5, 16).get(0), 0);
        unjoined(Fragments.ipv6(secret, 5, 16).get(1), 0);
        unjoined(Fragments.ipv6(plain, 5, 16).get(1), 0);
    }

    @Test
    void leavesFirstFragmentsThatShowNoPorts() {
        unjoined(packet(ipv4(A, B).fragment(0, true).protocol(17), payload("000100")), 0);
        joined(packet(ipv4(A, B).fragment(0, true).protocol(17), payload("00010002")), 0);
        unjoined(packet(ipv4(A, B).fragment(0, true), esp(1, 2)), 0);
        unjoined(packet(ipv4(A, B).fragment(0, true), icmp(3, 1)), 0);
        unjoined(
                packet(ipv6(A6, B6), fragment(0, true, 5), destinationOptions(8).lengthField(9)),
                0);
        unjoined(packet(ipv6(A6, B6), fragment(0, true, 5), fragment(8, true, 5), udp(1, 2)), 0);
        unjoined(packet(ipv6(A6, B6), fragment(0, true, 5), fragment(0, true, 6), udp(1, 2)), 0);
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1, 10.0.0.2, 8, 17",
        "10.0.0.1, 10.0.0.2, 7, 136",
        "10.0.0.1, 10.0.0.3, 7, 17",
        "10.0.0.3, 10.0.0.2, 7, 17",
        "10.0.0.2, 10.0.0.1, 7, 17",
    })
    void tellsDatagramsApart(String source, String destination, int id, int protocol) {
        joined(Fragments.ipv4(datagram(7), 16).get(0), 0);
        unjoined(
                packet(
                        ipv4(source, destination).id(id).fragment(16, true).protocol(protocol),
                        payload(counting(16))),
                0);
    }

    @ParameterizedTest
    @CsvSource({"::a, ::b, 6", "::a, ::c, 5", "::c, ::b, 5", "1::a, ::b, 5", "::a, 1::b, 5"})
    void tellsIpv6DatagramsApart(String source, String destination, int id) {
        byte[] plain = packet(ipv6("::a", "::b"), udp(1, 2), payload(counting(40)));
        joined(Fragments.ipv6(plain, 5, 16).get(0), 0);
        unjoined(
                packet(
                        ipv6(source, destination),
                        fragment(16, true, id).nextHeader(17),
                        payload(counting(16))),
                0);
        // In IPv6 the protocol of a later fragment does not count
        joined(
                packet(
                        ipv6("::a", "::b"),
                        fragment(16, true, 5).nextHeader(6),
                        payload(counting(16))),
                0);
    }

    @Test
    void displacesTheOldestOfFour() {
        FragmentTracker small = new FragmentTracker(4, TIMEOUT);
        FiveTuple tuple = new FiveTuple();
        for (int id = 0; id < 5; id++) {
            byte[] first = Fragments.ipv4(datagram(id), 16).get(0);
            tuple.wrap(io.netty.buffer.Unpooled.wrappedBuffer(first), 0, first.length);
            assertThat(small.join(1, tuple, id)).isTrue();
        }
        assertThat(small.displaced()).isEqualTo(1);
        for (int id = 0; id < 5; id++) {
            byte[] later = Fragments.ipv4(datagram(id), 16).get(1);
            tuple.wrap(io.netty.buffer.Unpooled.wrappedBuffer(later), 0, later.length);
            assertThat(small.join(1, tuple, 10)).isEqualTo(id != 0);
        }
    }

    @Test
    void displacesTheOldestWhereverItIs() {
        FragmentTracker small = new FragmentTracker(4, TIMEOUT);
        long now = Long.MAX_VALUE - 2; // the clock may pass its own end
        for (int id : new int[] {0, 1, 2, 3, 0, 1, 4}) {
            assertThat(small.join(1, flow(Fragments.ipv4(datagram(id), 16).get(0)), now++))
                    .isTrue();
        }
        assertThat(small.displaced()).isEqualTo(1);
        for (int id = 0; id < 5; id++) {
            assertThat(small.join(1, flow(Fragments.ipv4(datagram(id), 16).get(1)), now))
                    .isEqualTo(id != 2);
        }
    }

    @Test
    void prefersAPlaceThatIsFreeOrOver() {
        FragmentTracker small = new FragmentTracker(1, TIMEOUT);
        FiveTuple tuple = new FiveTuple();
        for (int id = 0; id < 100; id++) {
            byte[] first = Fragments.ipv4(datagram(id), 16).get(0);
            tuple.wrap(io.netty.buffer.Unpooled.wrappedBuffer(first), 0, first.length);
            assertThat(small.join(1, tuple, id * TIMEOUT / 4)).isTrue();
        }
        assertThat(small.displaced()).isZero();
    }

    @Test
    void remembersAsManyAsPromisedOnAverage() {
        FragmentTracker large = new FragmentTracker(4096, TIMEOUT, FlowHash.seeded(3));
        FiveTuple tuple = new FiveTuple();
        for (int id = 0; id < 2048; id++) {
            byte[] first = Fragments.ipv4(datagram(id), 16).get(0);
            tuple.wrap(io.netty.buffer.Unpooled.wrappedBuffer(first), 0, first.length);
            large.join(1, tuple, id / 4);
        }
        assertThat(large.displaced()).isLessThan(150);
    }

    @Test
    void tellsEndpointsApart() {
        byte[] other = packet(ipv4(A, B).id(7), udp(999, 53), payload(counting(40)));
        List<byte[]> ones = Fragments.ipv4(datagram(7), 16);
        List<byte[]> others = Fragments.ipv4(other, 16);
        assertThat(tracker.join(1, flow(ones.get(0)), 0)).isTrue();
        assertThat(tracker.join(2, flow(others.get(1)), 0)).isFalse();
        assertThat(tracker.join(2, flow(others.get(0)), 0)).isTrue();
        FiveTuple one = flow(ones.get(2));
        FiveTuple another = flow(others.get(2));
        assertThat(tracker.join(1, one, 0)).isTrue();
        assertThat(tracker.join(2, another, 0)).isTrue();
        assertThat(one.sourcePort()).isEqualTo(1234);
        assertThat(another.sourcePort()).isEqualTo(999);
    }

    @Test
    void joinsAViewOnce() {
        FiveTuple whole = flow(datagram6());
        List<byte[]> fragments = Fragments.ipv6(datagram6(), 9, 32);
        FiveTuple first = joined(fragments.get(0), 0);
        assertThat(tracker.join(1, first, 1)).isTrue();
        assertThat(line(first)).isEqualTo(line(whole));
        FiveTuple later = joined(fragments.get(1), 2);
        assertThat(tracker.join(1, later, 2)).isTrue();
        assertThat(line(later)).isEqualTo(line(whole));
        byte[] error = packet(ipv6("::1", B6), icmpv6(2, 0), payload(fragments.get(0)));
        FiveTuple quoted = joined(error, 3);
        assertThat(tracker.join(1, quoted, 3)).isTrue();
        assertThat(line(quoted)).isEqualTo("17: " + A6 + " 53 > " + B6 + " 1234");
        assertThat(tracker.joined()).isEqualTo(3);
    }

    @Test
    void worksInNarrowerScopes() {
        FiveTuple tuple = new FiveTuple(FlowScope.THREE_TUPLE);
        FiveTuple whole = flow(FlowScope.THREE_TUPLE, datagram6());
        for (byte[] packet : Fragments.ipv6(datagram6(), 9, 32)) {
            tuple.wrap(io.netty.buffer.Unpooled.wrappedBuffer(packet), 0, packet.length);
            assertThat(tracker.join(1, tuple, 0)).isTrue();
            assertThat(tuple.isSameFlow(whole)).isTrue();
        }
    }

    @Test
    void joinsBetweenEqualAddresses() {
        byte[] loop = packet(ipv4(A, A), tcp(9, 5), payload(counting(40)));
        for (byte[] packet : Fragments.ipv4(loop, 24)) {
            assertThat(line(joined(packet, 0))).isEqualTo("6: " + A + " 9 > " + A + " 5");
        }
    }

    @Test
    void refusesSettingsOutOfRange() {
        assertThatThrownBy(() -> new FragmentTracker(0, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new FragmentTracker((1 << 24) + 1, 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new FragmentTracker(1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 ns");
        assertThatThrownBy(() -> tracker.join(1, new FiveTuple(), 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
