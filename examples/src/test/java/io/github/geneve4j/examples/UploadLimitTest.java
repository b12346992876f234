package io.github.geneve4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.geneve4j.appliance.InspectedPacket;
import io.github.geneve4j.appliance.Inspector;
import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.firewall.FirewallControl;
import io.github.geneve4j.appliance.policy.PolicyReader;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** The inspector in a firewall that has room for one flow. */
class UploadLimitTest {
    private static final String CLIENT = "0a000105";
    private static final String SERVER = "08080808";
    private static final int LENGTH = 28;

    @Test
    void cutsOffWhoSendsTooMuch() throws Exception {
        LongAdder cutOff = new LongAdder();
        Inspector firewall =
                FirewallControl.builder(PolicyReader.parse("default: allow", "test"))
                        .flows(1)
                        .inspector(() -> new UploadLimit(2 * LENGTH, cutOff))
                        .build()
                        .newFirewall();
        InspectedPacket upload = udp(CLIENT, SERVER, 4000, 9);
        InspectedPacket answer = udp(SERVER, CLIENT, 9, 4000);

        assertThat(firewall.inspect(upload)).isEqualTo(Verdict.PASS);
        for (int i = 0; i < 10; i++) {
            assertThat(firewall.inspect(answer)).isEqualTo(Verdict.PASS);
        }
        assertThat(firewall.inspect(upload)).isEqualTo(Verdict.PASS);
        assertThat(firewall.inspect(upload)).isEqualTo(Verdict.REJECT_BOTH_ENDS);
        assertThat(firewall.inspect(answer)).isEqualTo(Verdict.REJECT_BOTH_ENDS);

        assertThat(cutOff.sum()).isZero();
        assertThat(firewall.inspect(udp(CLIENT, SERVER, 4001, 9))).isEqualTo(Verdict.PASS);
        assertThat(cutOff.sum()).isEqualTo(1);
    }

    /** {@return an IPv4 packet with an empty UDP datagram; nobody here looks at checksums} */
    private static InspectedPacket udp(String source, String destination, int from, int to) {
        byte[] datagram =
                HexFormat.of()
                        .parseHex(
                                "0000080000000000"
                                        + ("4500001c0000000040110000" + source + destination)
                                        + String.format("%04x%04x00080000", from, to));
        return InspectedPacket.of(Unpooled.wrappedBuffer(datagram), 0, datagram.length);
    }
}
