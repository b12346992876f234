package io.github.geneve4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressesTest {
    @Test
    void readsLiterals() {
        assertThat(Addresses.bytes("10.0.0.255")).containsExactly(10, 0, 0, 255);
        assertThat(Addresses.bytes("2001:db8::1"))
                .isEqualTo(Hex.bytes("20010db8 00000000 00000000 00000001"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "example.org", "", "abc", "10.0.0.256"})
    void refusesWhatIsNoLiteral(String text) {
        assertThatThrownBy(() -> Addresses.bytes(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
    }

    @Test
    void refusesTheOtherFamily() {
        assertThatThrownBy(() -> Packets.ipv4("::1", "::2"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Packets.ipv6("10.0.0.1", "10.0.0.2"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void writesNumbersAsLiterals() {
        assertThat(Addresses.ipv4(0x0a00_00ff)).isEqualTo("10.0.0.255");
        assertThat(Addresses.ipv4(-1)).isEqualTo("255.255.255.255");
    }
}
