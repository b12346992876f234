package io.github.geneve4j.geneve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.geneve4j.testkit.Corpus;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Traffic of real senders decodes; the counts are those of other dissectors. */
class CapturesTest {
    private static final int ETHERNET_LENGTH = 14;
    private static final int IPV6_LENGTH = 40;
    private static final int UDP_LENGTH = 8;

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "suricata-verify-bug-6402-01.pcap,     12, 0,  36, 0x0800, Amazon",
        "tcpdump-geneve.pcap,                  39, 19, 19, 0x6558, unassigned",
        "tcpdump-geneve-gcp.pcap,              1,  0,  3,  0x0800, Google",
        "tcpdump-gso-ipv4-geneve-ipv4.pcap,    1,  0,  0,  0x6558, none",
        "tx-gwlb-geneve.pcap,                  18, 0,  54, 0x0800, Tencent",
        "zeek-geneve-47101.pcap,               24, 0,  0,  0x6558, none",
        "zeek-geneve-ipv6.pcap,                2,  0,  0,  0x86dd, none",
        "zeek-geneve-many-options.pcap,        10, 0,  30, 0x6558, Linux",
    })
    void decode(
            String name,
            int packets,
            int criticalPackets,
            int optionsOfAll,
            int protocolType,
            String holder) {
        Optional<Path> file = Corpus.file("pcaps/" + name);
        assumeTrue(file.isPresent(), "no corpus");
        GeneveDecoder decoder = new GeneveDecoder();
        OptionCursor option = new OptionCursor();
        int seen = 0;
        int critical = 0;
        int options = 0;
        for (byte[] frame : Corpus.frames(file.get())) {
            byte[] packet = geneve(frame);
            assertThat(CodecOracle.check(packet)).isEqualTo(DecodeStatus.OK);
            decoder.wrap(Unpooled.wrappedBuffer(packet), 0, packet.length);
            assertThat(decoder.protocolType()).isEqualTo(protocolType);
            assertThat(decoder.isCritical()).isEqualTo(decoder.hasCriticalOption());
            seen++;
            critical += decoder.isCritical() ? 1 : 0;
            decoder.options(option);
            while (option.next()) {
                assertThat(OptionClass.name(option.optionClass())).isEqualTo(holder);
                options++;
            }
        }
        assertThat(seen).isEqualTo(packets);
        assertThat(critical).isEqualTo(criticalPackets);
        assertThat(options).isEqualTo(optionsOfAll);
    }

    /** {@return what follows the UDP header of an untagged frame} */
    private static byte[] geneve(byte[] frame) {
        int ip = ETHERNET_LENGTH;
        boolean v4 = frame[ip] >> 4 == 4;
        int udp = ip + (v4 ? (frame[ip] & 0xf) * 4 : IPV6_LENGTH);
        return Arrays.copyOfRange(frame, udp + UDP_LENGTH, frame.length);
    }
}
