package io.github.geneve4j.geneve.tunnel;

import static io.github.geneve4j.geneve.tunnel.Endpoints.address;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.geneve4j.testkit.Addresses;
import io.github.geneve4j.testkit.BufferKind;
import io.github.geneve4j.testkit.Packets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZeroChecksumTunnelsTest {
    private static final String HERE = "2001:db8::1";
    private static final String THERE = "2001:db8::2";

    @Test
    void allowsNothingByDefault() {
        assertThat(allows(ZeroChecksumTunnels.NONE, HERE, THERE)).isFalse();
    }

    @Test
    void allowsOneDirectionOfOnePair() {
        ZeroChecksumTunnels tunnels =
                ZeroChecksumTunnels.builder().allow(address(HERE), address(THERE)).build();
        assertThat(allows(tunnels, HERE, THERE)).isTrue();
        assertThat(allows(tunnels, THERE, HERE)).isFalse();
        assertThat(allows(tunnels, HERE, HERE)).isFalse();
        assertThat(allows(tunnels, HERE, "2001:db8::3")).isFalse();
        assertThat(allows(tunnels, "2001:db8:0:1::1", THERE)).isFalse();
        assertThat(allows(tunnels, HERE, "2001:db8:0:1::2")).isFalse();
        assertThat(allows(tunnels, "::", "::")).isFalse();
    }

    /** Table sizes around powers of two, and twice the same pair. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 127, 128, 129, 1000})
    void findsEveryPairOfMany(int pairs) {
        ZeroChecksumTunnels.Builder builder = ZeroChecksumTunnels.builder();
        for (int i = 0; i < pairs; i++) {
            builder.allow(address(host(i)), address(THERE));
            builder.allow(address(host(i)), address(THERE));
        }
        ZeroChecksumTunnels tunnels = builder.build();
        for (int i = 0; i < pairs; i++) {
            assertThat(allows(tunnels, host(i), THERE)).isTrue();
            assertThat(allows(tunnels, host(i + pairs), THERE)).isFalse();
            assertThat(allows(tunnels, THERE, host(i))).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void readsThePairInAPacket(BufferKind kind) {
        ZeroChecksumTunnels tunnels =
                ZeroChecksumTunnels.builder().allow(address(HERE), address(THERE)).build();
        BufferKind.Placed right =
                kind.place(Packets.concat(Addresses.bytes(HERE), Addresses.bytes(THERE)));
        assertThat(tunnels.allows(right.buffer(), right.offset())).isTrue();
        for (int bit = 0; bit < 256; bit++) {
            byte[] bytes = right.bytes();
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            BufferKind.Placed wrong = kind.place(bytes);
            assertThat(tunnels.allows(wrong.buffer(), wrong.offset())).isFalse();
        }
    }

    @Test
    void neverAllowsIpv4() {
        assertThat(allows(ZeroChecksumTunnels.NONE, "10.0.0.1", "10.0.0.2")).isFalse();
        assertThat(allows(ZeroChecksumTunnels.NONE, HERE, "10.0.0.2")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "::"})
    void refusesWhatIsNoEndpoint(String literal) {
        ZeroChecksumTunnels.Builder builder = ZeroChecksumTunnels.builder();
        assertThatThrownBy(() -> builder.allow(address(literal), address(THERE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not the IPv6 address");
        assertThatThrownBy(() -> builder.allow(address(HERE), address(literal)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static String host(int number) {
        return "2001:db8:1::" + Integer.toHexString(number + 16);
    }

    private static boolean allows(ZeroChecksumTunnels tunnels, String source, String destination) {
        return tunnels.allows(address(source), address(destination));
    }
}
