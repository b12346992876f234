package io.github.geneve4j.simulator;

import static io.github.geneve4j.testkit.Packets.counting;
import static io.github.geneve4j.testkit.Packets.echoReply;
import static io.github.geneve4j.testkit.Packets.echoRequest;
import static io.github.geneve4j.testkit.Packets.echoRequestV6;
import static io.github.geneve4j.testkit.Packets.icmp;
import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.ipv6;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.payload;
import static io.github.geneve4j.testkit.Packets.sctp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.testkit.Fragments;
import io.github.geneve4j.testkit.TcpLayer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which packets are one flow, kind by kind. */
class InnerFlowTest {
    private final Rig rig = Rig.healthy();

    private int cookie(Side side, byte[] packet) {
        return rig.in(side, packet, 0).cookie();
    }

    @Test
    void portsCountForTcpAndUdp() {
        assertThat(cookie(Side.INSIDE, Rig.udp(1)))
                .isNotEqualTo(cookie(Side.INSIDE, Rig.udp(2)))
                .isEqualTo(cookie(Side.OUTSIDE, Rig.udpBack(1)))
                .isNotEqualTo(cookie(Side.INSIDE, Rig.syn(1)));
        assertThat(cookie(Side.INSIDE, Rig.syn(1)))
                .isNotEqualTo(cookie(Side.INSIDE, Rig.syn(2)))
                .isEqualTo(cookie(Side.OUTSIDE, Rig.tcpBack(1, TcpLayer.SYN | TcpLayer.ACK)));
        assertThat(rig.lb.counters().get(CloudWatchMetric.NEW_FLOW_COUNT)).isEqualTo(4);
    }

    @Test
    void nothingButAddressesAndProtocolCountsForTheRest() {
        int echo = cookie(Side.INSIDE, packet(ipv4("10.1.0.1", "192.0.2.1"), echoRequest(1, 1)));
        assertThat(cookie(Side.INSIDE, packet(ipv4("10.1.0.1", "192.0.2.1"), echoRequest(2, 1))))
                .isEqualTo(echo);
        assertThat(cookie(Side.OUTSIDE, packet(ipv4("192.0.2.1", "10.1.0.1"), echoReply(1, 1))))
                .isEqualTo(echo);
        assertThat(cookie(Side.INSIDE, packet(ipv4("10.1.0.1", "192.0.2.1"), icmp(13, 0))))
                .isEqualTo(echo);
        assertThat(cookie(Side.INSIDE, packet(ipv4("10.1.0.2", "192.0.2.1"), echoRequest(1, 1))))
                .isNotEqualTo(echo);
        int six =
                cookie(
                        Side.INSIDE,
                        packet(ipv6("2001:db8::1", "2001:db8::2"), echoRequestV6(1, 1)));
        assertThat(
                        cookie(
                                Side.INSIDE,
                                packet(ipv6("2001:db8::1", "2001:db8::2"), echoRequestV6(2, 1))))
                .isEqualTo(six);
        int association = cookie(Side.INSIDE, packet(ipv4("10.1.0.1", "192.0.2.1"), sctp(1, 2, 3)));
        assertThat(cookie(Side.OUTSIDE, packet(ipv4("192.0.2.1", "10.1.0.1"), sctp(9, 9, 3))))
                .isEqualTo(association)
                .isNotEqualTo(echo);
        assertThat(rig.lb.counters().get(CloudWatchMetric.NEW_FLOW_COUNT)).isEqualTo(4);
    }

    @Test
    void fragmentsBelongToTheirDatagram() {
        byte[] whole =
                packet(ipv4("10.1.0.1", "192.0.2.1").id(9), udp(1, 53), payload(counting(100)));
        int cookie = cookie(Side.INSIDE, Rig.udp(1));
        List<byte[]> fragments = Fragments.ipv4(whole, 40);
        for (byte[] fragment : fragments) {
            Rig.Sent sent = rig.in(Side.INSIDE, fragment, 0);
            assertThat(sent.cookie()).isEqualTo(cookie);
            assertThat(rig.accepts(sent, 0)).isTrue();
        }
    }

    @Test
    void aFragmentThatOvertakesTheFirstIsOfItsAddressesAndSoIsItsReply() {
        byte[] whole =
                packet(ipv4("10.1.0.1", "192.0.2.1").id(9), udp(1, 53), payload(counting(60)));
        List<byte[]> fragments = Fragments.ipv4(whole, 40);
        Rig.Sent second = rig.in(Side.INSIDE, fragments.get(1), 0);
        Rig.Sent first = rig.in(Side.INSIDE, fragments.get(0), 0);
        assertThat(second.cookie()).isNotEqualTo(first.cookie());
        assertThat(rig.accepts(second, 0)).isTrue();
        assertThat(rig.accepts(first, 0)).isTrue();
        byte[] forged = second.bytes().clone();
        forged[39] ^= 1;
        assertThat(rig.accepts(second, forged, 0)).isFalse();
        assertThat(rig.lastDrop()).isEqualTo(DropReason.WRONG_FLOW_COOKIE);
    }

    @Test
    void aTcpFragmentBeginsNothingAndGetsNoReset() {
        Rig strict = new Rig(Rig.withoutChecks().withTcpResets(TcpResets.ALL));
        byte[] whole =
                packet(
                        ipv4("10.1.0.1", "192.0.2.1").id(9),
                        io.github.geneve4j.testkit.Packets.tcp(1, 443),
                        payload(counting(60)));
        for (byte[] fragment : Fragments.ipv4(whole, 40)) {
            assertThat(strict.refused(Side.INSIDE, fragment, 0))
                    .isEqualTo(DropReason.TCP_WITHOUT_FLOW);
        }
        assertThat(strict.left).isEmpty();
    }
}
