package io.github.geneve4j.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PollingLogTest {
    private String state = "as soon as datagrams come";

    private final PollingLog log = new PollingLog(() -> state);

    @Test
    void tellsEachChangeOnce() {
        assertThat(log.look()).isEmpty();
        state = "by a UDP socket";
        assertThat(log.look()).hasValue("busy polling by a UDP socket");
        assertThat(log.look()).isEmpty();
        state = "not possible (it receives without NAPI)";
        assertThat(log.look()).hasValue("busy polling not possible (it receives without NAPI)");
        assertThat(log.look()).isEmpty();
    }
}
