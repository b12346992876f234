package io.github.geneve4j.appliance.inspect;

import static io.github.geneve4j.testkit.Packets.ipv4;
import static io.github.geneve4j.testkit.Packets.packet;
import static io.github.geneve4j.testkit.Packets.tcp;
import static io.github.geneve4j.testkit.Packets.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.geneve4j.appliance.Verdict;
import io.github.geneve4j.appliance.Verdicts;
import io.github.geneve4j.testkit.TcpLayer;
import org.junit.jupiter.api.Test;

class SegmentSizeClampTest {
    private static final String MSS_1460 = "020405b4";

    private final SegmentSizeClamp clamp = new SegmentSizeClamp(1_400);

    @Test
    void rewritesWhatAnnouncesMore() {
        assertThat(on(tcp(9, 80).flags(TcpLayer.SYN).options(MSS_1460))).isEqualTo(Verdict.REWRITE);
        assertThat(on(tcp(80, 9).flags(TcpLayer.SYN | TcpLayer.ACK).options(MSS_1460)))
                .isEqualTo(Verdict.REWRITE);
    }

    @Test
    void letsEverythingElsePassAsItIs() {
        assertThat(on(tcp(9, 80).flags(TcpLayer.SYN).options("02040578"))).isEqualTo(Verdict.PASS);
        assertThat(on(tcp(9, 80).flags(TcpLayer.SYN))).isEqualTo(Verdict.PASS);
        assertThat(on(tcp(9, 80).flags(TcpLayer.ACK).options(MSS_1460))).isEqualTo(Verdict.PASS);
        assertThat(Verdicts.on(clamp, packet(ipv4("10.0.0.1", "10.0.0.2"), udp(9, 80))))
                .isEqualTo(Verdict.PASS);
        assertThat(Verdicts.on(clamp, new byte[] {0x45})).isEqualTo(Verdict.PASS);
    }

    @Test
    void refusesSizes() {
        assertThatIllegalArgumentException().isThrownBy(() -> new SegmentSizeClamp(0));
        assertThatIllegalArgumentException().isThrownBy(() -> new SegmentSizeClamp(65_536));
    }

    private Verdict on(TcpLayer segment) {
        return Verdicts.on(clamp, packet(ipv4("10.0.0.1", "10.0.0.2"), segment));
    }
}
