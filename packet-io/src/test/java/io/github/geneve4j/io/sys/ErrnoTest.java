package io.github.geneve4j.io.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ErrnoTest {
    @Test
    void describesByNameAndMeaning() {
        assertThat(Errno.describe(Errno.EPERM)).isEqualTo("EPERM (Operation not permitted)");
        assertThat(Errno.describe(Errno.ENETDOWN)).isEqualTo("ENETDOWN (Network is down)");
        assertThat(Errno.describe(133)).isEqualTo("EHWPOISON (Memory page has hardware error)");
    }

    @Test
    void hasNamesForItsConstants() throws IllegalAccessException {
        int seen = 0;
        for (var field : Errno.class.getFields()) {
            assertThat(Errno.name(field.getInt(null))).isEqualTo(field.getName());
            seen++;
        }
        assertThat(seen).isPositive();
    }

    @Test
    void keepsNumbersWithoutNames() {
        for (int number : new int[] {0, -1, 41, 58, 134, 4095}) {
            assertThat(Errno.describe(number)).isEqualTo("errno " + number);
        }
    }

    @Test
    void exceptionsSayWhatIsMissing() throws SystemCallException {
        assertThat(SystemCallException.require(7, "call", "CAP_NET_RAW")).isEqualTo(7);
        assertThatThrownBy(() -> SystemCallException.require(-1, "bind(AF_PACKET)", "CAP_NET_RAW"))
                .isInstanceOfSatisfying(
                        SystemCallException.class, e -> assertThat(e.errno()).isEqualTo(1))
                .hasMessage("bind(AF_PACKET): EPERM (Operation not permitted): needs CAP_NET_RAW");
        assertThatThrownBy(() -> SystemCallException.require(-13, "open", "CAP_BPF"))
                .hasMessage("open: EACCES (Permission denied): needs CAP_BPF");
        assertThatThrownBy(() -> SystemCallException.require(-22, "open", "CAP_BPF"))
                .hasMessage("open: EINVAL (Invalid argument)");
        assertThatThrownBy(() -> SystemCallException.require(-22, "open"))
                .hasMessage("open: EINVAL (Invalid argument)");
    }

    @Test
    void knowsWhereItCanRun() throws IOException {
        assertThat(Architecture.of("Linux", "amd64").bpf()).isEqualTo(321);
        assertThat(Architecture.of("Linux", "aarch64").bpf()).isEqualTo(280);
        assertThatThrownBy(() -> Architecture.of("Mac OS X", "aarch64"))
                .hasMessage("needs Linux on x86-64 or aarch64; this is Mac OS X on aarch64");
        assertThatThrownBy(() -> Architecture.of("Linux", "riscv64"))
                .isInstanceOf(IOException.class);
    }
}
