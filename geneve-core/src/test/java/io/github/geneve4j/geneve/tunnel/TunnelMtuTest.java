package io.github.geneve4j.geneve.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TunnelMtuTest {
    /** 20 or 40 of IP, 8 of UDP, 8 of Geneve, 252 of options. */
    @Test
    void assumesTheLongestOptions() {
        assertThat(TunnelMtu.overIpv4().overhead()).isEqualTo(288);
        assertThat(TunnelMtu.overIpv6().overhead()).isEqualTo(308);
        assertThat(TunnelMtu.overIpv4().innerMtu(1500)).isEqualTo(1212);
        assertThat(TunnelMtu.overIpv6().innerMtu(1500)).isEqualTo(1192);
        assertThat(TunnelMtu.overIpv4().innerMtu(9001)).isEqualTo(8713);
    }

    /** The load balancer's documented numbers: 68 bytes of overhead, 8500 and 8568. */
    @Test
    void reproducesTheLoadBalancersNumbers() {
        TunnelMtu loadBalancer = TunnelMtu.overIpv4().withOptionsLength(32);
        assertThat(loadBalancer.overhead()).isEqualTo(68);
        assertThat(loadBalancer.innerMtu(8568)).isEqualTo(8500);
        assertThat(loadBalancer.linkMtu(8500)).isEqualTo(8568);
        assertThat(loadBalancer.innerMtu(9001)).isEqualTo(8933);
    }

    @ParameterizedTest
    @CsvSource({"0, 1450", "1, 1446", "2, 1442"})
    void countsInnerEthernetAndItsTags(int tags, int innerMtu) {
        TunnelMtu bridge = TunnelMtu.overIpv4().withOptionsLength(0);
        assertThat(bridge.withInnerEthernet(tags).innerMtu(1500)).isEqualTo(innerMtu);
    }

    @Test
    void isItsOwnInverse() {
        TunnelMtu tunnel = TunnelMtu.overIpv6().withInnerEthernet(1).withOptionsLength(60);
        for (int linkMtu = tunnel.overhead() + 1; linkMtu <= 65535; linkMtu += 101) {
            assertThat(tunnel.linkMtu(tunnel.innerMtu(linkMtu))).isEqualTo(linkMtu);
        }
    }

    @Test
    void refusesWhatLeavesNoRoom() {
        TunnelMtu tunnel = TunnelMtu.overIpv4();
        assertThat(tunnel.innerMtu(289)).isEqualTo(1);
        assertThat(tunnel.innerMtu(65535)).isEqualTo(65247);
        assertThat(tunnel.linkMtu(65247)).isEqualTo(65535);
        assertThatThrownBy(() -> tunnel.innerMtu(288))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("288");
        assertThatThrownBy(() -> tunnel.innerMtu(65536))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tunnel.linkMtu(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tunnel.linkMtu(65248))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-4, 2, 253, 256})
    void refusesOptionsThatNoHeaderHas(int length) {
        assertThatThrownBy(() -> TunnelMtu.overIpv4().withOptionsLength(length))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Integer.toString(length));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 3, 1 << 30})
    void refusesTagsThatNoFrameHas(int tags) {
        assertThatThrownBy(() -> TunnelMtu.overIpv4().withInnerEthernet(tags))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Integer.toString(tags));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "24, 0, 0", "20, 0, 4", "20, 0, 16", "20, 0, 26", "20, 0, -14"})
    void refusesHeadersThatDoNotExist(int outerIp, int options, int innerFrame) {
        assertThatThrownBy(() -> new TunnelMtu(outerIp, options, innerFrame))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
