package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XskSizesTest {
    @ParameterizedTest
    @CsvSource({"68, 2048", "1500, 2048", "1770, 2048", "1771, 4096", "3818, 4096"})
    void takesTheShortestFrameThatHoldsAPacket(int mtu, int frameLength) throws IOException {
        XskSizes sizes = XskSizes.of(4096, 256, mtu);
        assertThat(sizes.frameLength()).isEqualTo(frameLength);
        assertThat(sizes.length()).isEqualTo(4096L * frameLength);
        assertThat(sizes.spares()).isEqualTo(256);
    }

    @Test
    void refusesPacketsThatNoFrameHolds() {
        assertThatThrownBy(() -> XskSizes.of(4096, 256, 3819))
                .isInstanceOf(IOException.class)
                .hasMessage("MTU 3819 is above what one AF_XDP frame holds; use af_packet");
        assertThatThrownBy(() -> XskSizes.of(4096, 256, 9001)).hasMessageContaining("MTU 9001");
    }
}
