package io.github.geneve4j.appliance.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.geneve4j.flow.FiveTuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplePacketTest {
    @Test
    void readsAllOfALine() {
        SamplePacket packet =
                SamplePacket.parse(
                        " endpoint=vpce-0123456789abcdef0  tcp 10.1.2.3:40000 > 198.51.100.7:443 ");

        FiveTuple flow = packet.flow();
        assertThat(packet.endpointId()).isEqualTo(0x123456789abcdef0L);
        assertThat(packet.icmp()).isEqualTo(-1);
        assertThat(flow.isIpv6()).isFalse();
        assertThat(flow.protocol()).isEqualTo(6);
        assertThat(flow.sourceLow()).isEqualTo(0x0a010203L);
        assertThat(flow.destinationLow()).isEqualTo(0xc6336407L);
        assertThat(flow.sourcePort()).isEqualTo(40_000);
        assertThat(flow.destinationPort()).isEqualTo(443);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tcp 10.1.2.3:40000 > 198.51.100.7:443 endpoint=vpce-0123456789abcdef0",
                "udp [2001:db8:0:0:0:0:0:1]:0 > [fd00:0:0:0:0:0:0:2]:65535",
                "icmp 10.1.2.3 > 10.1.2.4 icmp=13/7",
                "icmpv6 2001:db8:0:0:0:0:0:1 > fd00:0:0:0:0:0:0:2 icmp=135/0",
                "udp 10.1.2.3 > 10.1.2.4 fragment",
                "esp 2001:db8:0:0:0:0:0:1 > fd00:0:0:0:0:0:0:2 fragment",
                "200 10.1.2.3 > 10.1.2.4",
                "icmp 2001:db8:0:0:0:0:0:1 > fd00:0:0:0:0:0:0:2",
            })
    void writesWhatItReads(String line) {
        assertThat(SamplePacket.parse(line)).hasToString(line);
    }

    @ParameterizedTest
    @CsvSource({"icmp 10.1.2.3 > 10.1.2.4, 0x0800", "icmpv6 fd00::1 > fd00::2, 0x8000"})
    void isAnEchoRequestUnlessItSays(String line, String icmp) {
        assertThat(SamplePacket.parse(line).icmp()).isEqualTo(Integer.decode(icmp));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tcp 10.1.2.3:1 10.1.2.4:2 | expected PROTOCOL SOURCE[:PORT] > DEST",
                "'' | expected PROTOCOL",
                "tcpp 10.1.2.3:1 > 10.1.2.4:2 | tcpp: expected a protocol",
                "6-7 10.1.2.3:1 > 10.1.2.4:2 | 6-7: expected one protocol",
                "tcp 10.1.2:1 > 10.1.2.4:2 | 10.1.2:1: expected an address",
                "tcp 10.1.2.3/32:1 > 10.1.2.4:2 | expected an address",
                "tcp [fd00::1:1 > [fd00::2]:2 | [fd00::1:1: expected an address",
                "tcp example.com:1 > 10.1.2.4:2 | example.com:1: expected an address",
                "tcp 10.1.2.3:65536 > 10.1.2.4:2 | expected a port from 0 to 65535",
                "tcp 10.1.2.3: > 10.1.2.4:2 | 10.1.2.3:: expected a port",
                "tcp 10.1.2.3:1 > 10.1.2.4 | tcp: expected ports of both ends",
                "tcp 10.1.2.3:1 > 10.1.2.4:1 fragment | tcp fragment: has no ports",
                "gre 10.1.2.3:1 > 10.1.2.4:1 | gre: has no ports",
                "tcp 10.1.2.3:1 > [fd00::1]:1 | expected an address of the source's IP version",
                "tcp 10.1.2.3:1 > 10.1.2.4:1 icmp=8 | icmp=8: expected a whole packet of icmp",
                "icmp fd00::1 > fd00::2 icmp=8 | icmp=8: expected a whole packet",
                "icmp 10.1.2.3 > 10.1.2.4 icmp=256 | icmp=256: expected a type",
                "icmp 10.1.2.3 > 10.1.2.4 icmp=3/4 | icmp type 3: is an error",
                "icmpv6 fd00::1 > fd00::2 icmp=1 | icmpv6 type 1: is an error",
                "44 fd00::1 > fd00::2 | protocol 44: is no protocol of a flow",
                "tcp 10.1.2.3:1 > 10.1.2.4:1 endpoint=7 | 7",
            })
    void saysWhichWordIsWrong(String line, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SamplePacket.parse(line))
                .withMessageContaining(message);
    }
}
