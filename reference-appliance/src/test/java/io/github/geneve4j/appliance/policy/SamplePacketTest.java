package io.github.geneve4j.appliance.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.geneve4j.flow.FiveTuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
                "udp 10.1.2.3:1 > 10.1.2.4:2 fragment",
                "tcp [fd00:0:0:0:0:0:0:1]:1 > [fd00:0:0:0:0:0:0:2]:65535 fragment",
                "icmp 10.1.2.3 > 10.1.2.4 icmp=0/0 fragment",
                "icmpv6 fd00:0:0:0:0:0:0:1 > fd00:0:0:0:0:0:0:2 icmp=128/0 fragment",
                "esp 2001:db8:0:0:0:0:0:1 > fd00:0:0:0:0:0:0:2 fragment",
                "ah 10.1.2.3 > 10.1.2.4 fragment",
                "200 10.1.2.3 > 10.1.2.4",
                "icmp 2001:db8:0:0:0:0:0:1 > fd00:0:0:0:0:0:0:2",
            })
    void writesWhatItReads(String line) {
        assertThat(SamplePacket.parse(line)).hasToString(line);
    }

    /** What a firewall is shown of a first fragment, which all of the datagram follow. */
    @Test
    void aFragmentIsTheFirst() {
        FiveTuple flow = SamplePacket.parse("udp 10.1.2.3:5 > 10.1.2.4:53 fragment").flow();
        assertThat(flow.isFragment()).isTrue();
        assertThat(flow.isFirstFragment()).isTrue();
        assertThat(flow.destinationPort()).isEqualTo(53);
    }

    @ParameterizedTest
    @CsvSource({"icmp 10.1.2.3 > 10.1.2.4, 0x0800", "icmpv6 fd00::1 > fd00::2, 0x8000"})
    void isAnEchoRequestUnlessItSays(String line, String icmp) {
        assertThat(SamplePacket.parse(line).icmp()).isEqualTo(Integer.decode(icmp));
    }

    /** Whatever is asked, there is an answer, or a word that is wrong. */
    @Test
    void answersAnything() throws Exception {
        String[] words =
                ("tcp udp icmp icmpv6 gre 6-6 0 43 44 58 59 60 255 > 10.1.2.3 10.1.2.3:1 [::1]:2 ::1"
                                + " [::]:65535 1:2 [] [ : . fe80::1%1 10.0.0.0/8 icmp= icmp=8"
                                + " icmp=135/9 icmp=3/4 icmp=-1 fragment endpoint= \u0000 \ud800"
                                + " endpoint=vpce-0123456789abcdef0 ::ffff:1.2.3.4 99999999999999")
                        .split(" ");
        Policy policy =
                PolicyReader.parse(
                        """
                        default: reject
                        rules:
                          - {name: a, protocol: [icmp, icmpv6], icmp: 8, action: allow}
                          - {name: b, fragment: true, source: "fe80::/10", action: allow}
                          - {name: c, protocol: [0-5, tcp, udp], source-port: 1, action: drop}
                        """,
                        "test");
        Random random = new Random(20);
        int good = 0;
        for (int i = 0; i < 100_000; i++) {
            List<String> line = new ArrayList<>();
            boolean likely = random.nextBoolean();
            for (int n = random.nextInt(7); n >= 0; n--) {
                line.add(words[random.nextInt(words.length)]);
            }
            if (likely && line.size() > 3) {
                line.set(0, words[random.nextInt(12)]);
                line.set(1, words[13 + random.nextInt(5)]);
                line.set(2, ">");
                line.set(3, words[13 + random.nextInt(5)]);
            }
            String text = String.join(" ", line);
            SamplePacket packet;
            try {
                packet = SamplePacket.parse(text);
            } catch (IllegalArgumentException e) {
                assertThat(e.getClass()).as(text).isEqualTo(IllegalArgumentException.class);
                assertThat(e.getMessage()).as(text).isNotBlank();
                continue;
            }
            good++;
            assertThat(SamplePacket.parse(packet.toString()).toString())
                    .as(text)
                    .isEqualTo(packet.toString());
            assertThat(Explanation.of(policy, packet)).as(text).hasSizeBetween(2, 5);
        }
        assertThat(good).isGreaterThan(300);
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
                "tcp 10.1.2.3 > 10.1.2.4 fragment | tcp: expected ports of both ends",
                "icmp 10.1.2.3 > 10.1.2.4 icmp=13 fragment | fragment: of ICMP messages",
                "icmp 10.1.2.3 > 10.1.2.4 icmp=8 icmp=0 | icmp=0: expected once",
                "gre 10.1.2.3 > 10.1.2.4 fragment fragment | fragment: expected once",
                "gre 10.1.2.3 > 10.1.2.4 endpoint=vpce-00000001 endpoint=vpce-00000001 | expected once",
                "gre 10.1.2.3:1 > 10.1.2.4:1 | gre: has no ports",
                "tcp 10.1.2.3:1 > [fd00::1]:1 | expected an address of the source's IP version",
                "tcp 10.1.2.3:1 > 10.1.2.4:1 icmp=8 | icmp=8: expected icmp over IPv4",
                "icmp fd00::1 > fd00::2 icmp=8 | icmp=8: expected icmp over IPv4",
                "icmp 10.1.2.3 > 10.1.2.4 icmp=256 | icmp=256: expected a type",
                "icmp 10.1.2.3 > 10.1.2.4 icmp=3/4 | icmp type 3: is an error",
                "icmpv6 fd00::1 > fd00::2 icmp=1 | icmpv6 type 1: is an error",
                "icmpv6 fd00::1 > fd00::2 icmp=127 | icmpv6 type 127: is an error",
                "icmp 10.1.2.3 > 10.1.2.4 icmp=5 fragment | fragment: of ICMP messages",
                "44 fd00::1 > fd00::2 | protocol 44: is no protocol of a flow",
                "ah fd00::1 > fd00::2 | protocol 51: is no protocol of a flow",
                "ah fd00::1 > fd00::2 fragment | protocol 51: is no protocol of a flow",
                "60 fd00::1 > fd00::2 fragment | protocol 60: is no protocol of a flow",
                "tcp 10.1.2.3:1 > 10.1.2.4:1 endpoint=7 | 7",
            })
    void saysWhichWordIsWrong(String line, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SamplePacket.parse(line))
                .withMessageContaining(message);
    }
}
