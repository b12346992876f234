package io.github.geneve4j.io;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused before the kernel is asked. */
class TunDeviceTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "sixteen-bytes-ab", "neunzehn-bytes-ü-ü"})
    void namesAreShort(String name) {
        assertThatThrownBy(() -> TunDevice.open(name, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("name '" + name + "'");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, 0, 257})
    void queuesAreFew(int queues) {
        assertThatThrownBy(() -> TunDevice.open("tun0", queues))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("queues " + queues);
    }

    /** The loopback interface is there, and no TUN device. */
    @Test
    void aNameThatIsTakenIsRefusedWithAHint() {
        assertThatThrownBy(() -> TunDevice.open("lo", 1))
                .isInstanceOf(java.io.IOException.class)
                .hasMessageContaining("TUN");
    }
}
